/**
 * A period as OSCAL assessment results: an observation for each test over it, with how much of the period was evaluated and
 * its longest gap, and a finding for each statement that a check tests: its part of a control, never the control. What was
 * not determinable has an observation alone; so has what was met but not evaluated for longer than the time to fix that
 * its severity allows: a failure may have come, grown overdue and gone in the gap, and missing data is never `satisfied`.
 * Ids are of the period and its last run, so that the same period gives the same.
 */
import type { Check } from '../domain/check.ts'
import { ownControlsOf } from '../domain/control-view.ts'
import type { LeaverClock, PeriodResult } from '../domain/period.ts'
import { OTHER_PARTS, type PeriodOutcome, periodControlSentence, periodOutcome } from '../domain/period-words.ts'
import type { Report } from '../domain/report.ts'
import type { PeriodEvidence } from '../domain/sealing.ts'
import type { Waiver } from '../domain/settings.ts'
import { FRAMEWORK_WORD } from '../domain/words.ts'
import {
  assets,
  backMatter,
  components,
  type Ids,
  idsOf,
  type Json,
  line,
  members,
  metadata,
  opened,
  oscalId,
  prop,
  reviewed,
  sealProps,
  token,
} from './oscal-parts.ts'

/** As a state calls them (formats.md section 1): the same words in both documents. */
const OUTCOME: Readonly<Record<PeriodOutcome, 'pass' | 'fail' | 'unknown' | 'not_applicable'>> = {
  met: 'pass',
  deviated: 'fail',
  not_determinable: 'unknown',
  nothing_tested: 'not_applicable',
}

function outcomeOf(result: PeriodResult) {
  return OUTCOME[periodOutcome(result)]
}

interface Frame {
  readonly report: Report
  readonly period: PeriodEvidence
  readonly results: readonly PeriodResult[]
  readonly ids: Ids
  readonly ofPeriod: Ids
  checkOf(result: PeriodResult): Check | null
}

export function* periodDocument(report: Report, period: PeriodEvidence): Generator<string> {
  const ids = idsOf(report)
  const { from, to, until } = period
  const run = report.run?.id ?? 'no-run'
  const ofPeriod: Ids = (...parts) => ids('period', from, to, run, ...parts)
  const checks = new Map([...report.results, ...report.disabled].map(({ check }) => [check.id, check]))
  const results = period.results ?? []
  const checkOf = ({ what, id }: PeriodResult): Check | null => (what === 'check' ? (checks.get(id) ?? null) : null)
  const frame: Frame = { report, period, results, ids, ofPeriod, checkOf }
  yield `{"assessment-results":${opened({
    uuid: ofPeriod('assessment-results'),
    metadata: metadata(report, ids, `${from} to ${to}, ${run}`),
    'import-ap': { href: `#${ofPeriod('plan')}` },
  })},"results":[${opened({
    uuid: ofPeriod('result'),
    title: line(`Period from ${from} to ${to}`),
    description:
      'Each check as a test over the period: the population is every subject that was judged at any time of it. It is never the last day’s result.',
    start: from,
    end: until,
    props: [...(until < to ? [prop('period-ends', to)] : []), ...sealProps(report)],
    'local-definitions': {
      components: components(report.sources, ids),
      'inventory-items': people(period, ids),
      'assessment-assets': assets(report, ids),
    },
    'reviewed-controls': reviewed(report.results),
  })}`
  yield* members('observations', observations(frame))
  yield* members('risks', risks(frame))
  yield* members('findings', findings(frame))
  yield `}],"back-matter":${JSON.stringify(backMatter(report, ofPeriod))}}}\n`
}

/** Each leaver once, over however many tailnets. */
function people({ leavers }: PeriodEvidence, ids: Ids): Json[] {
  const names = new Map((leavers ?? []).map(({ person, name }) => [person, name]))
  return [...names].map(([person, name]) => ({
    uuid: ids('subject', '', 'person', person),
    description: line(`person ${name ?? person}`),
    props: [prop('kind', 'person'), prop('key', person)],
  }))
}

function placeOf({ what, id, system }: PeriodResult): [string, string, string] {
  return [what, id, system ?? '']
}

function* observations(frame: Frame): Generator<Json> {
  const { report, results, period, ids, ofPeriod, checkOf } = frame
  const common = {
    methods: ['TEST'],
    types: ['control-objective'],
    origins: [{ actors: [{ type: 'tool', 'actor-uuid': ids('tool') }] }],
    'relevant-evidence': [
      {
        href: `#${ofPeriod('evidence')}`,
        description:
          'The last sealed run of the period; the audit packet holds the runs and pages behind every change.',
      },
    ],
    collected: report.snapshotAt ?? report.evaluatedAt,
  }
  const sources = new Set(report.sources.map(({ id }) => id))
  for (const result of results) {
    const check = checkOf(result)
    yield {
      uuid: ofPeriod('observation', ...placeOf(result)),
      title: line(titleOf(result, check)),
      description: [check?.question, sentenceOf(result)].filter((text) => text !== undefined && text !== '').join(' '),
      props: resultProps(result, check, outcomeOf(result)),
      ...common,
      subjects:
        result.system !== null && sources.has(result.system)
          ? [{ 'subject-uuid': ids('source', result.system), type: 'component', title: line(result.system) }]
          : [],
    }
  }
  for (const leaver of period.leavers ?? []) {
    yield {
      uuid: ofPeriod('leaver', leaver.system, leaver.person),
      title: line(`Leaver ${leaver.name ?? leaver.person}`),
      description: line(`Removal of access to ${leaver.system}: ${leaver.clock}. ${leaver.why ?? ''}`),
      props: leaverProps(leaver),
      ...common,
      types: ['finding'],
      subjects: [
        {
          'subject-uuid': ids('subject', '', 'person', leaver.person),
          type: 'inventory-item',
          title: line(leaver.name ?? leaver.person),
        },
      ],
    }
  }
}

