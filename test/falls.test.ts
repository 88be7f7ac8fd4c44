/** P3: empty is not clean. Five kinds that people and vendors list, eight ways in which a listing can change. */
import { describe, expect, test } from 'vitest'
import type { ConfiguredSource } from '../src/config.ts'
import type { AnyRecord, Kind } from '../src/domain/record.ts'
import { countsOf, type Known, type PullParts, pullSource } from '../src/pull.ts'
import { account, agent, device, person, score, settings } from './helpers/build.ts'

const MAKE: Readonly<Record<string, (key: string) => AnyRecord>> = {
  person: (key) => person({ key, email: key }),
  account: (key) => account({ key }),
  device: (key) => device({ key }),
  agent: (key) => agent({ key }),
  score: (key) => score({ key }),
}

const keys = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, n) => `k${from + n}`)

/** A real pull of a source that lists these records. */
async function pulled(before: readonly AnyRecord[], now: readonly AnyRecord[], highest: Known['highest'] = {}) {
  const page = {
    source: 'test',
    sha256: '0'.repeat(64),
    request: 'GET /list',
    place: 'list',
    status: 200,
    headers: {},
    body: new Uint8Array(),
    secret: false,
    fetchedAt: '2026-11-20T09:00:00.000Z',
  }
  const source = {
    id: 'test',
    config: {},
    current: () => ({}),
    requestsPerSecond: null,
    digest: 'd',
    freshnessMs: 0,
    connector: {
      id: 'test',
      rolling: [],
      baseUrl: () => null,
      isVendorHost: () => true,
      read: () => ({ records: now, blind: [] }),
      async *pages() {
        yield page
      },
    } as unknown as ConfiguredSource['connector'],
  } satisfies ConfiguredSource
  const parts: PullParts = {
    store: { keepPages: async () => {} },
    connect: () => {
      throw new Error('a list without a network')
    },
    readFile: () => Promise.reject(new Error('no file')),
    sleep: async () => {},
    now: () => '2026-11-20T09:00:00.000Z',
    settings: settings(),
    pullMs: 10_000,
    attributeBudgetMs: 1000,
    signal: new AbortController().signal,
    progress: () => {},
    report: () => {},
  }
  return pullSource(source, { records: before, highest, accepted: null }, parts)
}

describe.each(Object.keys(MAKE) as Kind[])('%s records', (kind) => {
  const make = (list: readonly string[]): AnyRecord[] => list.map(MAKE[kind]!)
  test.each([
    { name: '5,000 → 0', before: keys(0, 5000), now: [], want: 'held' },
    { name: '1 → 0', before: keys(0, 1), now: [], want: 'held' },
    { name: '5,000 → 4,000: a fifth', before: keys(0, 5000), now: keys(0, 4000), want: 'complete' },
    { name: '5,000 → 3,999: more than a fifth', before: keys(0, 5000), now: keys(0, 3999), want: 'held' },
    { name: 'a first run that finds nobody', before: [], now: [], want: 'complete' },
    { name: 'as many, all new', before: keys(0, 5000), now: keys(5000, 10_000), want: 'held' },
    { name: 'a fourth renamed', before: keys(0, 40), now: [...keys(0, 30), ...keys(90, 100)], want: 'held' },
    { name: 'back again after a fall', before: keys(0, 5000), now: keys(0, 5000), want: 'complete' },
    { name: '40 → 31: more than a fifth, but fewer than ten', before: keys(0, 40), now: keys(0, 31), want: 'complete' },
    { name: '40 → 30: ten, and more than a fifth', before: keys(0, 40), now: keys(0, 30), want: 'held' },
  ])('$name: $want', async ({ before, now, want }) => {
    const { outcome, error, fall } = await pulled(make(before), make(now))
    expect([outcome, error?.code ?? null]).toEqual([want, want === 'held' ? 'population_fell' : null])
    expect(fall).toEqual(want === 'held' ? { [kind]: [before.length, now.length] } : null)
  })

  test('below the highest of seven days by more than a fifth: held', async () => {
    const { outcome, fall } = await pulled(make(keys(0, 85)), make(keys(0, 79)), { [kind]: 100 })
    expect([outcome, fall]).toEqual(['held', { [kind]: [100, 79] }])
  })
})

test('ephemeral devices come and go', async () => {
  const ephemeral = keys(0, 40).map((key) => device({ key, isEphemeral: true }))
  const own = [device({ key: 'own' })]
  expect((await pulled([...ephemeral, ...own], own)).outcome).toBe('complete')
  expect(countsOf(ephemeral)).toEqual({ device: 40 })
})

test('one id twice, in whichever listing, fails the pull', async () => {
  const { outcome, error } = await pulled([], [device({ key: 'a' }), account({ key: 'a' }), device({ key: 'a' })])
  expect([outcome, error?.code]).toEqual(['failed', 'duplicate_ids'])
  expect(error?.message).toMatch(/the device a came twice/)
})
