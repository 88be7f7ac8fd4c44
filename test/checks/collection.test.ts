/** The six checks over our own collection. They have no needs of their own, so they answer when nothing else can. */
import { describe, expect, test } from 'vitest'
import { fallsAreConfirmed } from '../../checks/falls-are-confirmed.ts'
import { populationsReconcile } from '../../checks/populations-reconcile.ts'
import { sourcesAreFresh } from '../../checks/sources-are-fresh.ts'
import { sourcesReadCompletely } from '../../checks/sources-read-completely.ts'
import { storedEvidenceVerifies } from '../../checks/stored-evidence-verifies.ts'
import { vendorAnswersUnderstood } from '../../checks/vendor-answers-understood.ts'
import type { Check } from '../../src/domain/check.ts'
import type { AnyRecord } from '../../src/domain/record.ts'
import type { SourceState } from '../../src/domain/snapshot.ts'
import { HOUR, MINUTE } from '../../src/domain/time.ts'
import {
  account,
  agent,
  ago,
  blind,
  device,
  findingsOf,
  integration,
  integrity,
  key,
  resultOf,
  total,
  wholeSnapshotOf,
} from '../helpers/build.ts'
import { covers } from './covers.ts'

const refused = { code: 'auth_failed', message: 'GET /users answered 401' } as const
const broken = { code: 'server_error', message: 'GET /users answered 503' } as const
const misread = { code: 'schema_mismatch', message: 'agents: data is no list' } as const
const never = { status: 'never', attemptedAt: null, collectedAt: null } as const

/** The answer for one source, `status/reason`, through the engine. */
function answer(check: Check, state: Partial<SourceState>, records: readonly AnyRecord[] = []): string {
  const id = state.id ?? 'tailnet'
  const { findings } = resultOf(check, records, { only: [id], sources: [{ ...state, id }] })
  return findings.map(({ status, unknownReason }) => unknownReason ?? status).join(' ')
}

const cases = {
  complete: {},
  failed: { status: 'failed', error: broken },
  refused: { status: 'failed', error: refused },
  held: { status: 'held', error: { code: 'population_fell', message: 'devices fell from 100 to 40' } },
  paused: { status: 'paused', error: refused },
  stale: { status: 'stale', collectedAt: ago(2 * HOUR) },
  never,
} satisfies Record<string, Partial<SourceState>>

describe('by the state of a source', () => {
  test.each([
    {
      check: sourcesReadCompletely,
      complete: 'pass',
      failed: 'fail',
      refused: 'fail',
      held: 'fail',
      paused: 'fail',
      stale: 'pass',
      never: 'no_data',
    },
    {
      check: sourcesAreFresh,
      complete: 'pass',
      failed: 'pass',
      refused: 'pass',
      held: 'pass',
      paused: 'pass',
      stale: 'fail',
      never: 'no_data',
    },
    {
      check: fallsAreConfirmed,
      complete: 'pass',
      failed: 'source_error',
      refused: 'auth_error',
      held: 'fail',
      paused: 'auth_error',
      stale: 'pass',
      never: 'no_data',
    },
    {
      check: populationsReconcile,
      complete: 'not_applicable',
      failed: 'source_error',
      refused: 'auth_error',
      held: 'partial_population',
      paused: 'auth_error',
      stale: 'stale',
      never: 'no_data',
    },
    {
      check: vendorAnswersUnderstood,
      complete: 'pass',
      failed: 'source_error',
      refused: 'auth_error',
      held: 'partial_population',
      paused: 'auth_error',
      stale: 'stale',
      never: 'no_data',
    },
  ])('$check.ref', ({ check, ...want }) => {
    const got = Object.fromEntries(Object.entries(cases).map(([name, state]) => [name, answer(check, state)]))
    expect(got).toEqual(want)
  })

  test('every source is a subject of its own', () => {
    const { findings } = resultOf(sourcesReadCompletely, [], {
      sources: [{ id: 'mdm', status: 'failed', error: broken }],
    })
    expect(findings.map(({ subject, status }) => [subject.kind, subject.key, status])).toEqual([
      ['source', 'edr', 'pass'],
      ['source', 'falcon', 'pass'],
      ['source', 'mdm', 'fail'],
      ['source', 'roster', 'pass'],
      ['source', 'tailnet', 'pass'],
    ])
  })
})

