/** Reading a whole fleet once, through a small cache: 16 MB of pages that nobody asks for again would stay in memory. */
import type Database from 'better-sqlite3'

/** Kilobytes. */
export const SCAN_CACHE = 2_000

/** @returns sets the connection's cache back to what it was */
export function scanning(db: Database.Database): () => void {
  const before = db.pragma('cache_size', { simple: true }) as number
  db.pragma(`cache_size = -${SCAN_CACHE}`)
  return () => void db.pragma(`cache_size = ${before}`)
}
