/** The tailnet of the simulated quarter as the vendor writes it: what the script has as records, in rows of the API. */
import type { Account, AuditEvent, Device, Key, Policy } from '../../src/domain/record.ts'
import { millis } from '../../src/domain/time.ts'
import { accountActor, eventRow } from '../../src/simulators/fleet/audit-rows.ts'
import type { TailscaleWorld } from '../../src/simulators/simulator.ts'
import type { World } from './quarter-script.ts'

type Json = Record<string, unknown>

/** In place: its simulator holds the world. */
export function tellTailnet(tailnet: TailscaleWorld, { records, log }: World): void {
  const users: Json[] = []
  const devices: Json[] = []
  const keys: Json[] = []
  for (const record of records.values()) {
    if (record.kind === 'account') users.push(userRow(record))
    else if (record.kind === 'device') devices.push(deviceRow(record))
    else if (record.kind === 'key') keys.push(keyRow(record))
    else if (record.kind === 'policy') tailnet.policy = (record as Policy).text
  }
  const owner = accountActor(users.find(({ role }) => role === 'owner')!)
  Object.assign(tailnet, { users, devices, keys, auditLog: log.map((event) => logRow(event, owner)) })
}

function userRow({ key, login, displayName, type, role, status, createdAt, deviceCount }: Account): Json {
  return { id: key, loginName: login, displayName, type, role, status, created: createdAt, deviceCount }
}

function deviceRow(device: Device): Json {
  const {
    key,
    id,
    createdAt,
    expiresAt,
    connected,
    identity,
    serials,
    lastSeen,
    distro,
    unread,
    kind,
    source,
    ...same
  } = device
  return {
    ...same,
    // Every device has a number of its own; the script names them by the newer id alone.
    id: `${id}${key.replace(/\D/g, '')}`,
    nodeId: key,
    created: createdAt,
    expires: expiresAt,
    connectedToControl: connected,
    postureIdentity: { serialNumbers: serials },
  }
}

function keyRow({ key, keyType, description, createdAt, expiresAt, userId }: Key): Json {
  return { id: key, keyType, description, created: createdAt, expires: expiresAt, userId }
}

function logRow(event: AuditEvent, by: ReturnType<typeof accountActor>): Json {
  const { at, group, targetId, target, targetType, property, action, before, after } = event
  return eventRow({
    at: millis(at!),
    by,
    target: {
      id: targetId ?? '',
      name: target ?? '',
      type: targetType ?? '',
      ...(property === null ? {} : { property }),
    },
    action: action ?? '',
    ...(before === null ? {} : { old: JSON.parse(before) }),
    ...(after === null ? {} : { new: JSON.parse(after) }),
    ...(group === null ? {} : { group }),
  })
}
