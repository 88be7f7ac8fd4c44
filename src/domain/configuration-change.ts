/**
 * What changed between two runs of that on which a verdict rests beside the data: the effective settings, the set of
 * checks, the program. Said by path, from what to what, so that somebody who reads the ledger needs no file of ours.
 */
import type { Digester } from './digests.ts'
import { byText, type JsonObject, type JsonValue } from './json.ts'
import type { Attestation, Settings, Waiver } from './settings.ts'
import type { CheckRef } from './store.ts'

export type ChangeKind =
  | 'scope'
  | 'rule'
  | 'threshold'
  | 'exclusion'
  | 'attestation'
  | 'check'
  | 'people'
  | 'controls'
  | 'organization'
  | 'software'

export interface ConfigurationChange {
  readonly kind: ChangeKind
  /** "checks.idle-accounts-removed.params.maxIdle"; what stands in a list is named by its id. */
  readonly path: string
  /** Null: it was not there. A long value is told by `{ sha256 }` of its canonical JSON. */
  readonly from: JsonValue
  readonly to: JsonValue
}

/** What judges a run, the data aside. */
export interface Judging {
  readonly settings: Settings
  /** Null in runs that were sealed before it was kept. */
  readonly checkSet: readonly CheckRef[] | null
  readonly software: string
  readonly build: string
}

/** Longer values are told by digest: the ledger is kept for ever and goes out with every packet. */
const LONGEST = 300

/** In the order of the paths. */
export function configurationChanges(before: Judging, now: Judging, digester: Digester): ConfigurationChange[] {
  const differences: Difference[] = []
  compare([], whole(before), whole(now), digester, differences)
  return differences
    .map(({ path, from, to }) => ({
      kind: kindOf(path),
      path: path.map(segment).join('.'),
      from: told(from, digester),
      to: told(to, digester),
    }))
    .sort((a, b) => byText(a.path, b.path))
}

interface Difference {
  readonly path: readonly string[]
  readonly from: JsonValue | undefined
  readonly to: JsonValue | undefined
}

function whole({ settings, checkSet, software, build }: Judging): JsonObject {
  const checks = Object.fromEntries(Object.entries(settings.checks).map(([id, said]) => [id, { ...SILENT, ...said }]))
  return { ...settings, checks, checkSet: checkSet ?? [], software, build } as unknown as JsonObject
}

/** What a check has of which the file says nothing. */
const SILENT = { enabled: true, because: null, params: {} }

function compare(
  path: readonly string[],
  from: JsonValue | undefined,
  to: JsonValue | undefined,
  digester: Digester,
  found: Difference[],
): void {
  if (digester.canonical(from ?? null) === digester.canonical(to ?? null)) return
  const [a, b] = [membersOf(from, path), membersOf(to, path)]
  if (a === null || b === null) {
    found.push({ path, from, to })
    return
  }
  const count = found.length
  for (const name of new Set([...Object.keys(a), ...Object.keys(b)])) {
    compare([...path, name], a[name], b[name], digester, found)
  }
  // The same things in another order.
  if (found.length === count) found.push({ path, from: Object.keys(a), to: Object.keys(b) })
}

/** By name, where the parts of a value have names; a check that the file does not speak of is as it comes. */
function membersOf(value: JsonValue | undefined, path: readonly string[]): Record<string, JsonValue> | null {
  if (value === undefined) return path.length === 2 && path[0] === 'checks' ? SILENT : null
  if (isObject(value)) return value
  if (!Array.isArray(value)) return null
  const names = value.map((entry) => (isObject(entry) ? (entry['id'] ?? entry['file'] ?? entry['subject']) : null))
  const named = names.every((name) => typeof name === 'string') && new Set(names).size === names.length
  return named ? Object.fromEntries(value.map((entry, index) => [names[index] as string, entry])) : null
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function segment(name: string): string {
  return /^[\w:@/-]+$/.test(name) ? name : JSON.stringify(name)
}

function told(value: JsonValue | undefined, { canonical, sha256 }: Digester): JsonValue {
  const text = canonical(value ?? null)
  return text.length > LONGEST ? { sha256: sha256(text) } : (value ?? null)
}

const KINDS: Readonly<Record<string, ChangeKind>> = {
  organization: 'organization',
  demo: 'organization',
  sources: 'scope',
  people: 'people',
  criticalSystems: 'scope',
  deviceTrust: 'rule',
  slaMs: 'threshold',
  checks: 'check',
  waivers: 'exclusion',
  attestations: 'attestation',
  controls: 'controls',
  ownChecks: 'check',
  checkSet: 'check',
}

/** What an auditor looks for first: who is judged, by what, what is left out. */
function kindOf(path: readonly string[]): ChangeKind {
  const [part, second, third, fourth] = path
  if (part === 'people' && second === 'serviceAccounts') return 'exclusion'
  if (part === 'deviceTrust' && second === 'scope') return 'scope'
  if (part === 'criticalSystems' && third === 'access') return 'rule'
  if (third?.endsWith('Ms') === true) return 'threshold'
  // Lists of what is approved are parameters (design section 3).
  if (part === 'checks' && third === 'params') return fourth === 'approved' ? 'exclusion' : 'threshold'
  return KINDS[part!] ?? 'software'
}

export interface EntryChange {
  readonly kind: 'waiver' | 'attestation'
  readonly act: 'created' | 'changed' | 'removed'
  /** As it is now; as it was, where it is removed. */
  readonly entry: Waiver | Attestation
}

/** What people declared in the configuration: waivers, then attestations, each by id. */
export function entryChanges(
  before: Pick<Settings, 'waivers' | 'attestations'> | null,
  now: Pick<Settings, 'waivers' | 'attestations'>,
  canonical: Digester['canonical'],
): EntryChange[] {
  return [
    ...changesIn('waiver', before?.waivers ?? [], now.waivers, canonical),
    ...changesIn('attestation', before?.attestations ?? [], now.attestations, canonical),
  ]
}

function changesIn(
  kind: EntryChange['kind'],
  before: readonly EntryChange['entry'][],
  now: readonly EntryChange['entry'][],
  canonical: Digester['canonical'],
): EntryChange[] {
  const same = (a: EntryChange['entry'], b: EntryChange['entry']): boolean =>
    canonical(a as unknown as JsonValue) === canonical(b as unknown as JsonValue)
  const was = new Map(before.map((entry) => [entry.id, entry]))
  const changes = now.flatMap((entry): EntryChange[] => {
    const earlier = was.get(entry.id)
    was.delete(entry.id)
    if (earlier === undefined) return [{ kind, act: 'created', entry }]
    return same(earlier, entry) ? [] : [{ kind, act: 'changed', entry }]
  })
  const gone = [...was.values()].map((entry): EntryChange => ({ kind, act: 'removed', entry }))
  return [...changes, ...gone].sort((a, b) => byText(a.entry.id, b.entry.id))
}
