/** The events of the newest window of a tailnet's audit log by what they happened to, and how much of the log was read. */
import { type Meaning, meaningOf } from './audit.ts'
import { byText, type JsonValue } from './json.ts'
import { foldLogin } from './match.ts'
import type { Account, AuditEvent, AuditWindow } from './record.ts'
import type { Snapshot } from './snapshot.ts'
import { tailnetOf } from './tailnet.ts'
import { type Instant, MINUTE, plus } from './time.ts'

/** The vendor's clock and ours may differ so much before it is complained of (design section 2). */
export const SKEW = 5 * MINUTE

/** An event with what it means. */
export interface Told extends Meaning {
  readonly event: AuditEvent
  /** Null: the vendor's time could not be read, so nothing rests on when it was. */
  readonly at: Instant | null
}

export interface AuditTrail {
  /** Null where the log was not read. */
  readonly window: AuditWindow | null
  /** In the order in which they happened, those without a time last. */
  readonly all: readonly Told[]
  ofAccount(account: Pick<Account, 'key' | 'login'>): readonly Told[]
  ofKey(id: string): readonly Told[]
  readonly policy: readonly Told[]
}

export function auditTrail(snapshot: Snapshot): AuditTrail {
  return snapshot.derive(makeTrail)
}

function makeTrail(snapshot: Snapshot): AuditTrail {
  const all = snapshot
    .of('audit')
    .flatMap((event): Told[] => {
      const meaning = meaningOf(event)
      return meaning === null ? [] : [{ ...meaning, event, at: event.at }]
    })
    .sort(inOrder)
  const ofAccounts = all.filter(
    ({ what, event }) => event.targetType === 'USER' || what === 'invited' || what === 'joined',
  )
  const ids = new Set(snapshot.of('account').map(({ key }) => key))
  // Whether the log spells ids as the list of accounts does is not published: where none agrees, logins are compared.
  const sameIds = ofAccounts.some(({ targetId }) => targetId !== null && ids.has(targetId))
  const byId = grouped(ofAccounts, ({ targetId }) => targetId)
  const byLogin = grouped(ofAccounts, ({ what, targetId, target }) =>
    target === null || (sameIds && targetId !== null && what !== 'invited') ? null : foldLogin(target),
  )
  const ofKeys = grouped(all, ({ event, targetId }) => (event.targetType === 'API_KEY' ? targetId : null))
  return {
    window: snapshot.one('auditlog', tailnetOf(snapshot), 'configuration'),
    all,
    ofAccount({ key, login }) {
      const own = byId.get(key) ?? NOTHING
      const named = byLogin.get(foldLogin(login))?.filter((told) => isOf(told, key, ids) && !own.includes(told)) ?? []
      return named.length === 0 ? own : [...own, ...named].sort(inOrder)
    },
    ofKey: (id) => ofKeys.get(id) ?? NOTHING,
    policy: all.filter(({ what }) => what === 'policy'),
  }
}

const NOTHING: readonly Told[] = []

function inOrder(a: Told, b: Told): number {
  return byText(a.at ?? '~', b.at ?? '~') || byText(a.event.key, b.event.key)
}

/** An event that names another account by its id is not of this one, whatever login it had. */
function isOf({ targetId }: Told, key: string, ids: ReadonlySet<string>): boolean {
  return targetId === null || targetId === key || !ids.has(targetId)
}

function grouped(told: readonly Told[], nameOf: (told: Told) => string | null): Map<string, Told[]> {
  const groups = new Map<string, Told[]>()
  for (const each of told) {
    const name = nameOf(each)
    if (name === null) continue
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [each])
    else group.push(each)
  }
  return groups
}

/** Whether an account did it to itself. */
export function isOwn({ by }: Pick<Told, 'by'>, { key, login }: Pick<Account, 'key' | 'login'>): boolean {
  return by.id === key || (by.name !== null && foldLogin(by.name) === foldLogin(login))
}

/** Between two pulls, give or take what the clocks differ. */
export function happenedIn({ at }: Pick<Told, 'at'>, after: Instant, before: Instant): boolean {
  return at !== null && at >= plus(after, -SKEW) && at <= plus(before, SKEW)
}

// ── how much of the log was read ───────────────────────────────────────────────────────────────────────────────────

export interface Stretch {
  readonly from: Instant
  readonly to: Instant
}

/** From the beginning of the first window to the end of the newest, and what was never read in between. */
export interface LogRead extends Stretch {
  readonly gaps: readonly Stretch[]
}

/** More than these would say the same: the log is not being read. The oldest are joined. */
const MOST_GAPS = 50

export function readSoFar(before: LogRead | null, { from, to }: Stretch): LogRead {
  if (before === null) return { from, to, gaps: [] }
  const gaps = before.gaps.flatMap((gap) => without(gap, { from, to }))
  if (from > before.to) gaps.push({ from: before.to, to: from })
  const [first, second, ...rest] = gaps
  return {
    from: before.from,
    to: to > before.to ? to : before.to,
    gaps: gaps.length > MOST_GAPS ? [{ from: first!.from, to: second!.to }, ...rest] : gaps,
  }
}

/** What is left of a gap when a later window reached back into it. */
function without(gap: Stretch, { from, to }: Stretch): Stretch[] {
  if (to <= gap.from || from >= gap.to) return [gap]
  const left = from > gap.from ? [{ from: gap.from, to: from }] : []
  return to < gap.to ? [...left, { from: to, to: gap.to }] : left
}

export function wasRead(log: LogRead, from: Instant, to: Instant): boolean {
  return log.from <= from && to <= log.to && !log.gaps.some((gap) => gap.from < to && from < gap.to)
}

/** As it is carried: flat lists of moments. */
export function writtenLog({ from, to, gaps }: LogRead): JsonValue {
  return { from, to, gaps: gaps.map((gap) => [gap.from, gap.to]) }
}

export function logOf(value: JsonValue | undefined): LogRead | null {
  if (value === undefined || value === null || typeof value !== 'object' || !('from' in value)) return null
  const { from, to, gaps } = value as unknown as Stretch & { gaps: readonly (readonly [Instant, Instant])[] }
  return { from, to, gaps: gaps.map(([start, end]) => ({ from: start, to: end })) }
}
