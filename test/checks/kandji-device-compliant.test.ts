import { expect, test } from 'vitest'
import { kandjiDeviceCompliant as check } from '../../checks/kandji-device-compliant.ts'
import {
  agent,
  answersTo,
  blind,
  device,
  encryption,
  findingsOf,
  type Row,
  resultOf,
  snapshotOf,
} from '../helpers/build.ts'
import { covers } from './covers.ts'
import { hostRows } from './host-rows.ts'

const mac = (values: object) =>
  agent({
    vendor: 'kandji',
    platform: 'Mac',
    values: { blueprint_name: 'Standard Macs', os_version: '26.1', ...values },
  })

const unseen = { sources: [{ id: 'mdm', blind: [blind('encryption')] }] }
const laptop = agent({ vendor: 'kandji', platform: 'Windows', values: { blueprint_name: 'Laptops' } })
const off = encryption({ on: false })

test.each<Row>([
  { name: 'a blueprint and FileVault, no floor declared', records: [device(), mac({}), encryption()], want: ['pass'] },
  {
    name: 'below the floor',
    records: [device(), mac({}), encryption()],
    want: ['fail'],
    params: { macosFloor: '27.0' },
  },
  {
    name: 'at the floor',
    records: [device(), mac({}), encryption()],
    want: ['pass'],
    params: { macosFloor: '26.1' },
  },
  { name: 'FileVault is off', records: [device(), mac({}), off], want: ['fail'] },
  {
    name: 'FileVault is off, all else not said',
    records: [device(), mac({ blueprint_name: null }), off],
    want: ['fail'],
  },
  { name: 'FileVault of another Mac', records: [device(), mac({}), encryption({ key: '1002' })], want: ['no_data'] },
  { name: 'FileVault not said', records: [device(), mac({}), encryption({ on: null })], want: ['no_data'] },
  {
    name: 'FileVault as a word',
    records: [device(), mac({}), encryption({ on: null, unread: ['status'] })],
    want: ['no_data'],
  },
  { name: 'FileVault hidden', records: [device(), mac({})], options: unseen, want: ['not_visible'] },
  {
    name: 'FileVault hidden, below the floor',
    records: [device(), mac({})],
    options: unseen,
    params: { macosFloor: '27.0' },
    want: ['fail'],
  },
  {
    name: 'FileVault hidden, a device without it',
    records: [device({ os: 'windows' }), laptop],
    options: unseen,
    want: ['pass'],
  },
  {
    name: 'a Windows laptop without a blueprint',
    records: [device({ os: 'windows' }), agent({ ...laptop, values: {} })],
    want: ['no_data'],
  },
  {
    name: 'no family named: the tailnet says that it is a Mac',
    records: [device(), agent({ ...mac({}), platform: null }), off],
    want: ['fail'],
  },
  {
    name: 'no blueprint, or not said',
    records: [device(), mac({ blueprint_name: null }), encryption()],
    want: ['no_data'],
  },
  {
    name: 'version not said',
    records: [device(), mac({ os_version: null }), encryption()],
    want: ['no_data'],
    params: { macosFloor: '26.1' },
  },
  {
    name: 'a version that is none',
    records: [device(), mac({ os_version: 'Tahoe' }), encryption()],
    want: ['no_data'],
    params: { macosFloor: '26.1' },
  },
  { name: 'no record', records: [device()], want: ['unmatched'] },
  { name: 'Linux is not managed', records: [device({ os: 'linux' })], want: ['not_applicable'] },
  { name: 'shared in from another tailnet', records: [device({ isExternal: true })], want: ['not_applicable'] },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

test('a token that does not see FileVault leaves its Macs open, and blinds no other device', () => {
  const records = [
    device(),
    mac({}),
    device({ key: 'nD2', os: 'windows', serials: ['PF1234567'] }),
    agent({ ...laptop, key: '1002', serial: 'PF1234567' }),
  ]
  const { status, unknownReason, counts } = resultOf(check, records, unseen)
  expect([status, unknownReason, counts.pass, counts.unknown]).toEqual(['unknown', 'not_visible', 1, 1])
})

test('every answer is a sentence, and names the record it rests on', () => {
  const judged = (params: Row['params'], ...records: Parameters<typeof snapshotOf>[0]) =>
    findingsOf(check, snapshotOf(records, records.length === 2 ? unseen : {}), params ?? {})[0]!
  expect(judged({}, device(), mac({}), off).records).toContain('mdm/encryption/1001')
  expect([
    check.say(judged({}, device(), mac({}), encryption())),
    check.say(judged({ macosFloor: '27.0' }, device(), mac({}), off)),
    check.say(judged({}, device(), mac({}), encryption({ on: null, unread: ['status'] }))),
    check.say(judged({}, device(), mac({}))),
  ]).toMatchInlineSnapshot(`
    [
      "alice-mac.tailfe8c.ts.net has the blueprint Standard Macs and runs version 26.1, with FileVault on.",
      "alice-mac.tailfe8c.ts.net runs version 26.1, below the floor 27.0; update it. It does not encrypt its disk (FileVault is off, device 1001); turn FileVault on.",
      "Kandji (Iru) sent a value of "filevault.status" that cannot be judged for alice-mac.tailfe8c.ts.net; open agent 1001 in Devices, then collect again.",
      "alice-mac.tailfe8c.ts.net was not evaluated: the credential of Kandji (Iru) cannot see "filevault.status"; tick the permission encryption:read for it, then collect again.",
    ]
  `)
})

covers(check, hostRows('kandji'))
