/** The engine answers before a check is asked, so that no check ever runs on half a picture. */
import { describe, expect, test } from 'vitest'
import { type Check, type CheckDefinition, defineCheck } from '../../src/domain/check.ts'
import { carryForward, evaluate, waiverFor } from '../../src/domain/evaluate.ts'
import { type Finding, finding, type Status, type UnknownReason, unknown } from '../../src/domain/finding.ts'
import type { Agent, AnyRecord, Carried } from '../../src/domain/record.ts'
import type { Waiver } from '../../src/domain/settings.ts'
import type { SourceState } from '../../src/domain/snapshot.ts'
import {
  account,
  agent,
  blind,
  carried,
  device,
  NOW,
  person,
  resultOf,
  type SnapshotOptions,
  wholeSnapshotOf,
} from '../helpers/build.ts'

/** A check that passes every account, unless told otherwise. */
function checkOf(over: Partial<CheckDefinition<Record<string, never>>> = {}): Check {
  return defineCheck({
    id: 'accounts-exist',
    ref: 'OWN-01',
    version: 1,
    title: 'Accounts exist',
    question: 'Does every account exist?',
    why: 'Because it is listed.',
    remediation: 'None is needed.',
    severity: 'low',
    controls: [],
    needs: [{ kind: 'account' }],
    run: (snapshot) => snapshot.of('account').map((record) => finding('pass', record)),
    say: ({ subject }) => `${subject.label} exists.`,
    ...over,
  })
}

/** A check with these answers, one account each. */
function answering(...answers: (Exclude<Status, 'unknown'> | UnknownReason)[]): { check: Check; records: AnyRecord[] } {
  const records = answers.map((_, index) => account({ key: `u${index}`, login: `p${index}@example.com` }))
  const check = checkOf({
    run: (snapshot) =>
      snapshot.of('account').map((record, index): Finding => {
        const answer = answers[index]!
        return answer === 'pass' || answer === 'fail' || answer === 'not_applicable'
          ? finding(answer, record)
          : unknown(answer, record)
      }),
  })
  return { check, records }
}

// ── needs ──────────────────────────────────────────────────────────────────────────────────────────────────────────

