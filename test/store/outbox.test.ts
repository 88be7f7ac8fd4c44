import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { MINUTE, plus } from '../../src/domain/time.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { told } from '../contracts/store-outbox.ts'
import { NOW } from '../helpers/build.ts'
import { testLedger } from '../helpers/ledger.ts'
import { eachInItsFolder } from './folder.ts'
import { pull, sealer } from './sealing.ts'

const folder = eachInItsFolder()
const { withStore, tamper, count } = folder
const LATER = plus(NOW, 2 * MINUTE)

test('what waits is there after closing and opening again, under its lease', async () => {
  await withStore(async (store) => {
    await store.tell([told(1), told(2)])
    await store.claim('grc', LATER, plus(LATER, MINUTE), 1)
  })
  await withStore(async (store) => {
    expect(await store.claim('grc', LATER, plus(LATER, MINUTE), 9)).toMatchObject([{ event: 'evt_2' }])
    expect(await store.claim('grc', plus(LATER, MINUTE), plus(LATER, 2 * MINUTE), 9)).toHaveLength(2)
  })
})

test('in a copy nothing is leased: who sends from it waits for nobody, and keeps to the schedule', async () => {
  const path = join(folder.path, '..', 'copy.db')
  const dueAt = plus(LATER, 30 * MINUTE)
  await withStore(async (store) => {
    await store.tell([told(1), told(2)])
    const [one] = await store.claim('grc', LATER, plus(LATER, MINUTE), 2)
    const attempt = { event: one!.event, endpoint: 'grc', at: LATER, ms: 1, status: 500, error: 'x', answer: null }
    await store.settle([{ attempt, next: { state: 'waiting', dueAt }, disable: null }])
    await store.copy(path, () => undefined)
    expect(await store.claim('grc', LATER, plus(LATER, MINUTE), 9)).toEqual([])
  })
  const copy = await openSqliteStore({ path, ledger: testLedger() })
  expect(await copy.claim('grc', LATER, plus(LATER, MINUTE), 9)).toMatchObject([{ event: 'evt_2', attempts: 0 }])
  expect(await copy.claim('grc', dueAt, plus(dueAt, MINUTE), 9)).toMatchObject([
    { event: 'evt_2', attempts: 0 },
    { event: 'evt_1', attempts: 1 },
  ])
  await copy.close()
})

test('a database of the first layout is brought up to date, with what was sealed', async () => {
  await withStore((store) => sealer(store).seal([pull('tailnet', [])]))
  const younger = ['judged', 'stated', 'attempt', 'delivery', 'endpoint', 'event', 'api_key']
  for (const table of younger) tamper(`drop table ${table}`)
  tamper('pragma user_version = 1')
  await withStore(async (store) => {
    expect(await store.runs(9)).toHaveLength(1)
    await store.tell([told(1)])
    expect((await store.endpoints(['grc', 'none'])).map(({ counts }) => counts.waiting)).toEqual([1, 0])
  })
  expect(count('pragma user_version')).toBe(4)
})

/** Holds the writer's place for a while, in a thread of its own, as a seal in a worker does. */
const HOLDER = `
  const { parentPort, workerData } = require('node:worker_threads')
  const Database = require('better-sqlite3')
  const db = new Database(workerData.path)
  db.exec('begin immediate')
  parentPort.postMessage('held')
  setTimeout(() => { db.exec('rollback'); db.close() }, workerData.ms)
`

test('while another connection writes, the outbox waits and the thread goes on', async () => {
  await withStore(async (store) => {
    await store.tell([told(1)])
    const holder = new Worker(HOLDER, { eval: true, workerData: { path: folder.path, ms: 250 } })
    const ended = new Promise((over) => holder.once('exit', over))
    await new Promise((held) => holder.once('message', held))
    let turns = 0
    const ticking = setInterval(() => turns++, 1)
    const writes = [
      store.tell([told(2)]),
      store.claim('grc', LATER, plus(LATER, MINUTE), 9),
      store.keyUsed('nobody', NOW),
      store.retire(['grc'], NOW, 'gone'),
    ]
    // What only reads waits for nobody.
    expect(await store.claim('siem', LATER, LATER, 9)).toEqual([])
    expect(await store.deliveries({}, 9, null)).toHaveLength(1)
    expect(turns).toBe(0)
    await Promise.all(writes)
    clearInterval(ticking)
    // A thread that SQLite put to sleep would have had no turns.
    expect(turns).toBeGreaterThan(2)
    await ended
    expect(await store.deliveries({}, 9, null)).toHaveLength(2)
  })
  const db = new Database(folder.path, { readonly: true })
  expect(db.prepare('select count(*) from delivery where leased = 1').pluck().get()).toBeGreaterThan(0)
  db.close()
})

test('the body of an event and the counts of an endpoint come from the same rows that are listed', async () => {
  await withStore(async (store) => {
    await store.tell(
      Array.from({ length: 30 }, (_, n) => told(n, { endpoints: n % 2 === 0 ? ['grc', 'siem'] : ['grc'] })),
    )
    const claimed = await store.claim('grc', LATER, plus(LATER, MINUTE), 20)
    await store.settle(
      claimed.map(({ event, endpoint }, n) => ({
        attempt: { event, endpoint, at: LATER, ms: 1, status: 200, error: n % 3 === 0 ? 'x' : null, answer: null },
        next: { state: n % 3 === 0 ? 'dead' : 'delivered' },
        disable: null,
      })),
    )
    await store.replay({ state: 'dead', until: plus(NOW, 9_000) }, LATER)
    const { counts } = (await store.endpoints(['grc']))[0]!
    for (const state of ['waiting', 'delivered', 'dead'] as const) {
      expect(await store.deliveries({ endpoint: 'grc', state }, 99, null), state).toHaveLength(counts[state])
    }
    expect(counts).toEqual({ waiting: 14, delivered: 13, dead: 3 })
  })
})
