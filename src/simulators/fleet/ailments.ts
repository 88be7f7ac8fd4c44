/** What is wrong with the three in a hundred machines that are not well: one thing each, in the vendors' own fields. */
import type { Random } from './random.ts'

type Json = Record<string, unknown>

/** The rows of one machine; a vendor that does not have it has no row. */
export interface Chart {
  device: Json
  agent?: Json
  host?: Json
  assessment?: Json
  enrolled?: Json
  prism?: Json
  filevault?: Json
}

type Ailment = (chart: Chart) => void

const OF_AGENT: readonly Ailment[] = [
  ({ agent }) => Object.assign(agent!, { activeThreats: 1, infected: true }),
  ({ agent }) => Object.assign(agent!, { encryptedApplications: false }),
  ({ agent }) => Object.assign(agent!, { firewallEnabled: false }),
  ({ agent }) => Object.assign(agent!, { operationalState: 'partially_disabled' }),
  ({ agent }) => Object.assign(agent!, { isUpToDate: false, agentVersion: '24.2.3.471' }),
  ({ agent }) => Object.assign(agent!, { networkStatus: 'disconnected' }),
]
const OF_HOST: readonly Ailment[] = [
  ({ host }) => Object.assign(host!, { reduced_functionality_mode: 'yes' }),
  ({ assessment }) => {
    const scores = assessment!['assessment'] as Json
    assessment!['assessment'] = { ...scores, overall: 48, sensor_config: 40 }
  },
]
const OF_ENROLMENT: readonly Ailment[] = [
  ({ enrolled, prism }) => {
    enrolled!['mdm_enabled'] = false
    prism!['mdm_enabled'] = false
  },
  ({ enrolled, prism }) => {
    enrolled!['agent_installed'] = false
    prism!['agent_installed'] = null
  },
  ({ filevault }) => Object.assign(filevault!, { status: false, key_escrowed: false, key_type: null }),
]
const OF_DEVICE: readonly Ailment[] = [
  ({ device }) => Object.assign(device, { clientVersion: '1.74.1', updateAvailable: true }),
  ({ device }) => Object.assign(device, { keyExpiryDisabled: true, expires: '0001-01-01T00:00:00Z' }),
  ({ device }) => Object.assign(device, { postureIdentity: { disabled: true } }),
]

export function fallIll(chart: Chart, random: Random): void {
  const possible = [...OF_DEVICE]
  if (chart.agent !== undefined) possible.push(...OF_AGENT)
  if (chart.host !== undefined) possible.push(...OF_HOST)
  if (chart.enrolled !== undefined) possible.push(...OF_ENROLMENT)
  random.pick(possible)(chart)
}
