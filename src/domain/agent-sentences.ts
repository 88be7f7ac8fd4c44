/** Sentences that the checks over vendor records share: every reason for not judging, each with the next step. */
import { VENDOR_NAME } from './coverage.ts'
import type { Finding } from './finding.ts'
import type { Vendor } from './record.ts'

/** The way to a single host in the vendor's console. */
const CONSOLE: Readonly<Record<Vendor, string>> = {
  sentinelone: 'Sentinels > Endpoints',
  crowdstrike: 'Host setup and management > Host management',
  kandji: 'Devices',
}

export interface Sentences {
  readonly pass: (finding: Finding) => string
  readonly fail: (finding: Finding) => string
}

/** `Check.say` of a check over the records of one vendor. */
export function sayOf(vendor: Vendor, { pass, fail }: Sentences): (finding: Finding) => string {
  return (finding) => {
    switch (finding.status) {
      case 'pass':
        return pass(finding)
      case 'fail':
        return fail(finding)
      case 'not_applicable':
        return sayNotJudged(finding)
      case 'unknown':
        return sayUnknown(finding, vendor)
    }
  }
}

export function sayNotJudged({ subject, notice }: Finding): string {
  return `${subject.label} is not judged. ${notice ?? ''}`.trim()
}

/** `Check.say` of the checks that ask whether any vendor has a record at all. */
export function sayPresence(what: 'EDR' | 'MDM', remedy: string): (finding: Finding) => string {
  return (finding) => {
    const { status, subject, facts } = finding
    if (status === 'not_applicable') return sayNotJudged(finding)
    if (status === 'unknown') return sayUnknown(finding)
    if (status === 'pass') return `The ${what} has a record with the serial number of ${subject.label}.`
    const record = facts['match'] === 'removed' ? 'only a removed record' : 'no record'
    return `The ${what} has ${record} with the serial number ${facts['serialNumbers']} of ${subject.label}; ${remedy}.`
  }
}

/** Reasons that a check over devices and vendor records gives itself; the engine words its own. */
export function sayUnknown(finding: Finding, vendor: Vendor | null = null): string {
  switch (finding.unknownReason) {
    case 'no_serial':
      return sayNoSerial(finding)
    case 'unmatched':
      return sayUnmatched(finding, vendor)
    case 'not_visible':
      return sayHidden(finding)
    default:
      return sayNoData(finding)
  }
}

function sayNoSerial({ subject, facts }: Finding): string {
  const { label } = subject
  switch (facts['match']) {
    case 'placeholder_serial':
      return `${label} reports "${facts['serialNumbers']}", which names no single machine; set its serial number in the firmware.`
    case 'shared_serial':
      return `${label} shares the serial number ${facts['serialNumbers']} with another device of the tailnet; remove the one that is no longer used (Machines).`
    default:
      return `${label} reports no serial number; turn on device identity collection (Settings > Device management) and run "tailscale set --posture-checking=true" on it.`
  }
}

function sayUnmatched({ subject, facts, records }: Finding, vendor: Vendor | null): string {
  const serials = `the serial number ${facts['serialNumbers']} of ${subject.label}`
  if (vendor === null) {
    return `No configured vendor has a record with ${serials}; install an agent, or take the device out of deviceTrust.scope.`
  }
  const name = VENDOR_NAME[vendor]
  return facts['match'] === 'removed'
    ? `${name} holds ${serials} only as removed (${records.slice(1).join(', ')}); enrol the device again, or remove it from the tailnet.`
    : `${name} has no record with ${serials}; install its agent, or take the device out of deviceTrust.scope.`
}

/** One part that the credential may not see, where the rest was judged. */
function sayHidden({ subject, facts }: Finding): string {
  const name = VENDOR_NAME[facts['of'] as Vendor]
  return `${subject.label} was not evaluated: the credential of ${name} cannot see "${facts['missing']}"; tick the permission ${facts['scope']} for it, then collect again.`
}

function sayNoData({ subject, facts }: Finding): string {
  const field = String(facts['missing'])
  const vendor = facts['of']
  if (vendor === 'tailscale') {
    return `Tailscale sent no readable "${field}" for ${subject.label}; look at the device under Machines, then collect again.`
  }
  const known = vendor as Vendor
  const problem = facts['sent'] === true ? `sent a value of "${field}" that cannot be judged` : `sent no "${field}"`
  return `${VENDOR_NAME[known]} ${problem} for ${subject.label}; open agent ${facts['agentId']} in ${CONSOLE[known]}, then collect again.`
}
