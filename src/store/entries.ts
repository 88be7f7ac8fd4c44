/** Small facts of the server, with a moment after which they are not there any more. */
import type { ExpressionBuilder, Kysely } from 'kysely'
import type { JsonObject } from '../domain/json.ts'
import type { Instant } from '../domain/time.ts'
import type { Tables } from './tables.ts'

export function entryStore(kysely: Kysely<Tables>) {
  const alive = (now: Instant) => (where: ExpressionBuilder<Tables, 'entry'>) =>
    where.or([where('expires_at', 'is', null), where('expires_at', '>', now)])

  return {
    async put(area: string, key: string, value: JsonObject, expiresAt: Instant | null): Promise<void> {
      const row = { area, key, value: JSON.stringify(value), expires_at: expiresAt }
      await kysely
        .insertInto('entry')
        .values(row)
        .onConflict((conflict) =>
          conflict.columns(['area', 'key']).doUpdateSet({ value: row.value, expires_at: expiresAt }),
        )
        .execute()
    },
    async get(area: string, key: string, now: Instant): Promise<JsonObject | null> {
      const row = await kysely
        .selectFrom('entry')
        .select('value')
        .where('area', '=', area)
        .where('key', '=', key)
        .where(alive(now))
        .executeTakeFirst()
      return row === undefined ? null : (JSON.parse(row.value) as JsonObject)
    },
    /** One statement: of two that take the same, only one finds the row. */
    async take(area: string, key: string, now: Instant): Promise<JsonObject | null> {
      const row = await kysely
        .deleteFrom('entry')
        .where('area', '=', area)
        .where('key', '=', key)
        .where(alive(now))
        .returning('value')
        .executeTakeFirst()
      return row === undefined ? null : (JSON.parse(row.value) as JsonObject)
    },
    async sweep(now: Instant): Promise<void> {
      await kysely.deleteFrom('entry').where('expires_at', '<=', now).execute()
    },
  }
}
