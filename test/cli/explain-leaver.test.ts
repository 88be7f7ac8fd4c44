/** `explain leaver`: what somebody who left could reach and for how long, and whether a reading saw them. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { offboardedAccessRemoved } from '../../checks/offboarded-access-removed.ts'
import { postureEnforcedOnTargets } from '../../checks/posture-enforced-on-targets.ts'
import type { AnyRecord } from '../../src/domain/record.ts'
import { account, audit, auditlog, device, key, policy } from '../helpers/build.ts'
import { exhibit, type Said } from '../helpers/cli.ts'
import { type QuarterHouse, quarterHouse } from '../period/quarter-house.ts'

const at = (time: string): number => Date.parse(`2026-11-${time}:00.000Z`)
const POLICY = `{
  "groups": { "group:ops": ["bob@example.com"] },
  "acls": [
    { "action": "accept", "src": ["group:ops"], "dst": ["tag:production:443"], "srcPosture": ["posture:ok"] },
    { "action": "accept", "src": ["carol@example.com"], "dst": ["tag:production:22"] },
    { "action": "accept", "src": ["autogroup:member"], "dst": ["tag:wiki:443"] },
  ],
  "postures": { "posture:ok": ["node:os == 'macos'"] },
}`

let house: QuarterHouse

const bob = account({
  key: 'uB',
  login: 'bob@example.com',
  lastSeen: '2026-11-12T03:10:00.000Z',
  currentlyConnected: false,
})
const mac = device({
  key: 'nB',
  name: 'bob-mac',
  user: 'bob@example.com',
  connected: false,
  lastSeen: '2026-11-12T03:00:00.000Z',
})
const idle = device({
  key: 'nB2',
  name: 'bob-old',
  user: 'bob@example.com',
  connected: false,
  lastSeen: '2026-10-01T00:00:00.000Z',
})
const token = key({ key: 'kB', keyType: 'api', description: 'bob token', userId: 'uB', expiresAt: null })
const rest: AnyRecord[] = [account(), policy(POLICY), auditlog()]

function roster(bobEnds: string, carol = 'carol@example.com,Carol,left,,'): string {
  return `email,name,status,end_date,type\nalice@example.com,Alice,active,,employee\nbob@example.com,Bob Builder,active,${bobEnds},employee\n${carol}employee\n`
}

beforeAll(async () => {
  house = await quarterHouse([offboardedAccessRemoved, postureEnforcedOnTargets], at('09T09:00'), {
    yaml: 'checks:\n  posture-enforced-on-targets: { params: { targets: ["tag:production"] } }\n',
  })
  house.says = [bob, mac, idle, token, ...rest]
  await house.runAt(at('09T09:00'), roster('', 'carol@example.com,Carol,active,,'))
  await house.runAt(at('10T09:00'), roster('2026-11-11'))
  await house.runAt(at('12T09:00'), roster('2026-11-11'))
  const event = audit({ at: '2026-11-13T02:30:00.000Z', targetId: 'uB', target: 'bob@example.com' })
  house.says = [{ ...bob, status: 'suspended' }, mac, idle, token, event, ...rest]
  await house.runAt(at('13T09:00'), roster('2026-11-11'))
}, 30_000)
afterAll(() => house.close())

const ask = (...argv: string[]): Promise<Said> => exhibit(house.installation, 'explain', 'leaver', ...argv)
const flat = (text: string): string => text.replace(/\s+/g, ' ')

test('the page tells end, roster, deadline, bounds, the vendor’s second and by how much it was late', async () => {
  const { code, out } = await ask('bob@example.com')
  const text = flat(out)
  expect(text).toContain('Bob Builder <bob@example.com>')
  expect(text).toContain('Access ended: late by 3 h.')
  expect(text).toContain('End of employment 2026-11-11, over at 2026-11-12 00:00')
  expect(text).toMatch(/The roster first said so 2026-11-10 09:00/)
  expect(text).toMatch(/Access had to be gone by 2026-11-13 00:00/)
  expect(text).toMatch(/Last reading with access 2026-11-12 09:00/)
  expect(text).toMatch(/First reading without 2026-11-13 09:00/)
  expect(text).toContain("The vendor's log 2026-11-13T02:30:00.000Z by eve@example.com (USER)")
  expect(code).toBe(1)
})

test('what was seen after the end is told with its moment; what was not is never called unused', async () => {
  const text = flat((await ask('bob@example.com')).out)
  expect(text).toMatch(/account bob@example.com \(suspended\): seen at 2026-11-12 03:10/)
  expect(text).toMatch(/device bob-mac: seen at 2026-11-12 03:00/)
  expect(text).toContain('device bob-old: no observation')
  expect(text).toContain('key bob token (works): no observation; the vendor does not tell when a key is used')
  expect(text).not.toMatch(/not used|unused/)
})

test('the rules that let them reach a sensitive target are named by line, and no others', async () => {
  const text = flat((await ask('bob@example.com')).out)
  expect(text).toContain('Line 4, acls[0]: lets them reach tag:production, under posture:ok.')
  expect(text).not.toContain('acls[1]')
  expect(text).not.toContain('acls[2]')
})

test('as of a moment before the deadline access is still there: exit 1, and the time is not over', async () => {
  const { code, out } = await ask('Bob Builder', '--as-of', '2026-11-12T10:00:00Z', '--format', 'json')
  const page = JSON.parse(out)
  expect(page.schema).toBe('exhibit.leaver/1')
  expect(page.systems[0].clock).toMatchObject({ clock: 'open', accounts: ['bob@example.com'] })
  expect(code).toBe(1)
})

test('of who left without an account no access was ever seen: exit 0', async () => {
  const { code, out } = await ask('carol@example.com')
  expect(flat(out)).toContain('No access was ever seen.')
  expect(code).toBe(0)
})

test('who has not left, and whom nobody knows, is a mistake of the question', async () => {
  const [alice, nobody, early] = [
    await ask('alice@example.com'),
    await ask('zoe@example.com'),
    await ask('bob@example.com', '--as-of', '2026-11-10T10:00:00Z'),
  ]
  expect([alice.code, nobody.code, early.code]).toEqual([64, 64, 64])
  expect(alice.err).toContain('alice@example.com has not left')
  expect(nobody.err).toContain('the roster never had "zoe@example.com"')
  expect(early.err).toContain('the roster names 2026-11-11 as the end, which is not over')
})
