/**
 * A copy of the database while others write (P11). SQLite's backup begins anew whenever another connection has written
 * (https://sqlite.org/backup.html), and a large database would never be done; inside a read transaction it sees one state
 * to the end, and nobody waits for it.
 */
import Database from 'better-sqlite3'
import type { Checkpoint } from '../domain/ledger.ts'
import type { Copied } from '../domain/store.ts'
import { isOurs } from './schema.ts'

/** Pages of 4 kB between two turns of the event loop. */
const PAGES_AT_ONCE = 2_000
const BEGIN = 'begin'
const END = 'rollback'
// A read transaction begins with the first row that is read.
const FIRST_READ = 'select count(*) from run'
const NEWEST = 'select size, origin, root, note from checkpoint order by size desc limit 1'
/** Sign-in links and sessions must not live again. */
const FORGET_ENTRIES = 'delete from entry where expires_at is not null'
/** Whoever took a delivery took it from the database that goes on beside the copy. */
const FREE_DELIVERIES = `update delivery set due_at = since, leased = 0 where state = 'waiting' and leased = 1`

export async function copyDatabase(
  path: string,
  to: string,
  progress: (done: number, total: number) => void,
): Promise<Copied> {
  const source = new Database(path, { readonly: true })
  try {
    source.exec(BEGIN)
    source.prepare(FIRST_READ).get()
    await source.backup(to, {
      progress: ({ totalPages, remainingPages }) => {
        if (totalPages > 0) progress(totalPages - remainingPages, totalPages)
        return PAGES_AT_ONCE
      },
    })
    source.exec(END)
  } finally {
    source.close()
  }
  return finish(to)
}

/** One file that stands alone, without a log beside it. */
function finish(path: string): Copied {
  const copy = new Database(path)
  try {
    copy.pragma('journal_mode = DELETE')
    // Without it what is deleted stays in the file, for who looks at its bytes.
    copy.pragma('secure_delete = ON')
    copy.prepare(FORGET_ENTRIES).run()
    copy.prepare(FREE_DELIVERIES).run()
    const bytes = copy.pragma('page_count', { simple: true }) as number
    return {
      checkpoint: copy.prepare<[], Checkpoint>(NEWEST).get() ?? null,
      bytes: bytes * (copy.pragma('page_size', { simple: true }) as number),
    }
  } finally {
    copy.close()
  }
}

/** Why a file is no database of ours that can be relied on; null where nothing is wrong. */
export function lookAt(path: string): string | null {
  try {
    const db = new Database(path, { readonly: true })
    try {
      if (!isOurs(db)) return 'is no database of this program'
      const found = db.pragma('quick_check(1)', { simple: true }) as string
      return found === 'ok' ? null : `is damaged (${found})`
    } finally {
      db.close()
    }
  } catch (error) {
    return `cannot be read as a database (${(error as { code?: string }).code ?? 'unknown'})`
  }
}
