import { conclude, failWhileInUse, type Host, judgeAgents, notSaid, undecided } from '../src/domain/agent-checks.ts'
import { sayOf } from '../src/domain/agent-sentences.ts'
import { defineCheck } from '../src/domain/check.ts'
import { joined } from '../src/domain/coverage.ts'
import { cutoff } from '../src/domain/cutoff.ts'
import { durationText } from '../src/domain/duration.ts'
import { type Finding, finding } from '../src/domain/finding.ts'
import { enrolmentOf } from '../src/domain/match.ts'
import type { Agent, Device } from '../src/domain/record.ts'
import type { Snapshot } from '../src/domain/snapshot.ts'
import { type Instant, pastInstant } from '../src/domain/time.ts'
import { mdmEnrolled } from './controls.ts'

export const kandjiDeviceCheckedIn = defineCheck({
  id: 'kandji-device-checked-in',
  ref: 'KJ-03',
  version: 1,
  title: 'The device checked in with MDM recently',
  question: 'Did every device in use check in with Kandji (Iru) recently, and is none missing or removed there?',
  why: 'A device that no longer checks in, or that is missing or removed at the MDM, is not under management any more: what is written about it is history.',
  remediation:
    'In Kandji (Iru) open Devices, find the device by its serial number and look at Last check-in; wake or restart it and let it check in, or enrol it again where it was removed. Then collect again.',
  severity: 'high',
  controls: mdmEnrolled,
  vendor: 'kandji',
  // Not `enrolment`: a token that sees Prism alone is judged by the check-in, with a notice.
  needs: [{ kind: 'device' }, { kind: 'agent', from: 'kandji', fields: ['last_checkin'] }],
  parameters: {
    maxSilence: {
      type: 'duration',
      default: '7d',
      min: '1h',
      max: '90d',
      says: 'How long a device may go without checking in while it is in use.',
    },
  },
  run: (snapshot, { maxSilence }) =>
    judgeAgents(snapshot, 'kandji', (host) => judge(snapshot, host, maxSilence), judgeRemoved),
  say: sayOf('kandji', { pass: sayPass, fail: sayFail }),
})

/** Kandji holds the serial number only as removed, while the device is still in the tailnet. */
function judgeRemoved(device: Device, removed: readonly Agent[]): Finding {
  return finding('fail', device, { with: removed, facts: { agentId: removed[0]!.key, is_removed: true } })
}

const PRISM_ONLY =
  'The token does not show whether it is missing or removed in Kandji (Iru): the check-in alone decided.'

function judge(snapshot: Snapshot, host: Host, maxSilenceMs: number): Finding {
  const { agent, duplicates } = host
  const enrolment = enrolmentOf(snapshot, agent)
  const lastCheckIn = later(agent.lastSeen, enrolment?.lastCheckIn ?? null)
  const seenFacts = { agentId: agent.key, last_checkin: lastCheckIn, maxSilence: durationText(maxSilenceMs) }
  const facts =
    enrolment === null ? seenFacts : { ...seenFacts, is_missing: enrolment.isMissing, is_removed: enrolment.isRemoved }
  if (enrolment?.isMissing === true) return conclude(host, 'fail', facts, duplicates, enrolment)
  const seen = pastInstant(lastCheckIn, snapshot.at)
  if (seen === null) return notSaid(host, 'last_checkin', lastCheckIn)
  if (seen < cutoff(snapshot, maxSilenceMs)) return failWhileInUse(snapshot, host, maxSilenceMs, facts, enrolment)
  if (enrolment === null) return conclude(host, 'pass', facts, joined(duplicates, PRISM_ONLY))
  const missing = enrolment.isMissing === null ? 'is_missing' : enrolment.isRemoved === null ? 'is_removed' : null
  if (missing === null) return conclude(host, 'pass', facts, duplicates, enrolment)
  return undecided(host, { ...facts, missing, of: 'kandji', sent: enrolment.unread.includes(missing) }, enrolment)
}

function later(a: Instant | null, b: Instant | null): Instant | null {
  return a === null || (b !== null && b > a) ? b : a
}

function sayPass({ subject, facts }: Finding): string {
  return `${subject.label} checked in with Kandji (Iru) at ${facts['last_checkin']}, within ${facts['maxSilence']}.`
}

function sayFail({ subject, facts }: Finding): string {
  const device = `${subject.label} (device ${facts['agentId']})`
  if (facts['is_removed'] === true)
    return `${device} was removed from Kandji (Iru) but is still in the tailnet; enrol it again or remove it from the tailnet.`
  if (facts['is_missing'] === true)
    return `Kandji (Iru) lists ${device} as missing, last check-in ${facts['last_checkin'] ?? 'never'}; find it, or remove it from the tailnet.`
  return `${device} last checked in with Kandji (Iru) at ${facts['last_checkin']}, while it was in the tailnet within ${facts['maxSilence']}; let it check in or enrol it again.`
}
