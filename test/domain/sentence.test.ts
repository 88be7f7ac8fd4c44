import { expect, test } from 'vitest'
import { type UnknownReason, unknown } from '../../src/domain/finding.ts'
import { notEvaluated } from '../../src/domain/sentence.ts'
import { account } from '../helpers/build.ts'

const say = (reason: UnknownReason, facts = {}) => notEvaluated(unknown(reason, account(), { facts }))

test.each([
  ['no_data', 'lastSeen is absent or unreadable; open its raw page under Evidence'],
  ['stale', 'its last complete reading is too old; pull its source again'],
  ['source_error', 'its source could not be read; see the cause on the Sources page'],
  ['auth_error', 'its source refused the credential; renew the credential'],
  ['partial_population', 'the newest reading waits for confirmation; confirm or correct'],
  ['unmatched', 'nobody in the roster has this address or alias; add the person to the roster'],
  ['no_serial', 'no usable serial number is known; let the device report its serial number'],
  ['not_visible', 'the credential cannot see lastSeen; give the credential the missing scope'],
  ['not_configured', 'lastSeen is not configured; add what is missing to exhibit.yaml'],
] as const)('%s: the cause, then the step that cures it', (reason, text) => {
  expect(say(reason, { missing: 'lastSeen' })).toContain(`alice@example.com was not evaluated: ${text}`)
})

test('several candidates are named, and nobody is told to add one more', () => {
  expect(say('unmatched', { candidates: 'a@x.y; b@x.y' })).toContain(
    'several people in the roster share this address or alias (a@x.y; b@x.y); leave it with one of them alone, in the roster and under people.aliases.',
  )
})

test('without a name the value is called needed', () => {
  expect(say('no_data')).toContain('a value that is needed is absent or unreadable')
})

test('a check may know a better step', () => {
  const finding = unknown('no_data', account(), { facts: { missing: 'mfa' } })
  expect(notEvaluated(finding, { no_data: 'fill in the column mfa' })).toBe(
    'alice@example.com was not evaluated: mfa is absent or unreadable; fill in the column mfa.',
  )
})
