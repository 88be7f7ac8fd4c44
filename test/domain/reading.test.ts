import { describe, expect, test } from 'vitest'
import { AppError } from '../../src/domain/error.ts'
import { clockSkewMs, fields, jsonOf } from '../../src/domain/reading.ts'
import { withRemedy } from '../../src/domain/remedy.ts'
import { startingOver, Walk, WalkBroken } from '../../src/domain/walk.ts'

describe('a field of a row', () => {
  test.each([
    { reader: 'text', good: ['a', ''], none: [null, undefined], bad: [1, true, [], {}] },
    { reader: 'filled', good: ['a'], none: ['', '  ', null, undefined], bad: [1, {}] },
    { reader: 'flag', good: [true, false], none: [null, undefined], bad: ['True', 0, 1, ''] },
    { reader: 'number', good: [0, -1, 1.5], none: [null, undefined], bad: ['0', true, Number.NaN] },
    {
      reader: 'instant',
      good: ['2026-11-20T09:00:00.000Z'],
      none: ['', null, '0001-01-01T00:00:00Z'],
      bad: [0, 'now', '2026-02-30T00:00:00Z'],
    },
    { reader: 'list', good: [['a', 'b'], []], none: [null, undefined], bad: ['a', [1], ['a', null], {}] },
  ] as const)('$reader is read as sent or is null, and noted when it was there', ({ reader, good, none, bad }) => {
    for (const value of good) {
      const row = fields({ value })
      expect([row[reader]('value'), row.unread]).toEqual([value, []])
    }
    for (const value of none) {
      const row = fields({ value })
      expect([row[reader]('value'), row.unread]).toEqual([null, []])
    }
    for (const value of bad) {
      const row = fields({ value })
      expect([row[reader]('value'), row.unread]).toEqual([null, ['value']])
    }
  })

  test('a flag may be sent as 0 or 1 only where the reader says so', () => {
    const row = fields({ one: 1, zero: 0, two: 2, word: 'true', flag: true })
    expect(['one', 'zero', 'two', 'word', 'flag'].map((name) => row.flagOrBit(name))).toEqual([
      true,
      false,
      null,
      null,
      true,
    ])
    expect(row.unread).toEqual(['two', 'word'])
  })

  test('a token is handed back as text, whatever it was', () => {
    const row = fields({ a: 'x', b: 17, c: '', d: null, e: {} })
    expect(['a', 'b', 'c', 'd', 'e'].map((name) => row.token(name))).toEqual(['x', '17', null, null, null])
    expect(row.unread).toEqual(['e'])
  })

  test('of an object inside is noted under its path, once', () => {
    const row = fields({ status: { lastSync: 5 }, other: [] })
    const status = row.within('status')!
    expect([status.instant('lastSync'), status.text('lastSync')]).toEqual([null, null])
    expect([row.within('other'), row.within('nothing')]).toEqual([null, null])
    expect(row.unread).toEqual(['status.lastSync', 'other'])
  })

  test('is one of the row itself, never of every object', () => {
    const row = fields(JSON.parse('{"__proto__":{"a":"x"}}'))
    expect([row.text('a'), row.has('constructor'), row.has('__proto__')]).toEqual([null, false, true])
  })

  test('that names the row must be there, as a text', () => {
    expect(fields({ id: '7' }).id('id')).toBe('7')
    for (const id of [7, '', null, undefined]) {
      expect(() => fields({ id }, 'vendor: a device').id('id')).toThrow(/^vendor: a device has .* as id, not an id\.$/)
    }
  })

  test('rows must be a list, and an envelope readable whole', () => {
    expect(fields({ data: [1] }).rows('data')).toEqual([1])
    for (const data of [null, {}, 'x']) expect(() => fields({ data }).rows('data')).toThrow(AppError)
    const envelope = fields({ total: '5' }, 'vendor: the answer')
    envelope.number('total')
    expect(() => envelope.mustBeRead()).toThrow('vendor: the answer has a value of another type as total.')
    expect(() => fields({ total: 5 }).mustBeRead()).not.toThrow()
  })

  test.each([null, [], 'x', 5])('a row that is %j is none', (row) => {
    expect(() => fields(row)).toThrow(expect.objectContaining({ code: 'schema_mismatch' }))
  })
})

