/** Charts on paper, from the same path data as on pages. */
import { PERIOD_PARTS, SEVERITY_PARTS } from '../../domain/period-words.ts'
import { type BarPart, type MarkedBar, swatch } from '../../lib/chart-bars.ts'
import type { CalendarChart } from '../../lib/chart-calendar.ts'
import { span } from './blocks.ts'
import type { Sheet } from './sheet.ts'
import { COLOUR, PAGE, STYLE, type Style } from './tokens.ts'

interface Ink {
  readonly ground: string
  readonly hatch: string
  readonly letter: string
}

const INK: Readonly<Record<string, Ink>> = {
  deviated: { ground: COLOUR.failBar, hatch: COLOUR.failHatch, letter: COLOUR.onMark },
  notDeterminable: { ground: COLOUR.unknownBar, hatch: COLOUR.unknown, letter: COLOUR.text },
  met: { ground: COLOUR.passBar, hatch: COLOUR.passBar, letter: COLOUR.onMark },
  critical: { ground: COLOUR.failBar, hatch: COLOUR.failHatch, letter: COLOUR.onMark },
  high: { ground: COLOUR.unknownBar, hatch: COLOUR.unknown, letter: COLOUR.text },
  medium: { ground: COLOUR.middle, hatch: COLOUR.none, letter: COLOUR.text },
  low: { ground: COLOUR.noneBar, hatch: COLOUR.noneBar, letter: COLOUR.text },
}
const LETTER: Style = { weight: 'semibold', size: 6.5, leading: 8, colour: COLOUR.text }
const HATCH_WIDTH = 0.7

export function drawBar(sheet: Sheet, bar: MarkedBar, x: number, y: number): void {
  for (const { key, d, hatch } of bar.paths) {
    sheet.path(d, x, y, INK[key]!.ground)
    if (hatch !== '') sheet.stroke(hatch, x, y, INK[key]!.hatch, HATCH_WIDTH)
  }
  for (const { key, text, x: middle, y: centre } of bar.labels) {
    const line = sheet.setter.line([span(text, { ...LETTER, colour: INK[key]!.letter })])
    // A clean ground, so that no stroke runs through the letter.
    sheet.rect(x + middle - line.width / 2 - 1.5, y, line.width + 3, bar.height, INK[key]!.ground)
    sheet.line(line, x + middle - line.width / 2, y + centre - LETTER.leading / 2)
  }
}

/** Colour, pattern and letter of each part, in one line. */
function partsLegend(sheet: Sheet, parts: readonly (BarPart & { readonly word: string })[]): void {
  let x: number = PAGE.left
  const y = sheet.y
  sheet.leaf('Caption', () => {
    for (const part of parts) {
      const { d, hatch } = swatch(part, 8)
      sheet.path(d, x, y + 2, INK[part.key]!.ground)
      if (hatch !== '') sheet.stroke(hatch, x, y + 2, INK[part.key]!.hatch, HATCH_WIDTH)
      const line = sheet.setter.line([span(`${part.letter}  ${part.word}`, STYLE.note)])
      sheet.line(line, x + 12, y)
      x += 12 + line.width + 16
    }
  })
  sheet.advance(STYLE.note.leading + 4)
}
export const periodLegend = (sheet: Sheet): void => partsLegend(sheet, PERIOD_PARTS)
export const severityLegend = (sheet: Sheet): void => partsLegend(sheet, SEVERITY_PARTS)

const DAY_COLOUR = [COLOUR.day0, COLOUR.day1, COLOUR.day2, COLOUR.day3, COLOUR.day4, COLOUR.day5] as const
const DAY_TEXT: Style = { weight: 'regular', size: 6.5, leading: 8, colour: COLOUR.muted }
const MONTH_TEXT: Style = { weight: 'regular', size: 7, leading: 9, colour: COLOUR.text }
const YEAR_TEXT: Style = { ...MONTH_TEXT, weight: 'semibold' }

export function drawCalendar(sheet: Sheet, chart: CalendarChart, x: number, y: number): void {
  // One path a shade: a year has 366 days, and each drawing on its own would be as many pushes and pops.
  for (const [level, colour] of DAY_COLOUR.entries()) {
    const d = chart.paths.flatMap((cell) => (cell.level === level ? [cell.d] : [])).join('')
    if (d === '') continue
    sheet.path(d, x, y, colour)
    if (level < 5) sheet.stroke(d, x, y, COLOUR.strong, 0.4)
  }
  const marks = chart.paths.map(({ mark }) => mark).join('')
  if (marks !== '') sheet.stroke(marks, x, y, COLOUR.fail, 0.6)
  for (const { text, of, x: at, y: middle } of chart.labels) {
    const style = of === 'year' ? YEAR_TEXT : of === 'month' ? MONTH_TEXT : DAY_TEXT
    const line = sheet.setter.line([span(text, style)])
    sheet.line(line, x + at - (of === 'day' ? line.width / 2 : 0), y + middle - style.leading / 2)
  }
}

/** Which shade is how much of a day. */
export function calendarLegend(sheet: Sheet): void {
  let x: number = PAGE.left
  const y = sheet.y
  const entries = ['nothing', 'under a quarter', 'under half', 'under three quarters', 'less than all', 'the whole day']
  sheet.leaf('Caption', () => {
    for (const [level, word] of entries.entries()) {
      const d = 'M0 0H8V8H0Z'
      sheet.path(d, x, y + 2, DAY_COLOUR[level]!)
      if (level < 5) {
        sheet.stroke(d, x, y + 2, COLOUR.strong, 0.4)
        sheet.stroke(level === 0 ? 'M0 8L8 0M0 0L8 8' : 'M0 8L8 0', x, y + 2, COLOUR.fail, 0.6)
      }
      const line = sheet.setter.line([span(word, STYLE.note)])
      sheet.line(line, x + 12, y)
      x += 12 + line.width + 12
    }
  })
  sheet.advance(STYLE.note.leading + 4)
}
