import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type HuDocument, type HuNode, MAX_DEPTH, minimize, parseHuJson, standardize } from '../../src/domain/hujson.ts'
import { spec } from '../helpers/specs.ts'

interface Vector {
  id: string
  expect: 'ok' | 'error'
  inputBase64: string
  inputIsUtf8: boolean
  input?: string
  standardized?: string
  minimized?: string
  alreadyStandardJson?: boolean
  errorLine?: number
  errorColumn?: number
  errorMessage?: string
}

function read(input: string | Uint8Array): HuDocument {
  const document = parseHuJson(input)
  if (!document.ok) throw new Error(`line ${document.line}, column ${document.column}: ${document.message}`)
  return document
}

/** As JSON.parse gives it, but `__proto__` is an own key. */
function plain(node: HuNode): unknown {
  if (node.type === 'array') return node.items.map(plain)
  if (node.type !== 'object') return node.value
  const object = Object.create(null) as Record<string, unknown>
  for (const [name, member] of node.members) object[name] = plain(member.value)
  return object
}

describe('the reference vectors', () => {
  const file = spec('hujson/hujson-vectors.json') as { count: number; vectors: Vector[] } | null
  test.skipIf(file === null)('are all there', () => {
    expect(file?.vectors).toHaveLength(83)
  })
  test.each(file?.vectors ?? [])('$id', (vector) => {
    const document = parseHuJson(Buffer.from(vector.inputBase64, 'base64'))
    if (vector.expect === 'error') {
      const { errorLine: line, errorColumn: column, errorMessage: message } = vector
      expect(document).toEqual({ ok: false, line, column, message })
      return
    }
    if (!document.ok) throw new Error(document.message)
    expect(standardize(document)).toBe(vector.standardized)
    expect(minimize(document)).toBe(vector.minimized)
    expect(plain(document.value)).toEqual(plain(read(vector.minimized!).value))
    expect(parseHuJson(vector.input!)).toEqual({ ...document, bytes: new TextEncoder().encode(vector.input) })
    if (vector.alreadyStandardJson) expect(standardize(document)).toBe(vector.input)
  })
})

test('every node knows its line, and its column in bytes', () => {
  const { value } = read('// Ärger\n{\n  /* ü */ "ä": [1,\n    "x"],\n}\n')
  if (value.type !== 'object') throw new Error('no object')
  expect(value).toMatchObject({ line: 2, column: 1, offset: 10 })
  const { name, value: list } = value.members.get('ä')!
  expect(name).toMatchObject({ line: 3, column: 12 })
  expect(list).toMatchObject({ type: 'array', line: 3, column: 18 })
  expect(list.type === 'array' && list.items[1]).toMatchObject({ line: 4, column: 5, value: 'x' })
})

test('block comments count their lines, carriage returns do not', () => {
  expect(read('/*\r\n\r\n*/ null').value).toMatchObject({ line: 3, column: 4 })
})

test('a part of the document is quoted without its comments', () => {
  const document = read('{"acls": [ { "action" : "accept", // why\n "src": ["*",], }, ],}')
  const acls = document.value.type === 'object' ? document.value.members.get('acls')!.value : null
  expect(acls?.type === 'array' && minimize(document, acls.items[0])).toBe('{"action":"accept","src":["*"]}')
})

test('a name written twice is told with both places, and the last one counts', () => {
  const document = read('{"dup": 1,\n "\\u0064up": 2, "other": {"dup": 3}}')
  expect(plain(document.value)).toEqual({ dup: 2, other: { dup: 3 } })
  expect(document.duplicates).toEqual([
    {
      name: 'dup',
      first: expect.objectContaining({ line: 1, column: 2 }),
      second: expect.objectContaining({ line: 2, column: 2 }),
    },
  ])
})

test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('%s is a name like any other', (name) => {
  const { value } = read(`{"${name}": {"role": "owner"}}`)
  expect(value.type === 'object' && [...value.members.keys()]).toEqual([name])
  expect(({} as Record<string, unknown>)['role']).toBeUndefined()
})

test('numbers keep their exact text beside a value that cannot hold them', () => {
  const document = read('[92960230385566123, 1e400]')
  const items = document.value.type === 'array' ? document.value.items : []
  expect(items.map((item) => minimize(document, item))).toEqual(['92960230385566123', '1e400'])
})

test('a lone surrogate becomes the replacement character', () => {
  expect(read('"\\ud800"').value).toMatchObject({ value: '\ufffd' })
})