describe('a need that is not met', () => {
  const down = (over: Partial<SourceState>): SnapshotOptions => ({ sources: [over] })
  const error = (code: 'auth_failed' | 'forbidden' | 'timeout' | 'schema_mismatch') => ({ code, message: code })

  test.each([
    { name: 'complete', state: {}, want: ['pass', null] },
    { name: 'failed', state: { status: 'failed', error: error('timeout') }, want: ['unknown', 'source_error'] },
    {
      name: 'failed on a schema',
      state: { status: 'failed', error: error('schema_mismatch') },
      want: ['unknown', 'source_error'],
    },
    { name: 'failed without a cause', state: { status: 'failed' }, want: ['unknown', 'source_error'] },
    {
      name: 'refused by 401',
      state: { status: 'failed', error: error('auth_failed') },
      want: ['unknown', 'auth_error'],
    },
    { name: 'refused by 403', state: { status: 'failed', error: error('forbidden') }, want: ['unknown', 'auth_error'] },
    { name: 'held', state: { status: 'held' }, want: ['unknown', 'partial_population'] },
    { name: 'paused', state: { status: 'paused' }, want: ['unknown', 'auth_error'] },
    { name: 'stale', state: { status: 'stale' }, want: ['unknown', 'stale'] },
    { name: 'never read', state: { status: 'never' }, want: ['unknown', 'no_data'] },
    { name: 'blind for the kind', state: { blind: [blind('account')] }, want: ['unknown', 'not_visible'] },
    { name: 'blind for another kind', state: { blind: [blind('policy')] }, want: ['pass', null] },
  ] as const)('source $name', ({ state, want }) => {
    const result = resultOf(checkOf(), [account()], down(state))
    expect([result.status, result.unknownReason]).toEqual(want)
    expect(result.findings).toHaveLength(want[0] === 'pass' ? 1 : 0)
    expect(result.message === null).toBe(want[0] === 'pass')
  })

  test('the message names the source and, for what is hidden, the refusal and the scope', () => {
    const hidden = resultOf(checkOf(), [account()], down({ blind: [blind('account')] }))
    expect(hidden.message).toBe(
      'tailnet: GET /api/v2/tailnet/-/account answered 403; the credential needs account:read.',
    )
    expect(resultOf(checkOf(), [], down({ status: 'stale' })).message).toContain('tailnet: ')
  })

  test('the counts of an answer by the engine are all zero', () => {
    const result = resultOf(checkOf(), [account()], down({ status: 'failed' }))
    expect(result.counts).toEqual({ pass: 0, fail: 0, unknown: 0, not_applicable: 0, waived: 0 })
  })

  test.each([
    {
      name: 'the very field',
      needs: ['usersApprovalOn'],
      hidden: ['usersApprovalOn', 'httpsEnabled'],
      want: 'unknown',
    },
    { name: 'other fields only', needs: ['usersApprovalOn'], hidden: ['httpsEnabled'], want: 'pass' },
    {
      name: 'one of two fields',
      needs: ['httpsEnabled', 'usersApprovalOn'],
      hidden: ['httpsEnabled'],
      want: 'unknown',
    },
    { name: 'the whole kind', needs: ['usersApprovalOn'], hidden: null, want: 'unknown' },
  ])('hidden fields: $name', ({ needs, hidden, want }) => {
    const check = checkOf({ needs: [{ kind: 'setting', fields: needs }] })
    expect(resultOf(check, [account()], down({ blind: [blind('setting', hidden)] })).status).toBe(want)
  })

  test('a check that names no field judges a partial gap itself', () => {
    const check = checkOf({ needs: [{ kind: 'key' }] })
    expect(resultOf(check, [account()], down({ blind: [blind('key', ['auth'])] })).status).toBe('pass')
  })

  test('only the sources that the check needs matter', () => {
    const failed = (id: string) => down({ id, status: 'failed' })
    expect(resultOf(checkOf(), [account()], failed('falcon')).status).toBe('pass')
    expect(resultOf(checkOf({ needs: [{ kind: 'person' }] }), [account()], failed('roster')).status).toBe('unknown')
  })

  test.each([
    { name: 'one vendor', from: 'sentinelone', broken: 'falcon', want: 'pass' },
    { name: 'that vendor', from: 'sentinelone', broken: 'edr', want: 'unknown' },
    { name: 'any EDR', from: 'edr', broken: 'falcon', want: 'unknown' },
    { name: 'any EDR, MDM broken', from: 'edr', broken: 'mdm', want: 'pass' },
    { name: 'MDM', from: 'mdm', broken: 'mdm', want: 'unknown' },
  ] as const)('agents from $name', ({ from, broken, want }) => {
    const check = checkOf({ needs: [{ kind: 'agent', from }] })
    expect(resultOf(check, [account()], down({ id: broken, status: 'failed' })).status).toBe(want)
  })

  test('needs may follow from the settings and the snapshot', () => {
    const check = checkOf({ needs: ({ deviceTrust }) => (deviceTrust.require === null ? [] : [{ kind: 'device' }]) })
    expect(resultOf(check, [account()], down({ status: 'complete', blind: [blind('device')] })).status).toBe('pass')
  })

  test('a check that forgot a need sees nothing rather than yesterday', () => {
    const check = checkOf({ run: (snapshot) => snapshot.of('person').map((record) => finding('pass', record)) })
    const result = resultOf(check, [account(), person()], down({ id: 'roster', status: 'failed' }))
    expect(result).toMatchObject({ status: 'not_applicable', findings: [] })
  })
})

describe('what is not configured', () => {
  test('a vendor’s own check does not apply while no source of it exists', () => {
    const check = checkOf({ vendor: 'sentinelone', needs: [{ kind: 'agent', from: 'sentinelone' }] })
    const without = resultOf(check, [], { only: ['tailnet', 'falcon'] })
    expect(without).toMatchObject({ status: 'not_applicable', unknownReason: null, findings: [] })
    expect(resultOf(check, [account()]).status).toBe('pass')
  })

  test('any other need that nothing meets leaves the question open', () => {
    const check = checkOf({ needs: [{ kind: 'agent', from: 'edr' }] })
    expect(resultOf(check, [], { only: ['tailnet', 'mdm'] })).toMatchObject({
      status: 'unknown',
      unknownReason: 'not_configured',
    })
    expect(resultOf(checkOf({ needs: [{ kind: 'person' }] }), [], { only: ['tailnet'] }).unknownReason).toBe(
      'not_configured',
    )
  })

  test('without a tailnet a check over tailnets has nothing to ask about', () => {
    expect(resultOf(checkOf(), [], { only: ['roster'] })).toMatchObject({
      status: 'unknown',
      unknownReason: 'not_configured',
      system: null,
    })
  })

  test('a check over our own collection asks nobody', () => {
    const check = checkOf({ over: 'collection', needs: [{ kind: 'integrity' }] })
    expect(resultOf(check, [], { only: [] })).toMatchObject({ status: 'not_applicable', system: null })
  })
})

// ── results ────────────────────────────────────────────────────────────────────────────────────────────────────────

