/**
 * From words to glyphs. Inter draws what it can, DejaVu Sans what Inter cannot, and a code point that neither has prints
 * as "U+65E5": never as an empty box and never as another letter (ISO 19005-3, 6.2.11.8 forbids `.notdef`).
 *
 * Letter for letter: a PDF gives text back through the character that a glyph was first used for. Where two characters
 * share a glyph (Δ and ∆, the first form of two yehs), or where features would merge several letters into one, the second
 * could not be told from the first. So ligatures are off, and a word that would not read back the same prints letter by
 * letter, with code points for those that cannot.
 */
import type { Style, Weight } from './tokens.ts'

/** The part of pdfkit's embedded font that is used here; its published types leave it out (pdfkit 0.20.2). */
export interface EmbeddedFont {
  readonly id: string
  /** Of the font file, the same in every document. */
  readonly name: string
  readonly font: { hasGlyphForCodePoint(codePoint: number): boolean }
  /** Subset glyph → the code points that it stands for in the file. */
  readonly unicode: readonly (readonly number[])[]
  ref(): object
  /** Writes the font's part of the file; nothing of it may be used afterwards. */
  finalize(): void
  encode(text: string, features: Features): [hex: string[], positions: readonly GlyphPosition[]]
}
interface GlyphPosition {
  /** All in thousandths of the size. `advanceWidth` is the glyph's own, `xAdvance` that with kerning. */
  readonly xAdvance: number
  readonly advanceWidth: number
  readonly xOffset: number
  readonly yOffset: number
}

/** Glyphs of one font on one line; `show` holds the operators that draw them once font and place are set. */
export interface Run {
  readonly font: EmbeddedFont
  readonly show: string
  /** Share of the size in thousandths. */
  readonly width: number
  /** DejaVu is drawn larger than Inter at the same size, code points stand back. */
  readonly scale: number
  readonly quiet: boolean
}

export interface Faces {
  readonly fonts: Readonly<Record<Weight, EmbeddedFont>>
  readonly fallback: Readonly<Record<Weight, EmbeddedFont>>
}

const FALLBACK_SCALE = 0.93
const CODE_SCALE = 0.82
/** Words are kept with their glyphs; a fleet's names come once each, and need not stay. */
const KEPT_WORDS = 8000
const KEPT_LENGTH = 32

type Features = Readonly<Record<string, boolean>>
/** Readers of PDFs take letters that overlap further than this for two words: "127" and ".0.0.1". */
const KERN_MOST = 80

const PLAIN: Features = { calt: false, liga: false, clig: false, dlig: false, rlig: false, ccmp: false }
const TABULAR: Features = { ...PLAIN, tnum: true }

/**
 * Characters that are never drawn: controls, formats (zero width, bidi), surrogates, private and unassigned ones, and
 * spaces that pass for the ordinary one.
 */
const HIDDEN = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u00a0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000]/u
const MARK = /\p{M}/u
/**
 * Words whose glyphs hang on no neighbour. Their places are taken from the next letter only: Inter places signs and
 * proportional digits by longer stretches too (chained contexts in its `kern` feature), a difference of a hair.
 */
const SIMPLE = /^[!-~]+$/
/** Beyond this many on one letter they cover the lines above. */
const MARKS_MAX = 3

export function codePointName(codePoint: number): string {
  return `U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}`
}

/**
 * Of each font and set of features: two letters, as a number, → the place of the first before the second. That is the
 * same in every document, and what costs most of a short one.
 */
const PLACES = new Map<string, Map<number, GlyphPosition>>()

function within<K, V>(maps: Map<string, Map<K, V>>, name: string): Map<K, V> {
  const known = maps.get(name) ?? new Map<K, V>()
  maps.set(name, known)
  return known
}

type Words = Map<string, readonly Run[]>
const noWords = (): { plain: Words; tabular: Words } => ({ plain: new Map(), tabular: new Map() })

/** Turns words into runs of glyphs, for one document: the fonts remember what each glyph stands for. */
export class Glyphs {
  readonly #faces: Faces
  readonly #words = { regular: noWords(), medium: noWords(), semibold: noWords() }
  /** Of each font and set of features: a letter → its glyph in this file. */
  readonly #letters = new Map<string, Map<number, string>>()

  constructor(faces: Faces) {
    this.#faces = faces
  }

  /** A word without spaces. */
  runs(word: string, { weight, tabular }: Style): readonly Run[] {
    const words = this.#words[weight][tabular === true ? 'tabular' : 'plain']
    const known = words.get(word)
    if (known !== undefined) return known
    const made = this.#make(word, weight, tabular === true ? TABULAR : PLAIN)
    if (word.length <= KEPT_LENGTH) {
      if (words.size >= KEPT_WORDS) words.clear()
      words.set(word, made)
    }
    return made
  }

