/** How much of the period was evaluated, day by day, and each source's longest gap. */
import { coveredDays, daysText, longestStretch } from '../../domain/coverage-calendar.ts'
import { causeText, exactly, shareText } from '../../domain/period-words.ts'
import type { Coverage } from '../../domain/sealing.ts'
import { between } from '../../domain/time.ts'
import { counted, number } from '../../domain/words.ts'
import { calendarChart } from '../../lib/chart-calendar.ts'
import { CHART_SIZE } from '../../lib/chart-size.ts'
import { h2, paragraph, span } from './blocks.ts'
import { type Book, chapter } from './book.ts'
import { calendarLegend, drawCalendar } from './drawing.ts'
import type { Sheet } from './sheet.ts'
import { cell, figure, Table } from './table.ts'
import { PAGE, STYLE, WIDTH } from './tokens.ts'
import { secondText } from './words.ts'

/** Of a source or check these many are listed; a table of all is in the packet. */
const LISTED = 60
/** Sources whose days are drawn. */
const DRAWN = 12

export async function coverage(book: Book): Promise<void> {
  const told = book.coverage
  if (told === null) return
  const { sheet } = book
  const { from, until, of } = told
  await chapter(book, 'coverage', async () => {
    paragraph(
      sheet,
      `From ${secondText(from)} to ${secondText(until)} UTC. Time before the first run is a gap, as is every stretch in which a source could not be read or its reading was too old.`,
    )
    const checks = of.filter(({ what }) => what === 'check')
    const sources = of.filter(({ what }) => what === 'source')
    if (checks.length > 0) {
      h2(sheet, 'All checks, by day', 200)
      calendarLegend(sheet)
      sheet.space(4)
      const days = coveredDays(from, until, checks)
      const chart = calendarChart(days, CHART_SIZE.calendar)
      figureOf(sheet, chart, PAGE.left, daysText(days, 'every check was'))
      sheet.advance(chart.height)
      sheet.space(4)
      paragraph(sheet, daysText(days, 'every check was'), STYLE.note)
    }
    await book.breathe()
    calendars(sheet, told, sources.slice(0, DRAWN))
    await book.breathe()
    table(sheet, of)
  })
}

function figureOf(sheet: Sheet, chart: ReturnType<typeof calendarChart>, x: number, alt: string): void {
  sheet.need(chart.height)
  sheet.leaf('Figure', () => drawCalendar(sheet, chart, x, sheet.y), { alt: `Calendar. ${alt}` })
}

/** Two abreast, one a source. */
function calendars(sheet: Sheet, { from, until }: { from: string; until: string }, sources: readonly Coverage[]): void {
  if (sources.length === 0) return
  h2(sheet, 'Each source, by day', 120)
  for (let at = 0; at < sources.length; at += 2) {
    const pair = sources.slice(at, at + 2).map((source) => {
      const days = coveredDays(from, until, [source])
      return { source, days, chart: calendarChart(days, CHART_SIZE.sourceCalendar) }
    })
    const height = Math.max(...pair.map(({ chart }) => chart.height)) + STYLE.cellStrong.leading + 14
    sheet.need(height)
    const top = sheet.y
    for (const [index, { source, days, chart }] of pair.entries()) {
      const x = PAGE.left + index * (WIDTH - CHART_SIZE.sourceCalendar.width)
      sheet.leaf('P', () => sheet.text(`${source.id}  ${shareText(source.share)}`, x, top, STYLE.cellStrong))
      const alt = `Calendar of ${source.id}. ${daysText(days, 'it was')}`
      sheet.leaf('Figure', () => drawCalendar(sheet, chart, x, top + STYLE.cellStrong.leading + 2), { alt })
    }
    sheet.y = top
    sheet.advance(height)
  }
}

function table(sheet: Sheet, of: readonly Coverage[]): void {
  const short = of.filter(({ share, what }) => what === 'source' || share < 1)
  const whole = of.length - short.length
  h2(sheet, 'Sources, and checks with a gap', 90)
  if (whole > 0)
    paragraph(
      sheet,
      `${counted(whole, 'check')} without a gap ${whole === 1 ? 'is' : 'are'} not listed. coverage.csv of the packet lists each gap.`,
      STYLE.note,
    )
  sheet.group('Table', () => {
    const rows = new Table(sheet, [
      { title: 'Source or check', width: 176 },
      { title: 'Evaluated', width: 56, align: 'right' },
      { title: 'Gaps', width: 40, align: 'right' },
      { title: 'Longest', width: 56 },
      { title: 'Its cause', width: 84 },
      { title: 'Pulls that the vendor’s log confirms', width: 75.28 },
    ])
    for (const each of short.slice(0, LISTED)) {
      const gap = longestStretch(each.gaps)
      rows.row([
        {
          header: true,
          text: [[span(each.id, STYLE.cellStrong)], ...(each.system === null ? [] : [[span(each.system, STYLE.note)]])],
        },
        figure(shareText(each.share)),
        figure(number(each.gaps.length), each.gaps.length === 0),
        cell(gap === null ? 'none' : exactly(between(gap.from, gap.to))),
        cell(gap === null ? '' : causeText(gap.cause)),
        cell(confirmedText(each)),
      ])
    }
  })
  if (short.length > LISTED) {
    sheet.space(4)
    paragraph(sheet, `${number(short.length - LISTED)} more are in coverage.csv.`, STYLE.cellStrong)
  }
}

function confirmedText({ confirmed }: Coverage): string {
  return confirmed == null ? '' : `${number(confirmed.pulls)} of ${number(confirmed.of)}`
}
