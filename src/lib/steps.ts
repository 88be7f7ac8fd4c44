/** Work over a whole fleet, cut into parts that are short enough for others to have their turn between them. */
import { setImmediate } from 'node:timers/promises'

export type Steps<T> = Generator<void, T>

export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next()
    if (done === true) return value
  }
}

export async function inTurns<T>(steps: Steps<T>): Promise<T> {
  for (;;) {
    const { done, value } = steps.next()
    if (done === true) return value
    await setImmediate()
  }
}

/** Of the rows of a list: a step after so many of them. */
export function* eachInSteps<T, R>(items: readonly T[], make: (item: T) => R, perStep = 500): Steps<R[]> {
  const made: R[] = []
  for (const item of items) {
    made.push(make(item))
    if (made.length % perStep === 0) yield
  }
  return made
}
