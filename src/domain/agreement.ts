/**
 * Whether the vendor's audit log and our own readings tell the same story (COL-09): each change between two pulls has its
 * event, and each event its change. Who can bend one of the two is caught by the other.
 *
 * Judged is what the vendor promises to log: accounts that come and go, suspension, roles, keys, the policy
 * (https://tailscale.com/kb/1203/audit-logging). What it does not log needs no event.
 */
import { comparisons, remembered, type Seen } from './agreement-subjects.ts'
import { auditTrail, happenedIn, logOf, readSoFar, SKEW, type Told, wasRead, writtenLog } from './audit-trail.ts'
import { unseenFamilies } from './credential.ts'
import type { JsonValue } from './json.ts'
import { carry, pulledAt, recall, recallAll, textOf } from './memory.ts'
import { type Carried, refOf } from './record.ts'
import type { Snapshot } from './snapshot.ts'
import { type Instant, plus } from './time.ts'

export type Aspect = 'presence' | 'status' | 'role' | 'text'

/** One thing about one subject, as it was and as it is; `from` equal to `to` where nothing changed. */
export interface Comparison {
  readonly kind: 'account' | 'key' | 'policy'
  readonly key: string
  readonly label: string
  readonly aspect: Aspect
  readonly from: string
  readonly to: string
  /** Every event of the subject. */
  readonly events: readonly Told[]
  /** The vendor did not say enough to tell whether there was a change at all. */
  readonly unsure?: true
}

/**
 * `agrees`: an event and a change go together. `unexplained`: the one is there without the other. `unread`: the log of
 * that time was not read. `unsaid`: the vendor's words could not be read.
 */
export type Verdict = 'agrees' | 'unexplained' | 'unread' | 'unsaid'

export interface Change extends Pick<Comparison, 'kind' | 'key' | 'label' | 'aspect' | 'from' | 'to'> {
  readonly verdict: Verdict
  /** The pulls before and after, and when everything of the later had been read. */
  readonly after: Instant
  readonly before: Instant
  readonly until: Instant
  /** The event that explains it, or the one that nothing came of. */
  readonly event: string | null
  readonly at: Instant | null
  readonly by: string | null
  readonly says: string | null
}

/** What lies between the two pulls that are compared. */
export interface Span {
  readonly since: Instant
  readonly after: Instant
  readonly before: Instant
  readonly until: Instant
  readonly read: boolean
  /** Key families that could not be seen at the earlier pull. */
  readonly hidden: readonly string[]
}

export function changesIn(snapshot: Snapshot, check: string): readonly Change[] {
  return [...recallAll(snapshot, check, 'change/').values()] as unknown as readonly Change[]
}

export function carryAgreement(snapshot: Snapshot, check: string, keepMs: number): Carried[] {
  const marker = recall(snapshot, check)?.body
  const { window } = auditTrail(snapshot)
  if (window === null) return snapshot.of('carried').filter((record) => record.check === check)
  const pulled = pulledAt(snapshot)
  const log = readSoFar(logOf(marker?.['log']), window)
  const after = textOf(marker?.['pulledAt'])
  const seen = seenBefore(snapshot, check)
  const known = changesIn(snapshot, check).filter(({ before }) => plus(before, keepMs) > snapshot.at)
  const isNew = after !== null && after !== pulled
  const changes = isNew
    ? compared(snapshot, known, seen, {
        since: textOf(marker?.['since']) ?? after,
        after,
        before: pulled,
        until: snapshot.at,
        read: wasRead(log, after, pulled),
        hidden: (marker?.['hidden'] ?? []) as readonly string[],
      })
    : known
  const settled = changes.map((change) => reconsidered(snapshot, change, wasRead(log, change.after, change.before)))
  const hidden = unseenFamilies(snapshot)
  const since = textOf(marker?.['since']) ?? pulled
  return [
    carry(snapshot, check, '', { since, pulledAt: pulled, log: writtenLog(log), hidden }),
    ...remembered(snapshot, seen).map(([name, body]) => carry(snapshot, check, `seen/${name}`, body)),
    ...settled.map((change) => carry(snapshot, check, nameOf(change), change as unknown as Record<string, JsonValue>)),
  ]
}

function seenBefore(snapshot: Snapshot, check: string): Seen {
  return {
    accounts: recallAll(snapshot, check, 'seen/account/'),
    keys: recallAll(snapshot, check, 'seen/key/'),
    policy: recall(snapshot, check, 'seen/policy')?.body ?? null,
  }
}

function nameOf({ kind, key, aspect }: Pick<Change, 'kind' | 'key' | 'aspect'>): string {
  return `change/${kind}/${key}/${aspect}`
}

function compared(snapshot: Snapshot, known: readonly Change[], seen: Seen, span: Span): Change[] {
  const changes = new Map(known.map((change) => [nameOf(change), change]))
  for (const comparison of comparisons(snapshot, seen, span)) {
    const name = nameOf(comparison)
    const before = changes.get(name)
    const change =
      comparison.from === comparison.to ? leftOver(comparison, span, before) : made(comparison, span, before)
    // What nobody could explain is not covered up by what happened to the same subject afterwards.
    const covers = before?.verdict === 'unexplained' && change?.verdict === 'agrees' && !resolves(change, before)
    if (change !== null && !covers) changes.set(name, change)
  }
  return [...changes.values()]
}

