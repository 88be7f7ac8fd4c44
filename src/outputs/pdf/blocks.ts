/** What pages are built of: headings that stay with what follows, paragraphs, facts, bars with their legend. */
import { MARK_WORD, type Mark, number } from '../../domain/words.ts'
import { barChart } from '../../lib/chart.ts'
import { MARK_COLOUR, markShape } from './marks.ts'
import type { Sheet } from './sheet.ts'
import { COLOUR, FLOOR, PAGE, STYLE, type Style, WIDTH } from './tokens.ts'
import type { Span } from './wrap.ts'

export function span(text: string, style: Style = STYLE.body): Span {
  return { text, style }
}

/** A chapter begins on its own page. */
export function h1(sheet: Sheet, title: string): void {
  if (!sheet.fresh) sheet.newPage()
  sheet.leaf('H1', () => sheet.paragraph([span(title, STYLE.h1)], PAGE.left, WIDTH))
  sheet.space(8)
}

/** `keep` is the room that must follow a heading, `above` what parts it from what came before. */
export function h2(sheet: Sheet, title: string, keep = 110, above = 18): void {
  sheet.space(above)
  sheet.need(STYLE.h2.leading + keep)
  sheet.leaf('H2', () => sheet.paragraph([span(title, STYLE.h2)], PAGE.left, WIDTH))
  sheet.space(4)
}

export function h3(sheet: Sheet, title: string, keep = 40): void {
  sheet.space(9)
  sheet.need(STYLE.h3.leading + keep)
  sheet.leaf('H3', () => sheet.paragraph([span(title, STYLE.h3)], PAGE.left, WIDTH))
  sheet.space(2)
}

export function paragraph(sheet: Sheet, text: string | readonly Span[], style: Style = STYLE.body): void {
  const spans = typeof text === 'string' ? [span(text, style)] : text
  const lines = sheet.setter.wrap(spans, WIDTH)
  // Two lines stay together: none alone at the foot.
  sheet.need(lines.slice(0, 2).reduce((sum, line) => sum + line.leading, 0))
  sheet.leaf('P', () => sheet.lines(lines, PAGE.left))
  sheet.space(5)
}

export function bullets(sheet: Sheet, items: readonly (string | readonly Span[])[], style: Style = STYLE.body): void {
  const indent = 12
  sheet.group('L', () => {
    for (const item of items) {
      const lines = sheet.setter.wrap(typeof item === 'string' ? [span(item, style)] : item, WIDTH - indent)
      sheet.need(lines.slice(0, 2).reduce((sum, line) => sum + line.leading, 0))
      const y = sheet.y + style.leading / 2 - 1.25
      sheet.artifact('Layout', () => sheet.rect(PAGE.left + 2, y, 2.5, 2.5, COLOUR.strong))
      sheet.group('LI', () => sheet.leaf('LBody', () => sheet.lines(lines, PAGE.left + indent)))
      sheet.space(2)
    }
  })
  sheet.space(4)
}

/** Name and value, the names in a column of their own. */
export function facts(
  sheet: Sheet,
  rows: readonly (readonly [string, string | readonly Span[]])[],
  { names = 118, style = STYLE.cell as Style }: { names?: number; style?: Style } = {},
): void {
  sheet.group('L', () => {
    for (const [name, value] of rows) {
      const muted = { ...style, colour: COLOUR.muted }
      const nameLines = sheet.setter.wrap([span(name, muted)], names - 10)
      const spans = typeof value === 'string' ? [span(value, style)] : value
      const valueLines = sheet.setter.wrap(spans, WIDTH - names).slice(0, FACT_LINES)
      const height = Math.max(nameLines.length, valueLines.length) * style.leading
      sheet.need(height)
      const top = sheet.y
      sheet.group('LI', () =>
        sheet.leaf('LBody', () => {
          for (const [index, line] of nameLines.entries()) sheet.line(line, PAGE.left, top + index * style.leading)
          for (const [index, line] of valueLines.entries())
            sheet.line(line, PAGE.left + names, top + index * style.leading)
        }),
      )
      sheet.advance(height + 2.5)
    }
  })
  sheet.space(4)
}
const FACT_LINES = Math.floor((FLOOR - PAGE.top) / 20)

