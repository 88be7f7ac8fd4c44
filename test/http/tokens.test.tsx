import { describe, expect, test } from 'vitest'
import { styleSheet } from '../../src/http/styles/index.ts'
import { DARK, LIGHT, type Palette } from '../../src/http/styles/tokens.ts'

/** WCAG 2.2, relative luminance and contrast ratio. */
function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}
function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number]
  return (light + 0.05) / (dark + 0.05)
}

const TEXT: readonly (readonly [keyof Palette, readonly (keyof Palette)[]])[] = [
  ['text', ['ground', 'surface', 'sunken', 'accentSoft', 'failSoft', 'unknownSoft', 'passSoft']],
  ['muted', ['ground', 'surface', 'sunken', 'unknownSoft']],
  ['accent', ['ground', 'surface', 'sunken', 'accentSoft', 'unknownSoft', 'failSoft']],
  ['onAccent', ['accent']],
  ['pass', ['surface', 'ground', 'sunken', 'passSoft']],
  ['fail', ['surface', 'ground', 'sunken', 'failSoft', 'unknownSoft']],
  ['unknown', ['surface', 'ground', 'sunken', 'unknownSoft']],
  ['none', ['surface', 'ground', 'sunken', 'noneSoft']],
  ['waived', ['surface', 'ground', 'sunken', 'waivedSoft']],
]
const SHAPES: readonly (readonly [keyof Palette, keyof Palette])[] = [
  ['border', 'surface'],
  ['border', 'ground'],
  ['onMark', 'pass'],
  ['onMark', 'fail'],
  ['onMark', 'waived'],
  ['accent', 'sunken'],
]

describe.each([
  ['light', LIGHT],
  ['dark', DARK],
])('the %s palette', (_, palette) => {
  test.each(TEXT.flatMap(([ink, grounds]) => grounds.map((ground) => [ink, ground] as const)))(
    '%s on %s can be read: 4.5 to 1',
    (ink, ground) => {
      expect(contrast(palette[ink], palette[ground])).toBeGreaterThanOrEqual(4.5)
    },
  )
  test.each(SHAPES)('%s on %s can be seen: 3 to 1', (ink, ground) => {
    expect(contrast(palette[ink], palette[ground])).toBeGreaterThanOrEqual(3)
  })
})

test('no rule names a colour that is no token, or an address', () => {
  const rules = styleSheet.slice(styleSheet.indexOf('*,*::before'), styleSheet.indexOf('@media print'))
  expect(rules.match(/#[0-9a-f]{3,8}\b/gi)).toBeNull()
  expect(styleSheet).not.toMatch(/url\(|@import|https?:/)
  expect(Buffer.byteLength(styleSheet)).toBeLessThan(25_000)
})
