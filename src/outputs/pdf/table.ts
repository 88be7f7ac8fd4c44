/**
 * Tables with rows placed by hand (pdfkit's own table is half as fast): columns of fixed width, a head that comes back on
 * each page, rows that are never parted.
 */
import type { Mark } from '../../domain/words.ts'
import { markLine } from './marks.ts'
import type { Sheet } from './sheet.ts'
import { COLOUR, PAGE, STYLE, type Style, WIDTH } from './tokens.ts'
import type { Line, Span } from './wrap.ts'

export interface Column {
  readonly title: string
  readonly width: number
  readonly align?: 'right'
}

/** Paragraphs below one another, or a mark with its word, or a drawing. */
export type Cell =
  | { readonly text: readonly (readonly Span[])[]; readonly header?: true }
  | { readonly mark: Mark; readonly word: string; readonly below?: readonly (readonly Span[])[] }
  | { readonly draw: (x: number, y: number, width: number) => void; readonly height: number; readonly alt: string }

export interface TableOptions {
  /** Height of the rows that must stay with the head: no orphaned heads. */
  readonly keep?: number
  /** Rows close to one another, where many must be seen at once. */
  readonly dense?: true
}

const GAP = 8
const PAD = 4
const DENSE_PAD = 1.5
/** A cell that would fill a page is cut: a row is never parted. */
const LINES_MAX = 44

export function cell(text: string, style: Style = STYLE.cell): Cell {
  return { text: [[{ text, style }]] }
}

export function figure(value: string, zero = false): Cell {
  return cell(value, zero ? STYLE.zero : STYLE.figures)
}

interface Laid {
  readonly cell: Cell
  readonly lines: readonly Line[]
  readonly height: number
}

export class Table {
  readonly #sheet: Sheet
  readonly #columns: readonly Column[]
  readonly #options: TableOptions
  readonly #pad: number
  #headed = false

  /** Write rows within `sheet.group('Table', …)`. */
  constructor(sheet: Sheet, columns: readonly Column[], options: TableOptions = {}) {
    this.#sheet = sheet
    this.#columns = columns
    this.#options = options
    this.#pad = options.dense === true ? DENSE_PAD : PAD
  }

  /** `wide` runs below the row from the second column on, as a part of its last cell but one. */
  row(cells: readonly Cell[], wide: readonly (readonly Span[])[] = []): void {
    const sheet = this.#sheet
    const indent = this.#columns[0]!.width
    const wideLines = wide.flatMap((spans) => sheet.setter.wrap(spans, WIDTH - indent)).slice(0, LINES_MAX)
    const wideHeight = wideLines.reduce((sum, line) => sum + line.leading, 0)
    const laid = cells.map((each, index) => this.#lay(each, this.#inner(index)))
    const own = Math.max(...laid.map((each) => each.height))
    const height = own + (wideHeight === 0 ? 0 : wideHeight + 2) + this.#pad * 2
    if (!this.#headed) {
      sheet.need(this.#headHeight() + height + (this.#options.keep ?? 0))
      this.#head(true)
    } else if (sheet.room < height) {
      sheet.newPage()
      this.#head(false)
    }
    const top = sheet.y
    sheet.group('TR', () => {
      this.#each(laid, (each, x, index) => {
        const header = 'header' in each.cell
        const draw = (): void => {
          this.#draw(each, x, top + this.#pad, index)
          if (index !== cells.length - 2) return
          let y = top + this.#pad + own + 2
          for (const line of wideLines) {
            sheet.line(line, PAGE.left + indent, y)
            y += line.leading
          }
        }
        sheet.leaf(header ? 'TH' : 'TD', draw, {
          ...(header ? { scope: 'Row' as const } : {}),
          ...('alt' in each.cell ? { alt: each.cell.alt } : {}),
        })
      })
    })
    sheet.y = top
    sheet.advance(height)
    sheet.artifact('Layout', () => sheet.rule(sheet.y))
  }

  #lay(cell: Cell, width: number): Laid {
    const { setter } = this.#sheet
    if ('draw' in cell) return { cell, lines: [], height: cell.height }
    const paragraphs = 'text' in cell ? cell.text : (cell.below ?? [])
    let lines = paragraphs.flatMap((spans) => setter.wrap(spans, width))
    if (lines.length > LINES_MAX) {
      const cut = setter.line([{ text: '… cut here; the JSON has it whole.', style: STYLE.note }])
      lines = [...lines.slice(0, LINES_MAX), cut]
    }
    const own = 'mark' in cell ? STYLE.cellStrong.leading : 0
    return { cell, lines, height: own + lines.reduce((sum, line) => sum + line.leading, 0) }
  }

  #draw({ cell, lines }: Laid, x: number, top: number, index: number): void {
    const sheet = this.#sheet
    const width = this.#inner(index)
    const right = this.#columns[index]!.align === 'right'
    let y = top
    if ('draw' in cell) cell.draw(x, y, width)
    else if ('mark' in cell) {
      markLine(sheet, cell.mark, cell.word, x, y)
      y += STYLE.cellStrong.leading
    }
    for (const line of lines) {
      sheet.line(line, right ? x + width - line.width : x, y)
      y += line.leading
    }
  }

  /** Room for what stands in a column; the last one reaches the margin. */
  #inner(index: number): number {
    return this.#columns[index]!.width - (index === this.#columns.length - 1 ? 0 : GAP)
  }

  #each(laid: readonly Laid[], draw: (each: Laid, x: number, index: number) => void): void {
    let x: number = PAGE.left
    for (const [index, column] of this.#columns.entries()) {
      draw(laid[index]!, x, index)
      x += column.width
    }
  }

  #headLines(): Line[][] {
    return this.#columns.map((column, index) =>
      this.#sheet.setter.wrap([{ text: column.title, style: STYLE.head }], this.#inner(index)),
    )
  }

  #headHeight(): number {
    return Math.max(...this.#headLines().map((lines) => lines.length)) * STYLE.head.leading + 8
  }

  /** The first head is part of the table; those on later pages are running heads. */
  #head(first: boolean): void {
    const sheet = this.#sheet
    const lines = this.#headLines()
    const height = this.#headHeight()
    const top = sheet.y
    sheet.artifact('Layout', () => {
      sheet.rect(PAGE.left - 6, top, PAGE.width - PAGE.left - PAGE.right + 12, height, COLOUR.sunken)
    })
    const laid = lines.map((own) => ({ cell: cell(''), lines: own, height: own.length * STYLE.head.leading }))
    const draw = (each: Laid, x: number, index: number): void =>
      this.#draw(each, x, top + height - 4 - each.height, index)
    if (first) {
      sheet.group('TR', () =>
        this.#each(laid, (each, x, index) => sheet.leaf('TH', () => draw(each, x, index), { scope: 'Column' })),
      )
    } else sheet.artifact('Pagination', () => this.#each(laid, draw))
    sheet.y = top
    sheet.advance(height)
    this.#headed = true
  }
}
