/** A process that reads the rows of a list from the database and sends them, with nothing between: what the API is held against. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { task } from './processes.ts'

export interface Bare {
  readonly folder: string
  readonly rows: number
}
export interface BareServed {
  readonly url: string
}

/** The open findings, newest first, with the same fields. */
const ROWS = `select s.check_id as "check", nullif(s.system, '') as system, u.kind, u.source, u.key,
    ifnull(f.label, u.label) as label, f.status, f.reason as unknownReason, first.snapshot_at as firstSeen,
    since.snapshot_at as "from", f.cause, f.body ->> 3 as sla
  from finding f
  join series s on s.id = f.series
  join subject u on u.id = f.subject
  join run since on since.sequence = f.since_run
  join run first on first.sequence = case f.status when 'fail' then f.failed_run else f.first_run end
  where f.until_run is null
  order by f.id desc limit ?`

const { folder, rows } = await task<Bare>()
const db = new Database(join(folder, 'exhibit.db'), { readonly: true })
const read = db.prepare(ROWS)
const server = createServer((_, response) => {
  const body = JSON.stringify({ findings: read.all(rows) })
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
  response.end(body)
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
process.send!({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` } satisfies BareServed)
process.once('disconnect', () => {
  server.close(() => db.close())
  server.closeAllConnections()
})
