import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { type OpenAPIHono, z } from '@hono/zod-openapi'
import type { MiddlewareHandler } from 'hono'
import { beginningOf, momentOf } from '../../domain/moment.ts'
import { visitorOf } from '../access.ts'
import { EXTENSION, type Job, type JobAsked, type Jobs } from '../jobs.ts'
import { problem } from '../problems.ts'
import { badCursor, cursorOf } from './cursor.ts'
import { compared, itemsSchema, LINK, linkNext, pageOf } from './list.ts'
import { route, sendJson } from './route.ts'
import { Count, Moment, MomentOrNull, PAGED, Text, TextOrNull } from './shapes.ts'

function written(read: (text: string) => string | null) {
  return z
    .string()
    .transform((text, context) => {
      const at = read(text)
      if (at !== null) return at
      context.addIssue('write 2026-11-20T09:00:00Z, or a UTC day 2026-11-20')
      return z.NEVER
    })
    .openapi({ type: 'string' })
}
const Beginning = written(beginningOf).openapi({ description: 'An instant, or a UTC day: its beginning.' })
const End = written(momentOf).openapi({ description: 'An instant, or a UTC day: its end.' })
const PERIOD = { from: Beginning, to: End } as const

const Asked = z
  .union([
    z.strictObject({ kind: z.literal('report'), asOf: End.optional() }),
    z.strictObject({ kind: z.literal('report'), ...PERIOD }),
    z.strictObject({
      kind: z.literal('packet'),
      ...PERIOD,
      at: z.array(End).max(50).optional().openapi({ description: 'Further moments whose state it holds.' }),
    }),
  ])
  .openapi('JobAsked', { description: 'A report of a state or of a period; a packet of a period.' })

const JobShape = z
  .object({
    id: Text,
    kind: z.enum(['report', 'packet']),
    asOf: TextOrNull,
    from: MomentOrNull,
    to: MomentOrNull,
    at: z.array(Moment),
    by: Text,
    state: z.enum(['running', 'done', 'failed']),
    progress: z.object({ what: Text, bytes: Count }),
    startedAt: Moment,
    endedAt: MomentOrNull,
    expiresAt: MomentOrNull.openapi({ description: 'From then on the file is gone.' }),
    run: TextOrNull.openapi({ description: 'That it rests on.' }),
    digest: TextOrNull.openapi({ description: 'SHA-256, as the ledger names it: of a packet that of its manifest.' }),
    bytes: Count.nullable(),
    file: TextOrNull.openapi({ description: 'Where it is fetched; null until it is done.' }),
    error: TextOrNull,
  })
  .openapi('Job')

const BASE = '/api/v1/jobs'

function jobJson(job: Job) {
  const { id, asked, by, state, progress, startedAt, endedAt, expiresAt, made, error } = job
  return {
    id,
    kind: asked.kind,
    asOf: 'asOf' in asked ? asked.asOf : null,
    from: 'from' in asked ? asked.from : null,
    to: 'to' in asked ? asked.to : null,
    at: 'at' in asked ? asked.at : [],
    by,
    state,
    progress,
    startedAt,
    endedAt,
    expiresAt,
    run: made?.run ?? null,
    digest: made?.digest ?? null,
    bytes: made?.bytes ?? null,
    file: state === 'done' ? `${BASE}/${id}/file` : null,
    error,
  }
}

function askedOf(body: z.output<typeof Asked>): JobAsked {
  if (body.kind === 'packet') return { ...body, at: body.at ?? [] }
  return 'from' in body ? body : { kind: 'report', asOf: body.asOf ?? 'latest' }
}

const TYPE = { report: 'application/pdf', packet: 'application/zip' } as const
const places = cursorOf<readonly string[]>('jobs', z.tuple([z.string().max(100), z.string().max(100)]))
const place = ({ startedAt, id }: Job): readonly string[] => [startedAt, id]

export function jobs(app: OpenAPIHono, made: Jobs, once: MiddlewareHandler): void {
  route(
    app,
    {
      method: 'post',
      path: '/jobs',
      id: 'startJob',
      summary: 'Makes a report or a packet',
      description: 'Answers at once; the job tells how far it is. The ledger tells who took what.',
      tag: 'jobs',
      once,
      body: { required: true, schema: Asked },
      answers: {
        202: { description: 'Begun.', schema: JobShape, headers: { Location: 'The job.' } },
      },
      problems: ['job-under-way'],
    },
    (c, { body }) => {
      const { job, begun } = made.start(askedOf(body), visitorOf(c).name)
      c.header('location', `${BASE}/${job.id}`)
      if (!begun) return problem(c, 'job-under-way', `A ${job.asked.kind} is being made: ${BASE}/${job.id}.`)
      return sendJson(c, jobJson(job), 202)
    },
  )
  route(
    app,
    {
      method: 'get',
      path: '/jobs',
      id: 'listJobs',
      summary: 'Jobs of the last hour',
      tag: 'jobs',
      query: PAGED,
      answers: {
        200: {
          description: 'Newest first.',
          schema: itemsSchema(JobShape, {}),
          headers: LINK,
        },
      },
      problems: ['bad-cursor'],
    },
    (c, { query: { limit, cursor } }) => {
      const after = cursor === undefined ? null : places.read(cursor, null)
      if (cursor !== undefined && after === null) return badCursor(c)
      const rows = made.all().toSorted((a, b) => compared(place(b), place(a)))
      const { shown, last } = pageOf({ rows, place, descending: true }, after, limit)
      const nextCursor = last === null ? null : places.write(last, null)
      linkNext(c, nextCursor)
      return sendJson(c, { items: shown.map(jobJson), nextCursor })
    },
  )
  route(
    app,
    {
      method: 'get',
      path: '/jobs/{id}',
      id: 'getJob',
      summary: 'One job, with how far it is',
      tag: 'jobs',
      params: { id: Text },
      answers: { 200: { description: 'At this moment.', schema: JobShape } },
      problems: ['no-such-job'],
    },
    (c, { params: { id } }) => {
      const job = made.one(id)
      return job === null ? problem(c, 'no-such-job') : sendJson(c, jobJson(job))
    },
  )
  route(
    app,
    {
      method: 'get',
      path: '/jobs/{id}/file',
      id: 'getJobFile',
      summary: 'The report or packet',
      tag: 'jobs',
      params: { id: Text },
      answers: {
        200: {
          description: 'The file.',
          others: {
            'application/pdf': Text.openapi({ format: 'binary' }),
            'application/zip': Text.openapi({ format: 'binary' }),
          },
        },
      },
      problems: ['no-such-job', 'not-ready'],
    },
    (c, { params: { id } }) => {
      const job = made.one(id)
      if (job === null) return problem(c, 'no-such-job')
      if (job.made === null) return problem(c, 'not-ready', job.error ?? `It is being made: ${job.progress.what}.`)
      const { kind } = job.asked
      c.header('content-type', TYPE[kind])
      c.header('content-length', String(job.made.bytes))
      c.header('content-disposition', `attachment; filename="exhibit-${kind}.${EXTENSION[kind]}"`)
      // Hono drops the body of an answer to HEAD, and a file that nobody reads would stay open.
      if (c.req.method === 'HEAD') return c.body(null)
      return c.body(Readable.toWeb(createReadStream(made.file(job))) as ReadableStream)
    },
  )
}