describe('COL-01', () => {
  test('names the cause, and of a complete reading what its credential cannot see', () => {
    const failed = resultOf(sourcesReadCompletely, [], { only: ['tailnet'], sources: [{ ...cases.failed }] })
    expect(failed.findings[0]?.facts).toMatchObject({ state: 'failed', errorCode: 'server_error' })
    expect(sourcesReadCompletely.say(failed.findings[0]!)).toContain('GET /users answered 503')
    const hidden = [blind('key', ['auth', 'api']), blind('contact')]
    const partly = resultOf(sourcesReadCompletely, [], { only: ['tailnet'], sources: [{ blind: hidden }] })
    expect(partly.findings[0]).toMatchObject({
      status: 'pass',
      notice: 'the credential cannot see key auth api, contact',
    })
  })
})

describe('COL-02', () => {
  test.each([
    { name: 'exactly as old as allowed', collectedAt: ago(HOUR), want: 'pass' },
    { name: 'older by a minute, whatever its state says', collectedAt: ago(HOUR + MINUTE), want: 'fail' },
    { name: 'never read completely', collectedAt: null, want: 'no_data' },
  ])('$name', ({ collectedAt, want }) => {
    expect(answer(sourcesAreFresh, { collectedAt })).toBe(want)
  })

  test('each source has its own limit', () => {
    const roster = resultOf(sourcesAreFresh, [], {
      only: ['roster'],
      sources: [{ id: 'roster', collectedAt: ago(48 * HOUR) }],
    })
    expect(roster.findings[0]).toMatchObject({
      status: 'pass',
      facts: { freshness: '7d', collectedAt: ago(48 * HOUR) },
    })
  })
})

describe('COL-03, vendors that state a total', () => {
  const two = [agent(), agent({ key: '1002' })]
  test.each([
    { name: 'no total, nothing to compare', records: two, want: 'not_applicable' },
    { name: 'as many records as stated', records: [...two, total({ value: 2 })], want: 'pass' },
    { name: 'fewer records than stated', records: [...two, total({ value: 3 })], want: 'fail' },
    { name: 'more records than stated', records: [...two, total({ value: 1 })], want: 'fail' },
    {
      name: 'parts add up',
      records: [...two, total({ value: 1 }), total({ key: 'agent-hidden', value: 1 })],
      want: 'pass',
    },
    { name: 'a total of nothing, of nothing', records: [total({ value: 0 })], want: 'pass' },
    {
      name: 'one kind agrees, the other does not',
      records: [...two, total({ value: 2 }), total({ key: 'score', value: 1 })],
      want: 'fail',
    },
    {
      name: 'records of another source do not count',
      records: [...two, agent({ source: 'edr2', key: '9' }), total({ value: 2 })],
      want: 'pass',
    },
  ])('$name', ({ records, want }) => {
    expect(answer(populationsReconcile, { id: 'edr' }, records)).toBe(want)
  })

  test('both numbers stand in the facts', () => {
    const { findings } = resultOf(populationsReconcile, [...two, total({ value: 3 })], { only: ['edr'] })
    expect(findings[0]).toMatchObject({ facts: { agentStated: 3, agentRead: 2 }, records: ['edr/total/agent'] })
  })
})

