import { type OpenAPIHono, z } from '@hono/zod-openapi'
import type { MiddlewareHandler } from 'hono'
import { EVENT_TYPES } from '../../domain/event.ts'
import type { Delivery, DeliveryFilter } from '../../domain/outbox.ts'
import type { HttpParts } from '../parts.ts'
import { problem } from '../problems.ts'
import { badCursor, cursorOf } from './cursor.ts'
import { freshened, quoted } from './etag.ts'
import { itemsSchema, LINK, linkNext } from './list.ts'
import { route, sendJson, TAGGED, UNCHANGED } from './route.ts'
import { Count, Instant, Moment, MomentOrNull, PAGED, Text, TextOrNull } from './shapes.ts'
import { noEndpoint } from './webhooks.ts'

const State = z.enum(['waiting', 'delivered', 'dead'])
const DeliveryRow = z
  .object({
    sequence: z.int(),
    event: Text,
    type: z.enum(EVENT_TYPES as [(typeof EVENT_TYPES)[number]]),
    at: Moment,
    endpoint: Text,
    state: State,
    attempts: Count,
    dueAt: MomentOrNull,
    error: TextOrNull,
    changedAt: Moment,
  })
  .openapi('Delivery')
const Attempt = z
  .object({
    number: z.int().min(1).openapi({ description: 'Of this delivery, counted from its first.' }),
    event: Text,
    endpoint: Text,
    at: Moment,
    ms: Count,
    status: z.int().nullable(),
    error: TextOrNull.openapi({ description: 'Null for a success.' }),
    answer: TextOrNull.openapi({ description: 'The first 1,024 characters.' }),
  })
  .openapi('Attempt')

/** Of a range, or of one; the same names filter the list. */
const RANGE = {
  endpoint: Text.optional(),
  state: State.optional(),
  event: Text.optional(),
  since: Instant.optional().openapi({ description: 'Of the event’s own moment.' }),
  until: Instant.optional().openapi({ description: 'Of the event’s own moment.' }),
} as const

const places = cursorOf('deliveries', z.tuple([z.int().min(0), z.string().max(200)]))
const attemptPlaces = cursorOf('attempts', z.int().min(1))

