/** What both checks of CrowdStrike's score say of a host without one. */
import { type Host, undecided } from './agent-checks.ts'
import type { Finding } from './finding.ts'
import type { Score } from './record.ts'

/** Unscored is not zero: the assessment query leaves such hosts out without a word (CrowdStrike/falcon-mcp#542). */
export function notScored(host: Host, score: Score | null): Finding {
  const sent = score?.unread.includes('score') === true
  return undecided(host, { agentId: host.agent.key, score: null, missing: 'score', of: 'crowdstrike', sent }, score)
}
