import { type OpenAPIHono, z } from '@hono/zod-openapi'
import type { MiddlewareHandler } from 'hono'
import { byText } from '../../domain/json.ts'
import type { EndpointState } from '../../domain/outbox.ts'
import type { HttpParts } from '../parts.ts'
import { problem } from '../problems.ts'
import { badCursor, cursorOf } from './cursor.ts'
import { freshened, quoted } from './etag.ts'
import { itemsSchema, LINK, linkNext, pageOf } from './list.ts'
import { route, sendJson, TAGGED, UNCHANGED } from './route.ts'
import { Count, MomentOrNull, PAGED, Text, TextOrNull } from './shapes.ts'

const Endpoint = z
  .object({
    id: Text,
    url: Text.openapi({ description: 'Without its query, which may hold a secret.' }),
    events: z.array(Text),
    disabledAt: MomentOrNull.openapi({ description: 'Null: it is in use.' }),
    because: TextOrNull,
    failingSince: MomentOrNull.openapi({ description: 'Since when nothing but failures; null after a success.' }),
    deliveredAt: MomentOrNull,
    counts: z.object({ waiting: Count, delivered: Count, dead: Count }),
  })
  .openapi('Endpoint')
export function webhooks(app: OpenAPIHono, parts: HttpParts, once: MiddlewareHandler): void {
  const { endpoints, outbox } = parts.webhooks
  const ids = endpoints.map(({ id }) => id).toSorted(byText)
  const isKnown = (id: string): boolean => endpoints.some((endpoint) => endpoint.id === id)
  const statesOf = async (ids: readonly string[]) => {
    const states = await outbox.endpoints(ids)
    return states.map((state) => ({ ...configured(state.id), ...stateJson(state) }))
  }
  const configured = (id: string) => {
    const { url, events } = endpoints.find((endpoint) => endpoint.id === id)!
    return { id, url: `${url.origin}${url.pathname}`, events }
  }

  route(
    app,
    {
      method: 'get',
      path: '/webhooks',
      id: 'listWebhooks',
      summary: 'Endpoints, with what waits, was delivered and is dead',
      tag: 'webhooks',
      query: PAGED,
      answers: {
        200: {
          description: 'By id.',
          schema: itemsSchema(Endpoint, {}),
          headers: { ...TAGGED, ...LINK },
        },
        304: UNCHANGED,
      },
      problems: ['bad-cursor'],
    },
    async (c, { query: { limit, cursor } }) => {
      const after = cursor === undefined ? null : places.read(cursor, null)
      if (cursor !== undefined && after === null) return badCursor(c)
      const { shown, last } = pageOf({ rows: ids, place: (id) => [id] }, after, limit)
      const nextCursor = last === null ? null : places.write(last, null)
      const body = { items: await statesOf(shown), nextCursor }
      linkNext(c, nextCursor)
      return freshened(c, quoted(JSON.stringify(body))) ?? sendJson(c, body)
    },
  )

  route(
    app,
    {
      method: 'post',
      path: '/webhooks/{id}/test',
      id: 'testWebhook',
      summary: 'Sends a test event to one endpoint, whatever it asked for',
      tag: 'webhooks',
      once,
      params: { id: Text },
      answers: {
        202: {
          description: 'Written down; its deliveries tell what came of it.',
          schema: z.object({ event: Text }).openapi('TestSent'),
          headers: { Location: 'Its attempts.' },
        },
      },
      problems: ['no-such-endpoint'],
    },
    async (c, { params: { id } }) => {
      if (!isKnown(id)) return problem(c, 'no-such-endpoint', noEndpoint(endpoints))
      const event = await parts.webhooks.test(id)
      parts.webhooks.nudge()
      c.header('location', `/api/v1/deliveries/${event}/${encodeURIComponent(id)}/attempts`)
      return sendJson(c, { event }, 202)
    },
  )

  route(
    app,
    {
      method: 'post',
      path: '/webhooks/{id}/enable',
      id: 'enableWebhook',
      summary: 'Takes a disabled endpoint into use again',
      description: 'What died stays dead until it is replayed.',
      tag: 'webhooks',
      params: { id: Text },
      answers: { 200: { description: 'In use.', schema: Endpoint } },
      problems: ['no-such-endpoint'],
    },
    async (c, { params: { id } }) => {
      if (!isKnown(id)) return problem(c, 'no-such-endpoint', noEndpoint(endpoints))
      await outbox.enable(id)
      parts.webhooks.nudge()
      return sendJson(c, (await statesOf([id]))[0])
    },
  )
}

const places = cursorOf<readonly string[]>('webhooks', z.tuple([z.string().max(200)]))

export function noEndpoint(endpoints: HttpParts['webhooks']['endpoints']): string {
  return `There is no such endpoint; configured: ${endpoints.map(({ id }) => id).join(', ') || 'none'}.`
}

function stateJson({ disabledAt, because, failingSince, deliveredAt, counts }: EndpointState) {
  const { waiting, delivered, dead } = counts
  return { disabledAt, because, failingSince, deliveredAt, counts: { waiting, delivered, dead } }
}
