/** The joiner/leaver ledger: of everybody who left, when access had to be gone and when it was, in each tailnet. */
import { TAILNET } from '../domain/evaluate.ts'
import { byText } from '../domain/json.ts'
import { foldLogin, ownerOfLogin } from '../domain/match.ts'
import { offboardingWithinMs } from '../domain/offboarding.ts'
import type { Bounds, LeaverClock, Returned } from '../domain/period.ts'
import type { Person } from '../domain/record.ts'
import type { Settings } from '../domain/settings.ts'
import type { Snapshot } from '../domain/snapshot.ts'
import { type Instant, plus } from '../domain/time.ts'
import { momentText } from '../domain/words.ts'
import { accessOf, type OwnAccount, openedAfter, type Removal } from './access.ts'
import { type ClockTold, clockOf, open } from './clock.ts'
import { type Departure, departuresIn, namesOf } from './departures.ts'
import type { Life } from './lives.ts'
import { endWithin, lies, type VendorLog, witnessOf } from './log.ts'
import type { Pulls, RunOfPeriod } from './pulls.ts'
import { type Rosters, runAt } from './rosters.ts'

export interface LeaverParts {
  readonly rosters: Rosters
  readonly lives: readonly Life[]
  readonly pulls: Pulls
  readonly log: VendorLog
  readonly settingsOf: (digest: string) => Settings
  /** The period, up to when it is told. */
  readonly from: Instant
  readonly until: Instant
}

/** A line of the ledger, and what else of it leads to the records. */
export interface Leaver extends LeaverClock {
  readonly departure: Departure
  readonly removed: Removal
  /** Keys of the accounts. */
  readonly keys: readonly string[]
}

/**
 * By system, then person, then when the roster said so.
 * @param only asked for, whatever the period; otherwise those whose leaving is of it
 */
export function leaversIn(parts: LeaverParts, only?: (departure: Departure) => boolean): Leaver[] {
  const { lives, pulls, from, until } = parts
  const people = lives.filter(({ kind }) => kind === 'person')
  const owning = { ...parts, logins: loginsIn(lives) }
  const tailnets = [...pulls.sources].flatMap(([id, kind]) => (kind === TAILNET ? [id] : []))
  const found: Leaver[] = []
  for (const departure of departuresIn(people, pulls)) {
    const { endsAt } = departure.person
    if (endsAt !== null && endsAt > until) continue
    if (only !== undefined && !only(departure)) continue
    if (departure.backFrom !== null && pulls.momentOf(departure.backFrom) < from) continue
    const owned = ownedBy(departure, owning)
    if (owned === null) continue
    for (const system of tailnets) {
      const leaver = leaverOf(system, departure, owned, owning)
      if (only !== undefined || isOfThePeriod(departure, leaver.removed, from)) found.push(leaver)
    }
  }
  return found.sort(
    (a, b) => byText(a.system, b.system) || byText(a.person, b.person) || byText(a.rosterSaidAt, b.rosterSaidAt),
  )
}

// ── whose account is whose ─────────────────────────────────────────────────────────────────────────────────────────

interface Owned {
  readonly accounts: readonly Life[]
  /** Accounts with a login that two people answer to, this one among them. */
  readonly contested: readonly Life[]
}

type Owning = LeaverParts & { readonly logins: ReadonlyMap<string, readonly Life[]> }

/** Accounts by every login that they ever had. */
function loginsIn(lives: readonly Life[]): ReadonlyMap<string, readonly Life[]> {
  const found = new Map<string, Life[]>()
  for (const life of lives) {
    if (life.kind !== 'account') continue
    for (const login of new Set(life.sights.flatMap(({ sight }) => (sight === null ? [] : [foldLogin(sight.label)])))) {
      const own = found.get(login)
      if (own === undefined) found.set(login, [life])
      else own.push(life)
    }
  }
  return found
}

/**
 * By the one join of domain/match.ts, over the roster that said so and the last that had the person: an alias may be
 * declared later. Null where the roster goes on with the same person under another address.
 */
