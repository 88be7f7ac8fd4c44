/**
 * `npm run bench`: measures generated fleets and writes BENCHMARKS.md; `npm run bench -- quick` measures the smallest and
 * writes nothing. Figures are medians of several rounds; in each the floor is measured right after the run.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { barsOf, type Round, type Series } from './bars.ts'
import { firstResultsMs } from './demo.ts'
import type { Floor, FloorMeasured } from './floor.ts'
import type { Judge, Judged } from './judge.ts'
import type { Measure, Measured } from './measure.ts'
import { ran, started, stopped } from './processes.ts'
import { barsTable, document, seriesTable } from './report.ts'
import type { Fleet, Vendors } from './vendors.ts'

interface Plan extends Fleet {
  readonly rounds: number
}

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
    const judged = await ran<Judged>('judge.ts', { folder } satisfies Judge)
    return { run, floor, judged }
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

const quick = process.argv.includes('quick')
const measured: Series[] = []
for (const plan of quick ? QUICK : FULL) {
  process.stderr.write(`${plan.devices} devices, ${plan.delayMs} ms, ${plan.rounds} rounds …\n`)
  measured.push(await series(plan))
}
process.stderr.write('a second, equal run; the demo …\n')
const bars = barsOf(measured, { growthBytes: await growthBytes(), demoMs: await firstResultsMs() })
process.stdout.write(`${seriesTable(measured)}\n\n${barsTable(bars)}\n`)
if (!quick) {
  writeFileSync(join(import.meta.dirname, '../../BENCHMARKS.md'), document(measured, bars, new Date()))
  process.stderr.write('BENCHMARKS.md is written.\n')
}
