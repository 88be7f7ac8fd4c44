/**
 * Who belongs to whom. Every join has a stated method and every non-join a stated reason; nothing is fuzzy, and two
 * candidates are no match (design section 2, item 4).
 */
import { cutoff } from './cutoff.ts'
import type { UnknownReason } from './finding.ts'
import { byText } from './json.ts'
import { perDevice } from './per-device.ts'
import type { Account, Agent, Device, Encryption, Enrolment, Person, Score, Vendor } from './record.ts'
import { sourceSettings } from './settings.ts'
import type { Snapshot } from './snapshot.ts'
import { type Instant, pastInstant } from './time.ts'

// ── accounts and people ────────────────────────────────────────────────────────────────────────────────────────────

export type Owner =
  | { person: Person; exempt: null; method: 'e-mail' | 'alias'; candidates: readonly Person[] }
  /** Shared-in accounts belong to another organisation, listed service accounts to nobody. */
  | { person: Person | null; exempt: 'shared' | 'service'; method: null; candidates: readonly Person[] }
  | { person: null; exempt: null; method: null; candidates: readonly Person[] }

/**
 * A login as it is compared: case ignored, nothing else. The Kelvin sign keeps apart from the k, which is the one ASCII
 * letter that a look-alike would turn into in lower case (Unicode CaseFolding.txt, U+212A).
 */
export function foldLogin(login: string): string {
  if (!login.includes('\u212a')) return login.toLowerCase()
  return login
    .split('\u212a')
    .map((part) => part.toLowerCase())
    .join('\u212a')
}

interface PeopleIndex {
  byName: ReadonlyMap<string, readonly Person[]>
  services: ReadonlySet<string>
}

/** People by every name they are known under: address, roster alias, declared alias. All lower case. */
function peopleIndex(snapshot: Snapshot): PeopleIndex {
  const byName = new Map<string, Person[]>()
  const add = (name: string, person: Person) => {
    const list = byName.get(name)
    if (list === undefined) byName.set(name, [person])
    else if (!list.includes(person)) list.push(person)
  }
  for (const person of snapshot.of('person')) {
    add(person.email, person)
    for (const alias of person.aliases) add(alias, person)
  }
  for (const [login, email] of Object.entries(snapshot.settings.people.aliases)) {
    for (const person of snapshot.of('person')) if (person.email === foldLogin(email)) add(foldLogin(login), person)
  }
  const services = new Set(snapshot.settings.people.serviceAccounts.map(foldLogin))
  for (const person of snapshot.of('person')) if (person.type === 'service') services.add(person.email)
  return { byName, services }
}

/** The person that an account belongs to, by exact address or declared alias, case ignored. */
export function ownerOf(snapshot: Snapshot, account: Account): Owner {
  return ownerOfLogin(snapshot, account.login, account.type === 'shared')
}

export function ownerOfLogin(snapshot: Snapshot, login: string, shared = false): Owner {
  const known = snapshot.derive(shared ? sharedOwners : owners)
  let owner = known.get(login)
  if (owner === undefined) {
    owner = findOwner(snapshot, login, shared)
    known.set(login, owner)
  }
  return owner
}

/** Remembered, because many checks ask for the same login. */
const owners = () => new Map<string, Owner>()
const sharedOwners = () => new Map<string, Owner>()

function findOwner(snapshot: Snapshot, login: string, shared: boolean): Owner {
  const { byName, services } = snapshot.derive(peopleIndex)
  const name = foldLogin(login)
  const candidates = byName.get(name) ?? []
  const only = candidates.length === 1 ? candidates[0]! : null
  if (shared) return { person: only, exempt: 'shared', method: null, candidates }
  if (services.has(name)) return { person: only, exempt: 'service', method: null, candidates }
  if (only === null) return { person: null, exempt: null, method: null, candidates }
  return { person: only, exempt: null, method: only.email === name ? 'e-mail' : 'alias', candidates }
}

