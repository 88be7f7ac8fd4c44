import { describe, expect, test } from 'vitest'
import type { Page } from '../../src/domain/connector.ts'
import type { AnyRecord } from '../../src/domain/record.ts'
import type { RetentionRule, Store } from '../../src/domain/store.ts'
import { DAY, HOUR, type Instant, plus } from '../../src/domain/time.ts'
import { snapshotDigestOf } from '../../src/store/digest.ts'
import { attributes, carried, device, NOW } from '../helpers/build.ts'
import { eachInItsFolder } from './folder.ts'
import { failed, open, page, pull, result, sealer } from './sealing.ts'

const RUNS_A_DAY = 3
const EVERY = DAY / RUNS_A_DAY
const rule = (over: Partial<RetentionRule> = {}): RetentionRule => ({
  days: 760,
  raw: 'all',
  hold: false,
  neededFrom: null,
  ...over,
})
const momentOf = (n: number): Instant => plus(NOW, n * EVERY)
const dayOf = (at: Instant): string => at.slice(0, 10)

/** Long enough to be compressed, and against the day's first. */
function listPage(n: number): Page {
  const rows = Array.from({ length: 40 }, (_, d) => ({ nodeId: `n${d}`, lastSeen: plus(momentOf(n), -d * 1000) }))
  return page('devices', JSON.stringify(rows), { fetchedAt: momentOf(n) })
}
const stable = page('policy', `// ${'one rule '.repeat(100)}`)

/** A device changes its name each run, one has gone since the tenth, the second run of each day fails. */
function recordsOf(n: number): AnyRecord[] {
  const devices = Array.from({ length: 5 }, (_, d) =>
    device({ key: `n${d}`, hostname: d === 1 ? `host-${n}` : `host-${d}`, lastSeen: plus(momentOf(n), -d * 1000) }),
  )
  return n >= 10 ? devices.slice(0, 4) : devices
}

interface Sealed {
  readonly id: string
  readonly at: Instant
  readonly page: string
  readonly failed: boolean
}

async function sealDays(store: Store, days: number, own = sealer(store), from = 0): Promise<Sealed[]> {
  const sealed: Sealed[] = []
  for (let n = from; n < from + days * RUNS_A_DAY; n++) {
    const at = momentOf(n)
    const list = listPage(n)
    const bad = n % RUNS_A_DAY === 1
    const id = `run-${n}`
    const over = { id, startedAt: at, snapshotAt: at, carried: [carried('client-current', 'n1', { run: n })] }
    if (!bad) await store.keepPages([list, { ...stable, fetchedAt: at }])
    const names = [list, { ...stable, fetchedAt: at }].map(({ body: _, ...rest }) => rest)
    await own.seal(
      bad
        ? [{ ...failed('tailnet'), endedAt: at, collectedAt: at }]
        : [pull('tailnet', recordsOf(n), { pages: names, endedAt: at, collectedAt: at })],
      { ...over, results: [result([open('fail', `n${1 + (n % 2)}`), open('fail', 'n0')])] },
    )
    sealed.push({ id, at, page: list.sha256, failed: bad })
  }
  return sealed
}

/** Two looks a day apart, as the rule goes by the moment of the day before. */
async function retain(store: Store, wanted: RetentionRule, at: Instant) {
  await store.retain(wanted, plus(at, -DAY))
  return store.retain(wanted, at)
}

async function expectWhole(store: Store, at: Instant): Promise<void> {
  const found = await store.verify(null, at)
  expect(Object.fromEntries(found.map(({ key, failed }) => [key, failed]))).toEqual({
    checkpoints: [],
    leaves: [],
    pages: [],
    records: [],
  })
}

