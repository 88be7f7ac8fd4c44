import { answer, flagOf, type Host, judgeAgents, notSaid, textOf } from '../src/domain/agent-checks.ts'
import { sayOf } from '../src/domain/agent-sentences.ts'
import { defineCheck } from '../src/domain/check.ts'
import { durationText } from '../src/domain/duration.ts'
import { type Finding, unknown } from '../src/domain/finding.ts'
import { agentOf } from '../src/domain/match.ts'
import type { Carried, Device } from '../src/domain/record.ts'
import type { Snapshot } from '../src/domain/snapshot.ts'
import { between, type Instant, plus } from '../src/domain/time.ts'
import { compareVersions } from '../src/domain/version.ts'
import { current } from './controls.ts'

const ID = 'sentinelone-agent-current'

export const sentineloneAgentCurrent = defineCheck({
  id: ID,
  ref: 'S1-07',
  version: 1,
  title: 'The SentinelOne agent is current',
  question: 'Is every SentinelOne agent brought up to date in time, and none below the declared floor?',
  why: 'Old agents miss detections and have known flaws. "Up to date" is measured against what the console offers for the operating system.',
  remediation:
    'In the SentinelOne console open Sentinels > Endpoints, select the endpoint, Actions > Agent Actions > Update Agent, or set an upgrade policy for its group. Then collect again.',
  severity: 'medium',
  controls: current,
  vendor: 'sentinelone',
  needs: [{ kind: 'device' }, { kind: 'agent', from: 'sentinelone', fields: ['isUpToDate', 'agentVersion'] }],
  parameters: {
    maxOutdated: {
      type: 'duration',
      default: '14d',
      min: '0d',
      max: '365d',
      says: 'How long an agent may stay at a version that the console calls outdated, from our first sight of it.',
    },
    floor: { type: 'text', default: '', says: 'Lowest version that passes, such as 24.1.2.6; empty: none declared.' },
  },
  carry: (snapshot) => snapshot.of('device').flatMap((device) => carryFor(snapshot, device)),
  run: (snapshot, { maxOutdated, floor }) =>
    judgeAgents(snapshot, 'sentinelone', (host) => judge(snapshot, host, maxOutdated, floor)),
  say: (finding) => (finding.unknownReason === 'not_configured' ? sayBadFloor(finding) : sayAnswer(finding)),
})

const sayAnswer = sayOf('sentinelone', {
  pass: ({ subject, facts }) =>
    facts['isUpToDate'] === true
      ? `The SentinelOne agent of ${subject.label} is current (version ${facts['agentVersion'] ?? 'not said'}).`
      : `The SentinelOne agent of ${subject.label} has been outdated at version ${facts['agentVersion'] ?? 'not said'} since ${facts['outdatedSince']}; update it within ${facts['maxOutdated']} of then.`,
  fail: ({ subject, facts }) =>
    facts['floor'] === undefined
      ? `SentinelOne agent ${facts['agentId']} of ${subject.label} has stayed outdated at version ${facts['agentVersion'] ?? 'not said'} since ${facts['outdatedSince']}, longer than ${facts['maxOutdated']}; update it.`
      : `SentinelOne agent ${facts['agentId']} of ${subject.label} has version ${facts['agentVersion']}, below the floor ${facts['floor']}; update it.`,
})

function sayBadFloor({ facts }: Finding): string {
  return `The floor "${facts['floor']}" is no version such as 24.1.2.6; correct checks.${ID}.params.floor in exhibit.yaml.`
}

function judge(snapshot: Snapshot, host: Host, maxOutdatedMs: number, floor: string): Finding {
  const { device, agent } = host
  const agentVersion = textOf(host, 'agentVersion')
  const facts = { agentId: agent.key, agentVersion }
  if (floor !== '') {
    if (!isVersion(floor))
      return unknown('not_configured', device, { with: [agent], facts: { floor, missing: 'floor' } })
    if (agentVersion === null || !isVersion(agentVersion)) return notSaid(host, 'agentVersion', agentVersion)
    if (compareVersions(agentVersion, floor) < 0) return answer(host, 'fail', { ...facts, floor })
  }
  const isUpToDate = flagOf(host, 'isUpToDate')
  if (isUpToDate === null) return notSaid(host, 'isUpToDate')
  if (isUpToDate) return answer(host, 'pass', { ...facts, isUpToDate })
  const outdatedSince = firstSeenOutdated(snapshot, device, agentVersion) ?? snapshot.at
  const all = { ...facts, isUpToDate, outdatedSince, maxOutdated: durationText(maxOutdatedMs) }
  if (between(outdatedSince, snapshot.at) > maxOutdatedMs) return answer(host, 'fail', all)
  return answer(host, 'pass', all, `Outdated; it fails after ${plus(outdatedSince, maxOutdatedMs)}.`)
}

/** Dotted numbers, as SentinelOne writes them: "24.2.3.471". */
function isVersion(text: string): boolean {
  return /^\d+(\.\d+)*$/.test(text)
}

/** When this device was first seen outdated at the version that it still has; null: not before this run. */
function firstSeenOutdated(snapshot: Snapshot, device: Device, version: string | null): Instant | null {
  const body = known(snapshot, device)?.body
  const since = body?.['since']
  return typeof since === 'string' && body?.['version'] === version ? since : null
}

function known(snapshot: Snapshot, device: Device): Carried | null {
  return snapshot.one('carried', device.source, keyOf(device))
}

function keyOf(device: Device): string {
  return `${ID}/${device.key}`
}

/** The clock stops only when the vendor calls the agent current; while it says nothing, what is known stays. */
function carryFor(snapshot: Snapshot, device: Device): readonly Carried[] {
  const { agent } = agentOf(snapshot, device, 'sentinelone')
  const isUpToDate = agent?.values['isUpToDate']
  if (isUpToDate === true) return []
  const before = known(snapshot, device)
  if (isUpToDate !== false) return before === null ? [] : [before]
  const version = agent?.values['agentVersion'] ?? null
  const since = firstSeenOutdated(snapshot, device, typeof version === 'string' ? version : null) ?? snapshot.at
  return [
    { kind: 'carried', source: device.source, key: keyOf(device), unread: [], check: ID, body: { version, since } },
  ]
}
