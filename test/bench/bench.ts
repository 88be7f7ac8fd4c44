/**
 * `npm run bench`: measures everything and writes BENCHMARKS.md; `npm run bench -- runs face api hook serve packet history
 * suite` the parts named, and `npm run bench -- quick`, with or without names, smaller fleets for a shorter time; both write
 * nothing. Figures of runs are medians of several rounds; in each the floor is measured right after the run.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { api, apiRows } from './api.ts'
import { type Bar, barsOf, FIRST_CHECKS, type Round, type Series, seconds } from './bars.ts'
import { firstResultsMs } from './demo.ts'
import { face, faceRows } from './face.ts'
import type { Floor, FloorMeasured } from './floor.ts'
import { history } from './history.ts'
import type { Judge, Judged } from './judge.ts'
import type { Measure, Measured } from './measure.ts'
import { packetBars, packetFigures } from './packet.ts'
import { ran, started, stopped } from './processes.ts'
import { quarterBars, quarterFigures } from './quarter.ts'
import { barsTable, document, type Part, seriesTable, table } from './report.ts'
import { hookPart, servePart } from './service.ts'
import type { Fleet, Vendors } from './vendors.ts'

interface Plan extends Fleet {
  readonly rounds: number
}

const asked = process.argv.slice(2)
const quick = asked.includes('quick')
const named = asked.filter((name) => name !== 'quick')

const FULL: readonly Plan[] = [
  { devices: 1_000, delayMs: 0, rounds: 5 },
  { devices: 1_000, delayMs: 20, rounds: 5 },
  { devices: 5_000, delayMs: 0, rounds: 3 },
  { devices: 5_000, delayMs: 20, rounds: 1 },
  { devices: 20_000, delayMs: 0, rounds: 3 },
  { devices: 20_000, delayMs: 20, rounds: 1 },
]
const QUICK: readonly Plan[] = [
  { devices: 1_000, delayMs: 0, rounds: 1 },
  { devices: 1_000, delayMs: 20, rounds: 1 },
]

async function series({ devices, delayMs, rounds: count }: Plan): Promise<Series> {
  const fleet: Fleet = { devices, delayMs }
  const { answer: vendors, child } = await started<Vendors>('vendors.ts', fleet)
  const rounds: Round[] = []
  try {
    for (let n = 0; n < count; n++) rounds.push(await round(vendors))
  } finally {
    await stopped(child)
  }
  return { devices, delayMs, rounds }
}

async function round({ values, roster }: Vendors): Promise<Round> {
  const folder = mkdtempSync(join(tmpdir(), 'exhibit-bench-'))
  try {
    writeFileSync(join(folder, 'people.csv'), roster)
    const run = await ran<Measured>('measure.ts', { folder, values, runs: 1 } satisfies Measure)
    const floor = await ran<FloorMeasured>('floor.ts', { values, requests: run.requests } satisfies Floor)
    const judgedFirst = await ran<Judged>('judge.ts', { folder, refs: FIRST_CHECKS } satisfies Judge)
    const judged = await ran<Judged>('judge.ts', { folder, refs: null } satisfies Judge)
    return { run, floor, judged, judgedFirst }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Two runs over answers that do not change: what the second adds to the database. */
async function growthBytes(): Promise<number> {
  const { answer: vendors, child } = await started<Vendors>('vendors.ts', {
    devices: 1_000,
    delayMs: 0,
  } satisfies Fleet)
  const folder = mkdtempSync(join(tmpdir(), 'exhibit-bench-'))
  try {
    writeFileSync(join(folder, 'people.csv'), vendors.roster)
    const task: Measure = { folder, values: vendors.values, runs: 2 }
    const [first = 0, second = 0] = (await ran<Measured>('measure.ts', task)).databaseBytes
    return second - first
  } finally {
    await stopped(child)
    rmSync(folder, { recursive: true, force: true })
  }
}

async function runs(plans: readonly Plan[]): Promise<Part> {
  const measured: Series[] = []
  for (const plan of plans) {
    process.stderr.write(`${plan.devices} devices, ${plan.delayMs} ms, ${plan.rounds} rounds …\n`)
    measured.push(await series(plan))
  }
  process.stderr.write('a second, equal run; the demo …\n')
  const others = { growthBytes: await growthBytes(), demoMs: await firstResultsMs() }
  return { title: 'Runs', text: seriesTable(measured), bars: barsOf(measured, others) }
}

/** The test command as people type it, built before. */
async function suite(): Promise<Part> {
  process.stderr.write('the test suite …\n')
  const start = performance.now()
  const { status } = spawnSync('npm', ['run', '-s', 'test'], { stdio: 'ignore' })
  const ms = performance.now() - start
  const bar: Bar = {
    what: 'whole test suite',
    wanted: 'under 60 s',
    got: seconds(ms),
    met: status === 0 && ms < 60_000,
  }
  return { title: 'Tests', text: `\`npm test\` ended with ${status} after ${seconds(ms)}.`, bars: [bar] }
}

const PARTS: Readonly<Record<string, () => Promise<Part>>> = {
  runs: () => runs(quick ? QUICK : FULL),
  async face() {
    process.stderr.write('pages and report over 20,000 devices …\n')
    const measured = await face(20_000)
    return {
      title: 'Pages and report',
      text: table(['page', 'median', '99th percentile', 'first visit'], faceRows(measured.face)),
      bars: measured.bars,
    }
  },
  async api() {
    process.stderr.write('a list by the API …\n')
    const { measured, bars } = await api()
    const columns = ['8 connections on loopback', 'requests a second', 'of the first', 'bytes of an answer']
    return { title: 'API', text: table(columns, apiRows(measured)), bars }
  },
  hook() {
    process.stderr.write('a webhook in, and what it brings …\n')
    return hookPart(quick)
  },
  serve() {
    process.stderr.write('the service, for a while …\n')
    return servePart(quick)
  },
  async packet() {
    process.stderr.write('the packet of 10,000 devices …\n')
    const date = packetBars(await packetFigures())
    process.stderr.write('the packet of a quarter …\n')
    const quarter = quarterBars(await quarterFigures())
    return { title: 'Packet', text: `${date.text}\n\n${quarter.text}`, bars: [...date.bars, ...quarter.bars] }
  },
  async history() {
    process.stderr.write('a year of history, scaled …\n')
    const { lines, bars } = await history()
    return { title: 'History', text: lines.map((line) => `- ${line}`).join('\n'), bars }
  },
  suite,
}

/** What has a short form. */
const QUICK_PARTS = ['runs', 'hook', 'serve']

const parts: Part[] = []
for (const [name, part] of Object.entries(PARTS)) {
  const wanted = named.length > 0 ? named.includes(name) : !quick || QUICK_PARTS.includes(name)
  if (wanted) parts.push(await part())
}
for (const { title, text } of parts) process.stdout.write(`## ${title}\n\n${text}\n\n`)
process.stdout.write(`${barsTable(parts.flatMap(({ bars }) => bars))}\n`)
if (named.length === 0 && !quick) {
  writeFileSync(join(import.meta.dirname, '../../BENCHMARKS.md'), document(parts, new Date()))
  process.stderr.write('BENCHMARKS.md is written.\n')
}
