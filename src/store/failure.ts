/** What the database refuses, in words with a remedy. */
import { AppError } from '../domain/error.ts'

/** Primary result codes (https://sqlite.org/rescode.html) → what to do. */
const REMEDIES: readonly (readonly [prefix: string, remedy: string])[] = [
  ['SQLITE_FULL', 'the disk or the allowed size is full; nothing was written: free space and try again'],
  ['SQLITE_CORRUPT', 'the file is damaged; stop and restore the newest backup'],
  ['SQLITE_NOTADB', 'the file is damaged or no database; stop and restore the newest backup'],
  ['SQLITE_BUSY', 'another process keeps the file locked; stop it or try again'],
  ['SQLITE_LOCKED', 'another statement keeps the table locked; try again'],
  ['SQLITE_READONLY', 'the file or its folder cannot be written; check owner and mode'],
  ['SQLITE_CANTOPEN', 'the file cannot be opened; check that its folder exists, with owner and mode'],
  ['SQLITE_IOERR', 'the disk refused to read or write; nothing was written: check the disk'],
  ['SQLITE_CONSTRAINT', 'the rows contradict each other; nothing was written'],
]

/** Whatever went wrong in one operation of the store as an AppError; our own errors pass unchanged. */
export function storageError(operation: string, cause: unknown): AppError {
  if (cause instanceof AppError) return cause
  const code = codeOf(cause)
  const remedy = REMEDIES.find(([prefix]) => code.startsWith(prefix))?.[1]
  // A message of ours that we did not foresee is a fault of the program, not of the disk.
  if (remedy === undefined && !code.startsWith('SQLITE_')) {
    return new AppError('internal', `store: ${operation} failed`, { cause })
  }
  return new AppError('storage', `store: ${operation} answered ${code}; ${remedy ?? 'see the log'}`, { cause })
}

function codeOf(cause: unknown): string {
  if (typeof cause !== 'object' || cause === null || !('code' in cause)) return ''
  return typeof cause.code === 'string' ? cause.code : ''
}

/** Evidence that no longer reads as it was written. */
export function damaged(what: string, cause?: unknown): AppError {
  return new AppError('storage', `store: ${what}; restore the newest backup`, cause === undefined ? {} : { cause })
}
