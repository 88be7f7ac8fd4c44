/**
 * Numbers for those whom checks judge. Findings stand in the order in which records do, so each is found by going on from
 * the one before, and mostly it is the very object that the pull brought.
 */
import type Database from 'better-sqlite3'
import { byText } from '../domain/json.ts'
import type { JudgedPopulation } from '../domain/store.ts'
import { Growing, type Members } from './members.ts'
import type { Roll } from './records.ts'

export type Place = JudgedPopulation['subjects'][number]

/** A subject that is no record. */
export interface Stated extends Place {
  readonly id: number
}

const STATED = 'select id, key from stated where source = ? and kind = ?'
const NEWEST_STATED = 'select max(id) from stated'

// Both are counted from one by themselves: records have the even numbers.
export const numberOfThing = (id: number): number => id * 2
export const numberOfStated = (id: number): number => id * 2 + 1
export const isStated = (number: number): boolean => number % 2 === 1
export const idOf = (number: number): number => Math.floor(number / 2)

export function numberingIn(db: Database.Database) {
  const statedRows = db.prepare<[string, string], { id: number; key: string }>(STATED)
  const newestStated = db.prepare<[], number | null>(NEWEST_STATED).pluck()

  /** The numbers of the subjects that are no records, in order of their keys; kept from seal to seal. */
  function statedIn(rolls: Map<string, Roll>, source: string, kind: string): Roll {
    const name = `${source}\0${kind}`
    let roll = rolls.get(name)
    if (roll === undefined) {
      const rows = statedRows.all(source, kind).sort((a, b) => byText(a.key, b.key))
      roll = { source, kind, places: rows, ids: Int32Array.from(rows, ({ id }) => id) }
      rolls.set(name, roll)
    }
    return roll
  }

  /**
   * For the subjects of one run's results.
   * @param rolls everything that its snapshot holds
   * @param known those of subjects that are no records, as far as they were read
   */
  return function numbering(rolls: readonly Roll[], known: Map<string, Roll>) {
    const comers = new Map<string, Stated>()
    let last = newestStated.get() ?? 0

    function comerAt({ source, kind, key }: Place): number {
      const name = `${source}\0${kind}\0${key}`
      const comer = comers.get(name) ?? { id: ++last, source, kind, key }
      comers.set(name, comer)
      return comer.id
    }

    return {
      comers: (): readonly Stated[] => [...comers.values()],
      /** Of those that are no records zero. */
      ofRecords(subjects: readonly Place[]): Int32Array {
        const seek = seeker((source, kind) => rolls.find((roll) => roll.source === source && roll.kind === kind))
        const numbers = new Int32Array(subjects.length)
        for (let at = 0; at < subjects.length; at++) numbers[at] = numberOfThing(seek(subjects[at]!))
        return numbers
      },
      /** For subjects in order that are no records; each gets one when it is first judged. */
      ofStated(): (subject: Place) => number {
        const seek = seeker((source, kind) => statedIn(known, source, kind))
        return (subject) => numberOfStated(seek(subject) || comerAt(subject))
      },
    }
  }
}

/** What was read before a seal, with those whom it gave a number. */
export function addComers(known: Map<string, Roll>, comers: readonly Stated[]): void {
  for (const [name, own] of Map.groupBy(comers, ({ source, kind }) => `${source}\0${kind}`)) {
    const roll = known.get(name)!
    const all = roll.places.map(({ key }, at) => ({ key, id: roll.ids[at]! })).concat(own)
    all.sort((a, b) => byText(a.key, b.key))
    known.set(name, { ...roll, places: all, ids: Int32Array.from(all, ({ id }) => id) })
  }
}

/** Zero is nobody's: numbers begin at one. */
interface Numbers {
  ofRecords(subjects: readonly Place[]): Int32Array
  ofStated(): (subject: Place) => number
}

export interface Population {
  membersOf(judged: Uint8Array): Members
}

/** Checks that speak of the same subjects mostly judge the same ones of them too. */
export function populationOf(subjects: readonly Place[], numbers: Numbers): Population {
  const ofRecords = numbers.ofRecords(subjects)
  const known: { judged: Uint8Array; members: Members }[] = []
  return {
    membersOf(judged) {
      const same = known.find((each) => Buffer.compare(each.judged, judged) === 0)
      if (same !== undefined) return same.members
      const members = new Growing()
      const ofStated = numbers.ofStated()
      for (let at = 0; at < subjects.length; at++) {
        if (judged[at] === 1) members.add(ofRecords[at] || ofStated(subjects[at]!))
      }
      known.push({ judged, members: members.members })
      return members.members
    },
  }
}

/** Finds who is asked for in the order of the rolls, each by going on from the one before. @returns its number, or 0 */
function seeker(rollOf: (source: string, kind: string) => Roll | undefined): (subject: Place) => number {
  let [source, kind, roll, at]: [string | null, string | null, Roll | undefined, number] = [null, null, undefined, 0]
  return (subject) => {
    if (source !== subject.source || kind !== subject.kind) {
      ;[source, kind, roll, at] = [subject.source, subject.kind, rollOf(subject.source, subject.kind), 0]
    }
    if (roll === undefined) return 0
    const { places, ids } = roll
    while (at < places.length && places[at] !== subject && places[at]!.key < subject.key) at++
    return at < places.length && (places[at] === subject || places[at]!.key === subject.key) ? ids[at]! : 0
  }
}
