/**
 * HuJSON, the language of Tailscale's policy file: JSON with comments and trailing commas, and nothing else. Every node
 * keeps its place, so that a rule of the policy can be quoted by line. Names stay in a Map: `__proto__` is a name like
 * any other. Messages and places of errors follow the reference reader (https://github.com/tailscale/hujson).
 */

import { CR, type Cut, type Duplicate, type HuNode, LF, Reader, SPACE, TAB, Unreadable } from './hujson-reader.ts'

export {
  type Duplicate,
  type HuArray,
  type HuMember,
  type HuNode,
  type HuObject,
  type HuString,
  MAX_DEPTH,
  type Place,
} from './hujson-reader.ts'

export interface HuDocument {
  readonly ok: true
  readonly value: HuNode
  readonly duplicates: readonly Duplicate[]
  readonly bytes: Uint8Array
  /** What standard JSON does not need, in order: whitespace with comments, and trailing commas. */
  readonly cuts: readonly Cut[]
}
export interface HuProblem {
  readonly ok: false
  readonly line: number
  readonly column: number
  readonly message: string
}

export function parseHuJson(input: Uint8Array | string): HuDocument | HuProblem {
  const bytes = typeof input === 'string' ? new TextEncoder().encode(input) : input
  const reader = new Reader(bytes)
  try {
    const value = reader.document()
    const cuts = reader.cuts.sort((a, b) => a.from - b.from)
    return { ok: true, value, duplicates: reader.duplicates, bytes, cuts }
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    return { ok: false, ...lineAndColumn(bytes, error.offset), message: error.message }
  }
}

/**
 * Standard JSON with the lines of the source: comments become spaces, line feeds, carriage returns and tabs stay. As
 * the reference does it, a trailing comma becomes a space, but vanishes where it follows its value directly.
 */
export function standardize(document: HuDocument): string {
  const copy = new Uint8Array(document.bytes)
  const parts: Uint8Array[] = []
  let kept = 0
  for (const { from, to, what } of document.cuts) {
    if (what === 'bare comma') {
      parts.push(copy.subarray(kept, from))
      kept = to
      continue
    }
    for (let at = from; at < to; at++) {
      const byte = copy[at]
      if (byte !== TAB && byte !== LF && byte !== CR) copy[at] = SPACE
    }
  }
  return decode([...parts, copy.subarray(kept)])
}

/** The source text of a node, by default of the whole document, without whitespace, comments and trailing commas. */
export function minimize(document: HuDocument, node: HuNode = document.value): string {
  const { bytes, cuts } = document
  const parts: Uint8Array[] = []
  let kept = node.offset
  for (let index = firstCutFrom(cuts, node.offset); index < cuts.length; index++) {
    const cut = cuts[index]!
    if (cut.from >= node.end) break
    parts.push(bytes.subarray(kept, cut.from))
    kept = cut.to
  }
  return decode([...parts, bytes.subarray(kept, node.end)])
}

function firstCutFrom(cuts: readonly Cut[], offset: number): number {
  let low = 0
  let high = cuts.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (cuts[middle]!.from < offset) low = middle + 1
    else high = middle
  }
  return low
}

function lineAndColumn(bytes: Uint8Array, offset: number): { line: number; column: number } {
  let line = 1
  let start = 0
  for (let at = bytes.indexOf(LF); at !== -1 && at < offset; at = bytes.indexOf(LF, at + 1)) {
    line += 1
    start = at + 1
  }
  return { line, column: offset - start + 1 }
}

function decode(parts: readonly Uint8Array[]): string {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(whole)
}
