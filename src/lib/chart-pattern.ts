/** Patterns as strokes, so that a part of a bar is known without its colour: on paper, in grey, by any eye. */
import { round } from './chart.ts'

export type Pattern = 'solid' | 'diagonal' | 'upright' | 'level'

export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** Room between two strokes. */
const STEP = 3.5

/** Strokes that fill the box and end at its sides; '' for `solid`. */
export function hatch(pattern: Pattern, area: Box): string {
  const { x, y, width, height } = area
  if (pattern === 'solid' || width <= 0) return ''
  if (pattern === 'upright') return lines(width, (at) => `M${n(x + at)} ${n(y)}V${n(y + height)}`)
  if (pattern === 'level') return lines(height, (at) => `M${n(x)} ${n(y + at)}H${n(x + width)}`)
  return lines(width + height, (at) => {
    // From the lower left to the upper right; what would leave the box is cut at its side.
    const [startX, startY] = at < height ? [0, at] : [at - height, height]
    const [endX, endY] = at < width ? [at, 0] : [width, at - width]
    return `M${n(x + startX)} ${n(y + startY)}L${n(x + endX)} ${n(y + endY)}`
  })
}

function lines(length: number, stroke: (at: number) => string): string {
  let d = ''
  for (let at = STEP / 2; at < length; at += STEP) d += stroke(at)
  return d
}

function n(value: number): string {
  return String(round(value))
}
