/** Opens the file as every connection of ours must be. */
import Database from 'better-sqlite3'
import { storageError } from './failure.ts'
import { SCAN_CACHE } from './scan.ts'
import { migrate } from './schema.ts'

export interface ConnectionOptions {
  /** Of the database, or ":memory:". Its folder must exist. */
  readonly path: string
  /** Reads only; a file of an older layout is refused rather than brought up to date. */
  readonly readonly?: boolean
  /** The most pages of 4 kB that the file may grow to; without it the disk is the limit. */
  readonly maxPages?: number
  /**
   * False: another connection of ours writes most, and folds in what this one writes as well: a page must not wait for
   * megabytes of somebody else's seal.
   */
  readonly foldsLog?: boolean
  /** True: it reads each page about once, so that a large cache of them would be memory for nothing. */
  readonly scans?: boolean
}

/** A lock of another process's transaction is waited for this long. */
export const BUSY_MS = 5_000
/** The log file is cut back to this after a large seal was folded in. */
const LARGEST_LOG = 64 * 1024 * 1024

export function connect(options: ConnectionOptions): Database.Database {
  const { path, readonly = false } = options
  let db: Database.Database | null = null
  try {
    db = new Database(path, { readonly, timeout: BUSY_MS })
    configure(db, options)
    migrate(db, path, readonly)
    return db
  } catch (cause) {
    db?.close()
    throw storageError(`opening ${path}`, cause)
  }
}

/** better-sqlite3 itself opens every connection with SQLITE_DBCONFIG_DEFENSIVE on. */
function configure(db: Database.Database, { readonly, maxPages, foldsLog, scans }: ConnectionOptions): void {
  db.pragma('trusted_schema = OFF')
  db.pragma('foreign_keys = ON')
  if (!readonly) {
    db.pragma('journal_mode = WAL')
    db.pragma(`journal_size_limit = ${LARGEST_LOG}`)
    if (foldsLog === false) db.pragma('wal_autocheckpoint = 0')
  }
  // What was acknowledged is on disk (P9); better-sqlite3's own default for WAL is NORMAL.
  db.pragma('synchronous = FULL')
  if (scans === true) db.pragma(`cache_size = -${SCAN_CACHE}`)
  if (maxPages !== undefined) db.pragma(`max_page_count = ${maxPages}`)
}
