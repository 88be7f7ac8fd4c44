/** Names what differs between what was sealed and what was made again: field by field, fact by fact. */
import type { Finding } from '../domain/finding.ts'
import type { JsonValue } from '../domain/json.ts'
import { type AnyRecord, refOf } from '../domain/record.ts'
import type { Difference, ResultInputs, SealedDetail } from '../domain/reperform.ts'
import type { CheckResult } from '../domain/result.ts'
import type { Blindness, SourceState } from '../domain/snapshot.ts'
import type { Instant } from '../domain/time.ts'
import { canonicalJson } from '../lib/canonical-json.ts'

type Fields = Readonly<Record<string, JsonValue | undefined>>
type Place = Pick<Difference, 'at' | 'subject'>

/** One difference a field that is not the same; nothing where all are. */
export function fieldDifferences(place: Place, sealed: Fields, derived: Fields): Difference[] {
  const found: Difference[] = []
  for (const field of new Set([...Object.keys(sealed), ...Object.keys(derived)])) {
    const [before, after] = [fieldOf(sealed, field), fieldOf(derived, field)]
    if (!same(before, after)) found.push({ ...place, field, sealed: before, derived: after })
  }
  return found
}

export function recordDifferences(
  at: 'record' | 'carried',
  sealed: readonly AnyRecord[],
  derived: readonly AnyRecord[],
): Difference[] {
  const before = new Map(sealed.map((record) => [refOf(record), record]))
  const found: Difference[] = []
  for (const record of derived) {
    const subject = refOf(record)
    const known = before.get(subject)
    before.delete(subject)
    if (known === undefined) found.push({ at, subject, field: null, sealed: null, derived: plain(record) })
    else if (!same(plain(known), plain(record)))
      found.push(...fieldDifferences({ at, subject }, plain(known), plain(record)))
  }
  for (const [subject, record] of before) {
    found.push({ at, subject, field: null, sealed: plain(record), derived: null })
  }
  return found
}

/** What the state says of the last accepted pull, against what its request log and pages say. */
export function stateDifferences(
  state: SourceState,
  derived: { records: Readonly<Record<string, number>>; blind: readonly Blindness[]; collectedAt: Instant },
): Difference[] {
  const { records, blind, collectedAt } = state as unknown as Record<string, JsonValue>
  return fieldDifferences(
    { at: 'source', subject: state.id },
    { records, blind, collectedAt },
    {
      records: derived.records,
      blind: derived.blind as unknown as JsonValue,
      collectedAt: derived.collectedAt,
    },
  )
}

export function resultName({ ref, system }: Pick<ResultInputs, 'ref' | 'system'>): string {
  return system === null ? ref : `${ref} over ${system}`
}

export function resultDifferences(sealed: ResultInputs | null, derived: ResultInputs | null): Difference[] {
  const place: Place = { at: 'result', subject: resultName((sealed ?? derived)!) }
  if (sealed === null || derived === null) {
    return [{ ...place, field: null, sealed: sealed?.status ?? null, derived: derived?.status ?? null }]
  }
  const { digest: findings, ...before } = sealed
  const { digest, ...after } = derived
  return fieldDifferences(place, fieldsOf({ ...before, findings }), fieldsOf({ ...after, findings: digest }))
}

/** Failures and unknowns that were kept, against all that the check says now. */
export function findingDifferences(
  result: CheckResult,
  open: readonly Finding[],
  asFirstSeen: SealedDetail['asFirstSeen'],
): Difference[] {
  const before = new Map(open.map((finding) => [subjectOf(finding), finding]))
  const found: Difference[] = []
  for (const finding of result.findings) {
    const subject = subjectOf(finding)
    const known = before.get(subject)
    before.delete(subject)
    const place: Place = { at: 'finding', subject: `${resultName(result)}: ${subject}` }
    if (known !== undefined) found.push(...ofFinding(place, known, finding, asFirstSeen))
    else if (finding.status === 'fail' || finding.status === 'unknown') {
      found.push({ ...place, field: 'status', sealed: null, derived: finding.status })
    }
  }
  for (const [subject, { status }] of before) {
    found.push({
      at: 'finding',
      subject: `${resultName(result)}: ${subject}`,
      field: 'status',
      sealed: status,
      derived: null,
    })
  }
  return found
}

function ofFinding(
  place: Place,
  sealed: Finding,
  derived: Finding,
  asFirstSeen: SealedDetail['asFirstSeen'],
): Difference[] {
  const facts = (finding: Finding): Fields =>
    Object.fromEntries(Object.entries(finding.facts).filter(([name]) => !asFirstSeen(name)))
  const told = fieldDifferences(place, sayings(sealed), sayings(derived))
  const turned = fieldDifferences(place, facts(sealed), facts(derived))
  return [...told, ...turned.map((difference) => ({ ...difference, field: `fact ${difference.field}` }))]
}

function sayings({ status, unknownReason, notice, records, sla, subject }: Finding): Fields {
  return { status, unknownReason, notice, records, sla: sla ?? null, label: subject.label }
}

function subjectOf({ subject: { source, kind, key } }: Finding): string {
  return `${source}/${kind}/${key}`
}

function same(a: JsonValue, b: JsonValue): boolean {
  return canonicalJson(a) === canonicalJson(b)
}

/** Own properties only: a vendor's "constructor" is a field like others. */
function fieldOf(fields: Fields, name: string): JsonValue {
  return Object.hasOwn(fields, name) ? (fields[name] ?? null) : null
}

function plain(record: AnyRecord): { readonly [key: string]: JsonValue } {
  return record as unknown as { readonly [key: string]: JsonValue }
}

function fieldsOf(result: object): Fields {
  return result as Fields
}
