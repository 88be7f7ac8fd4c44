/** What both checks of CrowdStrike's score say of a host without one. */
import type { Host } from './agent-checks.ts'
import { type Finding, unknown } from './finding.ts'
import type { Score } from './record.ts'

/** Unscored is not zero: the assessment query leaves such hosts out without a word (CrowdStrike/falcon-mcp#542). */
export function notScored({ device, agent, duplicates }: Host, score: Score | null): Finding {
  const sent = score?.unread.includes('score') === true
  return unknown('no_data', device, {
    with: [agent, score],
    facts: { agentId: agent.key, score: null, missing: 'score', of: 'crowdstrike', sent },
    notice: duplicates,
  })
}
