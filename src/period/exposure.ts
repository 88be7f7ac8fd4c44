/** What somebody who left could still reach, and whether the readings saw them do it. */
import { isMinted } from '../domain/credential.ts'
import { AppError } from '../domain/error.ts'
import { byText } from '../domain/json.ts'
import type { LeaverExposure, LeaverPage, Observed, Reach, ReachingRule } from '../domain/leaver-page.ts'
import { foldLogin } from '../domain/match.ts'
import { policyOf } from '../domain/policy.ts'
import { effectivePosture, reaches } from '../domain/policy-reach.ts'
import { type Caller, letsIn } from '../domain/policy-source.ts'
import { type Account, type AnyRecord, type Device, type Key, labelOf, type Person } from '../domain/record.ts'
import type { Settings } from '../domain/settings.ts'
import type { PastRun, Store } from '../domain/store.ts'
import { type Instant, pastInstant } from '../domain/time.ts'
import { namesOf } from './departures.ts'
import { type Past, type PeriodParts, pastOf } from './index.ts'
import { type Leaver, leaversIn } from './leavers.ts'
import type { AcceptedPull } from './pulls.ts'

export interface ExposureParts extends Pick<PeriodParts, 'runs' | 'settingsOf'> {
  readonly store: PeriodParts['store'] & Pick<Store, 'past'>
  /** Up to when is told: now, or the moment asked for. */
  readonly until: Instant
}

/** Throws AppError `usage` where nobody of that name has left. */
export async function leaverPage(asked: string, parts: ExposureParts): Promise<LeaverPage> {
  const past = await pastOf(parts, ['account', 'person'])
  const person = personNamed(asked, past, parts)
  const lines = leaversIn({ ...past, ...parts, from: '' }, ({ person: own }) => own.key === person.key)
  const newest = lines.reduce((latest, { rosterSaidAt }) => (rosterSaidAt > latest ? rosterSaidAt : latest), '')
  const own = lines.filter(({ rosterSaidAt }) => rosterSaidAt === newest)
  if (own.length === 0) throw stillThere(person, parts.until)
  const systems: LeaverExposure[] = []
  for (const line of own) systems.push(await exposureOf(line, past, parts))
  return { person: person.email, name: person.name, until: parts.until, systems }
}

function personNamed(asked: string, { lives }: Past, { runs, settingsOf }: ExposureParts): Person {
  const { aliases } = settingsOf(runs.at(-1)!.settings).people
  const people = lives.flatMap(
    ({ sights }) => sights.findLast(({ sight }) => sight?.person != null)?.sight?.person ?? [],
  )
  const found = people.filter((person) => answersTo(person, asked, aliases))
  if (found.length === 1) return found[0]!
  throw new AppError(
    'usage',
    found.length === 0
      ? `explain leaver: the roster never had "${asked}"; give the e-mail, an alias or the name as the roster writes it`
      : `explain leaver: "${asked}" may be ${found.map(({ email }) => email).join(' or ')}; give the e-mail`,
  )
}

/** By address, alias or name. */
export function answersTo(person: Person, asked: string, declared: Readonly<Record<string, string>>): boolean {
  const wanted = foldLogin(asked.trim())
  return namesOf(person, declared).has(wanted) || (person.name !== null && foldLogin(person.name) === wanted)
}

function stillThere({ email, endDate }: Person, until: Instant): AppError {
  const why =
    endDate === null
      ? 'the roster names no end and has them as active'
      : `the roster names ${endDate} as the end, which is not over at ${until}`
  return new AppError('usage', `explain leaver: ${email} has not left: ${why}`)
}

// ── what was theirs, and whether it was seen ───────────────────────────────────────────────────────────────────────

async function exposureOf(line: Leaver, past: Past, parts: ExposureParts): Promise<LeaverExposure> {
  const { departure: _, removed: __, keys, ...clock } = line
  const since = line.endsAt ?? line.rosterSaidAt
  const { runAfter } = line.removal
  const readings = past.pulls.of(line.system, 'account')
  const looked = readingsOver(readings, line, since)
  const things = new Map<string, Observed>()
  let reach: Reach = NOTHING
  for (const reading of looked) {
    const run = await parts.store.past(reading.run)
    if (run === null) continue
    const theirs = thingsOf(run.records, line.system, new Set(keys), line.accounts)
    for (const one of [...theirs.accounts, ...theirs.devices, ...theirs.keys]) {
      const name = `${one.kind}\0${one.key}`
      const seen = observed(one, run, reading, since)
      things.set(name, newer(things.get(name), seen))
    }
    if (reading.sequence === runAfter || reach === NOTHING) reach = reachOf(run, line.system, theirs)
  }
  const sorted = [...things.values()].sort((a, b) => byText(a.kind, b.kind) || byText(a.key, b.key))
  return { clock, since, things: sorted, reach }
}

