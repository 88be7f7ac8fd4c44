import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CsvValue, csvLines, csvTable, unguarded } from '../../src/lib/csv.ts'

/** Value and the field that it becomes (P27). */
const fields: [CsvValue, string][] = [
  ['', '""'],
  ['ada', '"ada"'],
  [' ada ', '" ada "'],
  ['a,b', '"a,b"'],
  ['a;b', '"a;b"'],
  ['say "hi"', '"say ""hi"""'],
  ['"', '""""'],
  ['""', '""""""'],
  ['a\nb', '"a\nb"'],
  ['a\rb', '"a\rb"'],
  ['a\r\nb', '"a\r\nb"'],
  ['\n=1+1', '"\n=1+1"'],
  ['=1+1', `"'=1+1"`],
  ['=HYPERLINK("http://x","y")', `"'=HYPERLINK(""http://x"",""y"")"`],
  ["=cmd|' /C calc'!A0", `"'=cmd|' /C calc'!A0"`],
  ['+1', `"'+1"`],
  ['-1', `"'-1"`],
  ['-', `"'-"`],
  ['@SUM(A1)', `"'@SUM(A1)"`],
  ['\t=1', `"'\t=1"`],
  ['\r=1', `"'\r=1"`],
  ['\0=1', `"'\0=1"`],
  ['\r\n=1', `"'\r\n=1"`],
  ['a=1', '"a=1"'],
  ['a+b', '"a+b"'],
  ['a@example.com', '"a@example.com"'],
  ['2026-11-20T09:00:00.000Z', '"2026-11-20T09:00:00.000Z"'],
  ["'=1", `"'=1"`],
  ["''", `"''"`],
  ['"=1', '"""=1"'],
  [' =1', '" =1"'],
  ['＝1', '"＝1"'],
  ['日本語', '"日本語"'],
  ['Łukasz', '"Łukasz"'],
  ['😀', '"😀"'],
  ['\u202eevil', '"\u202eevil"'],
  ['\u2028', '"\u2028"'],
  ['\ud800', '"\ufffd"'],
  ['a\0b', '"a\0b"'],
  ['001', '"001"'],
  ['1e5', '"1e5"'],
  [0, '0'],
  [-1, '-1'],
  [1.5, '1.5'],
  [9007199254740991, '9007199254740991'],
  [1e21, '1e+21'],
  [true, 'true'],
  [false, 'false'],
  [null, ''],
]

test.each(fields)('%j is written as %j', (value, text) => {
  expect(csvLines(2)([value, 'end'])).toBe(`${text},"end"\r\n`)
})

test.each(fields)('%j keeps its row and column in a table', (value) => {
  const rows: CsvValue[][] = [
    ['before', 1],
    [value, 2],
    [3, value],
    ['after', 4],
  ]
  const read = readBack([...csvTable(['name', 'number'], rows)].join(''))
  expect(read).toHaveLength(5)
  expect(read.map((row) => row.length)).toEqual([2, 2, 2, 2, 2])
  expect(read[2]![0]).toBe(shown(value))
  expect(read[4]).toEqual(['after', '4'])
})

const readBack = (text: string): string[][] => parse(text, { bom: true, record_delimiter: '\r\n' })

function shown(value: CsvValue): string {
  if (value === null) return ''
  if (typeof value !== 'string') return String(value)
  return `${/^[=+\-@\t\r\0]/.test(value) ? "'" : ''}${value.toWellFormed()}`
}

describe('a table', () => {
  test('holds a field of a million letters', () => {
    const long = '"'.repeat(1_000_000)
    expect(readBack([...csvTable(['a'], [[long]])].join(''))[1]).toEqual([long])
  })

  test('starts with a byte order mark and its header, one piece a row', () => {
    expect([...csvTable(['a', '=b'], [[1, null]])]).toEqual([`\uFEFF"a","'=b"\r\n`, '1,\r\n'])
  })

  test('has its header without any row', () => {
    expect([...csvTable(['a'], [])]).toEqual(['\uFEFF"a"\r\n'])
  })

  test('keeps a row whose one field is empty', () => {
    expect(readBack([...csvTable(['a'], [[null], ['x']])].join(''))).toEqual([['a'], [''], ['x']])
  })

  test('refuses a row of another length', () => {
    expect(() => [...csvTable(['a', 'b'], [[1]])]).toThrow('a row of 1 fields under 2 headings')
  })

  test('takes its rows one by one', () => {
    let made = 0
    function* rows(): Generator<CsvValue[]> {
      for (;;) yield [made++]
    }
    const table = csvTable(['n'], rows())
    table.next()
    table.next()
    expect(made).toBe(1)
  })

  test('any text comes back as it was, apostrophe aside, in its own cell', () => {
    const cell = fc.string({ unit: 'binary' }).map((text) => text.toWellFormed())
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1 }), (rows) => {
        const read = readBack([...csvTable(['a', 'b'], rows)].join(''))
        expect(read.slice(1)).toEqual(rows.map((row) => row.map(shown)))
      }),
    )
  })
})

test('a cell comes back as it was, without the apostrophe that kept a formula from running', () => {
  for (const text of ['=1+1', '+49', '-left', '@a', '\tx', 'plain', '']) {
    const [cell = ''] = parse(csvLines(2)([text, 'x']))[0] as string[]
    expect(unguarded(cell)).toBe(text)
  }
  // An apostrophe that was there before stays, where nothing that would run follows it.
  expect(unguarded("'tis")).toBe("'tis")
})
