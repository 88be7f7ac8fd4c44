import { type OpenAPIHono, z } from '@hono/zod-openapi'
import type { MiddlewareHandler } from 'hono'
import type { HttpParts } from '../parts.ts'
import { problem } from '../problems.ts'
import { route, sendJson } from './route.ts'
import { Count, MomentOrNull, Text, TextOrNull } from './shapes.ts'

const Activity = z
  .object({
    running: z.boolean(),
    startedAt: MomentOrNull,
    progress: z.array(z.object({ source: Text, done: Count, total: Count.nullable(), what: Text })),
    nextRunAt: MomentOrNull,
    trouble: TextOrNull.openapi({ description: 'Why the newest run could not be made at all.' }),
  })
  .openapi('Activity')

export function pulls(app: OpenAPIHono, parts: HttpParts, once: MiddlewareHandler): void {
  route(
    app,
    {
      method: 'get',
      path: '/activity',
      id: 'getActivity',
      summary: 'What is being read right now, and when the next run is due',
      tag: 'sources',
      answers: { 200: { description: 'At this moment.', schema: Activity } },
    },
    (c) => sendJson(c, parts.activity()),
  )
  route(
    app,
    {
      method: 'post',
      path: '/pulls',
      id: 'startPull',
      summary: 'Reads sources now, those too that the schedule leaves alone',
      description: 'Answers at once. Of wishes that come while a run is under way one more run is made.',
      tag: 'sources',
      once,
      body: {
        required: false,
        schema: z
          .strictObject({
            sources: z.array(Text).min(1).optional().openapi({ description: 'Ids; every source without it.' }),
          })
          .openapi('PullWish'),
      },
      answers: { 202: { description: 'Asked for.', schema: Activity } },
    },
    (c, { body: { sources } }) => {
      const known = parts.sources.map(({ id }) => id)
      const strange = (sources ?? []).filter((id) => !known.includes(id))
      if (strange.length > 0) {
        const detail = `sources must list configured sources: ${known.join(', ')}`
        return problem(c, 'bad-request', detail, [{ pointer: '/sources', detail }])
      }
      parts.pull(sources ?? null)
      return sendJson(c, parts.activity(), 202)
    },
  )
}