function sentenceOf({ says, checks }: PeriodResult): string {
  return checks !== null && says === '' ? periodControlSentence(checks) : says
}

function resultProps(result: PeriodResult, check: Check | null, outcome: string): Json[] {
  const { population, tested, met, deviated, notDeterminable, waived, covered, longestGapMs, longestGapCause } = result
  const counts = { population, tested, met, deviated, 'not-determinable': notDeterminable, waived }
  return [
    ...namesOf(result, outcome),
    ...(check === null ? [] : [prop('check-version', String(check.version))]),
    ...(check?.operator === true ? [prop('operator', 'true')] : []),
    ...Object.entries(counts).map(([name, count]) => prop(`count-${name}`, String(count))),
    prop('covered', covered.toFixed(6)),
    prop('longest-gap-seconds', String(Math.round(longestGapMs / 1000))),
    ...(longestGapCause === null ? [] : [prop('longest-gap-cause', longestGapCause)]),
    ...(result.checks === null
      ? []
      : [prop('mapped-checks', String(result.checks.mapped)), prop('mapped-checks-met', String(result.checks.met))]),
  ]
}

/** What it is about. Of a control nothing is concluded, only what its checks came to. */
function namesOf({ what, ref, id }: PeriodResult, outcome: string): Json[] {
  if (what === 'check') return [prop('check', id), prop('outcome', outcome)]
  return [prop(what === 'control' ? 'control-own' : `control-${frameworkOf(id)}`, ref)]
}

/** "soc2" of "soc2 CC6.1" */
function frameworkOf(id: string): string {
  return id.split(' ')[0]!
}

function titleOf({ what, ref, id }: PeriodResult, check: Check | null): string {
  if (what === 'check') return `${ref} ${check?.title ?? id}`
  return what === 'control' ? ref : `${FRAMEWORK_WORD[frameworkOf(id)] ?? frameworkOf(id)} ${ref}`
}

function leaverProps({ clock, endDate, rosterSaidAt, dueAt, removal, witness, lateMs, accounts }: LeaverClock): Json[] {
  const told: readonly (readonly [string, string | null])[] = [
    ['clock', clock],
    ['end-date', endDate],
    ['roster-said-at', rosterSaidAt],
    ['due-at', dueAt],
    ['last-with-access', removal.after],
    ['first-without-access', removal.before],
    ['vendor-log-at', witness?.at ?? null],
    ['vendor-log-actor', witness?.actor ?? null],
    ['late-seconds', lateMs === null ? null : String(Math.round(lateMs / 1000))],
    ...accounts.map((account) => ['account', account] as const),
  ]
  return told.flatMap(([name, value]) => (value === null ? [] : [prop(name, value)]))
}

