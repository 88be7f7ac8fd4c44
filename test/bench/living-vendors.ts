/** A process that is the vendors of a generated fleet which lives on: by itself at an interval, and at a word. */
import { generateWorld, mutate } from '../../src/simulators/generate.ts'
import { startVendors } from '../../src/simulators/index.ts'
import { task } from './processes.ts'
import type { Vendors } from './vendors.ts'

export interface Living {
  readonly devices: number
  /** Between two changes of a hundredth of the fleet; null: it changes at a word alone. */
  readonly everyMs: number | null
}

/** Asks for a change that turns a check's result; answered by the same number when it is made. */
export interface Turn {
  readonly turn: number
}

const SEED = 20_261_121

const { devices, everyMs } = await task<Living>()
const world = generateWorld({ devices, seed: SEED, now: new Date() })
const vendors = await startVendors(world, { now: () => new Date() })
let seed = SEED
const timer = everyMs === null ? null : setInterval(live, everyMs)
process.send!({ values: vendors.values, roster: world.roster } satisfies Vendors)
process.on('message', ({ turn }: Turn) => {
  const { settings } = world.tailscale
  settings['devicesApprovalOn'] = settings['devicesApprovalOn'] !== true
  process.send!({ turn } satisfies Turn)
})
process.once('disconnect', () => {
  if (timer !== null) clearInterval(timer)
  void vendors.close()
})

function live(): void {
  const { tailscale, sentinelone, crowdstrike, kandji } = mutate(world, ++seed, new Date())
  Object.assign(world.tailscale, tailscale)
  Object.assign(world.sentinelone, sentinelone)
  Object.assign(world.crowdstrike, crowdstrike)
  Object.assign(world.kandji, kandji)
}
