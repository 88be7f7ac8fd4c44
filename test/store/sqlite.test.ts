import { writeFileSync } from 'node:fs'
import Database from 'better-sqlite3'
import { describe, expect, test } from 'vitest'
import { HOUR } from '../../src/domain/time.ts'
import { leafHash } from '../../src/ledger/leaf.ts'
import { connect } from '../../src/store/connection.ts'
import { snapshotDigestOf } from '../../src/store/digest.ts'
import { migrate, type Step } from '../../src/store/schema.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { device, NOW, person } from '../helpers/build.ts'
import { testLedger } from '../helpers/ledger.ts'
import { eachInItsFolder, fleet, tailnetPages } from './folder.ts'
import { pull, sealer } from './sealing.ts'

const folder = eachInItsFolder()
const { withStore, tamper, count } = folder

describe('the file', () => {
  test('every connection writes through to the disk and trusts nothing in the schema', () => {
    const db = connect({ path: folder.path })
    const pragma = (name: string): unknown => db.pragma(name, { simple: true })
    expect(pragma('journal_mode')).toBe('wal')
    expect(pragma('synchronous')).toBe(2)
    expect(pragma('trusted_schema')).toBe(0)
    expect(pragma('foreign_keys')).toBe(1)
    expect(pragma('busy_timeout')).toBe(5000)
    // What "defensive" forbids: the schema's own table cannot be written.
    db.pragma('writable_schema = ON')
    expect(() => db.prepare("update sqlite_schema set sql = ''").run()).toThrow(/may not be modified/)
    db.close()
  })

  test('a file of a newer program is refused with a plain message and left alone', async () => {
    await withStore(async () => undefined)
    tamper('pragma user_version = 99')
    const refusal = { code: 'storage', message: expect.stringMatching(/newer version.*layout 99/) }
    await expect(openSqliteStore({ path: folder.path, ledger: testLedger() })).rejects.toMatchObject(refusal)
    expect(count('pragma user_version')).toBe(99)
  })

  test('a database of another program is refused', async () => {
    const other = new Database(folder.path)
    other.exec('create table cats (name text)')
    other.close()
    await expect(openSqliteStore({ path: folder.path, ledger: testLedger() })).rejects.toMatchObject({
      code: 'storage',
    })
    tamper('pragma user_version = 1')
    await expect(openSqliteStore({ path: folder.path, ledger: testLedger() })).rejects.toThrow(/another program/)
    expect(count('select count(*) from sqlite_schema')).toBe(1)
  })

  test.each([
    [
      'that is no database',
      (): void => writeFileSync(folder.path, 'this is a diary, and a rather long one at that'.repeat(100)),
    ],
    ['that is missing where only reading is asked for', (): void => undefined],
  ])('a file %s gives a storage error with a remedy', async (_, prepare) => {
    prepare()
    await expect(openSqliteStore({ path: folder.path, ledger: testLedger(), readonly: true })).rejects.toMatchObject({
      code: 'storage',
    })
  })

  test('a reader beside the writer sees what is sealed and can write nothing', async () => {
    await withStore(async (store) => {
      await sealer(store).seal([pull('tailnet', [device()])])
      const reader = await openSqliteStore({ path: folder.path, ledger: testLedger(), readonly: true })
      expect((await reader.runAt('latest'))!.snapshot.of('device')).toEqual([device()])
      await expect(reader.put('a', 'b', {}, null)).rejects.toMatchObject({ code: 'storage' })
      await reader.close()
    })
  })

  test('what is sealed is there after closing and opening again', async () => {
    const pages = tailnetPages(3, 0)
    await withStore(async (store) => {
      await store.keepPages(pages)
      await sealer(store).seal([pull('tailnet', fleet(3), { pages: pages.map(({ body: _, ...rest }) => rest) })])
    })
    await withStore(async (store) => {
      expect(await store.recordsOf('tailnet')).toHaveLength(6)
      expect(await store.page(pages[0]!.sha256)).toEqual(Buffer.from(pages[0]!.body))
      expect((await store.verify(null, NOW)).flatMap(({ failed }) => failed)).toEqual([])
    })
  })
})

