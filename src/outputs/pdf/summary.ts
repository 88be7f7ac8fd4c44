/** All results on a few pages: by area, by vendor, by check. */

import type { ReportResult } from '../../domain/report.ts'
import { MARK_WORD, number, REASON_WORD, vendorWord } from '../../domain/words.ts'
import { bar, h2, legend, paragraph, SHARE_ORDER, type Shares, sharesText, span } from './blocks.ts'
import { type Book, chapter } from './book.ts'
import type { Sheet } from './sheet.ts'
import { type Cell, cell, figure, Table } from './table.ts'
import { STYLE, WIDTH } from './tokens.ts'

const AREAS: Readonly<Record<string, string>> = {
  COL: 'Collection itself',
  ID: 'People and accounts',
  DEV: 'Devices',
  POS: 'Posture and trust',
  KEY: 'Keys and credentials',
  ACL: 'Access policy',
  NET: 'Network',
  SSH: 'Tailscale SSH',
  LOG: 'Logging',
  S1: 'SentinelOne',
  CS: 'CrowdStrike Falcon',
  KJ: 'Kandji (Iru)',
  OWN: 'Own checks',
}

export function areaOf({ check }: ReportResult): string {
  const prefix = check.ref.split('-')[0]!
  return AREAS[prefix] ?? prefix
}

export async function summary(book: Book): Promise<void> {
  const { sheet, report } = book
  await chapter(book, 'results', () => {
    h2(sheet, 'Results by area')
    chart(
      sheet,
      'Area',
      tallied(report.results, areaOf, (shares, result) => shares[result.status]++),
    )
    const answered = report.results.filter((result) => result.check.vendor !== null && result.message === null)
    if (answered.length > 0) {
      h2(sheet, 'Answers by vendor', 120)
      paragraph(
        sheet,
        'Each vendor’s checks of the tailnet’s devices, added up: one answer for each device and check. Devices outside the scope or without that vendor are not applicable.',
        STYLE.note,
      )
      chart(
        sheet,
        'Vendor',
        tallied(answered, (result) => vendorWord(result.check.vendor!), add),
      )
    }
    h2(sheet, 'Results by check', 120)
    paragraph(
      sheet,
      'Numbers are subjects: accounts, devices, keys, settings or sources, as the question has it.',
      STYLE.note,
    )
    table(book)
  })
}

type Tally = Record<keyof Shares, number>

function tallied(
  results: readonly ReportResult[],
  key: (result: ReportResult) => string,
  count: (shares: Tally, result: ReportResult) => void,
): Map<string, Tally> {
  const tallies = new Map<string, Tally>()
  for (const result of results) {
    const own = tallies.get(key(result)) ?? { pass: 0, fail: 0, unknown: 0, not_applicable: 0 }
    tallies.set(key(result), own)
    count(own, result)
  }
  return tallies
}

function add(shares: Tally, { counts }: ReportResult): void {
  for (const key of SHARE_ORDER) shares[key] += counts[key]
}

/** Bars on one scale, with their numbers beside them. */
function chart(sheet: Sheet, title: string, tallies: ReadonlyMap<string, Shares>): void {
  const sums = [...tallies.values()].map((shares) => SHARE_ORDER.reduce((sum, key) => sum + shares[key], 0))
  const max = Math.max(...sums, 1)
  sheet.group('Table', () => {
    const table = new Table(
      sheet,
      [
        { title, width: 112 },
        { title: '', width: 181 },
        ...SHARE_ORDER.map((key) => ({ title: MARK_WORD[key], width: 48.5, align: 'right' as const })),
      ],
      { keep: 40 },
    )
    for (const [name, shares] of tallies) {
      table.row([
        { header: true, text: [[span(name, STYLE.cellStrong)]] },
        {
          alt: `Bar: ${sharesText(shares)}`,
          height: STYLE.cell.leading,
          draw: (x, y, width) => bar(sheet, shares, x, y + 1.5, width, 9, max),
        },
        ...SHARE_ORDER.map((key) => figure(number(shares[key]), shares[key] === 0)),
      ])
    }
  })
  sheet.space(6)
  legend(sheet)
}

function table(book: Book): void {
  const { sheet, report } = book
  const many = new Set(report.results.map((result) => result.system)).size > 2
  const numbers = 46
  const fixed = 78 + 44 + numbers * 4 + 26
  sheet.group('Table', () => {
    const table = new Table(sheet, [
      { title: 'Result', width: 78 },
      { title: 'Ref', width: 44 },
      { title: 'Check', width: WIDTH - fixed },
      ...SHARE_ORDER.map((key) => ({ title: MARK_WORD[key], width: numbers, align: 'right' as const })),
      { title: 'Page', width: 26, align: 'right' as const },
    ])
    for (const [index, result] of report.results.entries()) {
      const { check, counts, status } = result
      const whole = result.message !== null && status === 'unknown'
      table.row([
        { mark: status, word: MARK_WORD[status] },
        cell(check.ref),
        {
          header: true,
          text: [
            [span(check.title, STYLE.cell)],
            ...(many && result.system !== null ? [[span(result.system, STYLE.note)]] : []),
            ...(whole && result.unknownReason !== null ? [[span(REASON_WORD[result.unknownReason], STYLE.note)]] : []),
            ...(counts.waived > 0 ? [[span(`${number(counts.waived)} of the failures accepted`, STYLE.note)]] : []),
          ],
        },
        ...SHARE_ORDER.map(
          (key): Cell => (whole ? cell('–', STYLE.zero) : figure(number(counts[key]), counts[key] === 0)),
        ),
        {
          alt: '',
          height: STYLE.cell.leading,
          draw: (x, y, width) => void book.pages.set(index, sheet.later(x + width, y, width, STYLE.figures)),
        },
      ])
    }
  })
}
