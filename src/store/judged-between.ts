/** Who was judged at any time of a stretch of runs (`Store.judged`): the sets made again row by row, and their names. */
import type Database from 'better-sqlite3'
import { byText } from '../domain/json.ts'
import type { JudgedPopulation } from '../domain/store.ts'
import { Attendance } from './attendance.ts'
import { damaged } from './failure.ts'
import { flipsIn, type JudgedStore } from './judged.ts'
import { numberOfStated, numberOfThing, type Place, type Stated } from './judged-numbers.ts'
import { type Flip, Growing, has, type Members, NOBODY } from './members.ts'
import { turn } from './pack.ts'
import type { Series } from './results.ts'

// Out of the index of the keys: the table holds what each record said.
const THINGS = 'select id, key from thing where population = ?'
const POPULATIONS = 'select id, source, kind from population'
const STATED = 'select id, source, kind, key from stated'

export function judgedReader(db: Database.Database, { rowsUpTo }: Pick<JudgedStore, 'rowsUpTo'>) {
  const things = db.prepare<[number], [id: number, key: string]>(THINGS).raw()
  const populations = db.prepare<[], { id: number; source: string; kind: string }>(POPULATIONS)
  const stated = db.prepare<[], Stated>(STATED)

  /** By series: everybody who was judged after any of the runs. */
  async function everJudged(from: number, to: number): Promise<ReadonlyMap<number, Members>> {
    const attendance = new Attendance()
    const ever = new Map<number, Growing>()
    const everOf = (series: number): Growing => {
      const known = ever.get(series) ?? new Growing()
      ever.set(series, known)
      return known
    }
    const begin = (): void => {
      for (const series of attendance.series()) {
        const { members, silent } = attendance.of(series)
        if (!silent) everOf(series).addAll(members)
      }
    }
    let begun = false
    for await (const part of rowsUpTo(to)) {
      for (const row of part) {
        if (row.run > from && !begun) {
          begin()
          begun = true
        }
        const flips = flipsIn(row)
        attendance.apply(flips)
        if (begun) for (const flip of flips) addJudged(attendance, flip, everOf)
      }
    }
    if (!begun) begin()
    return new Map([...ever].map(([series, { members }]) => [series, members]))
  }

  /** The subjects with these numbers, in order. */
  function subjectsOf(members: Members): Numbered[] {
    const found: Numbered[] = []
    for (const { id: population, source, kind } of populations.all()) {
      for (const [id, key] of things.iterate(population)) {
        const number = numberOfThing(id)
        if (has(members, number)) found.push({ number, subject: { source, kind, key } })
      }
    }
    for (const { id, ...subject } of stated.all()) {
      const number = numberOfStated(id)
      if (has(members, number)) found.push({ number, subject })
    }
    return found.sort(({ subject: a }, { subject: b }) => byPlace(a, b))
  }

  return async function between(from: number, to: number, series: readonly Series[]): Promise<JudgedPopulation[]> {
    const ever = await everJudged(from, to)
    const anybody = new Growing()
    for (const members of ever.values()) anybody.addAll(members)
    const numbered = subjectsOf(anybody.members)
    if (numbered.length !== anybody.count) throw damaged('subjects that were judged have lost their names')
    const found: JudgedPopulation[] = []
    for (const { id, check, system } of [...series].sort(byCheckAndSystem)) {
      const members = ever.get(id) ?? NOBODY
      const subjects = numbered.filter(({ number }) => has(members, number)).map(({ subject }) => subject)
      if (subjects.length > 0) found.push({ check, system, subjects: withoutTwins(subjects) })
      await turn()
    }
    return found
  }
}

interface Numbered {
  readonly number: number
  readonly subject: Place
}

/** Those whom one row's flip left judged. */
function addJudged(attendance: Attendance, { series, numbers }: Flip, everOf: (series: number) => Growing): void {
  for (const id of series) {
    const { members, silent } = attendance.of(id)
    if (silent) continue
    const ever = everOf(id)
    if (numbers.length === 0) ever.addAll(members)
    else for (const number of numbers) if (has(members, number)) ever.add(number)
  }
}

/** Somebody has two numbers who was judged with a record in one run and without one in another. */
function withoutTwins(subjects: readonly Place[]): Place[] {
  return subjects.filter((subject, at) => at === 0 || byPlace(subjects[at - 1]!, subject) !== 0)
}

function byPlace(a: Place, b: Place): number {
  return byText(a.source, b.source) || byText(a.kind, b.kind) || byText(a.key, b.key)
}

function byCheckAndSystem(a: Series, b: Series): number {
  return byText(a.check, b.check) || byText(a.system ?? '', b.system ?? '')
}