function accountsByPerson(snapshot: Snapshot): ReadonlyMap<Person, readonly Account[]> {
  const map = new Map<Person, Account[]>()
  for (const account of snapshot.of('account')) {
    const { person, exempt } = ownerOf(snapshot, account)
    if (person === null || exempt === 'shared') continue
    const list = map.get(person)
    if (list === undefined) map.set(person, [account])
    else list.push(account)
  }
  return map
}

/** Accounts of a person in the snapshot's tailnet, shared-in ones aside. */
export function accountsOf(snapshot: Snapshot, person: Person): readonly Account[] {
  return snapshot.derive(accountsByPerson).get(person) ?? []
}

/** A person has departed once the end date is over, whatever the status says, or, without a date, when the status is `left`. */
export function departed(person: Person, at: Instant): boolean {
  return person.endsAt === null ? person.status === 'left' : at >= person.endsAt
}

// ── devices and their owners ───────────────────────────────────────────────────────────────────────────────────────

function accountsByLogin(snapshot: Snapshot): ReadonlyMap<string, Account> {
  return new Map(snapshot.of('account').map((account) => [foldLogin(account.login), account]))
}

export function accountByLogin(snapshot: Snapshot, login: string): Account | null {
  return snapshot.derive(accountsByLogin).get(foldLogin(login)) ?? null
}

/** The account that owns a device; null for tagged devices, whose owner is the tag, and where no account has the login. */
export const accountOfDevice = perDevice((snapshot, device): Account | null =>
  device.tags.length > 0 || device.user === null ? null : accountByLogin(snapshot, device.user),
)

/**
 * Whether the device was in the tailnet within the time before the snapshot; null where the vendor did not say.
 * `lastSeen` is left out while a device is connected.
 */
export function seenWithin(snapshot: Snapshot, device: Device, windowMs: number): boolean | null {
  if (device.connected === true) return true
  const lastSeen = pastInstant(device.lastSeen, snapshot.at)
  if (lastSeen !== null) return lastSeen >= cutoff(snapshot, windowMs)
  // Never online and not connected: it was not there. Anything unreadable stays open.
  return device.connected === false && device.lastSeen === null && !device.unread.includes('lastSeen') ? false : null
}

// ── devices and agents ─────────────────────────────────────────────────────────────────────────────────────────────

/** Firmware fillers that many machines share (vendors/sentinelone.md section 5). Compared normalised. */
const PLACEHOLDERS = new Set([
  '',
  'N/A',
  'NA',
  'NONE',
  'NULL',
  'UNKNOWN',
  '0',
  '-1',
  'SYSTEM SERIAL NUMBER',
  'TO BE FILLED BY O.E.M.',
  'TO BE FILLED BY O.E.M',
  'DEFAULT STRING',
  'NOT SPECIFIED',
  'NOT APPLICABLE',
  'CHASSIS SERIAL NUMBER',
  'SERIAL NUMBER',
  'INVALID',
])

/**
 * Trimmed, inner spaces folded, upper case: the form in which serial numbers are compared. ASCII letters only, because
 * "ſ" and "ı" have S and I as their capitals and are other letters.
 */
export function normalSerial(serial: string): string {
  if (NORMAL_SERIAL.test(serial)) return serial
  return serial
    .trim()
    .replace(/\s+/g, ' ')
    .replace(/[a-z]+/g, (letters) => letters.toUpperCase())
}

