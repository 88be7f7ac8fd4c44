/** What is told to endpoints: written with what it tells of, taken under a lease, settled, given up (`domain/outbox.ts`). */
import type Database from 'better-sqlite3'
import { AppError } from '../domain/error.ts'
import type { Checkpoint } from '../domain/ledger.ts'
import type { Attempt, Claimed, EndpointState, NewEvent, Settled } from '../domain/outbox.ts'
import { type Instant, plus } from '../domain/time.ts'
import { canonicalJson } from '../lib/canonical-json.ts'

/** Receivers are promised no more (Standard Webhooks 1.0: "keep it small"). */
const LARGEST_BODY = 20_000
/** A dot would blur what is signed: id, dot, time, dot, body. */
const EVENT_ID = /^[A-Za-z0-9_]{1,64}$/
/** Events deleted in one transaction. */
const FORGOTTEN_AT_ONCE = 100

interface Place {
  readonly endpoint: string
  readonly sequence: number
}
interface DeliveryRow {
  readonly sequence: number
  readonly state: string
  readonly since: Instant
}
interface EndpointRow {
  readonly disabled_at: Instant | null
  readonly because: string | null
  readonly failing_since: Instant | null
  readonly delivered_at: Instant | null
  readonly waiting: number
  readonly delivered: number
  readonly dead: number
}
interface Outcome extends Place {
  readonly state: string
  readonly due: Instant | null
  readonly error: string | null
  readonly at: Instant
}

const ADD_EVENT = 'insert into event (id, type, at, body) values (?, ?, ?, ?)'
const ADD_ENDPOINT = 'insert or ignore into endpoint (id) values (?)'
const ADD_DELIVERY = `insert into delivery (endpoint, event, state, due_at, error, since, changed_at)
  select id, @sequence, iif(disabled_at is null, 'waiting', 'dead'), iif(disabled_at is null, @at, null),
    'the endpoint was disabled: ' || because, @at, @at from endpoint where id = @endpoint`
const DUE = `select d.event as sequence, e.id as event, d.endpoint, e.body, d.attempts
  from delivery d indexed by delivery_due join event e on e.sequence = d.event
  where d.endpoint = ? and d.state = 'waiting' and d.due_at <= ? order by d.due_at, d.event limit ?`
const IS_DUE = `select 1 from delivery indexed by delivery_due
  where endpoint = ? and state = 'waiting' and due_at <= ? limit 1`
const LEASE = 'update delivery set due_at = ?, leased = 1 where endpoint = ? and event = ?'
const NEXT_DUE = `select min(due_at) from delivery indexed by delivery_due where endpoint = ? and state = 'waiting'`
const DELIVERY = `select d.event as sequence, d.state, d.since from event e join delivery d on d.event = e.sequence
  where e.id = ? and d.endpoint = ?`
const ADD_ATTEMPT = `insert into attempt (event, endpoint, n, at, ms, status, error, answer)
  select @sequence, @endpoint, coalesce(max(n), 0) + 1, @at, @ms, @status, @error, @answer
  from attempt where event = @sequence and endpoint = @endpoint`
const OUTCOME = `update delivery set state = @state, due_at = @due, leased = 0, error = @error, attempts = attempts + 1,
    changed_at = @at where endpoint = @endpoint and event = @sequence`
const FREE = `update delivery set due_at = since, leased = 0
  where endpoint = @endpoint and event = @sequence and leased = 1 and state = 'waiting'`
const SUCCEEDED = `update endpoint set failing_since = null, delivered_at = max(coalesce(delivered_at, ''), @at)
  where id = @endpoint`
const FAILED = 'update endpoint set failing_since = coalesce(failing_since, @at) where id = @endpoint'
const DISABLE = 'update endpoint set disabled_at = @at, because = @because where id = @endpoint and disabled_at is null'
const GIVE_UP = `update delivery set state = 'dead', due_at = null, leased = 0, error = @because, changed_at = @at
  where endpoint = @endpoint and state = 'waiting'`
