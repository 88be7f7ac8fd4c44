/**
 * What people and directories do in a tailnet: each changes the simulated world and stands in its audit log, as with the
 * vendor. Rows and lists are replaced, never written into: generated worlds share them.
 */
import {
  type Actor,
  accountActor,
  accountTarget,
  type Deed,
  deviceTarget,
  eventRow,
  keyTarget,
  tailnetTarget,
} from '../../src/simulators/fleet/audit-rows.ts'
import type { TailscaleWorld } from '../../src/simulators/simulator.ts'

type Json = Record<string, unknown>

/** Who did it, and when (milliseconds since 1970). */
export interface Done {
  readonly at: number
  readonly by: Actor
}

/** As the console names them, and with them the log. */
const ROLE_NAME: Readonly<Record<string, string>> = {
  owner: 'Owner',
  admin: 'Admin',
  'it-admin': 'IT admin',
  'network-admin': 'Network admin',
  'billing-admin': 'Billing admin',
  auditor: 'Auditor',
}

export function actorOf(world: TailscaleWorld, login: string): Actor {
  return accountActor(accountRow(world, login))
}

/** A new account; `approval` by somebody else, or none. */
export function joins(world: TailscaleWorld, row: Json, at: number, approval: Done | null): void {
  world.users = [...world.users, { ...row, created: secondsOf(at) }]
  log(world, { at, by: accountActor(row), target: accountTarget(row), action: 'CREATE', origin: 'CONTROL' })
  if (approval !== null) log(world, { ...approval, target: accountTarget(row), action: 'APPROVE' })
}

export function suspends(world: TailscaleWorld, login: string, done: Done): void {
  const row = change(world, login, { status: 'suspended', currentlyConnected: false })
  log(world, { ...done, target: accountTarget(row), action: 'SUSPEND' })
}

export function restores(world: TailscaleWorld, login: string, done: Done): void {
  const row = change(world, login, { status: 'active' })
  log(world, { ...done, target: accountTarget(row), action: 'RESTORE' })
}

/** The account and the devices that it owns, one operation; its keys are revoked without a word in the log. */
export function deletes(world: TailscaleWorld, login: string, done: Done): void {
  const row = accountRow(world, login)
  const group = `${login} ${done.at}`
  const own = world.devices.filter((device) => device['user'] === login && device['tags'] === undefined)
  for (const device of own) log(world, { ...done, target: deviceTarget(device), action: 'DELETE', group })
  log(world, { ...done, target: accountTarget(row), action: 'DELETE', group })
  world.devices = world.devices.filter((device) => !own.includes(device))
  world.users = world.users.filter((other) => other !== row)
  world.keys = world.keys.filter((key) => key['userId'] !== row['id'] || key['keyType'] === 'client')
}

export function changesRole(world: TailscaleWorld, login: string, role: string, done: Done): void {
  const before = rolesOf(String(accountRow(world, login)['role']))
  const row = change(world, login, { role })
  const target = accountTarget(row, 'USER_ROLE')
  log(world, { ...done, target, action: 'UPDATE', old: before, new: rolesOf(role) })
}

export function makesKey(world: TailscaleWorld, row: Json, done: Done): void {
  const key = { ...row, created: secondsOf(done.at) }
  world.keys = [...world.keys, key]
  const made = { expires: row['expires'], description: row['description'] }
  log(world, { ...done, target: keyTarget(key), action: 'CREATE', new: made })
}

export function revokesKey(world: TailscaleWorld, id: string, done: Done): void {
  const row = world.keys.find((key) => key['id'] === id)
  if (row === undefined) throw new Error(`no key ${id} in the tailnet`)
  world.keys = world.keys.filter((key) => key !== row)
  log(world, { ...done, target: keyTarget(row), action: 'REVOKE' })
}

export function writesPolicy(world: TailscaleWorld, policy: string, done: Done): void {
  log(world, { ...done, target: tailnetTarget(world, 'ACL'), action: 'UPDATE', old: world.policy, new: policy })
  world.policy = policy
}

export function addsDevice(world: TailscaleWorld, row: Json, done: Done): void {
  world.devices = [...world.devices, { ...row, created: secondsOf(done.at) }]
  log(world, { ...done, target: deviceTarget(row), action: 'CREATE', origin: 'NODE' })
}

export function log(world: TailscaleWorld, deed: Deed): void {
  world.auditLog = [...world.auditLog, eventRow(deed)]
}

function rolesOf(role: string): string[] {
  return role === 'member' ? ['Member'] : ['Member', ROLE_NAME[role] ?? role]
}

function accountRow(world: TailscaleWorld, login: string): Json {
  const row = world.users.find((user) => user['loginName'] === login)
  if (row === undefined) throw new Error(`no account ${login} in the tailnet`)
  return row
}

function change(world: TailscaleWorld, login: string, over: Json): Json {
  const before = accountRow(world, login)
  const after = { ...before, ...over }
  world.users = world.users.map((user) => (user === before ? after : user))
  return after
}

function secondsOf(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')
}
