/** Where records stand in what vendors sent: over every connector's own answers, and over shapes that none of them has. */
import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectors } from '../../src/connectors/index.ts'
import type { Page } from '../../src/domain/connector.ts'
import { type AnyRecord, isOurs, refOf } from '../../src/domain/record.ts'
import { at, pointersIn } from '../../src/packet/pointers.ts'
import { type TestInstallation, testInstallation } from '../helpers/installation.ts'

const page = (body: string, type = 'application/json'): Pick<Page, 'body' | 'headers'> => ({
  body: Buffer.from(body),
  headers: { 'content-type': type },
})
const device = (key: string) => ({ kind: 'device', key }) as const

describe('in answers of any shape', () => {
  test.each([
    { name: 'a list in an envelope', body: { data: { hosts: [{ id: 'a' }, { id: 'b' }] } }, want: '/data/hosts/1' },
    { name: 'a bare list', body: [{ id: 'a' }, { id: 'b' }], want: '/1' },
    { name: 'an id that was sent as a number', body: { rows: [{ id: 7 }, { id: 12 }] }, key: '12', want: '/rows/1' },
    { name: 'the key within a row', body: { rows: [{ host: { id: 'b' } }] }, want: '/rows/0/host' },
    { name: 'a mention deeper down does not count', body: { x: [{ seen: { by: 'b' } }], y: { id: 'b' } }, want: '/y' },
    { name: 'of equally deep ones the first', body: { rows: [{ id: 'b' }, { peer: 'b' }] }, want: '/rows/0' },
    { name: 'names with slashes and tildes', body: { 'a/b': { 'c~d': { id: 'b' } } }, want: '/a~1b/c~0d' },
    { name: 'nowhere', body: { rows: [{ id: 'x' }, { id: 'y' }] }, want: '' },
  ])('$name', ({ body, key = 'b', want }) => {
    const [pointer] = pointersIn(page(JSON.stringify(body)), [device(key)])
    expect(pointer).toBe(want)
    if (want !== '') expect(at(body, want)).toBeTypeOf('object')
  })

  test('a number too long to be held is found by its digits', () => {
    const sent = page('{"data":[{"id":225494730938493803},{"id":225494730938493804}]}')
    expect(pointersIn(sent, [device('225494730938493804')])).toEqual(['/data/1'])
  })

  test('keys that are made of several members go by the rows of the list', () => {
    const sent = page(
      JSON.stringify({
        logs: [
          { g: '1', t: 'x' },
          { g: '1', t: 'y' },
        ],
      }),
    )
    const of = [
      { kind: 'audit', key: '1|x' },
      { kind: 'audit', key: '1|y' },
    ] as const
    expect(pointersIn(sent, of)).toEqual(['/logs/0', '/logs/1'])
  })

  test('a person is found by the column that holds the keys, not by a manager named before', () => {
    const roster = 'manager,email,name\r\nBob@acme.example,ada@acme.example,"Ada\nB"\r\n,Bob@acme.example,Bob\r\n'
    const of = ['ada@acme.example', 'bob@acme.example'].map((key) => ({ kind: 'person', key }) as const)
    expect(pointersIn(page(roster, 'text/csv'), of)).toEqual(['#row=2', '#row=3'])
  })
})

describe('in what every simulated vendor answers', () => {
  let house: TestInstallation
  beforeAll(async () => {
    house = await testInstallation()
    await house.sync()
  })
  afterAll(() => house.close())

  /** The key stands in the request, in the name of a member, or is ours. */
  const NOT_IN_THE_OBJECT = new Set(['attributes', 'setting', 'contact', 'policy', 'total', 'credential', 'auditlog'])

  test('every record has a place, and the object there holds its key', async () => {
    const { run } = await house.sync()
    const past = (await house.store.past(run.id))!
    const placed = new Set<string>()
    for (const pull of past.pulls) {
      const connector = connectors.find(({ id }) => id === pull.kind)!
      for (const one of [...pull.pages, ...pull.earlier]) {
        const body = await house.store.page(one.sha256)
        if (body === null) continue
        const whole: Page = { ...one, body }
        const { records } = connector.read(whole, { timeZone: 'UTC' })
        for (const [index, pointer] of pointersIn(whole, records).entries()) {
          const record = records[index]!
          placed.add(refOf(record))
          expect(holds(whole, pointer, record), `${refOf(record)} at ${pointer} of ${one.request}`).toBe(true)
        }
      }
    }
    const secret = new Set(connectors.flatMap(({ withheld }) => withheld ?? []))
    const without = past.records.filter(
      (record) => !isOurs(record.kind) && !secret.has(record.kind) && !placed.has(refOf(record)),
    )
    expect(without.map(refOf)).toEqual([])
    expect(placed.size).toBeGreaterThan(50)
  })

  function holds({ body }: Page, pointer: string, { kind, key }: AnyRecord): boolean {
    const text = Buffer.from(body).toString('utf8')
    const [, row] = /^#row=(\d+)$/.exec(pointer) ?? []
    if (row !== undefined) {
      const cells = (
        parse(text, { bom: true, relax_column_count: true, record_delimiter: ['\r\n', '\n'] }) as string[][]
      )[Number(row) - 1]!
      return cells.some((cell) => cell.toLowerCase() === key)
    }
    if (kind === 'setting' || kind === 'contact') return pointer === `/${key}`
    if (NOT_IN_THE_OBJECT.has(kind)) return true
    const found = at(JSON.parse(text), pointer)
    if (kind === 'logstream' && pointer === '') return true
    return Object.values(found as object).some((value) => String(value) === key) || kind === 'audit'
  }
})
