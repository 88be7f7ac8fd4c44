import { expect, test } from 'vitest'
import { policyChangesControlled as check } from '../../checks/policy-changes-controlled.ts'
import type { AuditEvent } from '../../src/domain/record.ts'
import { sha256OfText } from '../../src/domain/sha256.ts'
import { DAY, HOUR, MINUTE, plus } from '../../src/domain/time.ts'
import { ago, audit, auditlog, blind, NOW, policy, setting, snapshotOf, statusesOf } from '../helpers/build.ts'
import { covers } from './covers.ts'
import { inTurn, logAt } from './runs.ts'

const TEXTS = ['{"acls":[]} // first', '{"acls":[]} // second', '{"acls":[]} // third']
const ETAGS = ['"e0"', '"e1"', '"e2"']
const DIGESTS = TEXTS.map(sha256OfText)
const edition = (number: number) => policy(TEXTS[number]!, { etag: ETAGS[number]! })
const changed = (hours: number, over: Partial<AuditEvent> = {}) =>
  audit({
    at: plus(NOW, hours * HOUR - 10 * MINUTE),
    targetType: 'TAILNET',
    targetId: 'T1',
    target: 'example.com',
    action: 'UPDATE',
    property: 'ACL',
    ...over,
  })
const at = (hours: number, ...records: Parameters<typeof snapshotOf>[0]) => {
  const when = plus(NOW, hours * HOUR)
  return { at: when, records: [...records, logAt(when)] }
}
const approving = (...subjects: string[]) => ({ approved: subjects.map((subject) => ({ subject, because: 'PR 14' })) })

test('the policy of the first run is where it begins', () => {
  const [first, second] = inTurn(check, [at(0, edition(0)), at(1, edition(0))])
  expect([first!.answers, second!.answers]).toEqual([['pass'], ['pass']])
  expect(second!.said).toEqual([`The policy is that of our first run (SHA-256 ${DIGESTS[0]!.slice(0, 12)}…).`])
  expect(second!.carried).toHaveLength(1)
})

test.each([
  { name: 'nobody has accepted it', params: {}, want: 'fail' },
  { name: 'by its ETag', params: approving('"e1"'), want: 'pass' },
  { name: 'by its ETag without the quotes', params: approving('e1'), want: 'pass' },
  { name: 'by the digest of its text', params: approving(DIGESTS[1]!), want: 'pass' },
  { name: 'by that digest in capitals', params: approving(DIGESTS[1]!.toUpperCase()), want: 'pass' },
  { name: 'only the one before was accepted', params: approving('e0', DIGESTS[0]!), want: 'fail' },
])('a change is accepted: $name: $want', ({ params, want }) => {
  const [, then] = inTurn(check, [at(0, edition(0)), { ...at(1, edition(1), changed(1)), params }])
  expect(then!.answers).toEqual([want])
})

test('a change that nobody accepted fails on, naming who and when, until it is accepted', () => {
  const event = changed(1)
  const steps = [
    at(0, edition(0)),
    at(1, edition(1), event),
    at(30, edition(1)),
    { ...at(31, edition(1)), params: approving('e1') },
    at(32, edition(1)),
  ]
  const runs = inTurn(check, steps)
  expect(runs.map(({ answers }) => answers[0])).toEqual(['pass', 'fail', 'fail', 'pass', 'pass'])
  expect(runs[2]!.findings[0]!.facts).toMatchObject({
    changes: 1,
    changedBy: 'eve@example.com',
    changedAt: event.at,
    seenAfter: plus(NOW, -MINUTE),
    seenBefore: plus(NOW, HOUR - MINUTE),
    acceptedSha256: DIGESTS[0],
    acceptedEtag: '"e0"',
    event: `tailnet/audit/${event.key}`,
  })
  expect(runs[2]!.said[0]).toContain(
    `was changed once since it was last accepted, the last time by eve@example.com at ${event.at}`,
  )
  // What was accepted stays accepted when the entry leaves the file: the ledger has it.
  expect(runs[4]!.findings[0]!.facts).toMatchObject({ because: 'PR 14', acceptedAt: plus(NOW, 31 * HOUR) })
})

test('accepting an earlier change does not accept the next', () => {
  const steps = [
    at(0, edition(0)),
    { ...at(1, edition(1), changed(1)), params: approving('e1') },
    { ...at(2, edition(2), changed(2)), params: approving('e1') },
  ]
  const runs = inTurn(check, steps)
  expect(runs.map(({ answers }) => answers[0])).toEqual(['pass', 'pass', 'fail'])
  expect(runs[2]!.findings[0]!.facts).toMatchObject({ changes: 1, acceptedSha256: DIGESTS[1] })
})

