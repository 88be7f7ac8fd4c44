/** Writes down what came of attempts, those that ended together in one transaction: each costs a wait for the disk. */
import type { Outbox, Settled } from '../domain/outbox.ts'

/** What ends within this comes along. Nothing is sent later for it: other events have their own places under way. */
const GATHERING_MS = 5

/** Resolves when it is on the disk. */
export type Note = (settled: Settled) => Promise<void>

export function noting(
  outbox: Pick<Outbox, 'settle'>,
  clock: { sleep(ms: number, signal: AbortSignal): Promise<void> },
): Note {
  const never = new AbortController().signal
  let gathered: { settled: Settled; done: PromiseWithResolvers<void> }[] = []
  let writing = false

  async function write(): Promise<void> {
    writing = true
    while (gathered.length > 0) {
      await clock.sleep(GATHERING_MS, never)
      const batch = gathered
      gathered = []
      try {
        await outbox.settle(batch.map(({ settled }) => settled))
        for (const { done } of batch) done.resolve()
      } catch (error) {
        for (const { done } of batch) done.reject(error)
      }
    }
    writing = false
  }

  return (settled) => {
    const done = Promise.withResolvers<void>()
    gathered.push({ settled, done })
    if (!writing) void write()
    return done.promise
  }
}
