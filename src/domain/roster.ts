/** What the roster says of people, in the words of its columns, and what follows for the accounts that checks judge. */
import { type Facts, type Finding, finding, type Subject, unknown } from './finding.ts'
import { type Owner, ownerOf } from './match.ts'
import type { Account, AnyRecord, Person } from './record.ts'
import type { Snapshot } from './snapshot.ts'

/**
 * Values of a roster column, by its name in the file, case ignored; null where the roster says nothing. Columns that we
 * give no meaning stand in `extra`.
 */
export function rosterValues(person: Person, column: string): readonly string[] | null {
  const name = column.trim().toLowerCase()
  const known = KNOWN_COLUMNS[name]
  const value = known === undefined ? extraColumn(person, name) : known(person)
  if (value === null) return null
  const values = (typeof value === 'string' ? [value] : value).map((text) => text.trim()).filter((text) => text !== '')
  return values.length === 0 ? null : values
}

const KNOWN_COLUMNS: {
  readonly [column: string]: ((person: Person) => string | readonly string[] | null) | undefined
} = {
  email: (person) => person.email,
  name: (person) => person.name,
  status: (person) => person.status,
  start_date: (person) => person.startDate,
  end_date: (person) => person.endDate,
  department: (person) => person.department,
  title: (person) => person.title,
  manager: (person) => person.manager,
  type: (person) => person.type,
  mfa: (person) => (person.mfa === null ? null : String(person.mfa)),
  aliases: (person) => person.aliases,
}

function extraColumn(person: Person, name: string): string | null {
  const found = Object.entries(person.extra).find(([column]) => column.trim().toLowerCase() === name)
  return found === undefined ? null : found[1]
}

/** True where the vendor sent one of these fields and it could not be read, under its own name or ours. */
export function unreadable(record: AnyRecord, ...names: readonly string[]): boolean {
  return record.unread.length > 0 && names.some((name) => record.unread.includes(name))
}

/** The answer for something that no single person answers for: nobody, or several, have the login. */
export function unmatched(subject: AnyRecord | Subject, owner: Owner, facts: Facts): Finding {
  const candidates = owner.candidates.map((person) => person.email).join('; ')
  return unknown('unmatched', subject, {
    with: owner.candidates,
    facts: candidates === '' ? facts : { ...facts, candidates },
  })
}

/**
 * The answer for an account that questions about people pass over: shared in from another organisation, or a listed
 * service account. Where the vendor did not say which type it is, that cannot be told.
 */
export function outsideRoster(snapshot: Snapshot, account: Account): Finding | null {
  const { exempt } = ownerOf(snapshot, account)
  if (exempt !== null) return finding('not_applicable', account, { facts: { login: account.login, exempt } })
  return account.type === null ? unknown('no_data', account, { facts: { missing: 'type' } }) : null
}
