import { expect, test } from 'vitest'
import { networkFeatures as check } from '../../checks/network-features.ts'
import { answersTo, device, findingsOf, policy, type Row, setting, snapshotOf } from '../helpers/build.ts'
import { covers } from './covers.ts'

const file = (over: object) => policy(JSON.stringify(over))

test.each<Row>([
  { name: 'a row', records: [file({}), device()], want: ['not_applicable'] },
  { name: 'no policy, no setting', records: [device()], want: ['not_applicable'] },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

test('counts exit nodes and subnet routers, and names attributes', () => {
  const records = [
    device({ enabledRoutes: ['0.0.0.0/0', '::/0'] }),
    device({ key: 'nD2', enabledRoutes: ['10.0.0.0/8'] }),
    file({ nodeAttrs: [{ target: ['*'], attr: ['mullvad'], app: { 'tailscale.com/app-connectors': [{}] } }] }),
    setting('httpsEnabled', true),
  ]
  const [finding] = findingsOf(check, snapshotOf(records))
  expect(finding).toMatchObject({
    facts: {
      httpsEnabled: true,
      exitNodes: 1,
      subnetRouters: 1,
      nodeAttributes: 'mullvad, tailscale.com/app-connectors',
    },
    notice: 'There is a single exit node.',
  })
})

covers(check, [
  {
    name: 'a policy that cannot be read and routes that are none',
    records: [device({ enabledRoutes: ['constructor'] }), policy('{')],
    hostile: true,
    want: ['not_applicable'],
  },
])
