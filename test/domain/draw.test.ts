import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { drawOrder, frameKey, inByteOrder, keyLines } from '../../src/domain/draw.ts'
import { sha256 } from '../../src/lib/digest.ts'

const row = (key: string) => ({ key, label: key, run: 'r', at: '2026-11-20T09:00:00.000Z' })
const names = fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' })), { maxLength: 30 })

test('keys are in the order of their bytes, above U+D7FF too, where that of UTF-16 is another', () => {
  expect(['\u{1f600}', '\uffee', 'a'].sort(inByteOrder)).toEqual(['a', '\uffee', '\u{1f600}'])
  fc.assert(
    fc.property(names, (all) => {
      const plain = all.map((name) => name.toWellFormed())
      const bytes = plain.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
      expect(plain.toSorted(inByteOrder)).toEqual(bytes)
    }),
  )
})

describe('a key', () => {
  test('stays as it is where a shell can carry it', () => {
    for (const name of ['tailnet/account/uA1', 'roster/person/zoë@x.example', `it's "x" $(y) \`z\` \\ 東京`]) {
      expect(frameKey(name)).toBe(name)
    }
  })

  test('is one line of UTF-8 whatever it names, and no two names have the same', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ unit: 'binary' }), { maxLength: 30 }), (all) => {
        const references = all.map((name) => `tailnet/device/${name}`)
        const keys = references.map(frameKey)
        expect(new Set(keys).size).toBe(keys.length)
        for (const key of keys) {
          expect(key).not.toMatch(/\p{Cc}(?<![\u0080-\u009f])/u)
          expect(key.isWellFormed()).toBe(true)
        }
      }),
    )
  })

  test('with a line break is written as a JSON string, which gives the name back', () => {
    const name = 'tailnet/device/a\nb\u007f\0'
    expect(frameKey(name)).toBe(String.raw`"tailnet/device/a\nb\u007f\u0000"`)
    expect(JSON.parse(frameKey(name))).toBe(name)
  })
})

test('rows are drawn by SHA-256(seed ‖ key), whatever order they came in; the first so many are the sample', () => {
  const keys = Array.from({ length: 40 }, (_, index) => `tailnet/account/u${index}`)
  const drawn = drawOrder(keys.map(row), 'seed', sha256)
  expect(drawn.map(({ order }) => order)).toEqual(keys.map((key) => sha256(`seed${key}`)).toSorted())
  expect(drawOrder(keys.toReversed().map(row), 'seed', sha256)).toEqual(drawn)
  expect(drawOrder(keys.map(row), 'other', sha256).map(({ key }) => key)).not.toEqual(drawn.map(({ key }) => key))
})

test('the text of a frame has a line feed after each key', () => {
  expect([...keyLines(['a', 'b'])].join('')).toBe('a\nb\n')
})
