/** The first page, and what the report is and is not. */

import { FRAMEWORK_TITLE } from '../../domain/control-view.ts'
import { COUNTED_AS, COUNTED_WORD, countsOver, PERIOD_PARTS, unreadText } from '../../domain/period-words.ts'
import type { Report } from '../../domain/report.ts'
import { between } from '../../domain/time.ts'
import { counted, lengthText, number } from '../../domain/words.ts'
import { markedBar } from '../../lib/chart-bars.ts'
import { metShare } from './answers.ts'
import { bar, bullets, facts, figures, h2, legend, paragraph, type Shares, span, tiles } from './blocks.ts'
import { type Book, CHAPTERS, chapter, chaptersOf } from './book.ts'
import { drawBar } from './drawing.ts'
import { COUNTED_MARK } from './marks.ts'
import { checkResults } from './period-results.ts'
import { sealingFacts } from './sealing.ts'
import { COLOUR, PAGE, STYLE, WIDTH } from './tokens.ts'
import { momentOrNever, secondText } from './words.ts'
import type { Span } from './wrap.ts'

/** How many results read what; disabled checks are not among them. */
export function resultShares(report: Report): Shares {
  const shares = { pass: 0, fail: 0, unknown: 0, not_applicable: 0 }
  for (const result of report.results) shares[result.status]++
  return shares
}

export function cover(book: Book): void {
  const { sheet, report, coverage } = book
  sheet.newPage()
  sheet.y = 118
  sheet.leaf('P', () => sheet.paragraph([span('EVIDENCE REPORT', STYLE.eyebrow)], PAGE.left, WIDTH))
  sheet.space(6)
  sheet.leaf('H1', () => sheet.paragraph([span('Network access and device posture', STYLE.title)], PAGE.left, WIDTH))
  sheet.space(4)
  sheet.leaf('P', () => sheet.paragraph([span(report.organization.name, STYLE.subtitle)], PAGE.left, WIDTH))
  if (book.focus?.on === 'framework') {
    const only = `Only checks mapped to ${FRAMEWORK_TITLE[book.focus.framework]}`
    sheet.leaf('P', () => sheet.paragraph([span(only, STYLE.subtitle)], PAGE.left, WIDTH))
  }
  sheet.space(20)
  sheet.artifact('Layout', () => sheet.rect(PAGE.left, sheet.y, 36, 2.5, COLOUR.accent))
  sheet.space(20)
  const state = report.snapshotAt === null ? 'Nothing has been read yet' : `${secondText(report.snapshotAt)} UTC`
  facts(
    sheet,
    [
      ...periodFacts(book),
      ['State at', [span(state, STYLE.strong)]],
      ['Organisation', `${report.organization.name} (${report.organization.id})`],
      [coverage === null ? 'Run' : 'Last run', report.run === null ? 'none yet' : report.run.id],
      ['Software', `Exhibit ${report.run?.software ?? report.software}${rendered(report)}`],
      // Of a period the next page names them.
      ...(coverage === null ? [['Sources', counted(report.sources.length, 'source')] as [string, string]] : []),
      ['Checks', `${counted(report.results.length, 'result')}, ${counted(report.disabled.length, 'check')} disabled`],
      ...sealingFacts(book.sealing),
    ],
    { names: 92, style: STYLE.body },
  )
  sheet.space(14)
  if (checkResults(book).length > 0) periodOutcomes(book)
  else results(book)
  contents(book)
}

/** A report of a period says so first; the state that it ends with comes after. */
function periodFacts({ coverage }: Book): [string, string | Span[]][] {
  if (coverage === null) return []
  const { from, to, runs } = coverage
  const unread = unreadText(coverage)
  const told = unread === null ? '' : `, ${unread}`
  return [
    ['Period', [span(`${secondText(from)} to ${secondText(to)} UTC${told}`, STYLE.strong)]],
    ...(runs == null
      ? []
      : [
          [
            'Runs',
            `${number(runs.count)}, the first at ${secondText(runs.first)}, the last at ${secondText(runs.last)} UTC`,
          ] as [string, string],
        ]),
  ]
}

function rendered(report: Report): string {
  return report.run !== null && report.run.software !== report.software ? `, rendered by ${report.software}` : ''
}

function results(book: Book): void {
  const { sheet, report } = book
  const shares = resultShares(report)
  sheet.leaf('H2', () => sheet.paragraph([span('Results of the checks', STYLE.h2)], PAGE.left, WIDTH))
  sheet.space(8)
  tiles(sheet, shares)
  sheet.leaf('Figure', () => bar(sheet, shares, PAGE.left, sheet.y, WIDTH, 10), {
    alt: 'A bar with the share of each result; the numbers stand above it.',
  })
  sheet.advance(16)
  legend(sheet)
}

