/**
 * What can be done to a packet. Without the key every change is found. With it, who sealed the runs can sign another
 * packet; what they cannot do is make it follow from the ledger (report.pdf, the checks of coverage.csv and
 * what period and events tell of runs that are not in the packet: nothing in it gives those again, and that is the limit).
 */
import type { JsonObject, JsonValue } from '../../src/domain/json.ts'
import {
  COLUMNS,
  eventsPath,
  inclusionPath,
  inputsPath,
  PACKET,
  type PackedPeriod,
  type PacketSummary,
  rawPath,
} from '../../src/domain/packet.ts'
import { makeKey, type SigningKey } from '../../src/ledger/keys.ts'
import { canonicalJson } from '../../src/lib/canonical-json.ts'
import { type CsvValue, csvLines, csvTable } from '../../src/lib/csv.ts'
import { sha256 } from '../../src/lib/digest.ts'
import { periodRows } from '../../src/packet/story-tables.ts'
import { notesOf } from '../../src/packet/verify-ledger.ts'
import {
  edited,
  type Files,
  forged,
  leavesIn,
  listed,
  manifestOf,
  signed,
  summaryOf,
  withJson,
} from './packet-files.ts'
import { type Position, placeOf, type Random } from './random.ts'

export interface Place {
  readonly position: Position
  readonly random: Random
  readonly key: SigningKey
  /** A packet of the same installation, made a run earlier. */
  readonly earlier: Files
}

export interface PacketKind {
  readonly what: string
  /** Who does it: anybody, or who holds the ledger's key. */
  readonly by: 'anybody' | 'key'
  change(files: Files, place: Place): Files
}

const pick = <T>(list: readonly T[], { position, random }: Place): T => list[placeOf(position, list.length, random)]!
const pathAt = (files: Files, place: Place): string => pick(listed(files), place)
const other = (path: string, files: Files): string =>
  listed(files).find((one) => one !== path && !files.get(one)!.equals(files.get(path)!))!

/** A leaf of that kind says something else, and the whole ledger is written anew to fit. */
const silenced =
  (type: string) =>
  (files: Files, place: Place): Files => {
    const lines = leavesIn(files)
    const of = lines.flatMap((line, at) => ((JSON.parse(line) as JsonObject)['type'] === type ? [at] : []))
    return forged(files, lines.with(pick(of, place), canonicalJson({ type: 'note' })), place.key)
  }

function flipped(bytes: Buffer, random: Random): Buffer {
  if (bytes.length === 0) return Buffer.from('x')
  const copy = Buffer.from(bytes)
  copy[random.below(copy.length)]! ^= 1 << random.below(8)
  return copy
}

const put = (files: Files, path: string, bytes: Buffer | string): Files =>
  new Map([...files, [path, Buffer.from(bytes as string)]])
const without = (files: Files, path: string): Files => new Map([...files].filter(([name]) => name !== path))
const manifest = (files: Files, change: (lines: string[]) => string[]): Files =>
  edited(files, PACKET.manifest, (text) => `${change(text.slice(0, -1).split('\n')).join('\n')}\n`)
const relisted = (files: Files): Files => put(files, PACKET.manifest, manifestOf(files))

const anybody = (what: string, change: PacketKind['change']): PacketKind => ({ what, by: 'anybody', change })
const byKey = (what: string, change: PacketKind['change']): PacketKind => ({
  what,
  by: 'key',
  change: (files, place) => signed(change(files, place), place.key),
})

