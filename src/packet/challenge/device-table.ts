/** What is changed for the checks over devices and what EDR and MDM say of them (checks.md sections 2.2 and 2.3). */
import { isObject } from '../../domain/reading.ts'
import { type Device, refOf } from '../../domain/record.ts'
import type { Ground } from './ground.ts'
import { all, FAR_AHEAD, flag, forLong, LONG_AGO, member, type Recipe, setMember, type To } from './recipe.ts'

/** Seen by the tailnet just now: silence of an agent counts only while its device is in use. */
const inUse = setMember('device', 'connectedToControl', true)

const attribute = (name: string, to: To): Recipe => member('attributes', ['attributes', name], to)

/** Nobody's serial number, and nobody else's. */
const unknownSerial = setMember('device', ['postureIdentity', 'serialNumbers'], (_, __, { key }) => [`EXHIBIT-${key}`])

const tagged = setMember('device', 'tags', ['tag:exhibit-challenge'])

const OTHER: To = (value) =>
  typeof value === 'boolean' ? !value : typeof value === 'number' ? value + 1 : 'exhibit-challenge'

/** Tailscale's copy of one vendor value says otherwise than the vendor. */
const copyDiffers: Recipe = async (copy, { finding }) => {
  const done: string[] = []
  for (const ref of finding.records) {
    if (copy.ground.record(ref)?.kind !== 'attributes') continue
    const row = await copy.row(ref)
    const held = row?.get(['attributes'])
    if (row === null || !isObject(held)) continue
    for (const name of Object.keys(held)) {
      if (!/^(?:sentinelOne|falcon|kandji):/.test(name)) continue
      const said = row.set(['attributes', name], (OTHER as (value: unknown) => string | number | boolean)(held[name]))
      if (said !== null) done.push(said)
    }
  }
  return done
}

/** No device of the person's accounts is known to a vendor. */
const noneManaged: Recipe = async (copy, { finding, system }) => {
  const done: string[] = []
  for (const ref of finding.records) {
    const account = copy.ground.record(ref)
    if (account?.kind !== 'account' || system === null) continue
    for (const device of devicesByOwner(copy.ground, system).get(account.login.toLowerCase()) ?? []) {
      const row = await copy.row(refOf(device))
      const said = row?.set(['postureIdentity', 'serialNumbers'], [`EXHIBIT-${device.key}`]) ?? null
      if (said !== null) done.push(said)
    }
  }
  return done
}

const owners = new WeakMap<Ground, Map<string, ReadonlyMap<string, readonly Device[]>>>()

/** Made once: thousands of people ask for theirs. */
function devicesByOwner(ground: Ground, system: string): ReadonlyMap<string, readonly Device[]> {
  const bySystem = owners.get(ground) ?? new Map<string, ReadonlyMap<string, readonly Device[]>>()
  owners.set(ground, bySystem)
  const known = bySystem.get(system)
  if (known !== undefined) return known
  const devices = (ground.sources.get(system)?.records ?? []).filter((record) => record.kind === 'device')
  const made = Map.groupBy(devices, ({ user }) => (user ?? '').toLowerCase())
  bySystem.set(system, made)
  return made
}

const agentSaysOtherwise = all(
  member('agent', 'infected', true),
  member('agent', 'activeThreats', 1),
  member('score', 'score', 1),
  member('agent', 'mdm_enabled', false),
)

export const DEVICES: Readonly<Record<string, readonly Recipe[]>> = {
  'DEV-01': [forLong(all(member('device', 'authorized', false), member('device', 'created', LONG_AGO)))],
  'DEV-02': [flag(false)],
  'DEV-03': [member('device', 'keyExpiryDisabled', true)],
  'DEV-04': [tagged],
  'DEV-05': [flag(3650)],
  'DEV-06': [member('device', 'expires', FAR_AHEAD), member('device', 'expires', LONG_AGO)],
  'DEV-07': [forLong(member('device', 'updateAvailable', true))],
  'DEV-08': [member('device', 'clientVersion', '0.0.1')],
  'DEV-09': [flag(false)],
  'DEV-10': [attribute('node:tsReleaseTrack', 'unstable')],
  'DEV-11': [
    all(
      setMember('device', 'connectedToControl', false),
      setMember('device', 'lastSeen', LONG_AGO),
      member('device', 'created', LONG_AGO),
    ),
  ],
  'DEV-12': [
    all(
      member('device', 'name', (_, __, { key }) => `${key.toLowerCase()}.exhibit.invalid`),
      member('device', 'user', 'nobody@exhibit.invalid'),
    ),
  ],
  'DEV-13': [tagged, all(tagged, setMember('device', 'os', 'iOS'))],
  'DEV-14': [setMember('device', 'tags', [])],
  'DEV-15': [attribute('node:tsStateEncrypted', false)],
  'DEV-17': [setMember('device', 'tailnetLockError', 'node key is not signed')],
  'DEV-18': [flag(false)],
  'DEV-19': [setMember('device', ['postureIdentity', 'disabled'], true)],
  'DEV-20': [setMember('device', ['postureIdentity', 'serialNumbers'], ['To be filled by O.E.M.'])],
  'NET-02': [setMember('device', 'enabledRoutes', ['192.0.2.0/24'])],
  'POS-01': [member('integration', 'provider', 'exhibit-challenge')],
  'POS-02': [setMember('integration', ['status', 'error'], 'the provider refused the credential')],
  'POS-03': [setMember('integration', ['status', 'matchedCount'], 0)],
  'POS-04': [unknownSerial],
  'POS-05': [unknownSerial],
  'POS-06': [noneManaged],
  'POS-08': [forLong(copyDiffers)],
  'POS-09': [member('attributes', 'attributes', {})],
  'POS-12': [
    agentSaysOtherwise,
    all(agentSaysOtherwise, attribute('node:os', 'exhibit-challenge')),
    member('attributes', 'attributes', {}),
  ],
  'S1-01': [all(member('agent', 'isActive', false), inUse)],
  'S1-02': [member('agent', 'operationalState', 'fully_disabled')],
  'S1-03': [member('agent', 'activeThreats', 1)],
  'S1-04': [member('agent', 'infected', true)],
  'S1-05': [member('agent', 'firewallEnabled', false)],
  'S1-06': [member('agent', 'encryptedApplications', false)],
  'S1-07': [forLong(member('agent', 'isUpToDate', false)), member('agent', 'agentVersion', '0.0.1')],
  'S1-08': [all(member('agent', 'lastActiveDate', LONG_AGO), inUse)],
  'S1-09': [member('agent', 'isPendingUninstall', true), member('agent', 'isUninstalled', true)],
  'S1-11': [member('agent', 'networkStatus', 'disconnected')],
  // Never failed as zero: without the score it is not evaluated.
  'CS-01': [member('score', 'score', undefined)],
  'CS-02': [member('score', 'score', 1)],
  'CS-03': [member('agent', 'reduced_functionality_mode', 'yes')],
  'CS-04': [all(member('agent', 'last_seen', LONG_AGO), inUse)],
  'KJ-01': [member('agent', 'mdm_enabled', false)],
  'KJ-02': [member('agent', 'agent_installed', false)],
  'KJ-03': [member('enrolment', 'is_missing', true), all(member('agent', 'last_checkin', LONG_AGO), inUse)],
  'KJ-04': [member('encryption', 'status', false), member('agent', 'blueprint_name', '')],
}
