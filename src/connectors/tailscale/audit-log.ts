/**
 * The tailnet's configuration audit log: what was changed, when and by whom, in the vendor's own words
 * (https://tailscale.com/kb/1203/audit-logging).
 */
import type { Page } from '../../domain/connector.ts'
import { AppError } from '../../domain/error.ts'
import { type Fields, fields, isObject, jsonOf } from '../../domain/reading.ts'
import type { AuditEvent, AuditWindow } from '../../domain/record.ts'
import { fromMillis, type Instant, SECOND } from '../../domain/time.ts'
import { canonicalJson } from '../../lib/canonical-json.ts'
import { sha256 } from '../../lib/digest.ts'
import { redact } from '../../lib/redact.ts'
import type { Stretch } from './api.ts'

/** A policy update brings the whole policy, before and after: a longer text is told by its digest. */
const LONGEST_TEXT = 500
/** A directory's push brings whole groups: what is longer as JSON is told by its digest too. */
const LONGEST_VALUE = 4000

export function auditRecords(page: Page, { from, to }: Stretch): (AuditEvent | AuditWindow)[] {
  const told = answeredBefore(page)
  const log: AuditWindow = {
    kind: 'auditlog',
    source: page.source,
    key: 'configuration',
    unread: [],
    from,
    to: told !== null && told < to ? told : to,
  }
  return [...eventsOf(rowsOf(page), page), log]
}

/** The vendor cannot have told of what came after its own `Date`, which is cut to seconds, however far our clock is ahead. */
function answeredBefore(page: Page): Instant | null {
  const date = Date.parse(page.headers['date'] ?? '')
  return Number.isNaN(date) ? null : fromMillis(date + SECOND)
}

const nameOf = (page: Page): string => `tailscale: ${page.request}`

/** Where nothing happened, the list may be null or left out: then the answer must be told by what is around it. */
function rowsOf(page: Page): readonly unknown[] {
  const what = `${nameOf(page)}: the answer`
  const answer = fields(jsonOf(page.body, nameOf(page)), what)
  if (answer.has('logs')) return answer.rows('logs')
  // The schema has `tailnet`; the service sends `tailnetId` (seen 2026-06-09).
  if (['version', 'tailnet', 'tailnetId'].some((name) => answer.has(name))) return []
  throw new AppError('schema_mismatch', `${what} is no audit log: it has neither logs nor the tailnet's name.`)
}

type Sent = Readonly<Record<string, unknown>>

/** What tells two events apart; one operation makes several events of one group. */
function identityOf(sent: Sent): string {
  const target = isObject(sent['target']) ? sent['target'] : {}
  const parts = [sent['eventGroupID'], sent['eventTime'], sent['action'], target['id'], target['property']]
  return sha256(canonicalJson(parts.map((part) => part ?? null))).slice(0, 32)
}

function eventsOf(rows: readonly unknown[], page: Page): AuditEvent[] {
  const what = `${nameOf(page)}: an event`
  const seen = new Map<string, Told[]>()
  for (const sent of rows) {
    const row = fields(sent, what)
    const raw = sent as Sent
    const identity = identityOf(raw)
    const told = { raw, event: eventOf(row, raw, identity, page) }
    const alike = seen.get(identity)
    if (alike === undefined) seen.set(identity, [told])
    else alike.push(told)
  }
  return [...seen.values()].flatMap((alike) => (alike.length === 1 ? alike[0]!.event : numbered(alike)))
}

interface Told {
  readonly raw: Sent
  readonly event: AuditEvent
}

/**
 * What is told twice happened once. Events that nothing tells apart but what they say are numbered by that, the same in
 * whatever order they come.
 */
function numbered(alike: readonly Told[]): AuditEvent[] {
  const byText = new Map(alike.map(({ raw, event }) => [canonicalJson(raw), event]))
  const events = [...byText.keys()].sort().map((text) => byText.get(text)!)
  return events.map((event, at) => (at === 0 ? event : { ...event, key: `${event.key}-${at + 1}` }))
}

function eventOf(row: Fields, sent: Sent, key: string, page: Page): AuditEvent {
  const actor = row.within('actor')
  const target = row.within('target')
  return {
    kind: 'audit',
    source: page.source,
    key,
    at: row.instant('eventTime'),
    group: row.filled('eventGroupID'),
    origin: row.filled('origin'),
    actorId: actor?.filled('id') ?? null,
    actorType: actor?.filled('type') ?? null,
    actor: actor?.filled('loginName') ?? actor?.filled('displayName') ?? null,
    // Of a token just made, the id is a piece of it.
    targetId: open(target?.filled('id') ?? null),
    target: open(target?.filled('name') ?? null),
    targetType: target?.filled('type') ?? null,
    property: target?.filled('property') ?? null,
    action: row.filled('action'),
    before: told(sent['old']),
    after: told(sent['new']),
    failure: open(row.filled('error')),
    unread: row.unread,
  }
}

/** The vendor says that it logs no keys; what has the form of one goes no further than the page. */
function open(text: string | null): string | null {
  return text === null ? null : redact(text, [])
}

/** Any JSON may stand there; none is null. */
function told(value: unknown): string | null {
  if (value === undefined || value === null) return null
  const text = canonicalJson(shortened(value))
  return text.length <= LONGEST_VALUE ? text : canonicalJson({ sha256: sha256(canonicalJson(value)) })
}

/** By fromEntries, which defines own properties, so that a name like __proto__ is one like others. */
function shortened(value: unknown): unknown {
  if (typeof value === 'string') return value.length > LONGEST_TEXT ? { sha256: sha256(value) } : redact(value, [])
  if (Array.isArray(value)) return value.map(shortened)
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [redact(key, []), shortened(item)]))
}
