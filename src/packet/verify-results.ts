/**
 * `results.json`, `results.csv` and `intervals.csv` of the last run: every line is written again from the verdicts that
 * were made again, and compared to the byte. What only the database knows (since when a failure stands) is taken from the
 * file, as long as it names the moment of a run in the ledger.
 */
import type { Check } from '../domain/check.ts'
import { digestsOver } from '../domain/digests.ts'
import { isDisabled, waiverFor } from '../domain/evaluate.ts'
import type { Finding, Subject } from '../domain/finding.ts'
import type { JsonObject, JsonValue } from '../domain/json.ts'
import { checkPath, PACKET, type PackedCheck, type PacketSummary } from '../domain/packet.ts'
import type { ResultInputs, RunInputs } from '../domain/reperform.ts'
import type { Report, ReportFinding, ReportResult, Sla } from '../domain/report.ts'
import type { CheckResult } from '../domain/result.ts'
import type { Settings } from '../domain/settings.ts'
import { aged, type Snapshot } from '../domain/snapshot.ts'
import type { CheckRef } from '../domain/store.ts'
import { type Instant, plus } from '../domain/time.ts'
import { canonicalJson } from '../lib/canonical-json.ts'
import { sha256 } from '../lib/digest.ts'
import { Broken, broken, NOT_AS_SEALED } from './broken.ts'
import { requireSame } from './verify-bytes.ts'
import type { PacketFiles } from './verify-files.ts'
import { requireIntervals } from './verify-intervals.ts'

const { findingsDigest } = digestsOver({ canonical: canonicalJson, sha256 })

export interface Renderers {
  json(report: Report): Iterable<string>
  csv(report: Report): Iterable<string>
}

export interface ResultsParts {
  readonly files: PacketFiles
  readonly summary: PacketSummary
  readonly inputs: RunInputs
  /** Moments of the runs in the ledger. */
  readonly moments: ReadonlySet<Instant>
  readonly checks: readonly Check[]
  /** Whether this release wrote the packet: another may word titles and sentences in another way. */
  readonly sameRelease: boolean
  readonly render: Renderers
}

export interface ResultsWitness {
  /** Takes a result that was made again. */
  each(result: CheckResult, check: Check, snapshot: Snapshot): void
  /** After the last one. Gives what could not be compared, in words. */
  done(): Promise<string[]>
}

const WHERE = PACKET.resultsJson
/** How a result begins of which only failures and unknowns are listed (report.ts). */
const PARTLY = 'Judged by an earlier '
const OWN = /^OWN-/

export async function resultsWitness(parts: ResultsParts): Promise<ResultsWitness> {
  const { files, inputs, render } = parts
  const { head, lines } = await linesOf(files)
  const sealed = new Map(inputs.results.map((result) => [keyOf(result), result]))
  const shown = new Map<string, ReportResult>()
  const unseen: string[] = []
  /** Findings under a clock of the check's own; null: of a check that was not asked again nobody knows. */
  const clocks = new Map<string, ReadonlySet<string> | null>()
  let first: Broken | null = null
  const frame = frameOf(parts)
  const titles = await titlesIn(parts)
  const emptyText = textOf(render.json(frame))
  // Without what closes the list.
  const headText = emptyText.slice(0, -3)

  function compare(key: string, made: (doc: JsonObject) => ReportResult): void {
    const line = lines.get(key)
    if (line === undefined) broken(WHERE, `it has no result of ${key.replace('\0', ' over ')}`, NOT_AS_SEALED)
    const doc = JSON.parse(line.toString('utf8')) as JsonObject
    const own = made(doc)
    const result = parts.sameRelease ? own : { ...own, findings: () => inTheirWords(own, doc) }
    const text = textOf(render.json({ ...frame, results: [result] })).slice(headText.length + 1, -3)
    const expected = JSON.parse(text) as JsonObject
    // The inputs are in canonical form: in which order the operator's file named the members of an object, nobody knows.
    if (canonicalJson(expected) !== canonicalJson(doc)) differs(doc, expected)
  }

  function attempt(work: () => void): void {
    try {
      work()
    } catch (error) {
      if (!(error instanceof Broken)) throw error
      first ??= error
    }
  }

  /** A check that was not asked again: its findings in the file have the digest that was sealed. */
  function standing(result: ResultInputs): void {
    const key = keyOf(result)
    const line = lines.get(key)
    const doc = line === undefined ? null : (JSON.parse(line.toString('utf8')) as JsonObject)
    const check = parts.checks.find(({ id }) => id === result.check)
    if (doc !== null && partly(doc)) {
      unseen.push(`${WHERE} lists only the failures and unknowns of ${result.ref} ${result.check}`)
      shown.set(key, resultIn(doc, checkLike(result, check, doc), line!))
      return
    }
    compare(key, (said) => {
      requireSealedFindings(result, said)
      const own = {
        ...result,
        findings: () => findingsIn(line!),
        complete: true,
        check: checkLike(result, check, said),
      }
      return { ...own, message: own.message }
    })
    if (doc !== null) shown.set(key, resultIn(doc, checkLike(result, check, doc), line!))
  }

  return {
    each(result, check, snapshot) {
      attempt(() => {
        const key = keyOf(result)
        const own = result.findings.filter(({ sla }) => sla !== undefined)
        clocks.set(key, new Set(own.map(({ subject }) => nameOf(subject))))
        const line = lines.get(key)
        const doc = line === undefined ? null : (JSON.parse(line.toString('utf8')) as JsonObject)
        sealed.delete(key)
        if (doc !== null && partly(doc)) {
          unseen.push(`${WHERE} lists only the failures and unknowns of ${result.ref} ${result.check}`)
        } else compare(key, (said) => shownResult(result, check, snapshot, said, parts))
        if (doc !== null) shown.set(key, resultIn(doc, check, line!))
      })
    },
    async done() {
      for (const result of sealed.values()) attempt(() => standing(result))
      for (const key of lines.keys()) {
        attempt(() => {
          if (!shown.has(key))
            broken(WHERE, `it has a result of ${key.replace('\0', ' over ')}, which no run sealed`, NOT_AS_SEALED)
        })
      }
      if (first !== null) throw first
      if (head !== headText) headDiffers(head, headText)
      const results = [...lines.keys()].map((key) => clocked(shown.get(key)!, clocks.get(key) ?? null, inputs.settings))
      const titled = results.map((result) => ({
        ...result,
        check: { ...result.check, title: titles.get(result.check.id) ?? '' },
      }))
      // Of a disabled check nothing in the packet tells the title.
      const told = frame.disabled.every(({ check }) => parts.sameRelease && !check.operator)
      if (told) await requireSame(files, PACKET.resultsCsv, render.csv({ ...frame, results: titled }))
      await requireIntervals(parts, results)
      return unseen
    },
  }
}

