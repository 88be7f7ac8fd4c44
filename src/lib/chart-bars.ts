/** Stacked bars whose parts are told apart by pattern and letter as well as by colour. */
import { barChart } from './chart.ts'
import { hatch, type Pattern } from './chart-pattern.ts'

/** In the order in which parts stand in the bar. */
export interface BarPart {
  readonly key: string
  readonly letter: string
  readonly pattern: Pattern
}

export interface BarPath {
  readonly key: string
  /** Filled. */
  readonly d: string
  /** Stroked over it; '' for a solid part. */
  readonly hatch: string
}

export interface BarLabel {
  readonly key: string
  readonly text: string
  /** Middle of the text. */
  readonly x: number
  readonly y: number
}

export interface MarkedBar {
  readonly width: number
  readonly height: number
  readonly paths: readonly BarPath[]
  /** Letters of the parts that are wide enough for one; the numbers stand beside the bar. */
  readonly labels: readonly BarLabel[]
}

/** Narrower parts bear no letter. */
const LETTER_WIDTH = 11

/** @param max sum at which a bar reaches its full width; its own sum without it */
export function markedBar(
  row: Readonly<Record<string, number>>,
  parts: readonly BarPart[],
  { width, height, max }: { width: number; height: number; max?: number },
): MarkedBar {
  const keys = parts.map(({ key }) => key)
  const chart = barChart([row], keys, {
    width,
    rowHeight: height,
    gap: 0,
    radius: 0,
    least: 3,
    ...(max === undefined ? {} : { max }),
  })
  const segments = chart.rows[0]!.segments
  const partOf = (key: string): BarPart => parts.find((part) => part.key === key)!
  return {
    width,
    height,
    paths: segments.map(({ key, d, x, width: own }) => ({
      key,
      d,
      hatch: hatch(partOf(key).pattern, { x, y: 0, width: own, height }),
    })),
    labels: segments
      .filter(({ width: own }) => own >= LETTER_WIDTH)
      .map(({ key, x, width: own }) => ({ key, text: partOf(key).letter, x: x + own / 2, y: height / 2 })),
  }
}

/** A sample of a part, for the legend. */
export function swatch(part: BarPart, size: number): BarPath {
  return markedBar({ [part.key]: 1 }, [part], { width: size, height: size }).paths[0]!
}
