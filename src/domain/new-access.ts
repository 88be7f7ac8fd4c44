/**
 * How an account came to be (ID-23): who approved, invited or made it, or which identity provider pushed it, as the
 * vendor's log tells it. An invitation may lie days before the account, so what nobody has yet is remembered too.
 */
import { auditTrail, isOwn, type LogRead, logOf, readSoFar, type Told, writtenLog } from './audit-trail.ts'
import type { JsonValue } from './json.ts'
import { foldLogin } from './match.ts'
import { type Body, carry, recall, recallAll } from './memory.ts'
import { type Account, type Carried, refOf } from './record.ts'
import type { Snapshot } from './snapshot.ts'
import { DAY, type Instant, plus } from './time.ts'

export interface Authorisation {
  /** `unsaid`: an event that may authorise, of an actor or by a way that the log does not name. */
  readonly how: 'approved' | 'invited' | 'created' | 'pushed' | 'unsaid'
  readonly at: Instant | null
  readonly by: string | null
  readonly byId: string | null
  readonly event: string
}

/** The vendor keeps its log, and with it the reason for an invitation, for 90 days. */
const WAITING = 90 * DAY

/** Where a person or a program of ours makes accounts; elsewhere people make their own. */
const CONSOLES: readonly string[] = ['ADMIN_CONSOLE', 'ADMIN_UI', 'CONFIG_API']

/** What of the log is known; null where none of it was ever read. */
export function logKnown(snapshot: Snapshot, check: string): LogRead | null {
  const { window } = auditTrail(snapshot)
  return logOf(recall(snapshot, check)?.body['log']) ?? (window === null ? null : readSoFar(null, window))
}

export function authorisationOf(snapshot: Snapshot, check: string, account: Account): Authorisation | null {
  const known = recall(snapshot, check, `account/${account.key}`)?.body
  return (known as Authorisation | undefined) ?? inWindow(snapshot, account)
}

export function carryAuthorisations(snapshot: Snapshot, check: string): Carried[] {
  const { window, all } = auditTrail(snapshot)
  const marker = recall(snapshot, check)
  const known = recallAll(snapshot, check, 'account/')
  const waiting = new Map(recallAll(snapshot, check, 'waiting/') as Map<string, Body>)
  if (window === null) return [] // the need of the log is not met: the engine does not ask
  const log = readSoFar(logOf(marker?.body['log']), window)
  for (const told of all) {
    const authorisation = authorisationIn(told)
    const name = nameOf(told)
    if (authorisation !== null && name !== null) waiting.set(name, authorisation as unknown as Body)
  }
  const records: Carried[] = []
  for (const account of snapshot.of('account')) {
    const names = [`id ${account.key}`, `login ${foldLogin(account.login)}`]
    const found =
      settled(known.get(account.key)) ??
      inWindow(snapshot, account) ??
      notOwn(
        names.map((name) => waiting.get(name)),
        account,
      )
    for (const name of names) waiting.delete(name)
    if (isNew(account, log) && found !== null) {
      records.push(carry(snapshot, check, `account/${account.key}`, found as unknown as Body))
    }
  }
  for (const [name, body] of waiting) {
    const { at } = body as unknown as Authorisation
    if (at !== null && plus(at, WAITING) > snapshot.at) records.push(carry(snapshot, check, `waiting/${name}`, body))
  }
  return [carry(snapshot, check, '', { log: writtenLog(log) as JsonValue }), ...records]
}

/** Made after the log that we know begins. What is not said counts as new: nothing may be forgotten for it. */
export function isNew({ createdAt }: Account, log: LogRead): boolean {
  return createdAt === null || createdAt >= log.from
}

function settled(body: Body | undefined): Authorisation | null {
  const known = (body as Authorisation | undefined) ?? null
  return known === null || known.how === 'unsaid' ? null : known
}

/** The newest window's first word for an account; one that names nobody only where no other does. */
function inWindow(snapshot: Snapshot, account: Account): Authorisation | null {
  const told = auditTrail(snapshot).ofAccount(account)
  const found = told.flatMap((each) => (isOwn(each, account) ? [] : (authorisationIn(each) ?? [])))
  return found.find(({ how }) => how !== 'unsaid') ?? found[0] ?? null
}

function notOwn(bodies: readonly (Body | undefined)[], { key, login }: Account): Authorisation | null {
  const found = bodies.filter((body) => body !== undefined) as unknown as readonly Authorisation[]
  return found.find(({ byId, by }) => byId !== key && (by === null || foldLogin(by) !== foldLogin(login))) ?? null
}

function authorisationIn(told: Told): Authorisation | null {
  const { what, by, at, event } = told
  const pushes = by.type === 'SCIM' || (event.origin === 'IDENTITY_PROVIDER' && what === 'pushed')
  const makes = what === 'created' && (event.origin === null || CONSOLES.includes(event.origin))
  if (what !== 'approved' && what !== 'invited' && !makes && !(pushes && (what === 'created' || what === 'pushed'))) {
    return null
  }
  const named = (by.id !== null || by.name !== null) && (what !== 'created' || event.origin !== null)
  const how = pushes ? 'pushed' : named ? (what as 'approved' | 'invited' | 'created') : 'unsaid'
  return { how, at, by: by.name ?? by.id, byId: by.id, event: refOf(event) }
}

/** An invitation goes to an address: what it invites has no id yet. */
function nameOf({ what, targetId, target }: Told): string | null {
  if (what !== 'invited' && targetId !== null) return `id ${targetId}`
  return target === null ? null : `login ${foldLogin(target)}`
}
