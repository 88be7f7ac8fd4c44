import { defineCheck } from '../src/domain/check.ts'
import { finding } from '../src/domain/finding.ts'
import { sentences } from '../src/domain/sentence.ts'
import { settingOn, tailnetSubject } from '../src/domain/tailnet.ts'
import { auditLog } from './controls.ts'

export const flowLogsOn = defineCheck({
  id: 'flow-logs-on',
  ref: 'LOG-03',
  version: 1,
  title: 'Network flow logs are on',
  question: 'Does the tailnet record which device talked to which?',
  why: 'After an incident the first question is who reached what. Without flow logs nobody can say.',
  remediation: 'In the Tailscale admin console open Logs > Network flow logs and switch them on.',
  severity: 'low',
  controls: auditLog,
  needs: (settings) =>
    settings.checks['flow-logs-on']?.params['inPlan'] === false
      ? []
      : [{ kind: 'setting', fields: ['networkFlowLoggingOn'] }],
  parameters: {
    inPlan: {
      type: 'flag',
      default: true,
      says: 'Whether the plan of the tailnet has flow logs; false takes the question away.',
    },
  },
  run: (snapshot, { inPlan }) => [
    inPlan
      ? settingOn(snapshot, 'networkFlowLoggingOn')
      : finding('not_applicable', tailnetSubject(snapshot), { notice: 'The plan of the tailnet has no flow logs.' }),
  ],
  say: sentences({
    pass: () => 'Network flow logs are on (networkFlowLoggingOn is true).',
    fail: () => 'Network flow logs are off (networkFlowLoggingOn is false); switch them on.',
    remedies: { not_visible: 'give the credential the scope logs:network:read' },
  }),
})
