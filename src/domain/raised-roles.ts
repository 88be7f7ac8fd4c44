/**
 * Privileged roles that were given since the first run (ID-17): who has which, what of it nobody has approved yet, and by
 * whom it was given. What was held before is taken as it was found, unless the vendor's log, which reaches back 90 days
 * at the first reading, shows how it was given.
 */
import { auditTrail, happenedIn, isOwn, logOf, readSoFar, type Told, wasRead, writtenLog } from './audit-trail.ts'
import type { Approved } from './check.ts'
import type { JsonValue } from './json.ts'
import { carry, pulledAt, recall, recallAll, textOf } from './memory.ts'
import { type Account, type Carried, refOf } from './record.ts'
import { isKnownRole, isPrivileged, isStronger } from './roles.ts'
import type { Snapshot } from './snapshot.ts'
import type { Instant } from './time.ts'

export interface Raise {
  /** Null: nothing that can change the tailnet, as far as we know. */
  readonly from: string | null
  readonly to: string
  /** The pulls before and after it; null before our first run. */
  readonly seenAfter: Instant | null
  readonly seenBefore: Instant | null
  /** Whether the log of that time was read. */
  readonly logRead: boolean
  /** What the log says of it, null while it says nothing. */
  readonly at: Instant | null
  readonly by: string | null
  readonly event: string | null
  readonly own: boolean
}

export interface Standing {
  readonly role: string
  /** The strongest role that needs no approval any more; null: none does not. */
  readonly accepted: string | null
  readonly raise: Raise | null
  /** The reference by which the raise was approved. */
  readonly because: string | null
  /** References of earlier approvals: a later raise needs a new one. */
  readonly spent: readonly string[]
}

/** A reference is given for one raise; nobody gives so many that the oldest would be taken for new. */
const MOST_SPENT = 50

/** How an account's role stands; null where it is nothing that this asks for. */
export function standingOf(snapshot: Snapshot, check: string, account: Account): Standing | null {
  if (recall(snapshot, check) === null) return found(snapshot, account)
  const memory = recall(snapshot, check, `account/${account.key}`)
  return memory === null ? null : standingIn(memory.body)
}

/** The reference that approves a raise: one for this account that was not given for an earlier raise. */
export function referenceFor(approved: readonly Approved[], { key, login }: Account, spent: readonly string[]) {
  const name = login.toLowerCase()
  const own = ({ subject }: Approved) => subject === key || subject.toLowerCase() === name
  return approved.find((entry) => own(entry) && !spent.includes(entry.because))?.because ?? null
}

export function carryRoles(snapshot: Snapshot, check: string, approved: readonly Approved[]): Carried[] {
  const marker = recall(snapshot, check)
  const { window } = auditTrail(snapshot)
  if (window === null) return [...(marker === null ? [] : [marker]), ...kept(snapshot, check)]
  const pulled = pulledAt(snapshot)
  const log = readSoFar(logOf(marker?.body['log']), window)
  const last = textOf(marker?.body['pulledAt'])
  const known = recallAll(snapshot, check, 'account/')
  const records = snapshot.of('account').flatMap((account) => {
    const body = known.get(account.key)
    const before = body === undefined ? null : standingIn(body)
    const standing =
      marker === null
        ? found(snapshot, account)
        : next(snapshot, account, before, {
            after: last,
            before: pulled,
            logRead: wasRead(log, last ?? pulled, pulled),
          })
    const settled = standing === null ? null : settle(snapshot, account, standing, approved)
    return settled === null ? [] : [carry(snapshot, check, `account/${account.key}`, written(settled))]
  })
  const since = textOf(marker?.body['since']) ?? snapshot.at
  return [carry(snapshot, check, '', { since, pulledAt: pulled, log: writtenLog(log) }), ...records]
}

function kept(snapshot: Snapshot, check: string): Carried[] {
  const all = recallAll(snapshot, check, 'account/')
  return [...all].map(([key, body]) => carry(snapshot, check, `account/${key}`, body))
}

/** At the first run: what the log of the last 90 days shows was given, else what was there before. */
function found(snapshot: Snapshot, account: Account): Standing | null {
  const { role } = account
  if (role === null || !isPrivileged(role) || account.type === 'shared') return null
  // Words that cannot be read show no raise here, where no pull of ours has seen one.
  const told = raisesOf(snapshot, account, role).findLast(({ to }) => to === role)
  const standing = { role, because: null, spent: [] }
  if (told === undefined || !isStronger(role, told.from)) return { ...standing, accepted: role, raise: null }
  const raise = { to: role, seenAfter: null, seenBefore: null, logRead: true, ...witness(told, account) }
  return { ...standing, accepted: told.from, raise: { from: told.from, ...raise } }
}

