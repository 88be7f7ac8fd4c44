/**
 * What happens in the simulated quarter, written before anything is simulated: who joins, leaves and changes at which
 * second, what the roster and the vendor's log say of it and when, when the tailnet cannot be read and when nobody reads.
 */
import type { AnyRecord, AuditEvent } from '../../src/domain/record.ts'
import { DAY, fromMillis, HOUR, MINUTE, SECOND } from '../../src/domain/time.ts'
import { type Random, randomFrom } from '../../src/simulators/fleet/random.ts'
import { account, audit, device, key, policy } from '../helpers/build.ts'

export const FROM = Date.parse('2026-07-01T00:00:00.000Z')
export const TO = Date.parse('2026-09-30T23:59:59.999Z')
export const FIRST_RUN = Date.parse('2026-07-03T06:00:00.000Z')
export const WITHIN = 24 * HOUR

export interface Row {
  status: 'active' | 'left'
  endDate: string
  type: 'employee' | 'contractor'
  aliases: string
}

export interface World {
  readonly people: Map<string, Row>
  readonly records: Map<string, AnyRecord>
  readonly log: AuditEvent[]
}

/** Something that happens at a moment. */
export interface Deed {
  readonly at: number
  do(world: World): void
}

/** One who leaves, as the script knows it. */
export interface ScriptedLeaver {
  readonly what: string
  readonly email: string
  readonly type: Row['type']
  readonly login: string | null
  readonly account: string | null
  readonly endDate: string | null
  /** When the roster was written that says so; 0: before everything. */
  readonly saidAt: number
  /** When access really ended; null: never. */
  readonly goneAt: number | null
  /** What the log says of it; null: nothing. */
  readonly logAt: number | null
  /** It had ended before the first run and the account was deleted, so that no reading ever showed it. */
  readonly unseen: boolean
  /** Employed again, or the account in use again, from then on. */
  readonly backAt: number | null
}

export interface ScriptedChange {
  readonly kind: string
  readonly key: string
  readonly from: string | null
  readonly to: string | null
  readonly at: number
  /** When the log says that it happened; null: it does not. */
  readonly logAt: number | null
}

export interface Script {
  readonly world: World
  readonly deeds: readonly Deed[]
  /** By moment; `read` false: the tailnet fails. */
  readonly runs: readonly { readonly at: number; readonly read: boolean }[]
  readonly leavers: readonly ScriptedLeaver[]
  readonly changes: readonly ScriptedChange[]
  /** Keys of devices whose keys never expire for a while, and when. */
  readonly endless: readonly { readonly key: string; readonly from: number; readonly to: number }[]
  readonly things: number
}

export interface Size {
  readonly accounts: number
  readonly devices: number
  readonly things: number
  readonly seed: number
}

