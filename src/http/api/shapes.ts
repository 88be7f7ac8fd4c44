/** Schemas that several resources share. They describe what is sent; nothing is parsed by them on its way out. */
import { z } from '@hono/zod-openapi'
import { FRAMEWORKS } from '../../domain/control-view.ts'
import { instant } from '../../domain/time.ts'

export const Moment = z.iso.datetime()
export const MomentOrNull = Moment.nullable()
export const Text = z.string()
export const TextOrNull = z.string().nullable()
export const Count = z.int().min(0)
/** Any JSON. */
export const Anything = z.unknown()
export const Flat = z.union([z.string(), z.number(), z.boolean(), z.null()])

const STATUSES = ['pass', 'fail', 'unknown', 'not_applicable'] as const
export const Status = z.enum(STATUSES)
export const Mark = z.enum([...STATUSES, 'waived'])
export const Severity = z.enum(['low', 'medium', 'high', 'critical'])
export const UnknownReason = z
  .enum([
    'no_data',
    'stale',
    'source_error',
    'auth_error',
    'partial_population',
    'unmatched',
    'no_serial',
    'not_visible',
    'not_configured',
  ])
  .nullable()
export const Sla = z.enum(['within', 'breached', 'not_determinable']).nullable()
/** Of a named schema: `nullable()` would write the null into whichever of its places is looked at first. */
export function orNull<S extends z.ZodType>(schema: S) {
  return z.union([schema, z.null()])
}
export const Vendor = z.enum(['sentinelone', 'crowdstrike', 'kandji'])
export const Framework = z.enum(FRAMEWORKS as [(typeof FRAMEWORKS)[number]])

/** At the head of every answer that rests on a run. */
export const HEAD = {
  run: TextOrNull.openapi({ description: 'Null before the first run.' }),
  snapshotAt: MomentOrNull,
  evaluatedAt: Moment.openapi({ description: 'The moment to which the run was aged: sources grow stale, SLAs end.' }),
  demo: z.boolean(),
} as const

export const NextCursor = TextOrNull.openapi({ description: 'Of the next page; null at the end.' })

export const Subject = z.object({ kind: Text, source: Text, key: Text, label: Text }).openapi('Subject')
export const Counts = z
  .object({ pass: Count, fail: Count, unknown: Count, not_applicable: Count, waived: Count })
  .openapi('Counts', { description: 'The four statuses add up to the population; `waived` is a part of `fail`.' })
export const Waiver = z
  .object({
    id: Text,
    check: Text,
    subject: Text,
    owner: Text,
    approver: Text,
    reason: Text,
    created: z.iso.date(),
    expires: z.iso.date(),
  })
  .openapi('Waiver')

export const Finding = z
  .object({
    subject: Subject,
    status: Status,
    unknownReason: UnknownReason,
    message: Text,
    notice: TextOrNull,
    facts: z.record(z.string(), Anything),
    records: z.array(Text),
    waiver: orNull(Waiver),
    firstSeen: MomentOrNull,
    sla: Sla,
  })
  .openapi('Finding')

export const RESULT = {
  check: Text,
  version: z.int(),
  ref: Text,
  system: TextOrNull.openapi({ description: 'Source that the subjects live in.' }),
  severity: Severity,
  status: Status,
  unknownReason: UnknownReason,
  message: TextOrNull.openapi({ description: 'Why the engine answered instead of the check.' }),
  parameters: z.record(z.string(), Anything),
  counts: Counts,
  operator: z.literal(true).optional().openapi({ description: 'Only where it is so: an own check of the operator.' }),
} as const

export const Problem = z
  .object({
    type: Text.openapi({ description: 'Stable; relative to the server, and opens what it means.' }),
    title: Text,
    status: z.int(),
    detail: Text,
    instance: Text.openapi({ description: 'The path that was asked for.' }),
    code: Text.openapi({ description: 'Stable: the last part of `type`.' }),
    errors: z
      .array(
        z.object({
          pointer: Text.optional().openapi({ description: 'JSON Pointer (RFC 6901) into the body.' }),
          parameter: Text.optional().openapi({ description: 'Of the query, the path or a header, by name.' }),
          detail: Text,
        }),
      )
      .optional(),
  })
  .openapi('Problem', { description: 'RFC 9457' })

export const LIMIT = { usual: 50, most: 200 } as const
/** Of every list. */
export const PAGED = {
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(LIMIT.most)
    .default(LIMIT.usual)
    .openapi({ description: 'Rows of a page.' }),
  cursor: z.string().optional().openapi({ description: '`nextCursor` of the page before, with the same filters.' }),
} as const
export const FORMAT = {
  format: z.enum(['json', 'csv']).optional().openapi({
    description: 'CSV is the whole list unless `limit` or `cursor` is given; `Accept: text/csv` says the same.',
  }),
} as const

/** An RFC 3339 instant in a query or a body. */
export const Instant = z
  .string()
  .transform((text, context) => {
    const at = instant(text)
    if (at !== null) return at
    context.addIssue(`"${text.slice(0, 40)}" is no RFC 3339 instant`)
    return z.NEVER
  })
  .openapi({ type: 'string', format: 'date-time' })
export const AS_OF = {
  asOf: Instant.optional().openapi({
    description: 'The last run whose `snapshotAt` is not later, aged to this moment; the newest without it.',
  }),
} as const
