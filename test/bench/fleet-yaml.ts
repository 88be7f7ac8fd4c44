/** The configuration file that a generated fleet is measured with: text alone, for who loads the build and nothing else. */

/**
 * Every device is in scope, so that each costs its call for posture attributes; each platform has the posture that a
 * healthy device of the generated fleet meets.
 */
export const YAML = `
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
