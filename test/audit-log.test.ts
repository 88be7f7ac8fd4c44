/** The vendor's audit log through whole runs: what is asked for, sealed, and made again from the kept bytes. */
import { afterEach, expect, test } from 'vitest'
import { everyCheck } from '../checks/former/index.ts'
import { connectors } from '../src/connectors/index.ts'
import { meaningOf } from '../src/domain/audit.ts'
import type { AuditEvent, AuditWindow } from '../src/domain/record.ts'
import { outcomeOf } from '../src/domain/reperform.ts'
import { DAY, HOUR, MINUTE, millis } from '../src/domain/time.ts'
import { sha256 } from '../src/lib/digest.ts'
import { pastActs } from '../src/reperform.ts'
import { DIRECTORY } from '../src/simulators/fleet/audit-rows.ts'
import { API_TOKEN } from '../src/simulators/tailscale/access.ts'
import {
  FIVE_SOURCES,
  someChecks,
  type TestInstallation,
  type TestInstallationOptions,
  testClock,
  testInstallation,
} from './helpers/installation.ts'
import {
  actorOf,
  addsDevice,
  changesRole,
  deletes,
  joins,
  makesKey,
  restores,
  revokesKey,
  suspends,
  writesPolicy,
} from './helpers/tailnet-acts.ts'

const opened: TestInstallation[] = []
afterEach(async () => {
  for (const house of opened.splice(0)) {
    expect(house.internal).toEqual([])
    await house.close()
  }
})

async function open(options: TestInstallationOptions = {}): Promise<TestInstallation> {
  const house = await testInstallation({ clock: testClock(undefined, 0.001, true), checks: someChecks, ...options })
  opened.push(house)
  return house
}

interface Read {
  readonly log: AuditWindow | undefined
  readonly events: readonly AuditEvent[]
}

/** The next quarter of an hour, and the run at its end. */
async function runs(house: TestInstallation): Promise<Read> {
  house.clock.pass(15 * MINUTE)
  await house.sync()
  const { snapshot } = (await house.store.runAt('latest'))!
  return { log: snapshot.of('auditlog')[0], events: snapshot.of('audit') }
}

async function expectAllEqual(house: TestInstallation): Promise<void> {
  for (const run of await house.store.runs(99)) {
    expect(outcomeOf(await pastActs(house, connectors, everyCheck).reperform(run))).toBe('equal')
  }
}

const told = ({ events }: Read): string[] => events.map(({ action, target }) => `${action} ${target}`).sort()
const isMint = ({ targetType }: AuditEvent): boolean => targetType === 'OAUTH_ACCESS_TOKEN'

test('the first run reads 90 days, each later one what is new and an hour before it', async () => {
  const house = await open()
  const first = await runs(house)
  expect(millis(first.log!.to) - millis(first.log!.from)).toBe(90 * DAY)
  expect(first.events.length).toBeGreaterThanOrEqual(house.world.tailscale.auditLog.length)

  const second = await runs(house)
  expect(millis(first.log!.to) - millis(second.log!.from)).toBe(HOUR)
  expect(second.log!.to).toBe(new Date(house.clock.wall()).toISOString())
  // Of each run its own token, and nothing of the 90 days.
  expect(second.events.every(isMint)).toBe(true)
  expect(second.events.map(({ at }) => at).sort()).toEqual([first.log!.to, second.log!.to])
  await expectAllEqual(house)
})

test('a change is seen with its second and its actor, in every run whose stretch holds it', async () => {
  const house = await open()
  await runs(house)
  const { tailscale } = house.world
  const [owner, , , admin] = tailscale.users.map(({ loginName }) => String(loginName))
  const at = house.clock.vendors() + 5 * MINUTE
  suspends(tailscale, owner!, { at, by: DIRECTORY })
  changesRole(tailscale, admin!, 'admin', { at: at + 1000, by: actorOf(tailscale, owner!) })
  const next = await runs(house)
  const changes = next.events.filter((event) => !isMint(event)).sort((a, b) => millis(a.at!) - millis(b.at!))
  expect(changes).toMatchObject([
    { action: 'SUSPEND', target: owner, actorType: 'SCIM', at: new Date(at).toISOString() },
    { action: 'UPDATE', property: 'USER_ROLE', target: admin, actor: owner, after: '["Member","Admin"]' },
  ])
  // Seen again while the overlap reaches it, under the same key, and then no more.
  const keys = changes.map(({ key }) => key).sort()
  let later = next
  for (let run = 0; run < 5; run++) {
    const before = millis(later.log!.to)
    later = await runs(house)
    const own = later.events.filter((event) => !isMint(event)).map(({ key }) => key)
    expect(own.sort()).toEqual(at >= before - HOUR ? keys : [])
  }
  expect(told(later).every((text) => text === 'CREATE OAuth access token')).toBe(true)
  await expectAllEqual(house)
})

