/** The stage of what people see: pages and report over a large fleet, each made by a process of its own. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Agent, request } from 'undici'
import { type Bar, megabytes, seconds } from './bars.ts'
import { signedIn } from './demo.ts'
import type { Measure, Measured } from './measure.ts'
import type { Opened } from './opened.ts'
import type { Served } from './pages.ts'
import { ran, started, stopped } from './processes.ts'
import type { ReportMeasured, ReportTask } from './report-pdf.ts'
import type { Fleet, Vendors } from './vendors.ts'

export interface PageMeasured {
  readonly path: string
  /** As a client on loopback sees them, from the request's first byte to the answer's last; milliseconds. */
  readonly medianMs: number
  readonly p99Ms: number
  /** The page with its style sheet, script and icon, as sent. */
  readonly firstVisitBytes: number
}

export interface Face {
  readonly devices: number
  readonly pages: readonly PageMeasured[]
  /** The first page after a start, for which the run is judged once more. */
  readonly firstPageMs: number
  readonly reports: readonly ReportMeasured[]
}

const ASKED = 100

export async function face(devices: number): Promise<{ face: Face; bars: Bar[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'exhibit-bench-'))
  try {
    const where: Opened = { folder, values: await ranOnce(folder, devices) }
    const asked: ReportTask = { ...where, asOf: new Date().toISOString() }
    const reports = [
      await ran<ReportMeasured>('report-pdf.ts', asked),
      await ran<ReportMeasured>('report-pdf.ts', asked),
    ]
    const measured: Face = { devices, ...(await pagesOf(where)), reports }
    return { face: measured, bars: faceBars(measured) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Leaves a database with one sealed run; returns what the configuration was read with. */
export async function ranOnce(folder: string, devices: number): Promise<Vendors['values']> {
  const { answer: vendors, child } = await started<Vendors>('vendors.ts', { devices, delayMs: 0 } satisfies Fleet)
  try {
    writeFileSync(join(folder, 'people.csv'), vendors.roster)
    await ran<Measured>('measure.ts', { folder, values: vendors.values, runs: 1 } satisfies Measure)
    return vendors.values
  } finally {
    await stopped(child)
  }
}

async function pagesOf(where: Opened): Promise<Pick<Face, 'pages' | 'firstPageMs'>> {
  const { answer: served, child } = await started<Served>('pages.ts', where)
  const dispatcher = new Agent({ connections: 1 })
  try {
    const link = new URL(served.link)
    const cookie = await signedIn(link)
    const get = async (path: string): Promise<Answer> => {
      const start = performance.now()
      const response = await request(new URL(path, link), {
        dispatcher,
        headers: { cookie, 'accept-encoding': 'gzip, deflate, br' },
      })
      const body = Buffer.from(await response.body.arrayBuffer())
      if (response.statusCode !== 200) throw new Error(`${path} answered ${response.statusCode}`)
      return { ms: performance.now() - start, bytes: body.length }
    }
    const { ms: firstPageMs } = await get('/')
    const pages: PageMeasured[] = []
    for (const path of await paths(link, cookie)) pages.push(await measuredPage(path, get, link, cookie))
    return { pages, firstPageMs }
  } finally {
    await dispatcher.close()
    await stopped(child)
  }
}

interface Answer {
  readonly ms: number
  readonly bytes: number
}

async function measuredPage(
  path: string,
  get: (path: string) => Promise<Answer>,
  link: URL,
  cookie: string,
): Promise<PageMeasured> {
  const times: number[] = []
  let bytes = 0
  for (let n = 0; n < ASKED; n++) {
    const answer = await get(path)
    times.push(answer.ms)
    bytes = answer.bytes
  }
  times.sort((a, b) => a - b)
  const html = await text(new URL(path, link), cookie)
  for (const [, asset] of html.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)) bytes += (await get(asset!)).bytes
  return {
    path,
    medianMs: times[Math.floor(ASKED / 2)]!,
    p99Ms: times[Math.ceil(ASKED * 0.99) - 1]!,
    firstVisitBytes: bytes,
  }
}

async function text(url: URL, cookie: string): Promise<string> {
  return (await request(url, { headers: { cookie } })).body.text()
}

/** Every page, lists also far from their beginning and searched, and one page each of what lists lead to. */
async function paths(link: URL, cookie: string): Promise<string[]> {
  const first = async (list: string, under: string): Promise<string> => {
    const found = (await text(new URL(list, link), cookie)).match(new RegExp(`href="(/${under}/[^"?]+)"`))
    if (found === null) throw new Error(`${list} leads to no page under /${under}`)
    return found[1]!
  }
  return [
    '/',
    '/fixes',
    '/checks',
    '/checks/ID-02',
    '/checks/POS-12',
    '/checks/POS-12?status=pass&page=50',
    '/controls',
    '/people',
    '/people?text=a&page=2',
    '/people?view=accounts',
    '/devices',
    '/devices?text=a&page=40',
    '/sources',
    '/sources/tailnet',
    '/exports',
    await first('/devices', 'devices'),
    await first('/people', 'people'),
  ]
}

function faceBars({ devices, pages, reports }: Face): Bar[] {
  const over = `over ${devices.toLocaleString('en')} devices`
  const highest = (values: readonly number[]): number => Math.max(...values)
  const slowest = highest(pages.map(({ p99Ms }) => p99Ms))
  const largest = highest(pages.map(({ firstVisitBytes }) => firstVisitBytes))
  const longest = highest(reports.map(({ ms }) => ms))
  const peak = highest(reports.map(({ peakBytes }) => peakBytes))
  const blocked = highest(reports.map(({ blockedMs }) => blockedMs))
  const equal = new Set(reports.map(({ sha256 }) => sha256)).size === 1
  return [
    bar(`every page ${over}, 99th percentile on loopback`, 'under 50 ms', slowest < 50, `${slowest.toFixed(1)} ms`),
    bar(
      'transferred by a first visit to any page',
      'under 150 kB',
      largest < 150e3,
      `${(largest / 1e3).toFixed(1)} kB`,
    ),
    bar(`report ${over}`, 'under 5 s', longest < 5_000, seconds(longest)),
    bar(`report ${over}: resident memory`, 'under 300 MB', peak < 300e6, megabytes(peak)),
    bar(`report ${over}, made twice`, 'the same bytes', equal, equal ? 'the same bytes' : 'other bytes'),
    bar('event loop while a report is made', 'never blocked over 200 ms', blocked <= 200, `${Math.round(blocked)} ms`),
  ]
}

function bar(what: string, wanted: string, met: boolean, got: string): Bar {
  return { what, wanted, got, met }
}

/** The figures as rows of a table: page, median, 99th percentile, first visit. */
export function faceRows({ pages }: Face): string[][] {
  return pages.map(({ path, medianMs, p99Ms, firstVisitBytes }) => [
    path,
    `${medianMs.toFixed(1)} ms`,
    `${p99Ms.toFixed(1)} ms`,
    `${(firstVisitBytes / 1e3).toFixed(1)} kB`,
  ])
}
