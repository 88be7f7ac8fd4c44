import { expect, test } from 'vitest'
import { meaningOf } from '../../src/domain/audit.ts'
import type { AuditEvent } from '../../src/domain/record.ts'
import { sha256OfText } from '../../src/domain/sha256.ts'
import { audit } from '../helpers/build.ts'

const what = (over: Partial<AuditEvent>) => meaningOf(audit(over))?.what ?? null

test.each([
  { name: 'an account is made', event: { action: 'CREATE' }, says: 'created' },
  { name: 'an account is invited', event: { action: 'INVITE' }, says: 'invited' },
  {
    name: 'an address is invited',
    event: { targetType: 'INVITE', action: 'CREATE', property: 'TAILNET_INVITE' },
    says: 'invited',
  },
  {
    name: 'an invitation is accepted',
    event: { targetType: 'INVITE', action: 'ACCEPT', property: 'TAILNET_INVITE' },
    says: 'joined',
  },
  { name: 'an account is approved', event: { action: 'APPROVE' }, says: 'approved' },
  { name: 'an account is suspended', event: { action: 'SUSPEND' }, says: 'suspended' },
  { name: 'an account is suspended everywhere', event: { action: 'SUSPEND_GLOBAL' }, says: 'suspended' },
  { name: 'an account is restored', event: { action: 'RESTORE' }, says: 'restored' },
  { name: 'an account is restored everywhere', event: { action: 'RESTORE_GLOBAL' }, says: 'restored' },
  { name: 'an account is deleted', event: { action: 'DELETE' }, says: 'deleted' },
  { name: 'a role changes', event: { action: 'UPDATE', property: 'USER_ROLE' }, says: 'role' },
  { name: 'a directory writes an account', event: { action: 'PUSH_USER', property: 'ATTRIBUTES' }, says: 'pushed' },
  { name: 'a directory writes an account, whole', event: { action: 'PUSH_USER' }, says: 'pushed' },
  { name: 'a device joins', event: { targetType: 'NODE', action: 'CREATE' }, says: 'device-created' },
  { name: 'a device is approved', event: { targetType: 'NODE', action: 'APPROVE' }, says: 'device-approved' },
  { name: 'a device is removed', event: { targetType: 'NODE', action: 'DELETE' }, says: 'device-deleted' },
  { name: 'a key is made', event: { targetType: 'API_KEY', action: 'CREATE' }, says: 'key-created' },
  { name: 'a key is revoked', event: { targetType: 'API_KEY', action: 'REVOKE' }, says: 'key-revoked' },
  { name: 'a key is deleted', event: { targetType: 'API_KEY', action: 'DELETE' }, says: 'key-revoked' },
  { name: 'a key ends', event: { targetType: 'API_KEY', action: 'EXPIRED' }, says: 'key-expired' },
  { name: 'a client makes a token', event: { targetType: 'OAUTH_ACCESS_TOKEN', action: 'CREATE' }, says: 'minted' },
  { name: 'the policy changes', event: { targetType: 'TAILNET', action: 'UPDATE', property: 'ACL' }, says: 'policy' },
])('$name: $says', ({ event, says }) => {
  expect(what(event)).toBe(says)
})

test.each([
  { name: 'what failed did not happen', event: { action: 'SUSPEND', failure: 'not allowed' } },
  {
    name: 'an attribute of a device is no device',
    event: { targetType: 'NODE', action: 'CREATE', property: 'ATTRIBUTES' },
  },
  {
    name: 'an invitation to one device',
    event: { targetType: 'INVITE', action: 'CREATE', property: 'NODE_SHARE' },
  },
  { name: 'another field of an account', event: { action: 'UPDATE', property: 'ACCOUNT_EMAIL' } },
  { name: 'a sign-in', event: { action: 'LOGIN', targetType: 'ADMIN_CONSOLE' } },
  { name: 'another setting of the tailnet', event: { targetType: 'TAILNET', action: 'ENABLE', property: 'SCIM' } },
  { name: 'an action that we do not know', event: { action: 'OBLITERATE' } },
  { name: 'an action that every object has', event: { targetType: 'constructor', action: 'assign' } },
  { name: 'an action that was not said', event: { action: null } },
  { name: 'a target that was not said', event: { targetType: null } },
  { name: 'nothing at all', event: { targetType: null, action: null, property: null } },
])('nothing that we ask for: $name', ({ event }) => {
  expect(meaningOf(audit(event))).toBeNull()
})

