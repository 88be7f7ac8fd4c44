/**
 * What is told to endpoints, from the transaction that made it true to the answer that took it. An event is written with
 * what it tells of and delivered afterwards, at least once: a sender that dies between answer and note sends again, under
 * the same id.
 */
import type { JsonObject } from './json.ts'
import type { Instant } from './time.ts'

/** Something that became true. The store adds the newest checkpoint to `data` and makes the body, once. */
export interface NewEvent {
  /** `webhook-id`: the same over all attempts and endpoints; letters, digits and `_`, no dot (Standard Webhooks 1.0). */
  readonly id: string
  /** Of the catalogue in event.ts. */
  readonly type: string
  readonly at: Instant
  readonly data: JsonObject
  /** Ids of those who are told; an event that nobody asked for is not made. */
  readonly endpoints: readonly string[]
}

/** Somebody who is told, as `exhibit.yaml` names them. */
export interface Endpoint {
  readonly id: string
  readonly url: URL
  /** Names of events, families (`finding.*`) or `*`. */
  readonly events: readonly string[]
  /** As the environment or the files have them now, newest first: more than one while they rotate. */
  secrets(): readonly string[]
}

/** `dead`: every attempt failed, or the endpoint was disabled before; `replay` makes it `waiting` again. */
export type DeliveryState = 'waiting' | 'delivered' | 'dead'

/** One event on its way to one endpoint. */
export interface Delivery {
  /** Of the event: later ones have higher numbers, and none is used twice. */
  readonly sequence: number
  readonly event: string
  readonly type: string
  readonly at: Instant
  readonly endpoint: string
  readonly state: DeliveryState
  readonly attempts: number
  /** Of a waiting one; while an attempt is under way, the end of its lease. */
  readonly dueAt: Instant | null
  /** What the last attempt met; null before it and after a success. */
  readonly error: string | null
  readonly changedAt: Instant
}

/** Taken by one sender until the lease ends; then by whoever asks next. */
export interface Claimed {
  readonly event: string
  readonly endpoint: string
  /** As it is sent, to the byte, at every attempt. */
  readonly body: string
  /** Attempts since it was made or replayed; 0 before the first. */
  readonly attempts: number
}

export interface Attempt {
  readonly event: string
  readonly endpoint: string
  readonly at: Instant
  readonly ms: number
  /** HTTP status; null where there was no answer. */
  readonly status: number | null
  /** Null for a success. Nothing secret, and nothing of the request's headers. */
  readonly error: string | null
  /** The first 1,024 characters of the answer, control characters aside; null where there was none. */
  readonly answer: string | null
}

/**
 * What comes of an attempt. One that began before its delivery was last replayed is noted, and decides nothing but
 * `disable`.
 */
export interface Settled {
  readonly attempt: Attempt
  readonly next:
    | { readonly state: 'delivered' }
    | { readonly state: 'waiting'; readonly dueAt: Instant }
    | { readonly state: 'dead' }
  /** Set: nothing is sent there any more, and what waits is dead, until people enable it. */
  readonly disable: string | null
}

export interface EndpointState {
  readonly id: string
  /** Null: it is in use. */
  readonly disabledAt: Instant | null
  readonly because: string | null
  /** Since when nothing but failures; null after a success. */
  readonly failingSince: Instant | null
  readonly deliveredAt: Instant | null
  readonly counts: Readonly<Record<DeliveryState, number>>
}

export interface DeliveryFilter {
  readonly endpoint?: string
  readonly state?: DeliveryState
  readonly event?: string
  /** Of the event's own moment, both included. */
  readonly since?: Instant
  readonly until?: Instant
  /** Where anything came of it since then. */
  readonly changedSince?: Instant
}

/**
 * Part of the store; each method is one whole transaction, and waits for another's without holding up the thread. Nothing
 * waits for a disabled endpoint: what is told to it is dead from the start.
 */
export interface Outbox {
  /** Events that tell of nothing in the ledger, such as a test on request. Those of runs and exports come with these. */
  tell(events: readonly NewEvent[]): Promise<void>
  /** Due deliveries of one endpoint, first due first, leased until `leaseUntil`: nobody else gets them before. */
  claim(endpoint: string, now: Instant, leaseUntil: Instant, limit: number): Promise<readonly Claimed[]>
  /** Notes attempts. One that came to nothing because the delivery was settled by another meanwhile is noted all the same. */
  settle(settled: readonly Settled[]): Promise<void>
  /** Gives back what was claimed and not settled: due again at once, and no attempt is counted. */
  release(claimed: readonly Pick<Claimed, 'event' | 'endpoint'>[]): Promise<void>
  /** What waits for any endpoint but these is dead, because of `because`; how many. */
  retire(inUse: readonly string[], now: Instant, because: string): Promise<number>
  /** When the next waiting delivery of these endpoints is due, leases regarded; null where none waits. */
  nextDue(endpoints: readonly string[]): Promise<Instant | null>
  /** In the order given; an endpoint of which nothing is known is in use and empty. */
  endpoints(ids: readonly string[]): Promise<readonly EndpointState[]>
  /** In use again; what died stays dead until it is replayed. False where it was in use. */
  enable(endpoint: string): Promise<boolean>
  /** Newest first, by sequence and endpoint; `after` continues behind that place, whether or not anything is there still. */
  deliveries(
    filter: DeliveryFilter,
    limit: number,
    after: Pick<Delivery, 'sequence' | 'endpoint'> | null,
  ): Promise<readonly Delivery[]>
  /** Of one delivery, oldest first. */
  attempts(event: string, endpoint: string): Promise<readonly Attempt[]>
  /** The body as it is sent; null where there is no such event (any more). */
  event(id: string): Promise<{ readonly type: string; readonly at: Instant; readonly body: string } | null>
  /**
   * Makes what the filter names wait from `now` on, as if new, delivered ones too; how many. What is meant for a disabled
   * endpoint stays as it is: enable it first.
   */
  replay(filter: DeliveryFilter, now: Instant): Promise<number>
  /**
   * Deletes events of which every delivery was settled before `before`, with their attempts, a bounded number a call;
   * how many. 0: none is left.
   */
  forget(before: Instant): Promise<number>
}
