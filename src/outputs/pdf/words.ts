/** The words of the report (checks.md section 1, rule 14), each once; the same as on the pages. */
import type { UnknownReason } from '../../domain/finding.ts'
import type { JsonValue } from '../../domain/json.ts'
import type { SourceStatus } from '../../domain/snapshot.ts'
import { DAY, HOUR, type Instant, instant, MINUTE } from '../../domain/time.ts'
import type { Mark } from './marks.ts'
import { grouped } from './wrap.ts'

export const MARK_WORD: Readonly<Record<Mark, string>> = {
  pass: 'Passes',
  fail: 'Fails',
  unknown: 'Not evaluated',
  not_applicable: 'Not applicable',
  waived: 'Accepted risk',
}

export const REASON_WORD: Readonly<Record<UnknownReason, string>> = {
  no_data: 'The vendor did not say',
  stale: 'The newest reading is too old',
  source_error: 'A source could not be read',
  auth_error: 'A credential was refused',
  partial_population: 'A reading is waiting for confirmation',
  unmatched: 'No match was found',
  no_serial: 'No usable serial number',
  not_visible: 'The credential may not see it',
  not_configured: 'Not configured',
}

export const SOURCE_WORD: Readonly<Record<SourceStatus, string>> = {
  complete: 'Complete',
  failed: 'Failed',
  held: 'Waiting for confirmation',
  paused: 'Paused',
  stale: 'Too old',
  never: 'Not read yet',
}
export const SOURCE_MARK: Readonly<Record<SourceStatus, Mark>> = {
  complete: 'pass',
  failed: 'fail',
  held: 'unknown',
  paused: 'fail',
  stale: 'unknown',
  never: 'not_applicable',
}

const VENDOR_WORD: Readonly<Record<string, string>> = {
  tailscale: 'Tailscale',
  sentinelone: 'SentinelOne',
  crowdstrike: 'CrowdStrike Falcon',
  kandji: 'Kandji (Iru)',
  csv: 'Roster file',
}
export function vendorWord(kind: string): string {
  return VENDOR_WORD[kind] ?? kind
}

const KIND_WORD: Readonly<Record<string, readonly [string, string]>> = {
  person: ['person', 'people'],
  account: ['account', 'accounts'],
  device: ['device', 'devices'],
  attributes: ['posture reading', 'posture readings'],
  integration: ['posture integration', 'posture integrations'],
  setting: ['setting', 'settings'],
  key: ['key', 'keys'],
  policy: ['policy file', 'policy files'],
  logstream: ['log stream', 'log streams'],
  webhook: ['webhook', 'webhooks'],
  contact: ['contact', 'contacts'],
  invite: ['invitation', 'invitations'],
  agent: ['EDR/MDM record', 'EDR/MDM records'],
  score: ['score', 'scores'],
  enrolment: ['enrolment', 'enrolments'],
  total: ['stated total', 'stated totals'],
  credential: ['credential', 'credentials'],
}
export function kindWord(kind: string): string {
  return KIND_WORD[kind]?.[0] ?? kind
}
export function countedKind(count: number, kind: string): string {
  return `${grouped(count)} ${KIND_WORD[kind]?.[count === 1 ? 0 : 1] ?? kind}`
}

export function counted(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`
}

/** "2026-11-20 09:00 UTC" */
export function momentText(at: Instant | null): string {
  return at === null ? 'never' : `${at.slice(0, 10)} ${at.slice(11, 16)} UTC`
}
/** "2026-11-20 09:00:07" */
export function secondText(at: Instant): string {
  return `${at.slice(0, 10)} ${at.slice(11, 19)}`
}

export function lengthText(ms: number): string {
  const length = Math.abs(ms)
  if (length < MINUTE) return `${Math.round(length / 1000)} s`
  if (length < 2 * HOUR) return `${Math.round(length / MINUTE)} min`
  if (length < 2 * DAY) return `${Math.round(length / HOUR)} h`
  return `${Math.round(length / DAY)} days`
}

export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(1)} kB`
  return `${(bytes / 1_000_000).toFixed(1)} MB`
}

/** "leftAt" → "left at"; names that are no identifier (conditions, attributes) stay as they are. */
export function factName(name: string): string {
  return /^[a-z][A-Za-z0-9]*$/.test(name) ? name.replace(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`) : name
}

/** A fact as the vendor sent it; moments readable, null as what it means. */
export function factText(value: JsonValue, name = ''): string {
  if (value === null) return 'not said'
  if (typeof value === 'string') {
    if (name === 'operationalState' && value === 'na') return 'healthy (na)'
    if (value === '') return 'empty'
    return instant(value) === value ? momentText(value) : value
  }
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map((each) => factText(each)).join(', ')
  if (typeof value === 'object') return JSON.stringify(value)
  return String(value)
}
