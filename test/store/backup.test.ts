import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import Database from 'better-sqlite3'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { backUp, restore } from '../../src/backup.ts'
import { runBackup } from '../../src/cli/backup.ts'
import { runRestore } from '../../src/cli/restore.ts'
import type { Store } from '../../src/domain/store.ts'
import { HOUR, plus } from '../../src/domain/time.ts'
import { installation } from '../../src/installation.ts'
import { renderPdf } from '../../src/outputs/pdf/index.ts'
import { lookAt } from '../../src/store/backup.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { NOW } from '../helpers/build.ts'
import { EVERYTHING, someChecks, type TestInstallation, testInstallation } from '../helpers/installation.ts'
import { keysIn, testLedger } from '../helpers/ledger.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'backup-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const quiet = (): void => {}

/** As main does it: a key of its own in every data folder. */
function restoreInto(data: string, file: string) {
  return restore(
    { file, data, by: 'eve@laptop' },
    {
      open: (path) => openSqliteStore({ path, ledger: testLedger(keysIn(data)) }),
      look: lookAt,
      now: () => plus(NOW, HOUR),
    },
  )
}

async function withRestored<T>(data: string, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openSqliteStore({ path: join(data, 'exhibit.db'), ledger: testLedger(keysIn(data)) })
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}

