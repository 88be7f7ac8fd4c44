import { sayNotJudged, sayUnknown } from '../src/domain/agent-sentences.ts'
import { defineCheck } from '../src/domain/check.ts'
import { durationText } from '../src/domain/duration.ts'
import { briefly, type Finding, finding, unknown } from '../src/domain/finding.ts'
import type { JsonValue } from '../src/domain/json.ts'
import { type Copy, comparedCopies, type Disagreement } from '../src/domain/posture-copy.ts'
import type { Carried, Device } from '../src/domain/record.ts'
import type { Snapshot } from '../src/domain/snapshot.ts'
import { between, type Instant, plus } from '../src/domain/time.ts'
import { computedBy, namespaceOf } from '../src/domain/vendor-attributes.ts'
import { postureEnforced } from './controls.ts'

const ID = 'posture-copy-agrees'

export const postureCopyAgrees = defineCheck({
  id: ID,
  ref: 'POS-08',
  version: 1,
  title: 'Tailscale’s copy agrees with the vendor’s own answer',
  question: 'Do the posture attributes that the tailnet holds of a device say what the vendor itself says?',
  why: 'Access is decided by the tailnet’s copy. Where it lags behind or was never made, a device passes a posture that it should fail, or is locked out of one that it meets.',
  remediation:
    'In the Tailscale admin console open Settings > Device management > Device posture integrations and look at the error and last sync of the integration; renew its credential or trigger a sync by saving it. Compare the device’s attributes under Machines with the vendor’s console. Then collect again.',
  severity: 'high',
  controls: postureEnforced,
  needs: [{ kind: 'device' }, { kind: 'attributes' }, { kind: 'integration' }, { kind: 'agent' }],
  parameters: {
    tolerance: {
      type: 'duration',
      default: '30m',
      min: '0m',
      max: '24h',
      says: 'How long a vendor’s value may stand before the tailnet has to say the same; two cycles of 15 minutes.',
    },
  },
  carry: (snapshot) => carryAll(snapshot),
  run(snapshot, { tolerance }) {
    const judgeCopy = (copy: Copy): Finding => judge(snapshot, copy, tolerance)
    return comparedCopies(snapshot).map(({ copy, settled }) => settled ?? briefly(judgeCopy, copy))
  },
  say(finding) {
    const { status, subject, facts } = finding
    if (status === 'pass')
      return `The tailnet’s attributes of ${subject.label} say what the vendor says (${facts['compared']} compared).`
    if (status === 'fail') {
      return `For ${subject.label} the tailnet disagrees with the vendor: ${sayDisagreements(finding)}; look at the integration under Settings > Device management > Device posture integrations.`
    }
    if (status === 'not_applicable') return sayNotJudged(finding)
    if (facts['missing'] !== 'attributes') return sayUnknown(finding)
    return finding.unknownReason === 'stale'
      ? `The tailnet’s attributes of ${subject.label} were last read at ${facts['readAt']}, too long ago to compare; pull the tailnet again.`
      : `The tailnet’s attributes of ${subject.label} could not be read; pull the tailnet again.`
  },
})

function judge(snapshot: Snapshot, copy: Copy, toleranceMs: number): Finding {
  const { device, records, attributes, disagreements } = copy
  if (disagreements.length === 0) return withoutDisagreement(copy)
  // The tailnet may have been read hours before the vendor: what the vendor said after that it cannot contradict.
  const read = attributes.readAt < snapshot.at ? attributes.readAt : snapshot.at
  const facts: Record<string, JsonValue> = { tolerance: durationText(toleranceMs) }
  let standing = false
  let first: Instant | null = null
  for (const disagreement of disagreements) {
    const since = standsSince(snapshot, device, disagreement)
    facts[disagreement.attribute] = disagreement.vendorValue
    facts[`${disagreement.attribute} in the tailnet`] = disagreement.tailnetValue
    facts[`${disagreement.attribute} since`] = since
    if (between(since, read) > toleranceMs) standing = true
    if (first === null || since < first) first = since
  }
  if (standing) return finding('fail', device, { with: records, facts })
  const names = disagreements.map(({ attribute }) => attribute).join(', ')
  const notice = `The tailnet says otherwise of ${names}. The vendor’s value stands since ${first}; a reading after ${plus(first!, toleranceMs)} decides.`
  return finding('not_applicable', device, { with: records, facts, notice })
}

