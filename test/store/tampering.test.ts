import { describe, expect, test } from 'vitest'
import { DAY, HOUR, plus } from '../../src/domain/time.ts'
import { NOW } from '../helpers/build.ts'
import { eachInItsFolder, fleet, tailnetPages } from './folder.ts'
import { engineResult, failed, note, open, page, pull, result, sealer } from './sealing.ts'

const { withStore, tamper } = eachInItsFolder()

describe('tampering', () => {
  const pages = [...tailnetPages(12, 0), page('policy', `// ${'a rule '.repeat(200)}`)]
  const names = pages.map(({ body: _, ...rest }) => rest)

  /** Three runs: everything, a change, a failure. */
  async function sealThree(): Promise<void> {
    await withStore(async (store) => {
      const { seal } = sealer(store)
      await store.keepPages(pages)
      const results = [result([open('fail', 'n1CNTRL')])]
      const requests = (run: number) => names.map(({ place, sha256 }) => note({ place, sha256, durationMs: 40 + run }))
      await seal([pull('tailnet', fleet(12), { pages: names, requests: requests(0) })], { results })
      const renamed = fleet(12).map((record) => (record.kind === 'device' ? { ...record, name: 'renamed' } : record))
      await seal([pull('tailnet', renamed, { pages: names, requests: requests(1) })], { results })
      await seal([failed('tailnet')], { results: [engineResult()] })
    })
  }

  async function found(since: string | null = null): Promise<Record<string, number>> {
    return withStore(async (store) => {
      const records = await store.verify(since, plus(NOW, HOUR))
      return Object.fromEntries(records.map(({ key, failed }) => [key, failed.length]))
    })
  }

  test('nothing altered, nothing found', async () => {
    await sealThree()
    expect(await found()).toEqual({ checkpoints: 0, leaves: 0, pages: 0, records: 0 })
  })

  test.each<[what: string, part: 'leaves' | 'pages' | 'records', sql: string]>([
    [
      'a byte of a page',
      'pages',
      "update page set body = cast(replace(cast(body as text), 'macos', 'linux') as blob) where coding = 0",
    ],
    ['a compressed page', 'pages', 'update page set body = zeroblob(length(body)) where id = 1'],
    [
      'a page swapped for another',
      'pages',
      'update page set body = (select body from page where id = 3), coding = (select coding from page where id = 3) where id = 2',
    ],
    ['a page deleted', 'pages', 'delete from page where id = (select max(id) from page)'],
    [
      'a record of the newest run',
      'records',
      "update version set body = replace(body, 'renamed', 'renamed!') where run = 2",
    ],
    [
      'a record of an old run',
      'records',
      "update version set body = replace(body, 'alice-mac.', 'mallory.') where run = 1",
    ],
    ['a record with its digest', 'records', 'update version set digest = randomblob(32) where run = 2'],
    [
      'a version deleted',
      'records',
      'delete from version where run = 2 and thing = (select max(thing) from version where run = 2)',
    ],
    ['a record deleted with its versions', 'records', 'update thing set gone = 2 where id = 1'],
    [
      'the last-seen times of an old run',
      'records',
      "update volatile set digest = replace(digest, substr(digest, 1, 8), '00000000') where run = 1",
    ],
    ['the shape of records', 'records', `update shape set fields = replace(fields, '"hostname"', '"nameHost"')`],
    [
      'the state of a source',
      'leaves',
      'update run set sources = (select sources from run where sequence = 3) where sequence = 2',
    ],
    ['a verdict', 'leaves', `update verdict set body = replace(body, '"fail":1', '"fail":0')`],
    ['the digest of a result', 'leaves', "update result set digest = '' where run = 1"],
    ['a leaf', 'leaves', "update leaf set body = replace(body, 'run-1', 'run-9') where idx = 2"],
    [
      'a leaf with its hash',
      'leaves',
      "update leaf set hash = replace(hash, substr(hash, 1, 4), 'beef') where idx = 1",
    ],
    ['a run against its leaf', 'leaves', "update run set snapshot_at = '2026-11-20T09:00:01.000Z' where sequence = 2"],
    ['the snapshot digest of a run', 'leaves', 'update run set snapshot_digest = results_digest where sequence = 1'],
    ['the request log', 'leaves', 'update pull set log = (select log from pull where run = 1) where run = 2'],
    ['how a pull ended', 'leaves', "update pull set outcome = 'failed' where run = 1"],
    ['what a place answered', 'leaves', 'update answer set status = 500 where run = 1'],
  ])('%s is found', async (_, part, sql) => {
    await sealThree()
    expect(tamper(sql)).toBeGreaterThan(0)
    expect((await found())[part]).toBeGreaterThan(0)
  })

  test('a run deleted from the end, with what it wrote, is missed by the row of leaves', async () => {
    await sealThree()
    expect(tamper('delete from run where sequence = 3')).toBe(1)
    expect((await found())['leaves']).toBeGreaterThan(0)
  })

  test('a damaged page is a storage error to who reads it', async () => {
    await sealThree()
    tamper('update page set body = zeroblob(length(body))')
    await withStore(async (store) => {
      await expect(store.page(pages[1]!.sha256)).rejects.toMatchObject({ code: 'storage' })
      await expect(store.page(pages[0]!.sha256)).rejects.toMatchObject({ code: 'storage' })
    })
  })

  test('the newest run is verified each time, all that is older once round the day', async () => {
    await sealThree()
    tamper("update version set body = replace(body, 'alice-mac.', 'mallory.') where run = 1")
    await withStore(async (store) => {
      let hours = 0
      let altered = 0
      for (let at = NOW; at < plus(NOW, DAY); at = plus(at, HOUR)) {
        const records = (await store.verify(at, plus(at, HOUR))).find(({ key }) => key === 'records')!
        hours++
        altered += records.failed.length
        expect(records.checked).toBeGreaterThan(0)
      }
      expect(hours).toBe(24)
      // Twelve devices' first versions; the second ones, and the attributes, are as they were.
      expect(altered).toBe(12)
    })
  })
})
