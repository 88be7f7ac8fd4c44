import { expect, test } from 'vitest'
import { endUserDevicesUntagged as check } from '../../checks/end-user-devices-untagged.ts'
import { agent, answersTo, device, FAILED, type Row, resultOf } from '../helpers/build.ts'
import { covers } from './covers.ts'

const tagged = device({ tags: ['tag:ci'] })

test.each<Row>([
  { name: 'untagged', records: [device()], want: ['pass'] },
  { name: 'a tagged laptop, by SentinelOne', records: [tagged, agent()], want: ['fail'] },
  {
    name: 'a tagged server, by SentinelOne',
    records: [tagged, agent({ values: { machineType: 'server' } })],
    want: ['not_applicable'],
  },
  {
    name: 'a tagged workstation, by CrowdStrike',
    records: [tagged, agent({ vendor: 'crowdstrike', values: { product_type_desc: 'Workstation' } })],
    want: ['fail'],
  },
  {
    name: 'a tagged Mac at Kandji may be a build server',
    records: [tagged, agent({ vendor: 'kandji', values: { device__family: 'Mac' } })],
    want: ['not_applicable'],
  },
  { name: 'a tagged phone', records: [device({ os: 'iOS', tags: ['tag:kiosk'] })], want: ['fail'] },
  { name: 'nobody says what it is', records: [tagged], want: ['not_applicable'] },
  { name: 'shared in from another tailnet', records: [device({ isExternal: true })], want: ['not_applicable'] },
  { name: 'not said whose it is', records: [device({ isExternal: null })], want: ['no_data'] },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

test('while a vendor cannot be read nobody says that all is well', () => {
  expect(resultOf(check, [device()], { sources: [{ id: 'falcon', ...FAILED }] })).toMatchObject({
    status: 'unknown',
    unknownReason: 'source_error',
  })
  expect(resultOf(check, [device()], { only: ['tailnet'] }).status).toBe('pass')
})

covers(check, [
  { name: 'tags that could not be read', records: [device({ unread: ['tags'] })], hostile: true, want: ['no_data'] },
])
