/** The accounts of a system as they are frozen for a review, made of one snapshot: the same again whenever they are asked for. */
import { inByteOrder } from '../domain/draw.ts'
import type { JsonValue } from '../domain/json.ts'
import { departed, foldLogin, type Owner, ownerOf } from '../domain/match.ts'
import type { Account } from '../domain/record.ts'
import type { ReviewRow } from '../domain/review.ts'
import type { Snapshot } from '../domain/snapshot.ts'
import { canonicalJson } from '../lib/canonical-json.ts'
import { sha256 } from '../lib/digest.ts'

export interface FrozenRow extends ReviewRow {
  /** Every name of the one whose account it is, lower case: nobody decides about their own. */
  readonly names: ReadonlySet<string>
}

/** By account in byte order. */
export function frozenRows(snapshot: Snapshot, system: string): readonly FrozenRow[] {
  return snapshot
    .of('account')
    .filter(({ source }) => source === system)
    .map((account) => rowOf(account, ownerOf(snapshot, account), snapshot))
    .sort((a, b) => inByteOrder(a.account, b.account))
}

export function rowsDigest(rows: readonly FrozenRow[]): string {
  return sha256(canonicalJson(rows.map(({ names: _, ...row }) => row) as unknown as JsonValue))
}

function rowOf(account: Account, owner: Owner, snapshot: Snapshot): FrozenRow {
  const { key, login, displayName, role, status, createdAt, lastSeen } = account
  return {
    account: key,
    login,
    name: displayName,
    person: owner.person?.email ?? null,
    personStatus: statusOf(owner, snapshot),
    role,
    status,
    createdAt,
    lastSeen,
    names: namesOf(account, owner, snapshot),
  }
}

function statusOf({ person, exempt }: Owner, { at }: Snapshot): ReviewRow['personStatus'] {
  if (exempt !== null) return exempt
  if (person === null) return 'unmatched'
  return departed(person, at) ? 'departed' : 'employed'
}

function namesOf({ login }: Account, { person }: Owner, { settings }: Snapshot): ReadonlySet<string> {
  const names = new Set([foldLogin(login)])
  if (person === null) return names
  for (const name of [person.email, ...person.aliases]) names.add(foldLogin(name))
  for (const [alias, email] of Object.entries(settings.people.aliases)) {
    if (foldLogin(email) === person.email) names.add(foldLogin(alias))
  }
  return names
}
