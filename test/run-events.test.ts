/** What runs tell, run after run over a real store: nothing twice, nothing for an outage, nothing for a baseline. */
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { EVENT_TYPES, eventSchema, isWanted } from '../src/domain/event.ts'
import { type Ended, newlyFailing, runEvents, type Told } from '../src/domain/run-events.ts'
import type { Waiver } from '../src/domain/settings.ts'
import { failurePlace, resultPlace } from '../src/domain/standing.ts'
import type { SealedResult, Store } from '../src/domain/store.ts'
import { DAY, MINUTE, plus } from '../src/domain/time.ts'
import { openSqliteStore } from '../src/store/sqlite.ts'
import { addressed } from '../src/telling.ts'
import { blind, credential, settings, sourceState } from './helpers/build.ts'
import { testLedger } from './helpers/ledger.ts'
import { engineResult, failed, moment, open, pull, type RunOver, result, sealer, subject } from './store/sealing.ts'

let store: Store
let seal: ReturnType<typeof sealer>
beforeEach(async () => {
  store = await openSqliteStore({ path: ':memory:', ledger: testLedger() })
  seal = sealer(store)
})
afterEach(() => store.close())

/** Seals a run and gives what it told. */
async function told(
  results: readonly SealedResult[],
  over: RunOver = {},
  more: Partial<Pick<Ended, 'turned' | 'credentials'>> = {},
  pulls = [pull('tailnet', [])],
): Promise<Told[]> {
  const before = await store.standing()
  const run = seal.runOf(pulls, { results, ...over })
  const again = before === null ? [] : await store.failedBefore(newlyFailing(run, before))
  const events = runEvents({
    run,
    before,
    again: new Set(again.map(failurePlace)),
    turned: null,
    credentials: [],
    ...more,
  })
  await seal.seal(pulls, { results, ...over })
  return events
}

/** "finding.opened nA" and the like, runs aside. */
function words(events: readonly Told[]): string[] {
  return events
    .filter(({ type }) => !type.startsWith('run.'))
    .map(({ type, data }) => {
      if ('closed' in data) return `${type} ${data.subject?.key ?? data.count} ${data.closed}`
      if ('count' in data) return `${type} ${data.subject?.key ?? data.count}`
      if ('to' in data && 'counts' in data) return `${type} ${data.from?.status ?? null} > ${data.to?.status ?? null}`
      if ('waiver' in data) return `${type} ${data.waiver}`
      return 'source' in data ? `${type} ${data.source}` : type
    })
}

const fails = (...keys: string[]): SealedResult => result(keys.map((key) => open('fail', key)))
const passes = (...keys: string[]): SealedResult =>
  result([], {}, Object.fromEntries(keys.map((key) => [key, 'pass' as const])))

