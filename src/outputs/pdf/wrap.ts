/** Text set into lines: words as pieces, long names broken, very long ones cut in the middle. */
import { number } from '../../domain/words.ts'
import { cutMiddle as cut, head } from '../../lib/cut.ts'
import type { Glyphs, Run } from './glyphs.ts'
import type { Style } from './tokens.ts'

/** Text of one style; a paragraph is one or several of them, one after the other. */
export interface Span {
  readonly text: string
  readonly style: Style
}

export interface Piece {
  readonly runs: readonly Run[]
  /** Where each run begins, from the start of the piece; null: one after the other. */
  readonly starts: readonly number[] | null
  readonly style: Style
  readonly width: number
}

export interface Line {
  readonly pieces: readonly Piece[]
  readonly width: number
  readonly leading: number
}

const LONGEST = 1200
const RTL = '\\p{Script=Hebrew}\\p{Script=Arabic}\\p{Script=Nko}'
/** A stretch of a right-to-left script with the spaces in it is one piece: its words run from the right. */
const PIECES = new RegExp(`[${RTL}][${RTL}\\p{M}]*(?: +[${RTL}][${RTL}\\p{M}]*)*|[^${RTL} \\n\\t]+|[ \\n\\t]+`, 'gu')
/** Where a name that is too long for its column is best broken: after these. */
const SOFT = /[-_./:@,;|=&?)\]}]/

/** At most `max` code points, and how many there were: paper has no place to point at. */
export function cutMiddle(text: string, max: number): string {
  return text.length <= max ? text : `${cut(text, max)} (${number(text.length)} characters)`
}

/** A sentence that is too long ends after a whole word. */
export function cutSentence(text: string, max: number): string {
  if (text.length <= max) return text
  const kept = head(text, max - 2)
  const end = kept.lastIndexOf(' ')
  return `${end > max / 2 ? kept.slice(0, end) : kept} …`
}

export class Setter {
  readonly #glyphs: Glyphs

  constructor(glyphs: Glyphs) {
    this.#glyphs = glyphs
  }

  piece(text: string, style: Style): Piece {
    if (text.length > 1 && text.includes(' ')) return this.#fromTheRight(text.split(/ +/), style)
    const runs = this.#glyphs.runs(text, style)
    return { runs, starts: null, style, width: widthOf(runs, style) }
  }

  /** Words of a right-to-left script: written in their order, placed from the right. */
  #fromTheRight(words: readonly string[], style: Style): Piece {
    const space = this.piece(' ', style).width
    const sets = words.map((word) => this.#glyphs.runs(word, style))
    const width = sets.reduce((sum, runs) => sum + widthOf(runs, style), space * (words.length - 1))
    const starts: number[] = []
    let right = width
    for (const runs of sets) {
      let at = right - widthOf(runs, style)
      right = at - space
      for (const run of runs) {
        starts.push(at)
        at += widthOf([run], style)
      }
    }
    return { runs: sets.flat(), starts, style, width }
  }

  /** One line that is not broken, whatever its width. */
  line(spans: readonly Span[]): Line {
    const pieces: Piece[] = []
    for (const { text, style, spaced } of this.#words(spans)) {
      if (spaced && pieces.length > 0) pieces.push(this.piece(' ', style))
      pieces.push(this.piece(text, style))
    }
    return lineOf(pieces)
  }

  wrap(spans: readonly Span[], width: number): Line[] {
    const lines: Line[] = []
    let line: Piece[] = []
    let used = 0
    const close = (): void => {
      if (line.length > 0) lines.push(lineOf(line))
      line = []
      used = 0
    }
    const add = (piece: Piece): void => {
      line.push(piece)
      used += piece.width
    }
    for (const { text, style, spaced } of this.#words(spans)) {
      const piece = this.piece(text, style)
      const space = spaced ? this.piece(' ', style) : null
      const gap = line.length > 0 ? (space?.width ?? 0) : 0
      if (used + gap + piece.width > width) {
        // What is longer than a line starts where it stands if a good part of it fits there.
        const starts = piece.width > width && width - used - gap > width / 3
        if (!starts) close()
        if (piece.width > width) {
          if (line.length > 0 && space !== null) add(space)
          for (const part of this.#broken(text, style, width, width - used)) {
            if (used + part.width > width) close()
            add(part)
          }
          continue
        }
      }
      if (line.length > 0 && space !== null) add(space)
      add(piece)
    }
    close()
    return lines
  }

  #words(spans: readonly Span[]): { text: string; style: Style; spaced: boolean }[] {
    const out: { text: string; style: Style; spaced: boolean }[] = []
    let spaced = false
    for (const { text, style } of spans) {
      for (const [piece] of cutMiddle(text, LONGEST).matchAll(PIECES)) {
        if (/^[ \n\t]+$/.test(piece)) spaced = true
        else {
          out.push({ text: piece, style, spaced })
          spaced = false
        }
      }
    }
    return out
  }

  /** Parts that fit: the first into what is left of its line, the others into whole ones. */
  *#broken(text: string, style: Style, width: number, first: number): Generator<Piece> {
    let room = first
    let letters: { text: string; width: number }[] = []
    let used = 0
    for (const letter of text) {
      const own = this.piece(letter, style).width
      if (used + own > room && letters.length > 0) {
        const keep = softEnd(letters)
        yield this.piece(
          letters
            .slice(0, keep)
            .map((each) => each.text)
            .join(''),
          style,
        )
        letters = letters.slice(keep)
        used = letters.reduce((sum, each) => sum + each.width, 0)
        room = width
      }
      letters.push({ text: letter, width: own })
      used += own
    }
    if (letters.length > 0) yield this.piece(letters.map((each) => each.text).join(''), style)
  }
}

/** How many letters to keep on the line: up to the last soft place in its second half, else all. */
function softEnd(letters: readonly { text: string }[]): number {
  for (let index = letters.length; index > letters.length / 2; index--) {
    if (SOFT.test(letters[index - 1]!.text)) return index
  }
  return letters.length
}

function widthOf(runs: readonly Run[], style: Style): number {
  let width = 0
  for (const run of runs) width += (run.width * run.scale * style.size) / 1000
  return width
}

function lineOf(pieces: readonly Piece[]): Line {
  let width = 0
  let leading = 0
  for (const piece of pieces) {
    width += piece.width
    leading = Math.max(leading, piece.style.leading)
  }
  return { pieces, width, leading }
}
