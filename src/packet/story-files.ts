/** The files that tell of the period: what it came to, what happened and when, who and what was there, who reviewed it. */
import { keyLines } from '../domain/draw.ts'
import { byText } from '../domain/json.ts'
import { COLUMNS, framePath, PACKET, type PackedPeriod, samplePath } from '../domain/packet.ts'
import type { Kind } from '../domain/record.ts'
import type { FollowUp } from '../domain/review.ts'
import type { WholeSample } from '../domain/sample.ts'
import type { Leaf } from '../domain/store.ts'
import type { Instant } from '../domain/time.ts'
import type { ZipEntry } from '../lib/zip.ts'
import type { PeriodStory } from '../period/index.ts'
import { type AroundParts, happeningsOf, pullsAround, wantedPulls } from './around.ts'
import { jsonFile, tableFile, textFile } from './files.ts'
import { eventTables, periodRows, populationTable, reviewRows, type Table, THINGS } from './story-tables.ts'
import type { Period } from './tables.ts'

export interface StoryParts extends AroundParts {
  readonly story: PeriodStory
  readonly period: Period
  /** Up to when it is told. */
  readonly until: Instant
  /** Leaves that the packet's checkpoint covers. */
  readonly acts: readonly Leaf[]
  readonly followUps: readonly FollowUp[]
  readonly samples: readonly WholeSample[]
  readonly demo: boolean
  /** Told the runs whose pulls were packed beside those of the dates asked for. */
  restsOn(runs: readonly string[]): void
  /** Told how many there were of each kind. */
  counted(population: { readonly kind: Kind; readonly all: number; readonly atEnd: number }): void
}

export async function* storyFiles(parts: StoryParts): AsyncGenerator<ZipEntry> {
  const { story, period, until, acts, followUps, samples, demo } = parts
  const file = ({ path, columns, rows }: Table): ZipEntry => tableFile(path, columns, rows, demo)
  const happened = happeningsOf(story)
  const around = pullsAround(wantedPulls(happened), parts)
  yield* around.files()
  parts.restsOn(around.runs())
  yield file({ path: PACKET.pulls, columns: COLUMNS.pulls, rows: around.rows() })
  for (const table of eventTables(happened, around.traces)) yield file(table)
  for (const kind of THINGS) {
    const subjects = await Array.fromAsync(story.subjects(kind))
    parts.counted({ kind, all: subjects.length, atEnd: subjects.filter(({ atEnd }) => atEnd).length })
    yield file(populationTable(kind, subjects))
  }
  yield jsonFile(PACKET.periodJson, packedPeriod(story, period, until))
  yield file({ path: PACKET.periodCsv, columns: COLUMNS.period, rows: periodRows(story.results) })
  yield file({ path: PACKET.reviews, columns: COLUMNS.reviews, rows: reviewRows(acts, period, followUps) })
  yield* sampleFiles(samples)
}

/** Each draw, and each frame once, whatever was drawn from it. */
function* sampleFiles(samples: readonly WholeSample[]): Generator<ZipEntry> {
  const frames = new Map(samples.map(({ sample, keys }) => [sample.frame.id, keys]))
  const draws = new Map(samples.map(({ sample }) => [sample.draw.id, sample]))
  for (const [id, sample] of [...draws].sort(([a], [b]) => byText(a, b))) yield jsonFile(samplePath(id), sample)
  for (const [id, keys] of [...frames].sort(([a], [b]) => byText(a, b))) yield textFile(framePath(id), keyLines(keys))
}

export function packedPeriod(
  { results }: Pick<PeriodStory, 'results'>,
  { from, to }: Period,
  until: Instant,
): PackedPeriod {
  return { schema: 'exhibit.period/1', period: { from, to }, until, results }
}
