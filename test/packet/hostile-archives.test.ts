/** Promise P32: no archive makes `verify` write, follow, hang or crash; each is refused in one line. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ArchiveRefused, memoryBytes, openArchive } from '../../src/lib/unzip.ts'
import { exhibit } from '../helpers/cli.ts'
import { HOSTILE } from './hostile-archives.ts'
import { rawZip } from './raw-zip.ts'

let root: string
let folder: string
beforeAll(() => {
  // Two steps down, so that what leads up would land where it is looked for.
  root = mkdtempSync(join(tmpdir(), 'hostile-'))
  folder = join(root, 'in', 'side')
  mkdirSync(folder, { recursive: true })
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

describe('hostile archives', () => {
  test('there are more than sixty, each another', () => {
    expect(HOSTILE.length).toBeGreaterThan(60)
    expect(new Set(HOSTILE.map(({ what }) => what)).size).toBe(HOSTILE.length)
  })

  test.each(HOSTILE)('$what is refused in one line', async ({ bytes, says }) => {
    const file = join(folder, 'packet.zip')
    writeFileSync(file, bytes())
    const { code, out, err } = await exhibit(null, 'verify', file)
    expect(code).toBe(1)
    expect(err).toBe('')
    expect(out.trimEnd().split('\n')).toEqual([expect.stringMatching(/^✘ files: the packet: .+/), '', 'NOT VERIFIED.'])
    expect(out).toContain(says)
    expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
    expect(readdirSync(root, { recursive: true })).toEqual(['in', 'in/side', 'in/side/packet.zip'])
  })

  test('a folder, a file that is not there and a pipe are an error of who asks', async () => {
    for (const file of [folder, join(folder, 'none.zip'), '/dev/null']) {
      const { code, out, err } = await exhibit(null, 'verify', file)
      expect([code, out]).toEqual([64, ''])
      expect(err).toMatch(/^verify: .+ (is not a file|cannot be read \(ENOENT\))\n$/)
    }
    expect(statSync(folder).isDirectory()).toBe(true)
  })
})

describe('the reader', () => {
  const read = async (bytes: Buffer): Promise<Record<string, string>> => {
    const archive = openArchive(memoryBytes(bytes))
    const found: Record<string, string> = {}
    for (const entry of archive.entries)
      found[entry.name] = Buffer.concat(await Array.fromAsync(archive.read(entry))).toString()
    return found
  }

  test('reads what other programs write: stored or deflated, sizes before or behind the data', async () => {
    const bytes = rawZip([
      { name: 'a', data: 'stored', store: true },
      { name: 'b/c', data: 'deflated'.repeat(100) },
      { name: 'd', data: 'sizes behind', follow: true },
      { name: 'e', data: '' },
    ])
    expect(await read(bytes)).toEqual({ a: 'stored', 'b/c': 'deflated'.repeat(100), d: 'sizes behind', e: '' })
  })

  test('goes through a large file in pieces and finds its end', async () => {
    const data = Buffer.alloc(9_000_000, 'some line of a table\n')
    const archive = openArchive(
      memoryBytes(
        rawZip([
          { name: 'large', data },
          { name: 'as-it-is', data, store: true },
        ]),
      ),
    )
    for (const entry of archive.entries) {
      const pieces = await Array.fromAsync(archive.read(entry))
      expect(pieces.length).toBeGreaterThan(10)
      expect(Buffer.concat(pieces).equals(data)).toBe(true)
    }
  })

  test('a large file that goes on past its size is stopped there', async () => {
    const data = Buffer.alloc(9_000_000, 'a')
    const archive = openArchive(memoryBytes(rawZip([{ name: 'large', data, says: { size: 5_000_000 } }])), {
      ratio: 1e9,
    })
    let seen = 0
    const all = async (): Promise<void> => {
      for await (const piece of archive.read(archive.entries[0]!)) seen += piece.length
    }
    await expect(all()).rejects.toThrow(ArchiveRefused)
    expect(seen).toBeLessThanOrEqual(5_000_000)
  })

  test('more files than the limit are refused by the number in the end record', () => {
    const bytes = rawZip(Array.from({ length: 11 }, (_, n) => ({ name: `f${n}`, data: '' })))
    expect(() => openArchive(memoryBytes(bytes), { entries: 10 })).toThrow('it holds 11 files; 10 are read at most')
    expect(openArchive(memoryBytes(bytes), { entries: 11 }).entries).toHaveLength(11)
  })

  test('every archive cut short at any byte, or with any byte changed, is read whole or refused', async () => {
    const bytes = rawZip([
      { name: 'a', data: 'some text, some text' },
      { name: 'b', data: 'more', store: true },
    ])
    const whole = await read(bytes)
    for (let at = 0; at < bytes.length; at++) {
      await expect(read(bytes.subarray(0, at))).rejects.toThrow(ArchiveRefused)
      for (const bit of [1, 0x80]) {
        const changed = Buffer.from(bytes)
        changed[at]! ^= bit
        const found = await read(changed).catch((error: unknown) => error)
        if (!(found instanceof ArchiveRefused)) expect(Object.values(found as object)).toEqual(Object.values(whole))
      }
    }
  })
})
