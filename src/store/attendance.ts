/** Whom each series judged, run by run, as the rows of `judged` tell it one after the other. */
import { differing, type Flip, Growing, type Members, NOBODY } from './members.ts'

/** While it is silent a check judges nobody; whom it judged before is kept for when it speaks again, mostly of the same. */
export interface Attending {
  readonly members: Members
  readonly silent: boolean
}

export const UNHEARD: Attending = Object.freeze({ members: NOBODY, silent: false })

export interface Turn {
  readonly series: number
  readonly before: Attending
  readonly after: Attending
}

export class Attendance {
  readonly #sets = new Map<number, Growing>()
  readonly #silent = new Set<number>()

  of(series: number): Attending {
    return { members: this.#sets.get(series)?.members ?? NOBODY, silent: this.#silent.has(series) }
  }

  series(): number[] {
    return [...new Set([...this.#sets.keys(), ...this.#silent])]
  }

  /** How many it judges, or would if it were not silent. */
  count(series: number): number {
    return this.#sets.get(series)?.count ?? 0
  }

  apply(flips: readonly Flip[]): void {
    for (const { series, numbers } of flips) {
      for (const id of series) {
        if (numbers.length === 0) this.#turn(id)
        else {
          const set = this.#setOf(id)
          for (const number of numbers) set.flip(number)
        }
      }
    }
  }

  /** All of it as one row, told against nothing. */
  whole(): Flip[] {
    const same = new Map<string, Members>()
    const turns = this.series().map((series) => {
      const { members, silent } = this.of(series)
      const text = textOf(members)
      const shared = same.get(text) ?? members
      same.set(text, shared)
      return { series, before: UNHEARD, after: { members: shared, silent } }
    })
    return flipsOf(turns)
  }

  #setOf(series: number): Growing {
    let set = this.#sets.get(series)
    if (set === undefined) {
      set = new Growing()
      this.#sets.set(series, set)
    }
    return set
  }

  #turn(series: number): void {
    if (!this.#silent.delete(series)) this.#silent.add(series)
  }
}

/** What tells each of these series' next set from the last one; what several have in common is told once. */
export function flipsOf(turns: readonly Turn[]): Flip[] {
  const known = new Map<Members, Map<Members, readonly number[]>>()
  const difference = (before: Members, after: Members): readonly number[] => {
    const from = known.get(before) ?? new Map<Members, readonly number[]>()
    const numbers = from.get(after) ?? differing(before, after)
    known.set(before, from.set(after, numbers))
    return numbers
  }
  const turned: number[] = []
  const lists = new Map<readonly number[], number[]>()
  for (const { series, before, after } of turns) {
    if (before.silent !== after.silent) turned.push(series)
    if (before.members === after.members) continue
    const numbers = difference(before.members, after.members)
    if (numbers.length > 0) lists.set(numbers, [...(lists.get(numbers) ?? []), series])
  }
  const flips = new Map<string, { series: number[]; numbers: readonly number[] }>()
  for (const [numbers, series] of lists) {
    const text = textOf(Uint32Array.from(numbers))
    const same = flips.get(text)
    if (same === undefined) flips.set(text, { series, numbers })
    else same.series.push(...series)
  }
  if (turned.length > 0) flips.set('', { series: turned, numbers: [] })
  return [...flips.values()].map(({ series, numbers }) => ({ series: series.sort((a, b) => a - b), numbers }))
}

/** Equal for equal numbers: compared as one text, which is several times as fast as one after the other. */
function textOf({ buffer, byteOffset, byteLength }: Uint32Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('latin1')
}
