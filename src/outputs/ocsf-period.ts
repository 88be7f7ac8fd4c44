/**
 * A period as OCSF events: one for each stretch in which a subject failed or could not be judged, and one for each in which
 * a whole check was not evaluated. What began in the period and stands is told as created, what was there before as
 * updated, what ended as closed. Unknown never resolves: a failure that changed into one is an update.
 */
import type { Check } from '../domain/check.ts'
import type { Subject, UnknownReason } from '../domain/finding.ts'
import { lastSeen, stoodIn } from '../domain/interval-span.ts'
import type { Report, ReportFinding } from '../domain/report.ts'
import type { Gap, PeriodEvidence } from '../domain/sealing.ts'
import type { Waiver } from '../domain/settings.ts'
import type { FindingInterval } from '../domain/store.ts'
import { between, type Instant, millis } from '../domain/time.ts'
import { CAUSE_WORD, kindWord, momentText, REASON_WORD } from '../domain/words.ts'
import { uuidV5 } from '../lib/uuid.ts'
import { analyticOf, CLOSE, CREATE, classOf, mappingOf, metadataOf, OUTCOME, SEVERITY, UPDATE } from './ocsf-parts.ts'

/** Of every event id of a period; itself made by chance, once. */
const NAMESPACE = '0f4d1c55-8a0e-4f0b-9d1b-5b0c6e0f7f42'

export function* periodEvents(
  report: Report,
  period: PeriodEvidence,
  intervals: readonly FindingInterval[],
): Generator<string> {
  const checks = new Map([...report.results, ...report.disabled].map(({ check }) => [check.id, check]))
  const openOf = openFindings(report)
  for (const interval of intervals) {
    const check = checks.get(interval.check)
    // A check that left the release or the file has no rule here to tell of.
    if (check === undefined || !stoodIn(interval, period)) continue
    const finding = interval.closedAt === null ? openOf(interval) : null
    yield `${JSON.stringify(eventOf(report, period, ofInterval(interval, check, finding, period)))}\n`
  }
  for (const { what, id, system, gaps } of period.of) {
    const check = what === 'check' ? checks.get(id) : undefined
    if (check === undefined) continue
    for (const gap of gaps) yield `${JSON.stringify(eventOf(report, period, ofGap(gap, check, system, period)))}\n`
  }
}

/** A stretch of one check over one system, over one subject or over all. */
interface Stretch {
  readonly check: Check
  readonly system: string | null
  readonly subject: Subject | null
  readonly status: 'fail' | 'unknown'
  readonly unknownReason: UnknownReason | null
  /** Since when it is so without a pass in between, when this stretch of it began, and up to when it was seen. */
  readonly firstSeen: Instant
  readonly from: Instant
  readonly lastSeen: Instant
  readonly closedAt: Instant | null
  readonly cause: string | null
  readonly activity: number
  readonly message: string
  readonly waiver: Waiver | null
  readonly facts: ReportFinding['facts'] | null
}

function ofInterval(
  interval: FindingInterval,
  check: Check,
  finding: ReportFinding | null,
  period: PeriodEvidence,
): Stretch {
  const { system, subject, status, unknownReason, firstSeen, from, closedAt, cause } = interval
  const word = status === 'fail' ? 'failed' : 'could not be evaluated'
  const end =
    closedAt === null ? 'and stands' : `to ${momentText(closedAt)}: ${CAUSE_WORD[cause ?? 'changed'].toLowerCase()}`
  return {
    ...{ check, system, subject, status, unknownReason, firstSeen, from, closedAt, cause },
    lastSeen: lastSeen(interval, period.until),
    activity: closedAt === null ? (firstSeen >= period.from ? CREATE : UPDATE) : cause === 'changed' ? UPDATE : CLOSE,
    message: finding?.message || `${check.title}: ${subject.label} ${word} from ${momentText(from)} ${end}.`,
    waiver: finding?.waiver ?? null,
    facts: finding?.facts ?? null,
  }
}

/** @param gap of a check; its cause is a reason for unknown, or says why the check was not asked */
function ofGap({ from, to, cause }: Gap, check: Check, system: string | null, { until }: PeriodEvidence): Stretch {
  const closedAt = to < until ? to : null
  return {
    ...{ check, system, subject: null, status: 'unknown', closedAt, cause, from },
    unknownReason: cause in REASON_WORD ? (cause as UnknownReason) : null,
    firstSeen: from,
    lastSeen: to,
    activity: closedAt === null ? CREATE : CLOSE,
    message: `${check.title}: not evaluated from ${momentText(from)} to ${momentText(to)}, ${cause}.`,
    waiver: null,
    facts: null,
  }
}

