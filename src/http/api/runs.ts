import { type OpenAPIHono, z } from '@hono/zod-openapi'
import type { HttpParts } from '../parts.ts'
import { badCursor, cursorOf } from './cursor.ts'
import { freshened, quoted } from './etag.ts'
import { itemsSchema, LINK, linkNext } from './list.ts'
import { route, sendJson, TAGGED, UNCHANGED } from './route.ts'
import { Instant, Moment, PAGED, Text } from './shapes.ts'

const Run = z
  .object({
    id: Text,
    sequence: z.int().min(1),
    startedAt: Moment,
    snapshotAt: Moment,
    software: Text,
    build: Text,
    settingsDigest: Text,
    snapshotDigest: Text,
    resultsDigest: Text,
    checkSetDigest: Text,
    leaf: Text.openapi({ description: 'RFC 6962 leaf hash of the run in the evidence ledger, hex.' }),
  })
  .openapi('Run')

const places = cursorOf('runs', z.int().min(1))

export function runs(app: OpenAPIHono, { lists }: HttpParts): void {
  route(
    app,
    {
      method: 'get',
      path: '/runs',
      id: 'listRuns',
      summary: 'Sealed runs, with what each rests on by digest',
      tag: 'results',
      query: {
        ...PAGED,
        updatedSince: Instant.optional().openapi({ description: 'Whose `snapshotAt` is later.' }),
      },
      answers: {
        200: {
          description: 'Newest first.',
          schema: itemsSchema(Run, {}),
          headers: { ...TAGGED, ...LINK },
        },
        304: UNCHANGED,
      },
      problems: ['bad-cursor'],
    },
    async (c, { query: { limit, cursor, updatedSince } }) => {
      const before = cursor === undefined ? null : places.read(cursor, updatedSince ?? null)
      if (cursor !== undefined && before === null) return badCursor(c)
      const found = await lists.runsBefore(before, updatedSince ?? null, limit + 1)
      const shown = found.slice(0, limit)
      const nextCursor = found.length > limit ? places.write(shown.at(-1)!.sequence, updatedSince ?? null) : null
      const body = { items: shown, nextCursor }
      linkNext(c, nextCursor)
      return freshened(c, quoted(JSON.stringify(body))) ?? sendJson(c, body)
    },
  )
}