function ownedBy({ person, saidIn, goneFrom, backFrom }: Departure, owning: Owning): Owned | null {
  const { pulls, rosters, logins, settingsOf } = owning
  const end = backFrom === null ? pulls.runs.at(-1)!.sequence : backFrom - 1
  const last = goneFrom === null ? end : goneFrom - 1
  if (goneFrom !== null && person.endDate === null && goesOnAsAnother(person, rosters(goneFrom))) return null
  const accounts = new Set<Life>()
  const contested = new Set<Life>()
  for (const sequence of new Set([Math.min(saidIn, last), last])) {
    const { aliases } = settingsOf(runAt(sequence, pulls).settings).people
    for (const name of namesOf(person, aliases)) {
      for (const life of logins.get(name) ?? []) {
        const roster = rosters(sequence)
        const sight = life.sights.find((one) => one.sight !== null && foldLogin(one.sight.label) === name)!.sight!
        const owner = ownerOfLogin(roster, sight.label, sight.type === 'shared')
        if (owner.exempt !== null) continue
        if (owner.person?.key === person.key) accounts.add(life)
        else if (owner.candidates.some(({ key }) => key === person.key)) contested.add(life)
      }
    }
  }
  return { accounts: [...accounts], contested: [...contested].filter((life) => !accounts.has(life)) }
}

/** Renamed: the new row answers to the old address. */
function goesOnAsAnother(person: Person, roster: Snapshot): boolean {
  const owner = ownerOfLogin(roster, person.email)
  return owner.person !== null && owner.person.key !== person.key
}

// ── one line ───────────────────────────────────────────────────────────────────────────────────────────────────────

function leaverOf(system: string, departure: Departure, owned: Owned, owning: Owning): Leaver {
  const { pulls, log, until, settingsOf } = owning
  const { person, saidAt, saidIn, backFrom } = departure
  const accounts = owned.accounts
    .filter(({ source }) => source === system)
    .map((life): OwnAccount => ({ life, events: log.of(system, { key: life.key, label: lastLabel(life) }) }))
  const end = backFrom ?? Number.POSITIVE_INFINITY
  const seen = accessOf(system, accounts, end, pulls)
  const removed = seen.ever ? seen : (seenByLog(system, departure, end, owning) ?? seen)

  const startsAt = person.endsAt ?? saidAt
  const known = startsAt > saidAt ? inForceAt(startsAt, pulls) : runAt(saidIn, pulls)
  const within = offboardingWithinMs(settingsOf(known.settings), system)
  const dueAt = plus(startsAt, within)
  const frame = { system, dueAt, within, until, removed, owned, pulls, departure }
  const told = clockOver(frame)
  return {
    system,
    person: person.email,
    name: person.name,
    type: person.type,
    endDate: person.endDate,
    endsAt: person.endsAt,
    rosterSaidAt: saidAt,
    dueAt,
    accounts: [...new Set(accounts.map(({ life }) => lastLabel(life)))].sort(byText),
    removal: removed.bounds,
    witness: removed.witness,
    ...told,
    returned: returnedIn(system, departure, accounts, pulls),
    departure,
    removed,
    keys: accounts.map(({ life }) => life.key).sort(byText),
  }
}

/** The roster and the tailnet each for itself: access that came back while the roster says that they left is no return. */
function returnedIn(
  system: string,
  { person, saidAt, backFrom }: Departure,
  accounts: readonly OwnAccount[],
  pulls: Pulls,
): Returned | null {
  const again = openedAfter(system, accounts, person.endsAt ?? saidAt, pulls)
  if (backFrom === null && again === null) return null
  return { rosterAt: backFrom === null ? null : pulls.momentOf(backFrom), accessAt: again?.endedAt ?? null }
}

/** Gone before any reading could show it: the log knows of an account that we never saw. */
function seenByLog(
  system: string,
  { person, saidIn }: Departure,
  end: number,
  { pulls, log, settingsOf }: Owning,
): Removal | null {
  const readings = pulls.of(system, 'account').filter(({ sequence }) => sequence < end)
  const last = readings.at(-1)
  if (last === undefined || pulls.readBefore(system) !== null) return null
  const { aliases } = settingsOf(runAt(saidIn, pulls).settings).people
  const events = [...namesOf(person, aliases)]
    .flatMap((name) => log.of(system, { key: name, label: name }))
    .sort((a, b) => byText(a.at, b.at))
  const gone = endWithin(events, { after: null, before: last.endedAt })
  if (gone === null) return null
  const next = readings.find(({ endedAt }) => lies(gone.at, null, endedAt)) ?? last
  return {
    bounds: { after: null, before: next.endedAt, runAfter: null, runBefore: next.sequence },
    witness: witnessOf(gone),
    ...{ disagrees: null, reopened: null, ever: true, unsaid: null },
  }
}

function lastLabel({ sights }: Life): string {
  return sights.findLast(({ sight }) => sight !== null)!.sight!.label
}

/**
 * Who left in it, or was said to have left in it, or still had access in it. What the first reading of all says may have
 * been said for years: of those only who still had access are news.
 */
