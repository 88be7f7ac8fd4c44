import { expect, test } from 'vitest'
import { volatileFields } from '../../src/domain/digests.ts'
import { byText } from '../../src/domain/json.ts'
import type { AnyRecord } from '../../src/domain/record.ts'
import type { RecordVersion, Store } from '../../src/domain/store.ts'
import { DAY, HOUR, plus } from '../../src/domain/time.ts'
import { randomFrom } from '../../src/simulators/fleet/random.ts'
import { account, device, NOW, settings } from '../helpers/build.ts'
import { eachInItsFolder } from './folder.ts'
import { lived, wholly } from './living.ts'
import { pull, sealer } from './sealing.ts'

const { withStore } = eachInItsFolder()
const EVERY = 8 * HOUR
const KINDS = ['device', 'account'] as const

async function all(versions: AsyncIterable<RecordVersion>): Promise<RecordVersion[]> {
  const found: RecordVersion[] = []
  for await (const version of versions) found.push(version)
  return found
}

const placeOf = ({ source, kind, key }: { source: string; kind: string; key: string }): string =>
  `${source} ${kind} ${key}`

const still = (record: AnyRecord): AnyRecord =>
  ({ ...record, ...Object.fromEntries(volatileFields(record.kind).map((field) => [field, null])) }) as AnyRecord

/** The records in force at a run, as the versions tell it. */
function inForceAt(versions: readonly RecordVersion[], run: number): AnyRecord[] {
  const there = new Map<string, AnyRecord | null>()
  for (const version of versions) if (version.from <= run) there.set(placeOf(version), version.record)
  return [...there.values()].filter((record) => record !== null).sort((a, b) => byText(placeOf(a), placeOf(b)))
}

async function pastAt(store: Store, run: number): Promise<AnyRecord[]> {
  const { records } = (await store.past(`run-${run}`))!
  return records
    .filter(({ kind }) => (KINDS as readonly string[]).includes(kind))
    .map(still)
    .sort((a, b) => byText(placeOf(a), placeOf(b)))
}

/** Sealed histories of two sources, of which one is read every second time. */
async function live(store: Store, seed: number, runs: number): Promise<void> {
  const random = randomFrom(seed)
  const { seal } = sealer(store)
  let records: AnyRecord[] = Array.from({ length: 30 }, (_, n) => wholly(`n${n}`, random.hex(8)))
  for (let run = 0; run < runs; run++) {
    const at = plus(NOW, run * EVERY)
    const seen = records.map((record) => ({ ...record, lastSeen: at }) as AnyRecord)
    const people = [account({ key: 'u1', login: `${run % 3}@example.com` })]
    const others = random.chance(0.5) ? [account({ source: 'falcon', key: 'é😀', login: random.pick(['a', 'b']) })] : []
    const pulls = [pull('tailnet', [...seen, ...people]), ...(run % 2 === 0 ? [pull('falcon', others)] : [])]
    await seal(pulls, { id: `run-${run + 1}`, startedAt: at, snapshotAt: at })
    records = lived(records, random)
  }
}

