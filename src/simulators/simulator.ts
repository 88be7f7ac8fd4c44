/**
 * What a vendor simulator is: a faithful fake of one vendor's API over data in the vendor's own shapes. Simulators never
 * import a connector and connectors never import a simulator: they meet on the wire only.
 */

/** A whole organisation as its vendors would answer, each part in that vendor's own JSON shapes. */
export interface World {
  tailscale: TailscaleWorld
  sentinelone: SentinelOneWorld
  crowdstrike: CrowdStrikeWorld
  kandji: KandjiWorld
  /** people.csv as text. */
  roster: string
}

type Json = Record<string, unknown>

export interface TailscaleWorld {
  tailnetId: string
  legacyName: string
  /** Elements of `GET /tailnet/-/users?type=all`. */
  users: Json[]
  /** Elements of `GET /tailnet/-/devices?fields=all`. */
  devices: Json[]
  /** nodeId → answer of `GET /device/{id}/attributes`; a device without an entry has only `node:` attributes. */
  attributes: Record<string, { attributes: Json; expiries?: Json }>
  integrations: Json[]
  settings: Json
  keys: Json[]
  /** HuJSON text. */
  policy: string
  /** Log type → stream configuration and status; null: none configured (404). */
  logStreams: Record<'configuration' | 'network', { stream: Json; status: Json } | null>
  webhooks: Json[]
  contacts: Json
  userInvites: Json[]
  /** Elements of `logs` of `GET /tailnet/-/logging/configuration`; the simulator adds the tokens that it mints itself. */
  auditLog: Json[]
}

export interface SentinelOneWorld {
  /** Elements of `data` of `GET /web/api/v2.1/agents`, decommissioned and uninstalled ones included. */
  agents: Json[]
  token: { createdAt?: string; expiresAt?: string }
}

export interface CrowdStrikeWorld {
  cid: string
  /** Host records of `/devices/combined/devices/v1`; hidden ones are left out there. */
  hosts: Json[]
  hidden: Json[]
  /** Elements of `resources` of `/zero-trust-assessment/entities/assessments/v1`. */
  assessments: Json[]
}

export interface KandjiWorld {
  /** Rows of `GET /api/v1/devices`. */
  devices: Json[]
  /** Rows of `GET /api/v1/prism/device_information`. */
  prism: Json[]
  /** Rows of `GET /api/v1/prism/filevault`: Macs alone. */
  filevault: Json[]
}

export interface SimulatorOptions<W> {
  world: W
  /** The simulated clock: token expiry, cursors' lifetimes, `Date`. */
  now: () => Date
  /** Credentials that exist, with the scopes or permissions granted; the vendor's least-privilege set by default. */
  grants?: readonly string[]
}

export interface Simulator {
  /** Id of the connector that it answers to. */
  id: string
  /** Handles one request. */
  fetch(request: Request): Response | Promise<Response>
  /** What to write into `exhibit.yaml` as `credential`; several ways in where the vendor has them. */
  credentials: readonly Record<string, string>[]
  /** Places that a fault can be switched on at: a name and the path prefix. */
  endpoints: Readonly<Record<string, { method: 'GET' | 'POST'; path: RegExp }>>
}
