/** Chance with a seed: equal seeds give equal fleets, on every machine. */
export interface Random {
  /** In [0, 1). */
  next(): number
  /** In [from, to). */
  between(from: number, to: number): number
  /** A whole number in [from, to). */
  whole(from: number, to: number): number
  chance(share: number): boolean
  pick<T>(list: readonly T[]): T
  /** `length` characters of an alphabet. */
  text(length: number, alphabet: string): string
  /** `length` hexadecimal digits, eight a step. */
  hex(length: number): string
}

/** Letters and digits of Apple's and PC makers' serial numbers: no O and I, which read like 0 and 1. */
export const SERIAL = '0123456789ABCDEFGHJKLMNPQRSTUVWXYZ'

/** Tommy Ettinger's mulberry32: 32 bits of state, which is plenty for fixtures and quick to step. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
  const between = (from: number, to: number): number => from + next() * (to - from)
  const whole = (from: number, to: number): number => Math.floor(between(from, to))
  return {
    next,
    between,
    whole,
    chance: (share) => next() < share,
    pick: (list) => {
      const item = list[whole(0, list.length)]
      if (item === undefined) throw new RangeError('nothing to pick from')
      return item
    },
    text(length, alphabet) {
      let text = ''
      for (let i = 0; i < length; i++) text += alphabet.charAt(whole(0, alphabet.length))
      return text
    },
    hex(length) {
      let text = ''
      while (text.length < length)
        text += Math.floor(next() * 0x1_0000_0000)
          .toString(16)
          .padStart(8, '0')
      return text.slice(0, length)
    },
  }
}
