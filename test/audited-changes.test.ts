/** The checks that rest on the vendor's audit log and on history, over whole runs of a real installation. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { checks } from '../checks/index.ts'
import { evaluate } from '../src/domain/evaluate.ts'
import { sha256OfText } from '../src/domain/sha256.ts'
import { DAY, MINUTE } from '../src/domain/time.ts'
import { healthyWorld } from './helpers/healthy-world.ts'
import {
  EVERYTHING,
  FIVE_SOURCES,
  type TestInstallation,
  type TestInstallationOptions,
  testClock,
  testInstallation,
} from './helpers/installation.ts'
import {
  actorOf,
  changesRole,
  deletes,
  joins,
  makesKey,
  restores,
  revokesKey,
  suspends,
  writesPolicy,
} from './helpers/tailnet-acts.ts'

const ours = checks.filter(({ ref }) => ['ACL-08', 'COL-09', 'ID-17', 'ID-23', 'ID-24'].includes(ref))
let house: TestInstallation
let tailnet: TestInstallation['world']['tailscale']
let logins: readonly string[]
beforeAll(async () => {
  const clock = testClock(undefined, 0.001, true)
  // EDR and MDM have no part in this.
  const sources: TestInstallationOptions['sources'] = (vendors, roster) =>
    FIVE_SOURCES(vendors, roster).replaceAll(/^.*kind: (?:sentinelone|crowdstrike|kandji).*$\n/gm, '')
  const world = healthyWorld(new Date(clock.wall()), 12)
  house = await testInstallation({ checks: ours, yaml: '', clock, world, sources })
  tailnet = house.world.tailscale
  logins = tailnet.users
    .filter(({ type, role }) => type === 'member' && role === 'member')
    .map((row) => String(row['loginName']))
  await house.sync()
})
afterAll(async () => {
  expect(house.internal).toEqual([])
  await house.close()
})

/** A quarter of an hour, something in its middle, and the run at its end: ref → subject → answer, of who was judged. */
async function after(act: (at: number) => void, passes = 15 * MINUTE): Promise<Record<string, Record<string, string>>> {
  house.clock.pass(passes - 8 * MINUTE)
  act(Math.round(house.clock.wall()))
  house.clock.pass(8 * MINUTE)
  await house.sync()
  const { snapshot } = (await house.store.runAt('latest'))!
  const answers: Record<string, Record<string, string>> = {}
  for (const { ref, findings } of evaluate(snapshot, ours)) {
    const judged = findings.filter(
      ({ status, subject }) => status !== 'not_applicable' && (ref !== 'ID-24' || subject.label === logins[2]),
    )
    answers[ref] = Object.fromEntries(judged.map(({ subject, status }) => [subject.label, status]))
  }
  return answers
}
const by = (at: number, login = String(tailnet.users[0]!['loginName'])) => ({ at, by: actorOf(tailnet, login) })

test('what somebody does in the console agrees with what the next pull shows, whatever it is', async () => {
  const [alice = '', bob = ''] = logins
  const key = {
    id: 'kNEW1CNTRL',
    keyType: 'client',
    description: 'new client',
    scopes: ['users:read'],
    userId: tailnet.users[0]!['id'],
  }
  const row = {
    ...tailnet.users.find((user) => user['loginName'] === alice)!,
    id: 'uNEW1CNTRL',
    loginName: 'new@example.com',
    deviceCount: 0,
  }
  const answers = [
    await after((at) => suspends(tailnet, alice, by(at))),
    await after((at) => restores(tailnet, alice, by(at))),
    await after((at) => makesKey(tailnet, key, by(at))),
    await after((at) => revokesKey(tailnet, 'kNEW1CNTRL', by(at))),
    await after((at) => joins(tailnet, row, at, by(at + MINUTE))),
    await after((at) => writesPolicy(tailnet, `${tailnet.policy} // reviewed`, by(at))),
    await after((at) => changesRole(tailnet, bob, 'it-admin', by(at))),
    await after((at) => deletes(tailnet, alice, by(at))),
  ]
  const agreed = answers.map((answer) => answer['COL-09'])
  expect(agreed.at(-1)).toEqual({
    [alice]: 'pass',
    [bob]: 'pass',
    'new@example.com': 'pass',
    'new client': 'pass',
    policy: 'pass',
  })
  expect(agreed.flatMap((answer) => Object.values(answer!)).filter((status) => status !== 'pass')).toEqual([])
  const last = answers.at(-1)!
  expect([last['ID-17'], last['ID-23'], last['ACL-08']]).toEqual([
    expect.objectContaining({ [bob]: 'fail' }),
    expect.objectContaining({ 'new@example.com': 'pass' }),
    { policy: 'fail' },
  ])
})

test('what was done by another way, or only claimed in the log, is found', async () => {
  const carol = logins[2]!
  const quiet = (over: Record<string, unknown>) => {
    tailnet.users = tailnet.users.map((user) => (user['loginName'] === carol ? { ...user, ...over } : user))
  }
  const raised = await after(() => quiet({ role: 'admin' }))
  expect([raised['COL-09']![carol], raised['ID-17']![carol]]).toEqual(['fail', 'fail'])
  // Ten days later it has left this check, and the role still has no approval.
  const later = await after(() => undefined, 10 * DAY)
  expect([later['COL-09'], later['ID-17']![carol]]).toEqual([{}, 'fail'])
  const claimed = await after((at) => {
    suspends(tailnet, carol, by(at))
    quiet({ status: 'active' })
  })
  expect(claimed['COL-09']).toEqual({ [carol]: 'fail' })
})

test('a policy is accepted by the digest that sha256sum gives of it', async () => {
  const digest = sha256OfText(tailnet.policy)
  const yaml = `checks: { policy-changes-controlled: { params: { approved: [{ subject: "${digest}", because: PR 14 }] } } }`
  await house.reconfigured({ yaml }).sync(EVERYTHING, () => undefined)
  const { snapshot } = (await house.store.runAt('latest'))!
  const [found] = [...evaluate(snapshot, ours)].find(({ ref }) => ref === 'ACL-08')!.findings
  expect(found).toMatchObject({ status: 'pass', facts: { because: 'PR 14', sha256: digest } })
})

test('who goes from the roster without an end date is missed by name', async () => {
  const carol = logins[2]!
  const rows = house.world.roster.split('\n').filter((line) => !line.startsWith(`${carol},`))
  const answers = await after(() => house.writeRoster(rows.join('\n')))
  expect(answers['ID-24']).toEqual({ [carol]: 'fail' })
})
