/** Which policy somebody has accepted last, and what was changed since then (ACL-08). */
import { auditTrail, happenedIn, type Told } from './audit-trail.ts'
import type { Approved } from './check.ts'
import type { JsonValue } from './json.ts'
import { carry, pulledAt, recall } from './memory.ts'
import { type Carried, refOf } from './record.ts'
import { sha256OfText } from './sha256.ts'
import type { Snapshot } from './snapshot.ts'
import { tailnetOf } from './tailnet.ts'
import type { Instant } from './time.ts'

/** A policy by what an auditor can name it by. */
export interface Edition {
  /** SHA-256 of the text, hex. */
  readonly digest: string
  readonly etag: string | null
}

/** One change as it was seen, and what the log says of it. */
export interface PolicyChange extends Edition {
  readonly seenAfter: Instant
  readonly seenBefore: Instant
  readonly at: Instant | null
  readonly by: string | null
  readonly event: string | null
}

export interface PolicyHistory {
  readonly accepted: Edition
  /** By which it was accepted; null: it is that of the first run. */
  readonly because: string | null
  readonly acceptedAt: Instant
  /** What the newest reading had. */
  readonly current: Edition
  readonly pulledAt: Instant
  /** Since the accepted one, the newest last. */
  readonly changes: readonly PolicyChange[]
  /** How many there were: of a long list the first and the newest are kept. */
  readonly count: number
}

const MOST_CHANGES = 20

export function editionOf(snapshot: Snapshot): Edition | null {
  const policy = snapshot.one('policy', tailnetOf(snapshot), 'policy')
  return policy === null ? null : { digest: snapshot.derive(digestOf), etag: policy.etag }
}

function digestOf(snapshot: Snapshot): string {
  return sha256OfText(snapshot.one('policy', tailnetOf(snapshot), 'policy')!.text)
}

/** The reference by which an edition was accepted. Quotes are a part of an ETag only on the wire. */
export function acceptanceOf(approved: readonly Approved[], { digest, etag }: Edition): string | null {
  const names = etag === null ? [digest] : [digest, bare(etag)]
  return (
    approved.find(({ subject }) => names.includes(bare(subject)) || subject.toLowerCase() === digest)?.because ?? null
  )
}

function bare(etag: string): string {
  return etag.replace(/^(?:W\/)?"(.*)"$/, '$1')
}

export function historyOf(snapshot: Snapshot, check: string): PolicyHistory | null {
  return (recall(snapshot, check)?.body as PolicyHistory | undefined) ?? null
}

export function carryPolicy(snapshot: Snapshot, check: string, approved: readonly Approved[]): Carried[] {
  const known = historyOf(snapshot, check)
  const now = editionOf(snapshot)
  if (now === null) return known === null ? [] : [written(snapshot, check, known)]
  const pulled = pulledAt(snapshot)
  const first = { accepted: now, because: null, acceptedAt: snapshot.at, changes: [], count: 0 }
  const history = known === null ? { ...first, current: now, pulledAt: pulled } : next(snapshot, known, now, pulled)
  return [written(snapshot, check, accept(snapshot, history, approved))]
}

function next(snapshot: Snapshot, known: PolicyHistory, now: Edition, pulled: Instant): PolicyHistory {
  const changes = known.changes.map((change) => (change.event === null ? witnessed(snapshot, change) : change))
  const reading = { current: now, pulledAt: pulled }
  if (now.digest === known.current.digest) return { ...known, changes, ...reading }
  // Put back to what was accepted: nothing of what lay between is in force.
  if (now.digest === known.accepted.digest) return { ...known, accepted: now, ...reading, changes: [], count: 0 }
  const bounds = { seenAfter: known.pulledAt, seenBefore: pulled }
  const change = witnessed(snapshot, { ...now, ...bounds, at: null, by: null, event: null })
  return { ...known, ...reading, changes: shortened([...changes, change]), count: known.count + 1 }
}

function shortened(changes: readonly PolicyChange[]): readonly PolicyChange[] {
  return changes.length <= MOST_CHANGES ? changes : [changes[0]!, ...changes.slice(1 - MOST_CHANGES)]
}

/** The log names the text that it changed to; where it does not, the newest change between the two readings is it. */
function witnessed(snapshot: Snapshot, change: PolicyChange): PolicyChange {
  const told = auditTrail(snapshot).policy.filter((each) => happenedIn(each, change.seenAfter, change.seenBefore))
  const found: Told | undefined = told.findLast(({ to }) => to === change.digest) ?? told.at(-1)
  if (found === undefined) return change
  return { ...change, at: found.at, by: found.by.name ?? found.by.id, event: refOf(found.event) }
}

function accept(snapshot: Snapshot, history: PolicyHistory, approved: readonly Approved[]): PolicyHistory {
  const because = history.changes.length === 0 ? null : acceptanceOf(approved, history.current)
  if (because === null) return history
  return { ...history, accepted: history.current, because, acceptedAt: snapshot.at, changes: [], count: 0 }
}

function written(snapshot: Snapshot, check: string, history: PolicyHistory): Carried {
  return carry(snapshot, check, '', history as unknown as Readonly<Record<string, JsonValue>>)
}
