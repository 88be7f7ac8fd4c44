/**
 * Every size and colour of the report, in points and sRGB. The colours are those of the pages' light palette, so that
 * what somebody saw on screen reads the same on paper; each holds 4.5 to 1 on white.
 */
export const PAGE = { width: 595.28, height: 841.89, left: 54, right: 54, top: 84, bottom: 66 } as const
export const WIDTH = PAGE.width - PAGE.left - PAGE.right
/** Where the body of a page ends. */
export const FLOOR = PAGE.height - PAGE.bottom

/** Between the questions of a period's first pages, which three pages must hold. */
export const ABOVE = 10

export const COLOUR = {
  text: '#17202c',
  muted: '#525d6b',
  line: '#e3e7ec',
  strong: '#7d8896',
  sunken: '#f3f5f8',
  accent: '#1f4fd8',
  onMark: '#ffffff',
  pass: '#12703d',
  passBar: '#3f9a68',
  fail: '#b3261e',
  failBar: '#b3261e',
  failSoft: '#fcecea',
  failHatch: '#e39a95',
  unknown: '#8a5300',
  unknownBar: '#d99a2b',
  unknownSoft: '#fdf2df',
  none: '#5a6573',
  noneBar: '#ccd2da',
  waived: '#6b3fb8',
  /** Of a severity between those that have a colour of their own. */
  middle: '#9aa4b2',
  /** Shares of a day, from nothing to the whole of it. */
  day0: '#ffffff',
  day1: '#dfe8fc',
  day2: '#bccffa',
  day3: '#93b1f5',
  day4: '#6790ef',
  day5: '#3a6be4',
} as const

export type Weight = 'regular' | 'medium' | 'semibold'

export interface Style {
  readonly weight: Weight
  readonly size: number
  readonly leading: number
  readonly colour: string
  /** Figures of one width, for columns of numbers and moments. */
  readonly tabular?: true
}

const { text, muted, none } = COLOUR

export const STYLE = {
  title: { weight: 'semibold', size: 26, leading: 32, colour: text },
  subtitle: { weight: 'regular', size: 13, leading: 19, colour: muted },
  h1: { weight: 'semibold', size: 18, leading: 24, colour: text },
  h2: { weight: 'semibold', size: 12, leading: 16, colour: text },
  h3: { weight: 'semibold', size: 9, leading: 13, colour: text },
  eyebrow: { weight: 'semibold', size: 9, leading: 13, colour: COLOUR.accent },
  body: { weight: 'regular', size: 9.5, leading: 14.5, colour: text },
  strong: { weight: 'medium', size: 9.5, leading: 14.5, colour: text },
  note: { weight: 'regular', size: 8, leading: 11.5, colour: muted },
  cell: { weight: 'regular', size: 8, leading: 11.5, colour: text },
  cellStrong: { weight: 'medium', size: 8, leading: 11.5, colour: text },
  figures: { weight: 'regular', size: 8, leading: 11.5, colour: text, tabular: true },
  zero: { weight: 'regular', size: 8, leading: 11.5, colour: '#757f8c', tabular: true },
  small: { weight: 'regular', size: 7, leading: 10, colour: none },
  head: { weight: 'medium', size: 7, leading: 10, colour: muted },
  frame: { weight: 'regular', size: 7.5, leading: 10.5, colour: none },
  total: { weight: 'semibold', size: 17, leading: 22, colour: text, tabular: true },
} as const satisfies Record<string, Style>
