/** The list of simulators, and the sets of them that the demo and `simulate` start. */
import { writeFileSync } from 'node:fs'
import { crowdstrikeSimulator } from './crowdstrike.ts'
import { type Fault, Faults } from './faults.ts'
import { generateWorld, mutate } from './generate.ts'
import { kandjiSimulator } from './kandji.ts'
import { sentineloneSimulator } from './sentinelone.ts'
import { type SimulatorServer, serveSimulator } from './server.ts'
import type { Simulator, World } from './simulator.ts'
import { tailscaleSimulator } from './tailscale/index.ts'
import { DEMO_SCOPES, demoConfig, loadWorld } from './world.ts'

export interface VendorOptions {
  now: () => Date
  /** First of four consecutive ports; 0 takes any free ones. */
  port?: number
  delayMs?: number
  /** By simulator id. */
  faults?: Readonly<Record<string, readonly Fault[]>>
  /** Scopes of the Tailscale credential; every one that the connector asks for by default. */
  tailscaleGrants?: readonly string[]
  log?: (line: string) => void
}

export interface Vendors {
  readonly servers: Readonly<Record<string, SimulatorServer>>
  readonly credentials: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** `DEMO_TAILSCALE_URL` and its kin, as `fixtures/exhibit.demo.yaml` names them. */
  readonly values: Readonly<Record<string, string>>
  close(): Promise<void>
}

/** Serves one simulator a vendor over the world, each on its own loopback port. */
export async function startVendors(world: World, options: VendorOptions): Promise<Vendors> {
  const { now, port = 0, delayMs = 0, faults = {} } = options
  const simulators: readonly Simulator[] = [
    tailscaleSimulator({
      world: world.tailscale,
      now,
      ...(options.tailscaleGrants === undefined ? {} : { grants: options.tailscaleGrants }),
    }),
    sentineloneSimulator({ world: world.sentinelone, now }),
    crowdstrikeSimulator({ world: world.crowdstrike, now }),
    kandjiSimulator({ world: world.kandji, now }),
  ]
  const servers: Record<string, SimulatorServer> = {}
  const credentials: Record<string, Record<string, string>> = {}
  const values: Record<string, string> = {}
  for (const [index, simulator] of simulators.entries()) {
    const server = await serveSimulator(simulator, {
      port: port === 0 ? 0 : port + index,
      delayMs,
      now,
      faults: new Faults(faults[simulator.id] ?? []),
      ...(options.log === undefined ? {} : { log: (line: string) => options.log!(`${simulator.id} ${line}`) }),
    })
    servers[simulator.id] = server
    const credential = simulator.credentials[0]!
    credentials[simulator.id] = credential
    const prefix = `DEMO_${simulator.id.toUpperCase()}`
    values[`${prefix}_URL`] = server.url.href
    for (const [name, value] of Object.entries(credential)) {
      values[`${prefix}_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`] = value
    }
  }
  return {
    servers,
    credentials,
    values,
    async close() {
      await Promise.all(Object.values(servers).map((server) => server.close()))
    },
  }
}

/** How often the demo's organisation lives on: its moments move with the clock, so that it never looks abandoned. */
const DEMO_REFRESH_MS = 60_000

/** The demo organisation's vendors, its roster written to `roster`, and its configuration. */
export async function startDemoVendors(options: {
  now: () => Date
  roster: string
  data: string
}): Promise<Vendors & { config: string }> {
  const { now, roster, data } = options
  const started = now()
  const world = loadWorld(started)
  writeFileSync(roster, world.roster)
  let seed = 0
  const live = (): void => {
    // Only the moments that a living fleet moves by itself: nothing else changes, so nothing else is news.
    const { tailscale, sentinelone, crowdstrike, kandji } = mutate(world, ++seed, now(), 0)
    Object.assign(world.tailscale, tailscale)
    Object.assign(world.sentinelone, sentinelone)
    Object.assign(world.crowdstrike, crowdstrike)
    Object.assign(world.kandji, kandji)
  }
  const timer = setInterval(live, DEMO_REFRESH_MS)
  timer.unref()
  const vendors = await startVendors(world, { now, tailscaleGrants: DEMO_SCOPES })
  return {
    ...vendors,
    config: demoConfig(started, { ...vendors.values, DEMO_PEOPLE_CSV: roster, DEMO_DATA: data }),
    async close() {
      clearInterval(timer)
      await vendors.close()
    },
  }
}

export interface SimulateOptions {
  now: () => Date
  port: number | null
  /** A generated fleet of this size; null: the demo organisation. */
  devices: number | null
  seed: number
  delayMs: number
  /** "tailscale:users:html502" */
  faults: readonly string[]
}

/** For `exhibit simulate`: the vendors, and the lines that connect an installation to them. */
export async function startSimulators(options: SimulateOptions): Promise<Vendors & { config: string }> {
  const { now, devices, seed } = options
  const world = devices === null ? loadWorld(now()) : generateWorld({ devices, seed, now: now() })
  const vendors = await startVendors(world, {
    now,
    port: options.port ?? 0,
    delayMs: options.delayMs,
    faults: parseFaults(options.faults),
  })
  return { ...vendors, config: sourcesYaml(vendors) }
}

function parseFaults(texts: readonly string[]): Record<string, Fault[]> {
  const faults: Record<string, Fault[]> = {}
  for (const text of texts) {
    const [vendor = '', endpoint = '', kind = ''] = text.split(':')
    const fault = { endpoint, kind, ...(/^\d{3}$/.test(kind) ? { kind: 'status', status: Number(kind) } : {}) } as Fault
    faults[vendor] = [...(faults[vendor] ?? []), fault]
  }
  return faults
}

function sourcesYaml({ servers, credentials }: Vendors): string {
  const lines = Object.entries(servers).map(([kind, server]) => {
    const credential = Object.entries(credentials[kind]!).map(([name, value]) => `${name}: "${value}"`)
    return `  - { id: ${kind}, kind: ${kind}, baseUrl: "${server.url.origin}", credential: { ${credential.join(', ')} } }`
  })
  return ['sources:', ...lines, 'network: { allow: [127.0.0.0/8] }'].join('\n')
}