describe('findings', () => {
  test('the first answer of a check is a baseline: its result is told, its findings are not', async () => {
    expect(words(await told([fails('nA', 'nB')]))).toEqual(['check.result.changed null > fail'])
  })

  test('one that opens, stays, is resolved and comes back is told three times', async () => {
    await told([passes('nA')])
    expect(words(await told([fails('nA')]))).toEqual(['check.result.changed pass > fail', 'finding.opened nA'])
    expect(words(await told([fails('nA')]))).toEqual([])
    expect(words(await told([passes('nA')]))).toEqual([
      'check.result.changed fail > pass',
      'finding.resolved nA passed',
    ])
    expect(words(await told([fails('nA')]))).toEqual(['check.result.changed pass > fail', 'finding.regressed nA'])
  })

  test('an outage tells of the source alone; what changed meanwhile is told when it is judged again', async () => {
    await told([fails('nA', 'nB')])
    const outage = await told([engineResult()], {}, {}, [failed('tailnet')])
    expect(words(outage)).toEqual(['source.degraded tailnet'])
    expect(words(await told([engineResult()], {}, {}, [failed('tailnet')]))).toEqual([])
    const back = await told([result([open('fail', 'nB'), open('fail', 'nC')], {}, { nA: 'pass' })])
    expect(words(back)).toEqual(['source.recovered tailnet', 'finding.opened nC', 'finding.resolved nA passed'])
  })

  test('unknown is no resolution, and failing again after it is no new failure', async () => {
    await told([fails('nA')])
    expect(words(await told([result([open('unknown', 'nA')])]))).toEqual(['check.result.changed fail > unknown'])
    expect(words(await told([fails('nA')]))).toEqual(['check.result.changed unknown > fail'])
  })

  test.each([
    { name: 'gone', others: {}, closed: 'subject_gone' },
    { name: 'no longer in scope', others: { nA: 'not_applicable' as const }, closed: 'left_scope' },
  ])('a subject that is $name is resolved for that reason', async ({ others, closed }) => {
    await told([fails('nA', 'nB')])
    expect(words(await told([result([open('fail', 'nB')], {}, others)]))).toEqual([`finding.resolved nA ${closed}`])
  })

  test('a check that is switched off closes its findings, and is not told of again', async () => {
    await told([fails('nA')])
    const settings = { checks: { 'client-current': { enabled: false, because: 'agreed', params: {} } } }
    expect(words(await told([], { settings }))).toEqual([
      'check.result.changed fail > null',
      'finding.resolved nA disabled',
    ])
    expect(words(await told([], { settings }))).toEqual([])
  })

  test('too many at once are told as their number', async () => {
    await told([passes('n0')])
    const many = Array.from({ length: 101 }, (_, index) => `n${index}`)
    expect(words(await told([fails(...many)]))).toEqual(['check.result.changed pass > fail', 'finding.opened 101'])
    expect(words(await told([fails(...many.slice(0, 3))])).length).toBe(98)
  })

  test('overdue is told once, and never of what is waived', async () => {
    const settings = { slaMs: { critical: DAY, high: DAY, medium: 20 * MINUTE, low: DAY } }
    await told([passes('nA')], { settings })
    await told([fails('nA', 'nW')], { settings })
    const waivers = [waiver({ subject: 'nW', expires: '2027-06-30' })]
    await told([fails('nA', 'nW')], { settings: { ...settings, waivers } })
    const late = await told([fails('nA', 'nW')], { settings: { ...settings, waivers } })
    expect(words(late)).toEqual(['finding.sla_breached nA'])
    expect(late[0]?.data).toMatchObject({ failingSince: moment(1), dueAt: plus(moment(1), 20 * MINUTE) })
    expect(words(await told([fails('nA', 'nW')], { settings: { ...settings, waivers } }))).toEqual([])
  })

  test('a shorter time allowed makes overdue what was in time before', async () => {
    await told([passes('nA')])
    await told([fails('nA')])
    const settings = { slaMs: { critical: DAY, high: DAY, medium: 10 * MINUTE, low: DAY } }
    expect(words(await told([fails('nA')], { settings }))).toEqual(['finding.sla_breached nA'])
  })

  test('a check with a deadline of its own is overdue when it fails', async () => {
    await told([passes('nA')])
    const finding = open('fail', 'nA', { sla: 'breached' })
    expect(words(await told([result([finding])])).slice(1)).toEqual(['finding.opened nA', 'finding.sla_breached nA'])
    expect(words(await told([result([finding])]))).toEqual([])
  })

  test('each change names its cause', async () => {
    await told([passes('nA', 'nB')])
    const now = fails('nA', 'nB')
    const results = new Set([resultPlace(now)])
    const subjects = new Set([failurePlace({ ...now, subject: subject('nA') })])
    const events = await told([now], {}, { turned: { by: 'software', places: { results, subjects } } })
    expect(events.map(({ data }) => ('cause' in data ? data.cause : null))).toEqual([
      'software',
      'software',
      'data',
      null,
    ])
  })
})

function waiver(over: Partial<Waiver> = {}): Waiver {
  return {
    id: 'W-7',
    check: 'client-current',
    subject: 'nA',
    owner: 'bob@acme.example',
    approver: 'eve@acme.example',
    reason: 'vendor image',
    created: '2026-11-01',
    expires: '2027-01-31',
    ...over,
  }
}

