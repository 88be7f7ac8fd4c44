import { type OpenAPIHono, z } from '@hono/zod-openapi'
import { controlView, controlViewJson } from '../../domain/control-view.ts'
import type { HttpParts } from '../parts.ts'
import type { Views } from '../view.ts'
import { freshened, tagOf } from './etag.ts'
import { headOf, reportOf } from './list.ts'
import { route, sendJson, TAGGED, UNCHANGED } from './route.ts'
import { AS_OF, Count, Framework, HEAD, Status, Text, TextOrNull } from './shapes.ts'

const Standing = z.enum([...Status.options, 'disabled'])
const MAPPED = { check: Text, ref: Text, status: Standing } as const
const Mapped = z.object({ ...MAPPED, operator: z.literal(true).optional() }).openapi('MappedCheck')
const CONTROL = {
  id: Text,
  mapped: Count,
  pass: Count,
  fail: Count,
  unknown: Count,
  not_applicable: Count,
  disabled: Count,
  sentence: Text,
  checks: z.array(Mapped).openapi({ description: 'Those that test a part of it.' }),
  supporting: z.array(Mapped).openapi({ description: 'Those that support it without testing it.' }),
} as const
const Control = z.object(CONTROL).openapi('Control')
const OwnControl = z
  .object({
    ...CONTROL,
    text: Text,
    owner: TextOrNull,
    criteria: z.record(z.string(), z.array(Text)),
    gone: z.array(Text).openapi({ description: 'Checks that it names and that are known no more.' }),
  })
  .openapi('OwnControl')
const Controls = z
  .object({
    ...HEAD,
    label: Text,
    limit: Text,
    own: z.array(OwnControl),
    frameworks: z.array(z.object({ framework: Framework, title: Text, controls: z.array(Control) })),
    unmapped: z.array(z.object(MAPPED)),
  })
  .openapi('Controls')

export function controls(app: OpenAPIHono, parts: HttpParts, views: Views): void {
  route(
    app,
    {
      method: 'get',
      path: '/controls',
      id: 'getControls',
      summary: 'Results grouped by the controls that they serve: the organisation’s own first, then the frameworks',
      tag: 'results',
      query: { ...AS_OF },
      answers: { 200: { description: 'Told, never concluded.', schema: Controls, headers: TAGGED }, 304: UNCHANGED },
    },
    async (c, { query }) => {
      const report = await reportOf(query, parts, views)
      const unchanged = freshened(c, tagOf(c, { version: parts.version, report }))
      return unchanged ?? sendJson(c, { ...headOf(report), ...controlViewJson(controlView(report)) })
    },
  )
}
