import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import PDFDocument from 'pdfkit'
import { expect, test } from 'vitest'
import { type EmbeddedFont, Glyphs } from '../../src/outputs/pdf/glyphs.ts'
import { STYLE } from '../../src/outputs/pdf/tokens.ts'

const { resolve } = createRequire(import.meta.url)
const INTER = readFileSync(resolve('@expo-google-fonts/inter/400Regular/Inter_400Regular.ttf'))
const OFF = { calt: false, liga: false, clig: false, dlig: false, rlig: false, ccmp: false }

function inter(): EmbeddedFont {
  const pdf = new PDFDocument({ autoFirstPage: false })
  pdf.font(INTER as unknown as string)
  return (pdf as unknown as { _font: EmbeddedFont })._font
}

/** Words of letters in every pair, with signs between them, and what names, addresses and digests are made of. */
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-._/:,;()[]@=!?'
const WORDS = [
  ...Array.from({ length: 400 }, (_, at) =>
    Array.from({ length: 12 }, (_, n) => LETTERS[(at * 31 + n * n * 7 + at * n) % LETTERS.length]).join(''),
  ),
  ...[
    'AVATAR',
    'Tailscale',
    'nl-win-0104.tail9c3f1.ts.net',
    '02aee978-a84b-4928-a9be',
    '"quoted",',
    '2026-11-21',
    'W.',
  ],
]

test.each([
  ['proportional', STYLE.cell, OFF],
  ['tabular', STYLE.figures, { ...OFF, tnum: true }],
])('%s: a word put together from pairs stands as if it was shaped whole', (_, style, features) => {
  const [font, other] = [inter(), inter()]
  const faces = { regular: font, medium: font, semibold: font }
  const glyphs = new Glyphs({ fonts: faces, fallback: faces })
  for (const word of WORDS) {
    const [, positions] = other.encode(word, features)
    // Letters that overlap further than readers of PDFs take for one word are kept apart.
    const whole = positions.reduce((sum, { xAdvance, advanceWidth }) => sum + Math.max(xAdvance, advanceWidth - 80), 0)
    const width = glyphs.runs(word, style).reduce((sum, run) => sum + run.width, 0)
    if (/^[A-Za-z]+$/.test(word)) expect([word, width.toFixed(6)]).toEqual([word, whole.toFixed(6)])
    // Signs and digits are placed by longer stretches than a pair: less than a hundredth of the size a letter.
    else expect([word, Math.abs(width - whole) / word.length < 10]).toEqual([word, true])
  }
})
