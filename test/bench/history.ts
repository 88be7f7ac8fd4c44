/**
 * What a year of history costs, and how fast the past is there again (design section 8; the model of stack.md section 6:
 * a run each 15 minutes, 97 % of the times that move do, a hundred single fields change in each source). The first run is
 * a real one over HTTP; those after it are sealed from its records, requests, pages and findings, changed by the model.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { constants, zstdCompressSync } from 'node:zlib'
import Database from 'better-sqlite3'
import { checks } from '../../checks/index.ts'
import type { Page } from '../../src/domain/connector.ts'
import type { SealedRun, Store } from '../../src/domain/store.ts'
import { installation } from '../../src/installation.ts'
import { sha256 } from '../../src/lib/digest.ts'
import { randomFrom } from '../../src/simulators/fleet/random.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { EVERYTHING } from '../helpers/installation.ts'
import { testLedger } from '../helpers/ledger.ts'
import { type Bar, median } from './bars.ts'
import { type Life, lifeAfter, onlyDevices, withNewTimes } from './history-model.ts'
import { started, stopped } from './processes.ts'
import { settings } from './settings.ts'
import type { Fleet, Vendors } from './vendors.ts'

const RUNS_A_YEAR = 365 * 96
/** Pulls of the day whose pages are kept after its first. */
const LATER_PULLS = 4
const REBUILDS = 5

export interface HistoryMeasured {
  readonly lines: readonly string[]
  readonly bars: readonly Bar[]
}

interface First {
  readonly run: SealedRun
  /** Bodies of the lists of each source: what is large and moves. */
  readonly lists: readonly Page[]
}

