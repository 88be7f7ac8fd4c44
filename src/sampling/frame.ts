/**
 * Frames: everything that a sample can be drawn from, built from the store alone, so that the same is built again when the
 * seed is there.
 */
import { createHash } from 'node:crypto'
import { frameKey, inByteOrder, keyLines } from '../domain/draw.ts'
import { AppError } from '../domain/error.ts'
import { type AnyRecord, labelOf, refOf } from '../domain/record.ts'
import type { FrameRow, FrameSpan, SampleKind } from '../domain/sample.ts'
import type { RunSummary, Store } from '../domain/store.ts'
import type { Instant } from '../domain/time.ts'
import {
  type EventSample,
  eventsIn,
  isEvent,
  type PeriodStore,
  type RecordSample,
  type Span,
  subjectsIn,
} from './period.ts'

export interface FrameParts {
  readonly store: Pick<Store, 'verdictsAt'> & PeriodStore
}

/** In byte order of the keys, each once. */
export async function frameRows(kind: SampleKind, span: FrameSpan, parts: FrameParts): Promise<readonly FrameRow[]> {
  const rows = await rowsOf(kind, span, parts)
  return rows.sort((a, b) => inByteOrder(a.key, b.key))
}

export function keysOf(rows: readonly Pick<FrameRow, 'key'>[]): string[] {
  return rows.map(({ key }) => key)
}

/** SHA-256 over the keys, a line feed after each. */
export function frameDigest(rows: readonly FrameRow[]): string {
  const hash = createHash('sha256')
  for (const line of keyLines(keysOf(rows))) hash.update(line)
  return hash.digest('hex')
}

function rowsOf(kind: SampleKind, span: FrameSpan, parts: FrameParts): Promise<FrameRow[]> {
  if (!isEvent(kind)) return 'asOf' in span ? stateRows(kind, span.asOf, parts) : unionRows(kind, span, parts)
  if ('asOf' in span) {
    throw new AppError('usage', `sample: a ${kind} happens in a period, not at a moment; give --from and --to`)
  }
  return eventRows(kind, span, parts)
}

async function stateRows(kind: RecordSample, asOf: Instant, { store }: FrameParts): Promise<FrameRow[]> {
  const view = await store.verdictsAt(asOf)
  if (view === null) {
    throw new AppError('usage', `sample: no run was sealed by ${asOf}; "exhibit sync" makes the first`)
  }
  const records: readonly AnyRecord[] = view.snapshot.of(kind)
  return records.map((record) => rowOf(record, view.run))
}

/** What was there at any time, with the last run that still had it. */
async function unionRows(kind: RecordSample, period: Span, { store }: FrameParts): Promise<FrameRow[]> {
  const { subjects, runs } = await subjectsIn(kind, period, store)
  const known = new Map(runs.map((run) => [run.sequence, run]))
  return subjects.map(({ source, key, label, lastRun }) => {
    const run = known.get(lastRun) ?? runs.findLast(({ sequence }) => sequence < lastRun) ?? runs[0]!
    return { key: frameKey(refOf({ source, kind, key })), label, run: run.id, at: run.snapshotAt }
  })
}

function rowOf(record: AnyRecord, run: RunSummary): FrameRow {
  return { key: frameKey(refOf(record)), label: labelOf(record), run: run.id, at: run.snapshotAt }
}

/** What happened, under its moment; its evidence is the first run that showed it, or else the last of the period. */
async function eventRows(kind: EventSample, period: Span, { store }: FrameParts): Promise<FrameRow[]> {
  const { events, runs } = await eventsIn(kind, period, store)
  const known = new Map(runs.map((run) => [run.sequence, run]))
  const times = new Map<string, number>()
  return events.map(({ place, label, at, run }) => {
    const key = `${place}@${at}`
    // The vendor's log may know two changes between the same two pulls.
    const nth = (times.get(key) ?? 0) + 1
    times.set(key, nth)
    const shown = known.get(run ?? 0) ?? runs.at(-1)!
    return { key: frameKey(nth === 1 ? key : `${key}#${nth}`), label, run: shown.id, at }
  })
}