describe('a full disk', () => {
  test('an operation that does not fit is refused as a whole, and what was sealed stays readable', async () => {
    await withStore(async (store) => void (await sealer(store).seal([pull('tailnet', fleet(20))])))
    const before = count('pragma page_count')
    let refused = 0
    for (const spare of [0, 1, 2, 4, 8, 12, 16]) {
      await withStore(
        async (store) => {
          const { seal } = sealer(store)
          const ids = (await store.runs(100)).map(({ id }) => id)
          const changed = fleet(400).map((record) =>
            record.kind === 'device'
              ? { ...record, name: `${leafHash(record.key)} with ${spare} pages to spare` }
              : record,
          )
          await expect(seal([pull('tailnet', changed)], { id: `full-${spare}` })).rejects.toMatchObject({
            code: 'storage',
            message: expect.stringContaining('SQLITE_FULL'),
          })
          refused++
          expect((await store.runs(100)).map(({ id }) => id)).toEqual(ids)
          expect(await store.recordsOf('tailnet')).toHaveLength(40)
          expect((await store.verify(null, NOW)).flatMap(({ failed }) => failed)).toEqual([])
        },
        { maxPages: before + spare },
      )
    }
    expect(refused).toBe(7)
    // With room again the very next run is sealed, with shapes and places that the refused ones had begun.
    await withStore(async (store) => {
      await sealer(store).seal([pull('tailnet', fleet(400)), pull('roster', [person()])], { id: 'after' })
      expect(await store.recordsOf('tailnet')).toHaveLength(800)
      expect((await store.verify(null, NOW)).flatMap(({ failed }) => failed)).toEqual([])
    })
  })

  test('a store whose seal was refused seals the same run once there is room', async () => {
    const db = connect({ path: folder.path })
    const pages = db.pragma('page_count', { simple: true }) as number
    db.close()
    const store = await openSqliteStore({ path: folder.path, ledger: testLedger(), maxPages: pages + 3 })
    const { runOf } = sealer(store)
    const run = runOf([pull('tailnet', fleet(200))])
    await expect(store.seal(run)).rejects.toMatchObject({ code: 'storage' })
    await store.close()
    await withStore(async (again) => expect((await again.seal(run)).sequence).toBe(1))
  })
})

describe('a database of an earlier layout', () => {
  const later: Step[] = [
    () => undefined,
    () => undefined,
    () => undefined,
    () => undefined,
    (db) => db.exec('create table pet (name text); insert into pet select id from run where sequence = 1'),
    (db) => db.exec('alter table pet add column age integer'),
  ]

  test('is brought up to date step by step, and what is in it stays', async () => {
    await withStore((store) => sealer(store).seal([pull('tailnet', fleet(3))]))
    const db = new Database(folder.path)
    migrate(db, folder.path, false, later)
    expect(db.pragma('user_version', { simple: true })).toBe(6)
    expect(db.prepare('select * from pet').all()).toEqual([{ name: 'run-1', age: null }])
    migrate(db, folder.path, false, later)
    expect(db.prepare('select count(*) from pet').pluck().get()).toBe(1)
    db.close()
  })

  test('keeps the steps that went well when a later one fails, and goes on there', async () => {
    await withStore((store) => sealer(store).seal([pull('tailnet', fleet(3))]))
    const db = new Database(folder.path)
    const broken: Step[] = [
      ...later.slice(0, 5),
      (db) => db.exec('alter table pet add column age integer; insert into nobody values (1)'),
    ]
    expect(() => migrate(db, folder.path, false, broken)).toThrow(/no such table: nobody/)
    expect(db.pragma('user_version', { simple: true })).toBe(5)
    expect(db.prepare('select * from pet').all()).toEqual([{ name: 'run-1' }])
    migrate(db, folder.path, false, later)
    expect(db.prepare('select * from pet').all()).toEqual([{ name: 'run-1', age: null }])
    db.close()
  })

  test('is not touched by who only reads', async () => {
    await withStore(async () => undefined)
    const db = new Database(folder.path, { readonly: true })
    expect(() => migrate(db, folder.path, true, later)).toThrow(
      /has layout 4 and this program reads 6; run "sync" once/,
    )
    db.close()
  })
})

const LIMITS = { freshnessMs: HOUR, syncWindowMs: null, attributeFreshnessMs: null, allowWrite: false }

describe('digests', () => {
  test("a run's snapshot digest can be made again from the records alone", async () => {
    await withStore(async (store) => {
      const records = [...fleet(5), ...fleet(5).map((record) => ({ ...record, source: 'second' })), person()]
      const bySource = (source: string) => records.filter((record) => record.source === source)
      const { run, summary } = await sealer(store).seal(
        ['tailnet', 'second', 'roster'].map((source) => pull(source, bySource(source))),
        { settings: { sources: ['roster', 'second', 'tailnet'].map((id) => ({ id, kind: 'x', ...LIMITS })) } },
      )
      expect(snapshotDigestOf(records.toReversed(), run.settingsDigest, run.sources)).toBe(summary.snapshotDigest)
    })
  })
})
