/**
 * What each check came to at the end of each day of the period. The digest of a run's results is over these very words, so
 * whoever has them can show that they were sealed with that run: a day each, of a quarter with thousands of runs.
 */
import type { Check } from '../domain/check.ts'
import { byText } from '../domain/json.ts'
import { PACKET, type PackedDay } from '../domain/packet.ts'
import type { ReportResult } from '../domain/report.ts'
import type { SealedVerdict, Store } from '../domain/store.ts'
import type { Instant } from '../domain/time.ts'
import { canonicalJson } from '../lib/canonical-json.ts'
import type { CsvValue } from '../lib/csv.ts'
import type { ZipEntry } from '../lib/zip.ts'
import { textFile } from './files.ts'
import type { RunPlace } from './past.ts'
import type { Period } from './tables.ts'

/** The newest run of each UTC day of the period, by sequence. */
export function lastOfDays(runs: readonly RunPlace[], { from, to }: Period): RunPlace[] {
  const last = new Map<string, RunPlace>()
  for (const run of runs) {
    if (from <= run.snapshotAt && run.snapshotAt <= to) last.set(run.snapshotAt.slice(0, 10), run)
  }
  return [...last.values()].sort((a, b) => a.sequence - b.sequence)
}

/** A line a day, each told to `counts` on its way: a quarter of them is 15 MB in memory. */
export function daysFile(
  runs: readonly RunPlace[],
  store: Pick<Store, 'verdictsOf'>,
  counts: Pick<DayCounts, 'add'>,
): ZipEntry {
  return textFile(PACKET.days, linesOf(runs, store, counts))
}

async function* linesOf(
  runs: readonly RunPlace[],
  store: Pick<Store, 'verdictsOf'>,
  counts: Pick<DayCounts, 'add'>,
): AsyncGenerator<string> {
  for (const { id: run, sequence, snapshotAt } of runs) {
    const day: PackedDay = { run, sequence, snapshotAt, results: await store.verdictsOf(sequence) }
    counts.add(day)
    yield `${canonicalJson(day)}\n`
  }
}

export interface DayCounts {
  /** In their order. */
  add(day: PackedDay): void
  /**
   * How many subjects of each check passed, failed, were unknown or not applicable: a row for days in a row at whose ends
   * it was the same. By check and system.
   */
  rows(results: readonly Pick<ReportResult, 'check' | 'system'>[]): Generator<CsvValue[]>
}

type Counted = Pick<SealedVerdict, 'ref' | 'check' | 'system' | 'status' | 'unknownReason' | 'counts'>

/** From one day to another at whose ends a check came to the same. */
interface Stretch {
  readonly counted: Counted
  readonly from: Instant
  to: Instant
  /** Of the days, the place of the last. */
  at: number
}

export function dayCounts(): DayCounts {
  const found = new Map<string, Stretch[]>()
  let count = 0
  return {
    add({ snapshotAt, results }) {
      for (const { ref, check, system, status, unknownReason, counts } of results) {
        const name = `${check}\0${system ?? ''}`
        const own = found.get(name) ?? []
        found.set(name, own)
        const counted = { ref, check, system, status, unknownReason, counts }
        const last = own.at(-1)
        if (last?.at === count - 1 && saysTheSame(last.counted, counted))
          Object.assign(last, { to: snapshotAt, at: count })
        else own.push({ counted, from: snapshotAt, to: snapshotAt, at: count })
      }
      count++
    },
    *rows(results) {
      const known = new Map(results.map(({ check }) => [check.id, check]))
      for (const [, stretches] of [...found].sort(([a], [b]) => byText(a, b))) {
        for (const stretch of stretches) yield rowOf(stretch, known.get(stretch.counted.check))
      }
    },
  }
}

function rowOf({ counted, from, to }: Stretch, known: Pick<Check, 'ref' | 'severity'> | undefined): CsvValue[] {
  const { check, system, status, unknownReason, counts } = counted
  return [
    ...[known?.ref ?? counted.ref, check, system, null, null, null, null, status, unknownReason],
    ...[null, from, to, null, known?.severity ?? null, null, null, null, null],
    ...[counts.pass, counts.fail, counts.unknown, counts.not_applicable],
  ]
}

function saysTheSame(a: Counted, b: Counted): boolean {
  return (
    a.ref === b.ref &&
    a.status === b.status &&
    a.unknownReason === b.unknownReason &&
    a.counts.pass === b.counts.pass &&
    a.counts.fail === b.counts.fail &&
    a.counts.unknown === b.counts.unknown &&
    a.counts.not_applicable === b.counts.not_applicable
  )
}
