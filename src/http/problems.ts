/** Errors as RFC 9457 problems: one table, whose `type` never changes and can be opened for what it means. */
import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'

export const PROBLEM_BASE = '/api/v1/problems'

interface Kind {
  readonly status: ContentfulStatusCode
  readonly title: string
  readonly remedy: string
}

export const PROBLEMS = {
  'bad-request': { status: 400, title: 'Bad request', remedy: 'Correct what `errors` names.' },
  'unknown-parameter': {
    status: 400,
    title: 'Unknown parameter',
    remedy: 'Correct or leave out the query parameter; the OpenAPI document lists those of each operation.',
  },
  'bad-cursor': {
    status: 400,
    title: 'No cursor of this list',
    remedy:
      'Start again without a cursor; use `nextCursor` as it came, with the filters of the page that it came with.',
  },
  impossible: { status: 400, title: 'That cannot be done', remedy: 'Read `detail`.' },
  'not-signed-in': {
    status: 401,
    title: 'Not signed in',
    remedy: 'Send an API key ("exhibit key create" makes one) as "Authorization: Bearer …", or open a sign-in link.',
  },
  forbidden: { status: 403, title: 'Not allowed', remedy: 'Use a key whose role may do this.' },
  'other-site': {
    status: 403,
    title: 'Refused: the request came from another site.',
    remedy: 'Machines send an API key; pages send requests from their own origin.',
  },
  'not-found': { status: 404, title: 'Not found', remedy: 'The OpenAPI document lists what there is.' },
  'no-such-check': { status: 404, title: 'No such check', remedy: 'The list of checks names ids and refs.' },
  'no-such-device': { status: 404, title: 'No such device', remedy: 'It may have gone with a newer reading.' },
  'no-such-endpoint': {
    status: 404,
    title: 'No such endpoint',
    remedy: 'Endpoints are those of `webhooks` in exhibit.yaml.',
  },
  'no-such-event': { status: 404, title: 'No such event', remedy: 'Old events are deleted; the findings remain.' },
  'no-such-job': {
    status: 404,
    title: 'No such job',
    remedy: 'Files are kept for an hour and do not outlive a restart; ask for it again.',
  },
  'no-such-problem': { status: 404, title: 'No such problem', remedy: 'The list of problems names them.' },
  'method-not-allowed': { status: 405, title: 'Method not allowed', remedy: 'Use a method that `Allow` names.' },
  'job-under-way': {
    status: 409,
    title: 'Another one is being made',
    remedy: 'One of a kind is made at a time: wait for that of `Location`.',
  },
  'not-ready': { status: 409, title: 'Not ready', remedy: 'Ask again until the job is done.' },
  'too-large': { status: 413, title: 'Too large', remedy: 'Send a smaller body.' },
  'unsupported-media-type': {
    status: 415,
    title: 'Unsupported media type',
    remedy: 'Send application/json, or no body where none is needed.',
  },
  'key-in-use': {
    status: 422,
    title: 'The Idempotency-Key came with another request before',
    remedy: 'Take a new key for each request; the same key repeats the same request, to the byte, of the same caller.',
  },
  'too-many-requests': { status: 429, title: 'Too many requests', remedy: 'Wait as long as `Retry-After` says.' },
  internal: { status: 500, title: 'Internal error', remedy: 'The log has it in full, under the id of `detail`.' },
  'not-serving': {
    status: 503,
    title: 'Not ready to serve',
    remedy: 'Ask again in a moment; where it stays so, the log says more.',
  },
  storage: {
    status: 503,
    title: 'The database refused',
    remedy: 'Look for a full disk; what was asked has not been done.',
  },
} as const satisfies Readonly<Record<string, Kind>>

export type ProblemName = keyof typeof PROBLEMS

export interface Mistake {
  /** JSON Pointer into the body, or the name of a parameter. */
  readonly pointer?: string
  readonly parameter?: string
  readonly detail: string
}

export function problem(c: Context, name: ProblemName, detail?: string, errors?: readonly Mistake[]): Response {
  const { status, title, remedy } = PROBLEMS[name]
  c.header('content-type', 'application/problem+json')
  return c.body(
    JSON.stringify({
      type: `${PROBLEM_BASE}/${name}`,
      title,
      status,
      detail: detail ?? remedy,
      // Two strokes at the beginning would name a host (RFC 3986 section 4.2).
      instance: c.req.path.replace(/^\/+/, '/'),
      code: name,
      ...(errors === undefined ? {} : { errors }),
    }),
    status,
  )
}