const ANYBODY: readonly PacketKind[] = [
  anybody('a bit of a file', (files, place) => {
    const path = pathAt(files, place)
    return put(files, path, flipped(files.get(path)!, place.random))
  }),
  anybody('a byte behind a file', (files, place) => {
    const path = pathAt(files, place)
    return put(files, path, Buffer.concat([files.get(path)!, Buffer.from([place.random.below(256)])]))
  }),
  anybody('the end of a file cut off', (files, place) => {
    const path = pick(
      listed(files).filter((one) => files.get(one)!.length > 0),
      place,
    )
    return put(files, path, files.get(path)!.subarray(0, -1 - place.random.below(files.get(path)!.length)))
  }),
  anybody('a file taken out', (files, place) => without(files, pathAt(files, place))),
  anybody('a file taken out with its line', (files, place) => relisted(without(files, pathAt(files, place)))),
  anybody('a file put in', (files, { random }) => put(files, `raw/extra-${random.below(1e9)}`, 'x')),
  anybody('a file put in with its line', (files, { random }) =>
    relisted(put(files, `raw/extra-${random.below(1e9)}`, 'x')),
  ),
  anybody('two files under one another’s name', (files, place) => {
    const path = pathAt(files, place)
    const with_ = other(path, files)
    return put(put(files, path, files.get(with_)!), with_, files.get(path)!)
  }),
  anybody('a file in place of another', (files, place) => {
    const path = pathAt(files, place)
    return put(files, path, files.get(other(path, files))!)
  }),
  anybody('a file renamed', (files, place) => {
    const path = pathAt(files, place)
    return put(without(files, path), `${path}x`, files.get(path)!)
  }),
  anybody('a file changed, and its line to fit', (files, place) => {
    const path = pathAt(files, place)
    return relisted(put(files, path, flipped(files.get(path)!, place.random)))
  }),
  anybody('a file of an earlier packet', (files, place) => {
    const differing = listed(files).filter((path) => place.earlier.get(path)?.equals(files.get(path)!) === false)
    const path = pick(differing, place)
    return put(files, path, place.earlier.get(path)!)
  }),
  anybody('the manifest and signatures of an earlier packet', (files, { earlier }) =>
    [PACKET.manifest, PACKET.signature, PACKET.sshSignature].reduce(
      (made, path) => put(made, path, earlier.get(path)!),
      files,
    ),
  ),
  anybody('a digest in the manifest', (files, place) =>
    manifest(files, (lines) => {
      const at = placeOf(place.position, lines.length, place.random)
      return lines.with(at, sha256(`${place.random.below(1e9)}`) + lines[at]!.slice(64))
    }),
  ),
  anybody('two lines of the manifest in another order', (files, place) =>
    manifest(files, (lines) => {
      const at = placeOf(place.position, lines.length - 1, place.random)
      return lines.with(at, lines[at + 1]!).with(at + 1, lines[at]!)
    }),
  ),
  anybody('a line of the manifest twice', (files, place) =>
    manifest(files, (lines) => {
      const at = placeOf(place.position, lines.length, place.random)
      return lines.toSpliced(at, 0, lines[at]!)
    }),
  ),
  anybody('a digest in capitals', (files, place) =>
    manifest(files, (lines) => {
      const at = placeOf(place.position, lines.length, place.random)
      return lines.with(at, `${lines[at]!.slice(0, 64).toUpperCase()}${lines[at]!.slice(64)}`)
    }),
  ),
  anybody('another line end in the manifest', (files, place) =>
    manifest(files, (lines) => {
      const at = placeOf(place.position, lines.length, place.random)
      return lines.with(at, `${lines[at]}\r`)
    }),
  ),
  anybody('the last line feed of the manifest gone', (files) =>
    edited(files, PACKET.manifest, (text) => text.slice(0, -1)),
  ),
  anybody('a bit of the signature', (files, { random }) =>
    put(files, PACKET.signature, flipped(files.get(PACKET.signature)!, random)),
  ),
  anybody('a signature with a byte behind it', (files, { random }) =>
    put(files, PACKET.signature, Buffer.concat([files.get(PACKET.signature)!, Buffer.from([random.below(256)])])),
  ),
  anybody('a bit of the SSH signature', (files, { random }) =>
    put(files, PACKET.sshSignature, flipped(files.get(PACKET.sshSignature)!, random)),
  ),
  anybody('the public key swapped for another', (files) =>
    put(files, PACKET.publicKey, signed(files, makeKey()).get(PACKET.publicKey)!),
  ),
  anybody('the public key in other line breaks', (files) =>
    edited(files, PACKET.publicKey, (text) => text.replace('\n', '\r\n')),
  ),
  anybody('signed again with another key', (files) => signed(files, makeKey())),
  anybody('a file changed, and all signed again with another key', (files, place) => {
    const path = pathAt(files, place)
    return signed(put(files, path, flipped(files.get(path)!, place.random)), makeKey())
  }),
  anybody('a text of the report', (files, { random }) =>
    put(files, PACKET.report, flipped(files.get(PACKET.report)!, random)),
  ),
  anybody('the report’s dates', (files) =>
    put(files, PACKET.report, Buffer.concat([files.get(PACKET.report)!, Buffer.from('\n%%EOF\n')])),
  ),
  anybody('a cell of the results', (files) =>
    edited(files, PACKET.resultsCsv, (text) => text.replace('"fail"', '"pass"')),
  ),
  anybody('JSON in other white space', (files, place) => {
    const path = pick(
      listed(files).filter((one) => one.endsWith('.json')),
      place,
    )
    return edited(files, path, (text) => text.replace(':', ': '))
  }),
  anybody('a number written 1.0', (files) =>
    edited(files, PACKET.packet, (text) => text.replace(/("sequence":\d+)/, '$1.0')),
  ),
  anybody('letters that look alike', (files, place) => {
    const path = pick(
      listed(files).filter((one) => /\.(csv|json|txt)$/.test(one) && files.get(one)!.includes('a')),
      place,
    )
    return edited(files, path, (text) => text.replace('a', '\u0430'))
  }),
]

