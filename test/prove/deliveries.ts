/**
 * P15: events are told while a process sends them to endpoints that fail in every way, and that process is killed
 * (SIGKILL) again and again. In the end each event has reached each endpoint, or is a dead letter that shows every attempt.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Delivery } from '../../src/domain/outbox.ts'
import type { Store } from '../../src/domain/store.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { keysIn, testLedger } from '../helpers/ledger.ts'
import { type Answer, type Received, receiver, verifies } from '../webhooks/receiver.ts'
import { event, fastClock, SECRET } from '../webhooks/sending.ts'
import type { SendingOrder } from './sending-process.ts'

export interface DeliveriesOptions {
  readonly events: number
  readonly endpoints: number
  readonly kills: number
  /** The schedule's time to the machine's. */
  readonly scale: number
  /** How long one attempt may take, of the machine's time. */
  readonly attemptMs: number
  progress?(done: number, total: number): void
}

/** Of all attempts, by share; what is left is a plain success. */
const FAULTS: readonly (readonly [share: number, name: string, answer: Answer])[] = [
  [0.3, 'status 500', { status: 500, body: 'no' }],
  [0.05, 'reset after the body', 'reset'],
  [0.05, 'hang', 'hang'],
  [0.02, 'gone', { status: 410 }],
  [0.03, 'too many', { status: 429, headers: { 'retry-after': '60' } }],
  [0.05, 'slow success', { status: 200, afterMs: 15 }],
  [0.01, 'success without an end', 'endless'],
]
/** That disables it at once, so that all that follows is dead: one endpoint gives it, and 404 the others. */
const GOES_AWAY = 'e0'
const AT_ONCE = 4
/** Small parts with pauses: the receiver is in this process too, and answers between them. */
const TOLD_AT_ONCE = 20
const PAUSE_MS = 20

export async function proveDeliveries(options: DeliveriesOptions) {
  const { events, endpoints, kills, scale, attemptMs, progress = () => {} } = options
  const ids = Array.from({ length: endpoints }, (_, n) => `e${n}`)
  const total = events * endpoints
  const folder = mkdtempSync(join(tmpdir(), 'deliveries-'))
  const path = join(folder, 'exhibit.db')
  const store = await openSqliteStore({ path, ledger: testLedger(keysIn(folder)) })
  const seen = witness()
  const there = await receiver(seen.take, false)
  const beganAt = Date.now()
  const clock = fastClock(scale, beganAt)
  const order = JSON.stringify({ path, base: there.url.href, ids, scale, beganAt, attemptMs } satisfies SendingOrder)
  const processes = senders()
  try {
    const telling = tellAll()
    processes.start(order)
    for (let n = 1; n <= kills; n++) {
      // Each in the midst of its share of the traffic, and never at the same place of it.
      const at = Math.floor((total * (n - 0.5 + 0.4 * Math.sin(n))) / (kills + 1))
      while (seen.counts.all < at) await look()
      await processes.kill()
      processes.start(order)
      await enable(GOES_AWAY)
    }
    await telling
    while ((await look()) > 0);
    return await accounted()
  } finally {
    await processes.kill()
    await there.close()
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  }

  /** Gives how many deliveries wait. */
  async function look(): Promise<number> {
    await processes.alive()
    const states = await store.endpoints(ids)
    // At this speed five days are over in seconds: a machine that is busy with other things gives nothing but failures.
    for (const { id, disabledAt } of states) if (disabledAt !== null && id !== GOES_AWAY) await enable(id)
    const settled = states.reduce((sum, { counts }) => sum + counts.delivered + counts.dead, 0)
    progress(settled, total)
    return total - settled
  }

  /** What an operator does where an endpoint was disabled and works again. */
  async function enable(endpoint: string): Promise<void> {
    if (await store.enable(endpoint)) await store.replay({ endpoint, state: 'dead' }, clock.now())
  }

  async function tellAll(): Promise<void> {
    for (let n = 0; n < events; n += TOLD_AT_ONCE) {
      const batch = Array.from({ length: Math.min(TOLD_AT_ONCE, events - n) }, (_, at) =>
        event(n + at, ids, clock.now()),
      )
      await store.tell(batch)
      await wait(PAUSE_MS)
    }
  }

  async function accounted() {
    const found = [...seen.found, ...processes.said]
    const counts = { delivered: 0, dead: 0, unaccounted: 0, again: 0 }
    const known = new Set<string>()
    for await (const delivery of everyDelivery(store)) {
      const key = `${delivery.event} ${delivery.endpoint}`
      known.add(key)
      const successes = (there.answered.get(key) ?? []).filter((status) => status < 300).length
      counts.again += Math.max(0, successes - 1)
      if (delivery.state === 'delivered' && successes > 0) counts.delivered++
      else if (delivery.state === 'dead' && (await isShownWhole(store, delivery))) counts.dead++
      else {
        counts.unaccounted++
        found.push(`${key} is ${delivery.state} after ${delivery.attempts} attempts and reached it ${successes} times`)
      }
    }
    counts.unaccounted += total - known.size
    if (known.size !== total) found.push(`${total - known.size} deliveries are not in the log`)
    const bound = kills * AT_ONCE * endpoints + seen.counts.resets
    if (counts.again > bound) found.push(`${counts.again} duplicates, more than ${bound}`)
    const number = (n: number): string => n.toLocaleString('en')
    return {
      lines: [
        `${number(events)} events to ${endpoints} endpoints, ${kills} kills of the sender, ${number(seen.counts.all)} requests, of which ${number(seen.counts.faults)} were answered with a fault`,
        `${number(counts.delivered)} delivered, ${number(counts.dead)} dead letters that show every attempt, ${counts.unaccounted} unaccounted; ${number(counts.again)} duplicates (at most ${number(bound)}: kills × ${AT_ONCE * endpoints} + ${number(seen.counts.resets)} resets)`,
      ],
      holds: found.length === 0,
      found: found.slice(0, 20),
      counts,
    }
  }
}

