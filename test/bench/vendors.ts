/** A process that is the vendors of a generated fleet, until its parent goes. */
import { generateWorld } from '../../src/simulators/generate.ts'
import { startVendors } from '../../src/simulators/index.ts'
import { task } from './processes.ts'

export interface Fleet {
  readonly devices: number
  readonly delayMs: number
}

/** Where the vendors are, and the people that belong to them. */
export interface Vendors {
  /** `DEMO_TAILSCALE_URL` and its kin. */
  readonly values: Readonly<Record<string, string>>
  readonly roster: string
}

const SEED = 20_261_121

const { devices, delayMs } = await task<Fleet>()
const world = generateWorld({ devices, seed: SEED, now: new Date() })
const vendors = await startVendors(world, { now: () => new Date(), delayMs })
process.send!({ values: vendors.values, roster: world.roster } satisfies Vendors)
process.once('disconnect', () => void vendors.close())
