/** OSCAL and OCSF of a period: valid by their publishers' schemas, nothing missing made a pass, the same bytes twice. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectors } from '../../src/connectors/index.ts'
import type { Report } from '../../src/domain/report.ts'
import type { PeriodEvidence } from '../../src/domain/sealing.ts'
import type { FindingInterval } from '../../src/domain/store.ts'
import { DAY, HOUR, millis, plus } from '../../src/domain/time.ts'
import { handOuts } from '../../src/hand-out.ts'
import { csv } from '../../src/outputs/csv.ts'
import { renderOcsf } from '../../src/outputs/ocsf.ts'
import { renderOscal } from '../../src/outputs/oscal.ts'
import { render } from '../helpers/cli.ts'
import { healthyWorld } from '../helpers/healthy-world.ts'
import { GOVERNED, someChecks, type TestInstallation, testClock, testInstallation } from '../helpers/installation.ts'
import { ocsfFaults, oscalFaults } from '../helpers/interchange.ts'
import { covered, periodOver, periodResult } from '../helpers/period.ts'
import { TEST_START } from '../helpers/tools.ts'

let installation: TestInstallation
let report: Report
let period: PeriodEvidence
let intervals: FindingInterval[]

beforeAll(async () => {
  const world = healthyWorld(new Date(TEST_START))
  world.sentinelone.agents[0]!['infected'] = true
  installation = await testInstallation({
    world,
    checks: someChecks,
    clock: testClock(undefined, 0.001, true),
    yaml: `${GOVERNED}
waivers:
  - { id: W-1, check: S1-04, subject: "*", owner: bob@acme.example, approver: eve@acme.example, reason: "lab machine", created: 2026-11-01, expires: 2027-01-31 }
controls:
  - { id: AC-07, text: "Access of leavers is removed within one day", checks: [ID-02, ID-03] }
`,
  })
  await installation.sync()
  report = await installation.report()
  const whole = periodOver(report)
  const accepted = { met: 2, deviated: 1, tested: 3, population: 3, notDeterminable: 0, waived: 1 }
  period = { ...whole, results: whole.results!.map((one) => (one.ref === 'S1-04' ? { ...one, ...accepted } : one)) }
  const open = await installation.store.findings('all')
  intervals = [...open, ...closedOf(open[0]!)]
})
afterAll(() => installation.close())

/** Of before the period, of its middle by each cause, and one that changed into an unknown. */
function closedOf(like: FindingInterval): FindingInterval[] {
  const closed = (
    key: string,
    from: number,
    to: number,
    cause: FindingInterval['cause'],
    over = {},
  ): FindingInterval => ({
    ...like,
    subject: { ...like.subject, key, label: key },
    status: 'fail',
    unknownReason: null,
    firstSeen: plus(period.from, from),
    from: plus(period.from, from),
    closedAt: plus(period.from, to),
    cause,
    ...over,
  })
  return [
    closed('before', -9 * DAY, -8 * DAY, 'passed'),
    closed('mended', 3 * DAY, 4 * DAY, 'passed'),
    closed('retired', 3 * DAY, 5 * DAY, 'subject_gone'),
    closed('quiet', 6 * DAY, 7 * DAY, 'changed'),
    closed('quiet', 7 * DAY, 8 * DAY, 'passed', {
      status: 'unknown',
      unknownReason: 'stale',
      firstSeen: plus(period.from, 6 * DAY),
    }),
  ]
}

const text = (lines: Iterable<string>): string => [...lines].join('')

interface Prop {
  name: string
  value: string
}
interface Entry {
  uuid: string
  title: string
  props: Prop[]
  'related-observations'?: { 'observation-uuid': string }[]
  'related-risks'?: { 'risk-uuid': string }[]
  subjects?: { 'subject-uuid': string }[]
  target: { 'target-id': string; status: { state: string; reason: string }; remarks: string }
}
interface Result {
  start: string
  end: string
  observations: Entry[]
  findings: Entry[]
  risks: Entry[]
  'local-definitions': { components: Entry[]; 'inventory-items': Entry[] }
}

function oscalOf(of: PeriodEvidence): { document: object; result: Result; resources: Entry[] } {
  const document = JSON.parse(text(renderOscal(report, of)))
  const { results, 'back-matter': back } = document['assessment-results']
  return { document, result: results[0], resources: back.resources }
}

const propOf = ({ props }: Entry, name: string): string | undefined => props.find((one) => one.name === name)?.value

