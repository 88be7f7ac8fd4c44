import { type OpenAPIHono, z } from '@hono/zod-openapi'
import type { Audit, FrameWithDraws } from '../audit.ts'
import { badCursor, cursorOf } from './cursor.ts'
import { freshened, quoted } from './etag.ts'
import { itemsSchema, LINK, linkNext } from './list.ts'
import { route, sendJson, TAGGED, UNCHANGED } from './route.ts'
import { Count, Moment, PAGED, Text } from './shapes.ts'

const LEAF = {
  leaf: Count.openapi({ description: 'Its index in the evidence ledger.' }),
  at: Moment,
  by: Text,
} as const
const Draw = z
  .object({
    id: Text,
    frame: Text,
    frameLeaf: Count,
    seed: Text,
    seedFrom: z.enum(['auditor', 'timestamp']).openapi({
      description: 'Given by somebody, or the SHA-256 of the first outside time stamp over the frame.',
    }),
    size: Count,
    keys: z.array(Text).openapi({ description: 'In the order of SHA-256(seed ‖ key), hex.' }),
    ...LEAF,
  })
  .openapi('Draw')
const Frame = z
  .object({
    id: Text,
    kind: Text,
    span: z.union([z.object({ asOf: Moment }), z.object({ from: Moment, to: Moment })]),
    rows: Count,
    digest: Text.openapi({ description: 'SHA-256 over the keys in byte order, a line feed after each.' }),
    ...LEAF,
    draws: z.array(Draw),
  })
  .openapi('SampleFrame')

const places = cursorOf('samples', z.int().min(0))

export function samples(app: OpenAPIHono, audited: Audit): void {
  route(
    app,
    {
      method: 'get',
      path: '/samples',
      id: 'listSamples',
      summary: 'Frames sealed for sampling, and what was drawn from each',
      tag: 'periods',
      query: { ...PAGED },
      answers: {
        200: { description: 'Newest first.', schema: itemsSchema(Frame, {}), headers: { ...TAGGED, ...LINK } },
        304: UNCHANGED,
      },
      problems: ['bad-cursor'],
    },
    async (c, { query: { limit, cursor } }) => {
      const before = cursor === undefined ? null : places.read(cursor, null)
      if (cursor !== undefined && before === null) return badCursor(c)
      const found = (await audited.samples()).filter(({ leaf }) => before === null || leaf < before)
      const shown = found.slice(0, limit)
      const nextCursor = found.length > limit ? places.write(shown.at(-1)!.leaf, null) : null
      const body = { items: shown.map(frameJson), nextCursor }
      linkNext(c, nextCursor)
      return freshened(c, quoted(JSON.stringify(body))) ?? sendJson(c, body)
    },
  )
}

function frameJson({ type: _, draws, ...frame }: FrameWithDraws) {
  return { ...frame, draws: draws.map(({ type: __, ...draw }) => draw) }
}
