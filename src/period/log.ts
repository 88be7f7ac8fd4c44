/** The vendor's own log as a second witness: which of its events tells of what two pulls saw. */
import { type Meaning, meaningOf, type What } from '../domain/audit.ts'
import { byText } from '../domain/json.ts'
import { foldLogin } from '../domain/match.ts'
import type { Witness } from '../domain/period.ts'
import { refOf } from '../domain/record.ts'
import type { Store } from '../domain/store.ts'
import { type Instant, MINUTE, plus } from '../domain/time.ts'

/** How far the vendor's clock and ours may be apart: as far as a vendor's time may be ahead (design section 2). */
export const SKEW_MS = 5 * MINUTE

export interface LogEvent extends Meaning {
  readonly at: Instant
  readonly event: string
  /** Sequence of the first run at hand that had read it. */
  readonly readIn: number
}

export interface VendorLog {
  /** Sources whose log was ever read. */
  readonly visible: ReadonlySet<string>
  /** Everything of a source, by time. */
  all(source: string): readonly LogEvent[]
  /** What is told of a thing, by its id or, of accounts, by its login; by time. */
  of(source: string, target: { readonly key: string; readonly label: string }): readonly LogEvent[]
}

/** Each event once: pulls overlap, and an event is gone from the snapshot when its window is over. */
export async function vendorLog(store: Pick<Store, 'versions'>, from: number, to: number): Promise<VendorLog> {
  const visible = new Set<string>()
  const all = new Map<string, LogEvent[]>()
  let last = ''
  for await (const { source, kind, key, from: readIn, record } of store.versions(['audit', 'auditlog'], from, to)) {
    if (kind === 'auditlog') visible.add(source)
    if (record?.kind !== 'audit' || record.at === null || `${source}\0${key}` === last) continue
    last = `${source}\0${key}`
    const meaning = meaningOf(record)
    if (meaning !== null) listIn(all, source).push({ ...meaning, at: record.at, event: refOf(record), readIn })
  }
  const targets = new Map<string, LogEvent[]>()
  for (const [source, events] of all) {
    events.sort((a, b) => byText(a.at, b.at) || byText(a.event, b.event))
    for (const event of events) {
      const names = [event.targetId, event.target === null ? null : foldLogin(event.target)]
      for (const name of new Set(names)) if (name !== null) listIn(targets, `${source}\0${name}`).push(event)
    }
  }
  return {
    visible,
    all: (source) => all.get(source) ?? [],
    of(source, { key, label }) {
      const byId = targets.get(`${source}\0${key}`)
      // Ids may be written in another form there (vendors/tailscale.md section 2.1); then the login tells.
      return byId ?? targets.get(`${source}\0${foldLogin(label)}`) ?? []
    },
  }
}

function listIn<T>(lists: Map<string, T[]>, name: string): T[] {
  const known = lists.get(name)
  if (known !== undefined) return known
  const made: T[] = []
  lists.set(name, made)
  return made
}

/** Whether it can have happened between the two, whichever clock is right. */
export function lies(at: Instant, after: Instant | null, before: Instant | null): boolean {
  return (after === null || at >= plus(after, -SKEW_MS)) && (before === null || at <= plus(before, SKEW_MS))
}

/** The last event within the bounds of the first of these meanings that there is one of: it left what the later pull saw. */
export function lastWithin(
  events: readonly LogEvent[],
  what: readonly What[],
  bounds: { readonly after: Instant | null; readonly before: Instant | null },
  fits: (event: LogEvent) => boolean = () => true,
): LogEvent | null {
  const within = events.filter(
    (event) => what.includes(event.what) && lies(event.at, bounds.after, bounds.before) && fits(event),
  )
  for (const one of what) {
    const last = within.findLast((event) => event.what === one)
    if (last !== undefined) return last
  }
  return null
}

/** Whether an account lets nobody in any more after this, or lets in again; null: neither. */
export function shuts({ what }: Pick<LogEvent, 'what'>): boolean | null {
  if (what === 'suspended' || what === 'deleted') return true
  return what === 'created' || what === 'restored' || what === 'approved' ? false : null
}

/** What ended access within the bounds: a deletion after a suspension ends nothing more. */
export function endWithin(
  events: readonly LogEvent[],
  bounds: { readonly after: Instant | null; readonly before: Instant | null },
): LogEvent | null {
  let ended: LogEvent | null = null
  for (const event of events) {
    const shut = shuts(event)
    if (shut === null || !lies(event.at, bounds.after, bounds.before)) continue
    ended = shut ? (ended ?? event) : null
  }
  return ended
}

export function witnessOf({ at, by, event }: LogEvent): Witness {
  return { at, actor: by.name ?? by.id, actorType: by.type, event }
}