interface Seen {
  readonly after: Instant | null
  readonly before: Instant
  readonly logRead: boolean
}

function next(snapshot: Snapshot, account: Account, before: Standing | null, seen: Seen): Standing | null {
  const { role } = account
  // What the vendor did not say, or says in a word that we do not know, ends nothing that is known.
  if (role === null || !isKnownRole(role)) return before
  if (!isPrivileged(role) || account.type === 'shared') return before === null ? null : lowered(before, role)
  if (before === null || isStronger(role, before.role)) return raised(snapshot, account, role, before, seen)
  const accepted = before.accepted !== null && isStronger(before.accepted, role) ? role : before.accepted
  const covered = accepted !== null && !isStronger(role, accepted)
  return covered && before.because === null ? { ...before, role, accepted, raise: null } : { ...before, role, accepted }
}

/** Of a role without power only the references remain: giving it power again needs another one. */
function lowered(before: Standing, role: string): Standing | null {
  const spent = spentBy(before)
  return spent.length === 0 ? null : { role, accepted: null, raise: null, because: null, spent }
}

function raised(snapshot: Snapshot, account: Account, role: string, before: Standing | null, seen: Seen): Standing {
  const told = givenIn(snapshot, account, { from: before?.role ?? null, to: role }, seen)
  const accepted = before === null ? null : before.accepted
  const raise: Raise = {
    from: before?.role ?? told?.from ?? null,
    to: role,
    seenAfter: seen.after,
    seenBefore: seen.before,
    logRead: seen.logRead,
    ...witness(told, account),
  }
  return { role, accepted, raise, because: null, spent: before === null ? [] : spentBy(before) }
}

function spentBy({ because, spent }: Standing): readonly string[] {
  return because === null ? spent : [...spent, because].slice(-MOST_SPENT)
}

/** What an event that came late adds, and what somebody has approved meanwhile. */
function settle(snapshot: Snapshot, account: Account, standing: Standing, approved: readonly Approved[]): Standing {
  const { spent, role } = standing
  if (standing.raise === null) return standing
  const raise = standing.raise.event === null ? witnessed(snapshot, account, standing.raise) : standing.raise
  const because = standing.because ?? (raise.own ? null : referenceFor(approved, account, spent))
  return { ...standing, raise, because, accepted: because === null ? standing.accepted : role }
}

function witnessed(snapshot: Snapshot, account: Account, raise: Raise): Raise {
  const { seenAfter, seenBefore } = raise
  if (seenBefore === null) return raise
  const told = givenIn(snapshot, account, raise, { after: seenAfter, before: seenBefore })
  return told === undefined ? raise : { ...raise, ...witness(told, account) }
}

/** The event that gave a role between two pulls: a change of role, or how somebody let a new account in with it. */
function givenIn(
  snapshot: Snapshot,
  account: Account,
  { from, to }: Pick<Raise, 'from' | 'to'>,
  { after, before }: Pick<Seen, 'after' | 'before'>,
): Told | undefined {
  const isWithin = (told: Told): boolean => happenedIn(told, after ?? before, before)
  const change = raisesOf(snapshot, account, to).findLast(isWithin)
  if (change !== undefined || from !== null) return change
  const lettingIn = ({ what }: Told): boolean => what === 'invited' || what === 'created'
  return auditTrail(snapshot)
    .ofAccount(account)
    .findLast((told) => lettingIn(told) && isWithin(told) && !isOwn(told, account))
}

/** Events that gave the account this role; where the log's words for roles could not be read, any change of role may be it. */
function raisesOf(snapshot: Snapshot, account: Account, role: string): readonly Told[] {
  return auditTrail(snapshot)
    .ofAccount(account)
    .filter(({ what, to }) => what === 'role' && (to === role || to === null))
}

function witness(told: Told | undefined, account: Account): Pick<Raise, 'at' | 'by' | 'event' | 'own'> {
  if (told === undefined) return { at: null, by: null, event: null, own: false }
  return { at: told.at, by: told.by.name ?? told.by.id, event: refOf(told.event), own: isOwn(told, account) }
}

// ── as it is carried ───────────────────────────────────────────────────────────────────────────────────────────────

function written({ role, accepted, raise, because, spent }: Standing): Carried['body'] {
  return { role, accepted, raise: raise === null ? null : ({ ...raise } as unknown as JsonValue), because, spent }
}

function standingIn(body: Carried['body']): Standing {
  return body as unknown as Standing
}