export function scriptOf({ accounts, devices, things, seed }: Size): Script {
  const random = randomFrom(seed)
  const world: World = { people: new Map(), records: new Map(), log: [] }
  const deeds: Deed[] = []
  const leavers: ScriptedLeaver[] = []
  const changes: ScriptedChange[] = []
  const endless: { key: string; from: number; to: number }[] = []
  const near: number[] = []

  for (let n = 0; n < accounts; n++) {
    const email = `p${n}@acme.example`
    world.people.set(email, {
      status: 'active',
      endDate: '',
      type: random.chance(0.2) ? 'contractor' : 'employee',
      aliases: '',
    })
    // Far from those of whom something is told.
    const role = n === Math.floor(accounts / 2) ? 'owner' : 'member'
    const unseen = { lastSeen: null, currentlyConnected: null }
    put(world, account({ key: `u${n}`, login: email, displayName: email, role, ...unseen }))
  }
  for (let n = 0; n < devices; n++) {
    const tags = random.chance(0.1) ? ['tag:server'] : []
    put(
      world,
      device({
        key: `n${n}`,
        name: `d${n}`,
        hostname: `d${n}`,
        user: `p${n % accounts}@acme.example`,
        tags,
        serials: [],
      }),
    )
  }
  put(world, policy('{ "acls": [] }'))

  /** Of accounts from the first on for leavers; from the last on for everything else. */
  let person = 0
  let other = accounts
  let fresh = 0
  let freshDevice = 0
  let freshKey = 0
  let oldDevice = devices

  const moment = (from = FIRST_RUN + DAY, to = TO - 2 * DAY): number =>
    Math.floor(random.between(from, to) / SECOND) * SECOND + 500
  const at = (ms: number, act: (world: World) => void): void => void deeds.push({ at: ms, do: act })
  const log = (ms: number, over: Partial<AuditEvent>): void =>
    at(
      ms,
      ({ log: events }) => void events.push(audit({ at: fromMillis(ms), group: `g${ms}-${events.length}`, ...over })),
    )

  for (let n = 0; n < things; n++) thing(KINDS[n % KINDS.length]!)

  function thing(kind: Kind): void {
    switch (kind) {
      case 'joiner': {
        const [id, when] = [`x${fresh++}`, moment()]
        at(when, (now) => put(now, account({ key: id, login: `${id}@guest.example`, type: 'shared' })))
        log(when, { action: 'CREATE', targetId: id, target: `${id}@guest.example` })
        happened('joiner', id, null, 'present', when, true)
        return
      }
      case 'joiner-before': {
        const [id, when] = [`b${fresh++}`, moment(FROM, FIRST_RUN - HOUR)]
        at(when, (now) => put(now, account({ key: id, login: `${id}@guest.example`, type: 'shared' })))
        log(when, { action: 'CREATE', targetId: id, target: `${id}@guest.example` })
        changes.push({ kind: 'joiner', key: id, from: null, to: 'present', at: when, logAt: when })
        return
      }
      case 'role': {
        const [id, when] = [`u${--other}`, moment()]
        at(when, (now) => edit(now, 'account', id, { role: 'admin' }))
        const login = `p${other}@acme.example`
        const told = { property: 'USER_ROLE', before: '["Member"]', after: '["Member","Admin"]' }
        log(when, { action: 'UPDATE', targetId: id, target: login, ...told })
        happened('role-change', id, 'member', 'admin', when, true)
        return
      }
      case 'suspended-for-a-while': {
        const [id, when] = [`u${--other}`, moment(FIRST_RUN + DAY, TO - 20 * DAY)]
        const back = when + Math.floor(random.between(5, 12)) * DAY
        const login = `p${other}@acme.example`
        at(when, (now) => edit(now, 'account', id, { status: 'suspended' }))
        log(when, { action: 'SUSPEND', targetId: id, target: login })
        at(back, (now) => edit(now, 'account', id, { status: 'active' }))
        log(back, { action: 'RESTORE', targetId: id, target: login })
        happened('status-change', id, 'active', 'suspended', when, true)
        happened('status-change', id, 'suspended', 'active', back, true)
        return
      }
      case 'device': {
        const [id, when] = [`nx${freshDevice++}`, moment()]
        at(when, (now) => put(now, device({ key: id, name: id, user: 'p0@acme.example', serials: [] })))
        log(when, { action: 'CREATE', targetType: 'NODE', targetId: id, target: id })
        happened('new-device', id, null, 'present', when, true)
        return
      }
      case 'device-gone': {
        const [id, when] = [`n${--oldDevice}`, moment()]
        at(when, (now) => void now.records.delete(`device ${id}`))
        happened('gone-device', id, 'present', 'gone', when, false)
        return
      }
      case 'device-endless': {
        const [id, from] = [`n${--oldDevice}`, moment(FIRST_RUN + DAY, TO - 12 * DAY)]
        const to = from + 6 * DAY
        at(from, (now) => edit(now, 'device', id, { keyExpiryDisabled: true, tags: [] }))
        at(to, (now) => edit(now, 'device', id, { keyExpiryDisabled: false }))
        near.push(from, to)
        endless.push({ key: id, from, to })
        return
      }
      case 'key': {
        const [id, when] = [`k${freshKey++}`, moment(FIRST_RUN + DAY, TO - 12 * DAY)]
        const end = when + 7 * DAY
        const made = key({ key: id, keyType: 'auth', description: id, userId: 'u0', revokedAt: null, invalid: null })
        at(when, (now) => put(now, made))
        log(when, { action: 'CREATE', targetType: 'API_KEY', targetId: id, target: id })
        // The vendor lists keys that can be used.
        at(end, (now) => void now.records.delete(`key ${id}`))
        log(end, { action: 'REVOKE', targetType: 'API_KEY', targetId: id, target: id })
        happened('new-key', id, null, 'present', when, true)
        happened('gone-key', id, 'present', 'gone', end, true)
        return
      }
      case 'policy': {
        const when = moment()
        at(when, (now) => put(now, policy(`{ "acls": [] } // ${when}`)))
        near.push(when)
        changes.push({ kind: 'policy-change', key: 'policy', from: null, to: `${when}`, at: when, logAt: null })
        return
      }
      default:
        leaves(kind)
    }
  }

  function happened(
    kind: string,
    id: string,
    from: string | null,
    to: string | null,
    when: number,
    logged: boolean,
  ): void {
    changes.push({ kind, key: id, from, to, at: when, logAt: logged ? when : null })
    near.push(when)
  }

  /** A leaver is scripted around the deadline: the end of the end date and a day more. */
  function leaves(kind: LeaverKind): void {
    const n = person++
    const email = `p${n}@acme.example`
    const id = `u${n}`
    const { type } = world.people.get(email)!
    const early = kind === 'before-period' || kind === 'before-period-open' || kind === 'before-run'
    const day = early
      ? FROM - (kind === 'before-run' ? -DAY : 9 * DAY) - DAY
      : Math.floor(moment(FIRST_RUN + 2 * DAY, TO - 8 * DAY) / DAY) * DAY
    const ends = day + DAY
    const due = ends + WITHIN
    const endDate = fromMillis(day).slice(0, 10)
    const jitter = (from: number, to: number): number => Math.floor(random.between(from, to) / SECOND) * SECOND + 500
    const plan = planOf(kind, { ends, due, jitter })
    const login = kind === 'no-account' ? null : kind === 'alias' ? `alias${n}@other.example` : email

    if (kind === 'no-account') world.records.delete(`account ${id}`)
    if (kind === 'alias') {
      edit(world, 'account', id, { login: login! })
      world.people.get(email)!.aliases = login!
    }
    const undated = kind === 'undated' || kind === 'undated-open'
    if (plan.saidAt === 0) Object.assign(world.people.get(email)!, { endDate })
    else if (kind === 'vanished') at(plan.saidAt, ({ people }) => void people.delete(email))
    else if (undated) at(plan.saidAt, ({ people }) => void Object.assign(people.get(email)!, { status: 'left' }))
    else at(plan.saidAt, ({ people }) => void Object.assign(people.get(email)!, { endDate }))
    if (plan.saidAt > 0) near.push(plan.saidAt)

    if (plan.goneAt === 0) edit(world, 'account', id, { status: 'suspended' })
    else if (plan.goneAt !== null) {
      const deleted = plan.unseen || random.chance(0.4)
      at(plan.goneAt, (now) => {
        if (deleted) now.records.delete(`account ${id}`)
        else edit(now, 'account', id, { status: 'suspended' })
      })
      if (plan.logAt !== null) log(plan.logAt, { action: deleted ? 'DELETE' : 'SUSPEND', targetId: id, target: login! })
      near.push(plan.goneAt)
      const [to, from] = deleted ? ['gone', 'present'] : ['suspended', 'active']
      changes.push({
        kind: deleted ? 'leaver' : 'status-change',
        ...{ key: id, from, to, at: plan.goneAt, logAt: plan.logAt },
      })
    }
    if (plan.backAt !== null) {
      const back = plan.backAt
      at(back, (now) => {
        Object.assign(now.people.get(email)!, { status: 'active', endDate: '' })
        put(now, account({ key: id, login: email, displayName: email, lastSeen: null, currentlyConnected: null }))
      })
      near.push(back)
      const last = changes.at(-1)!
      changes.push({
        ...last,
        kind: last.kind === 'leaver' ? 'joiner' : 'status-change',
        from: last.kind === 'leaver' ? null : 'suspended',
        to: last.kind === 'leaver' ? 'present' : 'active',
        at: back,
        logAt: null,
      })
    }
    near.push(...plan.near)
    leavers.push({
      ...{
        what: kind,
        email,
        type,
        login,
        saidAt: plan.saidAt,
        goneAt: plan.goneAt,
        logAt: plan.logAt,
        backAt: plan.backAt,
      },
      account: kind === 'no-account' ? null : id,
      endDate: undated || kind === 'vanished' ? null : endDate,
      unseen: plan.unseen,
    })
  }

  deeds.sort((a, b) => a.at - b.at)
  return { world, deeds, runs: runsAround(near, random), leavers, changes, endless, things }
}

