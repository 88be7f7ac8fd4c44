/** Status marks: shape, word and colour, so that none of the three is needed alone. The shapes are those of the pages. */
import type { CountedAs, PeriodOutcome } from '../../domain/period-words.ts'
import type { Mark } from '../../domain/words.ts'
import { n, type Sheet } from './sheet.ts'
import { COLOUR, STYLE, type Style } from './tokens.ts'

export const MARK_COLOUR: Readonly<Record<Mark, string>> = {
  pass: COLOUR.pass,
  fail: COLOUR.fail,
  unknown: COLOUR.unknown,
  not_applicable: COLOUR.none,
  waived: COLOUR.waived,
}

export const OUTCOME_MARK: Readonly<Record<PeriodOutcome, Mark>> = {
  deviated: 'fail',
  not_determinable: 'unknown',
  met: 'pass',
  nothing_tested: 'not_applicable',
}

export const COUNTED_MARK: Readonly<Record<CountedAs, Mark>> = {
  deviated: 'fail',
  not_determinable: 'unknown',
  met: 'pass',
  nothing_judged: 'not_applicable',
}

const rgb = (colour: string): string =>
  [1, 3, 5].map((at) => n(Number.parseInt(colour.slice(at, at + 2), 16) / 255)).join(' ')
const filled = (colour: string): string => `${rgb(colour)} rg `
const inked = (colour: string, width: number): string => `${rgb(colour)} RG ${width} w 1 J 1 j `

/** Four Bézier curves; 0.5523 of the radius is a circle to a thousandth. */
function circle(r: number): string {
  const k = r * 0.5523
  const at = (x: number, y: number): string => `${n(8 + x)} ${n(8 + y)}`
  return [
    `${at(r, 0)} m`,
    `${at(r, k)} ${at(k, r)} ${at(0, r)} c`,
    `${at(-k, r)} ${at(-r, k)} ${at(-r, 0)} c`,
    `${at(-r, -k)} ${at(-k, -r)} ${at(0, -r)} c`,
    `${at(k, -r)} ${at(r, -k)} ${at(r, 0)} c h `,
  ].join(' ')
}

/** Operators in a box of 16 by 16, y downwards. */
const SHAPES: Readonly<Record<Mark, () => string>> = {
  pass: () => `${filled(COLOUR.pass)}${circle(7)}f ${inked(COLOUR.onMark, 1.7)}4.7 8.3 m 7 10.6 l 11.4 5.8 l S`,
  fail: () =>
    `${filled(COLOUR.fail)}5.1 1 m 10.9 1 l 15 5.1 l 15 10.9 l 10.9 15 l 5.1 15 l 1 10.9 l 1 5.1 l h f ` +
    `${inked(COLOUR.onMark, 1.7)}5.6 5.6 m 10.4 10.4 l S 10.4 5.6 m 5.6 10.4 l S`,
  unknown: () =>
    `${filled(COLOUR.unknown)}8 0.6 m 15.4 8 l 8 15.4 l 0.6 8 l h f ` +
    `${inked(COLOUR.onMark, 1.5)}6.2 6.5 m 6.2 4.2 9.8 4.2 9.8 6.5 c 9.8 8 8 7.8 8 9.3 c S 8 11.6 m 8 11.7 l S`,
  not_applicable: () => `${inked(COLOUR.none, 1.5)}${circle(6.2)}S 5 8 m 11 8 l S`,
  waived: () =>
    `${filled(COLOUR.waived)}8 1 m 14 3 l 14 8 l 14 11.6 11.5 14 8 15 c 4.5 14 2 11.6 2 8 c 2 3 l h f ` +
    `${inked(COLOUR.onMark, 1.7)}5.6 8 m 10.4 8 l S`,
}

/** The shape alone, in its colour. */
export function markShape(sheet: Sheet, mark: Mark, x: number, y: number, size: number): void {
  sheet.stamp(`M${mark.slice(0, 2)}`, x, y, size, SHAPES[mark])
}

/** Shape and word on one line; gives the width used. */
export function markLine(
  sheet: Sheet,
  mark: Mark,
  word: string,
  x: number,
  y: number,
  style: Style = STYLE.cellStrong,
): number {
  const size = style.size * 1.12
  markShape(sheet, mark, x, y + (style.leading - size) / 2, size)
  const line = sheet.setter.line([{ text: word, style: { ...style, colour: MARK_COLOUR[mark] } }])
  sheet.line(line, x + size + 4, y)
  return size + 4 + line.width
}
