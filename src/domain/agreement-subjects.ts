/** What COL-09 compares: accounts, keys and the policy as the last pull had them, and as this one has. */
import type { Comparison, Span } from './agreement.ts'
import { auditTrail, SKEW, type Told } from './audit-trail.ts'
import { creatorOf, familyOf, isMinted, unseenFamilies, validity } from './credential.ts'
import type { JsonValue } from './json.ts'
import { foldLogin } from './match.ts'
import { type Body, textOf } from './memory.ts'
import type { Account, Key } from './record.ts'
import { sha256OfText } from './sha256.ts'
import type { Snapshot } from './snapshot.ts'
import { tailnetOf } from './tailnet.ts'
import { plus } from './time.ts'

/** As carried, by key. */
export interface Seen {
  readonly accounts: ReadonlyMap<string, Body>
  readonly keys: ReadonlyMap<string, Body>
  readonly policy: Body | null
}

export function* comparisons(snapshot: Snapshot, seen: Seen, span: Span): Generator<Comparison> {
  yield* ofAccounts(snapshot, seen.accounts)
  yield* ofKeys(snapshot, seen.keys, span)
  const before = textOf(seen.policy?.['sha256'])
  const now = policyDigest(snapshot)
  // Where it could not be seen at one of the two, there is nothing to compare.
  if (before === null || now === null) return
  const { policy: events } = auditTrail(snapshot)
  yield { kind: 'policy', key: 'policy', label: 'policy', aspect: 'text', from: before, to: now, events }
}

/** What the next run must know, by name. */
export function remembered(snapshot: Snapshot, seen: Seen): [string, Body][] {
  const digest = policyDigest(snapshot)
  return [
    ...snapshot.of('account').flatMap((account): [string, Body][] => {
      const body = bodyOfAccount(account, seen.accounts.get(account.key))
      return body === null ? [] : [[`account/${account.key}`, body]]
    }),
    ...listedKeys(snapshot).flatMap((key): [string, Body][] => {
      const body = bodyOfKey(key, seen.keys.get(key.key))
      return body === null ? [] : [[`key/${key.key}`, body]]
    }),
    ...(digest === null ? [] : [['policy', { sha256: digest }] as [string, Body]]),
  ]
}

function policyDigest(snapshot: Snapshot): string | null {
  const policy = snapshot.one('policy', tailnetOf(snapshot), 'policy')
  return policy === null ? null : sha256OfText(policy.text)
}

// ── accounts ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** Idle and active follow from use; approval and seats are no suspension. A word that we do not know says neither. */
const LIVE: readonly (string | null)[] = ['active', 'idle', 'needs-approval', 'over-billing-limit']

function statusOf({ status }: Account): string | null {
  return status === 'suspended' ? 'suspended' : LIVE.includes(status) ? 'live' : null
}

/**
 * What was not said leaves what is known; accounts of other tailnets are not in this log. One of a type that was never
 * said may be such a one.
 */
function bodyOfAccount(account: Account, before: Body | undefined): Body | null {
  if (account.type === 'shared') return null
  const kept = (name: string): JsonValue => before?.[name] ?? null
  const status = statusOf(account) ?? kept('status')
  const typed = account.type !== null || before?.['typed'] === true
  return { login: account.login, status, role: account.role ?? kept('role'), typed }
}

function unsureOf(body: Body): { unsure?: true } {
  return body['typed'] === true ? {} : { unsure: true }
}

function* ofAccounts(snapshot: Snapshot, seen: ReadonlyMap<string, Body>): Generator<Comparison> {
  const trail = auditTrail(snapshot)
  const here = new Set<string>()
  for (const account of snapshot.of('account')) {
    here.add(account.key)
    const before = seen.get(account.key)
    const now = bodyOfAccount(account, before)
    if (now === null) continue
    const events = trail.ofAccount(account)
    const subject = { kind: 'account', key: account.key, label: account.login, events } as const
    yield {
      ...subject,
      aspect: 'presence',
      from: before === undefined ? 'gone' : 'present',
      to: 'present',
      ...unsureOf(now),
    }
    for (const aspect of ['status', 'role'] as const) {
      const to = textOf(now[aspect])
      if (to !== null) yield { ...subject, aspect, from: textOf(before?.[aspect]) ?? to, to }
    }
  }
  for (const [key, before] of seen) {
    if (here.has(key)) continue
    const label = textOf(before['login']) ?? key
    const events = trail.ofAccount({ key, login: label })
    yield { kind: 'account', key, label, aspect: 'presence', from: 'present', to: 'gone', events, ...unsureOf(before) }
  }
  yield* neverSeen(snapshot, here, seen)
}

/** Accounts that the log has made and no pull has shown. */
function* neverSeen(
  snapshot: Snapshot,
  here: ReadonlySet<string>,
  seen: ReadonlyMap<string, Body>,
): Generator<Comparison> {
  const logins = new Set(snapshot.of('account').map(({ login }) => foldLogin(login)))
  for (const [id, events] of byTarget(snapshot, 'USER')) {
    if (here.has(id) || seen.has(id)) continue
    const label = events.at(-1)!.target ?? id
    if (!logins.has(foldLogin(label))) {
      yield { kind: 'account', key: id, label, aspect: 'presence', from: 'gone', to: 'gone', events }
    }
  }
}

