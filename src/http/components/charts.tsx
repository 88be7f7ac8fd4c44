/** Charts as SVG from the geometry of src/lib/chart*.ts. Each stands beside its numbers: nobody has to read a picture. */

import type { Child } from 'hono/jsx'
import { type CoveredDay, daysText } from '../../domain/coverage-calendar.ts'
import { AGE_BUCKETS, type FailureAges } from '../../domain/failure-ages.ts'
import type { PeriodResult } from '../../domain/period.ts'
import { exactly, PERIOD_PARTS, SEVERITY_PARTS, shareText } from '../../domain/period-words.ts'
import { lengthText, MARK_WORD, type Mark, number } from '../../domain/words.ts'
import { barChart, gauge } from '../../lib/chart.ts'
import { type BarPart, type MarkedBar, markedBar, swatch } from '../../lib/chart-bars.ts'
import { calendarChart } from '../../lib/chart-calendar.ts'
import { CHART_SIZE } from '../../lib/chart-size.ts'
import { Row, Table } from './blocks.tsx'

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

type WordedPart = BarPart & { readonly word: string }

/** Colour, pattern and letter of each part. */
function PartsLegend({ parts }: { parts: readonly WordedPart[] }) {
  return (
    <ul class="legend">
      {parts.map((part) => {
        const { d, hatch } = swatch(part, 10)
        return (
          <li>
            <svg width="10" height="10" aria-hidden="true">
              <path class={`part part-${part.key}`} d={d} />
              <path class={`hatch hatch-${part.key}`} d={hatch} />
            </svg>
            <b>{part.letter}</b> {part.word}
          </li>
        )
      })}
    </ul>
  )
}

function partsText(counts: Readonly<Record<string, number>>, parts: readonly WordedPart[]): string {
  return parts.map(({ key, word }) => `${number(counts[key] ?? 0)} ${word.toLowerCase()}`).join(', ')
}

function PartsBar({ bar, label }: { bar: MarkedBar; label: string }) {
  return (
    <svg class="parts-bar" viewBox={`0 0 ${bar.width} ${bar.height}`} role="img" aria-label={label}>
      {bar.paths.map(({ key, d, hatch }) => (
        <>
          <path class={`part part-${key}`} d={d} />
          {hatch === '' ? null : <path class={`hatch hatch-${key}`} d={hatch} />}
        </>
      ))}
      {bar.labels.map(({ key, text, x, y }) => (
        <>
          <rect class={`part part-${key}`} x={x - 3.5} y="0" width="7" height={bar.height} />
          <text class={`letter letter-${key}`} x={x} y={y}>
            {text}
          </text>
        </>
      ))}
    </svg>
  )
}

/** What a period came to, a row a check over one system, in the order given. */
export function PeriodResultsChart({
  results,
  titleOf,
}: {
  results: readonly PeriodResult[]
  titleOf: (result: PeriodResult) => Child
}) {
  return (
    <>
      <PartsLegend parts={PERIOD_PARTS} />
      <Table
        caption="Results over the period"
        columns={[
          { word: 'Check' },
          { word: 'Share of the population', silent: true },
          { word: 'Population', numeric: true },
          ...PERIOD_PARTS.map(({ word }) => ({ word, numeric: true })),
          { word: 'Evaluated', numeric: true },
          { word: 'Longest gap' },
        ]}
      >
        {results.map((result) => {
          const { ref, system, population, covered, longestGapMs, longestGapCause, says } = result
          const counts: Readonly<Record<string, number>> = {
            deviated: result.deviated,
            notDeterminable: result.notDeterminable,
            met: result.met,
          }
          return (
            <Row>
              <th scope="row" class="cell-title">
                {ref} {titleOf(result)}
                <span class="sub">
                  {says}
                  {system === null ? '' : ` · ${system}`}
                </span>
              </th>
              <td class="bar-cell">
                <PartsBar
                  bar={markedBar(counts, PERIOD_PARTS, CHART_SIZE.period)}
                  label={partsText(counts, PERIOD_PARTS)}
                />
              </td>
              <td class="numeric">{number(population)}</td>
              {PERIOD_PARTS.map(({ key }) => (
                <td class="numeric">{number(counts[key]!)}</td>
              ))}
              <td class="numeric">{shareText(covered)}</td>
              <td>
                {longestGapMs === 0 ? 'none' : exactly(longestGapMs)}
                {longestGapCause === null ? null : <span class="sub">{longestGapCause}</span>}
              </td>
            </Row>
          )
        })}
      </Table>
    </>
  )
}