test('several changes are counted, everybody who made one is named, and each has its own event', () => {
  const mallory = { actorId: 'uM', actor: 'mallory@example.com', after: JSON.stringify(TEXTS[2]) }
  const events = [
    changed(2, { ...mallory, group: 'g2' }),
    changed(2, { group: 'g3', at: plus(NOW, 2 * HOUR - 5 * MINUTE), after: '"other"' }),
  ]
  const [, , then] = inTurn(check, [at(0, edition(0)), at(1, edition(1), changed(1)), at(2, edition(2), ...events)])
  expect(then!.findings[0]!.facts).toMatchObject({
    changes: 2,
    changedBy: 'mallory@example.com',
    everybodyWhoChangedIt: 'eve@example.com, mallory@example.com',
  })
})

test('a text that is put back to what was accepted passes again', () => {
  const [, , back] = inTurn(check, [at(0, edition(0)), at(1, edition(1)), at(2, edition(0))])
  expect(back!.answers).toEqual(['pass'])
})

test('the same text under another ETag is no change, and another text under the same ETag is one', () => {
  expect(inTurn(check, [at(0, edition(0)), at(1, policy(TEXTS[0]!, { etag: '"e9"' }))])[1]!.answers).toEqual(['pass'])
  expect(inTurn(check, [at(0, edition(0)), at(1, policy(TEXTS[1]!, { etag: '"e0"' }))])[1]!.answers).toEqual(['fail'])
})

test('a change that the log has nothing of says so, and an event that comes late is added', () => {
  const steps = [at(0, edition(0)), at(1, edition(1)), at(1.25, edition(1), changed(1))]
  const [, without, late] = inTurn(check, steps)
  expect(without!.said[0]).toContain('by nobody whom the log names')
  expect(late!.findings[0]!.facts).toMatchObject({ changedBy: 'eve@example.com', changes: 1 })
})

test('a tailnet whose policy is edited in the console gets a word beside the answer', () => {
  const [off] = inTurn(check, [at(0, edition(0), setting('aclsExternallyManagedOn', false))])
  expect(off!.said[0]).toContain('not managed from version control')
  for (const value of [true, null, 'no']) {
    const [ran] = inTurn(check, [at(0, edition(0), setting('aclsExternallyManagedOn', value))])
    expect(ran!.findings[0]!.notice).toBeNull()
  }
})

test('of hundreds of changes the first and the newest are kept', () => {
  const steps = Array.from({ length: 60 }, (_, number) => at(number, policy(`{} // ${number}`)))
  const ran = inTurn(check, steps).at(-1)!
  expect(ran.findings[0]!.facts).toMatchObject({ changes: 59, firstSeenAfter: plus(NOW, -MINUTE) })
  expect((ran.carried[0]!.body['changes'] as readonly unknown[]).length).toBe(20)
})

test('the same window seen twice changes nothing that is carried', () => {
  const step = at(1, edition(1), changed(1))
  const state = { collectedAt: plus(step.at, -MINUTE) }
  const [, once, twice] = inTurn(check, [at(0, edition(0)), step, { ...step, at: plus(step.at, HOUR), state }])
  expect(twice!.carried).toEqual(once!.carried)
})

test('without a policy there is no answer, and what was accepted is kept', () => {
  const [, gone, back] = inTurn(check, [at(0, edition(0)), at(1), at(2, edition(1))])
  expect([gone!.answers, back!.answers]).toEqual([['no_data'], ['fail']])
  expect(inTurn(check, [at(0)])[0]!.carried).toEqual([])
  const [hidden] = inTurn(check, [{ ...at(0, edition(0)), state: { blind: [blind('auditlog')] } }])
  expect(hidden!.result).toMatchObject({ status: 'unknown', unknownReason: 'not_visible' })
})

test('before anything was carried the policy is that of the first run', () => {
  expect(statusesOf(check, snapshotOf([edition(0), auditlog({ from: ago(DAY) })]))).toEqual(['pass'])
})

covers(check, [
  {
    name: 'a text that is no policy',
    records: [policy('"; drop table', { etag: null }), auditlog()],
    hostile: true,
    want: ['pass'],
  },
])