function eventOf(report: Report, period: PeriodEvidence, stretch: Stretch) {
  const { check, status, activity, subject, waiver } = stretch
  const [severityId, severity] = SEVERITY[check.severity]
  const [outcomeId, outcome] = OUTCOME[status]
  const at = millis(stretch.lastSeen)
  const { version } = report.results.find((result) => result.check.id === check.id) ?? check
  const uid = uidOf(stretch)
  return {
    ...classOf(activity),
    severity_id: severityId,
    severity,
    ...workflow(stretch),
    ...(stretch.cause === null ? {} : { status_detail: stretch.cause }),
    time: at,
    start_time: millis(stretch.from),
    end_time: at,
    duration: Math.max(0, between(stretch.from, stretch.lastSeen)),
    message: stretch.message,
    metadata: metadataOf(report, idOf(report, period, stretch), check),
    finding_info: {
      uid,
      title: check.title,
      desc: check.question,
      created_time: millis(stretch.firstSeen),
      first_seen_time: millis(stretch.firstSeen),
      last_seen_time: at,
      modified_time: at,
      analytic: analyticOf(check, version),
    },
    compliance: {
      status_id: outcomeId,
      status: outcome,
      ...(stretch.unknownReason === null ? {} : { status_details: [stretch.unknownReason] }),
      ...mappingOf(check),
      checks: [{ uid: check.id, name: check.title, status_id: outcomeId, status: outcome, version: String(version) }],
    },
    ...(subject === null ? {} : { resources: [resourceOf(subject, stretch.facts)] }),
    remediation: { desc: check.remediation },
    unmapped: {
      exhibit: {
        demo: report.demo,
        run: report.run?.id ?? null,
        period: { from: period.from, to: period.to, until: period.until },
        check: check.id,
        system: stretch.system,
        operator: check.operator,
        status,
        unknownReason: stretch.unknownReason,
        closedBecause: stretch.closedAt === null ? null : stretch.cause,
        waiver,
      },
    },
  }
}

/** How far people are with it: only what ended is resolved, whatever ended it. */
function workflow({ activity, waiver }: Stretch) {
  if (activity === CLOSE) return { status_id: 4, status: 'Resolved' }
  return waiver === null ? { status_id: 1, status: 'New' } : { status_id: 3, status: 'Suppressed' }
}

/** The same over all stretches of one check and subject, and the same as in a state. */
function uidOf({ check, system, subject }: Stretch): string {
  const parts = subject === null ? [] : [subject.source, subject.kind, subject.key]
  return [check.id, system ?? '', ...parts].join(':')
}

function idOf(report: Report, { from, to }: PeriodEvidence, stretch: Stretch): string {
  const place = [uidOf(stretch), stretch.status, stretch.unknownReason ?? '', stretch.from]
  return uuidV5(NAMESPACE, [report.organization.id, from, to, report.run?.id ?? 'no-run', ...place].join('\0'))
}

function resourceOf({ key, label, kind, source }: Subject, facts: Stretch['facts']) {
  return {
    uid: key,
    name: label,
    type: kindWord(kind),
    namespace: source,
    ...(facts === null ? {} : { data: facts }),
  }
}

/** What the last run says of what it left open: of one result at a time, as all at once are hundreds of thousands. */
function openFindings(report: Report): (interval: FindingInterval) => ReportFinding | null {
  const name = (subject: Subject): string => `${subject.source}\0${subject.kind}\0${subject.key}`
  let series = ''
  let known = new Map<string, ReportFinding>()
  return ({ check, system, subject }) => {
    if (series !== `${check}\0${system ?? ''}`) {
      series = `${check}\0${system ?? ''}`
      const result = report.results.find((one) => one.check.id === check && one.system === system)
      known = new Map()
      for (const finding of result?.findings('open') ?? []) {
        if (finding.status === 'fail' || finding.status === 'unknown') known.set(name(finding.subject), finding)
      }
    }
    return known.get(name(subject)) ?? null
  }
}
