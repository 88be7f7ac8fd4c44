/** What the answers of a packed pull say of the things that it stands on one side of. */
import type { Account, AnyRecord, Key, Policy } from '../domain/record.ts'
import { sha256 } from '../lib/digest.ts'
import { broken, NOT_AS_SEALED } from './broken.ts'
import type { EventRow, LeaverRow } from './verify-events.ts'

export interface ShownBy {
  readonly path: string
  readonly pull: { readonly source: string; readonly sequence: string; readonly collectedAt: string }
  /** "kind\0key" → what the pull's answers say of it. */
  readonly records: ReadonlyMap<string, AnyRecord>
  readonly events: readonly EventRow[]
  readonly leavers: readonly LeaverRow[]
  /** When the run that made it ended. */
  readonly endedAt: string
}

/** Throws Broken where an answer says otherwise than the tables of the period. */
export function requireShown({ path, pull, records, events, leavers, endedAt }: ShownBy): void {
  for (const event of events) {
    if (event.source !== pull.source || event.beforeFirstRun === 'true') continue
    const record = records.get(`${event.recordKind}\0${event.key}`) ?? null
    if (event.lastSeenBefore === pull.collectedAt && !was(event, record)) differs(path, event, 'before')
    if (event.firstSeenAfter === endedAt && !is(event, record)) differs(path, event, 'after')
  }
  for (const leaver of leavers) {
    if (leaver.system !== pull.source) continue
    const usable = usableOf(leaver, records)
    if (leaver.lastPullWithAccess === pull.collectedAt && usable.length === 0) {
      broken(path, `it shows no access of ${leaver.person}, who is said to have had some`, NOT_AS_SEALED)
    }
    if (leaver.firstPullWithout === endedAt && usable.length > 0) {
      broken(
        path,
        `it shows ${usable.join(', ')} with access, of ${leaver.person}, who is said to have none`,
        NOT_AS_SEALED,
      )
    }
  }
}

function usableOf({ accounts }: LeaverRow, records: ReadonlyMap<string, AnyRecord>): string[] {
  const logins = new Set(accounts.split('; '))
  const usable: string[] = []
  for (const record of records.values()) {
    if (record.kind === 'account' && logins.has(record.login) && record.status !== 'suspended')
      usable.push(record.login)
  }
  return usable
}

const CAME = new Set<string>(['joiner', 'new-device', 'new-key'])

/** On the side before, the thing was as the row says that it was. */
function was({ kind, from }: EventRow, record: AnyRecord | null): boolean {
  return CAME.has(kind) ? record === null : record !== null && holds(kind, from, record)
}

/** On the side after, it is as the row says that it is. */
function is({ kind, to }: EventRow, record: AnyRecord | null): boolean {
  if (to === 'gone') return record === null
  return record !== null && holds(kind, to, record)
}

function holds(kind: string, said: string, record: AnyRecord): boolean {
  switch (kind) {
    case 'role-change':
      return ((record as Account).role ?? '') === said
    case 'status-change':
      return standing((record as Account).status) === standing(said)
    case 'gone-key':
      // In the list still, and of no use to anybody.
      return said === 'present' || (record as Key).revokedAt !== null || (record as Key).invalid === true
    case 'policy-change':
      return sha256((record as Policy).text) === said
    default:
      return true
  }
}

/** Idle is active, seen long ago: nobody did anything. */
function standing(status: string | null): string {
  return status === 'idle' ? 'active' : (status ?? '')
}

function differs(path: string, { kind, recordKind, key }: EventRow, side: 'before' | 'after'): never {
  return broken(path, `its answers do not show ${recordKind} ${key} as it was ${side} the ${kind}`, NOT_AS_SEALED)
}
