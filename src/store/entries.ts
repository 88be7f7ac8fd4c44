/** Small facts of the server, with a moment after which they are not there any more. */
import type Database from 'better-sqlite3'
import type { JsonObject } from '../domain/json.ts'
import type { Instant } from '../domain/time.ts'
import { writesOf } from './free.ts'

const PUT = `insert into entry (area, key, value, expires_at) values (?, ?, ?, ?)
  on conflict (area, key) do update set value = excluded.value, expires_at = excluded.expires_at`
const ALIVE = 'area = ? and key = ? and (expires_at is null or expires_at > ?)'
const GET = `select value from entry where ${ALIVE}`
const TAKE = `delete from entry where ${ALIVE} returning value`
const SWEEP = 'delete from entry where expires_at <= ?'

export function entryStore(db: Database.Database) {
  const putRow = db.prepare<[string, string, string, Instant | null]>(PUT)
  const getRow = db.prepare<[string, string, Instant], string>(GET).pluck()
  const takeRow = db.prepare<[string, string, Instant], string>(TAKE).pluck()
  const sweepRows = db.prepare<[Instant]>(SWEEP)
  // The server's thread writes these, and its pages must not stand still while a run is sealed beside it.
  const { whenFree } = writesOf(db)
  const read = (value: string | undefined): JsonObject | null =>
    value === undefined ? null : (JSON.parse(value) as JsonObject)

  return {
    async put(area: string, key: string, value: JsonObject, expiresAt: Instant | null): Promise<void> {
      await whenFree(() => putRow.run(area, key, JSON.stringify(value), expiresAt))
    },
    get: (area: string, key: string, now: Instant): JsonObject | null => read(getRow.get(area, key, now)),
    /** One statement: of two that take the same, only one finds the row. */
    async take(area: string, key: string, now: Instant): Promise<JsonObject | null> {
      return read(await whenFree(() => takeRow.get(area, key, now)))
    },
    async sweep(now: Instant): Promise<void> {
      await whenFree(() => sweepRows.run(now))
    },
  }
}
