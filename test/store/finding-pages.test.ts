/** Intervals in pages: the same as the whole list, whatever is sealed between two of them. */
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { IntervalFilter, ListedInterval, SealedResult, Store } from '../../src/domain/store.ts'
import { MINUTE, plus } from '../../src/domain/time.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { testLedger } from '../helpers/ledger.ts'
import { moment, open, pull, result, sealer, subject } from './sealing.ts'

let store: Store
beforeEach(async () => {
  store = await openSqliteStore({ path: ':memory:', ledger: testLedger() })
})
afterEach(() => store.close())

const EVER = Number.MAX_SAFE_INTEGER

async function pages(filter: IntervalFilter, upTo: number, limit: number): Promise<ListedInterval[]> {
  const all: ListedInterval[] = []
  let before: number | null = null
  do {
    const page: Awaited<ReturnType<Store['intervals']>> = await store.intervals(filter, upTo, limit, before)
    expect(page.intervals.length).toBeLessThanOrEqual(limit)
    all.push(...page.intervals)
    before = page.next
  } while (before !== null)
  return all
}

/** Without the order, and without what pages say beside. */
function bare(intervals: readonly object[]): string[] {
  return intervals.map(({ ownClock: _, ...rest }: { ownClock?: unknown }) => JSON.stringify(rest)).toSorted()
}

/** What each subject of a run fails, is unknown for, or passes; another version of a fact where it says so. */
type Answers = readonly { readonly key: string; readonly status: 'fail' | 'unknown' | 'pass'; readonly fact: number }[]

function resultOf(answers: Answers): SealedResult {
  const others = Object.fromEntries(
    answers.filter(({ status }) => status === 'pass').map(({ key }) => [key, 'pass' as const]),
  )
  const listed = answers.flatMap(({ key, status, fact }) =>
    status === 'pass' ? [] : [open(status, key, { facts: { fact } })],
  )
  return result(listed, {}, others)
}