  #make(word: string, weight: Weight, features: Features): readonly Run[] {
    const runs: Run[] = []
    let font: EmbeddedFont | null = null
    let text = ''
    const close = (): void => {
      if (text !== '' && font !== null) runs.push(...this.#shaped(text, font, weight, features))
      text = ''
    }
    for (const cluster of clusters(word)) {
      const face = this.#faceOf(cluster, weight)
      if (face === null) {
        close()
        for (const letter of cluster) runs.push(...this.#letter(letter, weight, features))
      } else if (face === font) text += cluster
      else {
        close()
        text = cluster
      }
      font = face
    }
    close()
    return runs
  }

  /** The first font that has every letter of the cluster. */
  #faceOf(cluster: string, weight: Weight): EmbeddedFont | null {
    if (HIDDEN.test(cluster)) return null
    const { fonts, fallback } = this.#faces
    return (
      [fonts[weight], fallback[weight]].find((font) =>
        Array.from(cluster).every((letter) => font.font.hasGlyphForCodePoint(letter.codePointAt(0)!)),
      ) ?? null
    )
  }

  #shaped(text: string, font: EmbeddedFont, weight: Weight, features: Features): readonly Run[] {
    const placed = SIMPLE.test(text) ? this.#simple(text, font, features) : font.encode(text, features)
    const { run, says } = encoded(placed, font, this.#scaleOf(font))
    // Right-to-left scripts come back in the order in which they are drawn.
    if (says === text || Array.from(says).reverse().join('') === text) return [run]
    return Array.from(text).flatMap((letter) => this.#letter(letter, weight, features))
  }

  #letter(letter: string, weight: Weight, features: Features): readonly Run[] {
    if (!HIDDEN.test(letter)) {
      for (const font of [this.#faces.fonts[weight], this.#faces.fallback[weight]]) {
        if (!font.font.hasGlyphForCodePoint(letter.codePointAt(0)!)) continue
        const { run, says } = encoded(font.encode(letter, features), font, this.#scaleOf(font))
        if (says === letter) return [run]
      }
    }
    const name = codePointName(letter.codePointAt(0)!)
    const font = this.#faces.fonts[weight]
    return [{ ...encoded(font.encode(name, TABULAR), font, CODE_SCALE).run, quiet: true }]
  }

  /** Put together from pairs: to shape each word of a large report anew costs ten times as much. */
  #simple(text: string, font: EmbeddedFont, features: Features): Encoded {
    const set = features === TABULAR ? ' tabular' : ''
    const places = within(PLACES, font.name + set)
    const letters = within(this.#letters, font.id + set)
    const glyphs: string[] = []
    const positions: GlyphPosition[] = []
    for (let at = 0; at < text.length; at++) {
      const letter = text.charCodeAt(at)
      const pair = letter * 128 + (at + 1 < text.length ? text.charCodeAt(at + 1) : 0)
      let position = places.get(pair)
      let glyph = letters.get(letter)
      if (position === undefined || glyph === undefined) {
        const [own, found] = font.encode(text.slice(at, at + (position === undefined ? 2 : 1)), features)
        position ??= found[0]!
        glyph ??= own[0]!
        places.set(pair, position)
        letters.set(letter, glyph)
      }
      glyphs.push(glyph)
      positions.push(position)
    }
    return [glyphs, positions]
  }

  #scaleOf(font: EmbeddedFont): number {
    return Object.values(this.#faces.fallback).includes(font) ? FALLBACK_SCALE : 1
  }
}

/** Letters with the marks that belong on them; marks beyond what a letter can carry stand alone. */
function* clusters(word: string): Generator<string> {
  let cluster = ''
  let marks = 0
  for (const letter of word) {
    if (MARK.test(letter) && cluster !== '' && marks < MARKS_MAX) {
      cluster += letter
      marks++
      continue
    }
    if (cluster !== '') yield cluster
    // A mark without a letter to sit on would sit on whatever is drawn before it.
    cluster = letter
    marks = MARK.test(letter) ? MARKS_MAX : 0
  }
  if (cluster !== '') yield cluster
}

type Encoded = ReturnType<EmbeddedFont['encode']>

function encoded([hex, positions]: Encoded, font: EmbeddedFont, scale: number): { run: Run; says: string } {
  let width = 0
  let says = ''
  let show = ''
  let line: string[] = []
  let rise = 0
  const flush = (): void => {
    if (line.length > 0) show += `[${line.join('')}] TJ `
    line = []
  }
  const move = (amount: number): void => {
    if (Math.abs(amount) > 0.05) line.push(` ${thousandths(-amount)} `)
  }
  for (const [index, glyph] of hex.entries()) {
    const { xAdvance, advanceWidth, xOffset, yOffset } = positions[index]!
    // Marks stand on their letter and advance by nothing; they are not kerned.
    const advance = xAdvance > 0 ? Math.max(xAdvance, advanceWidth - KERN_MOST) : xAdvance
    says += String.fromCodePoint(...(font.unicode[Number.parseInt(glyph, 16)] ?? []))
    if (yOffset !== rise) {
      flush()
      // Text rise is not a share of the size: the drawer multiplies it.
      show += `%${thousandths(yOffset)}% Ts `
      rise = yOffset
    }
    move(xOffset)
    line.push(`<${glyph}>`)
    move(advance - advanceWidth - xOffset)
    width += advance
  }
  flush()
  if (rise !== 0) show += '0 Ts '
  return { run: { font, show: show.replaceAll('><', ''), width, scale, quiet: false }, says }
}

function thousandths(value: number): string {
  return String(Math.round(value * 10) / 10)
}
