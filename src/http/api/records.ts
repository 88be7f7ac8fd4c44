/** Schemas of records as they are kept. `null`: the vendor did not say, or what it said could not be read (`unread`). */
import { z } from '@hono/zod-openapi'
import type { Account, Agent, Device, Person } from '../../domain/record.ts'
import { Flat, MomentOrNull, Text, TextOrNull, Vendor } from './shapes.ts'

const OfSource = { source: Text, key: Text, unread: z.array(Text) } as const
const YesOrNull = z.boolean().nullable()
const DayOrNull = z.iso.date().nullable()
const CountOrNull = z.int().nullable()

export const PersonRecord = z
  .object({
    kind: z.literal('person'),
    ...OfSource,
    email: Text,
    name: TextOrNull,
    status: z.enum(['active', 'left']),
    startDate: DayOrNull,
    endDate: DayOrNull,
    endsAt: MomentOrNull,
    department: TextOrNull,
    title: TextOrNull,
    manager: TextOrNull,
    type: z.enum(['employee', 'contractor', 'service']).nullable(),
    mfa: YesOrNull,
    aliases: z.array(Text),
    extra: z.record(z.string(), z.string()),
  })
  .openapi('Person') satisfies z.ZodType<Person>

export const AccountRecord = z
  .object({
    kind: z.literal('account'),
    ...OfSource,
    login: Text,
    displayName: TextOrNull,
    type: TextOrNull,
    role: TextOrNull,
    status: TextOrNull,
    createdAt: MomentOrNull,
    lastSeen: MomentOrNull,
    currentlyConnected: YesOrNull,
    deviceCount: CountOrNull,
  })
  .openapi('Account') satisfies z.ZodType<Account>

export const DeviceRecord = z
  .object({
    kind: z.literal('device'),
    ...OfSource,
    id: TextOrNull,
    name: TextOrNull,
    hostname: TextOrNull,
    user: TextOrNull,
    os: TextOrNull,
    clientVersion: TextOrNull,
    updateAvailable: YesOrNull,
    createdAt: MomentOrNull,
    connected: YesOrNull,
    lastSeen: MomentOrNull,
    keyExpiryDisabled: YesOrNull,
    expiresAt: MomentOrNull,
    authorized: YesOrNull,
    isExternal: YesOrNull,
    isEphemeral: YesOrNull,
    tags: z.array(Text),
    identity: z.enum(['reported', 'disabled', 'absent']),
    serials: z.array(Text),
    tailnetLockKey: TextOrNull,
    tailnetLockError: TextOrNull,
    sshEnabled: YesOrNull,
    multipleConnections: z.boolean(),
    blocksIncomingConnections: YesOrNull,
    addresses: z.array(Text),
    enabledRoutes: z.array(Text),
    advertisedRoutes: z.array(Text),
    distro: TextOrNull,
  })
  .openapi('Device') satisfies z.ZodType<Device>

export const AgentRecord = z
  .object({
    kind: z.literal('agent'),
    ...OfSource,
    vendor: Vendor,
    hostname: TextOrNull,
    serial: TextOrNull,
    platform: TextOrNull,
    lastSeen: MomentOrNull,
    changedAt: MomentOrNull,
    removed: z.boolean(),
    assignedTo: TextOrNull,
    values: z.record(z.string(), Flat),
  })
  .openapi('Agent') satisfies z.ZodType<Agent>

/** Which record, where the whole would be too much. */
export const RecordRef = z.object({ source: Text, key: Text }).openapi('RecordKey')
