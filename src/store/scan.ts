/** Reading a whole fleet once, through a small cache: 16 MB of pages that nobody asks for again would stay in memory. */
import type Database from 'better-sqlite3'

/** Kilobytes. */
export const SCAN_CACHE = 2_000
/** Pages of 4 kB. To set the cache drops what is in it, and of a database so small every page is asked for again. */
const SMALL = SCAN_CACHE / 4

/** @returns sets the connection's cache back to what it was */
export function scanning(db: Database.Database): () => void {
  if ((db.pragma('page_count', { simple: true }) as number) <= SMALL) return () => {}
  const before = db.pragma('cache_size', { simple: true }) as number
  db.pragma(`cache_size = -${SCAN_CACHE}`)
  return () => void db.pragma(`cache_size = ${before}`)
}
