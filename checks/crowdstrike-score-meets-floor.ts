import { answer, judgeAgents } from '../src/domain/agent-checks.ts'
import { sayOf } from '../src/domain/agent-sentences.ts'
import { defineCheck } from '../src/domain/check.ts'
import { scoreOf } from '../src/domain/match.ts'
import { notScored } from '../src/domain/zta-score.ts'
import { ztaScore } from './controls.ts'

const ID = 'crowdstrike-score-meets-floor'
const ASK = `The floor of 70 is the vendor page’s example; declare your own with checks.${ID}.params.floor.`

export const crowdstrikeScoreMeetsFloor = defineCheck({
  id: ID,
  ref: 'CS-02',
  version: 1,
  title: 'The Zero Trust Assessment score reaches the floor',
  question: 'Is the Zero Trust Assessment score of every device at or above the floor?',
  why: 'The score sums up how the sensor and the operating system are configured. The floor is a decision of the organisation and has to be justified by it.',
  remediation:
    'In the Falcon console open Zero Trust Assessment, the host, and mend the signals listed as not met (operating system and sensor settings); the host itself is under Host setup and management > Host management. Then collect again.',
  severity: 'medium',
  controls: ztaScore,
  vendor: 'crowdstrike',
  needs: [{ kind: 'device' }, { kind: 'agent', from: 'crowdstrike' }, { kind: 'score', from: 'crowdstrike' }],
  parameters: {
    floor: { type: 'number', default: 70, unit: 'points', min: 0, max: 100, says: 'Lowest score that passes.' },
  },
  run(snapshot, { floor }) {
    const declared = snapshot.settings.checks[ID]?.params['floor'] !== undefined
    const notice = declared ? null : ASK
    return judgeAgents(snapshot, 'crowdstrike', (host) => {
      const score = scoreOf(snapshot, host.agent)
      if (score === null || score.value === null) return notScored(host, score)
      const facts = { agentId: host.agent.key, score: score.value, floor }
      return answer(host, score.value >= floor ? 'pass' : 'fail', facts, notice, score)
    })
  },
  say: sayOf('crowdstrike', {
    pass: ({ subject, facts }) =>
      `The Zero Trust Assessment score of ${subject.label} is ${facts['score']}; the floor is ${facts['floor']}.`,
    fail: ({ subject, facts }) =>
      `The Zero Trust Assessment score of ${subject.label} is ${facts['score']}, below the floor of ${facts['floor']}; mend the signals not met for host ${facts['agentId']} in the Falcon console.`,
  }),
})