const NORMAL_SERIAL = /^[!-`{-~]*$/

/** A serial that names no single machine: a firmware filler, one repeated character, an all-zero UUID. */
export function isPlaceholder(serial: string): boolean {
  return namesNothing(normalSerial(serial))
}

function namesNothing(normal: string): boolean {
  return PLACEHOLDERS.has(normal) || (!startsDiverse(normal) && ONE_CHARACTER.test(normal))
}

/** Two different letters or digits at the start: nearly every serial number, told without a pattern. */
function startsDiverse(normal: string): boolean {
  const first = normal.charCodeAt(0)
  const second = normal.charCodeAt(1)
  return first !== second && isAlphanumeric(first) && isAlphanumeric(second)
}

/** Of ASCII, capitals only: as serial numbers are compared. */
function isAlphanumeric(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a)
}

/** One character again and again, dashes and spaces aside. */
const ONE_CHARACTER = /^[-\s]*(?:([^-\s])[-\s]*(?:\1[-\s]*)*)$/

/** The serial number by which a vendor's record is joined; null where it names no single machine. */
export function agentSerial({ serial }: Agent): string | null {
  if (serial === null) return null
  const normal = normalSerial(serial)
  return namesNothing(normal) ? null : normal
}

/** Reported serials that can name one machine, normalised, without repeats. */
export function usableSerials({ serials }: Device): readonly string[] {
  if (serials.length === 0) return NO_SERIALS
  const normal = serials.map(normalSerial).filter((serial) => !namesNothing(serial))
  return normal.length > 1 ? [...new Set(normal)] : normal
}

const NO_SERIALS: readonly string[] = []

/** The same, read once a snapshot. */
export const serialsOf = perDevice((_snapshot, device) => usableSerials(device))

/** Serial → devices of the tailnet that report it, external ones aside. */
export function devicesBySerial(snapshot: Snapshot): ReadonlyMap<string, readonly Device[]> {
  return snapshot.derive(indexDevices)
}

function indexDevices(snapshot: Snapshot): ReadonlyMap<string, readonly Device[]> {
  const map = new Map<string, Device[]>()
  for (const device of snapshot.of('device')) {
    if (device.isExternal === true) continue
    for (const serial of serialsOf(snapshot, device)) {
      const list = map.get(serial)
      if (list === undefined) map.set(serial, [device])
      else list.push(device)
    }
  }
  return map
}

interface AgentIndex {
  live: ReadonlyMap<string, readonly Agent[]>
  removed: ReadonlyMap<string, readonly Agent[]>
}

/** Each vendor's by itself: all three at once would hold up everybody else for as long as all three take. */
const AGENT_INDEX = {
  sentinelone: (snapshot: Snapshot) => indexAgents(snapshot, 'sentinelone'),
  crowdstrike: (snapshot: Snapshot) => indexAgents(snapshot, 'crowdstrike'),
  kandji: (snapshot: Snapshot) => indexAgents(snapshot, 'kandji'),
} satisfies Record<Vendor, unknown>

function indexAgents(snapshot: Snapshot, vendor: Vendor): AgentIndex {
  const live = new Map<string, Agent[]>()
  const removed = new Map<string, Agent[]>()
  const shared: Agent[][] = []
  for (const agent of snapshot.of('agent')) {
    if (agent.vendor !== vendor) continue
    const serial = agentSerial(agent)
    if (serial === null) continue
    const to = agent.removed || enrolmentOf(snapshot, agent)?.isRemoved === true ? removed : live
    const list = to.get(serial)
    if (list === undefined) to.set(serial, [agent])
    else if (list.push(agent) === 2) shared.push(list)
  }
  for (const list of shared) list.sort(lastSeenFirst(snapshot.at))
  return { live, removed }
}

/**
 * Newest first; never seen last, and so is a time that lies ahead of us, which is none (design section 2); ties by key,
 * so that the order is the same everywhere.
 */
function lastSeenFirst(at: Instant): (a: Agent, b: Agent) => number {
  const seen = (agent: Agent): Instant => pastInstant(agent.lastSeen, at) ?? ''
  return (a, b) => byText(seen(b), seen(a)) || byText(a.key, b.key)
}

/** Why a device has no agent record, in the words of the joins' page. */
export type NoAgent = 'no_serial' | 'placeholder_serial' | 'shared_serial' | 'no_record' | 'removed'

export type AgentMatch =
  | { agent: Agent; others: readonly Agent[]; why: null }
  | { agent: null; others: readonly Agent[]; why: NoAgent }

/**
 * The vendor's record of a device, by serial number. Of several live records the one last seen counts and the others
 * are named; a serial that two devices report joins neither. Remembered, because many checks ask for the same device.
 */
export function agentOf(snapshot: Snapshot, device: Device, vendor: Vendor): AgentMatch {
  return AGENT_OF[vendor](snapshot, device)
}

const AGENT_OF = {
  sentinelone: perDevice((snapshot, device) => matchAgent(snapshot, device, 'sentinelone')),
  crowdstrike: perDevice((snapshot, device) => matchAgent(snapshot, device, 'crowdstrike')),
  kandji: perDevice((snapshot, device) => matchAgent(snapshot, device, 'kandji')),
} satisfies Record<Vendor, unknown>

function matchAgent(snapshot: Snapshot, device: Device, vendor: Vendor): AgentMatch {
  const serials = ownSerials(snapshot, device)
  if (typeof serials === 'string') return NO_AGENT[serials]
  const { live, removed } = snapshot.derive(AGENT_INDEX[vendor])
  const found = gathered(live, serials, snapshot.at)
  if (found.length > 0) return { agent: found[0]!, others: found.length === 1 ? NO_OTHERS : found.slice(1), why: null }
  const gone = serials.flatMap((serial) => removed.get(serial) ?? NO_OTHERS)
  return gone.length === 0 ? NO_AGENT.no_record : { agent: null, others: gone, why: 'removed' }
}

const NO_OTHERS: readonly Agent[] = []

const NO_AGENT = {
  no_serial: { agent: null, others: NO_OTHERS, why: 'no_serial' },
  placeholder_serial: { agent: null, others: NO_OTHERS, why: 'placeholder_serial' },
  shared_serial: { agent: null, others: NO_OTHERS, why: 'shared_serial' },
  no_record: { agent: null, others: NO_OTHERS, why: 'no_record' },
} as const satisfies { [K in NoAgent]?: AgentMatch }

/** The serial numbers that the device alone reports, or why it has none. */
const ownSerials = perDevice(
  (snapshot, device): readonly string[] | 'no_serial' | 'placeholder_serial' | 'shared_serial' => {
    const serials = serialsOf(snapshot, device)
    if (serials.length === 0) return device.serials.length > 0 ? 'placeholder_serial' : 'no_serial'
    const devices = devicesBySerial(snapshot)
    const own = serials.filter((serial) => {
      const reporting = devices.get(serial)
      return reporting?.length === 1 && reporting[0] === device
    })
    return own.length === 0 ? 'shared_serial' : own
  },
)

/** The agents of these serial numbers, the one last seen first. */
function gathered(
  index: ReadonlyMap<string, readonly Agent[]>,
  serials: readonly string[],
  at: Instant,
): readonly Agent[] {
  if (serials.length === 1) return index.get(serials[0]!) ?? NO_OTHERS
  return serials.flatMap((serial) => index.get(serial) ?? NO_OTHERS).sort(lastSeenFirst(at))
}

/** The reason that checks give for a device without a vendor record. */
export function unknownFor(why: NoAgent): UnknownReason {
  return why === 'no_record' || why === 'removed' ? 'unmatched' : 'no_serial'
}

/** Kandji's device list says of the same device what Prism does not: missing, removed. */
export function enrolmentOf(snapshot: Snapshot, agent: Agent): Enrolment | null {
  return snapshot.one('enrolment', agent.source, agent.key)
}

/** Kandji's FileVault category of the same device. */
export function encryptionOf(snapshot: Snapshot, agent: Agent): Encryption | null {
  return snapshot.one('encryption', agent.source, agent.key)
}

/** CrowdStrike's Zero Trust Assessment of an agent. */
export function scoreOf(snapshot: Snapshot, agent: Agent): Score | null {
  return snapshot.one('score', agent.source, agent.key)
}

/** An agent that its console has not heard from within the source's `syncWindow` counts as absent. */
export function silent(snapshot: Snapshot, agent: Agent): boolean {
  const windowMs = sourceSettings(snapshot.settings, agent.source)?.syncWindowMs ?? null
  if (windowMs === null) return false
  const seen = pastInstant(agent.lastSeen, snapshot.at)
  return seen === null || seen < cutoff(snapshot, windowMs)
}
