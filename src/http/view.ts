/**
 * The newest report as pages use it: made once per run and kept until a verdict in it changes with time. A report over
 * 20,000 devices takes a second; a page must not.
 */

import { setImmediate } from 'node:timers/promises'
import type { Subject } from '../domain/finding.ts'
import { byText } from '../domain/json.ts'
import type { Findings, Report, ReportFinding, ReportResult } from '../domain/report.ts'
import type { Instant } from '../domain/time.ts'
import { plus } from '../domain/time.ts'
import { atOnce, inTurns, type Steps } from '../lib/steps.ts'
import type { HttpParts } from './parts.ts'

export interface Entry {
  readonly result: ReportResult
  readonly finding: ReportFinding
}

export interface View {
  readonly report: Report
  /** What fails or is unknown, in the report's order. */
  readonly open: readonly Entry[]
  /** Every subject of a result. */
  findingsOf(result: ReportResult): Findings
  /** A result's answer for a subject; null where it has none. */
  findingOf(result: ReportResult, subject: Pick<Subject, 'kind' | 'source' | 'key'>): ReportFinding | null
  /** What fails or is unknown for a subject. */
  openOf(subject: Pick<Subject, 'kind' | 'source' | 'key'>): readonly Entry[]
  /** Every check's answer for a subject, those that pass too. */
  allOf(subject: Pick<Subject, 'kind' | 'source' | 'key'>): readonly Entry[]
  /** Whatever a page derives from the report once and shows often. Same function, same result. */
  derive<T>(what: (view: View) => T): T
  /** The same beforehand and, where it is `lengthy`, in steps. */
  prepare(what: Lengthy<unknown> | ((view: View) => unknown)): Promise<void>
  /** From then on the report reads differently. */
  readonly until: Instant | null
}

/** Worked out at once where somebody asks first, and in steps where it is prepared. */
export interface Lengthy<T> {
  (view: View): T
  steps(view: View): Steps<T>
}

export function lengthy<T>(steps: (view: View) => Steps<T>): Lengthy<T> {
  return Object.assign((view: View): T => atOnce(steps(view)), { steps })
}

export function subjectKey({ source, kind, key }: Pick<Subject, 'kind' | 'source' | 'key'>): string {
  return `${source}\0${kind}\0${key}`
}

/** Lets others in between two checks: those of a large fleet take seconds in all. */
export async function viewOf(report: Report): Promise<View> {
  const kept = new Map<ReportResult, Findings>()
  const derived = new Map<unknown, unknown>()
  const open: Entry[] = []
  const openBySubject = new Map<string, Entry[]>()
  let due: Instant | null = null
  for (const result of report.results) {
    await setImmediate()
    const findings = result.findings()
    kept.set(result, 'at' in findings ? findings : [...findings])
    await setImmediate()
    for (const finding of result.findings('open')) {
      if (finding.status !== 'fail' && finding.status !== 'unknown') continue
      const { dueAt } = finding
      if (dueAt !== null && dueAt >= report.evaluatedAt && (due === null || dueAt < due)) due = dueAt
      const entry = { result, finding }
      open.push(entry)
      const key = subjectKey(finding.subject)
      const list = openBySubject.get(key)
      if (list === undefined) openBySubject.set(key, [entry])
      else list.push(entry)
    }
  }
  const findingsOf = (result: ReportResult): Findings => kept.get(result) ?? []
  const view: View = {
    report,
    open,
    findingsOf,
    findingOf: (result, subject) => found(findingsOf(result), subject),
    openOf: (subject) => openBySubject.get(subjectKey(subject)) ?? [],
    allOf: (subject) =>
      report.results.flatMap((result) => {
        const finding = found(findingsOf(result), subject)
        return finding === null ? [] : [{ result, finding }]
      }),
    derive<T>(what: (view: View) => T): T {
      if (!derived.has(what)) derived.set(what, what(view))
      return derived.get(what) as T
    },
    async prepare(what) {
      if (derived.has(what)) return
      const made = 'steps' in what ? await inTurns(what.steps(view)) : what(view)
      if (!derived.has(what)) derived.set(what, made)
      await setImmediate()
    },
    until: changesAt(report, due),
  }
  return view
}

/** By halves: findings come by subject source, kind and key, in byte order. */
function found(findings: Findings, wanted: Pick<Subject, 'kind' | 'source' | 'key'>): ReportFinding | null {
  let low = 0
  let high = findings.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const finding = findings.at(middle)!
    const { subject } = finding
    const order =
      byText(subject.source, wanted.source) || byText(subject.kind, wanted.kind) || byText(subject.key, wanted.key)
    if (order === 0) return finding
    if (order < 0) low = middle + 1
    else high = middle
  }
  return null
}

/**
 * The next moment at which a source grows too old or a failure overdue without anything being read.
 * @param due when the next failure is due
 */
function changesAt(report: Report, due: Instant | null): Instant | null {
  let next: Instant | null = null
  const consider = (at: Instant | null): void => {
    if (at !== null && at > report.evaluatedAt && (next === null || at < next)) next = at
  }
  for (const source of report.sources) {
    if (source.status !== 'complete' || source.collectedAt === null) continue
    const own = report.snapshot?.settings.sources.find(({ id }) => id === source.id)
    if (own !== undefined) consider(plus(source.collectedAt, own.freshnessMs + 1))
  }
  if (due !== null) consider(plus(due, 1))
  return next
}

export interface Views {
  current(): Promise<View>
}

/**
 * One view at a time; of two visitors who come while it is made, both wait for the same.
 * @param prepare what pages ask of every view: made before it is shown, so that nobody's page holds up all others
 */
export function views(
  parts: Pick<HttpParts, 'report' | 'runs' | 'now'>,
  prepare: (view: View) => Promise<void> = async () => {},
): Views {
  let run: string | null | undefined
  let until: Instant | null = null
  let view: Promise<View> | null = null
  // Who waited for the same view would all be answered in one breath, and nobody else meanwhile: each has a turn of its own.
  let turns: Promise<unknown> = Promise.resolve()
  const turn = (): Promise<unknown> => {
    turns = turns.then(() => setImmediate())
    return turns
  }
  return {
    async current() {
      const [newest] = await parts.runs(1)
      const id = newest?.id ?? null
      if (view === null || id !== run || (until !== null && parts.now() >= until)) {
        run = id
        until = null
        const made = parts.report('latest', { whole: true }).then(async (report) => {
          const fresh = await viewOf(report)
          await prepare(fresh)
          return fresh
        })
        view = made
        made.then(
          (done) => {
            if (view === made) until = done.until
          },
          () => {
            if (view === made) view = null
          },
        )
      }
      const mine = await view
      await turn()
      return mine
    },
  }
}
