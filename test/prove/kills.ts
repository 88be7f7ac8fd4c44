/**
 * P8: a process that pulls, checks and seals is killed at a random moment (SIGKILL), again and again in the same data
 * folder; after each kill the folder is opened and everything that was acknowledged must be there, whole, and verify.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { type Random, randomFrom } from '../../src/simulators/fleet/random.ts'
import { startVendors, type Vendors } from '../../src/simulators/index.ts'
import { lookAt } from '../../src/store/backup.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { healthyWorld } from '../helpers/healthy-world.ts'
import { testYaml } from '../helpers/installation.ts'
import { keysIn, testLedger } from '../helpers/ledger.ts'

export type Task = 'run' | 'rotate' | 'backup'

export interface KillsOptions {
  /** Kills, by what the process is doing beside its runs. */
  readonly counts: Readonly<Record<Task, number>>
  readonly seed: number
  progress?(done: number, total: number): void
}

export interface KillsProven {
  readonly kills: number
  /** Acknowledged before the kills that followed. */
  readonly runs: number
  readonly keys: number
  readonly backups: number
}

/** Everything stored is verified after each kill, so a folder is left when it has become large. */
const KILLS_A_FOLDER = 25
/** A run of this fleet takes about a third of it. */
const LONGEST_WAIT_MS = 500
/** Some are killed while they open the folder. */
const SHARE_AT_START = 0.15
const STARTING_MS = 300

/** Throws at the first loss. */
export async function kills({ counts, seed, progress = () => {} }: KillsOptions): Promise<KillsProven> {
  const random = randomFrom(seed)
  const tasks = (Object.keys(counts) as Task[]).flatMap((task) => Array<Task>(counts[task]).fill(task))
  const world = healthyWorld(new Date())
  const vendors = await startVendors(world, { now: () => new Date() })
  const compiled = mkdtempSync(join(tmpdir(), 'kills-compiled-'))
  let next: ChildProcessWithoutNullStreams | null = warmed(compiled)
  const proven = { kills: 0, runs: 0, keys: 0, backups: 0 }
  try {
    for (let at = 0; at < tasks.length; at += KILLS_A_FOLDER) {
      const folder = prepared(vendors, world.roster)
      try {
        for (const task of tasks.slice(at, at + KILLS_A_FOLDER)) {
          const child = next!
          next = proven.kills + 1 < tasks.length ? warmed(compiled) : null
          const said = await killed(child, task, folder, random)
          await expectAllThere(folder, said)
          proven.kills++
          proven.runs += said.runs.length
          proven.keys += said.keys.length
          proven.backups += said.backups.length
          progress(proven.kills, tasks.length)
        }
      } catch (cause) {
        throw new Error(`kill ${proven.kills + 1} of seed ${seed}: ${(cause as Error).message}`, { cause })
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    }
  } finally {
    if (next !== null) {
      next.kill('SIGKILL')
      await once(next, 'exit')
    }
    await vendors.close()
    rmSync(compiled, { recursive: true, force: true })
  }
  return proven
}

function prepared(vendors: Vendors, roster: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'kills-'))
  const data = join(folder, 'data')
  mkdirSync(data, { mode: 0o700 })
  writeFileSync(join(data, 'people.csv'), roster)
  writeFileSync(join(folder, 'exhibit.yaml'), testYaml(data, vendors))
  return folder
}

interface Said {
  readonly runs: string[]
  readonly keys: string[]
  readonly backups: string[]
}

/**
 * A process that has loaded its code and waits for its task.
 * @param compiled folder in which each finds what those before it have compiled
 */
function warmed(compiled: string): ChildProcessWithoutNullStreams {
  const env = { ...process.env, NODE_COMPILE_CACHE: compiled }
  return spawn(process.execPath, ['--no-warnings', join(import.meta.dirname, 'victim.ts')], { env })
}

/** What the process acknowledged before it was killed. */
async function killed(
  child: ChildProcessWithoutNullStreams,
  task: Task,
  folder: string,
  random: Random,
): Promise<Said> {
  const lines: string[] = []
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString()
  })
  const reading = (async () => {
    for await (const line of createInterface({ input: child.stdout })) lines.push(line)
  })()
  const exited = once(child, 'exit')
  const said = async (count: number): Promise<void> => {
    while (lines.length < count && child.exitCode === null) await wait(1)
  }
  await said(1)
  child.stdin.write(`${JSON.stringify({ task, file: join(folder, 'exhibit.yaml') })}\n`)
  if (random.chance(SHARE_AT_START)) await wait(random.between(0, STARTING_MS))
  else {
    await said(random.whole(2, 5))
    await wait(random.between(0, LONGEST_WAIT_MS))
  }
  child.kill('SIGKILL')
  await Promise.all([exited, reading])
  if (child.signalCode !== 'SIGKILL') throw new Error(`the process ended by itself: ${errors}`)
  const named = (what: string): string[] =>
    lines.filter((line) => line.startsWith(`${what} `)).map((line) => line.slice(what.length + 1))
  return { runs: named('run'), keys: named('key'), backups: named('backup') }
}

async function expectAllThere(folder: string, said: Said): Promise<void> {
  const data = join(folder, 'data')
  const path = join(data, 'exhibit.db')
  const store = await openSqliteStore({ path, ledger: testLedger(keysIn(data)) })
  try {
    const runs = await store.runs(100_000)
    const ids = new Set(runs.map(({ id }) => id))
    none(
      'acknowledged runs are lost',
      said.runs.filter((id) => !ids.has(id)),
    )
    none('leaves are lost', runs.length === (await store.leavesOf('run')).length ? [] : ['a run without its leaf'])
    const found = await store.verify(null, new Date().toISOString())
    none(
      'items do not verify',
      found.flatMap(({ key, failed }) => failed.map((name) => `${key}: ${name}`)),
    )
    const keys = (await store.leavesOf('key')).map(
      ({ body }) => JSON.parse(body) as { fingerprint: string; reason: string },
    )
    none(
      'keys are lost',
      said.keys.filter((key) => !keys.some(({ fingerprint }) => fingerprint === key)),
    )
    none(
      'keys came without a hand-over',
      keys.filter(({ reason }) => reason === 'lost').map(({ fingerprint }) => fingerprint),
    )
    const view = await store.runAt('latest')
    none(
      'sources of the newest run are not whole',
      (view?.snapshot.sources ?? []).filter(({ status }) => status !== 'complete').map(({ id }) => id),
    )
  } finally {
    await store.close()
  }
  const looked = [path, ...said.backups.map((name) => join(folder, name))]
  none(
    'files are damaged',
    looked.map(lookAt).filter((trouble) => trouble !== null),
  )
}

function none(what: string, found: readonly string[]): void {
  if (found.length > 0) throw new Error(`${what}: ${found.slice(0, 5).join(', ')}`)
}

/** For `npm run prove`. */
export async function proveKills(
  counts: KillsOptions['counts'] = ALL_KILLS,
  seed = 1,
  progress: NonNullable<KillsOptions['progress']> = () => {},
) {
  try {
    const { kills: count, runs, keys, backups } = await kills({ counts, seed, progress })
    const line = `${count} (SIGKILL; ${counts.rotate} while the key changes, ${counts.backup} during backups), ${runs} acknowledged runs, ${keys} keys, ${backups} backups, 0 lost, 0 half`
    return { line, holds: true, found: [] }
  } catch (error) {
    return { line: 'something was lost', holds: false, found: [(error as Error).message] }
  }
}

const ALL_KILLS: KillsOptions['counts'] = { run: 400, rotate: 50, backup: 50 }
