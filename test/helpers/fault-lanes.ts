/** The lanes of one file of fault runs: opened before it, closed after it, and every run on them judged. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect } from 'vitest'
import { MINUTE } from '../../src/domain/time.ts'
import { crowdstrikeSimulator } from '../../src/simulators/crowdstrike.ts'
import type { Fault } from '../../src/simulators/faults.ts'
import { kandjiSimulator } from '../../src/simulators/kandji.ts'
import { sentineloneSimulator } from '../../src/simulators/sentinelone.ts'
import { tailscaleSimulator } from '../../src/simulators/tailscale/index.ts'
import {
  type Baseline,
  type FaultResult,
  type FaultRun,
  inLanes,
  type Lane,
  openLane,
  runWithFaults,
} from './fault-runs.ts'
import { healthyWorld } from './healthy-world.ts'
import { TEST_START } from './tools.ts'

const LANES = 3
/** Waits move a lane's clock, and what its vendors last synchronised is too old after an hour; one pull waits 20 minutes at most. */
const LANE_MS = 30 * MINUTE

const world = healthyWorld(new Date(TEST_START))
const now = (): Date => new Date(TEST_START)
/** Vendor → every endpoint that its simulator has. */
export const SIMULATED = Object.fromEntries(
  [
    tailscaleSimulator({ world: world.tailscale, now }),
    sentineloneSimulator({ world: world.sentinelone, now }),
    crowdstrikeSimulator({ world: world.crowdstrike, now }),
    kandjiSimulator({ world: world.kandji, now }),
  ].map(({ id, endpoints }) => [id, endpoints]),
)

export const status = (code: number, headers: Record<string, string> = {}): Fault => ({
  kind: 'status',
  status: code,
  headers,
})

export const named = ({ vendor, faults }: FaultRun): string =>
  `${vendor} ${faults.map(({ endpoint, ...fault }) => `${endpoint}: ${JSON.stringify(fault)}`).join(' + ')}`

export interface Done {
  readonly job: FaultRun
  readonly result: FaultResult
}

export interface FaultLanes {
  /** A whole reading without a fault. */
  baseline(): Baseline
  /** The endpoints of a vendor that the pulls of a healthy organisation call; the others are for probes and older ways in. */
  called(vendor: string): string[]
  /** An address that nobody may ever call, and how often somebody did. */
  readonly trap: { url(): string; called(): number }
  /** Runs each job, and counts what passed that may not. */
  ran(jobs: readonly FaultRun[]): Promise<Done[]>
  /** Runs each job; nothing of what must hold may be broken, and every fault must have struck. */
  judged(jobs: readonly FaultRun[]): Promise<Done[]>
}

/** For the top of a test file. */
export function faultLanes(): FaultLanes {
  const lanes: (Lane & { close(): Promise<void> })[] = []
  let trapped = 0
  const trap = createServer((_, response) => {
    trapped++
    response.end('{}')
  })
  let runs = 0
  let falsePasses = 0

  beforeAll(async () => {
    await new Promise<void>((listening) => trap.listen(0, '127.0.0.1', listening))
    lanes.push(...(await Promise.all(Array.from({ length: LANES }, () => openLane()))))
  })
  afterAll(async () => {
    await Promise.all(lanes.map((lane) => lane.close()))
    trap.close()
    console.log(`P1: ${runs} fault runs, ${falsePasses} false passes`)
  })

  async function fresh(nth: number): Promise<Lane> {
    const lane = lanes[nth]!
    if (lane.installation.clock.wall() - Date.parse(TEST_START) < LANE_MS) return lane
    await lane.close()
    lanes[nth] = await openLane()
    return lanes[nth]
  }

  async function ran(jobs: readonly FaultRun[]): Promise<Done[]> {
    const done: Done[] = []
    await inLanes([...lanes.keys()], jobs, async (nth, job) => {
      done.push({ job, result: await runWithFaults(await fresh(nth), job) })
    })
    runs += done.length
    falsePasses += done.flatMap(({ result }) => result.violations).filter((text) => text.includes('FALSE PASS')).length
    return done
  }

  return {
    ran,
    baseline: () => lanes[0]!.baseline,
    called(vendor) {
      const { requests } = lanes[0]!.installation.vendors.servers[vendor]!
      return Object.entries(SIMULATED[vendor]!)
        .filter(([, endpoint]) =>
          requests.some(({ method, path }) => method === endpoint.method && endpoint.path.test(path.split('?')[0]!)),
        )
        .map(([name]) => name)
    },
    trap: { url: () => `http://127.0.0.1:${(trap.address() as AddressInfo).port}/`, called: () => trapped },
    async judged(jobs) {
      const done = await ran(jobs)
      const violations = done.flatMap(({ job, result }) =>
        result.violations.map((text) => `${named(job)}: ${result.status} ${result.code}: ${text}`),
      )
      expect(violations).toEqual([])
      expect(done.filter(({ result }) => result.struck === 0).map(({ job }) => named(job))).toEqual([])
      return done
    },
  }
}
