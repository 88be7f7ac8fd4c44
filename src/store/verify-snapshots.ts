/**
 * COL-05's part of what records said: the snapshot digest of every run in a row, made again from the states that are
 * stored, one step of changes after the other. The run's leaf names the same digest, so a state that was altered, moved,
 * put in or taken out is found in the first run that it touches.
 */

import { byText } from '../domain/json.ts'
import type { AnyRecord } from '../domain/record.ts'
import { recordDigest, snapshotDigest } from './digest.ts'
import { digestBytes, turn } from './pack.ts'
import type { RecordStore } from './records.ts'
import type { RunStore } from './runs.ts'
import type { Population, State } from './states.ts'

type Attempt = (name: string, holds: () => boolean) => Promise<void>

/** States digested between two turns of the event loop. */
const CHUNK = 1_000

/** The digests of one population, run after run. */
interface Walk {
  readonly population: Population
  /** Read for it. */
  readonly states: number
  /** Run → key → digest from then on, null where it is gone. */
  readonly changes: ReadonlyMap<number, readonly (readonly [key: string, digest: Buffer | null])[]>
  readonly digests: Map<string, Buffer>
  /** In order of the keys. */
  joined: Buffer
  /** Key → its place in there. */
  places: ReadonlyMap<string, number>
}

export function snapshotVerifier({ records, runs }: { readonly records: RecordStore; readonly runs: RunStore }) {
  async function walkFrom(population: Population, first: number, last: number): Promise<Walk> {
    let states = 0
    const digests = new Map<string, Buffer>()
    for (const state of records.statesAt(population, first, false)) {
      digests.set(state['key'] as string, digestOf(state)!)
      if (++states % CHUNK === 0) await turn()
    }
    const changes = new Map<number, [string, Buffer | null][]>()
    for (const { key, run, state } of records.statesBetween(population, first, last)) {
      const list = changes.get(run) ?? []
      changes.set(run, list)
      list.push([key, digestOf(state)])
      if (++states % CHUNK === 0) await turn()
    }
    return { population, changes, digests, states, ...inKeyOrder(digests) }
  }

  function step(walk: Walk, run: number): void {
    let others = false
    for (const [key, digest] of walk.changes.get(run) ?? []) {
      const place = walk.places.get(key)
      if (digest === null) walk.digests.delete(key)
      else walk.digests.set(key, digest)
      if (digest === null || place === undefined) others = true
      else digest.copy(walk.joined, place * digest.length)
    }
    if (others) Object.assign(walk, inKeyOrder(walk.digests))
  }

  function holds(sequence: number, walks: readonly Walk[]): boolean {
    const run = runs.summary(sequence)
    const sources = runs.statesOf(sequence)
    const ids = new Set(sources.map(({ id }) => id))
    const volatile = records.volatileDigests(ids, sequence)
    const populations = walks
      .filter(({ population }) => records.isBeside(population) || ids.has(population.source))
      .map(({ population: { source, kind }, joined }) => ({ source, kind, digests: joined }))
    return run.snapshotDigest === snapshotDigest({ populations, volatile, settingsDigest: run.settingsDigest, sources })
  }

  /** @returns how many states were read */
  return async (first: number, last: number, attempt: Attempt): Promise<number> => {
    if (first > last) return 0
    let walks: Walk[] = []
    let readable = true
    try {
      for (const population of records.populations()) walks.push(await walkFrom(population, first, last))
    } catch {
      readable = false
      walks = []
    }
    for (let run = first; run <= last; run++) {
      await attempt(`run ${run}`, () => {
        for (const walk of walks) step(walk, run)
        return readable && holds(run, walks)
      })
      await turn()
    }
    return walks.reduce((sum, { states }) => sum + states, 0)
  }
}

function digestOf(state: State): Buffer | null {
  return state === null ? null : digestBytes(recordDigest(state as unknown as AnyRecord))
}

function inKeyOrder(digests: ReadonlyMap<string, Buffer>): Pick<Walk, 'joined' | 'places'> {
  const keys = [...digests.keys()].sort(byText)
  return {
    joined: Buffer.concat(keys.map((key) => digests.get(key)!)),
    places: new Map(keys.map((key, place) => [key, place])),
  }
}