type LeaverKind = (typeof LEAVERS)[number]
type Kind = (typeof KINDS)[number]

const LEAVERS = [
  'in-time',
  'late',
  'just-around-logged',
  'just-around',
  'never',
  'late-roster',
  'early',
  'no-account',
  'undated',
  'undated-open',
  'vanished',
  'contradicted',
  'alias',
  'back',
  'before-period',
  'before-period-open',
  'before-run',
] as const

const KINDS = [
  ...LEAVERS,
  'joiner',
  'in-time',
  'role',
  'late',
  'device',
  'just-around-logged',
  'device-gone',
  'late-roster',
  'suspended-for-a-while',
  'just-around',
  'key',
  'joiner',
  'role',
  'device-endless',
  'policy',
  'joiner-before',
] as const

interface Plan {
  readonly saidAt: number
  readonly goneAt: number | null
  readonly logAt: number | null
  readonly unseen: boolean
  readonly backAt: number | null
  readonly near: readonly number[]
}

function planOf(
  kind: LeaverKind,
  { ends, due, jitter }: { ends: number; due: number; jitter(from: number, to: number): number },
): Plan {
  const said = jitter(ends - 5 * DAY, ends - DAY)
  const plain = { saidAt: said, logAt: null, unseen: false, backAt: null, near: [] }
  const gone = (from: number, to: number, logged: boolean): Plan => {
    const goneAt = jitter(from, to)
    return { ...plain, goneAt, logAt: logged ? goneAt : null }
  }
  switch (kind) {
    case 'in-time':
    case 'alias':
      return gone(ends + HOUR, due - 2 * HOUR, true)
    case 'late':
      return gone(due + 3 * HOUR, due + 60 * HOUR, true)
    case 'just-around-logged':
      return { ...gone(due - 20 * MINUTE, due + 20 * MINUTE, true), near: [due - 40 * MINUTE, due + 40 * MINUTE] }
    case 'just-around':
      return { ...gone(due - 20 * MINUTE, due + 20 * MINUTE, false), near: [due - 40 * MINUTE, due + 40 * MINUTE] }
    case 'early':
      return gone(ends - 4 * DAY, ends - DAY, true)
    case 'late-roster':
      return { ...gone(due + 50 * HOUR, due + 70 * HOUR, true), saidAt: jitter(due + 4 * HOUR, due + 40 * HOUR) }
    case 'never':
    case 'undated-open':
      return { ...plain, goneAt: null }
    case 'no-account':
      return { ...plain, goneAt: null }
    case 'undated':
    case 'vanished':
      return gone(said + HOUR, said + 20 * HOUR, true)
    case 'contradicted': {
      const late = gone(due + 30 * HOUR, due + 40 * HOUR, false)
      return { ...late, logAt: due - 3 * HOUR - 500 }
    }
    case 'back': {
      const left = gone(ends + HOUR, due - 2 * HOUR, true)
      return { ...left, backAt: jitter(due + 2 * DAY, due + 4 * DAY) }
    }
    case 'before-period':
      return { ...plain, saidAt: 0, goneAt: 0 }
    case 'before-period-open':
      return { ...plain, saidAt: 0, goneAt: null }
    case 'before-run':
      return { ...gone(FROM + 30 * HOUR, FIRST_RUN - 2 * HOUR, true), saidAt: 0, unseen: true }
  }
}