/** The event that nothing had come of has come to something, or a later one took it back. */
function resolves({ event, at }: Change, before: Change): boolean {
  if (before.event === null) return false
  return event === before.event || (before.at !== null && at !== null && at >= before.at && before.from === before.to)
}

/** A change that we saw, with the event that explains it. */
function made(comparison: Comparison, span: Span, known: Change | undefined): Change {
  const { events, unsure } = comparison
  const explaining = events.filter((told) => explains(told, comparison))
  // A pull may show late what the log told in time.
  const pending = known?.verdict === 'unexplained' && known.from === known.to ? known.at : null
  const from = pending !== null && pending < span.after ? pending : span.after
  const told = explaining.findLast((each) => happenedIn(each, from, span.until))
  if (told !== undefined) return written(comparison, span, 'agrees', told)
  if (unsure || explaining.some(({ at }) => at === null)) return written(comparison, span, 'unsaid', null)
  return written(comparison, span, span.read ? 'unexplained' : 'unread', null)
}

/** Where nothing changed: an event that should have changed something, or several that took one another back. */
function leftOver(comparison: Comparison, span: Span, known: Change | undefined): Change | null {
  const last = comparison.events.findLast((told) => leaves(told, comparison) !== null && told.at !== null)
  // What happened about when we read may show in the next pull only.
  if (last?.at == null || last.at <= span.since || last.at > plus(span.before, -SKEW)) return null
  if (known?.event === refOf(last.event) || isOlder(last, known)) return null
  if (leaves(last, comparison) !== comparison.to) return written(comparison, span, 'unexplained', last)
  const isRecent = last.at >= plus(span.after, -SKEW)
  return isRecent || known?.verdict === 'unexplained' ? written(comparison, span, 'agrees', last) : null
}

/** What changed since the event without another one is told as that change, not as the event's fault. */
function isOlder({ at }: Told, known: Change | undefined): boolean {
  return (
    known !== undefined && known.verdict !== 'agrees' && known.from !== known.to && at !== null && at <= known.until
  )
}

/** Whether late events, or a later reading of the log, tell more of it now. */
function reconsidered(snapshot: Snapshot, change: Change, read: boolean): Change {
  if (change.verdict === 'agrees' || change.from === change.to) return change
  const explaining = eventsOf(snapshot, change).filter((told) => explains(told, change))
  const told = explaining.findLast((each) => happenedIn(each, change.after, change.until))
  if (told !== undefined) return { ...change, verdict: 'agrees', ...witness(told) }
  return change.verdict === 'unread' && read ? { ...change, verdict: 'unexplained' } : change
}

function eventsOf(snapshot: Snapshot, { kind, key, label }: Change): readonly Told[] {
  const trail = auditTrail(snapshot)
  if (kind === 'policy') return trail.policy
  return kind === 'key' ? trail.ofKey(key) : trail.ofAccount({ key, login: label })
}

type What = Told['what']
const COMING: readonly What[] = ['created', 'invited', 'joined', 'approved', 'pushed', 'restored']
const GOING: readonly What[] = ['key-revoked', 'key-expired']

function explains(told: Told, { kind, aspect, to }: Pick<Comparison, 'kind' | 'aspect' | 'to'>): boolean {
  if (kind === 'policy') return told.what === 'policy'
  if (kind === 'key') return to === 'present' ? told.what === 'key-created' : GOING.includes(told.what)
  if (aspect === 'presence') return to === 'present' ? COMING.includes(told.what) : told.what === 'deleted'
  if (aspect === 'status') return told.what === (to === 'suspended' ? 'suspended' : 'restored')
  // How the log spells roles is not published: a change of role to it knows what is one.
  return told.what === 'role' && (told.to === to || told.to === null)
}

/** The state that an event leaves behind; null where it says nothing of it. */
function leaves(told: Told, { kind, aspect, to }: Comparison): string | null {
  const { what } = told
  if (kind === 'policy') return what === 'policy' ? policyLeft(told, to) : null
  if (kind === 'key') return what === 'key-created' ? 'present' : GOING.includes(what) ? 'gone' : null
  if (aspect === 'presence') return what === 'created' ? 'present' : what === 'deleted' ? 'gone' : null
  if (aspect === 'status') return what === 'suspended' ? 'suspended' : what === 'restored' ? 'live' : null
  return what === 'role' ? told.to : null
}

/**
 * That the log's texts are the API's to the byte is not published: an event contradicts what we see only where it names
 * our very text as the one that was there before.
 */
function policyLeft({ from, to }: Told, current: string): string | null {
  return from === current && to !== null ? to : current
}

function written(comparison: Comparison, span: Span, verdict: Verdict, told: Told | null): Change {
  const { kind, key, label, aspect, from, to } = comparison
  const { after, before, until } = span
  const event = told === null ? { event: null, at: null, by: null, says: null } : witness(told)
  return { kind, key, label, aspect, from, to, verdict, after, before, until, ...event }
}

function witness({ event, at, by, what, to }: Told): Pick<Change, 'event' | 'at' | 'by' | 'says'> {
  return { event: refOf(event), at, by: by.name ?? by.id, says: what === 'role' ? `role → ${to ?? 'not said'}` : what }
}