describe('COL-03, the sites that a credential sees', () => {
  const at = (siteName: string | null, over: Parameters<typeof agent>[0] = {}) =>
    agent({ key: `${over.source ?? 'edr'}-${siteName}`, ...over, values: { siteName } })
  const whole = { source: 'edr', key: 'agent', value: 2 } as const
  test.each([
    { name: 'none expected', sites: [], records: [at('Berlin')], want: 'not_applicable' },
    { name: 'all seen', sites: ['Berlin', 'Porto'], records: [at('Berlin'), at('Porto'), total(whole)], want: 'pass' },
    { name: 'all seen where nothing is counted', sites: ['Berlin'], records: [at('Berlin')], want: 'not_applicable' },
    {
      name: 'one not seen, though the counts agree',
      sites: ['Berlin', 'Porto'],
      records: [at('Berlin'), at('Lyon'), total(whole)],
      want: 'partial_population',
    },
    {
      name: 'one not seen where nothing is counted',
      sites: ['Porto'],
      records: [at('Berlin')],
      want: 'partial_population',
    },
    { name: 'no agent at all', sites: ['Berlin'], records: [total({ value: 0 })], want: 'partial_population' },
    {
      name: 'no agent names its site',
      sites: ['Berlin'],
      records: [at(null), at('', { key: '2' }), total(whole)],
      want: 'partial_population',
    },
    {
      name: 'a removed agent names it too',
      sites: ['Berlin'],
      records: [at('Berlin', { removed: true }), at('Lyon'), total(whole)],
      want: 'pass',
    },
    {
      name: 'another SentinelOne source sees it',
      sites: ['Berlin', 'Porto'],
      records: [at('Berlin'), at('Porto', { source: 'edr2' }), total({ ...whole, value: 1 })],
      want: 'pass',
    },
    {
      name: 'another vendor’s agent names no site',
      sites: ['Berlin'],
      records: [at('Lyon'), at('Berlin', { source: 'mdm', vendor: 'kandji' })],
      want: 'partial_population',
    },
    {
      name: 'counts that disagree are a failure first',
      sites: ['Porto'],
      records: [at('Berlin'), total(whole)],
      want: 'fail',
    },
  ])('$name', ({ sites, records, want }) => {
    const found = findingsOf(populationsReconcile, wholeSnapshotOf(records, { only: ['edr'] }), { sites })
    expect(found.map(({ status, unknownReason }) => unknownReason ?? status)).toEqual([want])
  })

  test('says which sites, and what to do', () => {
    const records = [at('Berlin'), at('Lyon'), total(whole)]
    const sites = ['Berlin', 'Porto', 'Gent']
    const [found] = findingsOf(populationsReconcile, wholeSnapshotOf(records, { only: ['edr'] }), { sites })
    expect(found!.facts).toEqual({ agentStated: 2, agentRead: 2, sitesExpected: 3, sitesNotSeen: 'Porto, Gent' })
    expect(populationsReconcile.say(found!)).toMatch(
      /^edr was not evaluated: .* sites Porto, Gent; give its service user/,
    )
  })

  test('asks nothing of other sources', () => {
    const found = findingsOf(populationsReconcile, wholeSnapshotOf([], { only: ['mdm', 'roster'] }), {
      sites: ['Porto'],
    })
    expect(found.map(({ status }) => status)).toEqual(['not_applicable', 'not_applicable'])
  })
})
describe('COL-03, a tailnet', () => {
  const own = device()
  const ci = device({ key: 'nD2', tags: ['tag:ci'] })
  const foreign = device({ key: 'nD3', isExternal: true })
  const count = (deviceCount: number | null) => account({ deviceCount })
  test.each([
    { name: 'people’s devices are all counted', records: [count(1), own], want: 'pass' },
    { name: 'a tagged device may be counted', records: [count(2), own, ci], want: 'pass' },
    { name: 'a tagged device need not be counted', records: [count(1), own, ci], want: 'pass' },
    { name: 'external devices are nobody’s of ours', records: [count(1), own, foreign], want: 'pass' },
    { name: 'a device that no account counts', records: [count(0), own], want: 'fail' },
    { name: 'an account counts a device that was not read', records: [count(2), own], want: 'fail' },
    {
      name: 'whether external was not said: both ways are allowed',
      records: [count(1), own, device({ key: 'nD4', isExternal: null })],
      want: 'pass',
    },
    { name: 'an account without a count', records: [count(null), own], want: 'no_data' },
    {
      name: 'shared-in accounts count elsewhere',
      records: [count(1), own, account({ key: 'uS', login: 'v@v.io', type: 'shared', deviceCount: 7 })],
      want: 'pass',
    },
    { name: 'an empty tailnet', records: [], want: 'not_applicable' },
  ])('$name', ({ records, want }) => {
    expect(answer(populationsReconcile, {}, records)).toBe(want)
  })

  test('a list that the credential cannot see is not compared', () => {
    expect(answer(populationsReconcile, { blind: [blind('account')] }, [own])).toBe('not_visible')
  })

  test('two tailnets are compared each with itself', () => {
    const lab = { source: 'lab' } as const
    const records = [account({ deviceCount: 1 }), device(), account({ ...lab, deviceCount: 0 }), device(lab)]
    const result = resultOf(populationsReconcile, records, {
      only: ['tailnet'],
      sources: [{ id: 'lab', kind: 'tailscale' }],
    })
    expect(result.findings.map(({ subject, status }) => [subject.key, status])).toEqual([
      ['lab', 'fail'],
      ['tailnet', 'pass'],
    ])
  })
})

