/** A process that sends what the outbox of a database holds, until it is killed. */
import { once } from 'node:events'
import { writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { keysIn, testLedger } from '../helpers/ledger.ts'
import { endpointAt, fastClock, sending } from '../webhooks/sending.ts'

export interface SendingOrder {
  readonly path: string
  readonly base: string
  readonly ids: readonly string[]
  /** Milliseconds of the schedule in one of the machine. */
  readonly scale: number
  readonly beganAt: number
  /** Of the machine. */
  readonly attemptMs: number
}

const orders = createInterface({ input: process.stdin })
const [line] = (await once(orders, 'line')) as [string]
// Whoever gave the order is gone.
orders.once('close', () => process.exit())
const { path, base, ids, scale, beganAt, attemptMs } = JSON.parse(line) as SendingOrder
const store = await openSqliteStore({ path, ledger: testLedger(keysIn(dirname(path))) })
const sender = await sending(
  store,
  ids.map((id) => endpointAt(new URL(base), id)),
  {
    clock: fastClock(scale, beganAt),
    limits: { attemptMs: attemptMs * scale, leaseMs: 5 * attemptMs * scale, lookEveryMs: 100 * scale },
    random: Math.random,
  },
)
setInterval(() => {
  for (const error of sender.reports.splice(0)) writeSync(2, `${error instanceof Error ? error.stack : error}\n`)
}, 50)
