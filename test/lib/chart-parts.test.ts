import { expect, test } from 'vitest'
import { PERIOD_PARTS, SEVERITY_PARTS } from '../../src/domain/period-words.ts'
import { markedBar, swatch } from '../../src/lib/chart-bars.ts'
import { calendarChart } from '../../src/lib/chart-calendar.ts'
import { hatch } from '../../src/lib/chart-pattern.ts'
import { CHART_SIZE } from '../../src/lib/chart-size.ts'

const COUNTS = { deviated: 2, notDeterminable: 6, met: 12 }

test('no two parts of a chart share a letter or a pattern, so that none needs its colour', () => {
  for (const parts of [PERIOD_PARTS, SEVERITY_PARTS]) {
    expect(new Set(parts.map(({ letter }) => letter)).size).toBe(parts.length)
    expect(new Set(parts.map(({ pattern }) => pattern)).size).toBe(parts.length)
  }
})

test('a bar has a path for each part that is not empty, hatched unless solid, lettered where there is room', () => {
  const bar = markedBar(COUNTS, PERIOD_PARTS, { width: 100, height: 10 })
  expect(bar.paths.map(({ key, hatch: strokes }) => [key, strokes !== ''])).toEqual([
    ['deviated', true],
    ['notDeterminable', true],
    ['met', false],
  ])
  expect(bar.labels.map(({ text, x }) => [text, x])).toEqual([
    ['N', 25],
    ['M', 70],
  ])
  expect(markedBar({ deviated: 0, met: 3 }, PERIOD_PARTS, CHART_SIZE.period).paths.map(({ key }) => key)).toEqual([
    'met',
  ])
  expect(markedBar({}, PERIOD_PARTS, CHART_SIZE.period).paths).toEqual([])
})

test('bars of one chart can share a scale', () => {
  const [path] = markedBar({ met: 5 }, PERIOD_PARTS, { width: 100, height: 10, max: 10 }).paths
  expect(path!.d).toBe('M0 0H50V10H0V0Z')
})

test.each(['diagonal', 'upright', 'level'] as const)('strokes of %s end at the sides of the box', (pattern) => {
  const strokes = hatch(pattern, { x: 10, y: 2, width: 21, height: 9 })
  const places = [...strokes.matchAll(/[ML]([\d.]+) ([\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)] as const)
  expect(places.length).toBeGreaterThan(1)
  for (const [x, y] of places) {
    expect(x).toBeGreaterThanOrEqual(10)
    expect(x).toBeLessThanOrEqual(31)
    expect(y).toBeGreaterThanOrEqual(2)
    expect(y).toBeLessThanOrEqual(11)
  }
})

test('a sample for the legend is the part as it stands in the bar', () => {
  expect(swatch(PERIOD_PARTS[0], 8).d).toBe('M0 0H8V8H0V0Z')
  expect(swatch(PERIOD_PARTS[0], 8).hatch).not.toBe('')
})

test('a calendar has a row a month, names each year once, and strikes through what is not whole', () => {
  const chart = calendarChart(
    [
      { day: '2025-12-30', share: 0 },
      { day: '2025-12-31', share: 0.6 },
      { day: '2026-01-01', share: 1 },
      { day: '2026-03-02', share: 0.999 },
    ],
    CHART_SIZE.calendar,
  )
  expect(chart.labels.filter(({ of }) => of !== 'day').map(({ text }) => text)).toEqual([
    '2025',
    'Dec',
    '2026',
    'Jan',
    'Feb',
    'Mar',
  ])
  expect(chart.paths.map(({ level }) => level)).toEqual([0, 3, 5, 4])
  expect(chart.paths.map(({ mark }) => mark.split('M').length - 1)).toEqual([2, 1, 0, 1])
  expect(chart.height).toBe(12 + 4 * CHART_SIZE.calendar.rowHeight)
  // The 30th of one month stands in the column of the 30th of every other.
  const [first, , third] = chart.paths.map(({ d }) => Number(/^M([\d.]+) /.exec(d)![1]))
  expect(first).toBeGreaterThan(third!)
})

test('a calendar of no day is empty', () => {
  expect(calendarChart([], CHART_SIZE.calendar).paths).toEqual([])
})
