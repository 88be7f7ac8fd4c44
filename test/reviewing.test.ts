/** The filled table of a review comes from outside: whatever it holds, it is read or refused in words. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AppError } from '../src/domain/error.ts'
import { decisionsIn, reviewIn } from '../src/reviewing/decisions.ts'
import type { FrozenRow } from '../src/reviewing/rows.ts'
import { readSheet, sheetOf } from '../src/reviewing/sheet.ts'

const REVIEWER = 'grace@reviewer.example'

function frozen(index: number, over: Partial<FrozenRow> = {}): FrozenRow {
  const login = `u${index}@x.example`
  return {
    account: `u${index}`,
    login,
    name: null,
    person: null,
    personStatus: 'unmatched',
    role: 'member',
    status: 'active',
    createdAt: null,
    lastSeen: null,
    names: new Set([login]),
    ...over,
  }
}

/** As it went out, with every row kept. */
function filled(rows: readonly FrozenRow[]): Uint8Array {
  const [header = '', ...lines] = [...sheetOf('R-1', rows, false)]
  const decided = lines.map((line) => line.replace(/,,,,\r\n$/, `,keep,,,${REVIEWER}\r\n`))
  return Buffer.from([header, ...decided].join(''))
}

test('names of any letters go out and come back as the accounts that were frozen', () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('=1+1', "'=1", '-x', '\r\n', ' a ', '"', ';,\t'))
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 6 }), (names) => {
      const rows = names.map((name, index) => frozen(index, { name, role: name, person: name }))
      const sheet = readSheet(filled(rows))
      expect(reviewIn(sheet)).toBe('R-1')
      expect(decisionsIn(sheet, rows).map(({ account, decision }) => [account, decision])).toEqual(
        rows.map(({ account }) => [account, 'keep']),
      )
    }),
  )
})

test('bytes that are no such table are refused in words, never otherwise', () => {
  const rows = [frozen(0), frozen(1)]
  const good = Buffer.from(filled(rows))
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.string({ unit: 'binary', maxLength: 300 }).map((text) => Buffer.from(text)),
    fc.tuple(fc.nat(good.length), fc.uint8Array({ maxLength: 8 })).map(([at, more]) => {
      return Buffer.concat([good.subarray(0, at), more, good.subarray(at + more.length)])
    }),
  )
  fc.assert(
    fc.property(bytes, (body) => {
      try {
        const sheet = readSheet(body)
        reviewIn(sheet)
        decisionsIn(sheet, rows)
      } catch (error) {
        expect(error).toBeInstanceOf(AppError)
        expect((error as AppError).code).toBe('usage')
        expect((error as AppError).message).toMatch(/^review: the file was not taken: .*nothing was sealed\.$/s)
      }
    }),
    { numRuns: 500 },
  )
})

test('of a demo every row says so in its last column, and the table is read as any other', () => {
  const rows = [frozen(0), frozen(1)]
  const [header = '', ...lines] = [...sheetOf('R-1', rows, true)]
  expect(header).toMatch(/"reviewer","demo"\r\n$/)
  expect(lines.map((line) => line.split(',').at(-1))).toEqual(['true\r\n', 'true\r\n'])
  const decided = lines.map((line) => line.replace(/,,,,,true\r\n$/, `,keep,,,${REVIEWER},true\r\n`))
  const sheet = readSheet(Buffer.from([header, ...decided].join('')))
  expect(decisionsIn(sheet, rows).map(({ decision }) => decision)).toEqual(['keep', 'keep'])
})

test('of many mistakes the first are told and the rest are counted', () => {
  const rows = Array.from({ length: 60 }, (_, index) => frozen(index))
  const sheet = readSheet(Buffer.from([...sheetOf('R-1', rows, false)].join('')))
  // Nothing is decided and nobody named in any of sixty rows.
  expect(() => decisionsIn(sheet, rows)).toThrow(/\n {2}line 2 decides nothing .*\n {2}and 100 more\nCorrect the file/s)
})
