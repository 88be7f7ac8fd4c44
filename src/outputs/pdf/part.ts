/**
 * One check or one control on a page or three: dated, sealed, ready to be attached in a tool for governance, risk and
 * compliance. The whole list lies beside it as CSV.
 */

import { CONTROL_LABEL, controlView } from '../../domain/control-view.ts'
import { coveredDays, daysText, longestStretch } from '../../domain/coverage-calendar.ts'
import type { Focus } from '../../domain/focus.ts'
import { causeText, exactly, shareText } from '../../domain/period-words.ts'
import type { ReportResult } from '../../domain/report.ts'
import { between } from '../../domain/time.ts'
import { counted, number, upperFirst } from '../../domain/words.ts'
import { calendarChart } from '../../lib/chart-calendar.ts'
import { CHART_SIZE } from '../../lib/chart-size.ts'
import { bullets, facts, h2, paragraph, span } from './blocks.ts'
import type { Book } from './book.ts'
import { gathered, headLine, population, subjects, unlisted } from './checks.ts'
import { calendarLegend, drawCalendar, periodLegend } from './drawing.ts'
import { concerning, waivers } from './exceptions.ts'
import { leaversPart } from './leavers.ts'
import { ownControl, standingText } from './own-controls.ts'
import { failures } from './period.ts'
import { checkResults, periodTable } from './period-results.ts'
import { ruleText } from './rule.ts'
import { sources } from './scope.ts'
import { sealingFacts } from './sealing.ts'
import { COLOUR, PAGE, STYLE, type Style, WIDTH } from './tokens.ts'
import { secondText } from './words.ts'
import { cutMiddle, cutSentence } from './wrap.ts'

/** Subjects listed over all checks, so that three pages hold it. */
const LISTED = 14
/** As many checks of a control share them as if there were so many. */
const MANY = 4
const GAPS_LISTED = 8
const CAUSE_MAX = 120
const BESIDE = 'the CSV beside this file.'
const TITLE: Style = { weight: 'semibold', size: 18, leading: 23, colour: COLOUR.text }

type Part = Exclude<Focus, { on: 'framework' }>

export async function part(book: Book, focus: Part): Promise<void> {
  const { sheet, report } = book
  await sheet.groupAsync('Sect', async () => {
    sheet.newPage()
    head(book, focus)
    if (focus.on === 'control') control(book)
    await overPeriod(book)
    // Of a control the table has every mapped check; those with nothing open need no more.
    const told = report.results.filter(
      ({ status }) => focus.on === 'check' || status === 'fail' || status === 'unknown',
    )
    const each = Math.max(1, Math.floor(LISTED / Math.max(MANY, told.length)))
    for (const result of told) {
      await book.breathe()
      await sheet.groupAsync('Sect', () =>
        one(book, result, focus.on === 'check', focus.on === 'check' ? LISTED : each),
      )
    }
    disabled(book)
    accepted(book)
    covered(book)
  })
}

function head(book: Book, focus: Part): void {
  const { sheet, report, coverage } = book
  const [eyebrow, title] =
    focus.on === 'check'
      ? ['EVIDENCE OF ONE CHECK', `${focus.check.ref}  ${focus.check.title}`]
      : ['EVIDENCE OF ONE CONTROL', focus.control.id]
  sheet.leaf('P', () => sheet.paragraph([span(eyebrow, STYLE.eyebrow)], PAGE.left, WIDTH))
  sheet.space(3)
  sheet.leaf('H1', () => sheet.paragraph([span(cutMiddle(title, 160), TITLE)], PAGE.left, WIDTH))
  sheet.bookmark(title, null)
  sheet.space(8)
  const state = report.snapshotAt === null ? 'nothing has been read yet' : `${secondText(report.snapshotAt)} UTC`
  facts(sheet, [
    ['Organisation', `${report.organization.name} (${report.organization.id})`],
    ...(coverage === null
      ? []
      : [
          [
            'Period',
            [span(`${secondText(coverage.from)} to ${secondText(coverage.to)} UTC`, STYLE.cellStrong)],
          ] as const,
        ]),
    ...(coverage !== null && coverage.until < coverage.to
      ? [['Not over', `told up to ${secondText(coverage.until)} UTC`] as const]
      : []),
    [coverage === null ? 'State at' : 'State at its end', [span(state, STYLE.cellStrong)]],
    [
      'Run',
      report.run === null
        ? 'none yet'
        : `${report.run.id}, number ${number(report.run.sequence)}, by Exhibit ${report.run.software}`,
    ],
    ...sealingFacts(book.sealing),
  ])
}