const NOTHING: Reach = { targets: [], rules: [], problem: 'no reading shows an account of theirs', run: null }

/** The first from the end on, the last with access, the first without: what lies between is told by "last seen". */
function readingsOver(readings: readonly AcceptedPull[], { removal }: Leaver, since: Instant): AcceptedPull[] {
  const { runAfter, runBefore } = removal
  const wanted = new Set([readings.find(({ collectedAt }) => collectedAt >= since)?.sequence, runAfter, runBefore])
  return readings.filter(({ sequence }) => wanted.has(sequence))
}

interface Theirs {
  readonly accounts: readonly Account[]
  readonly devices: readonly Device[]
  readonly keys: readonly Key[]
}

function thingsOf(
  records: readonly AnyRecord[],
  system: string,
  ids: ReadonlySet<string>,
  logins: readonly string[],
): Theirs {
  const names = new Set(logins.map(foldLogin))
  const own = records.filter(({ source }) => source === system)
  return {
    accounts: own.filter((record) => record.kind === 'account').filter(({ key }) => ids.has(key)),
    devices: own
      .filter((record) => record.kind === 'device')
      .filter(({ user, tags }) => tags.length === 0 && user !== null && names.has(foldLogin(user))),
    keys: own
      .filter((record) => record.kind === 'key')
      .filter(
        (key) => !isMinted(key) && key.userId !== null && (ids.has(key.userId) || names.has(foldLogin(key.userId))),
      ),
  }
}

function observed(one: Account | Device | Key, run: PastRun, reading: AcceptedPull, since: Instant): Observed {
  const seen = one.kind === 'key' ? null : lastSeenOf(one, reading.collectedAt)
  const at = pastInstant(seen, run.run.snapshotAt)
  return {
    kind: one.kind,
    key: one.key,
    label: labelOf(one),
    seenAt: at !== null && at >= since ? at : null,
    untold: one.kind === 'key',
    standing: standingOf(one, run.run.snapshotAt),
    run: reading.sequence,
  }
}

/** "Last seen" is left out while a device is connected. */
function lastSeenOf(one: Account | Device, readAt: Instant): Instant | null {
  const connected = one.kind === 'account' ? one.currentlyConnected : one.connected
  return connected === true ? readAt : one.lastSeen
}

function standingOf(one: Account | Device | Key, at: Instant): string | null {
  if (one.kind === 'account') return one.status
  if (one.kind === 'device') return one.authorized === false ? 'not authorized' : null
  const works = one.invalid !== true && one.revokedAt === null && (one.expiresAt === null || one.expiresAt > at)
  return works ? 'works' : 'works no more'
}

function newer(known: Observed | undefined, now: Observed): Observed {
  if (known === undefined) return now
  const seenAt = now.seenAt === null || (known.seenAt !== null && known.seenAt > now.seenAt) ? known.seenAt : now.seenAt
  return { ...now, seenAt }
}

// ── what the policy let them reach ─────────────────────────────────────────────────────────────────────────────────

/** The list that check POS-10 is measured by. */
function targetsOf(settings: Settings): readonly string[] {
  const listed = settings.checks['posture-enforced-on-targets']?.params['targets']
  return Array.isArray(listed) ? listed.filter((each) => typeof each === 'string') : []
}

function reachOf(run: PastRun, system: string, { accounts, devices }: Theirs): Reach {
  const targets = targetsOf(run.settings)
  const frame = { targets, run: run.run.sequence }
  const record = run.records.find((each) => each.kind === 'policy' && each.source === system)
  if (record?.kind !== 'policy') return { ...frame, rules: [], problem: 'the policy file was not sent' }
  const model = policyOf(record)
  if ('problem' in model) return { ...frame, rules: [], problem: `the policy file cannot be read: ${model.problem}` }
  const addresses = devices.flatMap((device) => device.addresses)
  const callers = accounts.map(({ login, role, type }): Caller => ({ login, role, type, addresses }))
  const known = run.records.filter((each): each is Device => each.kind === 'device' && each.source === system)
  const rules = [...model.acls, ...model.grants].flatMap((rule): ReachingRule[] => {
    const answers = callers.map((caller) => letsIn(rule, caller, model))
    const lets = answers.includes('yes') ? 'yes' : answers.includes('unknown') ? 'unknown' : null
    if (lets === null) return []
    const reached =
      targets.length === 0
        ? rule.dst.map(({ selector, ports }) => (ports === null ? selector : `${selector}:${ports}`))
        : targets.filter((target) => reaches(rule, target, model, known) !== 'no')
    if (reached.length === 0) return []
    const { postures } = effectivePosture(rule, model)
    return [
      {
        rule: `${rule.section}[${rule.index}]`,
        line: rule.place.line,
        text: rule.text,
        lets,
        reaches: reached,
        postures,
      },
    ]
  })
  return { ...frame, rules, problem: null }
}