/** Every run that is left gives the snapshot that its leaf names. */
async function expectRebuilt(store: Store, from: Instant, sealed: readonly Sealed[]): Promise<void> {
  for (const { at } of sealed.filter((run) => run.at >= from)) {
    const { run, snapshot } = (await store.runAt(at))!
    expect(run.snapshotAt).toBe(at)
    expect(
      snapshotDigestOf([...snapshot.of('device'), ...snapshot.of('carried')], run.settingsDigest, snapshot.sources),
    ).toBe(run.snapshotDigest)
  }
}

const { withStore, tamper, count } = eachInItsFolder()

describe('what is older than the retention time', () => {
  test('is not named by a pull that was prepared before it went', () =>
    withStore(async (store) => {
      const own = sealer(store)
      const sealed = await sealDays(store, 14, own)
      const at = momentOf(sealed.length)
      const back = pull('tailnet', recordsOf(0), { endedAt: at, collectedAt: at })
      await store.prepare(back, await store.recordsOf('tailnet'))
      await retain(store, rule({ days: 6 }), at)
      expect(count("select count(*) from thing where key = 'n4'")).toBe(0)
      await own.seal([back], { id: 'back', startedAt: at, snapshotAt: at })
      expect(await store.recordsOf('tailnet')).toEqual(recordsOf(0))
      await expectWhole(store, at)
    }))

  test('goes, and every later state is rebuilt as before; the ledger says what went', () =>
    withStore(async (store) => {
      const sealed = await sealDays(store, 14)
      const end = sealed.at(-1)!.at
      const pages = count('select count(*) from page')
      const { tombstone, done } = await retain(store, rule({ days: 6 }), end)
      expect(done).toBe(true)
      const [leaf] = await store.leavesOf('retention')
      expect(tombstone!.size).toBe(leaf!.index + 1)
      const said = JSON.parse(leaf!.body)
      expect(said).toMatchObject({
        at: end,
        rule: { days: 6, raw: 'all' },
        digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      })
      expect(said.deleted).toMatchObject({
        pulls: expect.any(Number),
        versions: expect.any(Number),
        answers: expect.any(Number),
      })

      const oldest = (await store.oldest())!
      const cut = `${dayOf(plus(end, -7 * DAY))}T00:00:00.000Z`
      expect(oldest.snapshotAt < cut && plus(oldest.snapshotAt, EVERY) >= cut).toBe(true)
      expect(count('select count(*) from page')).toBeLessThan(pages * 0.75)
      expect(count(`select count(*) from version where run < ${oldest.sequence}`)).toBeLessThan(6)
      expect(count("select count(*) from thing where key = 'n4'")).toBe(0)
      expect(await store.runs(1_000)).toHaveLength(42)
      await expectRebuilt(store, oldest.snapshotAt, sealed)
      await expectWhole(store, end)
      await expect(store.runAt(sealed[3]!.at)).rejects.toThrow(
        /deleted under the retention rule, as leaf \d+ of the ledger says/,
      )
      const [verdict] = (await store.verdictsAt('latest'))!.results
      await expect(store.openIn(4, verdict!)).rejects.toThrow(/deleted under the retention rule/)
      const failing = (await store.findings('all')).filter(({ subject }) => subject.key === 'n0')
      expect(failing).toMatchObject([{ firstSeen: NOW, closedAt: null }])
    }))

  test('stays while a period that needs it is open, and under a legal hold', () =>
    withStore(async (store) => {
      const sealed = await sealDays(store, 11)
      const end = sealed.at(-1)!.at
      expect(await retain(store, rule({ days: 5, hold: true }), end)).toEqual({
        tombstone: null,
        deleted: 0,
        done: true,
      })
      const neededFrom = plus(NOW, 2 * DAY)
      await retain(store, rule({ days: 5, neededFrom }), end)
      expect((await store.oldest())!.snapshotAt <= neededFrom).toBe(true)
      await expectRebuilt(store, neededFrom, sealed)
      await expectWhole(store, end)
    }))

  test('goes by the moment of the day before: one run under a clock far ahead deletes nothing', () =>
    withStore(async (store) => {
      const end = (await sealDays(store, 7)).at(-1)!.at
      await store.retain(rule({ days: 5 }), end)
      expect(await store.retain(rule({ days: 5 }), plus(end, HOUR))).toMatchObject({ tombstone: null })
      expect(await store.retain(rule({ days: 30 }), plus(end, 3_000 * DAY))).toMatchObject({ tombstone: null })
      expect(await store.leavesOf('retention')).toEqual([])
    }))

  test('moves on by two days a day at most: a clock years ahead over midnight costs nothing that is not due soon', () =>
    withStore(async (store) => {
      const sealed = await sealDays(store, 9)
      const end = sealed.at(-1)!.at
      await store.retain(rule({ days: 30 }), end)
      const midnight = `${dayOf(plus(end, 3_000 * DAY))}T00:00:00.000Z`
      const wrong = [-5, 10, 25, 600, 1_430].map((minutes) => plus(midnight, minutes * 60_000))
      for (const at of wrong) expect(await store.retain(rule({ days: 30 }), at)).toMatchObject({ tombstone: null })
      // The clock is set right again: time goes on from where it is, not from where it was said to be.
      await store.retain(rule({ days: 5 }), end)
      expect((await store.oldest())!.sequence).toBe(1)
      await retain(store, rule({ days: 5 }), plus(end, 2 * DAY))
      expect((await store.oldest())!.sequence).toBeGreaterThan(1)
      await expectRebuilt(store, (await store.oldest())!.snapshotAt, sealed)
      await expectWhole(store, plus(end, 2 * DAY))
    }))

  test('is caught up with after a time in which nothing ran, two days a day', () =>
    withStore(async (store) => {
      const sealed = await sealDays(store, 9)
      const end = sealed.at(-1)!.at
      await store.retain(rule({ days: 1 }), plus(NOW, DAY))
      for (let day = 0; day < 7; day++) await store.retain(rule({ days: 1 }), plus(end, day * DAY))
      expect((await store.oldest())!.snapshotAt > plus(end, -2 * DAY)).toBe(true)
      await expectWhole(store, plus(end, 7 * DAY))
    }))

  test('goes with its source: of one that left the configuration nothing is kept', () =>
    withStore(async (store) => {
      const own = sealer(store)
      const old = [device({ source: 'former', key: 'x' })]
      const settingsOf = (...ids: string[]) =>
        ({ sources: ids.map((id) => ({ id, kind: 'tailscale', freshness: '60m' })) }) as never
      await own.seal([pull('former', old), pull('tailnet', recordsOf(0))], {
        id: 'first',
        settings: settingsOf('former', 'tailnet'),
      })
      const sealed = await sealDays(store, 7, own, 1)
      const end = sealed.at(-1)!.at
      await retain(store, rule({ days: 2 }), end)
      expect(count("select count(*) from pull where source = 'former'")).toBe(0)
      expect(
        count("select count(*) from thing t join population p on p.id = t.population where p.source = 'former'"),
      ).toBe(0)
      await expectWhole(store, end)
      expect(await store.history('former', end)).toBeNull()
    }))
})

