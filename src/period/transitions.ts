/** Who and what came, went and changed: the differences between accepted pulls, and the vendor's log beside them. */
import type { What } from '../domain/audit.ts'
import { byText } from '../domain/json.ts'
import type { Bounds, EventKind, Transition } from '../domain/period.ts'
import type { Kind } from '../domain/record.ts'
import type { Instant } from '../domain/time.ts'
import type { Life, Sight } from './lives.ts'
import { type LogEvent, lastWithin, type VendorLog, witnessOf } from './log.ts'
import { around, type Pulls } from './pulls.ts'

interface Span {
  readonly from: Instant
  readonly to: Instant
}

type Change = Pick<Transition, 'kind' | 'from' | 'to'> & { readonly what: readonly What[] }

/** By time of the later pull, or of the log's event where there is none; then source, kind and key. */
export function transitionsIn(span: Span, lives: readonly Life[], pulls: Pulls, log: VendorLog): Transition[] {
  const seen = lives.flatMap((life) => changesOf(life, pulls, span, log))
  const earlier = [...pulls.sources].flatMap(([source]) => beforeFirstRun(source, span, pulls, log))
  const place = ({ beforeFirstRun: told, bounds, witness }: Transition): Instant =>
    (told ? witness?.at : bounds.before) ?? ''
  return [...seen, ...earlier].sort(
    (a, b) =>
      byText(place(a), place(b)) ||
      byText(a.source, b.source) ||
      byText(a.recordKind, b.recordKind) ||
      byText(a.key, b.key) ||
      byText(a.kind, b.kind),
  )
}

function changesOf(life: Life, pulls: Pulls, span: Span, log: VendorLog): Transition[] {
  const found: Transition[] = []
  for (const [at, { from, sight }] of life.sights.entries()) {
    const before = life.sights[at - 1]?.sight ?? null
    const changes = changesBetween(life.kind, before, sight)
    if (changes.length === 0) continue
    const bounds = boundsAt(life.source, (sight ?? before)!.part, from, pulls)
    if (bounds === null || bounds.before! < span.from || bounds.before! > span.to) continue
    for (const { what, ...change } of changes) {
      const { label } = (sight ?? before)!
      const events = life.kind === 'policy' ? log.all(life.source) : log.of(life.source, { key: life.key, label })
      const event = lastWithin(events, what, bounds, (each) => fits(each, change))
      found.push({
        ...change,
        source: life.source,
        recordKind: life.kind,
        key: life.key,
        label,
        bounds,
        witness: event === null ? null : witnessOf(event),
        beforeFirstRun: false,
      })
    }
  }
  return found
}

/** Null: no pull says what was before, as of everything that the first one shows; or none was accepted in that run. */
function boundsAt(source: string, part: string, sequence: number, pulls: Pulls): Bounds | null {
  const { before, from } = around(pulls.of(source, part), sequence)
  const after = before?.collectedAt ?? pulls.readBefore(source)
  if (after === null || from === null || from.sequence !== sequence) return null
  return { after, before: from.endedAt, runAfter: before?.sequence ?? null, runBefore: from.sequence }
}

const CAME: Readonly<Partial<Record<Kind, { readonly kind: EventKind; readonly what: readonly What[] }>>> = {
  account: { kind: 'joiner', what: ['created', 'pushed', 'approved'] },
  device: { kind: 'new-device', what: ['device-created'] },
  key: { kind: 'new-key', what: ['key-created'] },
}
const WENT: Readonly<Partial<Record<Kind, { readonly kind: EventKind; readonly what: readonly What[] }>>> = {
  account: { kind: 'leaver', what: ['deleted'] },
  device: { kind: 'gone-device', what: ['device-deleted'] },
  key: { kind: 'gone-key', what: ['key-revoked', 'key-expired'] },
}