// ── by who holds the key ───────────────────────────────────────────────────────────────────────────────────────────

const csvRows = (text: string): string[] => text.slice(0, -2).split('\r\n')
const rowsOf =
  (path: string, change: (rows: string[], place: Place) => string[]) =>
  (files: Files, place: Place): Files =>
    edited(files, path, (text) => `${change(csvRows(text), place).join('\r\n')}\r\n`)
/** Header aside. */
const rowAt = (rows: readonly string[], { position, random }: Place): number =>
  1 + placeOf(position, rows.length - 1, random)
const dropRow = (path: string) => rowsOf(path, (rows, place) => rows.toSpliced(rowAt(rows, place), 1))
const twiceRow = (path: string) =>
  rowsOf(path, (rows, place) => rows.toSpliced(rowAt(rows, place), 0, rows[rowAt(rows, place)]!))
const otherCell = (path: string) =>
  rowsOf(path, (rows, place) => {
    const at = rowAt(rows, place)
    const cells = [...rows[at]!.matchAll(/"(?:[^"]|"")+"/g)]
    const cell = cells[place.random.below(cells.length)]!
    return rows.with(at, `${rows[at]!.slice(0, cell.index + 1)}x${rows[at]!.slice(cell.index + 1)}`)
  })

/** A cell of one of the rows that pass, by the name of its column. */
const cellOf = (path: string, column: string, passes: (cells: readonly string[]) => boolean, value: string) =>
  rowsOf(path, (rows, place) => {
    const cells = (row: string): string[] =>
      [...row.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].map(([, cell]) => cell!)
    const at = cells(rows[0]!.replace(/^\uFEFF/, '')).indexOf(`"${column}"`)
    const full = rows.flatMap((row, n) => (n > 0 && passes(cells(row)) ? [n] : []))
    const n = pick(full, place)
    return rows.with(n, cells(rows[n]!).slice(0, rows[0]!.split(',').length).with(at, `"${value}"`).join(','))
  })
/** Without an end. */
const isOpen = (cells: readonly string[]): boolean => cells[COLUMNS.intervals.indexOf('to')] === ''

type Doc = JsonObject & { findings: JsonObject[]; counts: Record<string, number>; status: string }
const result =
  (change: (doc: Doc, place: Place) => JsonObject) =>
  (files: Files, place: Place): Files =>
    edited(files, PACKET.resultsJson, (text) => {
      const lines = text.slice(0, -1).split('\n')
      const full = lines.flatMap((line, at) => (at > 0 && line.includes('"findings":[{') ? [at] : []))
      const at = pick(full, place)
      const end = at === lines.length - 1 ? ']}' : ','
      const made = JSON.stringify(change(JSON.parse(lines[at]!.slice(0, -end.length)) as Doc, place))
      return `${lines.with(at, made + end).join('\n')}\n`
    })

const inputs =
  (change: (doc: Record<string, JsonValue>, place: Place) => Record<string, JsonValue>) =>
  (files: Files, place: Place): Files => {
    const { run } = pick(summaryOf(files).runs, place)
    return withJson(files, inputsPath(run), (doc) => change(doc as Record<string, JsonValue>, place))
  }
const list = (value: JsonValue | undefined): JsonObject[] => value as JsonObject[]
const within = (doc: Record<string, JsonValue>, name: string, change: (value: JsonObject) => JsonObject) => ({
  ...doc,
  [name]: change(doc[name] as JsonObject),
})
/** One of a list changed. */
const oneOf = (doc: Record<string, JsonValue>, name: string, place: Place, change: (one: JsonObject) => JsonObject) => {
  const all = list(doc[name])
  const at = placeOf(place.position, all.length, place.random)
  return { ...doc, [name]: all.with(at, change(all[at]!)) }
}
/** One of the pulls that have what is to be changed. */
const pull = (doc: Record<string, JsonValue>, has: string, place: Place, change: (one: JsonObject) => JsonObject) => {
  const all = list(doc['pulls'])
  const full = all.flatMap((one, at) => (Array.isArray(one[has]) && (one[has] as JsonValue[]).length > 0 ? [at] : []))
  const at = pick(full, place)
  return { ...doc, pulls: all.with(at, change(all[at]!)) }
}

const leaves =
  (change: (lines: string[], place: Place) => string[]) =>
  (files: Files, place: Place): Files =>
    edited(files, PACKET.leaves, () => `${change(leavesIn(files), place).join('\n')}\n`)
const leafAt = (lines: readonly string[], { position, random }: Place): number =>
  placeOf(position, lines.length, random)
const notes =
  (change: (all: string[], place: Place) => string[]) =>
  (files: Files, place: Place): Files =>
    edited(files, PACKET.checkpoints, (text) => change(notesOf(text), place).join(''))
