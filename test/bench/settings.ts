/** The configuration that a generated fleet is measured with. */
import { randomBytes, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { checks } from '../../checks/index.ts'
import { type Config, parseConfig } from '../../src/config.ts'
import { connectors } from '../../src/connectors/index.ts'
import type { InstallationParts } from '../../src/installation.ts'

/**
 * Every device is in scope, so that each costs its call for posture attributes; each platform has the posture that a
 * healthy device of the generated fleet meets.
 */
const YAML = `
organization: { id: bench, name: Bench, timeZone: UTC }
data: .
sources:
  - { id: tailnet, kind: tailscale, tailnet: "-", baseUrl: "\${DEMO_TAILSCALE_URL}", credential: { clientId: "\${DEMO_TAILSCALE_CLIENT_ID}", clientSecret: "\${DEMO_TAILSCALE_CLIENT_SECRET}" } }
  - { id: edr, kind: sentinelone, baseUrl: "\${DEMO_SENTINELONE_URL}", credential: { apiToken: "\${DEMO_SENTINELONE_API_TOKEN}" }, syncWindow: 24h }
  - { id: falcon, kind: crowdstrike, baseUrl: "\${DEMO_CROWDSTRIKE_URL}", credential: { clientId: "\${DEMO_CROWDSTRIKE_CLIENT_ID}", clientSecret: "\${DEMO_CROWDSTRIKE_CLIENT_SECRET}" } }
  - { id: mdm, kind: kandji, baseUrl: "\${DEMO_KANDJI_URL}", credential: { apiToken: "\${DEMO_KANDJI_API_TOKEN}" } }
  - { id: roster, kind: csv, path: people.csv, freshness: 7d }
criticalSystems:
  - id: tailnet
    source: tailnet
    access:
      - { roles: [member] }
      - { roles: [owner, admin, it-admin, network-admin], people: { department: [IT, Security] } }
    offboarding: { within: 24h }
deviceTrust:
  scope: { os: [macos, windows, linux, ios], tagged: true }
  postures:
    windows: ["node:os == 'windows'", "sentinelOne:activeThreats == 0", "sentinelOne:infected == false", "sentinelOne:operationalState == 'na'"]
    linux: ["node:os == 'linux'", "falcon:ztaScore >= 70"]
    mac: ["node:os == 'macos'", "kandji:mdmEnabled == true", "kandji:agentInstalled == true"]
    phone: ["node:os == 'ios'"]
  require: { anyOf: [windows, linux, mac, phone] }
network: { allow: [127.0.0.0/8] }
`

export function settings(folder: string, values: Readonly<Record<string, string>>): Config {
  const config = parseConfig(YAML, join(folder, 'exhibit.yaml'), { connectors, checks, env: { ...values } })
  // What a vendor is spared is waiting, not work.
  return { ...config, sources: config.sources.map((source) => ({ ...source, requestsPerSecond: null })) }
}

/** What every measured installation has beside configuration, checks and store. */
export function surroundings(): Omit<InstallationParts, 'config' | 'checks' | 'store'> {
  return {
    clock: { wall: () => Date.now(), monotonic: () => performance.now() },
    newId: randomUUID,
    newToken: () => randomBytes(24).toString('base64url'),
    random: Math.random,
    software: '0',
    build: '0',
    actor: 'bench',
    signal: new AbortController().signal,
    report: (error, where) => process.stderr.write(`${where}: ${error instanceof Error ? error.stack : error}\n`),
  }
}
