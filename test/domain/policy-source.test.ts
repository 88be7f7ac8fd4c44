/** Whom a rule of the policy lets in: one account, with its role, its groups and the addresses of its devices. */
import { expect, test } from 'vitest'
import { readPolicy } from '../../src/domain/policy.ts'
import { type Caller, letsIn } from '../../src/domain/policy-source.ts'

const BOB: Caller = { login: 'Bob@example.com', role: 'it-admin', type: 'member', addresses: ['100.64.0.7'] }

function answer(src: readonly string[], caller: Partial<Caller> = {}, rule: object = {}): string {
  const model = readPolicy(
    JSON.stringify({
      groups: { 'group:ops': ['bob@example.com'], 'group:dev': ['alice@example.com'] },
      hosts: { laptop: '100.64.0.7', other: '100.64.0.8' },
      acls: [{ action: 'accept', src, dst: ['tag:x:*'], ...rule }],
    }),
  )
  if ('problem' in model) throw new Error(model.problem)
  return letsIn(model.acls[0]!, { ...BOB, ...caller }, model)
}

test.each([
  ['everybody', ['*'], 'yes'],
  ['the login, whatever its case', ['bob@example.com'], 'yes'],
  ['another login', ['alice@example.com'], 'no'],
  ['a group with them', ['group:ops'], 'yes'],
  ['a group without them', ['group:dev'], 'no'],
  ['a group that the file does not list', ['group:idp'], 'unknown'],
  ['members', ['autogroup:member'], 'yes'],
  ['accounts shared in', ['autogroup:shared'], 'no'],
  ['their role', ['autogroup:it-admin'], 'yes'],
  ['another role', ['autogroup:owner'], 'no'],
  ['their domain', ['user:*@example.com'], 'yes'],
  ['the address of their device, by name', ['laptop'], 'yes'],
  ['the address of another', ['other'], 'no'],
  ['a range that holds it', ['100.64.0.0/16'], 'yes'],
  ['tagged devices, which are nobody’s', ['tag:server'], 'no'],
  ['a selector that nobody understands', ['autogroup:tomorrow'], 'unknown'],
  ['one that lets them in beside one that does not', ['tag:server', 'group:ops'], 'yes'],
])('%s', (_name, src, want) => {
  expect(answer(src)).toBe(want)
})

test('what the vendor did not say of the account stays open, and a rule that does not accept lets nobody in', () => {
  expect(answer(['autogroup:member'], { type: null })).toBe('unknown')
  expect(answer(['autogroup:owner'], { role: null })).toBe('unknown')
  expect(answer(['autogroup:member'], { type: 'shared' })).toBe('no')
  expect(answer(['autogroup:shared'], { type: 'shared' })).toBe('yes')
  expect(answer(['*'], {}, { action: 'deny' })).toBe('no')
  expect(answer([], {}, { src: [7] })).toBe('unknown')
})
