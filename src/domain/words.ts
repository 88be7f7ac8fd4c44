/** The words that people read (checks.md section 1, rule 14), each once. */
import type { Status, UnknownReason } from './finding.ts'
import type { JsonValue } from './json.ts'
import type { NoAgent } from './match.ts'
import type { Vendor } from './record.ts'
import type { SourceStatus } from './snapshot.ts'
import type { FindingInterval } from './store.ts'
import type { Instant } from './time.ts'
import { between, DAY, HOUR, instant, MINUTE } from './time.ts'

/** What a mark can show: the four statuses, and a failure that somebody accepted. */
export type Mark = Status | 'waived'

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
  partial_population: 'A reading is waiting for your confirmation',
  unmatched: 'No match was found',
  no_serial: 'No usable serial number',
  not_visible: 'The credential may not see it',
  not_configured: 'Not configured yet',
}

/** The one step that cures it. */
export const REASON_STEP: Readonly<Record<UnknownReason, string>> = {
  no_data: 'Open the subject: the field that is missing is named there. Complete it at its source, then pull.',
  stale: 'Pull now; where that does not help, the source’s page says what keeps it from being read.',
  source_error: 'Open the source: its page has the vendor’s answer and what mends it.',
  auth_error: 'Renew the credential in the vendor’s console, put it in place, then pull now.',
  partial_population: 'Look at what is gone and accept the fall, or mend the source and pull again.',
  unmatched: 'Add the person to the roster or declare an alias; for a device, enrol it at the vendor.',
  no_serial: 'Let the device report its serial number: tailscale set --posture-checking=true.',
  not_visible: 'Give the credential the right that is named, then pull now.',
  not_configured: 'Write what is missing into exhibit.yaml.',
}

export const SOURCE_WORD: Readonly<Record<SourceStatus, string>> = {
  complete: 'Complete',
  failed: 'Failed',
  held: 'Waiting for your confirmation',
  paused: 'Paused',
  stale: 'Too old',
  never: 'Not read yet',
}

const VENDOR_WORD: Readonly<Record<string, string>> = {
  tailscale: 'Tailscale',
  sentinelone: 'SentinelOne',
  crowdstrike: 'CrowdStrike Falcon',
  kandji: 'Kandji (Iru)',
  csv: 'Roster file',
  scim: 'Roster by SCIM',
}
export function vendorWord(kind: string): string {
  return VENDOR_WORD[kind] ?? kind
}

export const NO_AGENT_WORD: Readonly<Record<NoAgent, string>> = {
  no_serial: 'The device reports no serial number, so no record can be matched.',
  placeholder_serial: 'The serial number that it reports is a firmware filler that many machines share.',
  shared_serial: 'Another device of the tailnet reports the same serial number, so neither is matched.',
  no_record: 'The vendor has no record with this serial number.',
  removed: 'The vendor’s only record with this serial number is removed or decommissioned.',
}

/** Kind → how many of them, in people's words. */
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
  audit: ['vendor log event', 'vendor log events'],
  auditlog: ['vendor log', 'vendor logs'],
  agent: ['EDR/MDM record', 'EDR/MDM records'],
  score: ['score', 'scores'],
  enrolment: ['enrolment', 'enrolments'],
  encryption: ['disk encryption', 'disk encryptions'],
  total: ['stated total', 'stated totals'],
  credential: ['credential of ours', 'credentials of ours'],
  carried: ['remembered entry', 'remembered entries'],
  integrity: ['evidence check', 'evidence checks'],
  anchor: ['outside anchor', 'outside anchors'],
  review: ['access review', 'access reviews'],
  source: ['source', 'sources'],
  check: ['check', 'checks'],
  system: ['system', 'systems'],
}
export function kindWord(kind: string, count = 1): string {
  return KIND_WORD[kind]?.[count === 1 ? 0 : 1] ?? kind
}

export function counted(count: number, one: string, many = `${one}s`): string {
  return `${number(count)} ${count === 1 ? one : many}`
}

export function countedKind(count: number, kind: string): string {
  return counted(count, kindWord(kind, 1), kindWord(kind, 2))
}

export const FRAMEWORK_WORD: Readonly<Record<string, string>> = {
  soc2: 'SOC 2',
  iso27001: 'ISO 27001',
  'nist-800-53': 'NIST 800-53',
  'nist-csf': 'NIST CSF',
  'pci-dss': 'PCI DSS',
  hipaa: 'HIPAA',
  cis: 'CIS Controls',
}

/** Why what was open is open no longer. */
export const CAUSE_WORD: Readonly<Record<Exclude<FindingInterval['cause'], null>, string>> = {
  passed: 'It passes now',
  subject_gone: 'The subject is gone',
  left_scope: 'The question no longer applies to it',
  disabled: 'The check was switched off',
  configuration: 'The configuration changed',
  changed: 'The answer changed',
}

export const VENDORS: readonly Vendor[] = ['sentinelone', 'crowdstrike', 'kandji']

/** "12,345": grouped alike everywhere, whatever the server's locale. */
export function number(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ',')
}

/** "2026-11-20 09:00 UTC" */
export function momentText(at: Instant): string {
  return `${at.slice(0, 10)} ${at.slice(11, 16)} UTC`
}

/** "40 s", "12 min", "3 h", "9 days": how long, roughly. */
export function lengthText(ms: number): string {
  const length = Math.abs(ms)
  if (length < MINUTE) return `${Math.round(length / 1000)} s`
  if (length < 2 * HOUR) return `${Math.round(length / MINUTE)} min`
  if (length < 2 * DAY) return `${Math.round(length / HOUR)} h`
  return `${Math.round(length / DAY)} days`
}

/** "12 min ago", "in 3 h" */
export function agoText(at: Instant, now: Instant): string {
  const ms = between(at, now)
  return ms < 0 ? `in ${lengthText(ms)}` : `${lengthText(ms)} ago`
}

/** "leftAt" → "Left at"; names that are no identifier (conditions, attributes) stay as they are. */
export function factName(name: string): string {
  if (!/^[a-z][A-Za-z0-9]*$/.test(name)) return name
  const words = name.replace(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`)
  return words.charAt(0).toUpperCase() + words.slice(1)
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

/** As it stands in mid-sentence. */
export function lowerFirst(text: string): string {
  return `${text.charAt(0).toLowerCase()}${text.slice(1)}`
}

/** As it begins a sentence. */
export function upperFirst(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`
}
