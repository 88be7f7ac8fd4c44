/** Tables that fit the terminal: the widest flexible column gives way first, and long names are cut in the middle. */
import { stripVTControlCharacters } from 'node:util'
import stringWidth from 'string-width'

export interface Column {
  title: string
  align?: 'left' | 'right'
  /** May be cut when the line does not fit; the others never are. */
  flexible?: boolean
  /** A flexible column is not made narrower than this; 8 by default. */
  min?: number
}

/** Cuts the middle out, because names differ at both ends. Colour codes in the text are lost when it is cut. */
export function cutMiddle(text: string, width: number): string {
  if (stringWidth(text) <= width) return text
  const plain = [...stripVTControlCharacters(text)]
  const keep = Math.max(1, width - 1)
  let head = ''
  let tail = ''
  for (let index = 0; stringWidth(head) + stringWidth(tail) < keep; index++) {
    const next = index % 2 === 0 ? plain[head.length === 0 ? 0 : [...head].length] : plain.at(-1 - [...tail].length)
    if (next === undefined || stringWidth(head) + stringWidth(tail) + stringWidth(next) > keep) break
    if (index % 2 === 0) head += next
    else tail = next + tail
  }
  return `${head}…${tail}`
}

function pad(text: string, width: number, align: Column['align']): string {
  const gap = ' '.repeat(Math.max(0, width - stringWidth(text)))
  return align === 'right' ? gap + text : text + gap
}

const GAP = '  '

export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
  dim: (text: string) => string,
): string {
  const widths = columns.map((column, index) =>
    Math.max(stringWidth(column.title), ...rows.map((row) => stringWidth(row[index] ?? ''))),
  )
  let over = widths.reduce((sum, own) => sum + own, 0) + GAP.length * (columns.length - 1) - width
  while (over > 0) {
    const widest = columns.reduce<number | null>((best, column, index) => {
      const canGive = column.flexible === true && widths[index]! > (column.min ?? 8)
      return canGive && (best === null || widths[index]! > widths[best]!) ? index : best
    }, null)
    if (widest === null) break
    widths[widest]!--
    over--
  }
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, index) => pad(cutMiddle(cell, widths[index]!), widths[index]!, columns[index]!.align))
      .join(GAP)
      .trimEnd()
  return [dim(line(columns.map((column) => column.title))), ...rows.map(line)].join('\n')
}

/** Wraps words to the width, every line after the first indented. */
export function wrap(text: string, width: number, indent = ''): string {
  const lines: string[] = []
  for (const paragraph of text.split('\n')) {
    let line = ''
    for (const word of paragraph.split(' ')) {
      if (line !== '' && stringWidth(line) + 1 + stringWidth(word) > width - stringWidth(indent)) {
        lines.push(line)
        line = word
      } else line = line === '' ? word : `${line} ${word}`
    }
    lines.push(line)
  }
  return lines.join(`\n${indent}`)
}
