/** What records said over a stretch of runs (`Store.versions`): a part of a population at a time, so that a fleet of any size streams. */
import type Database from 'better-sqlite3'
import { byText } from '../domain/json.ts'
import type { AnyRecord, Kind } from '../domain/record.ts'
import type { RecordVersion } from '../domain/store.ts'
import { Shapes } from './encode.ts'
import { turn } from './pack.ts'
import type { RunStore } from './runs.ts'
import { scanning } from './scan.ts'
import { type Change, type Population, stateReader } from './states.ts'

/** Records read between two turns of the event loop, each part in one transaction. */
const PART = 500

export interface VersionsAsked {
  readonly kinds: readonly Kind[]
  readonly from: number
  readonly to: number
  readonly only?: { readonly source: string; readonly key: string } | undefined
}

export function versionReader(db: Database.Database, runs: Pick<RunStore, 'refuseDeletedAt'>) {
  const states = stateReader(db, new Shapes())

  /** A seal between two parts changes nothing before it; the retention rule may, and is looked for in each. */
  const part = db.transaction((population: Population, { from, to }: VersionsAsked, after: string) => {
    runs.refuseDeletedAt(from)
    const done = scanning(db)
    try {
      return states.lives(population, { from, to, after, limit: PART })
    } finally {
      done()
    }
  })

  const one = db.transaction((population: Population, key: string, { from, to }: VersionsAsked) => {
    runs.refuseDeletedAt(from)
    return states.life(population, key, from, to)
  })

  function populations({ kinds, only }: VersionsAsked): Population[] {
    const wanted = new Set<string>(kinds)
    return states
      .populations()
      .filter(({ source, kind }) => wanted.has(kind) && (only === undefined || only.source === source))
      .sort((a, b) => byText(a.source, b.source) || byText(a.kind, b.kind))
  }

  return async function* versions(asked: VersionsAsked): AsyncGenerator<RecordVersion> {
    runs.refuseDeletedAt(asked.from)
    for (const population of populations(asked)) {
      if (asked.only !== undefined) {
        yield* one(population, asked.only.key, asked).map((change) => versionOf(population, change))
        continue
      }
      for (let after: string | null = ''; after !== null; ) {
        const { changes, next } = part(population, asked, after)
        for (const change of changes) yield versionOf(population, change)
        after = next
        await turn()
      }
    }
  }
}

function versionOf({ source, kind }: Population, { key, run, state }: Change): RecordVersion {
  return { source, kind: kind as Kind, key, from: run, record: state as unknown as AnyRecord | null }
}
