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
  readonly sla?: 'breached' | 'not_determinable'
}

export function subjectOf(record: AnyRecord): Subject {
  return { kind: record.kind, source: record.source, key: record.key, label: labelOf(record) }
}

const NO_FACTS: Facts = Object.freeze({})

export interface FindingOptions {
  /** Further records that were read, beside the subject's own. */
  with?: readonly (AnyRecord | null)[]
  facts?: Facts
  notice?: string | null
  sla?: 'breached' | 'not_determinable'
  /**
   * Facts and further records made when they are asked for: a run keeps those of failures only, and a pass whose facts
   * are dear to write has cost nothing until somebody looks at it.
   */
  detail?: () => Pick<FindingOptions, 'with' | 'facts'>
}

function build(
  status: Status,
  reason: UnknownReason | null,
  subject: AnyRecord | Subject,
  options: FindingOptions,
): Finding {
  const own = 'unread' in subject
  if (options.detail !== undefined) return deferred(status, reason, subject, options.notice ?? null, options.detail)
  const finding: Finding = {
    status,
    unknownReason: reason,
    subject: own ? subjectOf(subject) : subject,
    notice: options.notice ?? null,
    facts: options.facts ?? NO_FACTS,
    records: refsOf(own ? subject : null, options.with ?? NO_RECORDS),
  }
  return options.sla === undefined ? finding : { ...finding, sla: options.sla }
}

function deferred(
  status: Status,
  unknownReason: UnknownReason | null,
  subject: AnyRecord | Subject,
  notice: string | null,
  detail: NonNullable<FindingOptions['detail']>,
): Finding {
  let made: Pick<Finding, 'facts' | 'records'> | null = null
  const full = () => {
    if (made === null) {
      const { facts = NO_FACTS, with: others = NO_RECORDS } = detail()
      made = { facts, records: refsOf('unread' in subject ? subject : null, others) }
    }
    return made
  }
  return {
    status,
    unknownReason,
    subject: 'unread' in subject ? subjectOf(subject) : subject,
    notice,
    get facts() {
      return full().facts
    },
    get records() {
      return full().records
    },
  }
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
  options: FindingOptions = {},
): Finding {
  return build(status, null, subject, options)
}

/** No answer, and why. */
export function unknown(reason: UnknownReason, subject: AnyRecord | Subject, options: FindingOptions = {}): Finding {
  return build('unknown', reason, subject, options)
}
