import { expect, test } from 'vitest'
import { barChart, gauge } from '../../src/lib/chart.ts'

test('a row’s parts stand side by side and fill the bar of the largest row', () => {
  const chart = barChart([{ fail: 1, pass: 3 }, { pass: 2 }], ['fail', 'pass'], { width: 100, rowHeight: 10, gap: 0 })
  expect(chart.rows[0]!.segments.map(({ key, value, x, width }) => ({ key, value, x, width }))).toEqual([
    { key: 'fail', value: 1, x: 0, width: 25 },
    { key: 'pass', value: 3, x: 25, width: 75 },
  ])
  expect(chart.rows[1]!.segments.map(({ width }) => width)).toEqual([50])
  expect(chart.height).toBe(20)
})

test('one failure of twenty thousand can be seen, and the row is no longer for it', () => {
  const { segments } = barChart([{ fail: 1, pass: 19_999 }], ['fail', 'pass'], { width: 240, rowHeight: 12 }).rows[0]!
  expect(segments[0]!.width).toBe(2)
  expect(segments[0]!.width + segments[1]!.width).toBeCloseTo(240, 1)
})

test('paths are closed, lie inside the chart and are the same twice', () => {
  const make = () => barChart([{ a: 5, b: 7, c: 1 }], ['a', 'b', 'c'], { width: 300, rowHeight: 20 })
  const paths = make().rows[0]!.segments.map(({ d }) => d)
  expect(make().rows[0]!.segments.map(({ d }) => d)).toEqual(paths)
  for (const d of paths) expect(d).toMatch(/^M[\d.]+ [\d.]+H.*Z$/)
})

test('a row of nothing has no parts, no row no chart', () => {
  expect(barChart([{}], ['a'], { width: 10, rowHeight: 10 }).rows[0]!.segments).toEqual([])
  expect(barChart([], ['a'], { width: 10, rowHeight: 10 }).rows).toEqual([])
})

test('ticks are round numbers on the scale', () => {
  const { ticks } = barChart([{ a: 100 }], ['a'], { width: 200, rowHeight: 10, ticks: 2 })
  expect(ticks).toEqual([
    { value: 0, x: 0 },
    { value: 50, x: 100 },
    { value: 100, x: 200 },
  ])
})

test.each([
  { value: 30, limit: 60, beyond: false },
  { value: 75, limit: 60, beyond: false },
  { value: 600, limit: 60, beyond: true },
])('$value against the limit $limit', ({ value, limit, beyond }) => {
  const bar = gauge(value, limit, { width: 125, height: 10 })
  expect(bar.limit).toBe(100)
  expect(bar.beyond).toBe(beyond)
})