/** Looks at every request and answers it by the script. */
function witness() {
  const counts = { all: 0, faults: 0, resets: 0 }
  const found: string[] = []
  const bodies = new Map<string, string>()
  const times = new Map<string, string>()

  function take(received: Received): Answer {
    counts.all++
    const { headers, body, endpoint, before } = received
    const id = headers['webhook-id']!
    const digest = createHash('sha256').update(body).digest('base64')
    if ((bodies.get(id) ?? digest) !== digest) found.push(`${id} came with another body`)
    bodies.set(id, digest)
    const time = headers['webhook-timestamp']!
    if (!verifies(received, SECRET, Number(time))) found.push(`${id} to ${endpoint} is not signed`)
    if (times.get(`${id} ${endpoint}`) === time) found.push(`${id} to ${endpoint} came twice with the time ${time}`)
    times.set(`${id} ${endpoint}`, time)
    const [name, answer] = faultOf(id, endpoint, before)
    if (name !== null) counts.faults++
    if (answer === 'reset') counts.resets++
    return answer
  }

  return { take, counts, found }
}

function faultOf(id: string, endpoint: string, before: number): readonly [string | null, Answer] {
  let left = createHash('sha256').update(`${id} ${endpoint} ${before}`).digest().readUInt32BE() / 2 ** 32
  for (const [share, name, answer] of FAULTS) {
    left -= share
    if (left >= 0) continue
    return name === 'gone' && endpoint !== GOES_AWAY ? [name, { status: 404 }] : [name, answer]
  }
  return [null, { status: 200, body: 'ok' }]
}

async function* everyDelivery(store: Store): AsyncIterable<Delivery> {
  for (let after: Delivery | null = null; ; ) {
    const part: readonly Delivery[] = await store.deliveries({}, 1_000, after)
    yield* part
    if (part.length < 1_000) return
    after = part.at(-1)!
  }
}

/** Given up after the last attempt, or because the endpoint was disabled. */
async function isShownWhole(store: Store, { event, endpoint, attempts, error }: Delivery): Promise<boolean> {
  const shown = await store.attempts(event, endpoint)
  if (shown.length < attempts || shown.some((one) => one.error === null)) return false
  return attempts >= 10 || (endpoint === GOES_AWAY && error !== null && /disabled|410/.test(error))
}

/** One process at a time. */
function senders() {
  const said: string[] = []
  let current: ChildProcessWithoutNullStreams | null = null

  async function kill(): Promise<void> {
    if (current === null || current.exitCode !== null) return
    const exit = once(current, 'exit')
    current.kill('SIGKILL')
    await exit
    current = null
  }
  return {
    said,
    kill,
    start(order: string): void {
      const child = spawn(process.execPath, ['--no-warnings', join(import.meta.dirname, 'sending-process.ts')])
      child.stderr.on('data', (part: Buffer) => said.push(part.toString().slice(0, 2_000)))
      child.stdin.write(`${order}\n`)
      current = child
    },
    /** A moment later. */
    async alive(): Promise<void> {
      if (current?.exitCode !== null) throw new Error(`the sender ended by itself: ${said.join('')}`)
      await wait(10)
    },
  }
}