describe('OSCAL of a period', () => {
  test('is valid by the schemas of 1.2.2 and 1.2.1', () => {
    expect(oscalFaults(oscalOf(period).document)).toEqual([])
  })

  test('every id is given once, and every reference leads to one', () => {
    const { document, result, resources } = oscalOf(period)
    const items = result['local-definitions']
    const entries = [...result.observations, ...result.findings, ...result.risks]
    const given = [...entries, ...items.components, ...items['inventory-items'], ...resources].map(({ uuid }) => uuid)
    expect(new Set(given).size).toBe(given.length)
    const named = entries.flatMap((entry) => [
      ...(entry['related-observations'] ?? []).map((one) => one['observation-uuid']),
      ...(entry['related-risks'] ?? []).map((one) => one['risk-uuid']),
      ...(entry.subjects ?? []).map((one) => one['subject-uuid']),
    ])
    expect(named.length).toBeGreaterThan(50)
    const links = [...JSON.stringify(document).matchAll(/"href":"#([^"]+)"/g)].map(([, uuid]) => uuid!)
    expect([...named, ...links].filter((uuid) => !given.includes(uuid))).toEqual([])
  })

  test('begins and ends with the period; each test over it is one observation with its coverage and longest gap', () => {
    const { result } = oscalOf(period)
    expect([result.start, result.end]).toEqual([period.from, period.until])
    const told = result.observations.filter((one) => propOf(one, 'covered') !== undefined)
    expect(told).toHaveLength(period.results!.length)
    const open = told.find((one) => propOf(one, 'outcome') === 'unknown')!
    expect(propOf(open, 'covered')).toBe('0.978000')
    expect(propOf(open, 'longest-gap-seconds')).toBe(String(48 * 3600))
    expect(propOf(open, 'longest-gap-cause')).toBe('before the first run')
  })

  test('what deviated is not satisfied, what was met is; what nobody could determine has an observation alone', () => {
    const { result } = oscalOf(period)
    const states = new Set(result.findings.map((one) => `${propOf(one, 'outcome')} ${one.target.status.state}`))
    expect([...states].sort()).toEqual(['fail not-satisfied', 'pass satisfied'])
    const found = new Set(
      result.findings.flatMap((one) => one['related-observations']!.map((each) => each['observation-uuid'])),
    )
    for (const one of result.observations) {
      const outcome = propOf(one, 'outcome')
      expect(found.has(one.uuid), one.title).toBe(outcome === 'pass' || outcome === 'fail')
    }
  })

  test('a gap longer than the time to fix is not satisfied, however few failed outside it', () => {
    const check = report.results.find(({ check: { ref } }) => ref === 'ID-02')!.check
    const over = (longestGapMs: number) =>
      oscalOf({ ...period, results: [periodResult(check, { met: 4, covered: 0.9, longestGapMs, gapLimitMs: DAY })] })
        .result
    expect(over(23 * HOUR).findings.map(({ target }) => target.status.state)).toContain('satisfied')
    expect(over(25 * HOUR).findings).toBeUndefined()
    expect(propOf(over(25 * HOUR).observations[0]!, 'outcome')).toBe('unknown')
  })

  test('a statement is what the check tests of a control, the organisation’s own first, and never the control', () => {
    const { result } = oscalOf(period)
    const own = result.findings.filter((one) => propOf(one, 'control-own') === 'AC-07')
    expect(own.map(({ target }) => target['target-id'])).toContain('own_AC-07_ID-03.tailnet')
    expect(result.findings.every(({ target }) => /_[A-Z0-9]+-\d+(\.tailnet)?$/.test(target['target-id']))).toBe(true)
    expect(own[0]!.target.remarks).toContain('other parts of this control are not tested here')
    // Of a control or criterion as a whole there is an observation, without an outcome, and no finding.
    const whole = result.observations.find((one) => propOf(one, 'control-own') === 'AC-07')!
    expect(propOf(whole, 'mapped-checks')).toBe('2')
    expect(propOf(whole, 'outcome')).toBeUndefined()
    const criterion = result.observations.find(({ title }) => title === 'SOC 2 CC6.3')!
    expect(propOf(criterion, 'control-soc2')).toBe('CC6.3')
    expect(propOf(criterion, 'outcome')).toBeUndefined()
    expect(result.findings.some((one) => one['related-observations']![0]!['observation-uuid'] === whole.uuid)).toBe(
      false,
    )
  })

  test('an accepted deviation stays one, with the risk beside it', () => {
    const { result } = oscalOf(period)
    expect(result.risks.map((one) => propOf(one, 'waiver'))).toEqual(['W-1'])
    const own = result.findings.filter(({ title }) => title.includes('S1-04'))
    expect(own.length).toBeGreaterThan(0)
    for (const finding of own) {
      expect(finding.target.status).toEqual({ state: 'not-satisfied', reason: 'fail' })
      expect(finding['related-risks']).toHaveLength(1)
    }
  })

  test('the same period gives the same bytes; another period shares no id of its own with it', () => {
    expect(text(renderOscal(report, period))).toBe(text(renderOscal(report, period)))
    const ids = (of: PeriodEvidence) => new Set(oscalOf(of).result.observations.map(({ uuid }) => uuid))
    const other = ids({ ...period, from: plus(period.from, -DAY) })
    expect([...ids(period)].filter((uuid) => other.has(uuid))).toEqual([])
  })
})