describe('refusals', () => {
  test.each([
    {
      name: 'a string that never ends',
      input: '{"a": "b}',
      line: 1,
      column: 7,
      message: 'parsing string: unexpected EOF',
    },
    {
      name: 'an escaped quote at the end',
      input: '"\\"',
      line: 1,
      column: 1,
      message: 'parsing string: unexpected EOF',
    },
    {
      name: 'a name without value',
      input: '{"a"',
      line: 1,
      column: 5,
      message: 'parsing object after name: unexpected EOF',
    },
    {
      name: 'the wrong bracket',
      input: '{"a":1]',
      line: 1,
      column: 7,
      message: "invalid character ']' after object value (expecting ',' or '}')",
    },
    {
      name: 'a lone comma in an object',
      input: '{,}',
      line: 1,
      column: 2,
      message: "invalid character ',' at start of value",
    },
    { name: 'a plus sign', input: '[\n+1]', line: 2, column: 1, message: "invalid character '+' at start of value" },
    { name: 'a bare fraction', input: '.5', line: 1, column: 1, message: "invalid character '.' at start of value" },
    { name: 'a leading zero', input: '01', line: 1, column: 1, message: 'invalid literal: 01' },
    { name: 'a capital literal', input: 'True', line: 1, column: 1, message: 'invalid literal: True' },
    {
      name: 'a no-break space',
      input: '[1\u00a0]',
      line: 1,
      column: 3,
      message: "invalid character '\\u00a0' after array value (expecting ',' or ']')",
    },
    { name: 'a smiling face', input: '😊', line: 1, column: 1, message: "invalid character '😊' at start of value" },
    {
      name: 'an invisible character beyond 16 bits',
      input: '\u{e0001}',
      line: 1,
      column: 1,
      message: "invalid character '\\U000e0001' at start of value",
    },
    { name: 'a line feed in a string', input: '"a\nb"', line: 1, column: 1, message: 'invalid literal: "a\nb"' },
    { name: 'nothing', input: '', line: 1, column: 1, message: 'parsing value: unexpected EOF' },
  ])('$name', ({ input, line, column, message }) => {
    expect(parseHuJson(input)).toEqual({ ok: false, line, column, message })
  })

  test('bytes that are no UTF-8, in a string', () => {
    const problem = parseHuJson(Uint8Array.of(0x5b, 0x22, 0xff, 0x22, 0x5d))
    expect(problem).toEqual({ ok: false, line: 1, column: 2, message: 'invalid UTF-8 in string' })
  })

  test('a message does not repeat a literal of any length', () => {
    const problem = parseHuJson('a'.repeat(100_000))
    expect(problem.ok ? '' : problem.message.length).toBeLessThan(100)
  })

  test('brackets deeper than any policy: told where, without a crash', () => {
    expect(parseHuJson('['.repeat(MAX_DEPTH) + ']'.repeat(MAX_DEPTH)).ok).toBe(true)
    for (const open of ['[', '{"a":']) {
      expect(parseHuJson(open.repeat(200_000))).toEqual({
        ok: false,
        line: 1,
        column: MAX_DEPTH * open.length + 1,
        message: `nested deeper than ${MAX_DEPTH} levels`,
      })
    }
  })
})

/** JSON text of a value with gaps at every place that allows one, and commas before closing brackets. */
function dressed(value: unknown, gaps: () => string, commas: () => string): string {
  const around = (text: string) => `${gaps()}${text}${gaps()}`
  if (value === null || typeof value !== 'object') return around(JSON.stringify(value))
  const parts = Array.isArray(value)
    ? value.map((item) => dressed(item, gaps, commas))
    : Object.entries(value).map(([name, item]) => `${around(JSON.stringify(name))}:${dressed(item, gaps, commas)}`)
  const last = parts.length > 0 ? commas() : ''
  const [open, close] = Array.isArray(value) ? '[]' : '{}'
  return around(`${open}${parts.join(',')}${last}${gaps()}${close}`)
}

test('any JSON dressed in comments and trailing commas reads as itself', () => {
  const gap = fc.constantFrom('', '', ' ', '\n', '\t', '// a "comment", */\n', '/* ] } // */', '/**/\r\n', '//ü\r\n')
  fc.assert(
    fc.property(
      fc.jsonValue(),
      fc.infiniteStream(gap),
      fc.infiniteStream(fc.constantFrom('', ',')),
      (value, gaps, commas) => {
        const text = dressed(
          value,
          () => gaps.next().value,
          () => commas.next().value,
        )
        const document = read(text)
        expect(plain(document.value)).toEqual(plain(read(JSON.stringify(value)).value))
        expect(JSON.parse(minimize(document))).toEqual(JSON.parse(JSON.stringify(value)))
        expect(JSON.parse(standardize(document))).toEqual(JSON.parse(JSON.stringify(value)))
        expect(standardize(document).split('\n')).toHaveLength(text.split('\n').length)
      },
    ),
    { numRuns: 300 },
  )
})

test('what JSON.parse takes, this takes; what it refuses without comments and commas, this refuses', () => {
  const scrap = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '"a"',
    '"',
    '\\',
    '1',
    '-',
    '0',
    '.5',
    'e9',
    'null',
    'true',
    ' ',
    '\n',
    'ü',
  )
  fc.assert(
    fc.property(fc.array(scrap, { maxLength: 12 }), (parts) => {
      const text = parts.join('')
      let standard = true
      try {
        JSON.parse(text)
      } catch {
        standard = false
      }
      const document = parseHuJson(text)
      if (standard) expect(document.ok).toBe(true)
      if (document.ok) JSON.parse(minimize(document))
      if (document.ok && !document.cuts.some((cut) => cut.what !== 'gap')) expect(standard).toBe(true)
    }),
    { numRuns: 3000 },
  )
})

test('garbage is refused at a place inside the input', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const document = parseHuJson(bytes)
      if (!document.ok) {
        expect(document.line).toBeGreaterThan(0)
        expect(document.column).toBeLessThanOrEqual(bytes.length + 1)
      }
    }),
    { numRuns: 2000 },
  )
})

test.each([
  ['unfinished comments', '/*'.repeat(50_000)],
  ['stars', `/${'*'.repeat(100_000)}`],
  ['backslashes', `"${'\\'.repeat(100_001)}`],
  ['one name many times', `{${'"a":1,'.repeat(15_000)}}`],
  ['empty lines', '\n'.repeat(100_000)],
  ['comments', `${'//\n'.repeat(33_000)}x`],
  ['commas', `[${','.repeat(100_000)}]`],
])('100 kB of %s end', (_, text) => {
  expect(typeof parseHuJson(text).ok).toBe('boolean')
})
