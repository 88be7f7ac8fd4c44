/** What kind of machine a device is, by those who manage it: the tailnet itself knows only its operating system. */
import { agentOf } from './match.ts'
import type { Agent, Device } from './record.ts'
import type { Snapshot } from './snapshot.ts'
import { platformOf } from './trust.ts'

export interface MachineClass {
  readonly is: 'end-user' | 'server'
  /** Who says so, in the vendor's own words. */
  readonly says: string
}

const PHONES: readonly string[] = ['ios', 'android', 'tvos']

/** Null where nobody says. Of several vendors the first that says something counts. */
export function machineClass(snapshot: Snapshot, device: Device): MachineClass | null {
  const platform = platformOf(device)
  if (platform !== null && PHONES.includes(platform)) return { is: 'end-user', says: `Tailscale: os ${device.os}` }
  for (const vendor of ['sentinelone', 'crowdstrike', 'kandji'] as const) {
    const { agent } = agentOf(snapshot, device, vendor)
    const found = agent === null ? null : classOf(agent)
    if (found !== null) return found
  }
  return null
}

/** `machineType` laptop, desktop, server …; `product_type_desc` Workstation, Server, Domain Controller. */
function classOf({ vendor, values }: Agent): MachineClass | null {
  switch (vendor) {
    case 'sentinelone':
      return named('SentinelOne: machineType', values['machineType'], ['laptop', 'desktop'], ['server'])
    case 'crowdstrike':
      return named(
        'CrowdStrike: product_type_desc',
        values['product_type_desc'],
        ['workstation'],
        ['server', 'domain controller'],
      )
    case 'kandji':
      // A Mac may be a build server under a desk; phones and tablets are in somebody's hand.
      return named('Kandji: device__family', values['device__family'], ['iphone', 'ipad', 'appletv'], [])
  }
}

function named(
  field: string,
  value: unknown,
  endUser: readonly string[],
  server: readonly string[],
): MachineClass | null {
  if (typeof value !== 'string') return null
  const word = value.toLowerCase()
  if (endUser.includes(word)) return { is: 'end-user', says: `${field} ${value}` }
  return server.includes(word) ? { is: 'server', says: `${field} ${value}` } : null
}