describe('COL-05', () => {
  test.each([
    { name: 'everything examined verifies', records: [integrity()], want: ['pass'] },
    { name: 'one page does not', records: [integrity({ failed: ['page 3f2a'] })], want: ['fail'] },
    { name: 'nothing stored of a part', records: [integrity({ checked: 0 })], want: ['not_applicable'] },
    { name: 'not examined', records: [], want: ['unknown'] },
    {
      name: 'each part is a subject',
      records: [integrity(), integrity({ key: 'seals', failed: ['run 7'] })],
      want: ['pass', 'fail'],
    },
  ])('$name', ({ records, want }) => {
    expect(resultOf(storedEvidenceVerifies, records).findings.map(({ status }) => status)).toEqual(want)
  })

  test('many broken items are counted, the first are named', () => {
    const failed = Array.from({ length: 40 }, (_, index) => `page ${index}`)
    const { findings } = resultOf(storedEvidenceVerifies, [integrity({ checked: 50, failed })])
    expect(findings[0]?.facts).toMatchObject({ checked: 50, failedCount: 40 })
    expect(findings[0]?.facts['failed']).toContain('page 9')
    expect(findings[0]?.facts['failed']).not.toContain('page 10')
  })
})

describe('COL-06', () => {
  const judged = (records: readonly AnyRecord[], id = 'tailnet') =>
    resultOf(vendorAnswersUnderstood, records, { only: [id] }).findings[0]

  test.each([
    { name: 'everything known', records: [account(), device(), key(), integration()], says: null },
    {
      name: 'a field that could not be read, on two devices',
      records: [device({ unread: ['lastSeen'] }), device({ key: 'nD2', unread: ['lastSeen', 'os'] })],
      says: 'unreadable device.lastSeen (2), device.os (1)',
    },
    { name: 'a new status', records: [account({ status: 'frozen' })], says: 'new account.status "frozen" (1)' },
    {
      name: 'a new role and type',
      records: [account({ role: 'dns-admin', type: 'guest' })],
      says: 'new account.role "dns-admin" (1), account.type "guest" (1)',
    },
    { name: 'a new kind of key', records: [key({ keyType: 'ssh' })], says: 'new key.keyType "ssh" (1)' },
    {
      name: 'a new provider',
      records: [integration({ provider: 'acme' })],
      says: 'new integration.provider "acme" (1)',
    },
    {
      name: 'both',
      records: [account({ status: 'frozen', unread: ['created'] })],
      says: 'unreadable account.created (1); new account.status "frozen" (1)',
    },
    { name: 'nothing said is no new word', records: [account({ status: null, role: null, type: null })], says: null },
  ])('$name', ({ records, says }) => {
    const found = judged(records)!
    expect(found).toMatchObject({ status: says === null ? 'pass' : 'fail', notice: null })
    if (says !== null) expect(vendorAnswersUnderstood.say(found)).toContain(says)
  })

  test('words of an EDR are known too', () => {
    expect(judged([agent({ values: { operationalState: 'asleep' } })], 'edr')).toMatchObject({
      status: 'fail',
      facts: { unknownValues: 'agent.operationalState "asleep" (1)' },
    })
    expect(judged([agent({ values: { operationalState: 'na', networkStatus: 'connecting' } })], 'edr')).toMatchObject({
      status: 'pass',
    })
  })

  test('an answer of another form altogether fails', () => {
    expect(answer(vendorAnswersUnderstood, { status: 'failed', error: misread })).toBe('fail')
  })
})

const edr = (over: Partial<SourceState> = {}) => ({ only: ['edr'], sources: [{ id: 'edr', ...over }] })
const unsaid = { ...edr({ status: 'failed', error: null }) }

covers(sourcesReadCompletely, [
  { name: 'failed without a word', records: [], options: unsaid, hostile: true, want: ['fail'] },
])
covers(sourcesAreFresh, [
  {
    name: 'read on a day to come',
    records: [],
    options: edr({ collectedAt: '2031-01-01T00:00:00.000Z' }),
    hostile: true,
    want: ['no_data'],
  },
])
covers(populationsReconcile, [
  {
    name: 'a total of less than nothing',
    records: [agent(), total({ value: -1 })],
    options: edr(),
    hostile: true,
    want: ['fail'],
  },
])
covers(fallsAreConfirmed, [
  {
    name: 'held without a word',
    records: [],
    options: edr({ status: 'held', error: null }),
    hostile: true,
    want: ['fail'],
  },
])
covers(storedEvidenceVerifies, [
  {
    name: 'none examined, and one broken all the same',
    records: [integrity({ checked: 0, failed: ['__proto__'] })],
    hostile: true,
    want: ['fail'],
  },
])
covers(vendorAnswersUnderstood, [
  {
    name: 'a new word that is one of the language, in a field that is another',
    records: [agent({ unread: ['__proto__'], values: { operationalState: 'constructor' } })],
    options: edr(),
    hostile: true,
    want: ['fail'],
  },
])