export type Shares = Readonly<Record<'pass' | 'fail' | 'unknown' | 'not_applicable', number>>

/** What fails comes first, as in every list. */
export const SHARE_ORDER = ['fail', 'unknown', 'pass', 'not_applicable'] as const
const BAR_COLOUR: Readonly<Record<keyof Shares, string>> = {
  fail: COLOUR.failBar,
  unknown: COLOUR.unknownBar,
  pass: COLOUR.passBar,
  not_applicable: COLOUR.noneBar,
}

export function sharesText(shares: Shares): string {
  return SHARE_ORDER.map((key) => `${number(shares[key])} ${MARK_WORD[key].toLowerCase()}`).join(', ')
}

/** A stacked bar; its numbers stand beside it, in the table or in the legend. */
export function bar(
  sheet: Sheet,
  shares: Shares,
  x: number,
  y: number,
  width: number,
  height: number,
  max?: number,
): void {
  const total = SHARE_ORDER.reduce((sum, key) => sum + shares[key], 0)
  if (total === 0) return
  const chart = barChart([shares], SHARE_ORDER, {
    width,
    rowHeight: height,
    gap: 0,
    max: max ?? total,
    radius: Math.min(2, height / 3),
  })
  for (const segment of chart.rows[0]!.segments) {
    sheet.path(segment.d, x, y, BAR_COLOUR[segment.key as keyof Shares])
  }
}

/** The four answers as figures, each under its mark. */
export function tiles(sheet: Sheet, shares: Shares): void {
  figures(
    sheet,
    SHARE_ORDER.map((key) => ({ mark: key, count: shares[key], word: MARK_WORD[key] })),
  )
}

export function figures(
  sheet: Sheet,
  entries: readonly { readonly mark: Mark; readonly count: number; readonly word: string }[],
): void {
  const width = WIDTH / entries.length
  const top = sheet.y
  sheet.group('L', () => {
    entries.forEach(({ mark, count, word }, index) => {
      const x = PAGE.left + index * width
      sheet.group('LI', () =>
        sheet.leaf('LBody', () => {
          sheet.text(number(count), x, top, STYLE.total)
          markShape(sheet, mark, x, top + 25.5, 9)
          sheet.text(word, x + 13, top + 24, { ...STYLE.cellStrong, colour: MARK_COLOUR[mark] })
        }),
      )
    })
  })
  sheet.y = top
  sheet.advance(42)
}

/** Which colour stands for what, in one line. */
export function legend(sheet: Sheet): void {
  let x: number = PAGE.left
  const y = sheet.y
  sheet.leaf('Caption', () => {
    for (const key of SHARE_ORDER) {
      sheet.rect(x, y + 2.5, 7, 7, BAR_COLOUR[key])
      const line = sheet.setter.line([span(MARK_WORD[key as Mark], STYLE.note)])
      sheet.line(line, x + 11, y)
      x += 11 + line.width + 16
    }
  })
  sheet.advance(STYLE.note.leading + 4)
}

/** A rectangle with a line at its left, for what must not be overlooked. */
export function notice(sheet: Sheet, text: string, colour: string, ground: string): void {
  const lines = sheet.setter.wrap([span(text, { ...STYLE.cell, size: 8.5, leading: 12.5 })], WIDTH - 24)
  const height = lines.reduce((sum, line) => sum + line.leading, 0) + 12
  sheet.need(height)
  const top = sheet.y
  sheet.artifact('Layout', () => {
    sheet.rect(PAGE.left, top, WIDTH, height, ground)
    sheet.rect(PAGE.left, top, 2.5, height, colour)
  })
  sheet.y += 6
  sheet.leaf('P', () => sheet.lines(lines, PAGE.left + 13))
  sheet.y = top
  sheet.advance(height)
  sheet.space(8)
}
