/** Charts as SVG from the geometry of src/lib/chart.ts. Each stands beside its numbers: nobody has to read a picture. */

import { lengthText, MARK_WORD, type Mark, number } from '../../domain/words.ts'
import { barChart, gauge } from '../../lib/chart.ts'

/** Numbers by mark, in the order of the bars. */
export type MarkCounts = Readonly<Partial<Record<Mark, number>>>

const ORDER: readonly Mark[] = ['fail', 'waived', 'unknown', 'pass', 'not_applicable']

export function Legend({ marks = ORDER }: { marks?: readonly Mark[] }) {
  return (
    <ul class="legend">
      {marks.map((mark) => (
        <li>
          <svg width="10" height="10" aria-hidden="true">
            <rect class={`fill-${mark}`} width="10" height="10" rx="2" />
          </svg>
          {MARK_WORD[mark]}
        </li>
      ))}
    </ul>
  )
}

export function countsText(counts: MarkCounts): string {
  const parts = ORDER.filter((mark) => (counts[mark] ?? 0) > 0).map(
    (mark) => `${number(counts[mark]!)} ${MARK_WORD[mark].toLowerCase()}`,
  )
  return parts.length === 0 ? 'nothing counted' : parts.join(', ')
}

/** A bar is drawn for about the width that it gets, so that its ends stay round. */
function widthOf(wide: boolean): number {
  return wide ? 960 : 240
}

/** One stacked bar, as wide as its cell or, `wide`, as a card. */
export function CountBar({ counts, wide = false }: { counts: MarkCounts; wide?: boolean }) {
  const width = widthOf(wide)
  const chart = barChart([counts as Record<string, number>], ORDER, {
    width,
    rowHeight: 12,
    gap: 0,
  })
  return (
    <svg
      class="inline-bar"
      viewBox={`0 0 ${width} 12`}
      preserveAspectRatio="none"
      role="img"
      aria-label={countsText(counts)}
    >
      <rect class="fill-track" width={width} height="12" rx="3" />
      {chart.rows[0]!.segments.map(({ key, d }) => (
        <path class={`fill-${key}`} d={d} />
      ))}
    </svg>
  )
}

/** Age against the limit beyond which nothing rests on the reading. */
export function AgeBar({ ageMs, limitMs, wide = false }: { ageMs: number; limitMs: number; wide?: boolean }) {
  const width = widthOf(wide)
  const bar = gauge(ageMs, limitMs, { width, height: 12 })
  const old = ageMs > limitMs
  return (
    <svg
      class="inline-bar"
      viewBox={`0 0 ${width} 12`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`${lengthText(ageMs)} old of ${lengthText(limitMs)} allowed`}
    >
      <rect class="fill-track" width={width} height="12" rx="6" />
      <path class={old ? 'fill-unknown' : 'fill-accent'} d={bar.d} />
      <path class="chart-limit" d={`M${bar.limit} 0V12`} />
    </svg>
  )
}