/** Waivers of checks with a deviation that was accepted all the while. */
function* risks(frame: Frame): Generator<Json> {
  const { ids, ofPeriod } = frame
  for (const [{ id, reason, approver, owner, expires }, accepted] of waived(frame)) {
    yield {
      uuid: ids('waiver', id),
      title: line(`Accepted: ${id}`),
      description: line(reason),
      statement: `Accepted by ${approver} for ${owner} until the end of ${expires}. The failure stays a failure.`,
      props: [prop('waiver', id), prop('owner', owner), prop('approver', approver)],
      status: 'deviation-approved',
      deadline: `${expires}T23:59:59.999Z`,
      'related-observations': accepted.map((result) => ({
        'observation-uuid': ofPeriod('observation', ...placeOf(result)),
      })),
    }
  }
}

function waived({ report, results, period }: Frame): Map<Waiver, PeriodResult[]> {
  const found = new Map<Waiver, PeriodResult[]>()
  const [first, last] = [period.from.slice(0, 10), period.until.slice(0, 10)]
  for (const waiver of report.snapshot?.settings.waivers ?? []) {
    const own = results.filter(
      ({ what, id, ref, waived: count }) =>
        what === 'check' && count > 0 && (waiver.check === id || waiver.check === ref),
    )
    if (own.length > 0 && waiver.created <= last && waiver.expires >= first) found.set(waiver, own)
  }
  return found
}

/** What a check tests a part of: the organisation's own control, or one of a framework. */
interface Statement {
  readonly framework: string
  readonly control: string
}

function statementsOf({ report }: Frame, check: Check): Statement[] {
  const own = ownControlsOf(report).filter(({ checks }) =>
    checks.some((name) => name === check.id || name === check.ref),
  )
  return [
    ...own.map(({ id }) => ({ framework: 'own', control: id })),
    ...check.controls.flatMap(({ framework, id, indirect }) =>
      indirect === true ? [] : [{ framework, control: framework === 'nist-800-53' ? oscalId(id) : id }],
    ),
  ]
}

function* findings(frame: Frame): Generator<Json> {
  const { results, ids, ofPeriod, checkOf } = frame
  const accepted = [...waived(frame)]
  for (const result of results) {
    const check = checkOf(result)
    const outcome = outcomeOf(result)
    if (check === null || (outcome !== 'pass' && outcome !== 'fail')) continue
    const related = accepted.filter(([, own]) => own.includes(result))
    const statements = statementsOf(frame, check)
    for (const statement of statements.length === 0 ? [null] : statements) {
      yield {
        uuid: ofPeriod('finding', ...placeOf(result), statement?.framework ?? '', statement?.control ?? ''),
        title: line(`${statement === null ? '' : `${statement.control}: `}${check.ref} ${check.title}`),
        description: `${check.question} ${result.says}`,
        props: [
          prop('outcome', outcome),
          prop('covered', result.covered.toFixed(6)),
          ...(result.waived > 0 ? [prop('waived', String(result.waived))] : []),
          ...(statement === null ? [] : [prop(`control-${statement.framework}`, statement.control)]),
        ],
        origins: [{ actors: [{ type: 'tool', 'actor-uuid': ids('tool') }] }],
        target: {
          type: 'statement-id',
          'target-id': targetOf(statement, check, result.system),
          status: { state: outcome === 'pass' ? 'satisfied' : 'not-satisfied', reason: outcome },
          remarks:
            statement === null
              ? 'The statement is the check itself; it is not an id of a public catalogue.'
              : `The statement is what this check tests of the control, by our mapping, and no id of a public catalogue; ${OTHER_PARTS}.`,
        },
        'related-observations': [{ 'observation-uuid': ofPeriod('observation', ...placeOf(result)) }],
        'related-risks': related.map(([{ id }]) => ({ 'risk-uuid': ids('waiver', id) })),
      }
    }
  }
}

/** "soc2_CC6.3_ID-02.tailnet" */
function targetOf(statement: Statement | null, check: Check, system: string | null): string {
  const part = statement === null ? check.ref : `${statement.framework}_${statement.control}_${check.ref}`
  return token(system === null ? part : `${part}.${system}`)
}
