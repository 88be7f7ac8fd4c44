/** What a period adds to the state at its end: what failed in it, whatever became of it. */
import { counted, lengthText, number } from '../../domain/words.ts'
import { h2, paragraph, span } from './blocks.ts'
import type { Book } from './book.ts'
import { cell, figure, Table } from './table.ts'
import { STYLE } from './tokens.ts'
import { momentOrNever } from './words.ts'

export function failures({ sheet, report, coverage }: Book): void {
  if (coverage === null) return
  h2(sheet, 'What failed in the period', 120)
  if (coverage.failures.length === 0) {
    paragraph(sheet, `Nothing that was judged failed up to ${momentOrNever(coverage.until)}.`)
    return
  }
  paragraph(
    sheet,
    `Up to ${momentOrNever(coverage.until)}, by check: subjects that failed at any time, failures first seen in the period, those that stood at its end, and the longest that one stood within it. intervals.csv of the packet lists each, with what closed it.`,
    STYLE.note,
  )
  const titles = new Map(report.results.map(({ check }) => [check.id, check.title]))
  const many = new Set(coverage.failures.map(({ system }) => system)).size > 2
  sheet.group('Table', () => {
    const table = new Table(sheet, [
      { title: 'Ref', width: 44 },
      { title: 'Check', width: 201 },
      { title: 'Subjects', width: 56, align: 'right' },
      { title: 'Began', width: 56, align: 'right' },
      { title: 'Stood at end', width: 66, align: 'right' },
      { title: 'Longest', width: 64 },
    ])
    for (const { ref, check, system, subjects, began, open, longestMs } of coverage.failures) {
      table.row([
        cell(ref ?? ''),
        {
          header: true,
          text: [
            [span(titles.get(check) ?? `${check}, no longer asked`, STYLE.cell)],
            ...(many && system !== null ? [[span(system, STYLE.note)]] : []),
          ],
        },
        figure(number(subjects)),
        figure(number(began), began === 0),
        figure(number(open), open === 0),
        cell(lengthText(longestMs)),
      ])
    }
  })
  sheet.space(4)
  paragraph(sheet, `${counted(coverage.failures.length, 'check')} with a failure.`, STYLE.note)
}