describe('pages of intervals', () => {
  test('are the whole list, for any history, any size of page and as any run left it', async () => {
    const keys = ['a', 'b', 'c', 'd', 'e']
    const answers = fc.tuple(
      ...keys.map((key) =>
        fc.record({
          key: fc.constant(key),
          status: fc.constantFrom('fail' as const, 'unknown' as const, 'pass' as const),
          fact: fc.nat(2),
        }),
      ),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(answers, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 7 }),
        async (runs, limit) => {
          const own = await openSqliteStore({ path: ':memory:', ledger: testLedger() })
          const outer = store
          store = own
          try {
            const { seal } = sealer(own)
            for (const run of runs) await seal([pull('tailnet', [])], { results: [resultOf(run)] })
            for (let upTo = 1; upTo <= runs.length; upTo++) {
              expect(bare(await pages({}, upTo, limit))).toEqual(bare(await own.findings('all', upTo)))
              expect(bare(await pages({ open: true }, upTo, limit))).toEqual(bare(await own.findings('open', upTo)))
              const closed = (await own.findings('all', upTo)).filter(({ closedAt }) => closedAt !== null)
              expect(bare(await pages({ open: false }, upTo, limit))).toEqual(bare(closed))
            }
          } finally {
            store = outer
            await own.close()
          }
        },
      ),
      { numRuns: 40 },
    )
  })

  test('of one run fit together while others are sealed', async () => {
    const { seal } = sealer(store)
    const answersOf = (status: 'fail' | 'pass', fact: number) =>
      Array.from({ length: 20 }, (_, n) => ({ key: `k${n}`, status: n % 3 === 0 ? ('fail' as const) : status, fact }))
    await seal([pull('tailnet', [])], { results: [resultOf(answersOf('fail', 0))] })
    const { summary } = await seal([pull('tailnet', [])], { results: [resultOf(answersOf('fail', 1))] })
    const whole = bare(await store.findings('all'))
    const seen: ListedInterval[] = []
    for (let before: number | null = null, n = 0; ; n++) {
      const page: Awaited<ReturnType<Store['intervals']>> = await store.intervals({}, summary.sequence, 3, before)
      seen.push(...page.intervals)
      // Rows come, go and change between any two pages.
      await seal([pull('tailnet', [])], { results: [resultOf(answersOf(n % 2 === 0 ? 'pass' : 'fail', n + 2))] })
      if (page.next === null) break
      before = page.next
    }
    expect(bare(seen)).toEqual(whole)
  })

  test('are newest first, and filtered by status, check, system and source', async () => {
    const { seal } = sealer(store)
    const elsewhere = open('fail', 'x', { subject: subject('x', { source: 'edr', kind: 'agent' }) })
    await seal([pull('tailnet', [])], {
      results: [
        result([open('fail', 'a'), open('unknown', 'b')]),
        result([elsewhere], { check: 'mdm-on-every-computer', ref: 'POS-02', system: null }),
      ],
    })
    await seal([pull('tailnet', [])], {
      results: [
        result([open('fail', 'a'), open('unknown', 'b'), open('fail', 'c')]),
        result([elsewhere], { check: 'mdm-on-every-computer', ref: 'POS-02', system: null }),
      ],
    })
    const keys = async (filter: IntervalFilter) => (await pages(filter, EVER, 2)).map((each) => each.subject.key)
    expect((await keys({}))[0]).toBe('c')
    expect(await keys({ status: 'unknown' })).toEqual(['b'])
    expect((await keys({ checks: ['client-current'] })).toSorted()).toEqual(['a', 'b', 'c'])
    expect(await keys({ checks: ['mdm-on-every-computer'] })).toEqual(['x'])
    expect((await keys({ checks: ['client-current', 'mdm-on-every-computer'] })).length).toBe(4)
    expect((await keys({ system: 'tailnet' })).toSorted()).toEqual(['a', 'b', 'c'])
    expect(await keys({ source: 'edr' })).toEqual(['x'])
    for (const nothing of [{ checks: ['none'] }, { checks: [] }, { system: 'other' }, { source: "' or 1=1 --" }]) {
      expect(await keys(nothing)).toEqual([])
    }
  })

  test('since a moment: what opened, closed or changed in later runs', async () => {
    const { seal } = sealer(store)
    const answers = (a: 'fail' | 'pass', fact: number, c: 'fail' | 'pass'): Answers => [
      { key: 'a', status: a, fact: 0 },
      { key: 'b', status: 'fail', fact },
      { key: 'c', status: c, fact: 0 },
      { key: 'd', status: 'fail', fact: 0 },
    ]
    await seal([pull('tailnet', [])], { results: [resultOf(answers('fail', 0, 'pass'))] })
    await seal([pull('tailnet', [])], { results: [resultOf(answers('pass', 0, 'pass'))] })
    await seal([pull('tailnet', [])], { results: [resultOf(answers('pass', 1, 'fail'))] })
    const keys = async (updatedSince: string) =>
      (await pages({ updatedSince }, EVER, 1))
        .map(({ subject: { key }, closedAt }) => `${key}${closedAt === null ? '' : '!'}`)
        .toSorted()
    expect(await keys(plus(moment(0), -MINUTE))).toEqual(['a!', 'b', 'c', 'd'])
    expect(await keys(moment(0))).toEqual(['a!', 'b', 'c'])
    expect(await keys(moment(1))).toEqual(['b', 'c'])
    expect(await keys(moment(2))).toEqual([])
    const before = await store.intervals({ updatedSince: moment(0) }, 2, 10, null)
    expect(before.intervals.map((each) => each.subject.key)).toEqual(['a'])
  })

  test('say what a check with a deadline of its own said', async () => {
    const { seal } = sealer(store)
    const findings = [
      open('fail', 'a', { sla: 'breached' }),
      open('fail', 'b', { sla: 'not_determinable' }),
      open('fail', 'c'),
    ]
    await seal([pull('tailnet', [])], { results: [result(findings)] })
    const clocks = (await pages({}, EVER, 10)).map(({ subject: { key }, ownClock }) => [key, ownClock])
    expect(clocks.toSorted()).toEqual([
      ['a', 'breached'],
      ['b', 'not_determinable'],
      ['c', null],
    ])
  })

  test('find what lies far behind others, with turns for others on the way', async () => {
    const { seal } = sealer(store)
    const many = Array.from({ length: 21_000 }, (_, n) => open('fail', `k${n}`, { facts: {} }))
    const other = { check: 'mdm-on-every-computer', ref: 'POS-02' }
    await seal([pull('tailnet', [])], { results: [result([open('fail', 'first')], other)] })
    await seal([pull('tailnet', [])], { results: [result([open('fail', 'first')], other), result(many)] })
    let turned = false
    setImmediate(() => {
      turned = true
    })
    const found = await store.intervals({ checks: ['mdm-on-every-computer'] }, EVER, 10, null)
    expect(found.intervals.map((each) => each.subject.key)).toEqual(['first'])
    expect(turned).toBe(true)
  })

  test('of an empty database are none', async () => {
    expect(await store.intervals({}, 0, 10, null)).toEqual({ intervals: [], next: null })
    expect(await store.intervals({ updatedSince: moment(0) }, 0, 10, null)).toEqual({ intervals: [], next: null })
  })
})

test('runs in pages, newest first, and since a moment', async () => {
  const { seal } = sealer(store)
  for (let n = 0; n < 5; n++) await seal([pull('tailnet', [])])
  const whole = await store.runs(10)
  const seen: string[] = []
  for (let before: number | null = null; ; ) {
    const page = await store.runsBefore(before, null, 2)
    if (page.length === 0) break
    seen.push(...page.map(({ id }) => id))
    before = page.at(-1)!.sequence
  }
  expect(seen).toEqual(whole.map(({ id }) => id))
  expect(await store.runsBefore(null, null, 10)).toEqual(whole)
  expect((await store.runsBefore(null, moment(2), 10)).map(({ sequence }) => sequence)).toEqual([5, 4])
})
