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
 * subject, facts and references are made when they are asked for.
 */
class Answer implements Finding {
  readonly status: Status
  readonly unknownReason: UnknownReason | null
  /** The record that the answer is about, or the stated subject. */
  readonly about: AnyRecord | Subject
  #given: FindingOptions

  constructor(status: Status, reason: UnknownReason | null, about: AnyRecord | Subject, options: FindingOptions) {
    this.status = status
    this.unknownReason = reason
    this.about = about
    this.#given = options
  }

  get subject(): Subject {
    return 'unread' in this.about ? subjectOf(this.about) : this.about
  }

  get notice(): string | null {
    return this.#detailed().notice ?? null
  }

  get facts(): Facts {
    return this.#detailed().facts ?? NO_FACTS
  }

  get records(): readonly RecordRef[] {
    return refsOf('unread' in this.about ? this.about : null, this.#detailed().with ?? NO_RECORDS)
  }

  get sla(): Finding['sla'] {
    return this.#given.sla
  }

  #detailed(): FindingOptions {
    const { detail, notice, sla } = this.#given
    if (detail !== undefined) {
      this.#given = { notice: notice ?? null, ...detail(), ...(sla === undefined ? {} : { sla }) }
    }
    return this.#given
  }
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
