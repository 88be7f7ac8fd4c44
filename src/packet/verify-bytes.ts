/** A file of the packet against the same file made again, piece by piece. */
import { broken, NOT_AS_SEALED } from './broken.ts'
import type { PacketFiles } from './verify-files.ts'

const LINE_FEED = 10

/** Throws Broken with the first line that differs. */
export async function requireSame(
  files: PacketFiles,
  path: string,
  made: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array> | Uint8Array,
): Promise<void> {
  const expected = pieces(made instanceof Uint8Array ? [made] : made)
  let waiting: Buffer = Buffer.alloc(0)
  let line = 1
  for await (const chunk of files.chunks(path)) {
    let found: Buffer = chunk
    while (found.length > 0) {
      if (waiting.length === 0) {
        const next = await expected.next()
        if (next.done === true) return differs(path, line, '', found)
        waiting = next.value
        continue
      }
      const length = Math.min(waiting.length, found.length)
      const [left, right] = [waiting.subarray(0, length), found.subarray(0, length)]
      if (!left.equals(right)) return differs(path, line + sameLines(left, right), waiting, found)
      line += linesIn(left)
      waiting = waiting.subarray(length)
      found = found.subarray(length)
    }
  }
  for (let next = waiting; ; ) {
    if (next.length > 0) return differs(path, line, next, '')
    const more = await expected.next()
    if (more.done === true) return
    next = more.value
  }
}

async function* pieces(
  made: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>,
): AsyncGenerator<Buffer, undefined> {
  let text: Buffer[] = []
  let length = 0
  for await (const piece of made) {
    const bytes =
      typeof piece === 'string' ? Buffer.from(piece) : Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)
    text.push(bytes)
    length += bytes.length
    if (length < 65_536) continue
    yield Buffer.concat(text)
    text = []
    length = 0
  }
  yield Buffer.concat(text)
}

function linesIn(bytes: Buffer): number {
  let count = 0
  for (const byte of bytes) if (byte === LINE_FEED) count++
  return count
}

function sameLines(left: Buffer, right: Buffer): number {
  let lines = 0
  for (let at = 0; at < left.length && left[at] === right[at]; at++) if (left[at] === LINE_FEED) lines++
  return lines
}

function differs(path: string, line: number, expected: Buffer | string, found: Buffer | string): never {
  const [wanted, said] = [Buffer.from(expected as string), Buffer.from(found as string)]
  let at = 0
  while (at < wanted.length && at < said.length && wanted[at] === said[at]) at++
  return broken(
    `${path}, line ${line}`,
    'it is not what follows from the sealed run',
    NOT_AS_SEALED,
    around(wanted, at),
    around(said, at),
  )
}

/** The text at the place, up to the end of its line. */
function around(bytes: Buffer, at: number): string {
  const start = Math.max(bytes.lastIndexOf(LINE_FEED, Math.max(0, at - 1)) + 1, at - 40)
  const end = bytes.indexOf(LINE_FEED, at)
  const text = bytes.toString('utf8', start, Math.min(end === -1 ? bytes.length : end, at + 60))
  return text === '' ? 'nothing' : text
}
