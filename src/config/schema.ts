/** The shape of `exhibit.yaml`: each setting's name, default and unit. Sections of sources are the connectors' own. */
import { z } from 'zod'
import { durationMs, isCivilDate } from '../domain/time.ts'
import { isRange } from '../lib/addresses.ts'

const duration = z
  .string()
  .refine((text) => durationMs(text) !== null, { error: 'is no duration: write 30s, 15m, 24h or 90d' })
  .describe('a duration: 30s, 15m, 24h, 90d')
const civilDate = z.preprocess(
  (value) => (value instanceof Date ? value.toISOString().slice(0, 10) : value),
  z.string().refine(isCivilDate, { error: 'is no date: write YYYY-MM-DD' }),
)
const id = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, { error: 'must be lower-case letters, digits and dashes' })
const email = z.string().regex(/^[^@\s]+@[^@\s]+$/, { error: 'is no e-mail address' })
const text = z.string().trim().min(1, { error: 'must not be empty' })
const cidr = z
  .string()
  .refine((value) => value.includes('/') && isRange(value), { error: 'is no CIDR: write 10.0.0.0/8 or fd00::/8' })
const url = z.string().refine((value) => URL.canParse(value) && /^https?:$/.test(new URL(value).protocol), {
  error: 'is no http(s) URL',
})
const timeZone = z.string().refine(isTimeZone, { error: 'is no IANA time zone: write UTC or Europe/Berlin' })
const oneOrMore = z
  .union([text, z.array(text).min(1)])
  .transform((value) => (typeof value === 'string' ? [value] : value))

function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return true
  } catch {
    return false
  }
}

export const fileSchema = z.strictObject({
  organization: z.strictObject({ id, name: text, timeZone: timeZone.default('UTC') }),
  data: text.default('./data'),
  database: text.optional(),
  server: z
    .strictObject({
      host: text.default('127.0.0.1'),
      port: z.int().min(0).max(65535).default(8787),
      publicUrl: url.optional(),
      trustedProxies: z.array(cidr).default([]),
    })
    .prefault({}),
  // Audit periods that pages and packets speak of, both days included.
  periods: z.array(z.strictObject({ id, title: text.optional(), from: civilDate, to: civilDate })).default([]),
  schedule: z.strictObject({ every: duration.default('15m') }).prefault({}),
  freshness: duration.default('60m'),
  limits: z.strictObject({ request: duration.default('30s'), pull: duration.default('10m') }).prefault({}),
  retention: z
    .strictObject({
      days: z.int().min(1).default(760),
      raw: z.enum(['all', 'daily']).default('all'),
      // A legal hold: nothing is deleted while it is true.
      hold: z.boolean().default(false),
      // The first UTC day of the earliest audit period that is still open: nothing from then on is deleted.
      keepFrom: civilDate.optional(),
    })
    .prefault({}),
  sla: z
    .strictObject({
      critical: duration.default('24h'),
      high: duration.default('7d'),
      medium: duration.default('30d'),
      low: duration.default('90d'),
    })
    .prefault({}),
  ledger: z
    .strictObject({
      checkpoints: text.optional(),
      timestamps: z.strictObject({ url, every: duration.default('24h') }).optional(),
    })
    .optional(),
  sources: z
    .array(z.looseObject({ id, kind: text, freshness: duration.optional() }))
    .min(1, { error: 'names no source' }),
  people: z
    .strictObject({ aliases: z.record(text, email).default({}), serviceAccounts: z.array(text).default([]) })
    .prefault({}),
  criticalSystems: z
    .array(
      z.strictObject({
        id,
        source: id,
        access: z
          .array(
            z.strictObject({
              roles: z.array(text).min(1),
              people: z.record(text, oneOrMore).optional(),
            }),
          )
          .optional(),
        offboarding: z.strictObject({ within: duration.default('24h') }).prefault({}),
      }),
    )
    .default([]),
  deviceTrust: z
    .strictObject({
      scope: z
        .strictObject({
          os: z.array(text).min(1).default(['macos', 'windows', 'linux']),
          tagged: z.boolean().default(false),
        })
        .prefault({}),
      postures: z.record(text, z.array(text).min(1)).default({}),
      require: z
        .strictObject({ allOf: z.array(text).default([]), anyOf: z.array(text).default([]) })
        .refine((value) => value.allOf.length + value.anyOf.length > 0, { error: 'requires nothing' })
        .optional(),
    })
    .prefault({}),
  checks: z
    .record(
      text,
      z
        .strictObject({
          enabled: z.boolean().default(true),
          because: text.optional(),
          params: z.record(text, z.unknown()).default({}),
        })
        .refine((value) => value.enabled || value.because !== undefined, {
          error: 'is disabled without a `because`',
        }),
    )
    .default({}),
  checksFolder: text.optional(),
  controls: z
    .array(
      z.strictObject({
        id: text,
        text,
        owner: email.optional(),
        criteria: z.record(text, z.array(text)).default({}),
        checks: z.array(text).min(1),
      }),
    )
    .default([]),
  waivers: z
    .array(
      z
        .strictObject({
          id: text,
          check: text,
          subject: text,
          owner: email,
          approver: email,
          reason: text,
          compensating: text.optional(),
          created: civilDate,
          expires: civilDate,
        })
        .refine((value) => value.approver.toLowerCase() !== value.owner.toLowerCase(), {
          error: 'is approved by its own owner: the approver is another person',
          path: ['approver'],
        })
        .refine((value) => value.expires > value.created && value.expires <= yearAfter(value.created), {
          error: 'must end after it was created and at most 12 months later',
          path: ['expires'],
        }),
    )
    .default([]),
  attestations: z
    .array(
      z
        .strictObject({
          id: text,
          check: text,
          system: id.optional(),
          answer: z.enum(['pass', 'fail']),
          by: email,
          on: civilDate,
          until: civilDate,
          note: text.optional(),
        })
        .refine((value) => value.until >= value.on, { error: 'ends before it was made', path: ['until'] }),
    )
    .default([]),
  webhooks: z
    .array(
      z.strictObject({
        id,
        url,
        // whsec_…, and beside it whsk_…; while one rotates, the new one first.
        secret: z.union([text, z.array(text).min(1)]),
        // Names of events, families such as finding.*, or *.
        events: z.array(text).min(1, { error: 'names no event' }).default(['*']),
      }),
    )
    .default([]),
  network: z
    .strictObject({ allow: z.array(cidr).default([]), proxy: url.optional(), ca: text.optional() })
    .prefault({}),
})

function yearAfter(date: string): string {
  return `${Number(date.slice(0, 4)) + 1}${date.slice(4)}`
}

/** The file, checked and completed. */
export type Given = z.output<typeof fileSchema>
