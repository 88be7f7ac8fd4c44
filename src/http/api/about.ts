/** What the API says of itself: the OpenAPI document and the meaning of each problem. */
import { type OpenAPIHono, z } from '@hono/zod-openapi'
import { EVENT_TYPES, eventSays, eventSchema } from '../../domain/event.ts'
import { byText } from '../../domain/json.ts'
import { HOUR } from '../../domain/time.ts'
import type { HttpParts } from '../parts.ts'
import { PROBLEM_BASE, PROBLEMS, type ProblemName, problem } from '../problems.ts'
import { PER_CALLER, REFUSALS } from '../rates.ts'
import { badCursor, cursorOf } from './cursor.ts'
import { freshened, quoted } from './etag.ts'
import { itemsSchema, LINK, linkNext, pageOf } from './list.ts'
import { KEPT_MS } from './once.ts'
import { route, sendJson, TAGGED, TAGS, UNCHANGED } from './route.ts'
import { LIMIT, PAGED, Text } from './shapes.ts'

const Kind = z.object({ type: Text, code: Text, title: Text, status: z.int(), remedy: Text }).openapi('ProblemKind')

const NAMES = (Object.keys(PROBLEMS) as ProblemName[]).sort(byText)
const places = cursorOf<readonly string[]>('problems', z.tuple([z.string().max(100)]))

function kindJson(name: ProblemName) {
  const { title, status, remedy } = PROBLEMS[name]
  return { type: `${PROBLEM_BASE}/${name}`, code: name, title, status, remedy }
}

export function about(app: OpenAPIHono, { version, organization }: HttpParts): void {
  let made: { text: string; tag: string } | null = null
  /** After every route is there. */
  const document = (): { text: string; tag: string } => {
    if (made === null) {
      const text = JSON.stringify(documentOf(app, version, organization.name))
      made = { text, tag: quoted(text) }
    }
    return made
  }

  route(
    app,
    {
      method: 'get',
      path: '/openapi.json',
      id: 'getOpenApi',
      summary: 'This document',
      tag: 'about',
      answers: {
        200: { description: 'OpenAPI 3.1.', schema: z.record(z.string(), z.unknown()), headers: TAGGED },
        304: UNCHANGED,
      },
    },
    (c) => {
      const { text, tag } = document()
      const unchanged = freshened(c, tag)
      if (unchanged !== null) return unchanged
      c.header('content-type', 'application/json')
      return c.body(text)
    },
  )
  route(
    app,
    {
      method: 'get',
      path: '/problems',
      id: 'listProblems',
      summary: 'Every problem that the API answers with',
      tag: 'about',
      query: PAGED,
      answers: { 200: { description: 'By code.', schema: itemsSchema(Kind, {}), headers: LINK } },
      problems: ['bad-cursor'],
    },
    (c, { query: { limit, cursor } }) => {
      const after = cursor === undefined ? null : places.read(cursor, null)
      if (cursor !== undefined && after === null) return badCursor(c)
      const { shown, last } = pageOf({ rows: NAMES, place: (name) => [name] }, after, limit)
      const nextCursor = last === null ? null : places.write(last, null)
      linkNext(c, nextCursor)
      return sendJson(c, { items: shown.map(kindJson), nextCursor })
    },
  )
  route(
    app,
    {
      method: 'get',
      path: '/problems/{name}',
      id: 'getProblem',
      summary: 'What a problem’s `type` means',
      tag: 'about',
      params: { name: Text },
      answers: { 200: { description: 'With what to do.', schema: Kind } },
      problems: ['no-such-problem'],
    },
    (c, { params: { name } }) =>
      Object.hasOwn(PROBLEMS, name) ? sendJson(c, kindJson(name as ProblemName)) : problem(c, 'no-such-problem'),
  )
}

const DESCRIPTION = `Read access for machines, and what may be started. Every answer but a problem is JSON or CSV; problems are RFC 9457.

Keys: "exhibit key create" prints one; send it as \`Authorization: Bearer …\`. Roles, each with what those before it may: viewer reads, auditor makes reports and packets, compliance starts pulls and tests and replays webhooks, admin.

Lists: \`items\`, in an order that does not change, and \`nextCursor\`, null at the end. \`limit\` rows a page (${LIMIT.usual} where nobody says, ${LIMIT.most} at most); the header \`Link\` has the address of the next page. Cursors are opaque, stay right while rows come and go, and belong to the filters of their page. Documents only grow: ignore what you do not know.

Again: a POST that starts something takes \`Idempotency-Key\`. The same request with the same key gets the first answer again for ${KEPT_MS / HOUR} h, and nothing is started twice; another request with that key is \`key-in-use\` (422). A key is its caller's own. Of a request that was refused nothing is kept: correct it, or send it again.

Rates: ${PER_CALLER.most} requests a minute for each key, and for each session within the API; ${REFUSALS.most} refusals with 401 a minute for each address. Both come back bit by bit. Beyond them: 429 with \`Retry-After\`, in seconds. \`RateLimit-Policy\` and \`RateLimit\` (draft-ietf-httpapi-ratelimit-headers) tell how many are left (\`r\`), and after how many seconds all are there again (\`t\`), from when a quarter is left.`

/** Headers of Standard Webhooks 1.0, on every attempt. */
const WEBHOOK_HEADERS = {
  'webhook-id': 'The same at every attempt: an idempotency key.',
  'webhook-timestamp': 'Of the attempt, seconds since 1970.',
  'webhook-signature': 'Signatures of `id.timestamp.body`, with a space between them.',
} as const

function documentOf(app: OpenAPIHono, version: string, organization: string) {
  const document = app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: `Exhibit of ${organization}`,
      version,
      description: DESCRIPTION,
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    servers: [{ url: '/api/v1' }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    security: [{ key: [] }, { session: [] }],
  })
  return {
    ...document,
    components: {
      ...document.components,
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', description: 'An API key.' },
        session: { type: 'apiKey', in: 'cookie', name: 'exhibit', description: 'Of a person who is signed in.' },
      },
    },
    webhooks: Object.fromEntries(EVENT_TYPES.map((type) => [type, { post: webhookOf(type) }])),
  }
}

function webhookOf(type: (typeof EVENT_TYPES)[number]) {
  return {
    operationId: type.replaceAll(/[._](\w)/g, (_, letter: string) => letter.toUpperCase()),
    summary: eventSays(type),
    tags: ['webhooks'],
    parameters: Object.entries(WEBHOOK_HEADERS).map(([name, description]) => ({
      name,
      in: 'header',
      required: true,
      description,
      schema: { type: 'string' },
    })),
    requestBody: { required: true, content: { 'application/json': { schema: eventSchema(type) } } },
    responses: {
      '2XX': { description: 'Taken. Anything else is tried again; 410 ends deliveries to the endpoint.' },
    },
    security: [],
  }
}
