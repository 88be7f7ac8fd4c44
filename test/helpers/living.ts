/**
 * An organisation that lives on between runs: devices are seen, people come and go, vendors fail, somebody edits the
 * configuration or sets the clock. By seed, so that a life can be led again.
 */
import { HOUR, MINUTE } from '../../src/domain/time.ts'
import type { InstallationCore } from '../../src/installation.ts'
import type { RunOutcome } from '../../src/pipeline.ts'
import type { Fault } from '../../src/simulators/faults.ts'
import { type Random, randomFrom } from '../../src/simulators/fleet/random.ts'
import { mutate } from '../../src/simulators/generate.ts'
import { EVERYTHING, GOVERNED, type TestInstallation } from './installation.ts'

const SOURCES = ['tailnet', 'edr', 'falcon', 'mdm', 'roster']
const VENDORS = ['tailscale', 'sentinelone', 'crowdstrike', 'kandji'] as const

/** Lines of `exhibit.yaml` that turn verdicts. */
const CONFIGURATIONS = [
  GOVERNED,
  `${GOVERNED}  client-current: { enabled: false, because: "frozen for the holidays" }\n`,
  `${GOVERNED}waivers: [{ id: W-1, check: DEV-01, subject: "*", owner: a@acme.example, approver: b@acme.example, reason: r, created: 2026-06-01, expires: 2027-05-30 }]\n`,
  '',
]

/** What a vendor may answer for one run. */
const FAULTS: readonly { vendor: (typeof VENDORS)[number]; fault: Fault }[] = [
  { vendor: 'sentinelone', fault: { kind: 'status', status: 500 } },
  { vendor: 'kandji', fault: { kind: 'half_json' } },
  { vendor: 'tailscale', fault: { kind: 'status', status: 401 } },
  { vendor: 'tailscale', fault: { kind: 'status', status: 403, endpoint: /\/keys/ } },
  { vendor: 'tailscale', fault: { kind: 'status', status: 403, endpoint: /user-invites/ } },
  { vendor: 'tailscale', fault: { kind: 'status', status: 403, endpoint: /\/attributes$/ } },
  // Most devices keep their last reading.
  { vendor: 'tailscale', fault: { kind: 'status', status: 500, endpoint: /\/attributes$/, after: 2 } },
  { vendor: 'tailscale', fault: { kind: 'status', status: 404, endpoint: /\/attributes$/, after: 3 } },
]

export interface Life {
  /** The next quarter of an hour and the run at its end. */
  run(): Promise<RunOutcome>
}

/** The vendors' next answers; the world given is changed in place, as its simulators hold it. */
export function liveOn({ world, clock, writeRoster }: TestInstallation, seed: number, share = 0.3): void {
  const next = mutate(world, seed, new Date(clock.vendors()), share)
  for (const vendor of VENDORS) Object.assign(world[vendor], next[vendor])
  if (next.roster === world.roster) return
  world.roster = next.roster
  writeRoster(next.roster)
}

export function lifeOf(house: TestInstallation, seed: number): Life {
  const random = randomFrom(seed)
  let count = 0
  let core: InstallationCore = house.reconfigured({})
  return {
    async run() {
      house.clock.pass(random.chance(0.1) ? 2 * HOUR : 15 * MINUTE)
      if (random.chance(0.03)) house.clock.step(random.pick([-90 * MINUTE, 40 * MINUTE]))
      liveOn(house, seed + count++)
      if (random.chance(0.2)) editRoster(house, random)
      if (random.chance(0.1)) core = house.reconfigured({ yaml: random.pick(CONFIGURATIONS) })
      const sources = random.chance(0.25) ? [random.pick(SOURCES)] : null
      const { vendor, fault } = random.pick(FAULTS)
      const mend = random.chance(0.3) ? house.vendors.servers[vendor]!.faults.add(fault) : () => {}
      try {
        return await core.sync({ ...EVERYTHING, sources }, () => {})
      } finally {
        mend()
      }
    },
  }
}

/** Somebody leaves, or is named anew. */
function editRoster({ world, writeRoster }: TestInstallation, random: Random): void {
  const [head, ...rows] = world.roster.trimEnd().split(/\r?\n/)
  const at = random.whole(0, rows.length)
  rows[at] = random.chance(0.5) ? rows[at]!.replace(',active,', ',left,') : rows[at]!.replace(/,([A-Z])/, ',Dr $1')
  world.roster = `${[head, ...rows].join('\n')}\n`
  writeRoster(world.roster)
}
