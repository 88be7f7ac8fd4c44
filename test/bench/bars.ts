/** The figures to reach, and whether they were. */
import { checks } from '../../checks/index.ts'
import type { FloorMeasured } from './floor.ts'
import type { Judged, JudgeTimes } from './judge.ts'
import type { Measured, Stages } from './measure.ts'

/** Posture attributes asked for at once: what a pull grows to, and what the floor has from its start. */
export const IN_FLIGHT = 10

/** Judgings after the first one of a process: of these the middle one is what a service takes. */
export const SERVICE_ROUNDS = 7
export const AS_A_SERVICE = `as a service judges, median of ${SERVICE_ROUNDS}`
export const FIRST_TIME = 'first time in a fresh process'

/** The checks of people, device trust and collection integrity that came first, before there were a hundred. */
export const FIRST_CHECKS: readonly string[] = [
  ...['ID-01', 'ID-02', 'ID-03', 'ID-04', 'ID-05', 'ID-06', 'ID-07', 'ID-09', 'ID-10', 'ID-11', 'ID-14', 'ID-16'],
  ...['POS-01', 'POS-02', 'POS-04', 'POS-05', 'POS-08', 'POS-09', 'POS-10', 'POS-12'],
  ...['S1-01', 'S1-02', 'S1-03', 'S1-04', 'S1-05', 'S1-06', 'S1-07', 'S1-08', 'S1-11'],
  ...['KJ-01', 'KJ-02', 'KJ-03', 'CS-01', 'CS-02', 'CS-03', 'CS-04'],
  ...['COL-01', 'COL-02', 'COL-03', 'COL-04', 'COL-05', 'COL-06'],
]

export interface Round {
  readonly run: Measured
  readonly floor: FloorMeasured
  /** By every check. */
  readonly judged: Judged
  /** By the first ones alone. */
  readonly judgedFirst: Judged
}

export interface Series {
  readonly devices: number
  readonly delayMs: number
  readonly rounds: readonly Round[]
}

export interface Bar {
  readonly what: string
  readonly wanted: string
  readonly got: string
  readonly met: boolean
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** The one run of a round. */
export function stagesOf({ run }: Round): Stages {
  return run.runs[0]!
}

export const ratioToFloor = (round: Round): number => stagesOf(round).total / round.floor.ms

export type JudgeTime = (times: JudgeTimes) => number

/** What judging takes a process that has judged before. */
export function asService({ further }: Judged, of: JudgeTime): number {
  return median(further.map(of))
}

export function barsOf(
  measured: readonly Series[],
  others: { readonly growthBytes: number; readonly demoMs: number | null },
): Bar[] {
  const bars: Bar[] = []
  const of = (devices: number, delayMs: number): readonly Round[] =>
    measured.find((series) => series.devices === devices && series.delayMs === delayMs)?.rounds ?? []
  const add = (
    what: string,
    wanted: string,
    value: number,
    limit: number,
    written: (value: number) => string,
  ): void => {
    bars.push({ what, wanted, got: written(value), met: value < limit })
  }

  const slow = of(1_000, 20)
  if (slow.length > 0) {
    const toVerdicts = median(slow.map((round) => stagesOf(round).pull + stagesOf(round).check))
    add('1,000 devices with attributes, 20 ms, pull to verdicts', 'under 2.5 s', toVerdicts, 2_500, seconds)
  }
  const large = of(20_000, 0)
  if (large.length > 0) {
    const name = '20,000 devices, three vendors, 0 ms, pull to sealed verdicts'
    const ratio = median(large.map(ratioToFloor))
    bars.push({ what: name, wanted: 'at most 3 × the floor', got: `${ratio.toFixed(2)} ×`, met: ratio <= 3 })
    const peak = Math.max(...large.map(({ run }) => run.peakBytes))
    add(`${name}: resident memory`, 'under 600 MB', peak, 600e6, megabytes)
    const judging = (what: string, wanted: string, limit: number, one: (round: Round) => Judged, of: JudgeTime) => {
      const first = seconds(median(large.map((round) => of(one(round).first))))
      const service = median(large.map((round) => asService(one(round), of)))
      add(`${what}, ${AS_A_SERVICE}`, wanted, service, limit, (ms) => `${seconds(ms)} (${FIRST_TIME}: ${first})`)
    }
    judging(
      `joins and the ${FIRST_CHECKS.length} checks of people, device trust and collection, 20,000 devices`,
      'under 0.5 s',
      500,
      ({ judgedFirst }) => judgedFirst,
      ({ joinMs, checkMs }) => joinMs + checkMs,
    )
    judging(
      `all ${checks.length} checks, 20,000 devices and 5,000 accounts, after the joins`,
      'under 1 s',
      1_000,
      ({ judged }) => judged,
      ({ checkMs }) => checkMs,
    )
  }
  const growth = 'a second run of 1,000 devices, every answer byte-equal: the database grows by'
  add(growth, 'under 100 kB', others.growthBytes, 100e3, (bytes) => `${(bytes / 1e3).toFixed(1)} kB`)
  if (others.demoMs !== null) add('demo: command to first results', 'under 5 s', others.demoMs, 5_000, seconds)
  return bars
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`
}

export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`
}
