/**
 * Geometry of charts: path data and places, no words, no colours. Page and PDF draw the same strings. Rounded to
 * hundredths, so that the bytes are the same everywhere.
 */
import { scaleBand, scaleLinear } from 'd3-scale'
import { stack } from 'd3-shape'

export interface Segment {
  readonly key: string
  readonly value: number
  readonly x: number
  readonly width: number
  readonly d: string
}
export interface BarRow {
  readonly y: number
  readonly height: number
  readonly segments: readonly Segment[]
}
export interface Tick {
  readonly value: number
  readonly x: number
}
export interface BarChart {
  readonly rows: readonly BarRow[]
  readonly ticks: readonly Tick[]
  readonly width: number
  readonly height: number
}

export const round = (value: number): number => Math.round(value * 100) / 100

/** A rectangle as a closed path; `radius` rounds the ends named. */
export function box(
  x: number,
  y: number,
  width: number,
  height: number,
  radius: { left: number; right: number },
): string {
  const [left, right] = [radius.left, radius.right].map((each) => Math.min(each, width / 2, height / 2)) as [
    number,
    number,
  ]
  const n = (value: number): string => String(round(value))
  const corner = (r: number, dx: number, dy: number): string =>
    r === 0 ? '' : `a${n(r)} ${n(r)} 0 0 1 ${n(dx)} ${n(dy)}`
  return [
    `M${n(x + left)} ${n(y)}H${n(x + width - right)}`,
    corner(right, right, right),
    `V${n(y + height - right)}`,
    corner(right, -right, right),
    `H${n(x + left)}`,
    corner(left, -left, -left),
    `V${n(y + left)}`,
    corner(left, left, -left),
    'Z',
  ].join('')
}

export interface BarOptions {
  readonly width: number
  readonly rowHeight: number
  /** Share of a row that stays free between two bars. */
  readonly gap?: number
  /** Where the longest bar ends on the scale; the largest sum without it. */
  readonly max?: number
  readonly ticks?: number
  readonly radius?: number
  /** The least width of a part that is not zero: one failure of 20,000 must be seen. */
  readonly least?: number
}

/** Rows of bars, each stacked from its parts in the order of `keys`. */
export function barChart(
  rows: readonly Readonly<Record<string, number>>[],
  keys: readonly string[],
  options: BarOptions,
): BarChart {
  const { width, rowHeight, gap = 0.4, radius = 3, least = 2 } = options
  const height = rowHeight * rows.length
  const sums = rows.map((row) => keys.reduce((sum, key) => sum + (row[key] ?? 0), 0))
  const x = scaleLinear([0, Math.max(options.max ?? 0, ...sums, 1)], [0, width])
  const y = scaleBand(
    rows.map((_, index) => index),
    [0, height],
  )
    .paddingInner(gap)
    .paddingOuter(gap / 2)
  const series = stack<Readonly<Record<string, number>>>()
    .keys(keys)
    .value((row, key) => row[key] ?? 0)([...rows])
  return {
    width,
    height: round(height),
    ticks: x.ticks(options.ticks ?? 4).map((value) => ({ value, x: round(x(value)) })),
    rows: rows.map((_, index) => {
      const present = series.filter((each) => each[index]![1] > each[index]![0])
      const placed = widened(
        present.map((each) => x(each[index]![1]) - x(each[index]![0])),
        least,
      )
      let at = 0
      const segments = present.map((each, place) => {
        const start = at
        at += placed[place]!
        return {
          key: each.key,
          value: each[index]![1] - each[index]![0],
          x: round(start),
          width: round(placed[place]!),
          d: box(start, y(index)!, placed[place]!, y.bandwidth(), {
            left: place === 0 ? radius : 0,
            right: place === present.length - 1 ? radius : 0,
          }),
        }
      })
      return { y: round(y(index)!), height: round(y.bandwidth()), segments }
    }),
  }
}

/** Parts below the least width get it at the cost of the largest. */
function widened(widths: readonly number[], least: number): number[] {
  const out = widths.map((width) => Math.max(width, least))
  const excess = out.reduce((sum, width) => sum + width, 0) - widths.reduce((sum, width) => sum + width, 0)
  if (excess > 0) {
    const largest = out.indexOf(Math.max(...out))
    out[largest] = Math.max(least, out[largest]! - excess)
  }
  return out
}

export interface Gauge {
  readonly d: string
  /** Where the limit stands. */
  readonly limit: number
  /** The value lies beyond what is drawn. */
  readonly beyond: boolean
}

/** A value against its limit; the scale ends a quarter beyond the limit. */
export function gauge(value: number, limit: number, options: { width: number; height: number }): Gauge {
  const { width, height } = options
  const x = scaleLinear([0, limit * 1.25], [0, width]).clamp(true)
  return {
    d: box(0, 0, Math.max(x(value), 2), height, { left: height / 2, right: height / 2 }),
    limit: round(x(limit)),
    beyond: value > limit * 1.25,
  }
}
