import { expect, test } from 'vitest'
import { serversAreTagged as check } from '../../checks/servers-are-tagged.ts'
import { agent, answersTo, device, type Row } from '../helpers/build.ts'
import { covers } from './covers.ts'

const server = agent({ values: { machineType: 'server' } })

test.each<Row>([
  { name: 'a laptop', records: [device(), agent()], want: ['not_applicable'] },
  { name: 'a server without a tag, by SentinelOne', records: [device(), server], want: ['fail'] },
  { name: 'a server with a tag', records: [device({ tags: ['tag:production'] }), server], want: ['pass'] },
  {
    name: 'a domain controller, by CrowdStrike',
    records: [device(), agent({ vendor: 'crowdstrike', values: { product_type_desc: 'Domain Controller' } })],
    want: ['fail'],
  },
  { name: 'listed by host name', records: [device()], want: ['fail'], params: { servers: ['ALICE-MAC'] } },
  { name: 'somebody else is listed', records: [device()], want: ['not_applicable'], params: { servers: ['alice'] } },
  { name: 'shared in from another tailnet', records: [device({ isExternal: true })], want: ['not_applicable'] },
  { name: 'not said whose it is', records: [device({ isExternal: null })], want: ['no_data'] },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

covers(check, [
  {
    name: 'tags that could not be read',
    records: [device({ unread: ['tags'] })],
    params: { servers: ['nD1'] },
    hostile: true,
    want: ['no_data'],
  },
])