describe('a result', () => {
  test.each([
    { answers: [], want: ['not_applicable', null] },
    { answers: ['not_applicable'], want: ['not_applicable', null] },
    { answers: ['pass', 'not_applicable'], want: ['pass', null] },
    { answers: ['pass', 'unmatched'], want: ['unknown', 'unmatched'] },
    { answers: ['no_data', 'not_applicable'], want: ['unknown', 'no_data'] },
    { answers: ['fail', 'no_data', 'pass', 'not_applicable'], want: ['fail', null] },
    { answers: ['no_serial', 'unmatched', 'unmatched'], want: ['unknown', 'unmatched'] },
    { answers: ['no_serial', 'unmatched'], want: ['unknown', 'no_serial'] },
  ] as const)('of $answers is $want', ({ answers, want }) => {
    const { check, records } = answering(...answers)
    const result = resultOf(check, records)
    expect([result.status, result.unknownReason]).toEqual(want)
  })

  test('counts every subject once', () => {
    const answers = ['fail', 'fail', 'pass', 'no_data', 'not_applicable', 'pass', 'pass'] as const
    const { check, records } = answering(...answers)
    const { counts, findings } = resultOf(check, records)
    expect(counts).toEqual({ pass: 3, fail: 2, unknown: 1, not_applicable: 1, waived: 0 })
    expect(counts.pass + counts.fail + counts.unknown + counts.not_applicable).toBe(findings.length)
  })

  test('lists its findings by source, kind and key in byte order', () => {
    const records = [
      account({ key: 'b', login: 'b@x.y' }),
      account({ key: 'B', login: 'B2@x.y' }),
      account({ key: 'a10', login: 'c@x.y' }),
      account({ key: 'a9', login: 'd@x.y' }),
    ]
    const check = checkOf({
      run: (snapshot) => [
        ...snapshot.of('device').map((record) => finding('pass', record)),
        ...[...snapshot.of('account')].reverse().map((record) => finding('pass', record)),
      ],
    })
    const { findings } = resultOf(check, [...records, device()])
    expect(findings.map(({ subject }) => `${subject.kind} ${subject.key}`)).toEqual([
      'account B',
      'account a10',
      'account a9',
      'account b',
      'device nD1',
    ])
  })

  test('never holds two answers for one subject', () => {
    const check = checkOf({ run: () => [finding('pass', account()), finding('fail', account())] })
    expect(() => resultOf(check, [account()])).toThrow('accounts-exist answered twice for tailnet/account/uA1')
  })

  test('shows parameters as written beside limits that stand elsewhere', () => {
    const check = defineCheck({
      ...checkOf(),
      needs: [],
      limits: () => ({ within: '24h' }),
      carry: () => [],
      vendor: 'kandji',
      parameters: { maxIdle: { type: 'duration', default: '90d', says: 'How long.' } },
      run: (_snapshot, { maxIdle }) => [finding('pass', account(), { facts: { maxIdle } })],
    })
    const checks = { 'accounts-exist': { enabled: true, because: null, params: { maxIdle: '2d' } } }
    const result = resultOf(check, [account()], { settings: { checks } })
    expect(result.parameters).toEqual({ within: '24h', maxIdle: '2d' })
    expect(result.findings[0]?.facts).toEqual({ maxIdle: 2 * 86_400_000 })
  })

  test('comes once per tailnet, each with its own records, by ref then system', () => {
    const other = account({ source: 'lab', key: 'uA1', role: 'owner' })
    const snapshot = wholeSnapshotOf([account(), other], { sources: [{ id: 'lab', kind: 'tailscale' }] })
    const results = [...evaluate(snapshot, [checkOf({ id: 'later', ref: 'OWN-02' }), checkOf()])]
    expect(
      results.map(({ ref, system, findings }) => [ref, system, findings.map(({ subject }) => subject.source)]),
    ).toEqual([
      ['OWN-01', 'lab', ['lab']],
      ['OWN-01', 'tailnet', ['tailnet']],
      ['OWN-02', 'lab', ['lab']],
      ['OWN-02', 'tailnet', ['tailnet']],
    ])
  })

  test('of one tailnet does not suffer from another that failed', () => {
    const snapshot = wholeSnapshotOf([account()], { sources: [{ id: 'lab', kind: 'tailscale', status: 'failed' }] })
    expect([...evaluate(snapshot, [checkOf()])].map(({ system, status }) => [system, status])).toEqual([
      ['lab', 'unknown'],
      ['tailnet', 'pass'],
    ])
  })

  test('is the same twice', () => {
    const { check, records } = answering('fail', 'no_data', 'pass')
    const snapshot = wholeSnapshotOf(records)
    expect([...evaluate(snapshot, [check])]).toEqual([...evaluate(wholeSnapshotOf([...records].reverse()), [check])])
  })

  test('is absent for a disabled check', () => {
    const checks = { 'accounts-exist': { enabled: false, because: 'not licensed', params: {} } }
    expect([...evaluate(wholeSnapshotOf([account()], { settings: { checks } }), [checkOf()])]).toEqual([])
  })
})