function withoutDisagreement({ device, records, agreed, unsaid }: Copy): Finding {
  if (agreed.length > 0) return finding('pass', device, { with: records, facts: { compared: agreed.length } })
  if (unsaid.length > 0) {
    const vendor = computedBy(unsaid[0]!)
    const agent = records.find((record) => record.kind === 'agent' && record.vendor === vendor)
    const facts = { agentId: agent?.key ?? null, missing: unsaid.join(', '), of: vendor }
    return unknown('no_data', device, { with: records, facts })
  }
  const notice =
    'The tailnet has no attribute of it that a configured vendor also has; whether the integration exists is POS-01.'
  return finding('not_applicable', device, { with: records, notice })
}

/** By the vendor record's own change time or our first sight of the value, whichever is earlier. */
function standsSince(snapshot: Snapshot, device: Device, { attribute, vendorValue, changedAt }: Disagreement): Instant {
  const body = snapshot.one('carried', device.source, keyOf(device, attribute))?.body
  const since = body?.['since']
  const seen = typeof since === 'string' && body?.['value'] === vendorValue ? since : snapshot.at
  return changedAt !== null && changedAt < seen ? changedAt : seen
}

function keyOf(device: Device, attribute: string): string {
  return `${ID}/${device.key}/${attribute}`
}

/** First sights end when both sides agree; while one side cannot be read, they stay as they are. */
function carryAll(snapshot: Snapshot): Carried[] {
  const known = knownByDevice(snapshot)
  const devices = snapshot.of('device')
  return comparedCopies(snapshot).flatMap(({ copy, settled }, index) => {
    const before = known.get(devices[index]!.key) ?? NONE
    if (settled !== null) return settled.status === 'unknown' ? before : NONE
    if (before.length === 0 && copy.disagreements.length === 0) return NONE
    const now = copy.disagreements.map((disagreement) => carriedOf(snapshot, copy.device, disagreement))
    return [...now, ...before.filter((record) => stillOpen(copy, record))]
  })
}

const NONE: readonly Carried[] = []

/** Neither agreed nor disagreed upon this time. "sentinelOne:*" is decided as soon as anything could be compared. */
function stillOpen({ device, agreed, disagreements }: Copy, { key }: Carried): boolean {
  const decided = [...agreed, ...disagreements.map(({ attribute }) => attribute)]
  return !decided.some((attribute) => key === keyOf(device, attribute) || key === keyOf(device, wholeOf(attribute)))
}

function wholeOf(attribute: string): string {
  return `${namespaceOf(attribute)}:*`
}

function carriedOf(snapshot: Snapshot, device: Device, disagreement: Disagreement): Carried {
  const { attribute, vendorValue } = disagreement
  const body = { value: vendorValue, since: standsSince(snapshot, device, disagreement) }
  return { kind: 'carried', source: device.source, key: keyOf(device, attribute), unread: [], check: ID, body }
}

function knownByDevice(snapshot: Snapshot): ReadonlyMap<string, readonly Carried[]> {
  const known = new Map<string, Carried[]>()
  for (const record of snapshot.of('carried')) {
    if (record.check !== ID) continue
    const device = record.key.slice(ID.length + 1, record.key.indexOf('/', ID.length + 1))
    const list = known.get(device)
    if (list === undefined) known.set(device, [record])
    else list.push(record)
  }
  return known
}

function sayDisagreements({ facts }: Finding): string {
  return Object.keys(facts)
    .filter((name) => name.endsWith(' since'))
    .map((name) => {
      const attribute = name.slice(0, -' since'.length)
      const copy = facts[`${attribute} in the tailnet`]
      if (attribute.endsWith(':*'))
        return `it has no attribute ${attribute} though the vendor has the device, since ${facts[name]}`
      return `${attribute} is ${copy} instead of ${facts[attribute]}, since ${facts[name]}`
    })
    .join('; ')
}
