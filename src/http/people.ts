/** People and accounts with how each was joined, or why not: worked out once per reading. */
import { accountsOf, departed, foldLogin, ownerOf } from '../domain/match.ts'
import type { Account, Device, Person } from '../domain/record.ts'
import { narrow, type Snapshot } from '../domain/snapshot.ts'
import { counted } from '../domain/words.ts'
import { eachInSteps, type Steps } from '../lib/steps.ts'
import { leavers } from './leavers.ts'
import { lengthy, type View } from './view.ts'

export type Joined = 'joined' | 'none' | 'several' | 'shared' | 'service'

export interface AccountRow {
  readonly account: Account
  readonly person: Person | null
  readonly joined: Joined
  /** The join or its absence, in a sentence. */
  readonly says: string
  readonly failing: number
  readonly devices: number
  readonly search: string
}

export type PersonState = 'employed' | 'left' | 'access'

export interface PersonRow {
  readonly person: Person
  readonly state: PersonState
  readonly accounts: number
  readonly devices: number
  readonly failing: number
  readonly search: string
}

const KINDS: readonly Joined[] = ['joined', 'none', 'several', 'shared', 'service']
export const JOINED_WORD: Readonly<Record<Joined, string>> = {
  joined: 'Belongs to a person',
  none: 'Nobody in the roster',
  several: 'More than one person',
  shared: 'Shared in',
  service: 'Service account',
}
export const JOINS = KINDS

export const STATE_WORD: Readonly<Record<PersonState, string>> = {
  employed: 'Employed',
  left: 'Left',
  access: 'Left, still has access',
}

export function devicesByLogin(view: View): ReadonlyMap<string, readonly Device[]> {
  const map = new Map<string, Device[]>()
  for (const device of view.report.snapshot?.of('device') ?? []) {
    if (device.user === null || device.tags.length > 0) continue
    const key = `${device.source}\0${foldLogin(device.user)}`
    const list = map.get(key)
    if (list === undefined) map.set(key, [device])
    else list.push(device)
  }
  return map
}

export function devicesOfAccount(view: View, account: Account): readonly Device[] {
  return view.derive(devicesByLogin).get(`${account.source}\0${foldLogin(account.login)}`) ?? []
}

function joinOf(snapshot: Snapshot, account: Account): Pick<AccountRow, 'person' | 'joined' | 'says'> {
  const { person, exempt, method, candidates } = ownerOf(narrow(snapshot, account.source), account)
  if (exempt === 'shared')
    return {
      person: null,
      joined: 'shared',
      says: 'Shared in from another tailnet: its owner is in another organisation.',
    }
  if (exempt === 'service')
    return { person, joined: 'service', says: 'Listed as a service account: no person stands behind it.' }
  if (method === 'e-mail') return { person, joined: 'joined', says: 'The login is the person’s e-mail address.' }
  if (method === 'alias') return { person, joined: 'joined', says: 'The login is a declared alias of the person.' }
  if (candidates.length > 1) {
    return {
      person: null,
      joined: 'several',
      says: `The login belongs to ${counted(candidates.length, 'person', 'people')} (${candidates
        .slice(0, 3)
        .map(({ email }) => email)
        .join(', ')}); two candidates are no match.`,
    }
  }
  return {
    person: null,
    joined: 'none',
    says: 'No e-mail address or alias in the roster is this login. Add the person, declare an alias, or list it as a service account.',
  }
}

export const accountRows = lengthy(function* (view): Steps<readonly AccountRow[]> {
  const { snapshot } = view.report
  if (snapshot === null) return []
  return yield* eachInSteps(snapshot.of('account'), (account) => {
    const join = joinOf(snapshot, account)
    return {
      account,
      ...join,
      failing: failuresOf(view, account),
      devices: devicesOfAccount(view, account).length,
      search: `${account.login} ${account.displayName ?? ''} ${account.key} ${join.person?.name ?? ''}`.toLowerCase(),
    }
  })
})

function failuresOf(view: View, { kind, source, key }: Account | Person | Device): number {
  return view.openOf({ kind, source, key }).filter(({ finding }) => finding.status === 'fail').length
}

export const personRows = lengthy(function* (view): Steps<readonly PersonRow[]> {
  const { snapshot } = view.report
  if (snapshot === null) return []
  const withAccess = new Set(
    view.derive(leavers).map(({ person }) => (person === null ? '' : `${person.source}\0${person.key}`)),
  )
  return yield* eachInSteps(snapshot.of('person'), (person) => {
    const accounts = accountsOf(snapshot, person)
    const devices = accounts.flatMap((account) => devicesOfAccount(view, account))
    return {
      person,
      state: withAccess.has(`${person.source}\0${person.key}`)
        ? 'access'
        : departed(person, snapshot.at)
          ? 'left'
          : 'employed',
      accounts: accounts.length,
      devices: devices.length,
      failing: [person, ...accounts, ...devices].reduce((sum, record) => sum + failuresOf(view, record), 0),
      search:
        `${person.email} ${person.name ?? ''} ${person.department ?? ''} ${person.aliases.join(' ')}`.toLowerCase(),
    }
  })
})

export interface PersonDetail {
  readonly person: Person
  readonly state: PersonState
  readonly accounts: readonly AccountRow[]
  readonly devices: readonly Device[]
}

export function personDetail(view: View, source: string, key: string): PersonDetail | null {
  const { snapshot } = view.report
  const person = snapshot?.one('person', source, key) ?? null
  if (snapshot === null || person === null) return null
  const accounts = view.derive(accountRows).filter((row) => row.person === person)
  const row = view.derive(personRows).find((each) => each.person === person)!
  return {
    person,
    state: row.state,
    accounts,
    devices: accounts.flatMap(({ account }) => devicesOfAccount(view, account)),
  }
}