test('each thing that people and directories do is told as what it is, with what it was done to', async () => {
  const house = await open()
  await runs(house)
  const { tailscale } = house.world
  const [owner, helper, member] = tailscale.users.map(({ loginName }) => String(loginName))
  const from = house.clock.vendors()
  const by = actorOf(tailscale, owner!)
  const after = (minutes: number) => ({ at: from + minutes * MINUTE, by })
  const newcomer = { ...tailscale.users[0]!, id: 'uNED01CNTRL', loginName: 'ned@fleet.example', role: 'member' }
  const policy = tailscale.policy.replace('1.80', '1.82')
  joins(tailscale, newcomer, after(1).at, after(2))
  addsDevice(tailscale, { ...tailscale.devices[0]!, nodeId: 'nNED01CNTRL', user: 'ned@fleet.example' }, after(3))
  makesKey(tailscale, { id: 'kNED01CNTRL', keyType: 'auth', description: 'ned', userId: newcomer.id }, after(4))
  changesRole(tailscale, 'ned@fleet.example', 'auditor', after(5))
  suspends(tailscale, helper!, { at: after(6).at, by: DIRECTORY })
  restores(tailscale, helper!, after(7))
  writesPolicy(tailscale, policy, after(8))
  revokesKey(tailscale, 'kNED01CNTRL', after(9))
  deletes(tailscale, 'ned@fleet.example', after(10))
  const { events } = await runs(house)
  const told = events
    .filter((event) => !isMint(event))
    .sort((a, b) => millis(a.at!) - millis(b.at!) || (a.targetType! < b.targetType! ? -1 : 1))
    .map((event) => {
      const { what, targetId, from: old, to } = meaningOf(event)!
      return [what, targetId, ...(old === null && to === null ? [] : [old, to])]
    })
  const suspended = tailscale.users[1]!['id']
  expect(told).toEqual([
    ['created', 'uNED01CNTRL'],
    ['approved', 'uNED01CNTRL'],
    ['device-created', 'nNED01CNTRL'],
    ['key-created', 'kNED01CNTRL'],
    ['role', 'uNED01CNTRL', 'member', 'auditor'],
    ['suspended', suspended],
    ['restored', suspended],
    ['policy', tailscale.tailnetId, expect.any(String), sha256(policy)],
    ['key-revoked', 'kNED01CNTRL'],
    ['device-deleted', 'nNED01CNTRL'],
    ['deleted', 'uNED01CNTRL'],
  ])
  const [device, account] = ['nNED01CNTRL', 'uNED01CNTRL'].map(
    (id) => events.find(({ targetId, action }) => targetId === id && action === 'DELETE')!,
  )
  expect(device!.group).toBe(account!.group)
  // What was done is how the tailnet is read.
  const { snapshot } = (await house.store.runAt('latest'))!
  const logins = snapshot.of('account').map(({ login }) => login)
  expect([logins.includes('ned@fleet.example'), logins.includes(member!)]).toEqual([false, true])
  expect(snapshot.of('policy')[0]!.text).toBe(policy)
})

test('what was refused for a while is read from where the last reading ended', async () => {
  const house = await open()
  const first = await runs(house)
  const mend = house.vendors.servers['tailscale']!.faults.add({ kind: 'status', status: 403, endpoint: 'auditLog' })
  await runs(house)
  const blind = await runs(house)
  expect([blind.log, blind.events]).toEqual([undefined, []])
  const source = (await house.store.runAt('latest'))!.snapshot.sources.find(({ id }) => id === 'tailnet')!
  expect([source.status, source.blind.map(({ kind }) => kind)]).toEqual(['complete', ['audit', 'auditlog']])
  mend()
  const later = await runs(house)
  expect(later.log!.from <= new Date(millis(first.log!.to) - HOUR).toISOString()).toBe(true)
  expect(later.events.filter(isMint).length).toBeGreaterThanOrEqual(4)
  await expectAllEqual(house)
})

test('a clock of ours that ran ahead and was set right leaves no hole', async () => {
  const house = await open()
  house.clock.step(3 * HOUR)
  const ahead = await runs(house)
  const vendorsNow = house.clock.vendors()
  expect(millis(ahead.log!.to) - vendorsNow).toBe(1000)
  house.clock.step(-3 * HOUR)
  const at = vendorsNow + 5 * MINUTE
  suspends(house.world.tailscale, String(house.world.tailscale.users[1]!['loginName']), { at, by: DIRECTORY })
  const right = await runs(house)
  expect(right.log!.from <= ahead.log!.to).toBe(true)
  expect(told(right)).toContain(`SUSPEND ${house.world.tailscale.users[1]!['loginName']}`)
  await expectAllEqual(house)
})

test('a log that says nothing twice is read for another stretch each time', async () => {
  // An API access token is not minted, so nothing at all happens.
  const house = await open({
    sources: (vendors, roster) =>
      FIVE_SOURCES({ ...vendors, credentials: { ...vendors.credentials, tailscale: { apiToken: API_TOKEN } } }, roster),
  })
  house.world.tailscale.auditLog = []
  const reads = [await runs(house), await runs(house), await runs(house)]
  expect(reads.flatMap(({ events }) => events)).toEqual([])
  expect(new Set(reads.map(({ log }) => log!.to)).size).toBe(3)
  await expectAllEqual(house)
})
