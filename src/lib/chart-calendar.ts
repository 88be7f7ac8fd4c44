/** A calendar: a row a month, a cell a day, shaded by share; days that are not whole are struck through. */
import { scaleBand, scaleQuantize } from 'd3-scale'
import { line } from 'd3-shape'
import { box, round } from './chart.ts'

export interface CalendarDay {
  /** "2026-01-31" */
  readonly day: string
  /** 0 to 1 */
  readonly share: number
}

export interface CalendarCell extends CalendarDay {
  /** 0 nothing, 5 the whole day, between them by quarters. */
  readonly level: 0 | 1 | 2 | 3 | 4 | 5
  readonly d: string
  /** One stroke through a day with a gap, two through one that was a gap from end to end; '' through a whole one. */
  readonly mark: string
}

export interface CalendarLabel {
  readonly text: string
  readonly of: 'year' | 'month' | 'day'
  /** Of years and months where the text begins, of days its middle. */
  readonly x: number
  /** Middle of the text. */
  readonly y: number
}

export interface CalendarChart {
  readonly width: number
  readonly height: number
  readonly paths: readonly CalendarCell[]
  readonly labels: readonly CalendarLabel[]
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const NUMBERED = [1, 5, 10, 15, 20, 25, 30]
/** Room for years and months at the left, for days above. */
const LEFT = 54
const MONTH_AT = 28
const TOP = 12

const partly = scaleQuantize<1 | 2 | 3 | 4>([0, 1], [1, 2, 3, 4])
const stroke = line<readonly [number, number]>()
  .x(([x]) => round(x))
  .y(([, y]) => round(y))

/** @param days in order; months between the first and the last have a row each */
export function calendarChart(
  days: readonly CalendarDay[],
  { width, rowHeight }: { width: number; rowHeight: number },
): CalendarChart {
  const months = monthsOf(days)
  const height = TOP + months.length * rowHeight
  const columns = Array.from({ length: 31 }, (_, index) => index + 1)
  const x = scaleBand(columns, [LEFT, width]).paddingInner(0.12)
  const y = scaleBand(months, [TOP, height]).paddingInner(0.12)
  const middle = (at: number, band: number): number => round(at + band / 2)
  const paths = days.map(({ day, share }): CalendarCell => {
    const [left, top] = [x(Number(day.slice(8, 10)))!, y(day.slice(0, 7))!]
    const [right, bottom] = [left + x.bandwidth(), top + y.bandwidth()]
    const level = share <= 0 ? 0 : share >= 1 ? 5 : partly(share)
    const rising = stroke([
      [left, bottom],
      [right, top],
    ])!
    const falling = stroke([
      [left, top],
      [right, bottom],
    ])!
    return {
      day,
      share,
      level,
      d: box(left, top, x.bandwidth(), y.bandwidth(), { left: 0, right: 0 }),
      mark: level === 5 ? '' : level === 0 ? rising + falling : rising,
    }
  })
  return {
    width,
    height: round(height),
    paths,
    labels: [
      ...NUMBERED.map((day) => ({
        text: String(day),
        of: 'day' as const,
        x: middle(x(day)!, x.bandwidth()),
        y: TOP / 2,
      })),
      ...months.flatMap((month, index): CalendarLabel[] => {
        const at = middle(y(month)!, y.bandwidth())
        const [year, number] = month.split('-') as [string, string]
        const named = { text: MONTHS[Number(number) - 1]!, of: 'month' as const, x: MONTH_AT, y: at }
        const newYear = index === 0 || number === '01'
        return newYear ? [{ text: year, of: 'year', x: 0, y: at }, named] : [named]
      }),
    ],
  }
}

function monthsOf(days: readonly CalendarDay[]): string[] {
  const [first, last] = [days[0]?.day, days.at(-1)?.day]
  if (first === undefined || last === undefined) return []
  const months: string[] = []
  let [year, month] = [Number(first.slice(0, 4)), Number(first.slice(5, 7))]
  for (;;) {
    const name = `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}`
    months.push(name)
    if (name >= last.slice(0, 7)) return months
    if (month === 12) year++
    month = month === 12 ? 1 : month + 1
  }
}
