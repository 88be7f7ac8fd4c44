/** P15, P16 and P17 in full; the short forms are tests. */
import { proveDeliveries } from './deliveries.ts'
import { proveFairness } from './fairness.ts'
import { proveSignatures } from './signatures.ts'

const FULL = {
  deliveries: { events: 10_000, endpoints: 20, kills: 20, scale: 10_000, attemptMs: 400 },
  fairness: { rounds: 7, events: 100 },
}
const QUICK = {
  deliveries: { events: 500, endpoints: 10, kills: 4, scale: 100_000, attemptMs: 200 },
  fairness: { rounds: 3, events: 40 },
}

export async function proveWebhooks(quick: boolean, progress: (done: number, total: number) => void) {
  const { deliveries, fairness } = quick ? QUICK : FULL
  const parts = [
    await proveDeliveries({ ...deliveries, progress }),
    await proveFairness({ ...fairness, progress }),
    proveSignatures(),
  ]
  return {
    lines: parts.flatMap(({ lines }) => lines),
    holds: parts.every(({ holds }) => holds),
    found: parts.flatMap(({ found }) => found),
  }
}