describe('raw: daily', () => {
  test('keeps the newest pages, the first of every day and what was handed out; all else goes after a week', () =>
    withStore(async (store) => {
      const sealed = await sealDays(store, 13)
      const end = sealed.at(-1)!.at
      const packed = sealed[3]!
      expect(await store.keepPagesOf(packed.id)).toEqual([])
      await retain(store, rule({ raw: 'daily' }), end)
      const whole = `${dayOf(plus(end, -8 * DAY))}T00:00:00.000Z`
      const firsts = new Map<string, string>()
      for (const run of sealed) if (!run.failed && !firsts.has(dayOf(run.at))) firsts.set(dayOf(run.at), run.page)
      const inForce = sealed.findLast(({ at, failed }) => at < whole && !failed)!
      for (const { at, page, failed } of sealed) {
        if (failed) continue
        const keeps = at >= whole || page === packed.page || page === inForce.page || firsts.get(dayOf(at)) === page
        expect([at, (await store.page(page)) !== null]).toEqual([at, keeps])
      }
      expect(await store.page(stable.sha256)).not.toBeNull()
      await expectRebuilt(store, NOW, sealed)
      await expectWhole(store, end)
      expect(await store.keepPagesOf(sealed[6]!.id)).toEqual(['tailnet'])
      expect(await store.keepPagesOf(packed.id)).toEqual([])
    }))

  test('keeps every page of a period that is open, however old', () =>
    withStore(async (store) => {
      const sealed = await sealDays(store, 14)
      const end = sealed.at(-1)!.at
      const neededFrom = `${dayOf(plus(NOW, 3 * DAY))}T00:00:00.000Z`
      await retain(store, rule({ raw: 'daily', days: 2, neededFrom }), end)
      const gone: Instant[] = []
      for (const run of sealed) if (!run.failed && (await store.page(run.page)) === null) gone.push(run.at)
      expect(gone.length).toBeGreaterThan(0)
      expect(gone.every((at) => at < neededFrom)).toBe(true)
      await expectRebuilt(store, neededFrom, sealed)
      await expectWhole(store, end)
      // The period is over: the rule goes on as if it had never been open.
      await retain(store, rule({ raw: 'daily' }), plus(end, 2 * DAY))
      expect(await store.page(sealed[9]!.page)).toBeNull()
      await expectWhole(store, plus(end, 2 * DAY))
    }))

  test('keeps the readings of earlier pulls on which what is kept rests: each place as it was then', () =>
    withStore(async (store) => {
      const own = sealer(store)
      const keys = ['n0', 'n1', 'n2', 'n3', 'n4', 'n5', 'n6']
      const readAt = new Map<string, Instant>()
      const sealed: { id: string; at: Instant }[] = []
      for (let n = 0; n < 20 * RUNS_A_DAY; n++) {
        // One device's attributes a pull, in turn: the first of a day rests on pulls of the two days before.
        const at = momentOf(n)
        const key = keys[n % keys.length]!
        const answer = page(`attributes/${key}`, JSON.stringify({ key, n }), { fetchedAt: at })
        const list = { ...listPage(n), fetchedAt: plus(at, -1) }
        readAt.set(key, at)
        const held = [...readAt].map(([id, moment]) => attributes({ key: id, readAt: moment }))
        await store.keepPages([list, answer])
        const id = `run-${n}`
        const pulled = pull('tailnet', held, {
          pages: [named(list), named(answer)],
          collectedAt: list.fetchedAt,
          endedAt: at,
        })
        await own.seal([pulled], { id, startedAt: at, snapshotAt: at })
        sealed.push({ id, at })
      }
      const end = sealed.at(-1)!.at
      const held = async (id: string): Promise<boolean[]> => {
        const [rested] = (await store.past(id))!.pulls
        expect(rested!.earlier).toHaveLength(keys.length - 1)
        const pages = [...rested!.pages, ...rested!.earlier]
        return Promise.all(pages.map(async ({ sha256 }) => (await store.page(sha256)) !== null))
      }
      const packed = sealed[10]!
      expect(await store.keepPagesOf(packed.id)).toEqual([])
      await retain(store, rule({ raw: 'daily' }), end)
      const whole = `${dayOf(plus(end, -8 * DAY))}T00:00:00.000Z`
      const resting = sealed.filter(
        ({ at }, n) => n >= keys.length && (at >= whole || dayOf(at) !== dayOf(sealed[n - 1]!.at)),
      )
      expect(resting.length).toBeGreaterThan(30)
      for (const { id } of [...resting, packed])
        expect([id, await held(id)]).toEqual([id, keys.map(() => true).concat(true)])
      expect((await held(sealed[15]!.id)).filter((kept) => !kept)).toHaveLength(1)
      await expectWhole(store, end)
    }))

  test('goes on from day to day, and the history follows; whatever is left verifies', () =>
    withStore(async (store) => {
      const own = sealer(store)
      let sealed: Sealed[] = []
      const wanted = rule({ days: 9, raw: 'daily' })
      for (let day = 0; day < 16; day++) {
        sealed = [...sealed, ...(await sealDays(store, 1, own, day * RUNS_A_DAY))]
        await store.retain(wanted, sealed.at(-1)!.at)
        if (day % 5 === 4) await expectWhole(store, sealed.at(-1)!.at)
      }
      const { snapshotAt } = (await store.oldest())!
      expect(snapshotAt > plus(sealed.at(-1)!.at, -12 * DAY)).toBe(true)
      await expectRebuilt(store, snapshotAt, sealed)
      await expectWhole(store, sealed.at(-1)!.at)
      expect(count('select count(*) from doomed')).toBe(0)
      expect((await store.leavesOf('retention')).length).toBeGreaterThan(5)
    }))

  test('a page that the rule keeps is missed when it is gone, one that fell is not', () =>
    withStore(async (store) => {
      const sealed = await sealDays(store, 12)
      const end = sealed.at(-1)!.at
      await store.keepPagesOf(sealed[6]!.id)
      await retain(store, rule({ raw: 'daily' }), end)
      await expectWhole(store, end)
      const lost = async () => (await store.verify(null, end)).flatMap(({ failed }) => failed)
      tamper(`delete from page where hex(sha256) = upper('${sealed[6]!.page}')`)
      expect(await lost()).toEqual([sealed[6]!.page])
      // Whoever strikes it from the list of what was handed out breaks the list that the tombstone names.
      tamper('delete from packed')
      expect(await lost()).toEqual([`leaf ${(await store.leavesOf('retention'))[0]!.index}`])
    }))

  test('a base that goes leaves those that lean on it whole', () =>
    withStore(async (store) => {
      const own = sealer(store)
      // The day's first answer is that of a failed pull: others lean on it, and it is no pull that the rule keeps.
      const [bad, good] = [listPage(0), listPage(1)]
      await store.keepPages([bad])
      await own.seal([{ ...failed('tailnet'), pages: [named(bad)], endedAt: momentOf(0) }], {
        snapshotAt: momentOf(0),
        startedAt: momentOf(0),
      })
      await store.keepPages([good])
      await own.seal([pull('tailnet', recordsOf(1), { pages: [named(good)], endedAt: momentOf(1) })], {
        snapshotAt: momentOf(1),
        startedAt: momentOf(1),
      })
      expect(count('select count(*) from page where base is not null')).toBe(1)
      const sealed = await sealDays(store, 10, own, 3)
      const end = sealed.at(-1)!.at
      await retain(store, rule({ raw: 'daily' }), end)
      expect(await store.page(bad.sha256)).toBeNull()
      expect(Buffer.from((await store.page(good.sha256))!)).toEqual(Buffer.from(good.body))
      await expectWhole(store, end)
    }))
})

test('a deletion that was cut off goes on from its tombstone', async () => {
  const end = await withStore(async (store) => {
    const sealed = await sealDays(store, 12)
    await retain(store, rule({ days: 6 }), sealed.at(-1)!.at)
    return sealed.at(-1)!.at
  })
  // As if the process had ended before the last slices: rows that the tombstone covers are there again.
  tamper("delete from entry where area = 'retention' and key = 'done'")
  tamper(
    'insert into pull select source, 2, kind, outcome, collected_at, ended_at, error_code, error_message, config_digest, counts, fell, digest, log, held from pull where run = (select max(run) from pull)',
  )
  await withStore(async (store) => {
    expect(await store.retain(rule({ days: 6 }), plus(end, HOUR))).toEqual({ tombstone: null, deleted: 1, done: true })
    expect(count('select count(*) from pull where run = 2')).toBe(0)
    await expectWhole(store, end)
  })
})

function named({ body: _, ...rest }: Page): Omit<Page, 'body'> {
  return rest
}
