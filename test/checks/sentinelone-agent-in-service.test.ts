import { expect, test } from 'vitest'
import { sentineloneAgentInService as check } from '../../checks/sentinelone-agent-in-service.ts'
import { DAY } from '../../src/domain/time.ts'
import { agent, ago, answersTo, device, type Row } from '../helpers/build.ts'
import { covers } from './covers.ts'
import { hostRows } from './host-rows.ts'

const SOUND = { isPendingUninstall: false, mitigationMode: 'protect', lastSuccessfulScanDate: ago(DAY) }
const service = (values: object) => agent({ values: { ...SOUND, ...values } })

test.each<Row>([
  { name: 'all is well', records: [device(), service({})], want: ['pass'] },
  { name: 'its removal is pending', records: [device(), service({ isPendingUninstall: true })], want: ['fail'] },
  { name: 'scanned long ago', records: [device(), service({ lastSuccessfulScanDate: ago(31 * DAY) })], want: ['fail'] },
  { name: 'it only detects', records: [device(), service({ mitigationMode: 'detect' })], want: ['fail'] },
  { name: 'a mode that we do not know', records: [device(), service({ mitigationMode: 'observe' })], want: ['fail'] },
  {
    name: 'never scanned, or not said',
    records: [device(), service({ lastSuccessfulScanDate: null })],
    want: ['no_data'],
  },
  {
    name: 'scanned in the far future',
    records: [device(), service({ lastSuccessfulScanDate: '2031-01-01T00:00:00.000Z' })],
    want: ['no_data'],
  },
  { name: 'mode not said', records: [device(), service({ mitigationMode: null })], want: ['no_data'] },
  { name: 'pending not said', records: [device(), service({ isPendingUninstall: null })], want: ['no_data'] },
  {
    name: 'decommissioned',
    records: [device(), agent({ removed: true, values: { isDecommissioned: true } })],
    want: ['fail'],
  },
  { name: 'no record', records: [device()], want: ['unmatched'] },
  { name: 'no serial number', records: [device({ serials: [] })], want: ['no_serial'] },
  { name: 'CrowdStrike has it', records: [device(), agent({ vendor: 'crowdstrike' })], want: ['not_applicable'] },
  { name: 'shared in from another tailnet', records: [device({ isExternal: true })], want: ['not_applicable'] },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

covers(check, hostRows('sentinelone'))
