import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { type OpenAPIHono, z } from '@hono/zod-openapi'
import type { MiddlewareHandler } from 'hono'
import type { Role } from '../../domain/api-key.ts'
import type { Report } from '../../domain/report.ts'
import { focusOf } from '../../focusing.ts'
import { visitorOf } from '../access.ts'
import type { Form, Job, Jobs } from '../jobs.ts'
import { isAtLeast } from '../keys.ts'
import type { FileAsked, HttpParts } from '../parts.ts'
import { problem } from '../problems.ts'
import { badCursor, cursorOf } from './cursor.ts'
import { askedOf, askedShape, isNewest } from './job-asked.ts'
import { compared, itemsSchema, LINK, linkNext, pageOf } from './list.ts'
import { route, sendJson } from './route.ts'
import { Count, Moment, MomentOrNull, PAGED, Text, TextOrNull } from './shapes.ts'

const JobShape = z
  .object({
    id: Text,
    kind: z.enum(['report', 'packet', 'export', 'frame', 'sample']),
    asOf: TextOrNull,
    from: MomentOrNull,
    to: MomentOrNull,
    at: z.array(Moment),
    samples: z.array(Text).openapi({ description: 'Draws whose evidence a packet holds.' }),
    about: z
      .object({ on: z.enum(['check', 'control', 'framework']), name: Text })
      .nullable()
      .openapi({ description: 'What alone a report is about; null: everything.' }),
    format: Text.openapi({ description: 'Of the file: "pdf", "zip", "txt", or that of an export.' }),
    of: TextOrNull.openapi({ description: 'What a frame holds.' }),
    frame: TextOrNull.openapi({ description: 'That a sample is drawn from.' }),
    seed: TextOrNull,
    size: Count.nullable(),
    by: Text,
    state: z.enum(['running', 'done', 'failed']),
    progress: z.object({ what: Text, bytes: Count }),
    startedAt: Moment,
    endedAt: MomentOrNull,
    expiresAt: MomentOrNull.openapi({ description: 'From then on the file is gone.' }),
    run: TextOrNull.openapi({ description: 'That it rests on.' }),
    sealed: TextOrNull.openapi({
      description: 'Of a frame or a sample: its id in the evidence ledger, as samples list it.',
    }),
    digest: TextOrNull.openapi({ description: 'SHA-256, as the ledger names it: of a packet that of its manifest.' }),
    bytes: Count.nullable(),
    file: TextOrNull.openapi({ description: 'Where it is fetched; null until it is done.' }),
    error: TextOrNull,
  })
  .openapi('Job')

const BASE = '/api/v1/jobs'

function jobJson(job: Job, { extension }: Form) {
  const { id, asked, by, state, progress, startedAt, endedAt, expiresAt, made, error } = job
  const span = asked.kind === 'sample' ? null : asked.kind === 'frame' ? asked.span : asked
  return {
    id,
    kind: asked.kind,
    asOf: span !== null && 'asOf' in span ? span.asOf : null,
    from: span !== null && 'from' in span ? span.from : null,
    to: span !== null && 'to' in span ? span.to : null,
    at: asked.kind === 'packet' ? asked.at : [],
    samples: asked.kind === 'packet' ? asked.samples : [],
    about: asked.kind === 'report' ? asked.about : null,
    format: 'format' in asked ? asked.format : extension,
    of: asked.kind === 'frame' ? asked.of : null,
    frame: asked.kind === 'sample' ? asked.frame : null,
    seed: asked.kind === 'sample' ? asked.seed : null,
    size: asked.kind === 'sample' ? asked.size : null,
    by,
    state,
    progress,
    startedAt,
    endedAt,
    expiresAt,
    run: made?.run ?? null,
    sealed: made?.sealed ?? null,
    digest: made?.digest ?? null,
    bytes: made?.bytes ?? null,
    file: state === 'done' ? `${BASE}/${id}/file` : null,
    error,
  }
}

