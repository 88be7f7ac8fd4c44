import { type OpenAPIHono, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type { HttpParts } from '../parts.ts'
import type { Views } from '../view.ts'
import { freshened, tagOf } from './etag.ts'
import { reportOf, stampOf, TABLE, wantsTable } from './list.ts'
import { route, sendText, TAGGED, UNCHANGED } from './route.ts'
import { AS_OF, Finding, FORMAT, Moment, MomentOrNull, RESULT, Text, TextOrNull } from './shapes.ts'
import { Source } from './sources.ts'

const Results = z
  .object({
    schema: z.literal('exhibit.results/1'),
    organization: Text,
    demo: z.boolean(),
    run: TextOrNull,
    snapshotAt: MomentOrNull,
    evaluatedAt: Moment,
    software: Text,
    sources: z.array(Source),
    disabled: z.array(z.object({ check: Text, ref: Text, because: Text, operator: z.literal(true).optional() })),
    results: z.array(z.object({ ...RESULT, findings: z.array(Finding) })),
  })
  .openapi('Results')

export function results(app: OpenAPIHono, parts: HttpParts, views: Views): void {
  const send = async (c: Context, query: { asOf?: string | undefined }, form: 'json' | 'csv'): Promise<Response> => {
    const report = await reportOf(query, parts, views)
    const unchanged = freshened(c, tagOf(c, { version: parts.version, report }, form))
    if (unchanged !== null) return unchanged
    const output = parts.outputs.find(({ id }) => id === form)!
    const name = `exhibit-results-${stampOf(report)}.${output.extension}`
    return sendText(c, { type: output.mediaType, name }, output.render(report))
  }

  route(
    app,
    {
      method: 'get',
      path: '/results',
      id: 'getResults',
      summary: 'Every result with every subject: the whole document',
      description:
        'Large for a large fleet, and streamed. Failures and open questions alone are in the list of findings.',
      tag: 'results',
      query: { ...AS_OF, ...FORMAT },
      answers: {
        200: { description: 'By ref, then system.', schema: Results, others: TABLE, headers: TAGGED },
        304: UNCHANGED,
      },
    },
    (c, { query }) => send(c, query, wantsTable(c, query) ? 'csv' : 'json'),
  )
  route(
    app,
    {
      method: 'get',
      path: '/results.csv',
      id: 'getResultsTable',
      summary: 'Every result as a table, one line a finding',
      tag: 'results',
      query: { ...AS_OF },
      answers: { 200: { description: 'By ref, then system.', others: TABLE, headers: TAGGED }, 304: UNCHANGED },
    },
    (c, { query }) => send(c, query, 'csv'),
  )
}
