/**
 * The one writer of a data folder. The lock is SQLite's own on a small file beside the database: the system takes it
 * back when the process dies, however it dies, and a second process that waits gets it then.
 */
import { setTimeout as wait } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { AppError } from '../domain/error.ts'

/** How often a waiting process asks again. */
const POLL_MS = 50
const BEGIN = 'begin exclusive'
const END = 'rollback'

export function writerLock(path: string): (signal: AbortSignal) => Promise<() => Promise<void>> {
  return async (signal) => {
    for (;;) {
      if (signal.aborted) throw interrupted(path, signal)
      const release = tryLock(path)
      if (release !== null) return release
      await wait(POLL_MS, undefined, { signal }).catch(() => undefined)
    }
  }
}

function tryLock(path: string): (() => Promise<void>) | null {
  const db = new Database(path, { timeout: 0 })
  try {
    db.exec(BEGIN)
  } catch (error) {
    db.close()
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) return null
    throw error
  }
  return async () => {
    if (!db.open) return
    db.exec(END)
    db.close()
  }
}

/** A database in memory has no other process; its callers still take turns. */
export function memoryLock(): (signal: AbortSignal) => Promise<() => Promise<void>> {
  let held = false
  return async (signal) => {
    while (held) {
      if (signal.aborted) break
      await wait(1)
    }
    if (signal.aborted) throw interrupted('the database in memory', signal)
    held = true
    let mine = true
    return async () => {
      if (mine) held = false
      mine = false
    }
  }
}

function interrupted(path: string, signal: AbortSignal): AppError {
  return new AppError('interrupted', `store: stopped while waiting for the run that holds ${path}`, {
    cause: signal.reason,
  })
}
