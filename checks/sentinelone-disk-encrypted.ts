import { answer, flagOf, judgeAgents, notSaid, textOf } from '../src/domain/agent-checks.ts'
import { sayOf } from '../src/domain/agent-sentences.ts'
import { defineCheck } from '../src/domain/check.ts'
import { diskEncrypted } from './controls.ts'

/** SentinelOne's `machineType`: those that people carry or sit at, and those in a data centre. */
const JUDGED: readonly string[] = ['laptop', 'desktop']
const SERVERS: readonly string[] = ['server', 'kubernetes node', 'kubernetes pod', 'ecs task', 'storage']

export const sentineloneDiskEncrypted = defineCheck({
  id: 'sentinelone-disk-encrypted',
  ref: 'S1-06',
  version: 1,
  title: 'The disk is encrypted',
  question: 'Does SentinelOne say of every laptop and desktop that its disk is encrypted?',
  why: 'Whoever finds a lost or stolen computer with a readable disk has its data and its keys.',
  remediation:
    'Turn on FileVault (macOS: System Settings > Privacy & Security) or BitLocker (Windows: Settings > Privacy & security > Device encryption), best through your MDM; compare with Sentinels > Endpoints > the endpoint > Disk Encryption in the SentinelOne console. Then collect again.',
  severity: 'high',
  controls: diskEncrypted,
  vendor: 'sentinelone',
  needs: [{ kind: 'device' }, { kind: 'agent', from: 'sentinelone', fields: ['encryptedApplications', 'machineType'] }],
  run(snapshot) {
    return judgeAgents(snapshot, 'sentinelone', (host) => {
      const machineType = textOf(host, 'machineType')
      if (machineType === null) return notSaid(host, 'machineType')
      const agentId = host.agent.key
      if (SERVERS.includes(machineType)) {
        return answer(host, 'not_applicable', { agentId, machineType }, `Its machine type is ${machineType}.`)
      }
      if (!JUDGED.includes(machineType)) return notSaid(host, 'machineType', machineType)
      // The vendor's field has a historical name and means disk encryption.
      const encryptedApplications = flagOf(host, 'encryptedApplications')
      if (encryptedApplications === null) return notSaid(host, 'encryptedApplications')
      return answer(host, encryptedApplications ? 'pass' : 'fail', { agentId, machineType, encryptedApplications })
    })
  },
  say: sayOf('sentinelone', {
    pass: ({ subject, facts }) =>
      `SentinelOne says that the disk of the ${facts['machineType']} ${subject.label} is encrypted.`,
    fail: ({ subject, facts }) =>
      `SentinelOne says that the disk of the ${facts['machineType']} ${subject.label} is not encrypted (agent ${facts['agentId']}); turn on FileVault or BitLocker.`,
  }),
})
