/** What a period came to, by check: each a test of its own over all who were there at any time. */
import { AGE_BUCKETS, type FailureAges } from '../../domain/failure-ages.ts'
import type { PeriodResult } from '../../domain/period.ts'
import { causeText, exactly, PERIOD_PARTS, SEVERITY_PARTS, shareText } from '../../domain/period-words.ts'
import { counted, number } from '../../domain/words.ts'
import { markedBar } from '../../lib/chart-bars.ts'
import { CHART_SIZE } from '../../lib/chart-size.ts'
import { h2, paragraph, span } from './blocks.ts'
import { type Book, chapter } from './book.ts'
import { drawBar, periodLegend, severityLegend } from './drawing.ts'
import { failures } from './period.ts'
import type { Sheet } from './sheet.ts'
import { type Cell, cell, figure, Table } from './table.ts'
import { STYLE } from './tokens.ts'
import { cutSentence } from './wrap.ts'

/** Rows written between two breaths. */
const WRITTEN_AT_ONCE = 15
const SAYS_MAX = 220
const CAUSE_MAX = 80

export async function periodResults(book: Book): Promise<void> {
  const { sheet, coverage } = book
  if (coverage === null) return
  const results = checkResults(book)
  await chapter(book, 'tested', async () => {
    paragraph(
      sheet,
      'Each line is a test over the whole period, never the last day’s result. The population is every subject that was judged at any time; for the checks over leavers it is those who left. Deviated: failed at some time. Not determinable: left open at some time and never seen failing, as what nobody saw may have failed. Met: neither, while the check was evaluated; the last column has for how much of the period it was. The three add up to the population.',
    )
    if (results.length === 0) paragraph(sheet, 'No check was judged in the period.', STYLE.strong)
    else {
      periodLegend(sheet)
      await periodTable(book, results)
    }
    if (coverage.ages != null) ages(sheet, coverage.ages)
    failures(book)
  })
}

export function checkResults({ coverage }: Pick<Book, 'coverage'>): readonly PeriodResult[] {
  return (coverage?.results ?? []).filter(({ what }) => what === 'check')
}

/** Check by check: its bar, its numbers, how much of the period it was evaluated. */
export async function periodTable(book: Book, results: readonly PeriodResult[]): Promise<void> {
  const { sheet, report } = book
  const titles = new Map([...report.results, ...report.disabled].map(({ check }) => [check.id, check.title]))
  const many = new Set(results.map(({ system }) => system)).size > 2
  await sheet.groupAsync('Table', async () => {
    const table = new Table(sheet, [
      { title: 'Ref', width: 42 },
      { title: 'Check, and what it came to', width: 158 },
      { title: '', width: 78 },
      { title: 'Population', width: 46, align: 'right' },
      { title: 'Deviated', width: 38, align: 'right' },
      { title: 'Not determinable', width: 54, align: 'right' },
      { title: 'Met', width: 32, align: 'right' },
      { title: 'Evaluated', width: 39.28, align: 'right' },
    ])
    for (const [index, result] of results.entries()) {
      if (index % WRITTEN_AT_ONCE === 0) await book.breathe()
      table.row(
        [
          cell(result.ref),
          {
            header: true,
            text: [
              [span(titles.get(result.id) ?? `${result.id}, no longer asked`, STYLE.cellStrong)],
              ...(many && result.system !== null ? [[span(result.system, STYLE.note)]] : []),
            ],
          },
          barCell(sheet, result),
          figure(number(result.population), result.population === 0),
          figure(number(result.deviated), result.deviated === 0),
          figure(number(result.notDeterminable), result.notDeterminable === 0),
          figure(number(result.met), result.met === 0),
          figure(shareText(result.covered)),
        ],
        [[span(saysOf(result), STYLE.note)]],
      )
    }
  })
  sheet.space(6)
}

/** Its own words, and its longest gap. */
export function saysOf({ says, counts, longestGapMs, longestGapCause }: PeriodResult): string {
  return [
    cutSentence(says, SAYS_MAX),
    ...(counts === null ? [] : [counts]),
    ...(longestGapMs > 0
      ? [
          `longest gap ${exactly(longestGapMs)}${longestGapCause === null ? '' : ` (${cutSentence(causeText(longestGapCause), CAUSE_MAX)})`}`,
        ]
      : []),
  ]
    .filter((text) => text !== '')
    .join(' · ')
}

export function barCell(sheet: Sheet, result: PeriodResult): Cell {
  const { deviated, notDeterminable, met } = result
  return {
    alt: `Bar: ${number(deviated)} deviated, ${number(notDeterminable)} not determinable, ${number(met)} met`,
    height: STYLE.cell.leading,
    draw: (x, y) =>
      drawBar(sheet, markedBar({ deviated, notDeterminable, met }, PERIOD_PARTS, CHART_SIZE.period), x, y + 1.5),
  }
}

/** What stood open at the end, by how long it had stood. */
function ages(sheet: Sheet, buckets: FailureAges): void {
  const sums = buckets.map((bucket) => SEVERITY_PARTS.reduce((sum, { key }) => sum + bucket[key], 0))
  const all = sums.reduce((sum, each) => sum + each, 0)
  h2(sheet, 'Failures that stood at the end, by age', 150)
  if (all === 0) {
    paragraph(sheet, 'None.', STYLE.strong)
    return
  }
  severityLegend(sheet)
  const max = Math.max(...sums)
  sheet.group('Table', () => {
    const table = new Table(sheet, [
      { title: 'Stood for', width: 90 },
      { title: '', width: 189.28 },
      ...SEVERITY_PARTS.map(({ word }) => ({ title: word, width: 42, align: 'right' as const })),
      { title: 'All', width: 40, align: 'right' },
    ])
    for (const [index, bucket] of buckets.entries()) {
      const told = SEVERITY_PARTS.map(({ key, word }) => `${number(bucket[key])} ${word.toLowerCase()}`).join(', ')
      table.row([
        { header: true, text: [[span(AGE_BUCKETS[index]!.word, STYLE.cellStrong)]] },
        {
          alt: `Bar: ${told}`,
          height: STYLE.cell.leading,
          draw: (x, y) => drawBar(sheet, markedBar(bucket, SEVERITY_PARTS, { ...CHART_SIZE.ages, max }), x, y + 1.5),
        },
        ...SEVERITY_PARTS.map(({ key }) => figure(number(bucket[key]), bucket[key] === 0)),
        figure(number(sums[index]!), sums[index] === 0),
      ])
    }
  })
  sheet.space(4)
  paragraph(
    sheet,
    `${counted(all, 'failure')}, counted from when each was first seen; accepted risks are among them.`,
    STYLE.note,
  )
}
