import { expect, test } from 'vitest'
import { webhooksSound as check } from '../../checks/webhooks-sound.ts'
import { answersTo, type Row, webhook } from '../helpers/build.ts'
import { covers } from './covers.ts'

test.each<Row>([
  { name: 'HTTPS, all topics', records: [webhook()], want: ['pass', 'pass'] },
  { name: 'plain HTTP', records: [webhook({ url: 'http://siem.example.com/ts' })], want: ['fail', 'pass'] },
  { name: 'HTTPS in capitals', records: [webhook({ url: 'HTTPS://siem.example.com/ts' })], want: ['pass', 'pass'] },
  {
    name: 'a link that only looks like HTTPS',
    records: [webhook({ url: 'httpsx://siem.example.com' })],
    want: ['fail', 'pass'],
  },
  {
    name: 'nobody tells of the policy',
    records: [webhook({ subscriptions: ['nodeCreated', 'userCreated'] })],
    want: ['pass', 'fail'],
  },
  {
    name: 'the category holds them all',
    records: [webhook({ subscriptions: ['categoryTailnetManagement'] })],
    want: ['pass', 'pass'],
  },
  {
    name: 'two that together cover it',
    records: [
      webhook({ subscriptions: ['nodeDeleted'] }),
      webhook({ key: '2', subscriptions: ['userDeleted', 'policyUpdate'] }),
    ],
    want: ['pass', 'pass', 'pass'],
  },
  {
    name: 'an ending key is no change of nodes',
    records: [webhook({ subscriptions: ['nodeKeyExpired', 'userCreated', 'policyUpdate'] })],
    want: ['pass', 'fail'],
  },
  { name: 'no address', records: [webhook({ url: null })], want: ['no_data', 'pass'] },
  {
    name: 'subscriptions that cannot be read',
    records: [webhook({ subscriptions: [], unread: ['subscriptions'] })],
    want: ['pass', 'no_data'],
  },
  { name: 'none', records: [], want: [] },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

covers(check, [
  {
    name: 'an address that runs instead of receiving',
    records: [webhook({ url: 'javascript:https://grc.example.com' })],
    hostile: true,
    want: ['fail', 'pass'],
  },
])
