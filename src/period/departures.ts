/** Who left, as the roster told it from reading to reading. */
import { foldLogin } from '../domain/match.ts'
import type { Person } from '../domain/record.ts'
import type { Instant } from '../domain/time.ts'
import type { Life } from './lives.ts'
import type { Pulls } from './pulls.ts'

export interface Departure {
  readonly source: string
  /** As the roster last had the person. */
  readonly person: Person
  /** Sequence of the run whose reading first named this end, or showed the person as left or no more; and when it ended. */
  readonly saidIn: number
  readonly saidAt: Instant
  /** The roster said so at its first reading of all: it may have said it long before. */
  readonly fromTheFirst: boolean
  /** Sequence of the last run in which the roster had the person; null: it still has. */
  readonly goneFrom: number | null
  /** Sequence from which on the person was employed again; null: never. */
  readonly backFrom: number | null
  /** An end that had passed when another was written over it: the clock must not run better for that. */
  readonly movedFrom: readonly { readonly endDate: string; readonly endsAt: Instant; readonly at: Instant }[]
}

/** Those of everybody, by person; of one who left twice, both. Service identities are no people. */
export function departuresIn(people: readonly Life[], pulls: Pulls): Departure[] {
  return people.flatMap((life) => departuresOf(life, pulls))
}

interface Turn {
  readonly from: number
  readonly person: Person | null
}

function departuresOf({ source, sights }: Life, pulls: Pulls): Departure[] {
  const found: Departure[] = []
  let own: Turn[] = []
  const close = (backFrom: number | null): void => {
    const departure = own.length === 0 ? null : departureOf(source, own, backFrom)
    if (departure !== null) found.push(departure)
    own = []
  }
  for (const { from, sight } of sights) {
    const person = sight?.person ?? null
    if (person !== null && !hasLeft(person)) close(from)
    else own.push({ from, person })
  }
  close(null)
  return found

  function departureOf(id: string, turns: readonly Turn[], backFrom: number | null): Departure | null {
    const last = turns.at(-1)!
    const goneFrom = last.person === null ? last.from : null
    const written = turns.findLast(({ person }) => person !== null)?.person ?? lastBefore(turns[0]!.from)
    if (written === null || written.type === 'service') return null
    // Who is no more in the roster before the end that it named left on a day that it does not name.
    const early = goneFrom !== null && written.endsAt !== null && written.endsAt > pulls.momentOf(goneFrom)
    const person = early ? { ...written, endDate: null, endsAt: null } : written
    const said = early ? last : saidOf(turns, person)
    return {
      source: id,
      person,
      saidIn: said.from,
      saidAt: pulls.momentOf(said.from),
      fromTheFirst: said.from <= pulls.firstReading(id),
      goneFrom,
      backFrom,
      movedFrom: movedIn(turns, pulls),
    }
  }

  function lastBefore(sequence: number): Person | null {
    return sights.findLast(({ from, sight }) => from < sequence && sight?.person != null)?.sight?.person ?? null
  }
}

/** The first reading that said what the last one says, or that showed the person as left or no more with no other end. */
function saidOf(turns: readonly Turn[], known: Person): Turn {
  let said = turns.at(-1)!
  for (const turn of turns.toReversed()) {
    const endDate = turn.person?.endDate ?? null
    if (endDate !== null && endDate !== known.endDate) break
    said = turn
  }
  return said
}

function hasLeft({ endDate, status }: Person): boolean {
  return endDate !== null || status === 'left'
}

function movedIn(turns: readonly Turn[], pulls: Pulls): Departure['movedFrom'] {
  const moved: { endDate: string; endsAt: Instant; at: Instant }[] = []
  for (const [index, { from, person }] of turns.entries()) {
    const before = turns[index - 1]?.person ?? null
    if (before?.endsAt == null || person === null || before.endDate === person.endDate) continue
    const at = pulls.momentOf(from)
    if (before.endsAt <= at) moved.push({ endDate: before.endDate!, endsAt: before.endsAt, at })
  }
  return moved
}

/** Every name that somebody is known under, as logins are compared. */
export function namesOf(person: Person, declared: Readonly<Record<string, string>>): ReadonlySet<string> {
  const names = new Set([person.email, ...person.aliases].map(foldLogin))
  for (const [login, email] of Object.entries(declared)) {
    if (foldLogin(email) === person.email) names.add(foldLogin(login))
  }
  return names
}