/** What goes into the evidence ledger as an act of the organisation; an auditor asks for it and does not do it. */
const SEALING: readonly FileAsked['kind'][] = ['frame', 'sample']
const LEAST_SEALING: Role = 'compliance'

const places = cursorOf<readonly string[]>('jobs', z.tuple([z.string().max(100), z.string().max(100)]))
const place = ({ startedAt, id }: Job): readonly string[] => [startedAt, id]

export interface JobParts extends Pick<HttpParts, 'outputs' | 'checks'> {
  readonly made: Jobs
  /** Of the newest run, by which names are known at once. */
  newest(): Promise<Report>
  readonly once: MiddlewareHandler
}

export function jobs(app: OpenAPIHono, { made, newest, once, outputs, checks }: JobParts): void {
  const json = (job: Job) => jobJson(job, made.form(job.asked))

  /** A name that the newest run does not know is refused here; of an earlier moment the job tells. */
  async function requireNamed(asked: FileAsked): Promise<void> {
    if (asked.kind !== 'report' || asked.about === null || !isNewest(asked)) return
    const report = await newest()
    if (report.snapshot !== null) focusOf(asked.about, report, { checks, settings: report.snapshot.settings })
  }

  route(
    app,
    {
      method: 'post',
      path: '/jobs',
      id: 'startJob',
      summary: 'Makes a report, a packet, an export or a sample',
      description: `Answers at once; the job tells how far it is, and the ledger who took what. Frames and samples are sealed there: they need the role ${LEAST_SEALING}.`,
      tag: 'jobs',
      once,
      body: { required: true, schema: askedShape(outputs) },
      answers: {
        202: { description: 'Begun.', schema: JobShape, headers: { Location: 'The job.' } },
      },
      problems: ['job-under-way', 'impossible'],
    },
    async (c, { body }) => {
      const asked = askedOf(body)
      const { name, role } = visitorOf(c)
      if (SEALING.includes(asked.kind) && !isAtLeast(role, LEAST_SEALING)) {
        const why = `${name} has the role ${role}; to seal a ${asked.kind} needs ${LEAST_SEALING}.`
        return problem(c, 'forbidden', why)
      }
      await requireNamed(asked)
      const { job, begun } = made.start(asked, name)
      c.header('location', `${BASE}/${job.id}`)
      if (!begun) return problem(c, 'job-under-way', `A ${job.asked.kind} is being made: ${BASE}/${job.id}.`)
      return sendJson(c, json(job), 202)
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
      return sendJson(c, { items: shown.map(json), nextCursor })
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
      return job === null ? problem(c, 'no-such-job') : sendJson(c, json(job))
    },
  )
  route(
    app,
    {
      method: 'get',
      path: '/jobs/{id}/file',
      id: 'getJobFile',
      summary: 'What was made',
      tag: 'jobs',
      params: { id: Text },
      answers: {
        200: {
          description: 'The file.',
          others: {
            'application/pdf': Text.openapi({ format: 'binary' }),
            'application/zip': Text.openapi({ format: 'binary' }),
            'application/json': z.looseObject({}).openapi({ description: 'A sample, or results.' }),
            'application/oscal+json': z.looseObject({}),
            'application/x-ndjson': Text,
            'text/csv': Text,
            'text/plain': Text.openapi({ description: 'The keys of a frame.' }),
          },
        },
      },
      problems: ['no-such-job', 'not-ready'],
    },
    (c, { params: { id } }) => {
      const job = made.one(id)
      if (job === null) return problem(c, 'no-such-job')
      if (job.made === null) return problem(c, 'not-ready', job.error ?? `It is being made: ${job.progress.what}.`)
      const { type, extension } = made.form(job.asked)
      c.header('content-type', type)
      c.header('content-length', String(job.made.bytes))
      c.header('content-disposition', `attachment; filename="exhibit-${job.asked.kind}.${extension}"`)
      // Hono drops the body of an answer to HEAD, and a file that nobody reads would stay open.
      if (c.req.method === 'HEAD') return c.body(null)
      return c.body(Readable.toWeb(createReadStream(made.file(job))) as ReadableStream)
    },
  )
}
