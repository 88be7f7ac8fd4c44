import { type OpenAPIHono, z } from '@hono/zod-openapi'
import { PULL_ERROR_CODES } from '../../domain/error.ts'
import { byText } from '../../domain/json.ts'
import { sourceJson } from '../../domain/result-document.ts'
import type { HttpParts } from '../parts.ts'
import type { Views } from '../view.ts'
import { LINK, listSchema, reportOf, sendList } from './list.ts'
import { route, TAGGED, UNCHANGED } from './route.ts'
import { AS_OF, Count, MomentOrNull, PAGED, Text } from './shapes.ts'

export const Source = z
  .object({
    id: Text,
    kind: Text,
    status: z.enum(['complete', 'failed', 'held', 'paused', 'stale', 'never']),
    attemptedAt: MomentOrNull,
    collectedAt: MomentOrNull.openapi({ description: 'When the first request of the last accepted pull left.' }),
    records: z.record(z.string(), Count),
    blind: z.array(Text).openapi({ description: 'What the credential may not see: "attributes", "setting.name".' }),
    error: z.object({ code: z.enum(PULL_ERROR_CODES), message: Text }).nullable(),
    requests: Count,
    notVendorHost: z.boolean(),
    pausedUntil: MomentOrNull,
  })
  .openapi('Source')

export function sources(app: OpenAPIHono, parts: HttpParts, views: Views): void {
  route(
    app,
    {
      method: 'get',
      path: '/sources',
      id: 'listSources',
      summary: 'Sources, with how the newest attempt at each ended',
      tag: 'sources',
      query: { ...PAGED, ...AS_OF },
      answers: {
        200: { description: 'By id.', schema: listSchema(Source), headers: { ...TAGGED, ...LINK } },
        304: UNCHANGED,
      },
      problems: ['bad-cursor'],
    },
    async (c, { query }) => {
      const report = await reportOf(query, parts, views)
      return sendList(
        c,
        query,
        { version: parts.version, report },
        {
          plural: 'sources',
          rows: report.sources.toSorted((a, b) => byText(a.id, b.id)),
          place: ({ id }) => [id],
          json: sourceJson,
        },
      )
    },
  )
}