describe('P11: backups while runs are sealed', () => {
  test('each restores to a state that was sealed, with every run acknowledged before it, and verifies', async () => {
    const data = join(folder, 'data')
    const live = join(folder, 'live')
    mkdirSync(live)
    keysIn(live)
    const path = join(live, 'exhibit.db')
    const child = spawn(process.execPath, ['--no-warnings', join(import.meta.dirname, 'child.ts'), 'seal', path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const acknowledged: string[] = []
    const reading = (async () => {
      for await (const line of createInterface({ input: child.stdout })) acknowledged.push(line)
    })()
    const backups: { file: string; before: string[] }[] = []
    try {
      const moreThan = async (count: number) => {
        while (acknowledged.length <= count && child.exitCode === null) await new Promise((over) => setTimeout(over, 5))
      }
      await moreThan(0)
      const store = await openSqliteStore({ path, ledger: testLedger(keysIn(live)) })
      for (let n = 0; n < 5; n++) {
        const file = join(folder, `backup-${n}`)
        const before = [...acknowledged]
        const { checkpoint } = await backUp(store, { data: live, file, progress: quiet })
        expect(checkpoint!.size).toBeGreaterThanOrEqual(before.length)
        expect(statSync(file).mode & 0o777).toBe(0o600)
        backups.push({ file, before })
        await moreThan(before.length)
      }
      await store.close()
    } finally {
      child.kill('SIGKILL')
      await Promise.all([once(child, 'exit'), reading])
    }
    expect(acknowledged.length).toBeGreaterThan(backups.at(-1)!.before.length)
    for (const { file, before } of backups) {
      rmSync(data, { recursive: true, force: true })
      const { checked, lost } = await restoreInto(data, file)
      expect(checked).toBeGreaterThan(before.length * 100)
      expect(lost).not.toBeNull()
      await withRestored(data, async (store) => {
        const ids = new Set((await store.runs(100_000)).map(({ id }) => id))
        expect(before.filter((id) => !ids.has(id))).toEqual([])
        expect(ids.size).toBeLessThanOrEqual(acknowledged.length + 1)
      })
    }
  }, 60_000)
})

describe('a restored installation', () => {
  let original: TestInstallation
  beforeAll(async () => {
    original = await testInstallation({ checks: someChecks, onDisk: true })
    await original.sync()
    original.clock.pass(HOUR)
    await original.sync()
  })
  afterAll(() => original.close())

  /** The same configuration and vendors over another data folder. */
  function over(store: Store) {
    let ids = 0
    return installation({
      config: original.config,
      checks: someChecks,
      store,
      clock: original.clock,
      newId: () => `restored-${++ids}`,
      newToken: () => `token-${++ids}`,
      random: () => 0,
      software: '0.0.0-test',
      build: 'build',
      actor: 'test',
      signal: new AbortController().signal,
      report: (error) => original.internal.push(error),
    })
  }

  async function pdfOf(store: Store, asOf: string): Promise<Buffer> {
    const report = await over(store).report(asOf)
    return Buffer.concat(await Array.fromAsync(renderPdf(report, (source, runId) => store.lastPull(source, runId))))
  }

  test('verifies, gives the report to the byte, and goes on; without the key under a new one, which the ledger says', async () => {
    const file = join(folder, 'backup')
    const { checkpoint } = await backUp(original.store, { data: original.folder, file, progress: quiet })
    const data = join(folder, 'data')
    const restored = await restoreInto(data, file)
    expect(readdirSync(data).sort()).toEqual(['exhibit.db', 'ledger-key.pem'])
    const { run, size, note, lost } = restored
    expect(size).toBe(checkpoint!.size)
    const [newest, earlier] = await original.store.runs(2)
    expect(run).toEqual(newest)
    expect(lost).toMatchObject({ reason: 'lost', previous: original.keys.current().fingerprint })
    await withRestored(data, async (store) => {
      expect((await store.checkpoint('latest'))!.note).toBe(note)
      const [leaf] = await store.leavesOf('restore')
      expect(JSON.parse(leaf!.body)).toEqual({
        type: 'restore',
        at: plus(NOW, HOUR),
        by: 'eve@laptop',
        size,
        root: checkpoint!.root,
      })
      for (const at of [newest!.snapshotAt, earlier!.snapshotAt]) {
        expect((await pdfOf(store, at)).equals(await pdfOf(original.store, at))).toBe(true)
      }
      const outcome = await over(store).sync(EVERYTHING, quiet)
      expect(outcome.run.sequence).toBe(3)
      expect(outcome.pulls.map(({ outcome }) => outcome)).toEqual(Array(5).fill('complete'))
      expect((await store.verify(null, outcome.run.snapshotAt)).flatMap(({ failed }) => failed)).toEqual([])
      // What was sealed before still lies under what is sealed now.
      expect(await store.consistency(size, outcome.run.sequence + size)).not.toHaveLength(0)
    })
    expect(original.internal).toEqual([])
  })

  test('with the key beside it goes on under that key', async () => {
    const file = join(folder, 'backup')
    await backUp(original.store, { data: original.folder, file, progress: quiet })
    const data = join(folder, 'data')
    mkdirSync(data, { mode: 0o700 })
    copyFileSync(join(original.folder, 'ledger-key.pem'), join(data, 'ledger-key.pem'))
    expect((await restoreInto(data, file)).lost).toBeNull()
    await withRestored(data, async (store) => expect(await store.leavesOf('key')).toHaveLength(1))
  })

  test('has no sign-in link and no session of before', async () => {
    await original.store.put('link', 'digest', { told: 'nobody-else' }, plus(NOW, 1_000 * HOUR))
    const file = join(folder, 'backup')
    await backUp(original.store, { data: original.folder, file, progress: quiet })
    const data = join(folder, 'data')
    await restoreInto(data, file)
    await withRestored(data, async (store) => expect(await store.get('link', 'digest', NOW)).toBeNull())
    expect(await original.store.get('link', 'digest', NOW)).toEqual({ told: 'nobody-else' })
    expect(readFileSync(file).includes('nobody-else')).toBe(false)
  })

  test('the private key is nowhere in a backup', async () => {
    const file = join(folder, 'backup')
    await backUp(original.store, { data: original.folder, file, progress: quiet })
    const secret = readFileSync(join(original.folder, 'ledger-key.pem'), 'utf8').split('\n')[1]!
    const bytes = readFileSync(file)
    expect(bytes.includes(secret)).toBe(false)
    expect(bytes.includes(Buffer.from(secret, 'base64').subarray(-32))).toBe(false)
  })

  test.each<[what: string, change: (file: string) => void, message: RegExp]>([
    ['no file', (file) => rmSync(file), /there is no file/],
    ['no database', (file) => writeFileSync(file, 'hello '.repeat(1_000)), /cannot be read as a database/],
    ['an empty file', (file) => writeFileSync(file, ''), /is no database of this program/],
    [
      'half a file',
      (file) => writeFileSync(file, readFileSync(file).subarray(0, 200_000)),
      /is damaged|cannot be read/,
    ],
    ['altered evidence', (file) => altered(file), /does not hold what was sealed \(/],
  ])('%s is refused, and nothing is left in the data folder', async (_, change, message) => {
    const file = join(folder, 'backup')
    await backUp(original.store, { data: original.folder, file, progress: quiet })
    change(file)
    const data = join(folder, 'data')
    mkdirSync(data)
    await expect(restoreInto(data, file)).rejects.toThrow(message)
    expect(readdirSync(data)).toEqual([])
    // A key that was put there stays: the next try is to go on under it.
    const key = join(data, 'ledger-key.pem')
    copyFileSync(join(original.folder, 'ledger-key.pem'), key)
    await expect(restoreInto(data, file)).rejects.toThrow(message)
    expect(readdirSync(data)).toEqual(['ledger-key.pem'])
    expect(readFileSync(key)).toEqual(readFileSync(join(original.folder, 'ledger-key.pem')))
  })

  test.each(['hello '.repeat(1_000), ''])(
    'a file that is none of ours is an error of who names it',
    async (content) => {
      const file = join(folder, 'notes.txt')
      writeFileSync(file, content)
      await expect(restoreInto(join(folder, 'data'), file)).rejects.toMatchObject({ code: 'usage' })
    },
  )

  test('is never put over a database that is there, and a backup never over the database', async () => {
    const file = join(folder, 'backup')
    await backUp(original.store, { data: original.folder, file, progress: quiet })
    await expect(restoreInto(original.folder, file)).rejects.toThrow(/exists and is not overwritten/)
    const path = join(original.folder, 'exhibit.db')
    const key = join(original.folder, 'ledger-key.pem')
    const before = readFileSync(key)
    const link = join(folder, 'link')
    symlinkSync(original.folder, link)
    const below = join(original.folder, 'below')
    mkdirSync(below)
    const inside = [path, key, join(link, 'ledger-key.pem'), join(link, 'below', 'copy'), join(original.folder, 'copy')]
    for (const target of inside) {
      const refused = backUp(original.store, { data: original.folder, file: target, progress: quiet })
      await expect(refused, target).rejects.toMatchObject({
        code: 'usage',
        message: expect.stringContaining('lies in the data folder'),
      })
    }
    expect(readFileSync(key)).toEqual(before)
    expect(readdirSync(below)).toEqual([])
    rmSync(below, { recursive: true })
    // A folder beside it whose name begins alike is another one.
    const beside = `${original.folder}-backups`
    mkdirSync(beside)
    try {
      await backUp(original.store, { data: original.folder, file: join(beside, 'copy'), progress: quiet })
      expect(readdirSync(beside)).toEqual(['copy'])
    } finally {
      rmSync(beside, { recursive: true })
    }
    await expect(
      backUp(original.store, { data: dirname(path), file: join(folder, 'none', 'backup'), progress: quiet }),
    ).rejects.toThrow(/cannot be written \(ENOENT\)/)
    expect(existsSync(path)).toBe(true)
  })

  test('the commands say where it went, which checkpoint it has and what to tell whom', async () => {
    const said = { out: '', err: '' }
    const terminal = {
      out: { write: (text: string) => (said.out += text) },
      err: { write: (text: string) => (said.err += text) },
    }
    const file = join(folder, 'backup')
    const code = await runBackup(
      { config: 'exhibit.yaml', output: file },
      {
        terminal,
        open: async () => ({
          backup: (to, progress) => backUp(original.store, { data: original.folder, file: to, progress }),
          close: async () => {},
        }),
      },
    )
    expect([code, said.out]).toEqual([0, (await original.store.checkpoint('latest'))!.note])
    expect(said.err).toMatch(/^wrote \S+backup: \d+\.\d MB, \d+ leaves of the ledger\. The signing key is not in it/)
    said.err = ''
    const restored = await runRestore(
      file,
      { config: 'exhibit.yaml' },
      { terminal, actor: () => 'eve@laptop', restore: (_, from) => restoreInto(join(folder, 'data'), from) },
    )
    expect(restored).toBe(0)
    expect(said.err).toMatch(/^restored \d+ leaves of the ledger and every run to 20.* UTC; [\d,]+ items verified\./)
    expect(said.err).toMatch(/is not in this folder: the ledger goes on under [0-9a-f]{64}/)
  })
})

/** What an administrator with the file can do. */
function altered(file: string): void {
  const db = new Database(file)
  db.prepare("update thing set body = replace(body, 'macos', 'linux')").run()
  db.close()
}