const WITH_WAITING = 'select id from endpoint where waiting > 0'
const ENDPOINT = 'select * from endpoint where id = ?'
const ENABLE = `update endpoint set disabled_at = null, because = null, failing_since = null
  where id = ? and disabled_at is not null`
const EVENT = 'select type, at, body from event where id = ?'
const ATTEMPTS = `select e.id as event, a.endpoint, a.at, a.ms, a.status, a.error, a.answer
  from event e join attempt a on a.event = e.sequence where e.id = ? and a.endpoint = ? order by a.n`
const SETTLED_BEFORE = `select distinct d.event from delivery d indexed by delivery_changed
  where d.changed_at < @before and d.state <> 'waiting'
    and not exists (select 1 from delivery o where o.event = d.event and (o.state = 'waiting' or o.changed_at >= @before))
  limit @most`
const FORGET = 'delete from event where sequence = ?'

export function outboxStore(db: Database.Database) {
  const addEvent = db.prepare<[string, string, Instant, string]>(ADD_EVENT)
  const addEndpoint = db.prepare<[string]>(ADD_ENDPOINT)
  const addDelivery = db.prepare<[Place & { at: Instant }]>(ADD_DELIVERY)
  const due = db.prepare<[string, Instant, number], Claimed & { sequence: number }>(DUE)
  const isDue = db.prepare<[string, Instant], number>(IS_DUE).pluck()
  const lease = db.prepare<[Instant, string, number]>(LEASE)
  const nextDue = db.prepare<[string], Instant | null>(NEXT_DUE).pluck()
  const deliveryOf = db.prepare<[string, string], DeliveryRow>(DELIVERY)
  const addAttempt = db.prepare<[Omit<Attempt, 'event'> & Place]>(ADD_ATTEMPT)
  const outcome = db.prepare<[Outcome]>(OUTCOME)
  const free = db.prepare<[Place]>(FREE)
  const succeeded = db.prepare<[{ endpoint: string; at: Instant }]>(SUCCEEDED)
  const failed = db.prepare<[{ endpoint: string; at: Instant }]>(FAILED)
  const disable = db.prepare<[{ endpoint: string; at: Instant; because: string }]>(DISABLE)
  const giveUp = db.prepare<[{ endpoint: string; at: Instant; because: string }]>(GIVE_UP)
  const withWaiting = db.prepare<[], string>(WITH_WAITING).pluck()
  const endpointOf = db.prepare<[string], EndpointRow>(ENDPOINT)
  const enable = db.prepare<[string]>(ENABLE)
  const eventOf = db.prepare<[string], { type: string; at: Instant; body: string }>(EVENT)
  const attemptsOf = db.prepare<[string, string], Attempt>(ATTEMPTS)
  const settledBefore = db.prepare<[{ before: Instant; most: number }], number>(SETTLED_BEFORE).pluck()
  const forgetEvent = db.prepare<[number]>(FORGET)

  /** Within a transaction of the caller. */
  function add(events: readonly NewEvent[], checkpoint: Checkpoint | null): void {
    for (const event of events) {
      if (event.endpoints.length === 0) continue
      const sequence = Number(addEvent.run(event.id, event.type, event.at, bodyOf(event, checkpoint)).lastInsertRowid)
      for (const endpoint of new Set(event.endpoints)) {
        addEndpoint.run(endpoint)
        addDelivery.run({ endpoint, sequence, at: event.at })
      }
    }
  }

  const claim = db.transaction((endpoint: string, now: Instant, until: Instant, limit: number): Claimed[] =>
    due.all(endpoint, now, limit).map(({ sequence, ...claimed }) => {
      lease.run(until, endpoint, sequence)
      return claimed
    }),
  )

  const settle = db.transaction((settled: readonly Settled[]): void => {
    for (const one of settled) settleOne(one)
  })

  function settleOne({ attempt, next, disable: because }: Settled): void {
    const { event, endpoint } = attempt
    const row = deliveryOf.get(event, endpoint)
    // Forgotten meanwhile: there is nothing left to note it at.
    if (row === undefined) return
    const { sequence } = row
    const { at, ms, status, error, answer } = attempt
    addAttempt.run({ sequence, endpoint, at, ms: Math.round(ms), status, error, answer })
    const endedAt = plus(at, ms)
    if (error === null) succeeded.run({ endpoint, at: endedAt })
    else failed.run({ endpoint, at: endedAt })
    const replayedSince = at < row.since
    if (replayedSince) free.run({ endpoint, sequence })
    else if (row.state === 'waiting' || (row.state === 'dead' && next.state === 'delivered')) {
      const due = next.state === 'waiting' ? next.dueAt : null
      outcome.run({ endpoint, sequence, state: next.state, due, error, at: endedAt })
    }
    if (because === null) return
    disable.run({ endpoint, at: endedAt, because })
    giveUp.run({ endpoint, at: endedAt, because: `the endpoint was disabled: ${because}` })
  }

  const release = db.transaction((claimed: readonly { event: string; endpoint: string }[]): void => {
    for (const { event, endpoint } of claimed) {
      const row = deliveryOf.get(event, endpoint)
      if (row !== undefined) free.run({ endpoint, sequence: row.sequence })
    }
  })

  const retire = db.transaction((inUse: readonly string[], at: Instant, because: string): number =>
    withWaiting
      .all()
      .filter((id) => !inUse.includes(id))
      .reduce((sum, endpoint) => sum + giveUp.run({ endpoint, at, because }).changes, 0),
  )

  const forget = db.transaction((before: Instant): number => {
    const sequences = settledBefore.all({ before, most: FORGOTTEN_AT_ONCE })
    for (const sequence of sequences) forgetEvent.run(sequence)
    return sequences.length
  })

  function stateOf(id: string): EndpointState {
    const row = endpointOf.get(id)
    return {
      id,
      disabledAt: row?.disabled_at ?? null,
      because: row?.because ?? null,
      failingSince: row?.failing_since ?? null,
      deliveredAt: row?.delivered_at ?? null,
      counts: { waiting: row?.waiting ?? 0, delivered: row?.delivered ?? 0, dead: row?.dead ?? 0 },
    }
  }

  return {
    add,
    /** The asking costs no writer's place: mostly nothing is due. */
    isDue: (endpoint: string, now: Instant): boolean => isDue.get(endpoint, now) !== undefined,
    claim: (endpoint: string, now: Instant, until: Instant, limit: number): Claimed[] =>
      claim.immediate(endpoint, now, until, limit),
    settle: (settled: readonly Settled[]): void => settle.immediate(settled),
    release: (claimed: readonly { event: string; endpoint: string }[]): void => release.immediate(claimed),
    retire: (inUse: readonly string[], at: Instant, because: string): number => retire.immediate(inUse, at, because),
    nextDue(endpoints: readonly string[]): Instant | null {
      const times = endpoints.map((id) => nextDue.get(id) ?? null).filter((at) => at !== null)
      return times.sort()[0] ?? null
    },
    endpoints: db.transaction((ids: readonly string[]): EndpointState[] => ids.map(stateOf)),
    enable: (id: string): boolean => enable.run(id).changes > 0,
    event: (id: string) => eventOf.get(id) ?? null,
    attempts: (event: string, endpoint: string): Attempt[] => attemptsOf.all(event, endpoint),
    forget: (before: Instant): number => forget.immediate(before),
  }
}

export type OutboxStore = ReturnType<typeof outboxStore>

/** Made once: every attempt sends these bytes. */
function bodyOf({ id, type, at, data }: NewEvent, checkpoint: Checkpoint | null): string {
  if (!EVENT_ID.test(id)) throw new AppError('internal', `store: "${id}" is no id of an event`)
  const shown = checkpoint === null ? null : { origin: checkpoint.origin, size: checkpoint.size, root: checkpoint.root }
  const body = canonicalJson({ type, timestamp: at, data: { ...data, checkpoint: shown } })
  const bytes = Buffer.byteLength(body)
  if (bytes > LARGEST_BODY) {
    throw new AppError('internal', `store: the event ${type} would be ${bytes} bytes long; ${LARGEST_BODY} are allowed`)
  }
  return body
}