/** One a day and two around everything, but none where nobody was there to run it; some in which the tailnet fails. */
function runsAround(near: readonly number[], random: Random): Script['runs'] {
  const moments = new Set<number>()
  const aside = (): number => Math.floor(random.between(5, 90)) * MINUTE
  for (let day = FIRST_RUN; day <= TO; day += DAY) moments.add(day)
  for (const at of near) {
    const second = Math.floor(at / SECOND) * SECOND
    for (const run of [second - aside(), second + aside()]) if (run > FIRST_RUN && run <= TO) moments.add(run)
  }
  const stretches = (count: number, days: number): [number, number][] =>
    Array.from({ length: count }, () => {
      const from = random.between(FIRST_RUN + 5 * DAY, TO - 10 * DAY)
      return [from, from + days * DAY]
    })
  const lies = (within: readonly [number, number][], at: number): boolean => within.some(([a, b]) => a <= at && at <= b)
  const [off, failing] = [stretches(2, 3.4), stretches(4, 1.7)]
  return [...moments]
    .filter((at) => !lies(off, at))
    .sort((a, b) => a - b)
    .map((at) => ({ at, read: at === FIRST_RUN || !lies(failing, at) }))
}

function put(world: World, record: AnyRecord): void {
  world.records.set(`${record.kind} ${record.key}`, record)
}

function edit(world: World, kind: string, id: string, over: Record<string, unknown>): void {
  const known = world.records.get(`${kind} ${id}`)
  if (known !== undefined) world.records.set(`${kind} ${id}`, { ...known, ...over } as AnyRecord)
}
