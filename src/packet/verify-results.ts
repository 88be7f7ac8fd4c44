/**
 * `results.json`, `results.csv` and `intervals.csv` of the last run: every line is written again from the verdicts that
 * were made again, and compared to the byte. What only the database knows (since when a failure stands) is taken from the
 * file, as long as it names the moment of a run in the ledger.
 */
import type { Check } from '../domain/check.ts'
import type { Finding } from '../domain/finding.ts'
import type { JsonObject } from '../domain/json.ts'
import { checkPath, PACKET, type PackedCheck, type PackedDay } from '../domain/packet.ts'
import type { ResultInputs } from '../domain/reperform.ts'
import type { Report, ReportFinding, ReportResult } from '../domain/report.ts'
import type { CheckResult } from '../domain/result.ts'
import type { Snapshot } from '../domain/snapshot.ts'
import { canonicalJson } from '../lib/canonical-json.ts'
import { Broken, broken, NOT_AS_SEALED } from './broken.ts'
import { requireSame } from './verify-bytes.ts'
import type { PacketFiles } from './verify-files.ts'
import { requireIntervals } from './verify-intervals.ts'
import { differs, findingsOf, headDiffers, keyOf, linesOf, nameOf } from './verify-lines.ts'
import {
  checkLike,
  clocked,
  frameOf,
  resultIn,
  type ShownParts,
  seenFirst,
  shownFinding,
  shownResult,
} from './verify-shown.ts'
import {
  asPartly,
  isEarly,
  openAsListed,
  partly,
  requireSealedCounts,
  requireSealedFindings,
} from './verify-standing.ts'

export interface Renderers {
  json(report: Report): Iterable<string>
  csv(report: Report): Iterable<string>
}

export interface ResultsParts extends ShownParts {
  readonly files: PacketFiles
  /** Those that were sealed, as the packet has them. */
  readonly days: readonly PackedDay[]
  /** Whether this release wrote the packet: another may word titles and sentences in another way. */
  readonly sameRelease: boolean
  readonly render: Renderers
}

export interface ResultsWitness {
  /** Takes a result that was made again. */
  each(result: CheckResult, check: Check, snapshot: Snapshot): void
  /** After the last one. Gives what could not be compared, in words. */
  done(): Promise<Uncompared>
}

export interface Uncompared {
  /** What a release that knows the checks would compare. */
  readonly incomplete: readonly string[]
  /** What nothing in the packet gives again. */
  readonly unread: readonly string[]
  /** As the file tells them, compared: by ref, then system. */
  readonly results: readonly ReportResult[]
}

const WHERE = PACKET.resultsJson

export async function resultsWitness(parts: ResultsParts): Promise<ResultsWitness> {
  const { files, inputs, render } = parts
  const { head, lines } = await linesOf(files)
  const sealed = new Map(inputs.results.map((result) => [keyOf(result), result]))
  const shown = new Map<string, ReportResult>()
  const unseen: string[] = []
  const unread: string[] = []
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
    const words = parts.sameRelease ? own : { ...own, findings: () => inTheirWords(own, doc) }
    const result = words.complete ? words : asPartly(words, doc)
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
    const name = `${result.ref} ${result.check}`
    compare(key, (said) => {
      const check = checkLike(result, said, parts)
      const complete = !partly(said)
      const { settings, run } = inputs
      const early = new Set(findingsOf(said).filter((finding) => isEarly(finding, check, settings, run.snapshotAt)))
      if (!complete) requireSealedCounts(result, said)
      const own = complete ? requireSealedFindings(result, said, early) : early
      clocks.set(key, new Set([...own].map(({ subject }) => nameOf(subject))))
      if (complete) unread.push(`the sentences of ${name} in ${WHERE}, and the facts of what passed there`)
      else unseen.push(`${WHERE} lists only the failures and unknowns of ${name}, and nothing gives them again`)
      const findings = (): ReportFinding[] =>
        findingsOf(said).map((finding) => {
          const seen = seenFirst(finding, finding.firstSeen, run.snapshotAt, parts.moments)
          const clock = own.has(finding) ? { sla: finding.sla as Finding['sla'] } : { sla: undefined }
          const frame = { check, settings, at: run.snapshotAt }
          // Nobody has the check to ask: its sentence is the file's.
          return shownFinding({ ...finding, ...clock }, frame, seen, finding.message)
        })
      return { ...result, findings, complete, check }
    })
    const line = lines.get(key)!
    const doc = JSON.parse(line.toString('utf8')) as JsonObject
    shown.set(key, resultIn(doc, checkLike(result, doc, parts), line))
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
        const listsAll = doc === null || !partly(doc)
        if (!listsAll) unseen.push(`${WHERE} lists only the failures and unknowns of ${result.ref} ${result.check}`)
        compare(key, (said) => {
          if (listsAll) return shownResult(result, check, snapshot, said, parts)
          const told = { ...result, findings: openAsListed(result, said) }
          return { ...shownResult(told, check, snapshot, said, parts), complete: false }
        })
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
      if (!parts.sameRelease) unread.push(`titles and sentences of ${WHERE} and ${PACKET.resultsCsv}`)
      return { incomplete: unseen, unread, results: titled }
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

function textOf(chunks: Iterable<string>): string {
  return [...chunks].join('')
}
