import { answer, judgeAgents } from '../src/domain/agent-checks.ts'
import { sayOf } from '../src/domain/agent-sentences.ts'
import { defineCheck } from '../src/domain/check.ts'
import { scoreOf } from '../src/domain/match.ts'
import { notScored } from '../src/domain/zta-score.ts'
import { ztaScore } from './controls.ts'

export const crowdstrikeScorePresent = defineCheck({
  id: 'crowdstrike-score-present',
  ref: 'CS-01',
  version: 1,
  title: 'CrowdStrike has assessed the device',
  question: 'Does every device have a Zero Trust Assessment score?',
  why: 'A rule that asks for a score can say nothing of a device without one. No score is neither a bad nor a good one.',
  remediation:
    'In the Falcon console open Host setup and management > Host management, check that the sensor is online and current; the score appears under Zero Trust Assessment within a day. Mobile hosts and very old sensors are not scored. Then collect again.',
  severity: 'medium',
  controls: ztaScore,
  vendor: 'crowdstrike',
  needs: [{ kind: 'device' }, { kind: 'agent', from: 'crowdstrike' }, { kind: 'score', from: 'crowdstrike' }],
  run(snapshot) {
    return judgeAgents(snapshot, 'crowdstrike', (host) => {
      const score = scoreOf(snapshot, host.agent)
      if (score === null || score.value === null) return notScored(host, score)
      return answer(host, 'pass', { agentId: host.agent.key, score: score.value }, null, score)
    })
  },
  say: sayOf('crowdstrike', {
    pass: ({ subject, facts }) =>
      `CrowdStrike gives ${subject.label} the Zero Trust Assessment score ${facts['score']}.`,
    fail: ({ subject }) => `CrowdStrike gives ${subject.label} no Zero Trust Assessment score.`,
  }),
})
