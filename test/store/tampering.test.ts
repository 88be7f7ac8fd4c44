import { describe, expect, test } from 'vitest'
import { DAY, HOUR, plus } from '../../src/domain/time.ts'
import { NOW } from '../helpers/build.ts'
import { eachInItsFolder, fleet, tailnetPages } from './folder.ts'
import { engineResult, failed, note, open, page, pull, result, sealer } from './sealing.ts'

const { withStore, tamper } = eachInItsFolder()

describe('tampering', () => {
  const pages = [...tailnetPages(12, 0), page('policy', `// ${'a rule '.repeat(200)}`)]
  const names = pages.map(({ body: _, ...rest }) => rest)

  /** Four runs: everything, a change, a failure, a change back of some. */
  async function sealFour(): Promise<void> {
    await withStore(async (store) => {
      const { seal } = sealer(store)
      await store.keepPages(pages)
      const results = [result([open('fail', 'n1CNTRL')])]
      const requests = (run: number) => names.map(({ place, sha256 }) => note({ place, sha256, durationMs: 40 + run }))
      await seal([pull('tailnet', fleet(12), { pages: names, requests: requests(0) })], { results })
      const renamed = fleet(12).map((record) => (record.kind === 'device' ? { ...record, name: 'renamed' } : record))
      await seal([pull('tailnet', renamed, { pages: names, requests: requests(1) })], { results })
      await seal([failed('tailnet')], { results: [engineResult()] })
      const back = renamed.map((record, n) =>
        record.kind === 'device' && n < 8 ? { ...record, name: 'again' } : record,
      )
      await seal([pull('tailnet', back, { pages: names, requests: requests(3) })], { results })
    })
  }

  async function found(since: string | null = null): Promise<Record<string, number>> {
    return withStore(async (store) => {
      const records = await store.verify(since, plus(NOW, HOUR))
      return Object.fromEntries(records.map(({ key, failed }) => [key, failed.length]))
    })
  }

  test('nothing altered, nothing found', async () => {
    await sealFour()
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
      "update thing set body = replace(body, 'alice-mac.', 'mallory.') where id = 1",
    ],
    ['the digest of a record', 'records', 'update thing set digest = randomblob(32) where id = 1'],
    [
      'a version deleted',
      'records',
      'delete from version where run = 2 and thing = (select max(thing) from version where run = 2)',
    ],
    [
      'a version that was another since, deleted',
      'records',
      'delete from version where run = 2 and thing = (select min(thing) from version where run = 4)',
    ],
    ['a version moved to the run before', 'records', 'update version set run = 3 where run = 4'],
    ['a version told against another run', 'records', 'update version set frame = 2 where run = 4'],
    [
      'a version put in',
      'records',
      "insert into version (thing, run, frame, body) select min(id), 3, 1, '[]' from thing",
    ],
    ['a record there from an earlier run on', 'records', 'update thing set frame = 2 where id = 1'],
    ['a record gone in the newest run', 'records', 'update thing set gone = 2 where id = 1'],
    [
      'a byte of last-seen times',
      'records',
      'update volatile set body = cast(body || zeroblob(1) as blob) where run = 1',
    ],
    [
      'the digest of last-seen times',
      'records',
      "update volatile set digest = replace(digest, substr(digest, 1, 8), '00000000') where run = 1",
    ],
    ['the shape of records', 'records', `update shape set fields = replace(fields, '"hostname"', '"nameHost"')`],
    [
      'the state of a source',
      'leaves',
      'update run set sources = (select sources from run where sequence = 3) where sequence = 2',
    ],
    ['a verdict', 'leaves', `update verdict set body = replace(body, '"fail"', '"pass"')`],
    ['the counts of a result', 'leaves', "update result set counts = replace(counts, '1', '0') where run = 1"],
    ['the digest of a result', 'leaves', 'update result set digest = randomblob(32) where run = 1'],
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
    ['what a place usually answers', 'leaves', `update place set headers = '{"content-type":"text/plain"}'`],
    ['what a place is asked', 'leaves', "update place set request = 'GET /other'"],
    [
      'how long calls took',
      'leaves',
      'update pull set log = cast(substr(log, 1, length(log) - 1) || zeroblob(1) as blob) where run = 1',
    ],
  ])('%s is found', async (_, part, sql) => {
    await sealFour()
    expect(tamper(sql)).toBeGreaterThan(0)
    expect((await found())[part]).toBeGreaterThan(0)
  })

  test('a run deleted from the end, with what it wrote, is missed by the row of leaves', async () => {
    await sealFour()
    expect(tamper('delete from run where sequence = 4')).toBe(1)
    expect((await found())['leaves']).toBeGreaterThan(0)
  })

  test('a damaged page is a storage error to who reads it', async () => {
    await sealFour()
    tamper('update page set body = zeroblob(length(body))')
    await withStore(async (store) => {
      await expect(store.page(pages[1]!.sha256)).rejects.toMatchObject({ code: 'storage' })
      await expect(store.page(pages[0]!.sha256)).rejects.toMatchObject({ code: 'storage' })
    })
  })

  test('the newest run is verified each time, all that is older once round the day', async () => {
    await sealFour()
    tamper("update thing set body = replace(body, 'alice-mac.', 'mallory.')")
    await withStore(async (store) => {
      let hours = 0
      const altered: string[] = []
      for (let at = NOW; at < plus(NOW, DAY); at = plus(at, HOUR)) {
        const records = (await store.verify(at, plus(at, HOUR))).find(({ key }) => key === 'records')!
        hours++
        altered.push(...records.failed)
        expect(records.checked).toBeGreaterThan(0)
      }
      expect(hours).toBe(24)
      // In the first run the devices read so; in the later ones they have another name.
      expect(altered).toEqual(['run 1'])
    })
  })
})

test('a page is missed that stands in its log alone, as its place answered twice; one that a failed pull did not keep is not', async () => {
  const [first, second] = [page('devices', '["before"]'), page('devices', '["after"]')]
  const notKept = page('devices', '["cut short"]')
  const named = [first, second, notKept].map(({ body: _, ...rest }) => rest)
  const missing = () =>
    withStore(async (store) => {
      const found = await store.verify(plus(NOW, -2 * DAY), plus(NOW, HOUR))
      return found.flatMap(({ failed }) => failed)
    })
  await withStore(async (store) => {
    const { seal } = sealer(store)
    await store.keepPages([first, second])
    await seal([pull('tailnet', fleet(2), { pages: named.slice(0, 2) })])
    await seal([{ ...failed('tailnet'), pages: named.slice(2) }])
    await seal([pull('tailnet', fleet(2), { pages: named.slice(0, 1) })])
  })
  expect(await missing()).toEqual([])
  tamper(`delete from page where hex(sha256) = upper('${second.sha256}')`)
  expect(await missing()).toEqual([second.sha256])
})