function isOfThePeriod({ person, saidAt, fromTheFirst }: Departure, { bounds }: Removal, from: Instant): boolean {
  if (person.endsAt !== null && person.endsAt >= from) return true
  return (!fromTheFirst && saidAt >= from) || (bounds.after !== null && bounds.after >= from)
}

function inForceAt(at: Instant, { runs }: Pulls): RunOfPeriod {
  return runs.findLast(({ snapshotAt }) => snapshotAt <= at) ?? runs[0]!
}

interface Frame {
  readonly system: string
  readonly dueAt: Instant
  readonly within: number
  readonly until: Instant
  readonly removed: Removal
  readonly owned: Owned
  readonly pulls: Pulls
  readonly departure: Departure
}

function clockOver(frame: Frame): ClockTold {
  const { system, owned, removed, dueAt, departure } = frame
  const contested = owned.contested.filter(({ source }) => source === system).map(lastLabel)
  if (contested.length > 0) {
    const logins = contested.sort(byText).join(', ')
    return open(`Two people in the roster answer to ${logins}: nobody can say whose account it is.`)
  }
  if (!removed.ever) return withoutAccount(frame)
  if (removed.unsaid !== null)
    return open(`The vendor did not say the status of ${removed.unsaid}, so nobody can say when access ended.`)
  if (departure.person.endsAt === null) return withoutDate(frame)
  const told = counted(frame, dueAt)
  for (const { endDate, endsAt, at } of departure.movedFrom) {
    // By the end that had passed when it was written over.
    const before = counted(frame, plus(endsAt, frame.within))
    if (before.clock === told.clock) continue
    const to = departure.person.endDate
    return open(
      `The roster's end was moved from ${endDate} to ${to} at ${momentText(at)}, after ${endDate} was over: by the one it would be ${WORD[before.clock]}, by the other ${WORD[told.clock]}.`,
    )
  }
  if (told.clock !== 'within') return told
  if (removed.reopened !== null) return open(removed.reopened)
  return removed.bounds.after === null && removed.witness === null ? NO_ACCESS : told
}

const NO_ACCESS: ClockTold = { clock: 'no_access', lateMs: null, why: null }

const WORD: Readonly<Record<ClockTold['clock'], string>> = {
  within: 'in time',
  breached: 'late',
  not_determinable: 'not determinable',
  open: 'not due yet',
  no_access: 'without access',
}

function counted({ system, until, removed, pulls }: Frame, dueAt: Instant): ClockTold {
  const { bounds: removal, witness, disagrees } = removed
  return clockOf({ dueAt, until, removal, witness, disagrees, outage: outageIn(system, removal, pulls) })
}

/** Nothing was ever there: so it holds from the first reading on, and for what lies before that nobody looked. */
function withoutAccount({ system, pulls, dueAt, until, departure }: Frame): ClockTold {
  const readings = pulls.of(system, 'account')
  const looked = readings.some(({ endedAt }) => endedAt <= dueAt) || pulls.readBefore(system) !== null
  const since = readings.some(({ collectedAt }) => collectedAt >= (departure.person.endsAt ?? departure.saidAt))
  if (!since && until < dueAt) return { clock: 'open', lateMs: null, why: null }
  if (!since) return open('The tailnet was not read since the person left.')
  return looked ? NO_ACCESS : open('There was no account at our first reading, which came after the deadline.')
}

/** The end lies somewhere before the roster said so: what came after that is late at the latest then, by how much nobody knows. */
function withoutDate({ removed, dueAt, until }: Frame): ClockTold {
  const { bounds } = removed
  if (bounds.before === null && until < dueAt) return { clock: 'open', lateMs: null, why: null }
  const seen =
    bounds.after !== null && bounds.after >= dueAt
      ? `; access was still there at ${momentText(bounds.after)}, later than any end allows`
      : ''
  return open(`The roster does not say when they left${seen}.`)
}

/** What the runs between the two readings say of the source; null where it was read all the while. */
function outageIn(system: string, { runAfter, runBefore }: Bounds, { runs }: Pulls): string | null {
  const causes = new Set<string>()
  for (const { sequence, sources } of runs) {
    if (runAfter === null || sequence <= runAfter || (runBefore !== null && sequence >= runBefore)) continue
    const state = sources.find(({ id }) => id === system)
    if (state === undefined) causes.add('not configured')
    else if (state.status !== 'complete') causes.add(state.status)
  }
  return causes.size === 0 ? null : [...causes].sort(byText).join(', ')
}