const DAY_WORDS = ['nothing', 'under a quarter', 'under half', 'under three quarters', 'less than all', 'the whole day']

/** @param whom what was evaluated: "every check was", "tailnet was" */
export function CoverageCalendar({
  days,
  whom,
  small = false,
}: {
  days: readonly CoveredDay[]
  whom: string
  /** One of several, side by side. */
  small?: boolean
}) {
  if (days.length === 0) return <p class="muted">No day of it has passed.</p>
  const chart = calendarChart(days, small ? CHART_SIZE.sourceCalendar : CHART_SIZE.calendar)
  return (
    <figure class="calendar">
      <svg class="chart" viewBox={`0 0 ${chart.width} ${chart.height}`} role="img" aria-label={daysText(days, whom)}>
        {chart.paths.map(({ day, share, level, d, mark }) => (
          <g>
            <title>{`${day}: ${shareText(share)}`}</title>
            <path class={`day day-${level}`} d={d} />
            {mark === '' ? null : <path class="day-mark" d={mark} />}
          </g>
        ))}
        {chart.labels.map(({ text, of, x, y }) => (
          <text class={`calendar-${of}`} x={x} y={y}>
            {text}
          </text>
        ))}
      </svg>
      <figcaption class="muted">{daysText(days, whom)}</figcaption>
      <details>
        <summary>By month</summary>
        <MonthsTable days={days} />
      </details>
    </figure>
  )
}

export function CalendarLegend() {
  return (
    <ul class="legend">
      {DAY_WORDS.map((word, level) => (
        <li>
          <svg width="10" height="10" aria-hidden="true">
            <path class={`day day-${level}`} d="M0 0H10V10H0Z" />
            {level === 5 ? null : <path class="day-mark" d={level === 0 ? 'M0 10L10 0M0 0L10 10' : 'M0 10L10 0'} />}
          </svg>
          {word}
        </li>
      ))}
    </ul>
  )
}

/** The calendar's numbers, for who does not look at it. */
function MonthsTable({ days }: { days: readonly CoveredDay[] }) {
  const months = [...new Set(days.map(({ day }) => day.slice(0, 7)))]
  const gaps = days.filter(({ share }) => share < 1)
  return (
    <Table
      caption="Days evaluated, by month"
      columns={[
        { word: 'Month' },
        { word: 'Days', numeric: true },
        { word: 'Whole', numeric: true },
        { word: 'With a gap' },
      ]}
    >
      {months.map((month) => {
        const own = days.filter(({ day }) => day.startsWith(month))
        const missing = gaps.filter(({ day }) => day.startsWith(month))
        return (
          <Row>
            <th scope="row">{month}</th>
            <td class="numeric">{number(own.length)}</td>
            <td class="numeric">{number(own.length - missing.length)}</td>
            <td>{missing.map(({ day, share }) => `${day.slice(8)}: ${shareText(share)}`).join(', ') || 'none'}</td>
          </Row>
        )
      })}
    </Table>
  )
}

/** Failures that stand, by how long they have stood and how severe they are. */
export function FailureAgesChart({ ages }: { ages: FailureAges }) {
  const sums = ages.map((bucket) => SEVERITY_PARTS.reduce((sum, { key }) => sum + bucket[key], 0))
  const max = Math.max(...sums, 1)
  return (
    <>
      <PartsLegend parts={SEVERITY_PARTS} />
      <Table
        caption="Open failures by age and severity"
        columns={[
          { word: 'Stands for' },
          { word: 'Share', silent: true },
          ...SEVERITY_PARTS.map(({ word }) => ({ word, numeric: true })),
          { word: 'All', numeric: true },
        ]}
      >
        {ages.map((bucket, index) => (
          <Row>
            <th scope="row">{AGE_BUCKETS[index]!.word}</th>
            <td class="bar-cell">
              <PartsBar
                bar={markedBar(bucket, SEVERITY_PARTS, { ...CHART_SIZE.ages, max })}
                label={partsText(bucket, SEVERITY_PARTS)}
              />
            </td>
            {SEVERITY_PARTS.map(({ key }) => (
              <td class="numeric">{number(bucket[key])}</td>
            ))}
            <td class="numeric">{number(sums[index]!)}</td>
          </Row>
        ))}
      </Table>
    </>
  )
}
