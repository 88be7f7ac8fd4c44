/**
 * Sends what the outbox holds, to every endpoint in a lane of its own. At least once: what was taken and not noted, because
 * the process died, is taken again when its lease has ended.
 */
import type { Endpoint } from '../domain/outbox.ts'
import { SECOND } from '../domain/time.ts'
import { type LaneParts, type Limits, lane } from './lane.ts'
import { noting } from './notes.ts'

export type { Limits } from './lane.ts'

const LIMITS: Limits = { atOnce: 4, attemptMs: 15 * SECOND, leaseMs: 60 * SECOND, lookEveryMs: 5 * SECOND }

export interface SenderParts extends Omit<LaneParts, 'note' | 'limits'> {
  readonly endpoints: readonly Endpoint[]
  readonly limits?: Partial<Limits>
}

export interface Sender {
  /** Something was told, replayed or enabled. */
  nudge(): void
  /** Resolves when everything due was tried, true, or when the time is over, false. */
  drain(withinMs: number): Promise<boolean>
  /** Takes nothing more; what is under way may end within the time, and is given back then. */
  stop(withinMs: number): Promise<void>
}

export async function startSender({ endpoints, limits, ...parts }: SenderParts): Promise<Sender> {
  const { outbox, clock, notice } = parts
  const gone = 'the endpoint is not in the configuration any more'
  const ids = endpoints.map(({ id }) => id)
  const retired = await outbox.retire(ids, clock.now(), gone)
  if (retired > 0) notice(null, `${retired} deliveries were given up: ${gone}`)
  const all = { ...parts, note: noting(outbox, clock), limits: { ...LIMITS, ...limits } }
  const lanes = endpoints.map((endpoint) => lane(endpoint, all))
  return {
    nudge() {
      for (const each of lanes) each.nudge()
    },
    drain: (withinMs) => within(withinMs, Promise.all(lanes.map((each) => each.idle()))),
    async stop(withinMs) {
      const stopped = Promise.all(lanes.map((each) => each.stop()))
      if (await within(withinMs, stopped)) return
      for (const each of lanes) each.abandon()
      await stopped
    },
  }

  /** Whether it was over in time. */
  async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
    const over = new AbortController()
    const late = clock.sleep(ms, over.signal).then(
      () => false,
      () => true,
    )
    const done = await Promise.race([work.then(() => true), late])
    over.abort()
    return done
  }
}