function control(book: Book): void {
  const { own } = controlView(book.report, book.ownControls)
  const [row] = own
  if (row === undefined) return
  h2(book.sheet, 'The control', 90)
  if (book.coverage?.results != null) periodLegend(book.sheet)
  ownControl(book, row)
  book.sheet.space(2)
  paragraph(book.sheet, `${upperFirst(CONTROL_LABEL)}: ${standingText(book, row)}.`, STYLE.note)
}

async function overPeriod(book: Book): Promise<void> {
  const { sheet, coverage, focus } = book
  if (coverage === null) return
  const results = checkResults(book)
  if (focus?.on === 'check' && results.length > 0) {
    h2(sheet, 'Over the period', 80)
    periodLegend(sheet)
    await periodTable(book, results)
  }
  if (results.length === 0) failures(book)
  await leaversPart(book)
}

/** @param alone it is what the file is about, and not one of several */
async function one(book: Book, result: ReportResult, alone: boolean, listed: number): Promise<void> {
  const { sheet, coverage } = book
  const { check } = result
  const open = await gathered(book, result, listed)
  const when = coverage === null ? '' : ' at the end of the period'
  h2(sheet, alone ? `Rule and result${when}` : `${check.ref}  ${check.title}`, open.length > 0 ? 150 : 90)
  headLine(book, result)
  ruleText(book, result)
  population(book, result)
  if (open.length > 0) await subjects(book, open)
  unlisted(book, result, open.length, BESIDE)
}

function disabled({ sheet, report }: Book): void {
  if (report.disabled.length === 0) return
  h2(sheet, 'Disabled', 40)
  bullets(
    sheet,
    report.disabled.map(({ check, because }) => `${check.ref} ${check.title}: ${cutMiddle(because, 300)}`),
    STYLE.cell,
  )
}

function accepted(book: Book): void {
  const { report, sheet } = book
  const entries = concerning(book, report.snapshot?.settings.waivers ?? [])
  h2(sheet, 'Accepted risks', 40)
  waivers(book, entries, (report.snapshotAt ?? report.evaluatedAt).slice(0, 10))
}

/** Of a period how much of it each check was evaluated, of a state what was read and when. */
function covered(book: Book): void {
  const { sheet, report, coverage } = book
  if (coverage === null) {
    h2(sheet, 'What it rests on', 90)
    sources(sheet, report.sources, report.snapshot?.settings ?? null, report.evaluatedAt)
    return
  }
  const of = coverage.of.filter(({ what }) => what === 'check')
  if (of.length === 0) return
  h2(sheet, 'How much of the period was evaluated', 150)
  calendarLegend(sheet)
  const days = coveredDays(coverage.from, coverage.until, of)
  const chart = calendarChart(days, CHART_SIZE.calendar)
  sheet.need(chart.height)
  const told = daysText(days, of.length === 1 ? 'it was' : 'every check was')
  sheet.leaf('Figure', () => drawCalendar(sheet, chart, PAGE.left, sheet.y), { alt: `Calendar. ${told}` })
  sheet.advance(chart.height)
  sheet.space(4)
  const gaps = of.flatMap((each) => {
    const gap = longestStretch(each.gaps)
    const place = each.system === null ? each.id : `${each.id} over ${each.system}`
    return gap === null
      ? []
      : [
          `${place}: ${shareText(each.share)} evaluated, ${counted(each.gaps.length, 'gap')}, the longest ${exactly(between(gap.from, gap.to))} from ${secondText(gap.from)} (${cutSentence(causeText(gap.cause), CAUSE_MAX)})`,
        ]
  })
  paragraph(sheet, told, STYLE.note)
  if (gaps.length > 0) bullets(sheet, gaps.slice(0, GAPS_LISTED), STYLE.cell)
}
