import type { JsonValue } from './json.ts'
import { type AnyRecord, labelOf, type RecordRef, refOf } from './record.ts'

export type Status = 'pass' | 'fail' | 'unknown' | 'not_applicable'

export type UnknownReason =
  | 'no_data'
  | 'stale'
  | 'source_error'
  | 'auth_error'
  | 'partial_population'
  | 'unmatched'
  | 'no_serial'
  | 'not_visible'
  | 'not_configured'

export interface Subject {
  /** A record's kind, or `source`, `check`, `system` where the question is about our own house. */
  readonly kind: string
  readonly source: string
  readonly key: string
  readonly label: string
}

/** Flat: the values that decided, as the vendor sent them, limits beside them, moments in UTC. */
export type Facts = Readonly<Record<string, JsonValue>>

/** A check's answer for one subject. Without text: `Check.say` makes the sentence for what is shown. */
export interface Finding {
  readonly status: Status
  readonly unknownReason: UnknownReason | null
  readonly subject: Subject
  readonly notice: string | null
  readonly facts: Facts
  readonly records: readonly RecordRef[]
  /**
   * The clock over a failure where the question itself holds the deadline (checks.md section 1, rule 5); absent where
   * the severity's `sla` counts from the first sight of the failure.
   */
  readonly sla?: 'breached' | 'not_determinable' | undefined
}

export function subjectOf(record: AnyRecord): Subject {
  return { kind: record.kind, source: record.source, key: record.key, label: labelOf(record) }
}

const NO_FACTS: Facts = Object.freeze({})
const NO_OPTIONS: FindingOptions = Object.freeze({})

export interface FindingOptions {
  /** Further records that were read, beside the subject's own. */
  with?: readonly (AnyRecord | null)[]
  facts?: Facts
  notice?: string | null
  sla?: 'breached' | 'not_determinable'
  /**
   * What is made when it is asked for: a run keeps the facts of failures only, and a pass whose facts are dear to write
   * has cost nothing until somebody looks at it.
   */
  detail?: () => Pick<FindingOptions, 'with' | 'facts' | 'notice'>
}

/**
 * What a check hands to the engine. A run makes a million of these and looks at most of them once, for their status:
 * subject, facts and references are made when they are asked for. Fields are declared only, so that making one writes
 * each of them once.
 */
class Answer implements Finding {
  declare readonly status: Status
  declare readonly unknownReason: UnknownReason | null
  /** The record that the answer is about, or the stated subject. */
  declare readonly about: AnyRecord | Subject
  /** What was given with it, or who gives the same answer once more, from `of`. */
  declare private given: FindingOptions | ((of: never) => Finding)
  declare private of: unknown

  constructor(status: Status, reason: UnknownReason | null, about: AnyRecord | Subject, options: FindingOptions) {
    this.status = status
    this.unknownReason = reason
    this.about = about
    this.given = options
    this.of = null
  }

  get subject(): Subject {
    return 'unread' in this.about ? subjectOf(this.about) : this.about
  }

  get notice(): string | null {
    return this.detailed().notice ?? null
  }

  get facts(): Facts {
    return this.detailed().facts ?? NO_FACTS
  }

  get records(): readonly RecordRef[] {
    return refsOf('unread' in this.about ? this.about : null, this.detailed().with ?? NO_RECORDS)
  }

  get sla(): Finding['sla'] {
    return this.kept().sla
  }

  /** Lets go of what was given with it: `judge` gives the same when somebody asks. */
  brief<T>(judge: (of: T) => Finding, of: T): void {
    if (this.status === 'fail' || this.status === 'unknown' || this.given === NO_OPTIONS) return
    this.given = judge
    this.of = of
  }

  private kept(): FindingOptions {
    const { given } = this
    if (typeof given !== 'function') return given
    const options = (given(this.of as never) as Answer).kept()
    this.given = options
    this.of = null
    return options
  }

  private detailed(): FindingOptions {
    const kept = this.kept()
    const { detail, notice, sla } = kept
    if (detail === undefined) return kept
    const options = { notice: notice ?? null, ...detail(), ...(sla === undefined ? {} : { sla }) }
    this.given = options
    return options
  }
}

/**
 * The judge's answer for one thing. A run keeps half a million passes at a time and asks none of them why: what speaks
 * for a pass, and for what is not judged, is made once more when somebody asks. So the judge gives an answer of its own
 * making, the same at every call.
 */
export function briefly<T>(judge: (of: T) => Finding, of: T): Finding {
  const found = judge(of)
  if (found instanceof Answer) found.brief(judge, of)
  return found
}

/** How many answers there are of each status. */
export type Tally = Record<Status, number>

/**
 * Counts the answers, and how many from the first on are about the record that stands at their place: those are in the
 * order of the records and one for each.
 */
export function tallied(findings: readonly Finding[], records: readonly AnyRecord[]): { tally: Tally; inStep: number } {
  let pass = 0
  let fail = 0
  let open = 0
  let inStep = 0
  for (let at = 0; at < findings.length; at++) {
    const finding = findings[at]!
    if (finding.status === 'pass') pass++
    else if (finding.status === 'fail') fail++
    else if (finding.status === 'unknown') open++
    if (inStep === at && finding instanceof Answer && finding.about === records[at]) inStep++
  }
  return { tally: { pass, fail, unknown: open, not_applicable: findings.length - pass - fail - open }, inStep }
}

/** Source, kind and key without making a subject: what the engine orders by. Of one record always the same object. */
export function placeOf(finding: Finding): Pick<Subject, 'source' | 'kind' | 'key'> {
  if (finding instanceof Answer) return finding.about
  // Spread syntax leaves out what is made on demand; an operator's own check might try it.
  if (finding.subject === undefined)
    throw new TypeError('an answer was spread into another: use amended(answer, { … })')
  return finding.subject
}

/** The same answer with another notice or other facts. */
export function amended(found: Finding, change: Partial<Pick<Finding, 'notice' | 'facts'>>): Finding {
  const { status, unknownReason, subject, notice, facts, records, sla } = found
  return { status, unknownReason, subject, notice, facts, records, ...(sla === undefined ? {} : { sla }), ...change }
}

const NO_RECORDS: readonly AnyRecord[] = []

/** Made at their length: an array that grows takes room for seventeen, and findings are half a million a run. */
function refsOf(own: AnyRecord | null, others: readonly (AnyRecord | null)[]): readonly RecordRef[] {
  if (own !== null && others.length === 0) return [refOf(own)]
  if (own !== null && others.length === 1) return others[0] == null ? [refOf(own)] : [refOf(own), refOf(others[0])]
  return [own, ...others].filter((record) => record !== null).map(refOf)
}

/** An answer. The subject is a record or, where the question is about no record, a stated subject. */
export function finding(
  status: Exclude<Status, 'unknown'>,
  subject: AnyRecord | Subject,
  options: FindingOptions = NO_OPTIONS,
): Finding {
  return new Answer(status, null, subject, options)
}

/** No answer, and why. */
export function unknown(
  reason: UnknownReason,
  subject: AnyRecord | Subject,
  options: FindingOptions = NO_OPTIONS,
): Finding {
  return new Answer('unknown', reason, subject, options)
}