const role = { action: 'UPDATE', property: 'USER_ROLE' }
test.each([
  { name: 'the list of names', before: '["Member"]', after: '["Member","IT admin"]', from: 'member', to: 'it-admin' },
  {
    name: 'the order of the list means nothing',
    before: '["IT admin","Member"]',
    after: '["Member"]',
    from: 'it-admin',
    to: 'member',
  },
  { name: 'one name', before: '"Billing admin"', after: '"Network admin"', from: 'billing-admin', to: 'network-admin' },
  {
    name: 'names as the API writes them',
    before: '"network-admin"',
    after: '["owner"]',
    from: 'network-admin',
    to: 'owner',
  },
  { name: 'underscores and capitals', before: '"IT_ADMIN"', after: '["ADMIN"]', from: 'it-admin', to: 'admin' },
  {
    name: 'of several the strongest',
    before: '["Auditor","Member"]',
    after: '["Member","Auditor","Admin"]',
    from: 'auditor',
    to: 'admin',
  },
  {
    name: 'a role that we do not know is not taken for a known one',
    before: '["Member"]',
    after: '["Member","Super Admin"]',
    from: 'member',
    to: 'super-admin',
  },
  { name: 'nothing before', before: null, after: '["Admin"]', from: null, to: 'admin' },
  { name: 'an empty list', before: '[]', after: '[""]', from: null, to: null },
  { name: 'numbers and objects', before: '[1,null]', after: '{"role":"Admin"}', from: null, to: null },
  { name: 'no JSON at all', before: '[Member', after: '', from: null, to: null },
])('of a role change it reads $name', ({ before, after, from, to }) => {
  expect(meaningOf(audit({ ...role, before, after }))).toMatchObject({ what: 'role', from, to })
})

test('of a policy change it tells the digests of both texts, whether the text was kept or its digest', () => {
  const policy = { targetType: 'TAILNET', action: 'UPDATE', property: 'ACL' }
  const digest = sha256OfText('{"acls":[]}')
  expect(
    meaningOf(audit({ ...policy, before: JSON.stringify('{"acls":[]}'), after: `{"sha256":"${digest}"}` })),
  ).toMatchObject({
    from: digest,
    to: digest,
  })
  expect(meaningOf(audit({ ...policy, before: '{"acls":[]}', after: '[]' }))).toMatchObject({ from: null, to: null })
})

test('who accepts an invitation is the account that it is about', () => {
  const accepted = { targetType: 'INVITE', targetId: '28950', target: 'bob@outside.example', action: 'ACCEPT' }
  const by = { actorId: 'uB2', actor: 'bob@example.com' }
  expect(meaningOf(audit({ ...accepted, property: 'TAILNET_INVITE', ...by }))).toMatchObject({
    what: 'joined',
    targetId: 'uB2',
    target: 'bob@example.com',
  })
})

test('who did it and to what is told as the log says it', () => {
  expect(meaningOf(audit({ action: 'SUSPEND' }))).toEqual({
    what: 'suspended',
    targetId: 'uA1',
    target: 'alice@example.com',
    from: null,
    to: null,
    by: { id: 'uE5', type: 'USER', name: 'eve@example.com' },
  })
  const directory = {
    origin: 'IDENTITY_PROVIDER',
    actorId: null,
    actorType: 'SCIM',
    actor: 'User & group provisioning',
  }
  expect(meaningOf(audit({ action: 'RESTORE', ...directory, target: null, targetId: null }))).toMatchObject({
    targetId: null,
    target: null,
    by: { id: null, type: 'SCIM', name: 'User & group provisioning' },
  })
})
