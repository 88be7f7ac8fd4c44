import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalJson } from '../../src/lib/canonical-json.ts'
import { sha256 } from '../../src/lib/digest.ts'
import { spec } from '../helpers/specs.ts'

interface Vectors {
  documents: { name: string; input: string; outputUtf8: string; outputHex: string }[]
  numbers: { ieee754Hex: string; expected: string }[]
  composed: { name: string; input: string; outputUtf8: string }[]
  mustReject: { name: string; input?: string; jsValue?: string }[]
}
const vectors = spec('jcs/jcs-vectors.json') as Vectors | null

describe.skipIf(vectors === null)('published vectors of RFC 8785', () => {
  test.each(vectors?.documents ?? [])('document $name', ({ input, outputUtf8, outputHex }) => {
    const text = canonicalJson(JSON.parse(input))
    expect(text).toBe(outputUtf8)
    expect(Buffer.from(text).toString('hex')).toBe(outputHex)
  })

  test.each(vectors?.numbers ?? [])('number $ieee754Hex is $expected', ({ ieee754Hex, expected }) => {
    const value = Buffer.from(ieee754Hex, 'hex').readDoubleBE()
    if (expected === 'error') expect(() => canonicalJson(value)).toThrow(TypeError)
    else expect(canonicalJson(value)).toBe(expected)
  })

  test.each(vectors?.composed ?? [])('$name', ({ input, outputUtf8 }) => {
    expect(canonicalJson(JSON.parse(input))).toBe(outputUtf8)
  })

  // Duplicate names cannot stand in a value that was already parsed: the vector is one for parsers.
  const values = (vectors?.mustReject ?? []).filter(({ name }) => !name.startsWith('duplicate names'))
  test.each(values)('$name is rejected', ({ input, jsValue }) => {
    expect(() => canonicalJson(input === undefined ? Number(jsValue) : JSON.parse(input))).toThrow(TypeError)
  })
})

test.each([
  ['undefined', undefined],
  ['undefined in an object', { a: undefined }],
  ['undefined in an array', [undefined]],
  ['a hole in an array', new Array(1)],
  ['minus infinity', Number.NEGATIVE_INFINITY],
  ['a bigint', 1n],
  ['a symbol', Symbol('s')],
  ['a function', () => 0],
  ['a Date', new Date(0)],
  ['a Map', new Map()],
  ['bytes', new Uint8Array(1)],
  ['a lone surrogate as a name', { '\udc00': 1 }],
  ['a lone surrogate inside', { a: ['x\ud800y'] }],
])('%s has no canonical JSON', (_name, value) => {
  expect(() => canonicalJson(value)).toThrow(/has no canonical JSON/)
  expect(() => canonicalJson(manyWith(value))).toThrow(/has no canonical JSON/)
  expect(() => canonicalJson(manyWith({ a: [value] }))).toThrow(/has no canonical JSON/)
})

/** A long list is written otherwise than a short one, to the same text. */
function manyWith(value: unknown): unknown[] {
  return Array.from({ length: 1_000 }, (_, at) => (at === 300 ? value : { b: at, a: `${at}` }))
}

test.each([
  ['minus zero', -0, '0'],
  ['an object without a prototype', Object.assign(Object.create(null), { b: 1, a: 2 }), '{"a":2,"b":1}'],
  ['names that look like numbers', { 10: 1, 9: 2, a: 3 }, '{"10":1,"9":2,"a":3}'],
  ['control characters', '\u0000\u001f\b\t\n\f\r"\\', '"\\u0000\\u001f\\b\\t\\n\\f\\r\\"\\\\"'],
  ['DEL, U+2028 and letters beyond ASCII as they are', '\u007f\u2028é😀', '"\u007f\u2028é😀"'],
])('%s', (_name, value, text) => {
  expect(canonicalJson(value)).toBe(text)
  expect(canonicalJson(manyWith(value))).toBe(
    `[${manyWith(value)
      .map((each) => canonicalJson(each))
      .join()}]`,
  )
})

// fast-check's values may have `__proto__` as a name, and toEqual sees no difference between 0 and -0 after parsing.
const jsonValues = fc.jsonValue({ stringUnit: 'binary' }).map((value) => JSON.parse(JSON.stringify(value)))

test('what is parsed back is the same value, and its text the same text', () => {
  fc.assert(
    fc.property(jsonValues, (value) => {
      const text = canonicalJson(value)
      expect(JSON.parse(text)).toEqual(value)
      expect(canonicalJson(JSON.parse(text))).toBe(text)
    }),
    { numRuns: 1000 },
  )
})

test('a long list gives the text of its values one by one', () => {
  fc.assert(
    fc.property(fc.array(jsonValues, { minLength: 65, maxLength: 80 }), (values) => {
      expect(canonicalJson(values)).toBe(`[${values.map((value) => canonicalJson(value)).join()}]`)
    }),
    { numRuns: 50 },
  )
})

test('the order in which names were set makes no difference', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.integer()), (value) => {
      const turned = Object.fromEntries(Object.entries(value).reverse())
      expect(canonicalJson(turned)).toBe(canonicalJson({ ...value }))
    }),
  )
})

test('a digest is of the UTF-8 bytes, in lower-case hex', () => {
  expect(sha256('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  expect(sha256('é')).toBe(sha256(new Uint8Array([0xc3, 0xa9])))
})
