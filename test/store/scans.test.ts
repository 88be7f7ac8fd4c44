/**
 * What a run asks of the database must not take longer with every run that there was. Without statistics SQLite likes to
 * begin with the largest table, and a few hundred rows in a test do not show it: so its own program for each statement is
 * read, whether it goes through a table from its beginning.
 */
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { DAY, plus } from '../../src/domain/time.ts'
import { NOW } from '../helpers/build.ts'
import { eachInItsFolder, fleet } from './folder.ts'
import { moment, open, pull, result, sealer } from './sealing.ts'

const { withStore } = eachInItsFolder()

/** Tables with rows for every change that there ever was, and their indices. */
const GROWING =
  /^(finding|result|answer|version|thing|page|volatile)$|^sqlite_autoindex_(finding|result|answer|version|thing|page)_|^(finding|result|answer|page)_/
/** What is open or not yet sealed, however much there was. */
const FEW = ['finding_open', 'page_unsealed']

interface Step {
  readonly opcode: string
  readonly p1: number
  readonly p2: number
  readonly p3: number
}

/** Names of tables and indices of the main database that the statement reads from the beginning. */
function goesThrough(prepare: typeof Database.prototype.prepare, db: Database.Database, sql: string): string[] {
  const all = (text: string, bound: object = []): unknown[] => prepare.call(db, text).all(bound)
  const names = [...sql.matchAll(/@(\w+)/g)].map(([, name]) => [name!, 1])
  const unnamed = sql.match(/\?/g)?.map(() => 1) ?? []
  const steps = all(`explain ${sql}`, names.length > 0 ? Object.fromEntries(names) : unnamed) as Step[]
  const roots = new Map(
    (all('select rootpage, name from sqlite_schema') as { rootpage: number; name: string }[]).map((row) => [
      row.rootpage,
      row.name,
    ]),
  )
  const open = new Map<number, string>()
  const through: string[] = []
  for (const { opcode, p1, p2, p3 } of steps) {
    if (opcode === 'OpenRead') open.set(p1, p3 === 0 ? (roots.get(p2) ?? '') : '')
    if (opcode === 'OpenEphemeral' || opcode === 'OpenPseudo' || opcode === 'SorterOpen') open.delete(p1)
    if (opcode === 'Rewind') through.push(open.get(p1) ?? '')
  }
  return through
}

test('no statement of a run, of its verification or of the retention rule goes through a table that grows with each run', async () => {
  const { prepare } = Database.prototype
  const found = new Map<string, string[]>()
  Database.prototype.prepare = function (this: Database.Database, sql: string) {
    const statement = prepare.call(this, sql)
    if (/^\s*(select|with|delete|update)/.test(sql)) {
      // Rows go with the constraints off (retention-rows.ts).
      this.pragma('foreign_keys = OFF')
      const through = goesThrough(prepare, this, sql).filter((name) => GROWING.test(name) && !FEW.includes(name))
      this.pragma('foreign_keys = ON')
      if (through.length > 0) found.set(sql, through)
    }
    return statement
  } as typeof prepare
  try {
    await withStore(async (store) => {
      const { seal } = sealer(store)
      for (const run of [0, 1, 2]) {
        const read = pull('tailnet', fleet(3 + run))
        await store.prepare(read, await store.recordsOf('tailnet'))
        await store.findings('open')
        await store.standing()
        await seal([read], {
          results: [result([open('fail', `n${run}CNTRL`)], {}, { n0CNTRL: 'pass' })],
        })
      }
      await store.intervals({ open: true }, 3, 10, null)
      await store.closedSince(NOW, 10)
      await store.verify(null, moment(3))
      const rule = { days: 1, raw: 'daily', hold: false, neededFrom: null } as const
      await store.retain(rule, plus(NOW, 3 * DAY))
      await store.retain(rule, plus(NOW, 4 * DAY))
      await store.sweep(plus(NOW, 4 * DAY))
    })
  } finally {
    Database.prototype.prepare = prepare
  }
  expect(Object.fromEntries(found)).toEqual({})
})
