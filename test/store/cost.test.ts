import { describe, expect, test } from 'vitest'
import type { AnyRecord } from '../../src/domain/record.ts'
import { plus, SECOND } from '../../src/domain/time.ts'
import { leafHash } from '../../src/ledger/leaf.ts'
import { agent, attributes, carried, device, NOW } from '../helpers/build.ts'
import { eachInItsFolder, fleet, tailnetPages } from './folder.ts'
import { moment, note, open, page, pull, result, sealer } from './sealing.ts'

const { withStore, count } = eachInItsFolder()

describe('what a run costs', () => {
  test('a second run with the same bytes adds under 100 kB for 1,000 devices and 1,000 attribute answers', async () => {
    await withStore(async (store) => {
      const { seal } = sealer(store)
      const sizes: number[] = []
      for (const run of [0, 1]) {
        const pages = tailnetPages(1000, run)
        const requests = pages.map(({ place, request, sha256, fetchedAt, body }, n) =>
          note({
            place,
            request,
            sha256,
            startedAt: fetchedAt,
            bytes: body.length,
            durationMs: 40 + ((n * 31 + run) % 60),
          }),
        )
        await store.keepPages(pages)
        await seal([pull('tailnet', fleet(1000), { pages: pages.map(({ body: _, ...rest }) => rest), requests })], {
          results: [result([open('fail', 'n1CNTRL')])],
        })
        sizes.push(await store.size())
      }
      expect(sizes[1]! - sizes[0]!).toBeLessThan(100_000)
    })
  })

  test('a record gets a new version when its body changed, never when only a moving field did', async () => {
    await withStore(async (store) => {
      const { seal } = sealer(store)
      const versions = (): number => count('select (select count(*) from thing) + (select count(*) from version)')
      const reversed = (record: AnyRecord): AnyRecord =>
        Object.fromEntries(Object.entries(record).reverse()) as unknown as AnyRecord
      await seal([pull('tailnet', fleet(10))], { carried: [carried('c', 'x', { since: NOW })] })
      expect(versions()).toBe(21)
      const moved = fleet(10).map((record) => (record.kind === 'device' ? { ...record, lastSeen: moment(1) } : record))
      await seal([pull('tailnet', moved.map(reversed))], { carried: [carried('c', 'x', { since: NOW })] })
      expect(versions()).toBe(21)
      await seal([pull('tailnet', [...fleet(9), device({ key: 'n0new' })])], { carried: [] })
      // Two gone with the tenth device, one new, one carried record gone.
      expect(versions()).toBe(25)
    })
  })

  test('10,000 last-seen times of a quarter of an hour cost under 20 kB, readings within a minute under 3 kB', async () => {
    await withStore(async (store) => {
      const devices = Array.from({ length: 10_000 }, (_, n) =>
        device({ key: `n${n}`, lastSeen: plus(NOW, -((n * 48_271) % 900) * SECOND) }),
      )
      const readings = Array.from({ length: 1000 }, (_, n) =>
        attributes({ key: `${1000 + n}`, readAt: plus(NOW, n * 50) }),
      )
      await sealer(store).seal([
        pull('tailnet', devices),
        pull(
          'edr',
          readings.map((record) => ({ ...record, source: 'edr' })),
        ),
      ])
      expect(count("select length(body) from volatile where source = 'tailnet'")).toBeLessThan(20_000)
      expect(count("select length(body) from volatile where source = 'edr'")).toBeLessThan(3_000)
    })
  })

  test('a page that differs little from the first of its day costs little', async () => {
    await withStore(async (store) => {
      const agents = (run: number): string =>
        JSON.stringify(
          Array.from({ length: 1000 }, (_, n) => ({
            ...agent({ key: leafHash(`${n}`), serial: leafHash(`s${n}`), lastSeen: plus(moment(run), -n * 100) }),
          })),
        )
      for (const run of [0, 1, 2])
        await store.keepPages([page('agents page 1', agents(run), { fetchedAt: moment(run) })])
      const first = count('select length(body) from page where base is null')
      expect(count('select count(*) from page where base is not null')).toBe(2)
      expect(count('select max(length(body)) from page where base is not null')).toBeLessThan(first / 3)
    })
  })
})
