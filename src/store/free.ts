/**
 * Writes that wait for another connection's transaction without holding up the thread: SQLite's own waiting sleeps in it,
 * and the seal of a large fleet in a worker takes longer than the server's pages may stand still.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type Database from 'better-sqlite3'
import { BUSY_MS } from './connection.ts'

const PAUSE_MS = 10
/** Half a minute of pauses: longer than any seal. */
const MOST_TRIES = 3_000

export interface Writes {
  /** Work that is tried again until nobody else writes; it must be one transaction that begins as a writer. */
  whenFree<T>(work: () => T): Promise<T>
  /**
   * The same for what need not outlive a loss of power: the disk is not waited for. Whatever is written later takes it
   * along, as there is one log (https://sqlite.org/wal.html).
   */
  lightly<T>(work: () => T): Promise<T>
}

export function writesOf(db: Database.Database): Writes {
  async function whenFree<T>(work: () => T): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return within(db, 'busy_timeout = 0', `busy_timeout = ${BUSY_MS}`, work)
      } catch (error) {
        if (!isBusy(error) || tries === MOST_TRIES) throw error
      }
      await sleep(PAUSE_MS)
    }
  }
  return {
    whenFree,
    lightly: (work) => whenFree(() => within(db, 'synchronous = NORMAL', 'synchronous = FULL', work)),
  }
}

function within<T>(db: Database.Database, before: string, after: string, work: () => T): T {
  db.pragma(before)
  try {
    return work()
  } finally {
    db.pragma(after)
  }
}

/** Another connection writes (https://sqlite.org/rescode.html#busy). */
function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'SQLITE_BUSY'
}
