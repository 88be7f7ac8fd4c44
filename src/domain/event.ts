/**
 * What is told to the outside: every event with its fields, in the words of JSON Schema (draft 2020-12). The types that the
 * program fills in and the schemas that it publishes are made of the same table. Events are thin: ids, counts, a link; who
 * wants more asks the API. No names of people or devices are in them.
 */
import type { JsonObject } from './json.ts'

const text = { type: 'string' } as const
const textOrNull = { type: ['string', 'null'] } as const
const instant = { type: 'string', format: 'date-time' } as const
const instantOrNull = { type: ['string', 'null'], format: 'date-time' } as const
const count = { type: 'integer', minimum: 0 } as const
const yesOrNo = { type: 'boolean' } as const
const status = { enum: ['pass', 'fail', 'unknown', 'not_applicable'] } as const
const sourceStatus = { enum: ['complete', 'failed', 'held', 'paused', 'stale', 'never'] } as const
const severity = { enum: ['low', 'medium', 'high', 'critical'] } as const

function listOf<const I>(items: I) {
  return { type: 'array', items } as const
}
function object<const P>(properties: P) {
  return { type: 'object', properties } as const
}
function orNull<const S>(schema: S) {
  return { anyOf: [schema, { type: 'null' }] } as const
}

const cause = {
  enum: ['data', 'configuration', 'software'],
  description:
    'What made the change: what the vendors or the roster said, the configuration, or another version of the program.',
} as const
const counts = object({ pass: count, fail: count, unknown: count, not_applicable: count, waived: count })
const verdict = object({ status, unknownReason: textOrNull })
const question = { check: text, ref: text, system: textOrNull, severity } as const
const finding = {
  ...question,
  subject: {
    ...orNull(object({ source: text, kind: text, key: text })),
    description:
      'Null where too many subjects of one check changed alike at once to tell of each: then `count` says how many.',
  },
  count,
  cause,
} as const
const waiver = { waiver: text, check: text, subject: text, expires: { type: 'string', format: 'date' } } as const
const source = {
  source: text,
  kind: text,
  status: sourceStatus,
  error: orNull(object({ code: text, message: text })),
  blind: { ...listOf(text), description: 'Kinds of records that the source refuses, in part or whole.' },
} as const

/** In every event. The store adds `checkpoint` when it writes the event down. */
const common = {
  organization: text,
  demo: yesOrNo,
  run: textOrNull,
  link: { type: 'string', format: 'uri', description: 'A page for people.' },
  api: { type: 'string', format: 'uri', description: 'Where the API has more.' },
} as const
const checkpoint = {
  checkpoint: orNull(object({ origin: text, size: count, root: text })),
} as const

interface Described {
  readonly says: string
  readonly data: Readonly<Record<string, object>>
}

const EVENTS = {
  'check.result.changed': {
    says: 'A check answers otherwise for a system than when it last judged it. `from` is null for its first answer, `to` where it is asked no more.',
    data: { ...question, from: orNull(verdict), to: orNull(verdict), counts: orNull(counts), cause },
  },
  'finding.opened': {
    says: 'A subject fails a check that it did not fail before.',
    data: { ...finding, waived: yesOrNo },
  },
  'finding.regressed': {
    says: 'A subject fails a check again, after it had passed.',
    data: { ...finding, waived: yesOrNo },
  },
  'finding.resolved': {
    says: 'A subject no longer fails a check; `closed` says why. Unknown is no resolution.',
    data: { ...finding, closed: { enum: ['passed', 'subject_gone', 'left_scope', 'disabled', 'configuration'] } },
  },
  'finding.sla_breached': {
    says: 'A subject fails a check for longer than its severity allows.',
    data: { ...finding, failingSince: instantOrNull, dueAt: instantOrNull },
  },
  'waiver.created': { says: 'A failure was accepted, or what was accepted was rewritten.', data: waiver },
  'waiver.expiring': { says: 'A waiver ends within 14 days.', data: waiver },
  'waiver.expired': { says: 'A waiver has ended.', data: waiver },
  'waiver.revoked': { says: 'A waiver was taken back before its end.', data: waiver },
  'source.degraded': {
    says: 'A source could not be read, grew stale, or refuses more than before. Its findings rest as last judged.',
    data: source,
  },
  'source.recovered': { says: 'A source is read again, or refuses less than before.', data: source },
  'source.held': {
    says: 'So much of a source is gone that its reading waits until somebody accepts it.',
    data: source,
  },
  'source.credential_expiring': {
    says: 'The credential with which a source is read ends within 14 days.',
    data: { source: text, kind: text, expiresAt: instant },
  },
  'run.completed': {
    says: 'A run was sealed in which every source was complete.',
    data: {
      results: object({ pass: count, fail: count, unknown: count, not_applicable: count }),
      sources: listOf(object({ id: text, status: sourceStatus })),
    },
  },
  'run.incomplete': {
    says: 'A run was sealed in which a source was not complete.',
    data: {
      results: object({ pass: count, fail: count, unknown: count, not_applicable: count }),
      sources: listOf(object({ id: text, status: sourceStatus })),
    },
  },
  'packet.ready': {
    says: 'A packet was made. `digest` is the SHA-256 of its manifest.',
    data: { digest: text, from: instantOrNull, to: instantOrNull },
  },
  'webhook.test': { says: 'Somebody asked for a test of this endpoint.', data: { endpoint: text } },
} as const satisfies Record<string, Described>

export type EventType = keyof typeof EVENTS
export const EVENT_TYPES = Object.keys(EVENTS) as EventType[]

/** The TypeScript type of what a schema of this file allows. */
type Of<S> = S extends { anyOf: readonly [infer A, { type: 'null' }] }
  ? Of<A> | null
  : S extends { enum: readonly (infer E)[] }
    ? E
    : S extends { type: 'string' }
      ? string
      : S extends { type: readonly ['string', 'null'] }
        ? string | null
        : S extends { type: 'integer' }
          ? number
          : S extends { type: 'boolean' }
            ? boolean
            : S extends { type: 'array'; items: infer I }
              ? readonly Of<I>[]
              : S extends { type: 'object'; properties: infer P }
                ? { readonly [K in keyof P]: Of<P[K]> }
                : never

type Fields<P> = { readonly [K in keyof P]: Of<P[K]> }
/** What an event says beside what every event says. */
export type EventData<T extends EventType> = Fields<(typeof EVENTS)[T]['data']>
export type EventFrame = Fields<typeof common>

/** One sentence for people. */
export function eventSays(type: EventType): string {
  return EVENTS[type].says
}

/** JSON Schema of the whole body as it is sent. */
export function eventSchema(type: EventType): JsonObject {
  const { says, data } = EVENTS[type]
  return closed({
    type: 'object',
    description: says,
    properties: {
      type: { const: type },
      timestamp: { ...instant, description: 'When it became true; the attempt has a time of its own in its headers.' },
      data: { type: 'object', properties: { ...common, ...checkpoint, ...data } },
    },
  }) as JsonObject
}

/** Every object says all of its fields and no others. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed)
  if (typeof schema !== 'object' || schema === null) return schema
  const made = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, closed(value)]))
  if (made['type'] !== 'object' || made['properties'] === undefined) return made
  return { ...made, required: Object.keys(made['properties'] as object), additionalProperties: false }
}

/** Whether an endpoint asked for it: by name, by the family `finding.*`, or everything by `*`. */
export function isWanted(type: EventType, patterns: readonly string[]): boolean {
  return patterns.some(
    (pattern) =>
      pattern === '*' || pattern === type || (pattern.endsWith('.*') && type.startsWith(pattern.slice(0, -1))),
  )
}