const summary =
  (change: (value: Record<string, JsonValue>, place: Place) => Record<string, JsonValue>) =>
  (files: Files, place: Place): Files =>
    withJson(files, PACKET.packet, (value) => change(value as Record<string, JsonValue>, place))
const checkFile =
  (change: (value: Record<string, JsonValue>, place: Place) => Record<string, JsonValue>) =>
  (files: Files, place: Place): Files =>
    withJson(
      files,
      pick(
        listed(files).filter((path) => path.startsWith('checks/')),
        place,
      ),
      (value) => change(value as Record<string, JsonValue>, place),
    )
const hexed = (text: string, random: Random): string => {
  const at = random.below(text.length)
  return text.slice(0, at) + (text[at] === '0' ? '1' : '0') + text.slice(at + 1)
}
const rawAt = (files: Files, place: Place): string =>
  pick(
    listed(files).filter((path) => path.startsWith('raw/')),
    place,
  )

const testAt = (files: Files, place: Place): string =>
  pick(
    listed(files).filter((path) => path.startsWith('tests/') && csvRows(files.get(path)!.toString('utf8')).length > 1),
    place,
  )
/** Rows of what never was. */
/** A line of a table: the columns that are named, the others empty. */
const lineOf = (table: keyof typeof COLUMNS, cells: Readonly<Record<string, CsvValue>>): string =>
  csvLines(COLUMNS[table].length)(COLUMNS[table].map((column) => cells[column] ?? null))

const INVENTED = lineOf('events', {
  kind: 'joiner',
  source: 'tailnet',
  recordKind: 'account',
  key: 'uX',
  label: 'x@example.com',
  to: 'present',
  lastSeenBefore: '2026-11-20T08:00:00.000Z',
  firstSeenAfter: '2026-11-20T08:15:00.000Z',
  beforeFirstRun: false,
})
const GONE = lineOf('leavers', {
  system: 'tailnet',
  person: 'x@example.com',
  type: 'employee',
  endDate: '2026-11-19',
  endsAt: '2026-11-20T00:00:00.000Z',
  rosterSaidAt: '2026-11-19T00:00:00.000Z',
  dueAt: '2026-11-21T00:00:00.000Z',
  accounts: 'x@example.com',
  clock: 'within',
})
const REVIEWED = lineOf('reviews', {
  review: 'R-9',
  system: 'tailnet',
  frozenAt: '2026-11-20T08:00:00.000Z',
  signedAt: '2026-11-20T09:00:00.000Z',
  by: 'eve',
  account: 'uX',
  login: 'x@example.com',
  decision: 'keep',
  reviewer: 'eve@example.com',
})

/** In no answer. */
const strange = (random: Random, kind = 'device'): JsonObject => ({
  kind,
  source: 'tailnet',
  key: `invented-${random.below(1e9)}`,
  unread: [],
})