describe('OCSF of a period', () => {
  interface Event {
    activity_id: number
    type_uid: number
    status_id: number
    status_detail?: string
    time: number
    message: string
    metadata: { uid: string }
    finding_info: { uid: string; first_seen_time: number; last_seen_time: number }
    compliance: { status: string }
    resources?: { uid: string }[]
  }
  let events: Event[]
  beforeAll(() => {
    const lines = text(renderOcsf(report, period, intervals)).trimEnd()
    events = lines.split('\n').map((line) => JSON.parse(line))
  })
  const about = (key: string): Event[] => events.filter(({ resources }) => resources?.[0]?.uid === key)

  test('every event is valid by the schema of the class, and has an id of its own', () => {
    const ids = events.map(({ metadata }) => metadata.uid)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ocsfFaults(events)).toEqual([])
  })

  test('each stretch that touches the period is one event, from when it was first seen to when it was last', () => {
    expect(about('before')).toEqual([])
    const [mended] = about('mended')
    expect(mended).toMatchObject({ activity_id: 3, type_uid: 200303, status_id: 4, status_detail: 'passed' })
    expect(mended!.finding_info.first_seen_time).toBe(millis(plus(period.from, 3 * DAY)))
    expect(mended!.finding_info.last_seen_time).toBe(millis(plus(period.from, 4 * DAY)))
    expect(mended!.compliance.status).toBe('Fail')
    expect(about('retired')[0]).toMatchObject({ status_id: 4, status_detail: 'subject_gone' })
  })

  test('a failure that changed into an unknown is updated, never resolved by it', () => {
    const [failed, unknown] = about('quiet')
    expect(failed).toMatchObject({ activity_id: 2, status_id: 1, compliance: { status: 'Fail' } })
    expect(unknown).toMatchObject({ activity_id: 3, status_id: 4, compliance: { status: 'Warning' } })
    expect(unknown!.finding_info.uid).toBe(failed!.finding_info.uid)
    expect(unknown!.finding_info.first_seen_time).toBe(failed!.finding_info.first_seen_time)
  })

  test('what stands open is created in the period, or updated where it is older; accepted, it is suppressed', () => {
    const infected = events.filter(({ metadata, status_id }) => status_id === 3 && metadata.uid !== '')
    expect(infected.length).toBeGreaterThan(0)
    expect(infected.every(({ activity_id }) => activity_id === 1)).toBe(true)
    const older = intervals.map((one) => (one.closedAt === null ? { ...one, firstSeen: plus(period.from, -DAY) } : one))
    const again = text(renderOcsf(report, period, older))
      .trimEnd()
      .split('\n')
    expect(
      again.map((line) => JSON.parse(line) as Event).filter(({ status_id }) => status_id === 3)[0]!.activity_id,
    ).toBe(2)
  })

  test('a stretch in which a check was not evaluated is a warning of its own', () => {
    const of = [covered({ share: 0.9, gaps: [{ from: period.from, to: plus(period.from, DAY), cause: 'stale' }] })]
    const told = text(renderOcsf(report, { ...period, of }, []))
      .trimEnd()
      .split('\n')
    expect(told).toHaveLength(1)
    const event = JSON.parse(told[0]!) as Event
    expect(event).toMatchObject({
      activity_id: 3,
      status_id: 4,
      compliance: { status: 'Warning', status_details: ['stale'] },
    })
    expect(event.resources).toBeUndefined()
  })

  test('the same period gives the same bytes', () => {
    expect(text(renderOcsf(report, period, intervals))).toBe(text(renderOcsf(report, period, intervals)))
  })
})

test('the table of a period has every subject at its end, and what was closed in it', () => {
  const lines = text(csv.period!(report, period, intervals))
    .trimEnd()
    .split('\r\n')
  const state = text(csv.render(report)).trimEnd().split('\r\n')
  expect(lines[0]).toBe(
    `${state[0]!.replace('"sla"', '"sla","periodFrom","periodTo","stoodFrom","closedAt","closedBecause"')}`,
  )
  expect(lines).toHaveLength(state.length + 4)
  expect(lines.filter((line) => line.includes('"subject_gone"'))).toHaveLength(1)
})

test('of real runs, with a failure mended and readings too old in between, both are valid and the same twice', async () => {
  const { clock, world, store } = installation
  clock.pass(HOUR)
  world.sentinelone.agents[0]!['infected'] = false
  await installation.sync()
  clock.pass(3 * HOUR)
  await installation.sync()
  const acts = handOuts(installation, {
    keys: installation.keys,
    signal: new AbortController().signal,
    connectors,
    render,
  })
  const made = await acts.periodReport({ from: '2026-11-19T00:00:00.000Z', to: plus(TEST_START, 2 * DAY) })
  const left = await store.findings('all', (await store.runAt('latest'))!.run.sequence)
  const [oscal, ocsf] = [
    () => text(renderOscal(made.report, made.period)),
    () => text(renderOcsf(made.report, made.period, left)),
  ]
  expect([oscal(), ocsf()]).toEqual([oscal(), ocsf()])
  const events = ocsf()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(events.some((event) => event.status_detail === 'passed')).toBe(true)
  expect(events.some((event) => event.status_detail === 'stale' && event.resources === undefined)).toBe(true)
  expect(oscalFaults(JSON.parse(oscal()))).toEqual([])
  expect(ocsfFaults(events)).toEqual([])
})
