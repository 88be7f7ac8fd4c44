/** What the API says of itself: the OpenAPI document and the meaning of each problem. */
import { type OpenAPIHono, z } from '@hono/zod-openapi'
import { EVENT_TYPES, eventSays, eventSchema } from '../../domain/event.ts'
import type { HttpParts } from '../parts.ts'
import { PROBLEM_BASE, PROBLEMS, type ProblemName, problem } from '../problems.ts'
import { freshened, quoted } from './etag.ts'
import { route, sendJson, TAGGED, TAGS, UNCHANGED } from './route.ts'
import { Text } from './shapes.ts'

const Kind = z.object({ type: Text, code: Text, title: Text, status: z.int(), remedy: Text }).openapi('ProblemKind')

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
      answers: { 200: { description: 'By name.', schema: z.object({ problems: z.array(Kind) }) } },
    },
    (c) => sendJson(c, { problems: (Object.keys(PROBLEMS) as ProblemName[]).map(kindJson) }),
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

Lists: \`limit\` and \`cursor\`; \`next\` is the cursor of the next page, null at the end. Documents only grow: ignore what you do not know.`

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
