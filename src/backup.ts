/**
 * Backup and restore (P11). A backup is the whole database in one file and never the signing key: who holds a backup can
 * read evidence, and cannot sign any. A restored ledger says so in a leaf, and where the key did not come along, in the
 * leaf of the new key too.
 */
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { AppError } from './domain/error.ts'
import type { JsonObject } from './domain/json.ts'
import type { LedgerKey } from './domain/ledger.ts'
import type { Copied, RunSummary, Store } from './domain/store.ts'
import type { Instant } from './domain/time.ts'

export const DATABASE = 'exhibit.db'
/** Files that SQLite keeps beside a database. */
const BESIDE = ['', '-wal', '-shm', '-journal', '.lock'] as const
const OWNER_ONLY = 0o600
/** The ledger's, as it names it in the data folder. */
const KEY_FILE = 'ledger-key.pem'

export interface BackupRequest {
  /** The data folder. */
  readonly data: string
  /** A file of this name is replaced once the new one is whole. */
  readonly file: string
  progress(done: number, total: number): void
}

export async function backUp(store: Pick<Store, 'copy'>, { data, file, progress }: BackupRequest): Promise<Copied> {
  const target = resolve(file)
  if (liesIn(data, target)) {
    throw new AppError(
      'usage',
      `backup: ${file} lies in the data folder, where it could take the place of the database or of the signing key; name a file outside of ${data}`,
    )
  }
  const part = `${target}.part`
  try {
    removeDatabase(part)
    // Made before anything is in it, so that nobody else can read it at any moment.
    closeSync(openSync(part, 'wx', OWNER_ONLY))
  } catch (cause) {
    throw unwritable(part, cause)
  }
  try {
    const copied = await store.copy(part, progress)
    settle(part, target)
    return copied
  } finally {
    removeDatabase(part)
  }
}

/** Whatever links lead there; of a folder that is not there the writing tells. */
function liesIn(folder: string, file: string): boolean {
  if (!existsSync(folder) || !existsSync(dirname(file))) return false
  const way = relative(realpathSync.native(folder), realpathSync.native(dirname(file)))
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

export interface RestoreRequest {
  readonly file: string
  /** The data folder: made where it is missing; must hold no database. */
  readonly data: string
  /** Who restores. */
  readonly by: string
}

export interface RestoreParts {
  /** Opens a database of ours with the keys of its folder, and brings an older layout up to date. */
  open(path: string): Promise<Store>
  /** What is wrong with the file as a database; null: nothing. */
  look(path: string): string | null
  now(): Instant
}

export type NewKey = Pick<LedgerKey, 'fingerprint' | 'previous'>

export interface Restored {
  /** The newest run in it. */
  readonly run: RunSummary | null
  /** Leaves that the backup had. */
  readonly size: number
  /** The checkpoint that covers the leaf of the restore. */
  readonly note: string
  /** Pages, records, leaves, checkpoints that were read and compared. */
  readonly checked: number
  /** The new key, where the earlier one was not at hand. */
  readonly lost: NewKey | null
}

/** Nothing is in the data folder until every item in the backup was verified. */
export async function restore({ file, data, by }: RestoreRequest, parts: RestoreParts): Promise<Restored> {
  if (!existsSync(file)) throw new AppError('usage', `restore: there is no file ${file}`)
  mkdirSync(data, { recursive: true, mode: 0o700 })
  const target = join(data, DATABASE)
  const there = readdirSync(data).find((name) => name === DATABASE || name === `${DATABASE}-wal`)
  if (there !== undefined) {
    throw new AppError(
      'usage',
      `restore: ${join(data, there)} exists and is not overwritten; point "data" to an empty folder, or move that file away`,
    )
  }
  const draft = join(data, `restoring-${DATABASE}`)
  removeDatabase(draft)
  const key = join(data, KEY_FILE)
  const hadKey = existsSync(key)
  let whole = false
  try {
    copyFileSync(file, draft)
    chmodSync(draft, OWNER_ONLY)
    const trouble = parts.look(draft)
    if (trouble !== null) throw new AppError('usage', `restore: ${file} ${trouble}; use another backup`)
    const restored = await marked(draft, by, parts, file)
    settle(draft, target)
    whole = true
    return restored
  } finally {
    removeDatabase(draft)
    // The next restore must not take it for the ledger's.
    if (!whole && !hadKey) rmSync(key, { force: true })
  }
}

async function marked(path: string, by: string, parts: RestoreParts, file: string): Promise<Restored> {
  const store = await parts.open(path)
  try {
    const at = parts.now()
    const before = await store.checkpoint('latest')
    const keysBefore = (await store.leavesOf('key')).length
    const body: JsonObject = { type: 'restore', at, by, size: before?.size ?? 0, root: before?.root ?? null }
    const { note } = await store.append([{ kind: 'restore', body }], at)
    const found = await store.verify(null, at)
    const failed = found.flatMap(({ key, failed }) => failed.map((name) => `${key}: ${name}`))
    if (failed.length > 0) {
      throw new AppError(
        'storage',
        `restore: ${file} does not hold what was sealed (${failed.slice(0, 3).join(', ')}${failed.length > 3 ? ` and ${failed.length - 3} more` : ''}); nothing was restored: use another backup`,
      )
    }
    const keys = await store.leavesOf('key')
    return {
      run: (await store.runs(1))[0] ?? null,
      size: before?.size ?? 0,
      note,
      checked: found.reduce((sum, { checked }) => sum + checked, 0),
      lost: keys.length > keysBefore && keysBefore > 0 ? (JSON.parse(keys.at(-1)!.body) as NewKey) : null,
    }
  } finally {
    await store.close()
  }
}

/** Under its name at once and whole, and still there after the power went. */
function settle(draft: string, target: string): void {
  try {
    sync(draft)
    renameSync(draft, target)
    if (process.platform !== 'win32') sync(dirname(target))
  } catch (cause) {
    throw unwritable(target, cause)
  }
}

function sync(path: string): void {
  const handle = openSync(path, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

function removeDatabase(path: string): void {
  for (const suffix of BESIDE) rmSync(`${path}${suffix}`, { force: true })
}

function unwritable(path: string, cause: unknown): AppError {
  return new AppError('usage', `${path} cannot be written (${(cause as NodeJS.ErrnoException).code})`, { cause })
}
