/**
 * The packet of a quarter over a fleet that lives, and how long it takes to verify: each in a process of its own, cold as
 * the commands are. The quarter is scaled: a run each few days, each with the changes of as many days.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checks } from '../../checks/index.ts'
import { installation } from '../../src/installation.ts'
import { accountActor } from '../../src/simulators/fleet/audit-rows.ts'
import { generateWorld, mutate } from '../../src/simulators/generate.ts'
import { startVendors } from '../../src/simulators/index.ts'
import type { World } from '../../src/simulators/simulator.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { testLedger } from '../helpers/ledger.ts'
import { changesRole, suspends } from '../helpers/tailnet-acts.ts'
import { type Bar, megabytes, seconds } from './bars.ts'
import { PACKET_DEVICES } from './packet.ts'
import type { Pack, Packed } from './packing.ts'
import { ran } from './processes.ts'
import { settings } from './settings.ts'
import { surroundings } from './surroundings.ts'
import type { Verified, Verify } from './verifying.ts'

/** Of part 6: seconds of each, and bytes resident of the packet. */
const BAR = { seconds: 60, bytes: 500_000_000 } as const
const DAY = 86_400_000
const SEED = 20_261_121
const RUNS = 30
const DAYS_APART = 3
/** Suspended, and as many given another role, before each run: some 300 transitions in the quarter beside the fleet's own. */
const ACTS = 5
/** Of devices that change in something between two runs. */
const SHARE = 0.01

export interface QuarterFigures {
  readonly devices: number
  readonly packed: Packed
  readonly verified: Verified
}

export async function quarterFigures(devices: number = PACKET_DEVICES): Promise<QuarterFigures> {
  const folder = mkdtempSync(join(tmpdir(), 'exhibit-bench-'))
  try {
    const begin = Date.now() - RUNS * DAYS_APART * DAY
    let at = begin
    const world = generateWorld({ devices, seed: SEED, now: new Date(at) })
    const vendors = await startVendors(world, { now: () => new Date(at) })
    writeFileSync(join(folder, 'people.csv'), world.roster)
    const store = await openSqliteStore({ path: join(folder, 'exhibit.db'), ledger: testLedger() })
    const started = performance.now()
    const clock = { wall: () => at, monotonic: () => performance.now() - started }
    const config = settings(folder, vendors.values)
    const core = installation({ config, checks, store, ...surroundings(), clock })
    try {
      for (let run = 0; run < RUNS; run++) {
        if (run > 0) live(world, run, at)
        await core.sync({ sources: null, respectPauses: false, accept: null }, () => {})
        at += DAYS_APART * DAY
      }
    } finally {
      await core.close()
      await vendors.close()
    }
    const values = vendors.values
    const from = new Date(begin).toISOString()
    const packed = await ran<Packed>('packing.ts', { folder, values, from } satisfies Pack)
    const verified = await ran<Verified>('verifying.ts', { file: join(folder, 'packet.zip') } satisfies Verify)
    return { devices, packed, verified }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What some days bring: the fleet's own changes, and what people decided. */
function live(world: World, run: number, at: number): void {
  const next = mutate(world, SEED + run, new Date(at), SHARE)
  Object.assign(world.tailscale, next.tailscale)
  Object.assign(world.sentinelone, next.sentinelone)
  Object.assign(world.crowdstrike, next.crowdstrike)
  Object.assign(world.kandji, next.kandji)
  const { tailscale } = world
  const by = accountActor(tailscale.users.find(({ role }) => role === 'owner')!)
  const members = tailscale.users.filter(
    ({ role, status, type }) => role === 'member' && status === 'active' && type === 'member',
  )
  for (const [place, { loginName }] of members.slice(-2 * ACTS).entries()) {
    const done = { at: at - (place + 1) * 60_000, by }
    if (place < ACTS) suspends(tailscale, String(loginName), done)
    else changesRole(tailscale, String(loginName), 'auditor', done)
  }
}

export function quarterBars({ devices, packed, verified }: QuarterFigures): { text: string; bars: Bar[] } {
  const what = `packet for a quarter, ${devices.toLocaleString('en')} devices`
  const text = `${what}, scaled to a run each ${DAYS_APART} days (${RUNS} runs, ${2 * ACTS} decisions about accounts between two of them, ${SHARE * 100} % of the devices changed): ${seconds(packed.seconds * 1_000)}, ${megabytes(packed.peakBytes)} resident, a ZIP of ${megabytes(packed.zipBytes)}; verify ${seconds(verified.seconds * 1_000)}, ${megabytes(verified.peakBytes)} resident, verdict ${verified.verdict}.`
  const within = (name: string, took: number, holds = true): Bar => ({
    what: name,
    wanted: `under ${BAR.seconds} s`,
    got: seconds(took * 1_000),
    met: holds && took < BAR.seconds,
  })
  return {
    text,
    bars: [
      within(what, packed.seconds),
      {
        what: `${what}: resident memory`,
        wanted: `under ${megabytes(BAR.bytes)}`,
        got: megabytes(packed.peakBytes),
        met: packed.peakBytes < BAR.bytes,
      },
      within(`${what}: verify`, verified.seconds, verified.verdict !== 'broken'),
    ],
  }
}
