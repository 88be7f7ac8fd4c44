/** The people of a generated fleet: who they are, their roster row, their account. */
import { type Random, randomFrom } from './random.ts'
import { accountRow } from './tailscale-rows.ts'

type Json = Record<string, unknown>

const DAY = 86_400_000
export const FLEET_DOMAIN = 'fleet.example'
const FIRST = [
  'Ana',
  'Bartosz',
  'Chidi',
  'Élise',
  'Farah',
  'Goran',
  'Hana',
  'Íris',
  'Jamal',
  'Keiko',
  'Łucja',
  'Mehmet',
]
const LAST = [
  'Andersson',
  'Bianchi',
  'Çelik',
  'Dlamini',
  'Eriksen',
  'Fernández',
  'Gruber',
  'Horváth',
  'Ito',
  'Jovanović',
]
const DEPARTMENTS = ['Engineering', 'Sales', 'Support', 'Finance', 'Operations', 'Marketing', 'People']

export interface Member {
  login: string
  name: string
  department: string
  /** Working here, or left this many days ago. */
  leftDaysAgo: number | null
  /** Whether somebody has suspended the account of a person who left. */
  suspended: boolean
  startedAt: number
}

/** 97 in 100 work here; of the others most were suspended in time, some were forgotten. */
export function crew(count: number, random: Random, now: number): Member[] {
  const members: Member[] = []
  for (let index = 0; index < count; index++) {
    const [first, last] = [random.pick(FIRST), random.pick(LAST)]
    const left = index > 3 && random.chance(0.03)
    members.push({
      login: `${plain(first)}.${plain(last)}.${index}@${FLEET_DOMAIN}`,
      name: `${first} ${last}`,
      department: index < 4 ? 'IT' : random.pick(DEPARTMENTS),
      leftDaysAgo: left ? random.whole(2, 200) : null,
      suspended: left && random.chance(0.8),
      startedAt: now - random.whole(210, 2000) * DAY,
    })
  }
  return members
}

/** The part of an address: no marks over letters, lower case. */
function plain(name: string): string {
  return name
    .toLowerCase()
    .replace('ł', 'l')
    .normalize('NFD')
    .replace(/[^a-z]/g, '')
}

export function rosterOf(members: readonly Member[], now: number): string {
  const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10)
  const lines = members.map(({ login, name, department, leftDaysAgo, startedAt }) => {
    const left = leftDaysAgo !== null
    const end = left ? day(now - leftDaysAgo * DAY) : ''
    return `${login},${name},${left ? 'left' : 'active'},${day(startedAt)},${end},${department},employee,true`
  })
  return `email,name,status,start_date,end_date,department,type,mfa\r\n${lines.join('\r\n')}\r\n`
}

/** What the account list says of a member whose devices are known. */
export interface Ownership {
  count: number
  connected: boolean
  lastSeen: number | null
}

const ROLES = ['owner', 'admin', 'it-admin', 'network-admin']

export function accountsOf(members: readonly Member[], owned: readonly Ownership[], now: number, seed: number): Json[] {
  const random = randomFrom(seed)
  return members.map((member, index) => {
    const devices = owned[index] ?? { count: 0, connected: false, lastSeen: null }
    const row = accountRow({
      id: accountId(index),
      login: member.login,
      name: member.name,
      created: member.startedAt + random.between(0.1, 2) * DAY,
      deviceCount: devices.count,
      lastSeen: devices.lastSeen ?? now - random.between(0.1, 6) * DAY,
      connected: devices.connected && !member.suspended,
    })
    if (index < ROLES.length) row['role'] = ROLES[index]
    if (member.suspended) row['status'] = 'suspended'
    return row
  })
}

export function accountId(index: number): string {
  return `u${index.toString(36).toUpperCase().padStart(7, '0')}FltCNTRL`
}
