/**
 * How often callers may ask: token buckets in memory, one for each caller of the API and one for each address that is
 * refused. What is told of them are the fields of draft-ietf-httpapi-ratelimit-headers; pages are not limited.
 */
import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'
import { MINUTE, millis, SECOND } from '../domain/time.ts'
import type { Visitor } from './access.ts'
import type { HttpParts } from './parts.ts'
import { problem } from './problems.ts'

export interface Quota {
  readonly name: string
  /** As `RateLimit-Policy` has it. */
  readonly policy: string
  /** Requests in a minute, and as many at once after a rest of a minute. */
  readonly most: number
  /** What it is that were too many. */
  readonly of: string
}

/** Of a key, and of a session within the API: twenty thousand findings are a hundred pages. */
export const PER_CALLER = quota('caller', 600, 'requests by one caller')
/** Answers of 401 to an address. */
export const REFUSALS = quota('refusals', 60, 'requests from this address that were not signed in')

function quota(name: string, most: number, of: string): Quota {
  return { name, policy: `"${name}";q=${most};w=${MINUTE / SECOND}`, most, of }
}

/** Callers that are known at a time; who came first is forgotten then, and has a full bucket again. */
const REMEMBERED = 10_000

/** The share of a bucket from which on its holder is told: two headers more on every answer cost a few per cent of a list. */
const SCARCE = 0.25

export interface Rates {
  /** Counts a request of somebody who was let in; the answer where it is one too many. */
  asked(c: Context, visitor: Visitor): Response | null
  /** Counts a request that is refused with 401; the answer in its place where it is one too many. */
  refused(c: Context): Response | null
}

export function rates({ now }: Pick<HttpParts, 'now'>): Rates {
  const callers = buckets(PER_CALLER)
  const addresses = buckets(REFUSALS)
  return {
    asked: (c, { by, id }) =>
      by === 'key' || c.req.path.startsWith('/api/') ? told(c, PER_CALLER, callers(id, millis(now()))) : null,
    // Who has the right key is let in however often others were refused: behind a proxy all have one address, and nobody
    // finds 160 bits by trying.
    refused(c) {
      const address = addressOf(c)
      return address === null ? null : told(c, REFUSALS, addresses(address, millis(now())))
    },
  }
}

interface Bucket {
  left: number
  at: number
}

/** Takes one from the bucket of that name; gives what was left before. */
function buckets({ most }: Quota): (name: string, now: number) => number {
  const known = new Map<string, Bucket>()
  return (name, now) => {
    let bucket = known.get(name)
    if (bucket === undefined) {
      if (known.size >= REMEMBERED) known.delete(known.keys().next().value!)
      bucket = { left: most, at: now }
      known.set(name, bucket)
    } else if (now > bucket.at) {
      bucket.left = Math.min(most, bucket.left + ((now - bucket.at) * most) / MINUTE)
      bucket.at = now
    }
    const { left } = bucket
    if (left >= 1) bucket.left = left - 1
    return left
  }
}

function told(c: Context, { name, policy, most, of }: Quota, before: number): Response | null {
  const left = before >= 1 ? before - 1 : before
  if (left >= most * SCARCE) return null
  c.header('ratelimit-policy', policy)
  c.header('ratelimit', `"${name}";r=${Math.floor(left)};t=${secondsFor(most - left, most)}`)
  if (before >= 1) return null
  const wait = secondsFor(1 - before, most)
  c.header('retry-after', String(wait))
  return problem(c, 'too-many-requests', `More than ${most} ${of} in a minute; the next is taken in ${wait} s.`)
}

/** Until so many have come back. */
function secondsFor(count: number, most: number): number {
  return Math.ceil((count * MINUTE) / most / SECOND)
}

/** Null where there is no connection. Never from a header: anybody can write one. */
function addressOf(c: Context): string | null {
  const { incoming } = (c.env ?? {}) as Partial<HttpBindings>
  return incoming?.socket.remoteAddress ?? null
}
