/** The challenge of verdicts that rest on more than one reading: on the vendor's log, on what earlier runs noted, on our house. */
import { beforeAll, describe, expect, test } from 'vitest'
import { everyCheck } from '../../checks/former/index.ts'
import { checks } from '../../checks/index.ts'
import { connectors } from '../../src/connectors/index.ts'
import { inputsOf, type RunInputs } from '../../src/domain/reperform.ts'
import { DAY, HOUR, MINUTE } from '../../src/domain/time.ts'
import type { Challenge } from '../../src/domain/verification.ts'
import { challenge } from '../../src/packet/challenge/index.ts'
import { anchor, review } from '../helpers/build.ts'
import { GOVERNED, type TestInstallation, testInstallation } from '../helpers/installation.ts'
import { actorOf, changesRole, deletes, joins, makesKey, suspends } from '../helpers/tailnet-acts.ts'

const RAISED = 'bartosz.eriksen.4@fleet.example'
const yaml = GOVERNED.replace(
  'checks:\n',
  `checks:\n  raised-roles-approved: { params: { approved: [{ subject: ${RAISED}, because: CHG-17 }] } }\n`,
)

/** Of the run that saw what happened, and of the next, which knows it from that run. */
const made: Challenge[] = []

beforeAll(async () => {
  const house = await testInstallation({ checks, yaml })
  try {
    await house.sync()
    house.clock.pass(HOUR)
    const world = house.world.tailscale
    const done = { at: house.clock.vendors() - 10 * MINUTE, by: actorOf(world, 'iris.andersson.0@fleet.example') }
    const newcomer = { id: 'uNewcomer1CNTRL', loginName: 'new@fleet.example', displayName: 'New Comer', role: 'member' }
    joins(world, { ...world.users[4], ...newcomer }, done.at, done)
    changesRole(world, RAISED, 'network-admin', done)
    suspends(world, 'mehmet.jovanovic.1@fleet.example', done)
    deletes(world, 'iris.horvath.2@fleet.example', done)
    makesKey(world, { ...world.keys[0], id: 'kNew1CNTRL' }, done)
    made.push(await challenged(house, (await house.sync()).run.id))
    house.clock.pass(2 * DAY)
    made.push(await challenged(house, (await house.sync()).run.id))
  } finally {
    await house.close()
  }
}, 60_000)

async function challenged({ store }: TestInstallation, run: string): Promise<Challenge> {
  const past = (await store.past(run))!
  const bytes = new Map<string, Uint8Array>()
  for (const pull of past.pulls) {
    for (const { sha256 } of [...pull.pages, ...pull.earlier]) {
      const body = await store.page(sha256)
      if (body !== null) bytes.set(sha256, body)
    }
  }
  const inputs: RunInputs = inputsOf(past, connectors, () => false)
  // Of a house that is watched from outside, and whose access was reviewed.
  const more = [anchor({ stampedAt: past.run.snapshotAt }), review({ signedAt: '2026-11-01T00:00:00.000Z' })]
  const results = inputs.results.map((result) =>
    ['COL-08', 'ID-20'].includes(result.ref) ? { ...result, counts: { ...result.counts, pass: 1 } } : result,
  )
  return challenge({ ...inputs, house: [...inputs.house, ...more], results }, null, {
    connectors,
    checks: everyCheck,
    pages: async (digest) => bytes.get(digest) ?? null,
  })
}

describe.each([
  ['in the run that saw it', 0],
  ['two days later', 1],
])('each is made to fail by what it rests on, %s', (_, run) => {
  test.each([
    ['ACL-08', ['in a run after this one', 'in a run after this one']],
    ['COL-08', ['stampedAt of the record', 'stampedAt of the record']],
    ['COL-09', ['target', 'in a run after this one']],
    ['ID-12', ['as if it had been so for 400 days', 'as if it had been so for 400 days']],
    ['ID-17', ['role', 'role']],
    ['ID-20', ['signedAt of the record', 'signedAt of the record']],
    ['ID-23', ['target', 'what an earlier run noted of it forgotten']],
    ['ID-24', ['end_date', 'end_date']],
  ])('%s', (ref, changes) => {
    const one = made[run]!.checks.find((each) => each.ref === ref)!
    expect(one).toMatchObject({ unturned: [], because: null })
    expect(one.passes).toBeGreaterThan(0)
    expect(one.examples.map(({ changed }) => changed).join('\n')).toContain(changes[run])
    // Of an account that is gone and a key that was made no later answer can say otherwise: only that the reading is not whole.
    const settled = ref === 'COL-09' && run === 1 ? 2 : 0
    expect([one.failed, one.unknown]).toEqual([one.passes - settled, settled])
  })

  test('and nothing that passed stayed', () => {
    expect(made[run]!.checks.flatMap(({ ref, unturned }) => unturned.map((name) => `${ref} ${name}`))).toEqual([])
  })
})