/** How many tests over the period came to what; the bar has those that judged somebody. */
function periodOutcomes(book: Book): void {
  const { sheet } = book
  const counts = countsOver(checkResults(book))
  sheet.leaf('H2', () => sheet.paragraph([span('Checks, each tested over the period', STYLE.h2)], PAGE.left, WIDTH))
  sheet.space(8)
  figures(
    sheet,
    COUNTED_AS.map((as) => ({ mark: COUNTED_MARK[as], count: counts[as], word: COUNTED_WORD[as] })),
  )
  const shares = { deviated: counts.deviated, notDeterminable: counts.not_determinable, met: counts.met }
  const top = sheet.y
  sheet.leaf(
    'Figure',
    () => drawBar(sheet, markedBar(shares, PERIOD_PARTS, { width: WIDTH, height: 10 }), PAGE.left, top),
    {
      alt: 'A bar with the share of each outcome; the numbers stand above it.',
    },
  )
  sheet.advance(14)
  const share = metShare(book)
  paragraph(
    sheet,
    `${share === null ? '' : `Those met were evaluated for ${share} of the period. `}Judged nothing: there was nobody or nothing to judge, or the check was never evaluated; it is no pass.`,
    STYLE.note,
  )
}

function contents(book: Book): void {
  const { sheet } = book
  sheet.space(20)
  sheet.leaf('H2', () => sheet.paragraph([span('Contents', STYLE.h2)], PAGE.left, WIDTH))
  sheet.space(4)
  sheet.group('TOC', () => {
    const chapters = chaptersOf(book)
    // On this page, down to its foot.
    const pitch = Math.min(18, Math.max(13, sheet.room / chapters.length))
    for (const id of chapters) {
      const y = sheet.y
      sheet.leaf('TOCI', () => {
        sheet.text(CHAPTERS[id], PAGE.left, y + (pitch - 15) / 2, STYLE.body)
        book.contents.set(
          id,
          sheet.later(PAGE.width - PAGE.right, y + (pitch - 15) / 2, 40, { ...STYLE.body, tabular: true }),
        )
      })
      sheet.advance(pitch)
      sheet.artifact('Layout', () => sheet.rule(sheet.y - 1))
    }
  })
}

export async function about(book: Book): Promise<void> {
  const { sheet, report } = book
  await chapter(book, 'about', () => {
    h2(sheet, 'What it is')
    paragraph(
      sheet,
      `The answers of the connected systems ${book.coverage === null ? 'at one moment' : 'over a period'}, and what precise yes-or-no questions make of them. Each ` +
        'answer was kept as it came, byte for byte, and each result can be worked out again from what was kept.',
    )
    bullets(sheet, [
      book.coverage === null
        ? `It speaks of the state at ${momentOrNever(report.snapshotAt)}, not of a period: nothing here says what was so before or since.`
        : `It speaks of the period from ${momentOrNever(book.coverage.from)} to ${momentOrNever(book.coverage.until)}: the results are the state at its last run, ${momentOrNever(report.snapshotAt)}; what failed in between and how much of the period was evaluated have their own tables.`,
      'Every check names its population. Subjects are those that pass, fail, could not be evaluated or are not applicable; the four always add up.',
      'What could not be read is told as not evaluated, with its reason. It is never counted as a pass.',
      'An accepted risk stays a failure. It is shown with who accepted it and until when.',
      ...(report.snapshotAt !== null && between(report.snapshotAt, report.evaluatedAt) > 60_000
        ? [
            `Ages are counted to ${momentOrNever(report.evaluatedAt)}, ${lengthText(between(report.snapshotAt, report.evaluatedAt))} after that state.`,
          ]
        : []),
    ])
    h2(sheet, 'What it is not')
    bullets(sheet, [
      'It is no audit opinion and no certificate. Whether a control is effective is for the auditor to conclude.',
      'It tests parts of controls. Where checks are mapped to a control, the mapping is ours, and other parts of that control are not tested here.',
      'It does not vouch for the vendors’ answers. Where a vendor is mistaken about a device, so is this report.',
      'It is a rendering. Where it and the exported JSON or CSV of the same run differ, those win. The JSON lies in this file as results.json; of a very large fleet it lists only what fails or is not evaluated.',
    ])
    h2(sheet, 'How to read it')
    paragraph(
      sheet,
      'Moments are in UTC. Names are printed as the systems sent them; very long ones are cut in the middle. A ' +
        'character that cannot be printed, or that would not be seen, stands as its code point, such as U+200B.',
    )
    paragraph(
      sheet,
      `Checks are named by a reference such as ID-02. The whole list behind any number here is in the CSV and JSON of the same run: exhibit export --kind csv${asOf(report)}.`,
    )
  })
}

export function asOf(report: Report): string {
  return report.snapshotAt === null ? '' : ` --as-of ${report.snapshotAt}`
}