describe('the JSON of an answer', () => {
  test('is parsed, with a byte order mark and without', () => {
    expect(jsonOf(Buffer.from('{"a":1}'), 'x')).toEqual({ a: 1 })
    expect(jsonOf(Buffer.from('\uFEFF[]'), 'x')).toEqual([])
  })

  test.each([
    { name: 'cut short', body: Buffer.from('{"a":"secr') },
    { name: 'empty', body: Buffer.from('') },
    { name: 'not UTF-8', body: Buffer.from('"\xff"', 'latin1') },
    { name: 'a web page', body: Buffer.from('<html>secr</html>') },
  ])('that is $name is refused without quoting it', ({ body }) => {
    try {
      jsonOf(body, 'vendor: GET /x')
      expect.unreachable()
    } catch (error) {
      expect(error).toMatchObject({ code: 'not_json', message: expect.stringMatching(/^vendor: GET \/x answered/) })
      expect((error as AppError).message).not.toContain('secr')
      expect((error as AppError).cause).toBeUndefined()
    }
  })
})

test('the server’s clock is compared with ours where it tells its time', () => {
  const now = '2026-11-20T09:00:00.000Z'
  expect(clockSkewMs({ date: 'Fri, 20 Nov 2026 09:00:07 GMT' }, now)).toBe(7000)
  expect(clockSkewMs({}, now)).toBeNull()
})

describe('a walk', () => {
  test('is complete when as many rows came as announced', () => {
    const walk = new Walk('vendor: GET /x')
    walk.arrived(2)
    walk.arrived(1)
    expect([walk.rows, walk.pages]).toEqual([3, 2])
    expect(() => walk.reconcile(3)).not.toThrow()
    expect(() => walk.reconcile(null)).not.toThrow()
    expect(() => walk.reconcile(4)).toThrow(expect.objectContaining({ code: 'count_mismatch' }))
  })

  test('follows no cursor twice', () => {
    const walk = new Walk('vendor: GET /x')
    expect([walk.follow('a'), walk.follow('b')]).toEqual(['a', 'b'])
    expect(() => walk.follow('a')).toThrow(expect.objectContaining({ code: 'pagination_loop' }))
  })

  test('that broke starts over once; one that failed does not', async () => {
    const tries = async (outcomes: (Error | number)[]) => {
      let tried = 0
      const walked = startingOver(async () => {
        const outcome = outcomes[tried++]!
        if (outcome instanceof Error) throw outcome
        return outcome
      })
      return [await walked.catch((error: unknown) => error), tried]
    }
    const broken = new WalkBroken('count_mismatch', 'x')
    const failed = new AppError('server_error', 'x')
    expect(await tries([1])).toEqual([1, 1])
    expect(await tries([broken, 2])).toEqual([2, 2])
    expect(await tries([broken, broken])).toEqual([broken, 2])
    expect(await tries([failed, 2])).toEqual([failed, 1])
  })
})

describe('an answer with half an emoji', () => {
  test('reads with a replacement character, in values and in names', () => {
    const body = new TextEncoder().encode('{"name":"laptop \\ud83d","\\udc00":["\\ud83d\\ude00"]}')
    expect(jsonOf(body, 'GET /x')).toEqual({ name: 'laptop \ufffd', '\ufffd': ['😀'] })
  })
})

describe('a remedy', () => {
  test('is added to the message of the failure that it cures', async () => {
    const failed = new AppError('auth_failed', 'vendor: GET /x answered 401', { retryAfterMs: 5 })
    const error = await withRemedy(Promise.reject(failed), { auth_failed: 'Make a new token.' }).catch(
      (caught: unknown) => caught,
    )
    expect(error).toMatchObject({
      code: 'auth_failed',
      message: 'vendor: GET /x answered 401. Make a new token.',
      retryAfterMs: 5,
      cause: failed,
    })
  })

  test('leaves other failures, and success, as they are', async () => {
    const failed = new AppError('server_error', 'x')
    const bug = new TypeError('x')
    await expect(withRemedy(Promise.reject(failed), { auth_failed: 'y' })).rejects.toBe(failed)
    await expect(withRemedy(Promise.reject(bug), { auth_failed: 'y' })).rejects.toBe(bug)
    await expect(withRemedy(Promise.resolve(1), { auth_failed: 'y' })).resolves.toBe(1)
  })
})
