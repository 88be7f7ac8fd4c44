/** A database in a folder of its own, a tailnet to fill it with, and ways to look at the file from outside. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach } from 'vitest'
import type { Page } from '../../src/domain/connector.ts'
import type { AnyRecord } from '../../src/domain/record.ts'
import type { Store } from '../../src/domain/store.ts'
import { plus, SECOND } from '../../src/domain/time.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { attributes, device, NOW } from '../helpers/build.ts'
import { keysIn, testLedger } from '../helpers/ledger.ts'
import { moment, page } from './sealing.ts'

export interface Folder {
  /** Of the database. */
  readonly path: string
  withStore<T>(work: (store: Store) => Promise<T>, over?: { maxPages?: number }): Promise<T>
  /** What an administrator with the file can do: constraints are no barrier. Gives the number of rows changed. */
  tamper(sql: string): number
  /** The one number that a query gives. */
  count(sql: string): number
}

/** A fresh folder for each test of the file. */
export function eachInItsFolder(): Folder {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'store-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))
  const pathOf = (): string => join(folder, 'exhibit.db')
  return {
    get path() {
      return pathOf()
    },
    async withStore(work, over = {}) {
      const store = await openSqliteStore({ path: pathOf(), ledger: testLedger(keysIn(folder)), ...over })
      try {
        return await work(store)
      } finally {
        await store.close()
      }
    },
    tamper(sql) {
      const db = new Database(pathOf())
      db.pragma('foreign_keys = OFF')
      const { changes } = db.prepare(sql).run()
      db.close()
      return changes
    },
    count(sql) {
      const db = new Database(pathOf(), { readonly: true })
      const found = db.prepare(sql).pluck().get() as number
      db.close()
      return found
    },
  }
}

export function fleet(size: number): AnyRecord[] {
  return Array.from({ length: size }, (_, n) => [
    device({
      key: `n${n}CNTRL`,
      hostname: `host-${n}`,
      serials: [`S${n}`],
      lastSeen: plus(NOW, -((n * 7919) % 900) * SECOND),
    }),
    attributes({ key: `n${n}CNTRL`, readAt: plus(NOW, ((n * 50) % 60_000) - 60_000) }),
  ]).flat()
}

/** One pull of a tailnet: a device list, and an answer a device for its attributes. */
export function tailnetPages(size: number, run: number): Page[] {
  const list = JSON.stringify(Array.from({ length: size }, (_, n) => ({ nodeId: `n${n}CNTRL`, hostname: `host-${n}` })))
  const attributesOf = (n: number): Page =>
    page(
      `attributes of n${n}CNTRL`,
      JSON.stringify({ attributes: { 'node:os': 'macos', 'custom:n': `${n}`.repeat(200) } }),
      {
        fetchedAt: plus(moment(run), n * 50),
        headers: { 'content-type': 'application/json', date: new Date(Date.parse(moment(run)) + n * 50).toUTCString() },
      },
    )
  return [page('devices', list, { fetchedAt: moment(run) }), ...Array.from({ length: size }, (_, n) => attributesOf(n))]
}
