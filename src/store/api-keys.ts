/** Keys with which machines read: a digest each, never the key (`domain/api-key.ts`). */
import type Database from 'better-sqlite3'
import type { ApiKey } from '../domain/api-key.ts'
import type { Instant } from '../domain/time.ts'

const COLUMNS = `id, name, role, created_at as createdAt, created_by as createdBy, expires_at as expiresAt,
  last_used_at as lastUsedAt, revoked_at as revokedAt`
const ADD = `insert into api_key (id, name, role, created_at, created_by, expires_at, last_used_at, revoked_at, digest)
  values (@id, @name, @role, @createdAt, @createdBy, @expiresAt, @lastUsedAt, @revokedAt, @digest)`
const ALL = `select ${COLUMNS} from api_key order by created_at desc, id desc`
const ONE = `select ${COLUMNS}, digest from api_key where id = ?`
const LAST_USED = 'select last_used_at from api_key where id = ?'
const USED = 'update api_key set last_used_at = ? where id = ?'
const REVOKE = 'update api_key set revoked_at = ? where id = ? and revoked_at is null'

type Kept = ApiKey & { readonly digest: string }

export function apiKeyStore(db: Database.Database) {
  const add = db.prepare<[Kept]>(ADD)
  const all = db.prepare<[], ApiKey>(ALL)
  const one = db.prepare<[string], Kept>(ONE)
  const lastUsed = db.prepare<[string], Instant | null>(LAST_USED).pluck()
  const used = db.prepare<[Instant, string]>(USED)
  const revoke = db.prepare<[Instant, string]>(REVOKE)
  return {
    add: (key: ApiKey, digest: string): void => void add.run({ ...key, digest }),
    all: (): ApiKey[] => all.all(),
    withDigest(id: string): { key: ApiKey; digest: string } | null {
      const found = one.get(id)
      if (found === undefined) return null
      const { digest, ...key } = found
      return { key, digest }
    },
    /** Whether a use at this moment is news: it is noted once a minute. */
    isNews(id: string, at: Instant): boolean {
      const before = lastUsed.get(id)
      return before === null || (before !== undefined && before < minuteOf(at))
    },
    used: (id: string, at: Instant): void => void used.run(minuteOf(at), id),
    revoke: (id: string, at: Instant): boolean => revoke.run(at, id).changes > 0,
  }
}

/** "2026-11-20T09:00:59.999Z" → "2026-11-20T09:00:00.000Z". */
function minuteOf(at: Instant): Instant {
  return `${at.slice(0, 16)}:00.000Z`
}
