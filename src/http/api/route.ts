/** A route of the API: its description stands beside its handler, and the OpenAPI document is made of what is served. */
import { setImmediate } from 'node:timers/promises'
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { Context, MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { didYouMean } from '../../lib/nearest.ts'
import { PROBLEMS, type ProblemName, problem } from '../problems.ts'
import { IDEMPOTENT } from './once.ts'
import { Problem } from './shapes.ts'

type Shape = z.ZodRawShape
type Nothing = Record<never, never>

export const TAGS = {
  results: 'What the checks answer.',
  findings: 'Failures and open questions, from when to when.',
  population: 'People, accounts, devices and agents, with how they were joined.',
  sources: 'What is read, and when.',
  periods: 'Audit periods: what was tested, who left, what was reviewed and what was drawn.',
  webhooks: 'Endpoints, events and deliveries.',
  jobs: 'Reports and packets, made on request.',
  about: 'The API itself.',
} as const

interface Told {
  readonly description: string
  /** Absent: no body. */
  readonly schema?: z.ZodType
  /** Media type → schema, beside or instead of JSON. */
  readonly others?: Readonly<Record<string, z.ZodType>>
  readonly headers?: Readonly<Record<string, string>>
}

export interface Spec<Q extends Shape, P extends Shape, B extends z.ZodType> {
  readonly method: 'get' | 'post'
  /** Below `/api/v1`, as OpenAPI writes it: "/devices/{source}/{key}". */
  readonly path: string
  readonly id: string
  readonly summary: string
  readonly description?: string
  readonly tag: keyof typeof TAGS
  readonly query?: Q
  readonly params?: P
  readonly body?: { readonly schema: B; readonly required: boolean }
  /** Of what starts something: takes an `Idempotency-Key`. */
  readonly once?: MiddlewareHandler
  readonly answers: Readonly<Record<number, Told>>
  /** Beside those that any route may have. */
  readonly problems?: readonly ProblemName[]
}

export interface Input<Q extends Shape, P extends Shape, B extends z.ZodType> {
  readonly query: z.output<z.ZodObject<Q>>
  readonly params: z.output<z.ZodObject<P>>
  readonly body: z.output<B>
}

const NONE = {}
const WAIT = { 'Retry-After': 'Seconds.' } as const
const ALWAYS: readonly ProblemName[] = [
  'unknown-parameter',
  'not-signed-in',
  'forbidden',
  'too-many-requests',
  'internal',
  'storage',
]
const LARGEST_BODY = 64 * 1024

export function route<Q extends Shape = Nothing, P extends Shape = Nothing, B extends z.ZodType = z.ZodUndefined>(
  app: OpenAPIHono,
  spec: Spec<Q, P, B>,
  handle: (c: Context, input: Input<Q, P, B>) => Response | Promise<Response>,
): void {
  const { query, params, body, once } = spec
  const known = Object.keys(query ?? NONE)
  const described = createRoute({
    method: spec.method,
    path: spec.path,
    operationId: spec.id,
    summary: spec.summary,
    ...(spec.description === undefined ? {} : { description: spec.description }),
    tags: [spec.tag],
    middleware: [
      knownParametersOnly(known),
      ...(takesBody(spec) ? [bodyLimit({ maxSize: LARGEST_BODY, onError: (c) => problem(c, 'too-large') })] : []),
      ...(once === undefined ? [] : [once]),
    ],
    request: {
      ...(query === undefined ? {} : { query: z.object(query) }),
      ...(params === undefined ? {} : { params: z.object(params) }),
      ...(once === undefined ? {} : { headers: z.object(IDEMPOTENT) }),
      ...(body === undefined
        ? {}
        : { body: { required: body.required, content: { 'application/json': { schema: body.schema } } } }),
    },
    responses: responsesOf(spec),
  })
  app.openapi(described, (async (c: Context) =>
    handle(c, {
      query: query === undefined ? NONE : c.req.valid('query' as never),
      params: params === undefined ? NONE : c.req.valid('param' as never),
      body: body === undefined ? undefined : c.req.valid('json' as never),
    } as Input<Q, P, B>)) as never)
}

/** One that it does not need is a part of the request all the same, which may come again. */
function takesBody({ body, once }: Pick<Spec<Shape, Shape, z.ZodType>, 'body' | 'once'>): boolean {
  return body !== undefined || once !== undefined
}

/** A mistyped filter that is left out of account would answer more than was asked for. */
function knownParametersOnly(known: readonly string[]) {
  return async (c: Context, next: () => Promise<void>): Promise<Response | undefined> => {
    const at = c.req.url.indexOf('?')
    if (at >= 0) {
      const names = new Set(new URLSearchParams(c.req.url.slice(at)).keys())
      const unknown = [...names].filter((name) => !known.includes(name))
      if (unknown.length > 0) {
        const hint = (name: string): string =>
          known.length === 0 ? 'this operation has none' : didYouMean(name, known)
        const errors = unknown.map((parameter) => ({ parameter, detail: hint(parameter) }))
        const said = errors.map(({ parameter, detail }) => `"${parameter}": ${detail}`).join('; ')
        return problem(c, 'unknown-parameter', `There is no query parameter ${said}.`, errors)
      }
    }
    await next()
    return undefined
  }
}

function responsesOf(spec: Spec<Shape, Shape, z.ZodType>) {
  const { answers, problems = [], query, params, body, once } = spec
  const responses: Record<string, object> = {}
  for (const [status, { description, schema, others, headers }] of Object.entries(answers)) {
    const content = {
      ...(schema === undefined ? {} : { 'application/json': { schema } }),
      ...Object.fromEntries(Object.entries(others ?? NONE).map(([type, text]) => [type, { schema: text }])),
    }
    responses[status] = {
      description,
      ...(Object.keys(content).length === 0 ? {} : { content }),
      ...(headers === undefined ? {} : { headers: headersOf(headers) }),
    }
  }
  const named = new Set<ProblemName>([
    ...ALWAYS,
    ...(spec.method === 'post' ? (['other-site'] as const) : []),
    ...(query === undefined && params === undefined && !takesBody(spec) ? [] : (['bad-request'] as const)),
    ...(takesBody(spec) ? (['too-large'] as const) : []),
    ...(body === undefined ? [] : (['unsupported-media-type'] as const)),
    ...(once === undefined ? [] : (['key-in-use'] as const)),
    ...problems,
  ])
  for (const [status, names] of Map.groupBy(named, (name) => PROBLEMS[name].status)) {
    responses[status] = {
      description: names.map((name) => `\`${name}\`: ${PROBLEMS[name].title}`).join(' · '),
      content: { 'application/problem+json': { schema: Problem } },
      ...(names.includes('too-many-requests') ? { headers: headersOf(WAIT) } : {}),
    }
  }
  return responses
}

function headersOf(headers: Readonly<Record<string, string>>) {
  return Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [name, { description, schema: { type: 'string' } }]),
  )
}