describe('waivers, sources and credentials', () => {
  test('a waiver is told of when it is made, rewritten, about to end, over, and taken back', async () => {
    const during = (waivers: Waiver[]) => told([], { settings: { waivers } }).then(words)
    await during([])
    expect(await during([waiver()])).toEqual(['waiver.created W-7'])
    expect(await during([waiver()])).toEqual([])
    expect(await during([waiver({ expires: '2026-12-01' })])).toEqual(['waiver.created W-7', 'waiver.expiring W-7'])
    expect(await during([waiver({ expires: '2026-12-01' })])).toEqual([])
    expect(await during([])).toEqual(['waiver.revoked W-7'])
    expect(await during([waiver({ expires: '2026-11-19' })])).toEqual(['waiver.created W-7', 'waiver.expired W-7'])
    expect(await during([])).toEqual([])
  })

  test('a source that refuses more is degraded, one that refuses less has recovered', async () => {
    const seen = (sources = [sourceState()]) => told([], { sources }).then(words)
    await seen()
    expect(await seen([sourceState({ blind: [blind('key')] })])).toEqual(['source.degraded tailnet'])
    expect(await seen([sourceState({ blind: [blind('key')] })])).toEqual([])
    expect(await seen()).toEqual(['source.recovered tailnet'])
    expect(await seen([sourceState({ status: 'held' })])).toEqual(['source.held tailnet'])
    expect(await seen([sourceState({ status: 'failed' })])).toEqual(['source.degraded tailnet'])
    expect(await seen([sourceState({ status: 'paused' })])).toEqual([])
  })

  test('a credential is told of once, 14 days before its end', async () => {
    const ends = (ms: number) => ({ credentials: [credential({ source: 'tailnet', expiresAt: plus(moment(1), ms) })] })
    expect(words(await told([], {}, ends(14 * DAY + 1)))).toEqual([])
    expect(words(await told([], {}, ends(14 * DAY)))).toEqual(['source.credential_expiring tailnet'])
    expect(words(await told([], {}, ends(14 * DAY)))).toEqual([])
  })

  test('a run says whether every source was complete, and how its checks stand', async () => {
    const [whole] = await told([fails('nA')], {}, {}).then((events) => events.slice(-1))
    expect(whole).toMatchObject({ type: 'run.completed', data: { results: { fail: 1, pass: 0 } } })
    const [half] = await told([engineResult()], {}, {}, [failed('tailnet')]).then((events) => events.slice(-1))
    expect(half).toMatchObject({ type: 'run.incomplete', data: { sources: [{ id: 'tailnet', status: 'failed' }] } })
  })
})

describe('the catalogue', () => {
  const config = {
    settings: settings(),
    origin: new URL('https://evidence.acme.example'),
    webhooks: [
      { id: 'all', url: new URL('https://grc.acme.example'), events: ['*'], secrets: () => [] },
      { id: 'some', url: new URL('https://grc.acme.example'), events: ['finding.*'], secrets: () => [] },
    ],
  }

  test('every event that a run made is as its schema says, and goes to who asked for it', async () => {
    const ajv = new Ajv2020({ strict: true, allErrors: true, formats: { 'date-time': true, date: true, uri: true } })
    const settings = { waivers: [waiver({ expires: '2026-12-01' })] }
    await told([passes('nA', 'nB')])
    const events = [
      ...(await told([fails('nA')], { settings })),
      ...(await told([passes('nA')], {}, { credentials: [credential({ expiresAt: moment(3) })] })),
      ...(await told([engineResult()], {}, {}, [failed('tailnet')])),
      ...(await told([fails('nA')], {}, {})),
    ]
    const sent = addressed(events, config, { at: moment(9), run: 'run-9', id: 'run-9' })
    expect(new Set(sent.map(({ id }) => id)).size).toBe(events.length)
    for (const { id, type, at, data, endpoints } of sent) {
      const body = { type, timestamp: at, data: { ...data, checkpoint: null } }
      expect(ajv.validate(eventSchema(type as Told['type']), body), `${type} ${ajv.errorsText()}`).toBe(true)
      expect(id).toMatch(/^evt_[0-9a-f]{32}$/)
      expect(endpoints).toEqual(type.startsWith('finding.') ? ['all', 'some'] : ['all'])
    }
    expect(new Set(sent.map(({ type }) => type)).size).toBeGreaterThan(8)
  })

  test('a name that a vendor made endless does not make an endless event', () => {
    const data = { source: 'x'.repeat(1_000_000), kind: 'tailscale', expiresAt: moment(0) }
    const told: Told = { type: 'source.credential_expiring', data, page: '/', api: '/' }
    const [event] = addressed([told], config, { at: moment(0), run: null, id: 'one' })
    expect(JSON.stringify(event).length).toBeLessThan(2_000)
  })

  test('a schema refuses a body with a field more or less', () => {
    const ajv = new Ajv2020({ strict: true, formats: { 'date-time': true, date: true, uri: true } })
    const data = { endpoint: 'grc', organization: 'acme', demo: false, run: null, link: 'https://a', api: 'https://a' }
    const body = { type: 'webhook.test', timestamp: moment(0), data: { ...data, checkpoint: null } }
    const validate = ajv.compile(eventSchema('webhook.test'))
    expect(validate(body)).toBe(true)
    expect(validate({ ...body, data: { ...body.data, more: 1 } })).toBe(false)
    expect(validate({ ...body, data })).toBe(false)
  })

  test.each([
    { patterns: ['*'], wanted: EVENT_TYPES.length },
    { patterns: ['finding.*'], wanted: 4 },
    { patterns: ['check.result.changed', 'source.held'], wanted: 2 },
    { patterns: ['finding', 'source*', ''], wanted: 0 },
  ])('$patterns asks for $wanted events', ({ patterns, wanted }) => {
    expect(EVENT_TYPES.filter((type) => isWanted(type, patterns)).length).toBe(wanted)
  })
})
