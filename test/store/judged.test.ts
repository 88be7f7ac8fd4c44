import { expect, test } from 'vitest'
import { byText } from '../../src/domain/json.ts'
import type { AnyRecord } from '../../src/domain/record.ts'
import type { JudgedPopulation, SealedResult, Store } from '../../src/domain/store.ts'
import { DAY, HOUR, plus } from '../../src/domain/time.ts'
import { type Random, randomFrom } from '../../src/simulators/fleet/random.ts'
import { account, NOW } from '../helpers/build.ts'
import { eachInItsFolder } from './folder.ts'
import { lived, wholly } from './living.ts'
import { engineResult, failed, pull, result, sealer } from './sealing.ts'

const { withStore, count, tamper } = eachInItsFolder()
const momentOf = (run: number): string => plus(NOW, run * 8 * HOUR)
const RUNS = 45
const CHECKS = ['all', 'half', 'some', 'accounts', 'rules'] as const

type Place = JudgedPopulation['subjects'][number]
type Judged = ReadonlyMap<string, readonly Place[]>

const byPlace = (a: Place, b: Place): number =>
  byText(a.source, b.source) || byText(a.kind, b.kind) || byText(a.key, b.key)
const placeOf = ({ source, kind, key }: Place): string => `${source} ${kind} ${key}`

/** What checks might make of these records: the first two speak of the same subjects, the last of none that is a record. */
function resultsOver(records: readonly AnyRecord[], random: Random): SealedResult[] {
  const inOrder = [...records].sort(byPlace)
  const devices = inOrder.filter(({ kind }) => kind === 'device')
  const rules = ['r1', 'r2', 'r3', 'n1'].filter(() => random.chance(0.8))
  const subjects: Record<(typeof CHECKS)[number], readonly Place[]> = {
    all: devices,
    half: devices,
    some: devices.filter(() => random.chance(0.7)),
    accounts: inOrder.filter(({ kind }) => kind !== 'device'),
    // One of them has the place of a record that comes and goes.
    rules: rules.map((key) => ({ source: 'tailnet', kind: key === 'n1' ? 'device' : 'rule', key })).sort(byPlace),
  }
  return CHECKS.flatMap((check): SealedResult[] => {
    if (check !== 'all' && random.chance(0.1)) return []
    if (random.chance(0.1)) return [engineResult({ check })]
    const share = check === 'all' ? 1 : 0.9
    const judged = Uint8Array.from(subjects[check], () => (random.chance(share) ? 1 : 0))
    const pass = judged.filter((each) => each === 1).length
    const counts = { pass, fail: 0, unknown: 0, not_applicable: judged.length - pass, waived: 0 }
    return [result([], { check, digest: random.hex(64), counts, judged: { subjects: subjects[check], judged } })]
  })
}

function judgedIn(results: readonly SealedResult[]): Judged {
  return new Map(
    results.map(({ check, judged }) => [check, (judged?.subjects ?? []).filter((_, at) => judged!.judged[at] === 1)]),
  )
}

function union(runs: readonly Judged[]): JudgedPopulation[] {
  return [...CHECKS].sort(byText).flatMap((check) => {
    const places = new Map(runs.flatMap((run) => (run.get(check) ?? []).map((place) => [placeOf(place), place])))
    const subjects = [...places.values()].map(({ source, kind, key }) => ({ source, kind, key })).sort(byPlace)
    return subjects.length === 0 ? [] : [{ check, system: 'tailnet', subjects }]
  })
}

/** Runs over two sources, of which one fails or is not read now and then. @returns whom the results of each judged */
async function live(runs: number, random: Random, storeOf: (run: number) => Pick<Store, 'seal'>): Promise<Judged[]> {
  const { runOf } = sealer({ seal: () => Promise.reject(new Error('each run is sealed by a store of its own')) })
  const done: Judged[] = []
  let devices: AnyRecord[] = Array.from({ length: 30 }, (_, n) => wholly(`n${n}`, random.hex(8)))
  let others: AnyRecord[] = []
  for (let run = 1; run <= runs; run++) {
    const at = momentOf(run)
    const people = [account({ key: 'u1' }), ...(random.chance(0.5) ? [account({ key: 'u2' })] : [])]
    const pulls = [pull('tailnet', [...devices, ...people])]
    if (run === 1 || random.chance(0.5)) {
      others = ['f1', 'f2', 'é😀'].filter(() => random.chance(0.7)).map((key) => account({ key, source: 'falcon' }))
      pulls.push(pull('falcon', others))
    } else if (random.chance(0.3)) pulls.push(failed('falcon'))
    const results = resultsOver([...devices, ...people, ...others], random)
    await storeOf(run).seal(runOf(pulls, { id: `run-${run}`, startedAt: at, snapshotAt: at, results }))
    done.push(judgedIn(results))
    devices = lived(devices, random)
  }
  return done
}

