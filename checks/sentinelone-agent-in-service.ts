import { answer, flagOf, type Host, judgeAgents, notSaid, textOf } from '../src/domain/agent-checks.ts'
import { sayOf } from '../src/domain/agent-sentences.ts'
import { defineCheck } from '../src/domain/check.ts'
import { durationText } from '../src/domain/duration.ts'
import { type Finding, finding } from '../src/domain/finding.ts'
import type { Agent, Device } from '../src/domain/record.ts'
import type { Snapshot } from '../src/domain/snapshot.ts'
import { between, pastInstant } from '../src/domain/time.ts'
import { edrActive } from './controls.ts'

export const sentineloneAgentInService = defineCheck({
  id: 'sentinelone-agent-in-service',
  ref: 'S1-09',
  version: 1,
  title: 'The SentinelOne agent is in service, scans and protects',
  question: 'Is no agent taken out of service, and does each one scan from time to time and act on what it finds?',
  why: 'A decommissioned agent no longer counts for the console, one that awaits its removal will be gone at the next contact, and one that only detects lets a threat go on.',
  remediation:
    'In the SentinelOne console open Sentinels > Endpoints: for a decommissioned endpoint Actions > Recommission; for a pending removal Actions > Reject Uninstall; for an old scan Actions > Initiate Scan; for the mode set the policy of the group to Protect.',
  severity: 'medium',
  controls: edrActive,
  vendor: 'sentinelone',
  needs: [{ kind: 'device' }, { kind: 'agent', from: 'sentinelone' }],
  parameters: {
    maxScanAge: {
      type: 'duration',
      default: '30d',
      min: '1d',
      max: '365d',
      says: 'How long ago the last complete scan may be.',
    },
  },
  run: (snapshot, { maxScanAge }) =>
    judgeAgents(snapshot, 'sentinelone', (host) => judge(snapshot, host, maxScanAge), outOfService),
  say: sayOf('sentinelone', {
    pass: ({ subject, facts }) =>
      `The SentinelOne agent of ${subject.label} is in service, last scanned at ${facts['lastSuccessfulScanDate']}, mode ${facts['mitigationMode']}.`,
    fail: ({ subject, facts }) =>
      `SentinelOne agent ${facts['agentId']} of ${subject.label} is not fully in service: ${facts['because']}; mend it in the console.`,
  }),
})

function outOfService(device: Device, removed: readonly Agent[]): Finding {
  const [agent] = removed
  const because = agent?.values['isUninstalled'] === true ? 'it is uninstalled' : 'it is decommissioned'
  return finding('fail', device, { with: removed, facts: { agentId: agent?.key ?? null, because } })
}

function judge(snapshot: Snapshot, host: Host, maxScanAge: number): Finding {
  const pending = flagOf(host, 'isPendingUninstall')
  const mitigationMode = textOf(host, 'mitigationMode')
  const lastSuccessfulScanDate = textOf(host, 'lastSuccessfulScanDate')
  const scanned = pastInstant(lastSuccessfulScanDate, snapshot.at)
  const facts = {
    agentId: host.agent.key,
    isPendingUninstall: pending,
    lastSuccessfulScanDate,
    mitigationMode,
    maxScanAge: durationText(maxScanAge),
  }
  const wrong: string[] = []
  if (pending === true) wrong.push('its removal is pending')
  if (scanned !== null && between(scanned, snapshot.at) > maxScanAge)
    wrong.push(`it last scanned at ${lastSuccessfulScanDate}`)
  // Other words are reported by COL-06 and never taken for protection.
  if (mitigationMode !== null && mitigationMode !== 'protect') wrong.push(`its mode is ${mitigationMode}`)
  if (wrong.length > 0) return answer(host, 'fail', { ...facts, because: wrong.join(', ') })
  if (pending === null) return notSaid(host, 'isPendingUninstall')
  if (scanned === null) return notSaid(host, 'lastSuccessfulScanDate', lastSuccessfulScanDate)
  if (mitigationMode === null) return notSaid(host, 'mitigationMode')
  return answer(host, 'pass', facts)
}
