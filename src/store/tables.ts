/** The tables that ordinary queries read, as Kysely sees them. Hot paths have prepared statements of their own. */
import type Database from 'better-sqlite3'
import { Kysely, SqliteDialect } from 'kysely'

export interface Tables {
  run: {
    sequence: number
    id: string
    started_at: string
    snapshot_at: string
    software: string
    build: string
    settings: string
    snapshot_digest: string
    results_digest: string
    check_set_digest: string
    leaf: number
  }
  leaf: { idx: number; kind: string; body: string; hash: string }
  entry: { area: string; key: string; value: string; expires_at: string | null }
}

/** Over the connection that the store opened and closes. */
export function queries(db: Database.Database): Kysely<Tables> {
  return new Kysely<Tables>({ dialect: new SqliteDialect({ database: db }) })
}
