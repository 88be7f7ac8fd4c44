/** Sets of numbers as bits, and how one became another: who a check judged, among all that the store has a number for. */
import { zstdCompressSync } from 'node:zlib'
import { damaged } from './failure.ts'
import { unzipSync } from './pack.ts'

/** Never changed once made, so that checks that judge the same share one. */
export type Members = Uint32Array

export const NOBODY: Members = new Uint32Array(0)

/** What several series have in common: these numbers came or went; without any, the series fell silent or spoke again. */
export interface Flip {
  readonly series: readonly number[]
  /** Ascending. */
  readonly numbers: readonly number[]
}

export function has(members: Members, number: number): boolean {
  return ((members[number >>> 5] ?? 0) & (1 << (number & 31))) !== 0
}

/** Those that are in one of the two only, ascending. */
export function differing(some: Members, others: Members): number[] {
  const numbers: number[] = []
  const length = Math.max(some.length, others.length)
  for (let at = 0; at < length; at++) {
    let word = (some[at] ?? 0) ^ (others[at] ?? 0)
    while (word !== 0) {
      const lowest = 31 - Math.clz32(word & -word)
      numbers.push(at * 32 + lowest)
      word ^= 1 << lowest
    }
  }
  return numbers
}

/** A set that is still being made. */
export class Growing {
  #words: Uint32Array = NOBODY
  #count = 0

  get members(): Members {
    return this.#words
  }

  get count(): number {
    return this.#count
  }

  has(number: number): boolean {
    return has(this.#words, number)
  }

  flip(number: number): void {
    const word = number >>> 5
    if (word >= this.#words.length) this.#widenTo(word + 1)
    this.#words[word]! ^= 1 << (number & 31)
    this.#count += this.has(number) ? 1 : -1
  }

  add(number: number): void {
    if (!this.has(number)) this.flip(number)
  }

  addAll(members: Members): void {
    for (const number of differing(members, NOBODY)) this.add(number)
  }

  #widenTo(words: number): void {
    const wider = new Uint32Array(Math.max(words, Math.ceil(this.#words.length * 1.5)))
    wider.set(this.#words)
    this.#words = wider
  }
}

/** Above this a frame of zstd is shorter than what it holds. */
const WORTH_PACKING = 100
const AS_IS = 0
const PACKED = 1

/** As numbers of seven bits a byte, each list as its length and the steps from one to the next. */
export function packFlips(flips: readonly Flip[]): Buffer {
  const bytes: number[] = []
  for (const { series, numbers } of flips) {
    for (const list of [series, numbers]) {
      write(bytes, list.length)
      let last = 0
      for (const number of list) {
        write(bytes, number - last)
        last = number
      }
    }
  }
  const plain = Uint8Array.from(bytes)
  if (plain.length < WORTH_PACKING) return Buffer.concat([Buffer.of(AS_IS), plain])
  return Buffer.concat([Buffer.of(PACKED), zstdCompressSync(plain)])
}

export function unpackFlips(body: Uint8Array, what: string): Flip[] {
  const bytes = body[0] === AS_IS ? body.subarray(1) : unzipSync(body.subarray(1), what)
  let at = 0
  const read = (): number => {
    let number = 0
    for (let weight = 1; ; weight *= 128) {
      const byte = bytes[at++]
      if (byte === undefined) throw damaged(`${what} is cut short`)
      number += (byte & 127) * weight
      if (byte < 128) return number
    }
  }
  const list = (): number[] => {
    const numbers: number[] = []
    let last = 0
    for (let left = read(); left > 0; left--) {
      last += read()
      numbers.push(last)
    }
    return numbers
  }
  const flips: Flip[] = []
  while (at < bytes.length) flips.push({ series: list(), numbers: list() })
  return flips
}

function write(bytes: number[], number: number): void {
  let rest = number
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
  bytes.push(rest)
}
