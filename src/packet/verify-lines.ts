/** `results.json` line by line, and what differs between a line and the one that follows from the sealed run. */
import type { Subject } from '../domain/finding.ts'
import type { JsonObject, JsonValue } from '../domain/json.ts'
import { PACKET } from '../domain/packet.ts'
import type { ReportFinding } from '../domain/report.ts'
import { canonicalJson } from '../lib/canonical-json.ts'
import { broken, NOT_AS_SEALED } from './broken.ts'
import type { PacketFiles } from './verify-files.ts'

const WHERE = PACKET.resultsJson

export function keyOf({ check, system }: { check: string; system: string | null }): string {
  return system === null ? check : `${check}\0${system}`
}

export function findingsOf(doc: JsonObject): ReportFinding[] {
  return doc['findings'] as unknown as ReportFinding[]
}

export function nameOf({ source, kind, key }: Subject): string {
  return `${source}/${kind}/${key}`
}

/** One line the head, then one a result (outputs/json.ts): read so, a file of a million findings is never one text. */
export async function linesOf(files: PacketFiles): Promise<{ head: string; lines: Map<string, Buffer> }> {
  const rows: Buffer[] = []
  let rest: Buffer[] = []
  for await (const chunk of files.chunks(WHERE)) {
    let from = 0
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, from)) {
      rows.push(Buffer.concat([...rest, chunk.subarray(from, at)]))
      rest = []
      from = at + 1
    }
    if (from < chunk.length) rest.push(Buffer.from(chunk.subarray(from)))
  }
  const layout = (): never => broken(WHERE, 'it is not written as Exhibit writes it', NOT_AS_SEALED)
  if (rest.length > 0 || rows.length < 2) return layout()
  const lines = new Map<string, Buffer>()
  for (const [index, row] of rows.slice(1).entries()) {
    const isLast = index === rows.length - 2
    const end = isLast ? ']}' : ','
    if (!row.toString('latin1', Math.max(0, row.length - end.length)).endsWith(end)) layout()
    const line = row.subarray(0, row.length - end.length)
    const doc = parsed(line)
    // What would be read in two ways, such as a name that stands twice, is not written so.
    if (doc === null || typeof doc['check'] !== 'string' || JSON.stringify(doc) !== line.toString('utf8'))
      return layout()
    const key = keyOf(doc as unknown as { check: string; system: string | null })
    if (lines.has(key)) broken(WHERE, `it has two results of ${key.replace('\0', ' over ')}`, NOT_AS_SEALED)
    lines.set(key, line)
  }
  return { head: rows[0]!.toString('utf8'), lines }
}

function parsed(line: Buffer): JsonObject | null {
  try {
    return JSON.parse(line.toString('utf8')) as JsonObject
  } catch {
    return null
  }
}

/** Names the first finding, or member, in which the file differs from what was made again. */
export function differs(found: JsonObject, expected: JsonObject): never {
  const what = `${String(expected['ref'])} ${String(expected['check'])}`
  const pairs = [found['findings'], expected['findings']] as unknown as [ReportFinding[], ReportFinding[]]
  for (const [index, wanted] of pairs[1].entries()) {
    const said = pairs[0][index]
    if (said !== undefined && same(said, wanted)) continue
    const where = `${WHERE}, ${what}, ${nameOf(wanted.subject)}`
    if (said === undefined) return broken(where, 'the finding is missing', NOT_AS_SEALED)
    fieldDiffers(where, said as unknown as JsonObject, wanted as unknown as JsonObject)
  }
  if (pairs[0].length > pairs[1].length) {
    broken(
      `${WHERE}, ${what}`,
      `it has a finding that was not sealed: ${nameOf(pairs[0][pairs[1].length]!.subject)}`,
      NOT_AS_SEALED,
    )
  }
  return fieldDiffers(`${WHERE}, ${what}`, found, expected)
}

function fieldDiffers(where: string, found: JsonObject, expected: JsonObject): never {
  for (const name of new Set([...Object.keys(expected), ...Object.keys(found)])) {
    const [wanted, said] = [expected[name] ?? null, found[name] ?? null]
    if (same(wanted, said)) continue
    broken(where, `its ${name} is not what the rule gives`, NOT_AS_SEALED, shortOf(wanted), shortOf(said))
  }
  return broken(where, 'it is not written as Exhibit writes it', NOT_AS_SEALED)
}

function same(a: unknown, b: unknown): boolean {
  return canonicalJson(a as JsonValue) === canonicalJson(b as JsonValue)
}

function shortOf(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

export function headDiffers(found: string, expected: string): never {
  const [said, wanted] = [`${found}]}`, `${expected}]}`].map((text) => {
    try {
      return JSON.parse(text) as JsonObject
    } catch {
      return broken(WHERE, 'its first line is not written as Exhibit writes it', NOT_AS_SEALED)
    }
  })
  return fieldDiffers(WHERE, said!, wanted!)
}
