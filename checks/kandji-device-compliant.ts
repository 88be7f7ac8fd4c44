import { answer, type Host, judgeAgents, notSaid, textOf } from '../src/domain/agent-checks.ts'
import { sayOf } from '../src/domain/agent-sentences.ts'
import { defineCheck } from '../src/domain/check.ts'
import type { Finding } from '../src/domain/finding.ts'
import { compareVersions } from '../src/domain/version.ts'
import { mdmEnrolled } from './controls.ts'

export const kandjiDeviceCompliant = defineCheck({
  id: 'kandji-device-compliant',
  ref: 'KJ-04',
  version: 1,
  title: 'Kandji devices have a blueprint and a system that is new enough',
  question: 'Does every device at Kandji (Iru) have a blueprint and run at least the floor version of its system?',
  why: 'Without a blueprint nothing is enforced on the device, enrolled or not; an old system gets no more security updates. FileVault is not judged here: Kandji (Iru) keeps it in a Prism category of its own, which is not read; S1-06 judges disks where SentinelOne is.',
  remediation:
    'In Kandji (Iru) open Devices, the device, and assign a blueprint; update its system, or enforce the version with Managed OS in its blueprint.',
  severity: 'medium',
  controls: mdmEnrolled,
  vendor: 'kandji',
  needs: [{ kind: 'device' }, { kind: 'agent', from: 'kandji', fields: ['blueprint_name', 'os_version'] }],
  parameters: {
    macosFloor: {
      type: 'text',
      default: '',
      says: 'Lowest macOS version that is accepted, such as 15.0; empty: none is declared.',
    },
  },
  run: (snapshot, { macosFloor }) => judgeAgents(snapshot, 'kandji', (host) => judge(host, macosFloor)),
  say: sayOf('kandji', {
    pass: ({ subject, facts }) =>
      `${subject.label} has the blueprint ${facts['blueprint_name']} and runs version ${facts['os_version'] ?? 'not said'}.`,
    fail: ({ subject, facts }) =>
      `${subject.label} runs version ${facts['os_version']}, below the floor ${facts['macosFloor']}; update it.`,
  }),
})

function judge(host: Host, macosFloor: string): Finding {
  const os_version = textOf(host, 'os_version')
  const blueprint_name = textOf(host, 'blueprint_name')
  const facts = { agentId: host.agent.key, blueprint_name, os_version, macosFloor: macosFloor || null }
  const mac = host.agent.platform?.toLowerCase() === 'mac'
  if (mac && macosFloor !== '') {
    const version = os_version === null ? null : /^\d+(?:\.\d+)*/.exec(os_version)
    if (version === null) return notSaid(host, 'os_version', os_version)
    if (compareVersions(version[0], macosFloor) < 0) return answer(host, 'fail', facts)
  }
  // Kandji sends no name where there is no blueprint and where it says nothing: the two cannot be told apart.
  if (blueprint_name === null) return notSaid(host, 'blueprint_name')
  return answer(host, 'pass', facts, mac && macosFloor === '' ? 'No floor version is declared (macosFloor).' : null)
}
