/** Lines that every check over the records of one vendor has in common. */
import type { Vendor } from '../../src/domain/record.ts'
import { agent, device, type Row, type SnapshotOptions } from '../helpers/build.ts'

/** @param only the vendor's own source beside the tailnet: no other EDR answers for the device */
export function hostRows(vendor: Vendor, only: SnapshotOptions = {}): readonly Row[] {
  const named = { hostname: '__proto__', key: 'constructor' } as const
  return [
    { name: 'no serial number', records: [device({ serials: [] })], options: only, want: ['no_serial'] },
    {
      name: 'a serial number that the vendor does not know',
      records: [device({ serials: ['PF1234567'] }), agent({ vendor })],
      options: only,
      want: ['unmatched'],
    },
    { name: 'shared in from another tailnet', records: [device({ isExternal: true })], want: ['not_applicable'] },
    {
      name: 'a serial number that is a word of the language matches no other',
      records: [device({ serials: ['constructor'] }), agent({ vendor, serial: '__proto__', ...named })],
      options: only,
      hostile: true,
      want: ['unmatched'],
    },
    {
      name: 'a placeholder on both sides makes nobody the other',
      records: [device({ serials: ['To Be Filled By O.E.M.'] }), agent({ vendor, serial: 'To Be Filled By O.E.M.' })],
      options: only,
      hostile: true,
      want: ['no_serial'],
    },
    {
      name: 'two devices of one serial number: the record speaks for neither',
      records: [device(), device({ key: 'nD2' }), agent({ vendor })],
      options: only,
      hostile: true,
      want: ['no_serial', 'no_serial'],
    },
    {
      name: 'every value of a type that none should have',
      records: [device(), agent({ vendor, lastSeen: '2031-01-01T00:00:00.000Z', values: ODD[vendor] })],
      options: only,
      hostile: true,
      want: ['no_data'],
    },
  ]
}

const ODD = {
  sentinelone: {
    isActive: 'true',
    operationalState: 1,
    activeThreats: '0',
    infected: 'false',
    firewallEnabled: 1,
    encryptedApplications: 'yes',
    machineType: 'laptop',
    isUpToDate: 'true',
    networkStatus: true,
    isPendingUninstall: 'no',
  },
  crowdstrike: { reduced_functionality_mode: false },
  kandji: { mdm_enabled: 'True', agent_installed: 'True', blueprint_name: 7, os_version: 26 },
} as const
