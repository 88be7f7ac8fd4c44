/** Charts of a period on pages: the path data that the report draws, beside their numbers. */
import { expect, test } from 'vitest'
import { coveredDays } from '../../src/domain/coverage-calendar.ts'
import { PERIOD_PARTS, SEVERITY_PARTS } from '../../src/domain/period-words.ts'
import { CoverageCalendar, FailureAgesChart, PeriodResultsChart } from '../../src/http/components/charts.tsx'
import { markedBar } from '../../src/lib/chart-bars.ts'
import { calendarChart } from '../../src/lib/chart-calendar.ts'
import { CHART_SIZE } from '../../src/lib/chart-size.ts'
import { periodResult } from '../helpers/period.ts'

const pathsOf = (html: string): string[] => [...html.matchAll(/ d="([^"]+)"/g)].map(([, d]) => d!)

test('period results: bars as in the report, a word and a number for each part, nothing by colour alone', () => {
  const result = periodResult(
    { ref: 'ID-02', id: 'x' },
    { met: 12, deviated: 1, notDeterminable: 1, says: '14 <leavers>' },
  )
  const html = String(<PeriodResultsChart results={[result]} titleOf={() => 'Access is removed'} />)
  const counts = { deviated: 1, notDeterminable: 1, met: 12 }
  for (const { d, hatch } of markedBar(counts, PERIOD_PARTS, CHART_SIZE.period).paths) {
    expect(pathsOf(html)).toContain(d)
    if (hatch !== '') expect(pathsOf(html)).toContain(hatch)
  }
  expect(html).toContain('aria-label="1 deviated, 1 not determinable, 12 met"')
  for (const word of ['Deviated', 'Not determinable', 'Met', 'Evaluated', '100.0 %', '14 &lt;leavers&gt;'])
    expect(html).toContain(word)
})

test('a calendar: cells as in the report, each day named, its numbers by month below', () => {
  const gaps = [{ from: '2026-09-02T00:00:00.000Z', to: '2026-09-03T12:00:00.000Z', cause: 'stale' }]
  const days = coveredDays('2026-09-01T00:00:00.000Z', '2026-10-02T00:00:00.000Z', [{ gaps }])
  const html = String(<CoverageCalendar days={days} whom="tailnet was" />)
  for (const { d } of calendarChart(days, CHART_SIZE.calendar).paths) expect(pathsOf(html)).toContain(d)
  expect(html).toContain('2026-09-03: 50.0 %')
  expect(html).toContain('02: 0.0 %, 03: 50.0 %')
  expect(String(<CoverageCalendar days={[]} whom="tailnet was" />)).toContain('No day of it has passed.')
})

test('failures by age: one scale for all bars, the sums beside them', () => {
  const none = { critical: 0, high: 0, medium: 0, low: 0 }
  const html = String(<FailureAgesChart ages={[{ ...none, high: 4 }, { ...none, low: 8 }, none, none, none]} />)
  const [path] = markedBar({ high: 4 }, SEVERITY_PARTS, { ...CHART_SIZE.ages, max: 8 }).paths
  expect(pathsOf(html)).toContain(path!.d)
  expect(html).toContain('90 days and more')
})
