/** The stage of machines that read: a list by the API, with key and tag, beside the same rows served by bare node:http. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Pool } from 'undici'
import type { Bare, BareServed } from './api-bare.ts'
import { type Bar, median } from './bars.ts'
import { ranOnce } from './face.ts'
import type { Opened } from './opened.ts'
import type { Served } from './pages.ts'
import { started, stopped } from './processes.ts'

const DEVICES = 5_000
const ROWS = 50
const ROUNDS = 7
const WARM_UP = 1_000
const REQUESTS = 2_000
const CONNECTIONS = 8

interface Target {
  readonly name: 'bare' | 'list' | 'unchanged'
  readonly url: URL
  /** Of callers who take turns: one alone may not ask so often. */
  readonly headers: readonly Record<string, string>[]
  readonly status: number
}

export interface ApiMeasured {
  /** Requests a second, a round each. */
  readonly rates: Readonly<Record<Target['name'], readonly number[]>>
  /** Of one answer. */
  readonly bytes: Readonly<Record<Target['name'], number>>
}

export async function api(): Promise<{ measured: ApiMeasured; bars: Bar[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'exhibit-bench-'))
  try {
    const where: Opened = { folder, values: await ranOnce(folder, DEVICES) }
    const { answer: served, child } = await started<Served>('pages.ts', where)
    const bare = await started<BareServed>('api-bare.ts', { folder, rows: ROWS } satisfies Bare)
    try {
      const measured = await measure(served, bare.answer)
      return { measured, bars: [barOf(measured)] }
    } finally {
      await Promise.all([stopped(child), stopped(bare.child)])
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function measure({ link, keys }: Served, { url }: BareServed): Promise<ApiMeasured> {
  const list = new URL(`/api/v1/findings?state=open&limit=${ROWS}`, link)
  const headers = keys.map((key) => ({ authorization: `Bearer ${key}` }))
  const tag = await tagOf(list, headers[0]!)
  const tagged = headers.map((each) => ({ ...each, 'if-none-match': tag }))
  const targets: readonly Target[] = [
    { name: 'bare', url: new URL(url), headers: [{}], status: 200 },
    { name: 'list', url: list, headers, status: 200 },
    { name: 'unchanged', url: list, headers: tagged, status: 304 },
  ]
  const rates: Record<Target['name'], number[]> = { bare: [], list: [], unchanged: [] }
  const bytes: Record<Target['name'], number> = { bare: 0, list: 0, unchanged: 0 }
  for (const target of targets) bytes[target.name] = (await rate(target, WARM_UP)).bytes
  // One after the other in each round, so that whatever else the machine does meets all alike.
  for (let round = 0; round < ROUNDS; round++) {
    for (const target of targets) rates[target.name].push((await rate(target, REQUESTS)).perSecond)
  }
  return { rates, bytes }
}

async function tagOf(url: URL, headers: Record<string, string>): Promise<string> {
  const answer = await fetch(url, { headers })
  const { items } = (await answer.json()) as { items: readonly unknown[] }
  if (items.length !== ROWS) throw new Error(`${url} gave ${items.length} rows`)
  return answer.headers.get('etag')!
}

async function rate({ url, headers, status }: Target, count: number): Promise<{ perSecond: number; bytes: number }> {
  const pool = new Pool(url.origin, { connections: CONNECTIONS })
  const path = `${url.pathname}${url.search}`
  let left = count
  let bytes = 0
  const start = performance.now()
  try {
    await Promise.all(
      Array.from({ length: CONNECTIONS }, async () => {
        while (left-- > 0) {
          const answer = await pool.request({ method: 'GET', path, headers: headers[left % headers.length]! })
          bytes = (await answer.body.arrayBuffer()).byteLength
          if (answer.statusCode !== status) throw new Error(`${url} answered ${answer.statusCode}, not ${status}`)
        }
      }),
    )
  } finally {
    await pool.close()
  }
  return { perSecond: (count / (performance.now() - start)) * 1000, bytes }
}

/** Of each round's own floor. */
function sharesOf(rates: ApiMeasured['rates'], name: Target['name']): number {
  return median(rates[name].map((each, round) => each / rates.bare[round]!))
}

function barOf({ rates }: ApiMeasured): Bar {
  const share = sharesOf(rates, 'list')
  return {
    what: `API: list of ${ROWS} findings, with API key and ETag`,
    wanted: 'at least 0.5 × the same rows from SQLite by bare node:http',
    got: `${share.toFixed(2)} ×`,
    met: share >= 0.5,
  }
}

/** The figures as rows of a table: what, requests a second, share of the floor, bytes. */
export function apiRows({ rates, bytes }: ApiMeasured): string[][] {
  const words: Record<Target['name'], string> = {
    bare: 'the rows from SQLite, by bare node:http',
    list: 'the list by the API, with a key',
    unchanged: 'the same with its tag: 304',
  }
  return (Object.keys(words) as Target['name'][]).map((name) => [
    words[name],
    Math.round(median(rates[name])).toLocaleString('en'),
    `${sharesOf(rates, name).toFixed(2)} ×`,
    bytes[name].toLocaleString('en'),
  ])
}