/** For lists and documents that are asked for again and again. */
export const TAGGED = { ETag: 'Strong. Send it as If-None-Match.' } as const
export const UNCHANGED: Told = { description: 'Nothing has changed since.', headers: TAGGED }

export function sendJson(c: Context, body: unknown, status: 200 | 202 = 200): Response {
  c.header('content-type', 'application/json')
  return c.body(JSON.stringify(body), status)
}

export interface Download {
  readonly type: string
  /** Fixed: nothing that was read stands in it. */
  readonly name: string
}

/** About so many characters are written before others have their turn. */
const PIECE = 64 * 1024

/** Text in pieces, never whole in memory; a tag that the client has already is answered before anything is made. */
export function sendText(c: Context, { type, name }: Download, chunks: Iterable<string> | AsyncIterable<string>) {
  c.header('content-type', type)
  c.header('content-disposition', `attachment; filename="${name}"`)
  // Hono drops the body of an answer to HEAD: a stream that nobody reads would never end.
  if (c.req.method === 'HEAD') return c.body(null)
  return c.body(ReadableStream.from(pieces(chunks)).pipeThrough(new TextEncoderStream()))
}

async function* pieces(chunks: Iterable<string> | AsyncIterable<string>): AsyncGenerator<string> {
  let piece = ''
  for await (const chunk of chunks) {
    piece += chunk
    if (piece.length < PIECE) continue
    yield piece
    piece = ''
    await setImmediate()
  }
  yield piece
}
