/**
 * When access has to be gone, and what is to be said of access that is still there. The deadline is a part of the
 * question (checks.md section 1, rule 5): before it nothing is wrong yet, after it the failure is late at once.
 */
import { durationText } from './duration.ts'
import { type Facts, type Finding, finding, type Subject, unknown } from './finding.ts'
import type { JsonValue } from './json.ts'
import { departed } from './match.ts'
import type { AnyRecord, Carried, Person } from './record.ts'
import type { Settings } from './settings.ts'
import type { Snapshot } from './snapshot.ts'
import { tailnetOf } from './tailnet.ts'
import { HOUR, type Instant, plus } from './time.ts'

/** `offboarding.within` of a tailnet that the configuration does not name. */
const DEFAULT_WITHIN_MS = 24 * HOUR

export function offboardingWithinMs(settings: Settings, system: string | null): number {
  return settings.criticalSystems.find(({ source }) => source === system)?.offboardingWithinMs ?? DEFAULT_WITHIN_MS
}

/** The limit as checks show it among their parameters. */
export function offboardingLimits(settings: Settings, system: string | null): Readonly<Record<string, JsonValue>> {
  return { within: durationText(offboardingWithinMs(settings, system)) }
}

export interface Departure {
  /** The moment from which nothing of the person's may work any more. */
  readonly dueAt: Instant
  /** Whether the roster gives the day; otherwise the clock runs from our first sight. */
  readonly dated: boolean
  readonly facts: Facts
  readonly memory: Carried | null
}

/** The clock of a person who has departed, as the check with this id knows it. */
export function departureOf(snapshot: Snapshot, check: string, person: Person): Departure {
  const memory = snapshot.one('carried', tailnetOf(snapshot), memoryKey(check, person))
  const startsAt = person.endsAt ?? remembered(memory, 'seenLeftAt') ?? snapshot.at
  const dueAt = removalDue(startsAt, snapshot)
  return {
    dueAt,
    dated: person.endsAt !== null,
    facts: {
      leftAt: person.endDate,
      rosterSaidAt: remembered(memory, 'saidAt') ?? snapshot.at,
      dueAt,
      within: durationText(offboardingWithinMs(snapshot.settings, snapshot.system)),
    },
    memory,
  }
}

function removalDue(startsAt: Instant, snapshot: Snapshot): Instant {
  return plus(startsAt, offboardingWithinMs(snapshot.settings, snapshot.system))
}

/**
 * The answer for access that a departed person still has: not due yet, late, or, while nobody wrote when the person
 * left, open until the time from our first sight has run out.
 */
export function stillHasAccess(
  snapshot: Snapshot,
  check: string,
  subject: AnyRecord | Subject,
  person: Person,
  options: { facts: Facts; with?: readonly (AnyRecord | null)[] },
): Finding {
  const { dueAt, dated, facts: clock, memory } = departureOf(snapshot, check, person)
  const facts = { ...options.facts, ...clock }
  const read = { with: [person, ...(options.with ?? []), memory] }
  if (snapshot.at >= dueAt) {
    return finding('fail', subject, { ...read, facts, sla: dated ? 'breached' : 'not_determinable' })
  }
  const notice = `due by ${dueAt}`
  return dated
    ? finding('not_applicable', subject, { ...read, facts, notice })
    : unknown('no_data', subject, { ...read, facts: { ...facts, missing: 'end_date' }, notice })
}

/**
 * Whether access that is gone went in time. It went between the last reading with it and the first without; only where
 * both lie on one side of the deadline is that side certain.
 */
export type Removal = 'in time' | 'late' | 'not determinable'

/** What is known of the removal of a leaver's access, for facts; a late one deserves a word beside the pass. */
export function removalOf(departure: Departure): { facts: Facts; notice: string | null } {
  const { memory, dueAt, dated } = departure
  const lateAt = remembered(memory, 'lateAt')
  const goneAt = remembered(memory, 'goneAt')
  const inTime = goneAt !== null && goneAt <= dueAt
  const removal: Removal = !dated
    ? 'not determinable'
    : lateAt !== null
      ? 'late'
      : inTime
        ? 'in time'
        : 'not determinable'
  return {
    facts: { removal, accessSeenAfterDueAt: lateAt, firstSeenWithoutAccessAt: goneAt },
    notice: removal === 'late' ? `removed late: access was still there at ${lateAt}, due by ${dueAt}` : null,
  }
}

// ── what the next run must know ────────────────────────────────────────────────────────────────────────────────────

function memoryKey(check: string, person: Person): string {
  return `${check}/${person.source}/${person.key}`
}

function remembered(memory: Carried | null, name: 'saidAt' | 'seenLeftAt' | 'lateAt' | 'goneAt'): Instant | null {
  const value = memory?.body[name]
  return typeof value === 'string' ? value : null
}

/** Whether a leaver still has access; null where that cannot be said. */
type HasAccess = (snapshot: Snapshot, person: Person) => boolean | null

/**
 * Remembers when the roster first named an end (`saidAt`) and when the person was first seen as gone (`seenLeftAt`), and
 * where `hasAccess` is given, when access was first seen after the deadline (`lateAt`) and first seen gone (`goneAt`).
 * None of them moves from run to run. Who is back in employment is forgotten, so that a second departure starts a clock
 * of its own.
 */
export function carryDepartures(check: string, hasAccess?: HasAccess): (snapshot: Snapshot) => readonly Carried[] {
  return (snapshot) =>
    snapshot
      .of('person')
      .filter((person) => person.endDate !== null || person.status === 'left')
      .map((person): Carried => {
        const source = tailnetOf(snapshot)
        const key = memoryKey(check, person)
        const before = snapshot.one('carried', source, key)
        const gone = departed(person, snapshot.at)
        const seenLeftAt = gone ? (remembered(before, 'seenLeftAt') ?? snapshot.at) : null
        const saidAt = remembered(before, 'saidAt') ?? snapshot.at
        const access = hasAccess === undefined ? {} : accessBounds(snapshot, check, person, gone ? hasAccess : null)
        return { kind: 'carried', source, key, unread: [], check, body: { saidAt, seenLeftAt, ...access } }
      })
}

function accessBounds(snapshot: Snapshot, check: string, person: Person, hasAccess: HasAccess | null) {
  if (hasAccess === null) return { lateAt: null, goneAt: null }
  const { memory, dueAt } = departureOf(snapshot, check, person)
  const lateAt = remembered(memory, 'lateAt')
  const goneAt = remembered(memory, 'goneAt')
  const access = hasAccess(snapshot, person)
  if (access === null) return { lateAt, goneAt }
  if (!access) return { lateAt, goneAt: goneAt ?? snapshot.at }
  return { lateAt: lateAt ?? (snapshot.at >= dueAt ? snapshot.at : null), goneAt: null }
}