async function expectUnions(store: Store, runs: readonly Judged[], oldest: number, random: Random): Promise<void> {
  const spans = Array.from({ length: 6 }, () => [random.whole(oldest, runs.length), random.whole(oldest, runs.length)])
  for (const [a, b] of [...spans, [oldest, runs.length], [oldest, oldest], [runs.length, runs.length]]) {
    const [from, to] = [Math.min(a!, b!), Math.max(a!, b!)]
    expect(await store.judged(from, to), `${from} to ${to}`).toEqual(union(runs.slice(from - 1, to)))
  }
}

test.each([1, 2, 3])('whom checks judged between two runs is whom any of the runs judged (%s)', async (seed) => {
  await withStore(async (store) => {
    const random = randomFrom(seed)
    const runs = await live(RUNS, random, () => store)
    await expectUnions(store, runs, 1, random)
    expect((await store.verify(null, momentOf(RUNS))).flatMap(({ failed }) => failed)).toEqual([])
  })
})

test('it is the same where two processes seal in turn, and for who opens the database later', async () => {
  const random = randomFrom(4)
  const runs = await withStore((one) => withStore((other) => live(40, random, (run) => (run % 3 === 0 ? other : one))))
  await withStore((store) => expectUnions(store, runs, 1, random))
})

test('where the retention rule has deleted runs it is said so, and whom later ones judged is known as before', async () => {
  await withStore(async (store) => {
    const random = randomFrom(5)
    const runs = await live(RUNS, random, () => store)
    const rows = (): number => count('select count(*) from judged')
    const before = rows()
    const end = momentOf(RUNS)
    const rule = { days: 6, raw: 'all', hold: false, neededFrom: null } as const
    await store.retain(rule, plus(end, -DAY))
    expect((await store.retain(rule, end)).done).toBe(true)
    const { sequence: oldest } = (await store.oldest())!
    expect(oldest).toBeGreaterThan(15)
    expect(rows()).toBeLessThan(before - 10)
    expect(count(`select count(*) from judged where run < ${oldest}`)).toBe(1)
    expect(count(`select count(*) from stated where until < ${oldest}`)).toBe(0)
    await expect(store.judged(oldest - 1, RUNS)).rejects.toMatchObject({ code: 'usage' })
    await expectUnions(store, runs, oldest, random)
    expect((await store.verify(null, end)).flatMap(({ failed }) => failed)).toEqual([])
  })
})

test.each([
  ['a row is gone', 'delete from judged where run = 7'],
  ['a row says what another said', 'update judged set body = (select body from judged where run = 9) where run = 8'],
  ['a row cannot be read', "update judged set body = x'01ffff' where run = 8"],
])('COL-05 finds it when %s', async (_, sql) => {
  await withStore((store) => live(12, randomFrom(6), () => store))
  expect(tamper(sql)).toBe(1)
  await withStore(async (store) => {
    const failed = (await store.verify(null, momentOf(12))).flatMap((part) => part.failed)
    expect(failed.some((name) => name.startsWith('whom the checks judged'))).toBe(true)
  })
})

test('a subject that has lost its name is damage, not somebody who was never judged', async () => {
  await withStore((store) => live(3, randomFrom(7), () => store))
  expect(tamper("delete from stated where key = 'r1'")).toBe(1)
  await withStore(async (store) => {
    await expect(store.judged(1, 3)).rejects.toMatchObject({ code: 'storage' })
  })
})

test('a run whose sets are those of the run before adds no row', async () => {
  await withStore(async (store) => {
    const { seal } = sealer(store)
    const devices = Array.from({ length: 5 }, (_, n) => wholly(`n${n}`, 'w'))
    const results = resultsOver(devices, randomFrom(8))
    for (let run = 0; run < 3; run++) await seal([pull('tailnet', devices)], { results })
    expect(count('select count(*) from judged')).toBe(1)
    await seal([pull('tailnet', devices)], { results: [] })
    await seal([pull('tailnet', devices)], { results })
    expect(count('select count(*) from judged')).toBe(3)
    expect(await store.judged(4, 4)).toEqual([])
    expect(await store.judged(4, 5)).toEqual(await store.judged(1, 1))
  })
})

test('of a database of the layout before, whom runs judged is known from the first run on that was sealed since', async () => {
  const random = randomFrom(9)
  const runs = await withStore(async (store) => {
    const before = await live(5, random, () => store)
    for (const sql of ['drop table judged', 'drop table stated', 'pragma user_version = 2']) tamper(sql)
    return before
  })
  await withStore(async (store) => {
    expect(await store.judged(1, 5)).toEqual([])
    const { runOf } = sealer(store)
    const records = [...Array.from({ length: 9 }, (_, n) => wholly(`n${n}`, 'w')), account({ key: 'u1' })]
    const results = resultsOver(records, random)
    await store.seal(runOf([pull('tailnet', records)], { id: 'run-6', snapshotAt: momentOf(6), results }))
    expect(runs).toHaveLength(5)
    expect(await store.judged(1, 6)).toEqual(union([judgedIn(results)]))
    expect((await store.verify(null, momentOf(6))).flatMap(({ failed }) => failed)).toEqual([])
  })
})