/** @param runs sealed in each of the two models; the year is extrapolated from the second half of them */
export async function history({ devices = 10_000, runs = 120 } = {}): Promise<HistoryMeasured> {
  const folder = mkdtempSync(join(tmpdir(), 'exhibit-history-'))
  try {
    const first = await firstRun(folder, devices)
    const single = await lived(join(folder, 'single.db'), onlyDevices(first.run), runs)
    const whole = await lived(join(folder, 'whole.db'), first.run, runs)
    const raw = await pagesOf(join(folder, 'pages.db'), first.lists)
    return told(first.run, { single, whole, raw, runs, devices })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A run over a generated fleet, as the pipeline hands it to the store. */
async function firstRun(folder: string, devices: number): Promise<First> {
  const { answer: vendors, child } = await started<Vendors>('vendors.ts', { devices, delayMs: 0 } satisfies Fleet)
  const store = await openSqliteStore({ path: join(folder, 'first.db'), ledger: testLedger() })
  try {
    writeFileSync(join(folder, 'people.csv'), vendors.roster)
    const pages: Page[] = []
    let sealed: SealedRun | null = null
    const core = installation({
      config: settings(folder, vendors.values),
      checks,
      store: {
        ...store,
        keepPages: async (received) => {
          pages.push(...received)
        },
        // It would look for their bodies.
        prepare: async () => {},
        seal: async (run) => {
          sealed = run
          throw new Error('the run is all that is wanted')
        },
      },
      clock: { wall: () => Date.now(), monotonic: () => performance.now() },
      newId: () => 'first',
      newToken: () => 'none',
      random: Math.random,
      software: '0',
      build: '0',
      actor: 'test',
      signal: new AbortController().signal,
      report: () => {},
    })
    await core.sync(EVERYTHING, () => {}).catch(() => {})
    if (sealed === null) throw new Error('the first run was not made')
    return { run: sealed, lists: pages.filter(({ body, secret }) => !secret && body.length > 50_000 && isJson(body)) }
  } finally {
    await store.close()
    await stopped(child)
  }
}

function isJson(body: Uint8Array): boolean {
  return body[0] === '{'.charCodeAt(0) || body[0] === '['.charCodeAt(0)
}

interface Lived {
  readonly records: number
  readonly bytesARun: number
  readonly bytesAtFirst: number
  readonly largest: string
  /** Of all pulls together, while sources are asked. */
  readonly prepareMs: readonly number[]
  /** From the judged run to its checkpoint. */
  readonly sealMs: readonly number[]
  readonly rebuildMs: readonly { readonly share: number; readonly ms: number }[]
}

/** Seals run after run, and looks back. */
async function lived(path: string, first: SealedRun, runs: number): Promise<Lived> {
  const store = await openSqliteStore({ path, ledger: testLedger() })
  try {
    const life = lifeAfter(first, 1)
    const [prepareMs, sealMs]: [number[], number[]] = [[], []]
    const half = Math.floor(runs / 2)
    let [atFirst, atHalf] = [new Map<string, number>(), new Map<string, number>()]
    for (let n = 0; n < runs; n++) {
      const { run, pages } = n === 0 ? life.first() : life.next()
      await store.keepPages(pages)
      // Read before the vendors are asked anything, and before anything is judged: no part of what is measured.
      const known = await Promise.all(run.pulls.map(({ source }) => store.recordsOf(source)))
      const left = await store.carried()
      const start = performance.now()
      for (const [at, pull] of run.pulls.entries()) await store.prepare(pull, known[at]!)
      const judged = performance.now()
      await store.seal(run, left)
      if (n > 0) {
        prepareMs.push(judged - start)
        sealMs.push(performance.now() - judged)
      }
      if (n === 0) atFirst = await withoutPages(store, path)
      if (n === half) atHalf = await withoutPages(store, path)
    }
    const atEnd = await withoutPages(store, path)
    const after = runs - 1 - half
    return {
      records: first.pulls.reduce((sum, { records }) => sum + records.length, 0),
      bytesAtFirst: sum(atFirst),
      bytesARun: (sum(atEnd) - sum(atHalf)) / after,
      largest: largestGrowth(atHalf, atEnd, after),
      prepareMs,
      sealMs,
      rebuildMs: await rebuilt(store, life),
    }
  } finally {
    await store.close()
  }
}

/** At the first run, the last and some in between: the median of several each. */
async function rebuilt(store: Store, life: Life): Promise<Lived['rebuildMs']> {
  const found: { share: number; ms: number }[] = []
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    const at = life.moments[Math.round(share * (life.moments.length - 1))]!
    const times: number[] = []
    for (let n = 0; n < REBUILDS; n++) {
      const start = performance.now()
      const view = await store.runAt(at)
      times.push(performance.now() - start)
      if (view?.snapshot.at !== at) throw new Error(`the run of ${at} is not there`)
    }
    found.push({ share, ms: median(times) })
  }
  return found
}

/** The tables and indices of the file by size; those of raw pages aside. */
const SIZES = `select name, sum(pgsize) as bytes from dbstat
  where name not in ('page', 'sqlite_autoindex_page_1', 'page_base', 'page_unsealed') group by name`

async function withoutPages(store: Store, path: string): Promise<Map<string, number>> {
  await store.size()
  const db = new Database(path, { readonly: true })
  try {
    return new Map(db.prepare<[], [string, number]>(SIZES).raw().all())
  } finally {
    db.close()
  }
}

function sum(sizes: ReadonlyMap<string, number>): number {
  return sizes.values().reduce((total, bytes) => total + bytes, 0)
}

function largestGrowth(from: ReadonlyMap<string, number>, to: ReadonlyMap<string, number>, runs: number): string {
  return [...to]
    .map(([name, bytes]) => ({ name, grown: (bytes - (from.get(name) ?? 0)) / runs }))
    .sort((a, b) => b.grown - a.grown)
    .slice(0, 8)
    .map(({ name, grown }) => `${name} ${(grown / 1e3).toFixed(1)} kB`)
    .join(', ')
}

interface Raw {
  readonly received: number
  readonly alone: number
  readonly firstOfDay: number
  readonly later: number
  readonly openMs: readonly number[]
}

/** The lists of one pull, and the same with new times, kept as the store keeps them. */
async function pagesOf(path: string, lists: readonly Page[]): Promise<Raw> {
  const store = await openSqliteStore({ path, ledger: testLedger() })
  const db = new Database(path, { readonly: true })
  try {
    const random = randomFrom(3)
    const stored = db.prepare<[Buffer], number>('select length(body) from page where sha256 = ?').pluck()
    const kept = async (pages: readonly Page[]): Promise<number> => {
      await store.keepPages(pages)
      return pages.reduce((sum, page) => sum + stored.get(Buffer.from(page.sha256, 'hex'))!, 0)
    }
    const firstOfDay = await kept(lists)
    const received = lists.reduce((sum, { body }) => sum + body.length, 0)
    const pulls = Array.from({ length: LATER_PULLS }, () => lists.map((page) => withNewTimes(page, random)))
    let [alone, later] = [0, 0]
    for (const pull of pulls) {
      later += (await kept(pull)) / LATER_PULLS
      for (const { body } of pull) alone += zstd3(body) / LATER_PULLS
    }
    const openMs: number[] = []
    for (const page of pulls.flat()) {
      const start = performance.now()
      const body = await store.page(page.sha256)
      openMs.push(performance.now() - start)
      if (body === null || sha256(body) !== page.sha256) throw new Error('a page does not give its digest')
    }
    return { received, alone, firstOfDay, later, openMs }
  } finally {
    db.close()
    await store.close()
  }
}

function zstd3(body: Uint8Array): number {
  return zstdCompressSync(body, { params: { [constants.ZSTD_c_compressionLevel]: 3 } }).length
}

interface All {
  readonly single: Lived
  readonly whole: Lived
  readonly raw: Raw
  readonly runs: number
  readonly devices: number
}

function told(first: SealedRun, { single, whole, raw, runs, devices }: All): HistoryMeasured {
  const year = ({ bytesAtFirst, bytesARun }: Lived): number => (bytesAtFirst + bytesARun * RUNS_A_YEAR) / 1e9
  const ratio = (raw.firstOfDay + 95 * raw.later) / (96 * raw.alone)
  const slowestOpen = Math.max(...raw.openMs)
  const rebuilds = whole.rebuildMs.map(({ ms }) => ms)
  const [prepareMs, sealMs] = [median(whole.prepareMs), median(whole.sealMs)]
  const n = devices.toLocaleString('en')
  const bar = (what: string, wanted: string, got: string, met: boolean): Bar => ({ what, wanted, got, met })
  const model = ({ records, bytesARun, bytesAtFirst, largest }: Lived): string =>
    `${records.toLocaleString('en')} records: ${(bytesAtFirst / 1e6).toFixed(1)} MB after the first run, then ${(bytesARun / 1e3).toFixed(1)} kB a run over the last half of ${runs} runs (${largest})`
  return {
    lines: [
      `one source, ${model(single)}`,
      `tailnet and three vendors, ${first.pulls.map(({ source, records }) => `${source} ${records.length.toLocaleString('en')}`).join(', ')}; ${model(whole)}`,
      `a year is ${RUNS_A_YEAR.toLocaleString('en')} runs; extrapolated in a straight line from those measured`,
      `pages of one pull: ${mb(raw.received)} as received, ${mb(raw.alone)} alone (zstd 3), ${mb(raw.firstOfDay)} as the first of the day, ${mb(raw.later)} later`,
      `rebuilt at 0, 25, 50, 75, 100 % of the age: ${rebuilds.map((ms) => `${ms.toFixed(0)} ms`).join(', ')}`,
      `pulls prepared for the seal, while other sources are asked: median ${prepareMs.toFixed(0)} ms a run, slowest ${Math.max(...whole.prepareMs).toFixed(0)} ms; seals, from the judged run on: median ${sealMs.toFixed(0)} ms, slowest ${Math.max(...whole.sealMs).toFixed(0)} ms`,
    ],
    bars: [
      bar(
        `history of ${n} records of one source, a year`,
        'at most 1.5 GB',
        `${year(single).toFixed(2)} GB`,
        year(single) <= 1.5,
      ),
      bar(
        `history of ${n} devices with three vendors, a year`,
        'at most 5 GB',
        `${year(whole).toFixed(2)} GB`,
        year(whole) <= 5,
      ),
      bar('raw pages against the same alone (zstd 3)', 'at most 0.55', ratio.toFixed(2), ratio <= 0.55),
      bar('a raw page opened again, the slowest', 'under 200 ms', `${slowestOpen.toFixed(0)} ms`, slowestOpen < 200),
      bar(
        `a past snapshot of ${n} devices rebuilt, the slowest age`,
        'under 500 ms',
        `${Math.max(...rebuilds).toFixed(0)} ms`,
        Math.max(...rebuilds) < 500,
      ),
      bar(
        `seal of a run in which 1 % changed, ${n} devices; its pulls are prepared while others are asked`,
        'under 150 ms',
        `${sealMs.toFixed(0)} ms; ${prepareMs.toFixed(0)} ms of preparing before`,
        sealMs < 150,
      ),
    ],
  }
}

function mb(bytes: number): string {
  return `${(bytes / 1e6).toFixed(2)} MB`
}
