/**
 * How a sample is drawn: keys in byte order under one digest, then the rows by SHA-256(seed ‖ key), the first so many. Both
 * are what `sort` under LC_ALL=C, `sha256sum` and `head` make of a file of keys, so that nobody has to trust this program.
 */
import type { DrawnRow, FrameRow } from './sample.ts'

/** 64 hex digits; a text is digested as UTF-8. */
export type Sha256 = (text: string) => string

/**
 * A reference as one line that survives the way through a shell. Names with a line break, another control character or
 * half a surrogate pair are written as JSON strings: no id of a source begins with a quotation mark, so no two are alike.
 */
export function frameKey(reference: string): string {
  const plain = reference.isWellFormed() && ![...reference].some((letter) => letter < ' ' || letter === '\u007f')
  return plain ? reference : JSON.stringify(reference).replaceAll('\u007f', '\\u007f')
}

/** It goes into a shell's variable and into one line. */
export function isSeed(text: string): boolean {
  return text !== '' && text.length <= 500 && text.isWellFormed() && !/\p{Cc}/u.test(text)
}

/** The order of the texts' UTF-8 bytes, which is that of their code points; that of UTF-16 differs above U+D7FF. */
export function inByteOrder(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let at = 0; at < length; at++) {
    const left = a.charCodeAt(at)
    const right = b.charCodeAt(at)
    if (left !== right) return weight(left) - weight(right)
  }
  return a.length - b.length
}

/** Surrogates stand for what lies above every other code unit. */
function weight(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x1_0000 : unit
}

/** Each key with a line feed after it: what the digest of a frame is of, and what `sample -o` writes. */
export function* keyLines(keys: Iterable<string>): Generator<string> {
  for (const key of keys) yield `${key}\n`
}

/** All rows in the order in which they are drawn; `sha256(seed ‖ key)` is the whole of the rule. */
export function drawOrder<Row extends Pick<FrameRow, 'key'>>(
  rows: readonly Row[],
  seed: string,
  sha256: Sha256,
): (Row & Pick<DrawnRow, 'order'>)[] {
  return rows
    .map((row) => ({ ...row, order: sha256(seed + row.key) }))
    .sort((a, b) => inByteOrder(a.order, b.order) || inByteOrder(a.key, b.key))
}
