import { expect, test } from 'vitest'
import { mfaOnForEveryone as check } from '../../checks/mfa-on-for-everyone.ts'
import type { Attestation } from '../../src/domain/settings.ts'
import { findingsOf, person, resultOf, snapshotOf, statusesOf } from '../helpers/build.ts'
import { covers } from './covers.ts'

const attestation = (over: Partial<Attestation> = {}): { settings: { attestations: Attestation[] } } => ({
  settings: {
    attestations: [
      {
        id: 'A-1',
        check: 'ID-16',
        system: null,
        answer: 'pass',
        by: 'eve@acme.example',
        on: '2026-11-01',
        until: '2027-01-31',
        note: 'enforced for all at the identity provider',
        ...over,
      },
    ],
  },
})

test.each([
  { name: 'on', over: { mfa: true }, want: 'pass' },
  { name: 'off', over: { mfa: false }, want: 'fail' },
  { name: 'the roster does not say', over: { mfa: null }, want: 'unknown' },
  { name: 'off, but gone', over: { mfa: false, endDate: '2026-11-01' }, want: 'not_applicable' },
  { name: 'a service account', over: { mfa: null, type: 'service' as const }, want: 'not_applicable' },
])('$name', ({ over, want }) => {
  expect(statusesOf(check, snapshotOf([person(over)]))).toEqual([want])
})

test.each([
  { name: 'by ref', over: {}, want: 'pass' },
  { name: 'by id', over: { check: check.id }, want: 'pass' },
  { name: 'for this tailnet', over: { system: 'tailnet' }, want: 'pass' },
  { name: 'for another tailnet', over: { system: 'lab' }, want: 'unknown' },
  { name: 'for another check', over: { check: 'ID-22' }, want: 'unknown' },
  { name: 'that says no', over: { answer: 'fail' as const }, want: 'fail' },
  { name: 'from its first day', over: { on: '2026-11-20' }, want: 'pass' },
  { name: 'not before it', over: { on: '2026-11-21' }, want: 'unknown' },
  { name: 'to its last day', over: { until: '2026-11-20' }, want: 'pass' },
  { name: 'not after it', over: { until: '2026-11-19' }, want: 'unknown' },
])('attested $name', ({ over, want }) => {
  expect(statusesOf(check, snapshotOf([person({ mfa: null })], attestation(over)))).toEqual([want])
})

test('an attestation never covers a person whom the roster knows to be without', () => {
  const people = [person({ mfa: false }), person({ email: 'bob@example.com', mfa: null })]
  expect(statusesOf(check, snapshotOf(people, attestation()))).toEqual(['fail', 'pass'])
})

test('who attested, and until when, stands with the answer', () => {
  const [finding] = findingsOf(check, snapshotOf([person({ mfa: null })], attestation()))
  expect(finding?.facts).toMatchObject({ attestation: 'A-1', by: 'eve@acme.example', until: '2027-01-31' })
})

test('of two attestations the later counts; of one day the one that says no', () => {
  const [first] = attestation().settings.attestations
  const judged = (...attestations: Attestation[]) =>
    statusesOf(check, snapshotOf([person({ mfa: null })], { settings: { attestations } }))
  const no = { ...first!, id: 'A-2', answer: 'fail' as const }
  expect(judged(no, { ...first!, on: '2026-11-02' })).toEqual(['pass'])
  expect(judged(first!, no)).toEqual(['fail'])
  expect(judged(no, first!)).toEqual(['fail'])
})

test('without a roster an attestation answers for everybody at once; without both nothing is configured', () => {
  const only = ['tailnet']
  expect(resultOf(check, [], { ...attestation(), only })).toMatchObject({
    status: 'pass',
    findings: [{ subject: { kind: 'system', key: 'tailnet' } }],
  })
  expect(resultOf(check, [], { only })).toMatchObject({ status: 'unknown', unknownReason: 'not_configured' })
})

test('an attestation does not make up for a roster that could not be read', () => {
  const failed = { ...attestation(), sources: [{ id: 'roster', status: 'failed' as const }] }
  expect(resultOf(check, [], failed)).toMatchObject({ status: 'unknown', unknownReason: 'source_error' })
})

covers(check, [
  {
    name: 'a column of that name among the others is not the column',
    records: [person({ mfa: null, unread: ['mfa'], extra: { mfa: 'true' } })],
    hostile: true,
    want: ['no_data'],
  },
])