test.each([3, 4, 5])(
  'the versions between two runs show at each of them what the run itself rests on (%s)',
  async (seed) => {
    await withStore(async (store) => {
      const runs = 40
      await live(store, seed, runs)
      const random = randomFrom(seed * 100)
      const past = new Map<number, AnyRecord[]>()
      for (let run = 1; run <= runs; run++) past.set(run, await pastAt(store, run))
      for (const [from, to] of [[1, runs], [1, 1], [runs, runs], ...Array.from({ length: 4 }, () => span(runs))]) {
        const versions = await all(store.versions(KINDS, from!, to!))
        for (let run = from!; run <= to!; run++) {
          expect(inForceAt(versions, run), `run ${run} of ${from} to ${to}`).toEqual(past.get(run))
        }
        expect(versions.map((version) => [placeOf(version), version.from])).toEqual(
          versions
            .map((version) => [placeOf(version), version.from] as const)
            .sort((a, b) => Buffer.compare(Buffer.from(a[0]), Buffer.from(b[0])) || a[1] - b[1]),
        )
        for (const [at, { record, from: since }] of versions.entries()) {
          const before = versions[at - 1]
          const follows = before !== undefined && placeOf(before) === placeOf(versions[at]!)
          if (!follows) expect(record).not.toBeNull()
          else expect(since > from! && JSON.stringify(before.record) !== JSON.stringify(record)).toBe(true)
        }
        for (const key of ['n3', 'u1', 'é😀', 'never']) {
          for (const source of ['tailnet', 'falcon']) {
            expect(await all(store.versions(KINDS, from!, to!, { source, key }))).toEqual(
              versions.filter((version) => version.source === source && version.key === key),
            )
          }
        }
        expect(await all(store.versions(['account'], from!, to!))).toEqual(
          versions.filter(({ kind }) => kind === 'account'),
        )
      }

      function span(most: number): [number, number] {
        const [a, b] = [random.whole(1, most), random.whole(1, most)]
        return [Math.min(a, b), Math.max(a, b)]
      }
    })
  },
)

test('more records than one part of the reading holds come each once, also while others are sealed', async () => {
  await withStore(async (store) => {
    const { seal } = sealer(store)
    const fleet = (name: string): AnyRecord[] =>
      Array.from({ length: 1200 }, (_, n) => device({ key: `n${n}`, hostname: n % 7 === 0 ? name : 'same' }))
    await seal([pull('tailnet', fleet('first'))])
    await seal([pull('tailnet', fleet('second'))])
    const expected = await all(store.versions(['device'], 1, 2))
    expect(expected).toHaveLength(1200 + Math.ceil(1200 / 7))
    const found: RecordVersion[] = []
    for await (const version of store.versions(['device'], 1, 2)) {
      if (found.length === 600) await seal([pull('tailnet', [wholly('n0', 'whole'), ...fleet('third').slice(1)])])
      found.push(version)
    }
    expect(found).toEqual(expected)
  })
})

test('where the retention rule has deleted the first of the runs it is said so, and what is left reads as before', async () => {
  await withStore(async (store) => {
    const runs = 40
    await live(store, 6, runs)
    const end = plus(NOW, (runs - 1) * EVERY)
    const rule = { days: 6, raw: 'all', hold: false, neededFrom: null } as const
    const before = await all(store.versions(KINDS, 30, runs))
    await store.retain(rule, plus(end, -DAY))
    expect((await store.retain(rule, end)).done).toBe(true)
    const { sequence } = (await store.oldest())!
    expect(sequence).toBeGreaterThan(10)
    await expect(all(store.versions(KINDS, sequence - 1, runs))).rejects.toMatchObject({ code: 'usage' })
    expect(await all(store.versions(KINDS, 30, runs))).toEqual(before)
    const versions = await all(store.versions(KINDS, sequence, runs))
    for (let run = sequence; run <= runs; run++) {
      expect(inForceAt(versions, run)).toEqual(await pastAt(store, run))
    }
  })
})

test('of a source that left the settings the records stay as they were last read: nobody saw them go', async () => {
  await withStore(async (store) => {
    const { seal } = sealer(store)
    await seal([pull('tailnet', [wholly('n1', 'a')]), pull('falcon', [account({ source: 'falcon', key: 'f1' })])])
    const { sources } = settings()
    for (let run = 2; run <= 3; run++) {
      await seal([pull('tailnet', [wholly('n1', `${run}`)])], {
        settings: { sources: sources.filter(({ id }) => id !== 'falcon') },
      })
    }
    const versions = await all(store.versions(KINDS, 2, 3))
    expect(versions.map(({ source, key, from }) => [source, key, from])).toEqual([
      ['falcon', 'f1', 1],
      ['tailnet', 'n1', 2],
      ['tailnet', 'n1', 3],
    ])
  })
})