export function deliveries(app: OpenAPIHono, parts: HttpParts, once: MiddlewareHandler): void {
  const { endpoints, outbox } = parts.webhooks

  route(
    app,
    {
      method: 'get',
      path: '/deliveries',
      id: 'listDeliveries',
      summary: 'Events on their way, those that arrived and those that are dead',
      tag: 'webhooks',
      query: {
        ...PAGED,
        ...RANGE,
        updatedSince: Instant.optional().openapi({ description: 'Of what came of it since then.' }),
      },
      answers: {
        200: {
          description: 'Newest event first.',
          schema: itemsSchema(DeliveryRow, {}),
          headers: { ...TAGGED, ...LINK },
        },
        304: UNCHANGED,
      },
      problems: ['bad-cursor'],
    },
    async (c, { query: { limit, cursor, updatedSince, ...range } }) => {
      const filters = { ...range, updatedSince }
      const after = cursor === undefined ? null : places.read(cursor, filters)
      if (cursor !== undefined && after === null) return badCursor(c)
      const found = await outbox.deliveries(
        { ...filterOf(range), ...(updatedSince === undefined ? {} : { changedSince: updatedSince }) },
        limit + 1,
        after === null ? null : { sequence: after[0], endpoint: after[1] },
      )
      const shown = found.slice(0, limit)
      const last = shown.at(-1)
      const nextCursor =
        found.length > limit && last !== undefined ? places.write([last.sequence, last.endpoint], filters) : null
      const body = { items: shown.map(deliveryJson), nextCursor }
      linkNext(c, nextCursor)
      return freshened(c, quoted(JSON.stringify(body))) ?? sendJson(c, body)
    },
  )

  route(
    app,
    {
      method: 'get',
      path: '/deliveries/{event}/{endpoint}/attempts',
      id: 'listAttempts',
      summary: 'Every attempt at one delivery, with what the endpoint answered',
      tag: 'webhooks',
      params: { event: Text, endpoint: Text },
      query: PAGED,
      answers: {
        200: {
          description: 'Oldest first.',
          schema: itemsSchema(Attempt, {}),
          headers: { ...TAGGED, ...LINK },
        },
        304: UNCHANGED,
      },
      problems: ['bad-cursor', 'no-such-event'],
    },
    async (c, { params: { event, endpoint }, query: { limit, cursor } }) => {
      if ((await outbox.event(event)) === null) return problem(c, 'no-such-event')
      const filters = { event, endpoint }
      const after = cursor === undefined ? 0 : attemptPlaces.read(cursor, filters)
      if (after === null) return badCursor(c)
      // A few: ten, and ten more for each replay. They are only ever added at the end, so that each keeps its number.
      const attempts = await outbox.attempts(event, endpoint)
      const numbered = attempts.map((attempt, at) => ({ number: at + 1, ...attempt }))
      const behind = numbered.filter(({ number }) => number > after)
      const shown = behind.slice(0, limit)
      const nextCursor = behind.length > limit ? attemptPlaces.write(shown.at(-1)!.number, filters) : null
      const body = { items: shown, nextCursor }
      linkNext(c, nextCursor)
      return freshened(c, quoted(JSON.stringify(body))) ?? sendJson(c, body)
    },
  )

  route(
    app,
    {
      method: 'post',
      path: '/deliveries/replay',
      id: 'replayDeliveries',
      summary: 'Sends again what the filters name: one, a range, or all that failed',
      description: 'Under the same ids, so that a receiver knows them. What is meant for a disabled endpoint stays.',
      tag: 'webhooks',
      once,
      body: {
        required: true,
        schema: z
          .strictObject(RANGE)
          .refine((range) => Object.values(range).some((value) => value !== undefined), {
            message: 'name what to send again: event, endpoint, state, or since and until',
          })
          .openapi('Replay'),
      },
      answers: {
        202: {
          description: 'They wait to be sent.',
          schema: z.object({ replayed: Count }).openapi('Replayed'),
        },
      },
      problems: ['no-such-endpoint'],
    },
    async (c, { body }) => {
      const strange = body.endpoint !== undefined && !endpoints.some(({ id }) => id === body.endpoint)
      if (strange) return problem(c, 'no-such-endpoint', noEndpoint(endpoints))
      const replayed = await outbox.replay(filterOf(body), parts.now())
      if (replayed > 0) parts.webhooks.nudge()
      return sendJson(c, { replayed }, 202)
    },
  )

  route(
    app,
    {
      method: 'get',
      path: '/events/{id}',
      id: 'getEvent',
      summary: 'One event, to the byte as it is sent',
      tag: 'webhooks',
      params: { id: Text },
      answers: {
        200: {
          description: 'Its schema is in `webhooks`, under its type.',
          schema: z.object({ type: Text, timestamp: Moment, data: z.record(z.string(), z.unknown()) }).openapi('Event'),
          headers: TAGGED,
        },
        304: UNCHANGED,
      },
      problems: ['no-such-event'],
    },
    async (c, { params: { id } }) => {
      const found = await outbox.event(id)
      if (found === null) return problem(c, 'no-such-event')
      const unchanged = freshened(c, quoted(found.body))
      if (unchanged !== null) return unchanged
      c.header('content-type', 'application/json')
      return c.body(found.body)
    },
  )
}

function deliveryJson(row: Delivery) {
  const { sequence, event, type, at, endpoint, state, attempts, dueAt, error, changedAt } = row
  return { sequence, event, type, at, endpoint, state, attempts, dueAt, error, changedAt }
}

type Range = { [K in keyof DeliveryFilter]?: DeliveryFilter[K] | undefined }

/** Without what is not asked for. */
function filterOf(range: Range): DeliveryFilter {
  return Object.fromEntries(Object.entries(range).filter(([, value]) => value !== undefined))
}
