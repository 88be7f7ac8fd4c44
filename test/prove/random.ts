/** Where and how a mutation strikes, by seed. */
import { randomFrom } from '../../src/simulators/fleet/random.ts'

export interface Random {
  /** A whole number from 0 to below n. */
  below(n: number): number
}

export function randomOf(seed: number): Random {
  const random = randomFrom(seed)
  return { below: (n) => random.whole(0, n) }
}

export const POSITIONS = ['first', 'middle', 'last', 'random'] as const
export type Position = (typeof POSITIONS)[number]

/** Which of so many things stands there. */
export function placeOf(position: Position, count: number, random: Random): number {
  if (count <= 0) throw new RangeError('there is nothing to change')
  if (position === 'first') return 0
  if (position === 'middle') return Math.floor(count / 2)
  return position === 'last' ? count - 1 : random.below(count)
}
