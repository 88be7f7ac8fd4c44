/** What goes into a packet: a path and its bytes, made when their turn comes. */
import { setImmediate } from 'node:timers/promises'
import type { JsonValue } from '../domain/json.ts'
import { DEMO_COLUMN } from '../domain/packet.ts'
import { canonicalJson } from '../lib/canonical-json.ts'
import { type CsvValue, csvTable } from '../lib/csv.ts'
import type { ZipEntry } from '../lib/zip.ts'

const AT_ONCE = 64 * 1024

/** Texts are gathered into larger pieces, with room between them for other work of the process. */
export async function* encoded(
  chunks: Iterable<string> | AsyncIterable<string>,
): AsyncGenerator<Uint8Array, undefined, undefined> {
  let text = ''
  for await (const chunk of inTurn(chunks)) {
    text += chunk
    if (text.length < AT_ONCE) continue
    yield Buffer.from(text)
    text = ''
    await setImmediate()
  }
  if (text !== '') yield Buffer.from(text)
}

/** `for await` over a plain iterable costs a turn for each of a million pieces; this one only where there is a promise. */
async function* inTurn(chunks: Iterable<string> | AsyncIterable<string>): AsyncGenerator<string> {
  if (Symbol.asyncIterator in chunks) {
    yield* chunks
    return
  }
  let text = ''
  for (const chunk of chunks) {
    text += chunk
    if (text.length < AT_ONCE) continue
    yield text
    text = ''
  }
  yield text
}

export function textFile(path: string, text: string | Iterable<string> | AsyncIterable<string>): ZipEntry {
  return { path, content: encoded(typeof text === 'string' ? [text] : text) }
}

export function jsonFile(path: string, value: unknown): ZipEntry {
  return textFile(path, `${canonicalJson(value as JsonValue)}\n`)
}

/** A table; of a demo every row says so in its last column. */
export function tableFile(
  path: string,
  columns: readonly string[],
  rows: Iterable<readonly CsvValue[]>,
  demo: boolean,
): ZipEntry {
  return textFile(path, demo ? csvTable([...columns, DEMO_COLUMN], marked(rows)) : csvTable(columns, rows))
}

function* marked(rows: Iterable<readonly CsvValue[]>): Generator<CsvValue[]> {
  for (const row of rows) yield [...row, true]
}

export async function* bytesOf(body: Uint8Array): AsyncGenerator<Uint8Array> {
  yield body
}
