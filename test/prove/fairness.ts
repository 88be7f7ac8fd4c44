/**
 * P16: how long events take to nineteen good endpoints, with and without a twentieth that takes every request and answers
 * none. Both runs are made again and again in turn, as the machine has other work too.
 */
import { performance } from 'node:perf_hooks'
import { setTimeout as wait } from 'node:timers/promises'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { testLedger } from '../helpers/ledger.ts'
import { receiver } from '../webhooks/receiver.ts'
import { endpointAt, event, sending } from '../webhooks/sending.ts'

export interface FairnessOptions {
  readonly rounds: number
  readonly events: number
  progress?(done: number, total: number): void
}

const GOOD = Array.from({ length: 19 }, (_, n) => `e${n}`)
const BAD = 'hanging'
/** Between two events: a machine with other work keeps up, so that what is measured is no queue of our own making. */
const GAP_MS = 60
const BAR = 2
/** Connections are opened by the first events, code is compiled by them. */
const WARMING = 10

export async function proveFairness({ rounds, events, progress = () => {} }: FairnessOptions) {
  const without: number[] = []
  const beside: number[] = []
  for (let round = 0; round < rounds; round++) {
    // Which of the two comes first changes.
    for (const bad of round % 2 === 0 ? [false, true] : [true, false]) {
      ;(bad ? beside : without).push(percentile99(await latencies(events, bad)))
      progress(without.length + beside.length, 2 * rounds)
    }
  }
  const [alone, hung] = [median(without), median(beside)]
  const ratio = hung / alone
  return {
    lines: [
      `19 good endpoints, ${events} events each, p99 from telling to receipt: ${alone.toFixed(1)} ms alone, ${hung.toFixed(1)} ms beside one that hangs: ${ratio.toFixed(2)} × (median of ${rounds} rounds)`,
    ],
    holds: ratio <= BAR,
    found: ratio <= BAR ? [] : [`p99 is ${ratio.toFixed(2)} × of the run without the one that hangs`],
  }
}

async function latencies(events: number, withBad: boolean): Promise<number[]> {
  const ids = withBad ? [...GOOD, BAD] : GOOD
  const toldAt = new Map<string, number>()
  const took: number[] = []
  let all = 0
  const there = await receiver(({ endpoint, headers }) => {
    if (endpoint === BAD) return 'hang'
    all++
    const since = toldAt.get(headers['webhook-id']!)
    if (since !== undefined) took.push(performance.now() - since)
    return { status: 200 }
  }, false)
  const store = await openSqliteStore({ path: ':memory:', ledger: testLedger() })
  const sender = await sending(
    store,
    ids.map((id) => endpointAt(there.url, id)),
  )
  try {
    for (let n = 0; n < WARMING + events; n++) {
      const told = event(n, ids)
      if (n >= WARMING) toldAt.set(told.id, performance.now())
      await store.tell([told])
      sender.nudge()
      await wait(GAP_MS)
    }
    while (all < (WARMING + events) * GOOD.length) await wait(5)
    return took
  } finally {
    await sender.close()
    await there.close()
    await store.close()
  }
}

function percentile99(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.99)]!
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!
}