// ── waivers ────────────────────────────────────────────────────────────────────────────────────────────────────────

describe('a waiver', () => {
  const waiver = (over: Partial<Waiver> = {}): Waiver => ({
    id: 'W-1',
    check: 'accounts-exist',
    subject: 'u0',
    owner: 'bob@acme.example',
    approver: 'eve@acme.example',
    reason: 'vendor image',
    created: '2026-11-01',
    expires: '2027-01-31',
    ...over,
  })
  const waived = (...waivers: Waiver[]) => {
    const { check, records } = answering('fail', 'fail', 'pass')
    return resultOf(check, records, { settings: { waivers } })
  }

  test('never changes the answer; it is counted beside it', () => {
    expect(waived(waiver())).toMatchObject({ status: 'fail', counts: { pass: 1, fail: 2, waived: 1 } })
  })

  test.each([
    { name: 'active', over: {}, want: 1 },
    { name: 'by ref', over: { check: 'OWN-01' }, want: 1 },
    { name: 'for every subject', over: { subject: '*' }, want: 2 },
    { name: 'on its first day', over: { created: '2026-11-20' }, want: 1 },
    { name: 'on its last day', over: { expires: '2026-11-20' }, want: 1 },
    { name: 'not begun', over: { created: '2026-11-21' }, want: 0 },
    { name: 'expired', over: { expires: '2026-11-19' }, want: 0 },
    { name: 'of another check', over: { check: 'OWN-02' }, want: 0 },
    { name: 'of another subject', over: { subject: 'u9' }, want: 0 },
    { name: 'of a subject that passes', over: { subject: 'u2' }, want: 0 },
  ])('$name', ({ over, want }) => {
    expect(waived(waiver(over)).counts.waived).toBe(want)
  })

  test('two for one subject accept it once', () => {
    expect(waived(waiver(), waiver({ id: 'W-2' })).counts.waived).toBe(1)
  })

  test('accepts a failure only, never something open', () => {
    const { settings } = wholeSnapshotOf([], { settings: { waivers: [waiver({ subject: '*' })] } })
    const found = (answer: Finding) => waiverFor(settings, checkOf(), answer, NOW.slice(0, 10))?.id ?? null
    expect(found(finding('fail', account()))).toBe('W-1')
    expect(found(unknown('no_data', account()))).toBeNull()
    expect(found(finding('pass', account()))).toBeNull()
  })
})

// ── memory ─────────────────────────────────────────────────────────────────────────────────────────────────────────

describe('what the next run must know', () => {
  /** Remembers when each agent was first seen with a version, as S1-07 does. */
  const remembering = (): Check =>
    checkOf({
      needs: [{ kind: 'agent', from: 'edr' }],
      carry: (snapshot) =>
        snapshot.of('agent').map((record: Agent): Carried => {
          const before = snapshot.one('carried', 'tailnet', `accounts-exist/${record.key}`)
          return carried('accounts-exist', record.key, { since: before?.body['since'] ?? snapshot.at })
        }),
    })
  const earlier = carried('accounts-exist', '1001', { since: '2026-11-01T00:00:00.000Z' })
  const carry = (records: readonly AnyRecord[], options: SnapshotOptions = {}) =>
    carryForward(wholeSnapshotOf(records, options), [remembering(), checkOf({ id: 'forgetful', ref: 'OWN-02' })])

  test('begins now and goes on from what is known', () => {
    expect(carry([agent()]).map(({ body }) => body)).toEqual([{ since: NOW }])
    expect(carry([agent(), earlier])).toEqual([earlier])
  })

  test('is let go when its record is gone', () => {
    expect(carry([earlier])).toEqual([])
  })

  test.each([
    { name: 'failed', options: { sources: [{ id: 'edr', status: 'failed' }] } },
    { name: 'held', options: { sources: [{ id: 'edr', status: 'held' }] } },
    { name: 'blind', options: { sources: [{ id: 'edr', blind: [blind('agent')] }] } },
    { name: 'not configured', options: { only: ['tailnet'] } },
    {
      name: 'of no interest, the check being disabled',
      options: { settings: { checks: { 'accounts-exist': { enabled: false, because: 'x', params: {} } } } },
    },
  ] as const)('stays as it was while the source is $name', ({ options }) => {
    expect(carry([earlier], options)).toEqual([earlier])
  })

  test('belongs to its check', () => {
    const other = carried('another-check', '1001', { since: NOW })
    expect(carry([agent(), earlier, other])).toEqual([earlier])
  })

  test('stands in byte order of source and key', () => {
    const keys = carry([agent({ key: 'b' }), agent({ key: 'B' }), agent({ key: 'a' })]).map(({ key }) => key)
    expect(keys).toEqual(['accounts-exist/B', 'accounts-exist/a', 'accounts-exist/b'])
  })
})