function byTarget(snapshot: Snapshot, type: string): Map<string, Told[]> {
  const found = new Map<string, Told[]>()
  for (const told of auditTrail(snapshot).all) {
    if (told.event.targetType !== type || told.targetId === null) continue
    const events = found.get(told.targetId)
    if (events === undefined) found.set(told.targetId, [told])
    else events.push(told)
  }
  return found
}

// ── keys ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Keys that the list shows as working, those too of which it did not say enough. */
function listedKeys(snapshot: Snapshot): readonly Key[] {
  return snapshot.of('key').filter((key) => validity(key, snapshot.at).works !== false)
}

/** Of a family that has a name; tokens of an hour are no keys. */
function isTold(key: Key): boolean {
  return familyOf(key) !== null && !isMinted(key)
}

/** What was not said leaves what is known. */
function bodyOfKey(key: Key, before: Body | undefined): Body | null {
  if (!isTold(key)) return before ?? null
  const { description, keyType, reusable } = key
  const kept = (name: 'expiresAt' | 'userId'): JsonValue => key[name] ?? before?.[name] ?? null
  const once = keyType === 'auth' && reusable !== true
  return { label: description ?? key.key, keyType, expiresAt: kept('expiresAt'), userId: kept('userId'), once }
}

function* ofKeys(snapshot: Snapshot, seen: ReadonlyMap<string, Body>, span: Span): Generator<Comparison> {
  const trail = auditTrail(snapshot)
  const hidden = unseenFamilies(snapshot)
  const here = new Set<string>()
  for (const key of listedKeys(snapshot)) {
    here.add(key.key)
    if (!isTold(key)) continue
    const subject = { kind: 'key', key: key.key, label: key.description ?? key.key, aspect: 'presence' } as const
    const events = trail.ofKey(key.key)
    // A family that came into sight shows keys that are not new; one made earlier came back with its creator.
    const older = key.createdAt !== null && key.createdAt <= plus(span.after, -SKEW)
    const isKnown = seen.has(key.key) || older || span.hidden.includes(key.keyType ?? '')
    const unsure = key.createdAt === null && !isKnown ? ({ unsure: true } as const) : {}
    yield { ...subject, from: isKnown ? 'present' : 'gone', to: 'present', events, ...unsure }
  }
  for (const [key, before] of seen) {
    if (here.has(key) || hidden.includes(textOf(before['keyType']) ?? '')) continue
    const subject = { kind: 'key', key, label: textOf(before['label']) ?? key, aspect: 'presence' } as const
    const from = endsBySelf(snapshot, before, span) ? 'gone' : 'present'
    yield { ...subject, from, to: 'gone', events: trail.ofKey(key) }
  }
  if (hidden.length === 0 && span.hidden.length === 0) yield* neverListed(snapshot, here, seen)
}

/**
 * Ends that need no event of their own: the key ran out, was good for one device, or went with its creator (deletion and
 * suspension take keys along without an event for each).
 */
function endsBySelf(snapshot: Snapshot, before: Body, { until }: Span): boolean {
  const expiresAt = textOf(before['expiresAt'])
  if (before['once'] === true || (expiresAt !== null && expiresAt <= plus(until, SKEW))) return true
  const userId = textOf(before['userId'])
  return userId !== null && isOut(snapshot, userId)
}

function isOut(snapshot: Snapshot, userId: string): boolean {
  const creator = creatorOf(snapshot, userId)
  return creator === null || creator.status === 'suspended'
}

/** Keys that the log has made and no pull has shown; one that let a device in since may be used up. */
function* neverListed(
  snapshot: Snapshot,
  here: ReadonlySet<string>,
  seen: ReadonlyMap<string, Body>,
): Generator<Comparison> {
  const devices = auditTrail(snapshot).all.filter(({ what }) => what === 'device-created')
  for (const [id, events] of byTarget(snapshot, 'API_KEY')) {
    const made = events.findLast(({ what }) => what === 'key-created')
    if (made === undefined || here.has(id) || seen.has(id)) continue
    const isUsed = devices.some(({ at }) => at === null || made.at === null || at >= made.at)
    const isGone = madeBySomebodyGone(snapshot, made)
    if (!isUsed && !isGone) {
      yield { kind: 'key', key: id, label: made.target ?? id, aspect: 'presence', from: 'gone', to: 'gone', events }
    }
  }
}

/** Their keys go with them; who is merely not in the list may be spelled otherwise there. */
function madeBySomebodyGone(snapshot: Snapshot, { by }: Told): boolean {
  if (by.id === null) return false
  const own = auditTrail(snapshot).ofAccount({ key: by.id, login: by.name ?? '' })
  return creatorOf(snapshot, by.id)?.status === 'suspended' || own.some(({ what }) => what === 'deleted')
}
