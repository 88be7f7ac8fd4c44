/** Whom the store says that checks judged, against the findings of every run made again from what it rests on. */
import { expect, test } from 'vitest'
import { checks } from '../checks/index.ts'
import { evaluate } from '../src/domain/evaluate.ts'
import { makeSnapshot } from '../src/domain/snapshot.ts'
import { testInstallation } from './helpers/installation.ts'
import { lifeOf } from './helpers/living.ts'

const RUNS = 10

const placeOf = ({ source, kind, key }: { source: string; kind: string; key: string }): string =>
  `${source} ${kind} ${key}`
const seriesOf = ({ check, system }: { check: string; system: string | null }): string => `${check} ${system ?? '-'}`

test('whom the checks judged over runs of an organisation that lives, fails and is configured anew', {
  timeout: 60_000,
}, async () => {
  const house = await testInstallation({ checks })
  try {
    const life = lifeOf(house, 7)
    const evaluated: Map<string, Set<string>>[] = []
    for (let run = 1; run <= RUNS; run++) {
      const { id } = (await life.run()).run
      const { run: summary, sources, settings, records } = (await house.store.past(id))!
      const snapshot = makeSnapshot({
        runId: id,
        sequence: run,
        at: summary.snapshotAt,
        sources,
        settings,
        records,
      })
      const judged = new Map<string, Set<string>>()
      for (const result of evaluate(snapshot, checks)) {
        const of = result.findings.filter(({ status }) => status !== 'not_applicable')
        judged.set(seriesOf(result), new Set(of.map(({ subject }) => placeOf(subject))))
      }
      evaluated.push(judged)
    }
    let subjects = 0
    for (const [from, to] of [
      [1, RUNS],
      [1, 1],
      [RUNS, RUNS],
      [2, 4],
      [5, 9],
    ] as const) {
      const found = await house.store.judged(from, to)
      const union = new Map<string, Set<string>>()
      for (const judged of evaluated.slice(from - 1, to)) {
        for (const [series, places] of judged) {
          if (places.size > 0) union.set(series, new Set([...(union.get(series) ?? []), ...places]))
        }
      }
      expect(new Set(found.map(seriesOf))).toEqual(new Set(union.keys()))
      for (const population of found) {
        const series = seriesOf(population)
        const places = population.subjects.map(placeOf)
        expect(new Set(places), `${series} from ${from} to ${to}`).toEqual(union.get(series))
        expect(places).toHaveLength(new Set(places).size)
        subjects += places.length
      }
    }
    expect(subjects).toBeGreaterThan(1_000)
    const { wall } = house.clock
    expect((await house.store.verify(null, new Date(wall()).toISOString())).flatMap(({ failed }) => failed)).toEqual([])
  } finally {
    await house.close()
  }
})
