/**
 * SHA-256 (FIPS 180-4) of a text as UTF-8. The domain imports no package and yet must name a policy by what an auditor
 * gets from `sha256sum`, the same in every run and in every verifier.
 */

/** The first 32 bits of the fractional parts of the roots of the first primes (FIPS 180-4, sections 4.2.2 and 5.3.3). */
function rootBits(prime: number, root: (of: number) => number): number {
  return ((root(prime) % 1) * 2 ** 32) | 0
}

const PRIMES = primes(64)
const ROUND = Int32Array.from(PRIMES, (prime) => rootBits(prime, Math.cbrt))
const START = Int32Array.from(PRIMES.slice(0, 8), (prime) => rootBits(prime, Math.sqrt))

function primes(count: number): number[] {
  const found: number[] = []
  for (let candidate = 2; found.length < count; candidate++) {
    if (found.every((prime) => candidate % prime !== 0)) found.push(candidate)
  }
  return found
}

/** 64 hex digits. */
export function sha256OfText(text: string): string {
  const state = Int32Array.from(START)
  const schedule = new Int32Array(64)
  const message = padded(new TextEncoder().encode(text))
  for (let at = 0; at < message.byteLength; at += 64) compress(state, message, at, schedule)
  return Array.from(state, (word) => (word >>> 0).toString(16).padStart(8, '0')).join('')
}

/** The message, a one bit, zeros, and the length in bits as 64 of them (section 5.1.1). */
function padded(bytes: Uint8Array): DataView {
  const length = Math.ceil((bytes.length + 9) / 64) * 64
  const block = new Uint8Array(length)
  block.set(bytes)
  block[bytes.length] = 0x80
  const view = new DataView(block.buffer)
  view.setBigUint64(length - 8, BigInt(bytes.length) * 8n)
  return view
}

function turn(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by))
}

/** Section 6.2.2. */
function compress(state: Int32Array, message: DataView, from: number, w: Int32Array): void {
  for (let t = 0; t < 16; t++) w[t] = message.getInt32(from + 4 * t)
  for (let t = 16; t < 64; t++) {
    const [x, y] = [w[t - 15]!, w[t - 2]!]
    const small0 = turn(x, 7) ^ turn(x, 18) ^ (x >>> 3)
    const small1 = turn(y, 17) ^ turn(y, 19) ^ (y >>> 10)
    w[t] = w[t - 16]! + small0 + w[t - 7]! + small1
  }
  let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number]
  for (let t = 0; t < 64; t++) {
    const one = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + ROUND[t]! + w[t]!) | 0
    const two = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + one) | 0
    d = c
    c = b
    b = a
    a = (one + two) | 0
  }
  for (const [index, word] of [a, b, c, d, e, f, g, h].entries()) state[index] = state[index]! + word
}