/** Check → its title, as the release had it that wrote the packet. */
async function titlesIn({ files, inputs }: ResultsParts): Promise<ReadonlyMap<string, string>> {
  const titles = new Map<string, string>()
  for (const { check } of inputs.results) {
    if (titles.has(check)) continue
    const { rule } = (await files.json(checkPath(check))) as unknown as PackedCheck
    titles.set(check, rule?.title ?? '')
  }
  return titles
}

function* inTheirWords(own: ReportResult, doc: JsonObject): Generator<ReportFinding> {
  const said = doc['findings'] as unknown as ReportFinding[]
  let at = 0
  for (const finding of own.findings()) {
    yield { ...finding, message: said[at]?.message ?? finding.message }
    at++
  }
}

function keyOf({ check, system }: { check: string; system: string | null }): string {
  return system === null ? check : `${check}\0${system}`
}

function partly(doc: JsonObject): boolean {
  return typeof doc['message'] === 'string' && doc['message'].startsWith(PARTLY)
}

/** One line the head, then one a result (outputs/json.ts): read so, a file of a million findings is never one text. */
async function linesOf(files: PacketFiles): Promise<{ head: string; lines: Map<string, Buffer> }> {
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
    const key = keyOf(doc as unknown as CheckResult)
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

/** The report as it was at the moment of the run, without results. */
function frameOf({ inputs, summary, checks }: ResultsParts): Report {
  const { run, settings } = inputs
  const refs = inputs.checks ?? []
  const isOfSet = (check: Check): boolean =>
    refs.some(({ id, version }) => id === check.id && version === check.version)
  return {
    organization: settings.organization,
    demo: settings.demo,
    run,
    snapshotAt: run.snapshotAt,
    evaluatedAt: run.snapshotAt,
    software: summary.software,
    sources: aged(inputs.sources, settings, run.snapshotAt),
    disabled: [...checks.filter(isOfSet), ...refs.filter(({ ref }) => OWN.test(ref)).map(ownCheck)]
      .filter((check) => isDisabled(check, settings))
      .map((check) => ({ check, because: settings.checks[check.id]?.because ?? '' }))
      .sort((a, b) => (a.check.ref < b.check.ref ? -1 : 1)),
    results: [],
    snapshot: null,
  }
}

/** An operator's own check, as far as the set of checks tells of it. */
function ownCheck({ ref, id, version, severity }: CheckRef): Check {
  return { ref, id, version, severity, operator: true } as Check
}

function shownResult(
  result: CheckResult,
  check: Check,
  { settings, at }: Snapshot,
  doc: JsonObject,
  { moments }: ResultsParts,
): ReportResult {
  const said = doc['findings'] as unknown as { firstSeen: Instant | null }[]
  return {
    ...result,
    check,
    complete: true,
    *findings() {
      for (const [index, finding] of result.findings.entries()) {
        yield shownFinding(
          finding,
          check,
          settings,
          at,
          seenFirst(finding, said[index]?.firstSeen ?? null, at, moments),
        )
      }
    },
  }
}

/** The file's own word, as far as the ledger has a run of that moment. */
function seenFirst({ status, subject }: Finding, said: Instant | null, at: Instant, moments: ReadonlySet<Instant>) {
  if (status !== 'fail' && status !== 'unknown') return null
  if (said === null || said > at || !moments.has(said)) {
    broken(
      WHERE,
      `${nameOf(subject)} is first seen at a moment of no run`,
      NOT_AS_SEALED,
      'the moment of a sealed run',
      said,
    )
  }
  return said
}

/** As reports show a finding (report.ts). */
function shownFinding(
  finding: Finding,
  check: Check,
  settings: Settings,
  at: Instant,
  firstSeen: Instant | null,
): ReportFinding {
  const due = finding.status === 'fail' && firstSeen !== null ? plus(firstSeen, settings.slaMs[check.severity]) : null
  const { subject, status, unknownReason, notice, facts, records } = finding
  return {
    subject,
    status,
    unknownReason,
    message: check.say(finding),
    notice,
    facts,
    records,
    waiver: waiverFor(settings, check, finding, at.slice(0, 10)),
    firstSeen,
    sla: status !== 'fail' ? null : (finding.sla ?? (due !== null && due < at ? 'breached' : 'within')),
    dueAt: finding.sla === undefined ? due : null,
  }
}

/** With the clock that checks may have of their own, and without: the file shows one for every failure. */
function requireSealedFindings(result: ResultInputs, doc: JsonObject): void {
  const said = doc['findings'] as unknown as (ReportFinding & { sla: Sla | null })[]
  const withClock = said.map(({ sla, ...finding }) =>
    sla === null ? finding : { ...finding, sla },
  ) as unknown as Finding[]
  const without = said.map(({ sla: _, ...finding }) => finding) as unknown as Finding[]
  const holds = [without, withClock].some((findings) => findingsDigest({ ...result, findings }) === result.digest)
  if (!holds) {
    broken(WHERE, `the findings of ${result.ref} ${result.check} are not those that were sealed`, NOT_AS_SEALED)
  }
}

/** A check that is not at hand, as far as its rows show it. */
function checkLike(result: ResultInputs, check: Check | undefined, doc: JsonObject): Check {
  const operator = OWN.test(result.ref)
  const severity = doc['severity'] as Check['severity']
  if (check !== undefined && check.operator === operator) return { ...check, severity }
  return { id: result.check, ref: result.ref, version: result.version, severity, title: '', operator } as Check
}

/** A line of the file that was compared, for the tables made of it; its findings are read again when they are asked for. */
function resultIn(doc: JsonObject, check: Check, line: Buffer): ReportResult {
  const { findings: _, ...rest } = doc as unknown as ReportResult & { findings: unknown }
  return { ...rest, check, complete: true, findings: () => findingsIn(line) }
}

/** With the moment when each failure is due, which the JSON does not have. */
function clocked(result: ReportResult, own: ReadonlySet<string> | null, settings: Settings): ReportResult {
  const dueOf = ({ status, firstSeen, subject }: ReportFinding): Instant | null =>
    status !== 'fail' || firstSeen === null || own?.has(nameOf(subject)) === true
      ? null
      : plus(firstSeen, settings.slaMs[result.check.severity])
  return { ...result, findings: () => [...result.findings()].map((finding) => ({ ...finding, dueAt: dueOf(finding) })) }
}

function findingsIn(line: Buffer): ReportFinding[] {
  return (JSON.parse(line.toString('utf8')) as { findings: ReportFinding[] }).findings
}

function nameOf({ source, kind, key }: Subject): string {
  return `${source}/${kind}/${key}`
}

/** Names the first finding, or member, in which the file differs from what was made again. */
function differs(found: JsonObject, expected: JsonObject): never {
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

function headDiffers(found: string, expected: string): never {
  const [said, wanted] = [`${found}]}`, `${expected}]}`].map((text) => {
    try {
      return JSON.parse(text) as JsonObject
    } catch {
      return broken(WHERE, 'its first line is not written as Exhibit writes it', NOT_AS_SEALED)
    }
  })
  return fieldDiffers(WHERE, said!, wanted!)
}

function textOf(chunks: Iterable<string>): string {
  return [...chunks].join('')
}
