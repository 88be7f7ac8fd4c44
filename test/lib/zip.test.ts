import { unzipSync } from 'fflate'
import { afterEach, expect, test } from 'vitest'
import { type ZipEntry, zipped } from '../../src/lib/zip.ts'

const zone = process.env['TZ']
afterEach(() => {
  if (zone === undefined) delete process.env['TZ']
  else process.env['TZ'] = zone
})

async function* once(...chunks: string[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield Buffer.from(chunk)
}

async function* entries(): AsyncGenerator<ZipEntry> {
  yield { path: 'a.txt', content: once('first ', 'second') }
  yield { path: 'raw/edr/empty', content: once() }
  yield { path: 'raw/edr/large', content: once(...Array.from({ length: 200 }, (_, n) => `${n}`.repeat(1000))) }
}

const whole = async (): Promise<Buffer> => Buffer.concat(await Array.fromAsync(zipped(entries())))

test('gives back what was put in, in order', async () => {
  const files = unzipSync(await whole())
  expect(Object.keys(files)).toEqual(['a.txt', 'raw/edr/empty', 'raw/edr/large'])
  expect(Buffer.from(files['a.txt']!).toString()).toBe('first second')
  expect(files['raw/edr/empty']).toHaveLength(0)
  expect(files['raw/edr/large']).toHaveLength(490_000)
})

test('writes the same bytes in every time zone', async () => {
  process.env['TZ'] = 'Pacific/Auckland'
  const there = await whole()
  process.env['TZ'] = 'America/Los_Angeles'
  expect((await whole()).equals(there)).toBe(true)
})

test('asks for an entry when the one before was read, and for none when nobody reads on', async () => {
  const asked: string[] = []
  async function* noted(): AsyncGenerator<ZipEntry> {
    for (let n = 0; n < 100; n++) {
      asked.push(`${n}`)
      yield { path: `${n}`, content: once('x'.repeat(200_000)) }
    }
  }
  for await (const _ of zipped(noted())) break
  expect(asked.length).toBeLessThan(100)
})

test('a content that breaks off breaks the archive: nobody gets a half one for a whole', async () => {
  async function* broken(): AsyncGenerator<ZipEntry> {
    yield { path: 'good', content: once('x') }
    yield {
      path: 'bad',
      content: (async function* () {
        yield Buffer.from('y')
        throw new Error('the page is damaged')
      })(),
    }
  }
  await expect(Array.fromAsync(zipped(broken()))).rejects.toThrow('the page is damaged')
})