const BY_KEY: readonly PacketKind[] = [
  byKey(
    'a verdict',
    result((doc, { position, random }) => {
      const at = placeOf(position, doc.findings.length, random)
      const status = doc.findings[at]!['status'] === 'pass' ? 'fail' : 'pass'
      return { ...doc, findings: doc.findings.with(at, { ...doc.findings[at]!, status }) }
    }),
  ),
  byKey(
    'the status of a result',
    result((doc) => ({ ...doc, status: doc.status === 'pass' ? 'fail' : 'pass' })),
  ),
  byKey(
    'a count',
    result((doc) => ({ ...doc, counts: { ...doc.counts, pass: doc.counts['pass']! + 1 } })),
  ),
  byKey(
    'a finding left out',
    result((doc, { position, random }) => ({
      ...doc,
      findings: doc.findings.toSpliced(placeOf(position, doc.findings.length, random), 1),
    })),
  ),
  byKey(
    'a fact',
    result((doc, { position, random }) => {
      const at = placeOf(position, doc.findings.length, random)
      return {
        ...doc,
        findings: doc.findings.with(at, { ...doc.findings[at]!, facts: { invented: random.below(1e9) } }),
      }
    }),
  ),
  byKey(
    'a sentence',
    result((doc, { position, random }) => {
      const at = placeOf(position, doc.findings.length, random)
      return { ...doc, findings: doc.findings.with(at, { ...doc.findings[at]!, message: 'All is well.' }) }
    }),
  ),
  byKey(
    'a parameter in the results',
    result((doc) => ({ ...doc, parameters: { ...(doc['parameters'] as JsonObject), invented: '1d' } })),
  ),
  byKey('a member twice in the results', (files) =>
    edited(files, PACKET.resultsJson, (text) => text.replace('"status":"', '"status":"fail","status":"')),
  ),
  byKey('a row of the results left out', dropRow(PACKET.resultsCsv)),
  byKey('a cell of the results', otherCell(PACKET.resultsCsv)),
  byKey('an open failure left out of the intervals', dropRow(PACKET.intervals)),
  byKey('the name of an open failure in the intervals', cellOf(PACKET.intervals, 'subjectLabel', isOpen, 'nobody')),
  byKey('since when an open failure stands', cellOf(PACKET.intervals, 'firstSeen', isOpen, '2026-11-20T08:00:00.000Z')),
  byKey(
    'when a failure began in the intervals',
    cellOf(PACKET.intervals, 'from', () => true, '2026-11-20T08:00:00.000Z'),
  ),
  byKey('a call left out', dropRow(PACKET.requests)),
  byKey('a call twice', twiceRow(PACKET.requests)),
  byKey('a cell of a call', otherCell(PACKET.requests)),
  byKey('a device left out of its population', dropRow('populations/runs/device.csv')),
  byKey('an account’s cell', otherCell('populations/runs/account.csv')),
  byKey('a device left out of those of the period', dropRow('populations/device.csv')),
  byKey(
    'the name of an account in those of the period',
    cellOf('populations/account.csv', 'label', () => true, 'nobody'),
  ),
  byKey(
    'when a key was first seen',
    cellOf('populations/key.csv', 'firstSeen', () => true, '2026-11-20T08:00:00.000Z'),
  ),
  byKey('a person who is said to be gone', (files) =>
    edited(files, 'populations/person.csv', (text) =>
      text
        .replace(/,true,true,(true|false),/, ',true,false,$1,')
        .replace(/,false,true,(true|false),/, ',false,false,$1,'),
    ),
  ),
  byKey('a cell of a test', (files, place) => otherCell(testAt(files, place))(files, place)),
  byKey('a subject left out of a test', (files, place) => dropRow(testAt(files, place))(files, place)),
  byKey('a count of the period', (files, place) =>
    withJson(files, PACKET.periodJson, (value) => {
      const packed = value as unknown as { results: JsonObject[] }
      const judged = packed.results.flatMap((one, at) =>
        one['what'] === 'check' && Number(one['met']) > 0 ? [at] : [],
      )
      const at = pick(judged, place)
      const one = packed.results[at]!
      const wrong = { ...one, met: Number(one['met']) - 1, deviated: Number(one['deviated']) + 1 }
      return { ...packed, results: packed.results.with(at, wrong) } as never
    }),
  ),
  byKey('a count of the period, in both files', (files, place) => {
    const said = JSON.parse(files.get(PACKET.periodJson)!.toString('utf8')) as PackedPeriod
    const judged = said.results.filter(({ what, ref, met }) => what === 'check' && met > 0 && ref !== 'ID-02')
    const one = pick(judged, place)
    const wrong = { ...one, met: one.met - 1, deviated: one.deviated + 1 }
    const results = said.results.map((result) => (result === one ? wrong : result))
    const table = [...csvTable(COLUMNS.period, periodRows(results))].join('')
    const made = put(files, PACKET.periodJson, `${canonicalJson({ ...said, results } as unknown as JsonValue)}\n`)
    return put(made, PACKET.periodCsv, table)
  }),
  byKey('a cell of the period', otherCell(PACKET.periodCsv)),
  byKey('somebody who joined at no pull', (files) =>
    edited(files, eventsPath('joiner'), (text) => `${text}${INVENTED}`),
  ),
  byKey('somebody who left in time of whom nothing is known', (files) =>
    edited(files, PACKET.leavers, (text) => `${text}${GONE}`),
  ),
  byKey('a review that nobody signed', (files) => edited(files, PACKET.reviews, (text) => `${text}${REVIEWED}`)),
  byKey('a failure left out of the OCSF events', (files, place) =>
    edited(files, PACKET.ocsf, (text) => {
      const lines = text.slice(0, -1).split('\n')
      return `${lines.toSpliced(placeOf(place.position, lines.length, place.random), 1).join('\n')}\n`
    }),
  ),
  byKey('a target of OSCAL that is satisfied', (files) =>
    edited(files, PACKET.oscal, (text) => text.replace('"state":"not-satisfied"', '"state":"satisfied"')),
  ),
  byKey('a count of OSCAL', (files) =>
    edited(files, PACKET.oscal, (text) => text.replace(/("count-population","ns":"[^"]*","value":")\d+/, '$19')),
  ),
  byKey('a change of the configuration left out', dropRow(PACKET.configuration)),
  byKey('a change of which the ledger says nothing', silenced('configuration')),
  byKey('a waiver of which the ledger says nothing', silenced('waiver')),
  byKey('an attestation of which the ledger says nothing', silenced('attestation')),
  byKey('a source that is said to rest on records', (files) =>
    withJson(files, PACKET.packet, (value) => {
      const summary = value as unknown as PacketSummary
      return { ...summary, runs: summary.runs.map((run) => ({ ...run, fromRecords: ['tailnet'] })) } as never
    }),
  ),
  byKey('an act left out of the audit log', dropRow(PACKET.auditLog)),
  byKey('a cell of the audit log', otherCell(PACKET.auditLog)),
  byKey('a row of the controls', otherCell(PACKET.controls)),
  byKey('a waiver', otherCell(PACKET.waivers)),
  byKey('an attestation', otherCell(PACKET.attestations)),
  byKey('an answer under its old name', (files, place) => {
    const path = rawAt(files, place)
    return put(files, path, flipped(files.get(path)!, place.random))
  }),
  byKey('an answer under the name of what it became', (files, place) => {
    const path = rawAt(files, place)
    const bytes = flipped(files.get(path)!, place.random)
    return put(without(files, path), rawPath(path.split('/')[1]!, sha256(bytes)), bytes)
  }),
  byKey('an answer, and every mention of it', (files, place) => {
    const path = rawAt(files, place)
    const [, source, digest] = path.split('/') as [string, string, string]
    const bytes = Buffer.from(`${files.get(path)!.toString('utf8')} `)
    const made = put(without(files, path), rawPath(source, sha256(bytes)), bytes)
    const texts = listed(made).filter((one) => /\.(csv|json)$/.test(one))
    return texts.reduce((all, one) => edited(all, one, (text) => text.replaceAll(digest, sha256(bytes))), made)
  }),
  byKey('an answer taken out', (files, place) => without(files, rawAt(files, place))),
  byKey('an answer that nobody asked for', (files, { random }) => {
    const bytes = Buffer.from(`{"invented":${random.below(1e9)}}`)
    return put(files, rawPath('tailnet', sha256(bytes)), bytes)
  }),
  byKey(
    'a limit in the settings',
    inputs((doc) =>
      within(doc, 'settings', (settings) => ({
        ...settings,
        slaMs: { ...(settings['slaMs'] as JsonObject), critical: 1 },
      })),
    ),
  ),
  byKey(
    'a waiver in the settings',
    inputs((doc) => within(doc, 'settings', (settings) => ({ ...settings, waivers: [] }))),
  ),
  byKey(
    'the time of a run',
    inputs((doc) => within(doc, 'run', (run) => ({ ...run, snapshotAt: '2026-11-20T08:00:00.000Z' }))),
  ),
  byKey(
    'a digest of a run',
    inputs((doc, { random }) =>
      within(doc, 'run', (run) => ({ ...run, resultsDigest: hexed(run['resultsDigest'] as string, random) })),
    ),
  ),
  byKey(
    'the state of a source',
    inputs((doc, place) =>
      oneOf(doc, 'sources', place, (state) => ({ ...state, requests: (state['requests'] as number) + 1 })),
    ),
  ),
  byKey(
    'the set of checks',
    inputs((doc, place) => ({
      ...doc,
      checks: list(doc['checks']).toSpliced(placeOf(place.position, list(doc['checks']).length, place.random), 1),
    })),
  ),
  byKey(
    'a sealed result',
    inputs((doc, place) =>
      oneOf(doc, 'results', place, (one) => ({ ...one, digest: hexed(one['digest'] as string, place.random) })),
    ),
  ),
  byKey(
    'what a run found of its house',
    inputs((doc, place) => oneOf(doc, 'house', place, (one) => ({ ...one, checked: 1 + place.random.below(1e9) }))),
  ),
  byKey(
    'what a run was handed by the one before',
    inputs((doc) => ({ ...doc, carriedBefore: [] })),
  ),
  byKey(
    'a stamp among what the run before left',
    inputs((doc, { random }) => ({
      ...doc,
      carriedBefore: [...list(doc['carriedBefore']), strange(random, 'anchor')],
    })),
  ),
  byKey(
    'a device among what the run left',
    inputs((doc, { random }) => ({ ...doc, carried: [...list(doc['carried']), strange(random)] })),
  ),
  byKey(
    'a device in the house',
    inputs((doc, { random }) => ({ ...doc, house: [...list(doc['house']), strange(random)] })),
  ),
  byKey(
    'a device that no page holds',
    inputs((doc, place) =>
      pull(doc, 'pages', place, (one) => ({ ...one, withheld: [...list(one['withheld']), strange(place.random)] })),
    ),
  ),
  byKey(
    'a pull twice',
    inputs((doc) => ({ ...doc, pulls: [...list(doc['pulls']), list(doc['pulls'])[0]!] })),
  ),
  byKey('an answer told as gone, without its records', (files, place) => {
    const path = rawAt(files, place)
    const [, source, digest] = path.split('/') as [string, string, string]
    return withJson(without(files, path), PACKET.packet, (value) => {
      const doc = value as Record<string, JsonValue>
      const missing = { source, sha256: digest, request: 'GET /', because: 'gone' }
      return { ...doc, missing: [...list(doc['missing']), missing] }
    })
  }),
  byKey('a result that lists its failures only, one left out', (files, place) =>
    result((doc) => ({
      ...doc,
      message: 'Judged by an earlier release; only what failed or was unknown is listed until the next run.',
      findings: doc.findings.filter(({ status }) => status === 'fail' || status === 'unknown').slice(1),
      counts: { ...doc.counts, pass: doc.counts['pass']! + 1 },
    }))(files, place),
  ),
  byKey(
    'a call in a pull',
    inputs((doc, place) =>
      pull(doc, 'pages', place, (one) => ({
        ...one,
        pull: { ...(one['pull'] as JsonObject), endedAt: '2026-11-20T08:00:00.000Z' },
      })),
    ),
  ),
  byKey(
    'a pull told as none',
    inputs((doc, place) => pull(doc, 'pages', place, (one) => ({ ...one, run: null, pull: null, pages: [] }))),
  ),
  byKey(
    'a pull without its calls',
    inputs((doc, place) => pull(doc, 'pages', place, (one) => ({ ...one, pull: null }))),
  ),
  byKey('a word of the README', (files, { random }) =>
    edited(files, PACKET.readme, (text) => `${text}Call +31 20 ${random.below(1e7)} for help.\n`),
  ),
  byKey(
    'a page of a pull left out',
    inputs((doc, place) =>
      pull(doc, 'pages', place, (one) => ({
        ...one,
        pages: list(one['pages']).toSpliced(placeOf(place.position, list(one['pages']).length, place.random), 1),
      })),
    ),
  ),
  byKey(
    'a byte of a leaf',
    leaves((lines, place) => {
      const at = leafAt(lines, place)
      return lines.with(at, lines[at]!.replace('"type"', '"tyqe"'))
    }),
  ),
  byKey(
    'a leaf in other white space',
    leaves((lines, place) => lines.with(leafAt(lines, place), `${lines[leafAt(lines, place)]} `)),
  ),
  byKey(
    'a leaf left out',
    leaves((lines, place) => lines.toSpliced(leafAt(lines, place), 1)),
  ),
  byKey(
    'the last leaves cut off',
    leaves((lines, { random }) => lines.slice(0, -1 - random.below(lines.length - 1))),
  ),
  byKey(
    'a leaf twice',
    leaves((lines, place) => lines.toSpliced(leafAt(lines, place), 0, lines[leafAt(lines, place)]!)),
  ),
  byKey(
    'two leaves in another order',
    leaves((lines, { position, random }) => {
      const at = placeOf(position, lines.length - 1, random)
      return lines.with(at, lines[at + 1]!).with(at + 1, lines[at]!)
    }),
  ),
  byKey(
    'a leaf put in',
    leaves((lines, { position, random }) =>
      lines.toSpliced(
        placeOf(position, lines.length, random),
        0,
        canonicalJson({ type: 'note', text: String(random.below(1e9)) }),
      ),
    ),
  ),
  byKey(
    'a checkpoint of another size under the old root',
    notes((all, { position, random }) => {
      const at = placeOf(position, all.length, random)
      return all.with(at, all[at]!.replace(/\n\d+\n/, `\n${1 + random.below(1000)}000\n`))
    }),
  ),
  byKey(
    'a checkpoint left out',
    notes((all, { position, random }) => all.toSpliced(placeOf(position, all.length, random), 1)),
  ),
  byKey(
    'two checkpoints in another order',
    notes((all, { position, random }) => {
      const at = placeOf(position, all.length - 1, random)
      return all.with(at, all[at + 1]!).with(at + 1, all[at]!)
    }),
  ),
  byKey(
    'a checkpoint with the signature of another',
    notes((all, { position, random }) => {
      const at = placeOf(position, all.length, random)
      const with_ = all[(at + 1) % all.length]!
      return all.with(at, all[at]!.slice(0, all[at]!.indexOf('\n\n')) + with_.slice(with_.indexOf('\n\n')))
    }),
  ),
  byKey('a consistency proof', (files, place) =>
    withJson(files, PACKET.consistency, (value) => {
      const full = list(value).flatMap((one, at) => ((one['proof'] as string[]).length > 0 ? [at] : []))
      const at = pick(full, place)
      const proof = list(value)[at]!['proof'] as string[]
      const nth = place.random.below(proof.length)
      return list(value).with(at, { ...list(value)[at]!, proof: proof.with(nth, hexed(proof[nth]!, place.random)) })
    }),
  ),
  byKey('an inclusion proof', (files, place) =>
    edited(files, inclusionPath(pick(summaryOf(files).runs, place).run), (text) =>
      text.replace(/^index \d+$/m, `index ${place.random.below(1000)}9`),
    ),
  ),
  byKey(
    'the period',
    summary((value) => within(value, 'period', (period) => ({ ...period, to: '2026-11-20T10:30:00.000Z' }))),
  ),
  byKey(
    'the number of runs',
    summary((value, { random }) => ({ ...value, sealed: (value['sealed'] as number) + 1 + random.below(9) })),
  ),
  byKey(
    'a packed run left out',
    summary((value, { position, random }) => ({
      ...value,
      runs: list(value['runs']).toSpliced(placeOf(position, list(value['runs']).length, random), 1),
    })),
  ),
  byKey(
    'the nonce of a run',
    summary((value, { random }) => ({
      ...value,
      runs: list(value['runs']).map((run) =>
        run['nonce'] === undefined ? run : { ...run, nonce: `${run['nonce']} and ${random.below(1e9)}` },
      ),
    })),
  ),
  byKey(
    'a nonce that no leaf has',
    summary((value, { random }) => ({
      ...value,
      runs: list(value['runs']).map((run) =>
        run['nonce'] === undefined ? { ...run, nonce: `${random.below(1e9)} herons` } : run,
      ),
    })),
  ),
  byKey(
    'the organization',
    summary((value) => within(value, 'organization', (own) => ({ ...own, name: 'Another Corp' }))),
  ),
  byKey(
    'a demo told as none',
    summary((value) => ({ ...value, demo: true })),
  ),
  byKey(
    'an older form',
    summary((value) => ({ ...value, schema: 'exhibit.packet/0' })),
  ),
  byKey(
    'a page told as gone',
    summary((value, { random }) => ({
      ...value,
      missing: [
        ...list(value['missing']),
        { source: 'tailnet', sha256: sha256(`${random.below(1e9)}`), request: 'GET /', because: 'gone' },
      ],
    })),
  ),
  byKey(
    'the rule of a check',
    checkFile((value) => {
      const rule = { ...(value['rule'] as JsonObject), question: 'Is all well?' }
      return { ...value, rule, digest: sha256(canonicalJson(rule)) }
    }),
  ),
  byKey(
    'the digest of a rule',
    checkFile((value, { random }) => ({ ...value, digest: hexed(value['digest'] as string, random) })),
  ),
  byKey(
    'the version that judged',
    checkFile((value, place) =>
      oneOf(value, 'judged', place, (one) => ({ ...one, version: (one['version'] as number) + 1 })),
    ),
  ),
  byKey('who may sign', (files) =>
    edited(files, PACKET.allowedSigners, (text) => text.replace('exhibit@', 'mallory@')),
  ),
  byKey(
    'the key’s fingerprint in the packet',
    summary((value, { random }) => ({ ...value, fingerprint: hexed(value['fingerprint'] as string, random) })),
  ),
  {
    what: 'the whole ledger signed again without one of its runs',
    by: 'key',
    change(files, place) {
      const lines = leavesIn(files)
      const runs = lines.flatMap((line, at) => (JSON.parse(line).type === 'run' ? [at] : []))
      const packed = new Set(summaryOf(files).runs.map(({ leaf }) => leaf))
      const last = runs.at(-1)!
      // Packed runs behind the gap move up: the forger counts them anew.
      const at = pick(
        runs.filter((one) => !packed.has(one) && one < last),
        place,
      )
      const rest = lines.toSpliced(at, 1)
      const moved = withJson(files, PACKET.packet, (value) => {
        const runsNow = list((value as JsonObject)['runs']).map((run) =>
          (run['leaf'] as number) > at ? { ...run, leaf: (run['leaf'] as number) - 1 } : run,
        )
        return { ...(value as JsonObject), runs: runsNow, sealed: ((value as JsonObject)['sealed'] as number) - 1 }
      })
      return forged(moved, rest, place.key)
    },
  },
  {
    what: 'the whole ledger signed again with another nonce in a run',
    by: 'key',
    change(files, { random, key }) {
      const lines = leavesIn(files)
      const at = lines.findIndex((line) => jsonOf(line)['nonce'] !== undefined)
      return forged(
        files,
        lines.with(at, canonicalJson({ ...jsonOf(lines[at]!), nonce: `${random.below(1e9)} herons` })),
        key,
      )
    },
  },
  {
    what: 'the whole ledger signed again with another answer of a run',
    by: 'key',
    change(files, place) {
      const lines = leavesIn(files)
      const packed = pick(summaryOf(files).runs, place)
      const body = jsonOf(lines[packed.leaf]!)
      return forged(
        files,
        lines.with(packed.leaf, canonicalJson({ ...body, results: hexed(body['results'] as string, place.random) })),
        place.key,
      )
    },
  },
]

const jsonOf = (line: string): JsonObject => JSON.parse(line) as JsonObject

export const PACKET_KINDS: readonly PacketKind[] = [...ANYBODY, ...BY_KEY]
