/** What a job may be asked for, as the API takes it. */
import { z } from '@hono/zod-openapi'
import { isSeed } from '../../domain/draw.ts'
import type { NamedFocus } from '../../domain/focus.ts'
import { beginningOf, momentOf } from '../../domain/moment.ts'
import type { Output } from '../../domain/output.ts'
import { EVENT_SAMPLES, RECORD_SAMPLES, SAMPLE_KINDS } from '../../domain/sample.ts'
import { MOST_ROWS } from '../asked.ts'
import type { FileAsked, SpanAsked } from '../parts.ts'
import { Framework } from './shapes.ts'

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
const Name = z.string().min(1, 'is empty').max(200, 'is longer than any name').openapi({ type: 'string' })
const Seed = z
  .string()
  .refine(isSeed, 'is one line of 1 to 500 characters')
  .openapi({ description: 'As the auditor gave it; "timestamp": the first outside time stamp over the frame.' })
const STATE = { asOf: End.optional() } as const
const PERIOD = { from: Beginning, to: End } as const

/** Before anything is started, so that who asks is told and not the job. */
function forward<T extends z.ZodType<{ from: string; to: string }>>(shape: T): T {
  return shape.refine(({ from, to }) => from <= to, { path: ['to'], message: 'lies before "from": swap them' })
}

/** Of what a short report is: one of them, by name. */
const ABOUT = [
  { check: Name.openapi({ description: 'Id or ref.' }) },
  { control: Name.openapi({ description: 'Id of one of your own controls.' }) },
] as const
const Table = z.enum(['pdf', 'csv']).optional().openapi({
  description: 'The short report itself, where nobody says, or the table that goes with it.',
})
/** What there is at a moment; the rest happens in a period. */
const Standing = z.enum(RECORD_SAMPLES, {
  error: `is ${RECORD_SAMPLES.join(', ')}, or, with "from" and "to", ${EVENT_SAMPLES.join(', ')}`,
})
const Format = (ids: readonly string[]) => z.enum(ids as [string, ...string[]])

/** What may be asked for; of formats those that there are, and of a period those that have words for one. */
export function askedShape(outputs: readonly Output[]) {
  const formats = outputs.map(({ id }) => id)
  const ofPeriods = outputs.filter(({ period }) => period !== undefined).map(({ id }) => id)
  const report = z.literal('report')
  const [exported, frame] = [z.literal('export'), z.literal('frame')]
  return z
    .union([
      z.strictObject({ kind: report, ...STATE }),
      forward(z.strictObject({ kind: report, ...PERIOD })),
      ...ABOUT.flatMap((about) => [
        z.strictObject({ kind: report, ...about, format: Table, ...STATE }),
        forward(z.strictObject({ kind: report, ...about, format: Table, ...PERIOD })),
      ]),
      z.strictObject({ kind: report, framework: Framework, ...STATE }),
      forward(z.strictObject({ kind: report, framework: Framework, ...PERIOD })),
      forward(
        z.strictObject({
          kind: z.literal('packet'),
          ...PERIOD,
          at: z.array(End).max(50).optional().openapi({ description: 'Further moments whose state it holds.' }),
          samples: z.array(Name).max(50).optional().openapi({
            description: 'Ids of draws: it holds the evidence of every row, and the frame.',
          }),
        }),
      ),
      z.strictObject({ kind: exported, format: Format(formats), ...STATE }),
      forward(z.strictObject({ kind: exported, format: Format(ofPeriods), ...PERIOD })),
      z.strictObject({ kind: frame, of: Standing, ...STATE }),
      forward(z.strictObject({ kind: frame, of: z.enum(SAMPLE_KINDS), ...PERIOD })),
      z.strictObject({
        kind: z.literal('sample'),
        frame: Name.openapi({
          description: 'Id of a sealed frame: its population stood before anybody knew the seed.',
        }),
        seed: Seed,
        size: z.int().min(1).max(MOST_ROWS),
      }),
    ])
    .openapi('JobAsked', {
      description:
        'A report of a state or a period, whole or about one check, control or framework; a packet; results in a format; a frame sealed to draw from; a sample drawn of it.',
    })
}
export type Asked = z.output<ReturnType<typeof askedShape>>

export function askedOf(body: Asked): FileAsked {
  switch (body.kind) {
    case 'packet':
      return { ...body, at: body.at ?? [], samples: body.samples ?? [] }
    case 'sample':
      return body
    case 'export':
      return { kind: 'export', format: body.format, ...spanOf(body) }
    case 'frame': {
      const span = spanOf(body)
      return { kind: 'frame', of: body.of, span: isNewest(span) ? null : span }
    }
    case 'report':
      return {
        kind: 'report',
        about: aboutOf(body),
        format: 'format' in body ? (body.format ?? 'pdf') : 'pdf',
        ...spanOf(body),
      }
  }
}

function spanOf(body: { from: string; to: string } | { asOf?: string | undefined }): SpanAsked {
  return 'from' in body ? { from: body.from, to: body.to } : { asOf: body.asOf ?? 'latest' }
}

export function isNewest(span: SpanAsked): span is { asOf: 'latest' } {
  return 'asOf' in span && span.asOf === 'latest'
}

function aboutOf(body: Extract<Asked, { kind: 'report' }>): NamedFocus | null {
  if ('check' in body) return { on: 'check', name: body.check }
  if ('control' in body) return { on: 'control', name: body.control }
  return 'framework' in body ? { on: 'framework', name: body.framework } : null
}
