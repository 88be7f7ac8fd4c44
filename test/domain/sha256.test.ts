import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { sha256OfText } from '../../src/domain/sha256.ts'

test.each([
  { name: 'nothing', text: '' },
  { name: 'a word', text: 'abc' },
  { name: 'one byte less than the padding needs a second block', text: 'a'.repeat(55) },
  { name: 'the length no longer fits the first block', text: 'a'.repeat(56) },
  { name: 'a whole block', text: 'b'.repeat(64) },
  { name: 'several blocks of text beyond ASCII', text: 'Zugriff für Büro → 日本 🛡'.repeat(99) },
  { name: 'a surrogate alone, which UTF-8 replaces', text: '\ud800' },
])('$name has the digest that sha256sum gives', ({ text }) => {
  expect(sha256OfText(text)).toBe(createHash('sha256').update(text).digest('hex'))
})

test('every length up to three blocks is padded as the standard says', () => {
  for (let length = 0; length <= 192; length++) {
    const text = 'x'.repeat(length)
    expect(sha256OfText(text)).toBe(createHash('sha256').update(text).digest('hex'))
  }
})
