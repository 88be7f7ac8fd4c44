/**
 * The effective configuration as far as a verdict rests on it: no credential, no address, every default written out.
 * Sealed with each run by digest. Durations are milliseconds here; `parameters` of checks stay as written.
 */
import type { JsonValue } from './json.ts'
import type { CivilDate } from './time.ts'

export interface AccessLine {
  readonly roles: readonly string[]
  /** Roster column → accepted values; every column must match, case ignored. Null: any account of the role. */
  readonly people: Readonly<Record<string, readonly string[]>> | null
}

export interface CriticalSystem {
  readonly id: string
  readonly source: string
  /** Null: nobody has declared who may have which role (ID-05). */
  readonly access: readonly AccessLine[] | null
  readonly offboardingWithinMs: number
}

export interface DeviceScope {
  /** Lower-case platforms as in posture's `node:os`: macos, windows, linux, ios, android, tvos … */
  readonly os: readonly string[]
  /** True: tagged devices are judged too. */
  readonly tagged: boolean
}

export interface DeviceTrust {
  readonly scope: DeviceScope
  /** Name → conditions, all of which must hold. */
  readonly postures: Readonly<Record<string, readonly string[]>>
  /** Names of postures: own, `posture:name` of the tailnet's policy, or presets `netbird:…`. */
  readonly require: { readonly allOf: readonly string[]; readonly anyOf: readonly string[] } | null
}

export interface SourceSettings {
  readonly id: string
  /** Connector: tailscale, sentinelone, crowdstrike, kandji, csv. */
  readonly kind: string
  readonly freshnessMs: number
  /** Agents last seen before this window count as absent; null where the source has none. */
  readonly syncWindowMs: number | null
  readonly attributeFreshnessMs: number | null
  /** The operator accepts that the credential can write. */
  readonly allowWrite: boolean
}

export interface Waiver {
  readonly id: string
  /** Id or ref. */
  readonly check: string
  /** Subject key or `*`. */
  readonly subject: string
  readonly owner: string
  readonly approver: string
  readonly reason: string
  readonly created: CivilDate
  readonly expires: CivilDate
}

export interface Attestation {
  readonly id: string
  readonly check: string
  readonly system: string | null
  readonly answer: 'pass' | 'fail'
  readonly by: string
  readonly on: CivilDate
  readonly until: CivilDate
  readonly note: string | null
}

/** A line of the organisation's own list of controls. */
export interface OwnControl {
  readonly id: string
  readonly text: string
  readonly owner: string | null
  /** Framework → its criteria, as the organisation maps them. */
  readonly criteria: Readonly<Record<string, readonly string[]>>
  /** Ids or refs, as written. */
  readonly checks: readonly string[]
}

/** A file of `checksFolder`, whole: verdicts of own checks rest on it. */
export interface OwnCheckSource {
  /** Below the folder, with slashes. */
  readonly file: string
  readonly sha256: string
  readonly source: string
}

export type Severity = 'low' | 'medium' | 'high' | 'critical'

export interface Settings {
  readonly organization: { readonly id: string; readonly name: string; readonly timeZone: string }
  readonly demo: boolean
  readonly sources: readonly SourceSettings[]
  readonly people: {
    /** Login → e-mail, both lower case. */
    readonly aliases: Readonly<Record<string, string>>
    readonly serviceAccounts: readonly string[]
  }
  readonly criticalSystems: readonly CriticalSystem[]
  readonly deviceTrust: DeviceTrust
  readonly slaMs: Readonly<Record<Severity, number>>
  /** Check id → what the file says of it. */
  readonly checks: Readonly<
    Record<
      string,
      {
        readonly enabled: boolean
        readonly because: string | null
        readonly params: Readonly<Record<string, JsonValue>>
      }
    >
  >
  readonly waivers: readonly Waiver[]
  readonly attestations: readonly Attestation[]
  /** Milliseconds between two runs that the schedule asks for: what coverage is measured by. Absent in older runs. */
  readonly scheduleMs?: number
  /** Absent in runs that were sealed before there was such a section. */
  readonly controls?: readonly OwnControl[]
  /** Absent as above; by file name. */
  readonly ownChecks?: readonly OwnCheckSource[]
}

/** How the settings see one source; undefined when the source has left the file. */
export function sourceSettings(settings: Settings, id: string): SourceSettings | undefined {
  return settings.sources.find((source) => source.id === id)
}