function changesBetween(kind: Kind, before: Sight | null, now: Sight | null): Change[] {
  if (before === null) {
    const came = CAME[kind]
    return came === undefined || now === null || now.mark !== null ? [] : [{ ...came, from: null, to: 'present' }]
  }
  if (now === null) {
    const went = WENT[kind]
    // A key that worked no more had gone then.
    return went === undefined || before.mark !== null ? [] : [{ ...went, from: 'present', to: 'gone' }]
  }
  if (kind === 'key' && before.mark === null && now.mark !== null)
    return [{ ...WENT.key!, from: 'present', to: now.mark }]
  if (kind === 'policy' && before.mark !== now.mark)
    return [{ kind: 'policy-change', from: before.mark, to: now.mark, what: ['policy'] }]
  return kind === 'account' ? accountChanges(before, now) : []
}

function accountChanges(before: Sight, now: Sight): Change[] {
  const found: Change[] = []
  if (before.role !== now.role) found.push({ kind: 'role-change', from: before.role, to: now.role, what: ['role'] })
  if (standing(before) !== standing(now)) {
    found.push({
      kind: 'status-change',
      from: before.status,
      to: now.status,
      what: whatMade(before.status, now.status),
    })
  }
  return found
}

/** Idle is what Tailscale calls somebody who was not seen for 28 days: nobody did anything. */
function standing({ status }: Sight): string | null {
  return status === 'idle' ? 'active' : status
}

function whatMade(from: string | null, to: string | null): What[] {
  if (to === 'suspended') return ['suspended']
  if (from === 'suspended') return ['restored']
  return from === 'needs-approval' ? ['approved'] : []
}

function fits(event: LogEvent, { kind, to }: Pick<Change, 'kind' | 'to'>): boolean {
  return (kind !== 'role-change' && kind !== 'policy-change') || event.to === null || event.to === to
}

// ── before our first run ───────────────────────────────────────────────────────────────────────────────────────────

const TOLD: { readonly [W in What]?: Omit<Change, 'what'> & { readonly recordKind: Kind } } = {
  created: { kind: 'joiner', from: null, to: 'present', recordKind: 'account' },
  deleted: { kind: 'leaver', from: 'present', to: 'gone', recordKind: 'account' },
  suspended: { kind: 'status-change', from: null, to: 'suspended', recordKind: 'account' },
  restored: { kind: 'status-change', from: 'suspended', to: null, recordKind: 'account' },
  approved: { kind: 'status-change', from: 'needs-approval', to: null, recordKind: 'account' },
  role: { kind: 'role-change', from: null, to: null, recordKind: 'account' },
  policy: { kind: 'policy-change', from: null, to: null, recordKind: 'policy' },
  'device-created': { kind: 'new-device', from: null, to: 'present', recordKind: 'device' },
  'device-deleted': { kind: 'gone-device', from: 'present', to: 'gone', recordKind: 'device' },
  'key-created': { kind: 'new-key', from: null, to: 'present', recordKind: 'key' },
  'key-revoked': { kind: 'gone-key', from: 'present', to: 'revoked', recordKind: 'key' },
  'key-expired': { kind: 'gone-key', from: 'present', to: 'invalid', recordKind: 'key' },
}

/** What the log tells of the part of the period in which nobody read the source yet. */
function beforeFirstRun(source: string, { from, to }: Span, pulls: Pulls, log: VendorLog): Transition[] {
  const first = pulls.of(source)[0]
  if (first === undefined || pulls.readBefore(source) !== null) return []
  return log.all(source).flatMap((event): Transition[] => {
    const told = TOLD[event.what]
    if (told === undefined || event.at < from || event.at > to || event.at >= first.collectedAt) return []
    const key = told.recordKind === 'policy' ? 'policy' : (event.targetId ?? event.target ?? '')
    return [
      {
        ...told,
        from: event.from ?? told.from,
        to: event.to ?? told.to,
        source,
        key,
        label: event.target ?? key,
        bounds: { after: null, before: first.endedAt, runAfter: null, runBefore: first.sequence },
        witness: witnessOf(event),
        beforeFirstRun: true,
      },
    ]
  })
}
