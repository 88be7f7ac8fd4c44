/** The organisation's own controls, before everything else: each with the checks that test a part of it. Never passed. */
import type { Framework } from '../../domain/check.ts'
import { type ControlRow, controlSentence, controlView, type MappedCheck } from '../../domain/control-view.ts'
import type { PeriodResult } from '../../domain/period.ts'
import { OTHER_PARTS, OUTCOME_WORD, periodControlCount, periodOutcome } from '../../domain/period-words.ts'
import type { ReportResult } from '../../domain/report.ts'
import { FRAMEWORK_WORD, MARK_WORD, number } from '../../domain/words.ts'
import { facts, h2, paragraph, SHARE_ORDER, span } from './blocks.ts'
import { type Book, chapter } from './book.ts'
import { periodLegend } from './drawing.ts'
import { OUTCOME_MARK } from './marks.ts'
import { barCell, saysOf } from './period-results.ts'
import type { Sheet } from './sheet.ts'
import { type Cell, cell, Table } from './table.ts'
import { STYLE } from './tokens.ts'
import { cutMiddle, type Span } from './wrap.ts'

const TEXT_MAX = 400

export async function ownControls(book: Book): Promise<void> {
  const { own } = controlView(book.report, book.ownControls)
  if (own.length === 0) return
  const { sheet, coverage } = book
  await chapter(book, 'own', async () => {
    paragraph(
      sheet,
      `The organisation’s own list, in its words and by its mapping. A check is evidence for a part of a control: what is told is how many of the mapped checks ${coverage === null ? 'pass' : 'are met over the period'}, and ${OTHER_PARTS.replace('this control', 'each control')}.`,
    )
    if (coverage?.results != null) periodLegend(sheet)
    for (const row of own) {
      await book.breathe()
      h2(sheet, row.id, 110)
      ownControl(book, row)
    }
  })
}

/** Text, owner, criteria, what can be said of it, and its checks. */
export function ownControl(book: Book, row: ControlRow): void {
  const { sheet } = book
  if (row.text !== null) paragraph(sheet, cutMiddle(row.text, TEXT_MAX), STYLE.strong)
  const criteria = Object.entries(row.criteria).map(
    ([framework, ids]) => `${FRAMEWORK_WORD[framework] ?? framework} ${ids.join(', ')}`,
  )
  facts(sheet, [
    ['Owner', row.owner ?? 'not named'],
    ['Criteria', criteria.join('; ') || 'not named'],
    ['What can be said', [span(standingText(book, row), STYLE.cellStrong)]],
    ...(row.gone.length === 0 ? [] : [['No check of this release', row.gone.join(', ')] as const]),
  ])
  if (row.direct.length > 0) mapped(book, row.direct)
}

/**
 * All that is said of a control: over the period where there is one, else at the moment.
 * @param framework null: it is one of the organisation's own
 */
export function standingCount({ coverage }: Book, row: ControlRow, framework: Framework | null = null): string {
  const [about, name] = framework === null ? ['control', row.id] : ['criterion', `${framework} ${row.id}`]
  const period = coverage?.results?.find(({ what, id }) => what === about && id === name)
  return period?.checks != null ? periodControlCount(period.checks) : controlSentence(row)
}

export function standingText(book: Book, row: ControlRow, framework: Framework | null = null): string {
  return `${standingCount(book, row, framework)}; ${OTHER_PARTS}`
}

function mapped(book: Book, checks: readonly MappedCheck[]): void {
  const { sheet, report, coverage } = book
  const results = coverage?.results ?? null
  sheet.group('Table', () => {
    const table = new Table(sheet, [
      { title: 'Mapped check', width: 46 },
      { title: '', width: 186 },
      { title: results === null ? 'Result' : 'Over the period', width: 92 },
      { title: results === null ? 'Subjects' : 'What it came to', width: 163.28 },
    ])
    for (const { check, standing } of checks) {
      const own = results?.filter(({ what, id }) => what === 'check' && id === check.id) ?? []
      const now = report.results.filter((result) => result.check.id === check.id)
      const head = { header: true as const, text: [[span(check.title, STYLE.cell)]] }
      if (results === null || own.length === 0) {
        table.row([cell(check.ref, STYLE.cellStrong), head, standingCell(standing), { text: now.map(countsLine) }])
      } else {
        for (const result of own)
          table.row([cell(check.ref, STYLE.cellStrong), head, outcomeCell(sheet, result), { text: saysLines(result) }])
      }
    }
  })
}

function standingCell(standing: MappedCheck['standing']): Cell {
  return standing === 'disabled' ? cell('Disabled') : { mark: standing, word: MARK_WORD[standing] }
}

function outcomeCell(sheet: Sheet, result: PeriodResult): Cell {
  const outcome = periodOutcome(result)
  if (outcome === 'nothing_tested') return { mark: OUTCOME_MARK[outcome], word: OUTCOME_WORD[outcome] }
  return barCell(sheet, result)
}

function saysLines(result: PeriodResult): readonly (readonly Span[])[] {
  const place = result.system === null ? '' : `${cutMiddle(result.system, 24)}: `
  return [[span(`${place}${saysOf(result)}`, STYLE.small)]]
}

function countsLine({ counts, system, message }: ReportResult): readonly Span[] {
  const place = system === null ? '' : `${cutMiddle(system, 24)}: `
  const sum = SHARE_ORDER.reduce((total, key) => total + counts[key], 0)
  if (message !== null && sum === 0) return [span(`${place}${cutMiddle(message, 120)}`, STYLE.small)]
  const told = SHARE_ORDER.map((key) => `${number(counts[key])} ${MARK_WORD[key].toLowerCase()}`).join(', ')
  return [span(`${place}${told}`, STYLE.small)]
}
