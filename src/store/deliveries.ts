/** The log of deliveries: which of them are meant, newest first, and what is sent once more. */
import type Database from 'better-sqlite3'
import type { Delivery, DeliveryFilter } from '../domain/outbox.ts'
import type { Instant } from '../domain/time.ts'

/** What a filter asks for; the bounds of the sequence keep what is far away unread. */
const CONDITIONS: Readonly<Record<keyof DeliveryFilter, string>> = {
  endpoint: 'd.endpoint = @endpoint',
  state: 'd.state = @state',
  event: 'd.event = (select sequence from event where id = @event)',
  since: `d.event >= (select min(sequence) from event where at >= @since)
    and exists (select 1 from event e where e.sequence = d.event and e.at >= @since)`,
  until: `d.event <= (select max(sequence) from event where at <= @until)
    and exists (select 1 from event e where e.sequence = d.event and e.at <= @until)`,
  changedSince: 'd.changed_at >= @changedSince',
}
/** As the index over what is not delivered says it; without it that index serves nobody. */
const UNSETTLED = "d.state <> 'delivered'"
const LIST = `select d.event as sequence, e.id as event, e.type, e.at, d.endpoint, d.state, d.attempts,
    d.due_at as dueAt, d.error, d.changed_at as changedAt
  from delivery d join event e on e.sequence = d.event`
const BEHIND = '(d.event, d.endpoint) < (@sequence, @last)'
const NEWEST_FIRST = 'order by d.event desc, d.endpoint desc limit @limit'
/** The plus keeps SQLite from walking along the events, most of which did not change. */
const BEHIND_OF_FEW = '(+d.event, +d.endpoint) < (@sequence, @last)'
const NEWEST_FIRST_OF_FEW = 'order by +d.event desc, +d.endpoint desc limit @limit'
const CHANGED = `select count(*) from (select 1 from delivery where changed_at >= ? limit ?)`
const REPLAY = `update delivery as d set state = 'waiting', attempts = 0, error = null,
    due_at = iif(leased = 1, due_at, @now), since = @now, changed_at = @now
  where exists (select 1 from endpoint p where p.id = d.endpoint and p.disabled_at is null)`

/** So many are sorted faster than all are looked through. */
const FEW = 10_000

export function deliveryLog(db: Database.Database) {
  const statements = new Map<string, Database.Statement<[Readonly<Record<string, string | number>>]>>()
  const changed = db.prepare<[Instant, number], number>(CHANGED).pluck()

  /** One of a few texts: each condition is there or not. */
  function statement(parts: readonly string[]) {
    const text = parts.join(' ')
    let made = statements.get(text)
    if (made === undefined) {
      made = db.prepare(text)
      statements.set(text, made)
    }
    return made
  }

  return {
    list(
      filter: DeliveryFilter,
      limit: number,
      after: Pick<Delivery, 'sequence' | 'endpoint'> | null,
    ): readonly Delivery[] {
      const few = filter.changedSince !== undefined && changed.get(filter.changedSince, FEW)! < FEW
      const behind = after === null ? [] : [few ? BEHIND_OF_FEW : BEHIND]
      const conditions = [...conditionsOf(filter), ...behind].map((one, n) => `${n === 0 ? 'where' : 'and'} ${one}`)
      const place = after === null ? {} : { sequence: after.sequence, last: after.endpoint }
      const found = statement([LIST, ...conditions, few ? NEWEST_FIRST_OF_FEW : NEWEST_FIRST])
      return found.all({ ...filter, ...place, limit }) as Delivery[]
    },
    /** One statement. What is under way goes on, decides nothing, and is sent once more after it. */
    replay(filter: DeliveryFilter, now: Instant): number {
      return statement([REPLAY, ...conditionsOf(filter).map((one) => `and ${one}`)]).run({ ...filter, now }).changes
    },
  }
}

function conditionsOf(filter: DeliveryFilter): string[] {
  const asked = (Object.keys(CONDITIONS) as (keyof DeliveryFilter)[]).filter((name) => filter[name] !== undefined)
  const rare = filter.state !== undefined && filter.state !== 'delivered'
  return [...asked.map((name) => CONDITIONS[name]), ...(rare ? [UNSETTLED] : [])]
}
