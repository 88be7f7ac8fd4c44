/** Which needs of a check rest on a source, judged here and not by the engine that is under test. */
import type { Check, Need } from '../../src/domain/check.ts'
import type { Kind } from '../../src/domain/record.ts'
import type { Snapshot } from '../../src/domain/snapshot.ts'

/** Kinds that do not live in a tailnet, and the source kinds that answer for them. */
const PROVIDERS: { readonly [K in Kind]?: readonly string[] } = {
  person: ['csv'],
  agent: ['sentinelone', 'crowdstrike', 'kandji'],
  score: ['crowdstrike'],
  enrolment: ['kandji'],
  encryption: ['kandji'],
  carried: [],
  integrity: [],
  anchor: [],
  review: [],
}
const MEANS: Readonly<Record<string, readonly string[]>> = { edr: ['sentinelone', 'crowdstrike'], mdm: ['kandji'] }

/** @param source its id */
export function needsOn(check: Check, snapshot: Snapshot, source: string): readonly Need[] {
  const kind = snapshot.sources.find(({ id }) => id === source)?.kind
  return check.needs(snapshot.settings, 'tailnet', snapshot).filter((need) => {
    const providers = PROVIDERS[need.kind] ?? ['tailscale']
    const meant = need.from === undefined ? providers : (MEANS[need.from] ?? [need.from])
    return kind !== undefined && meant.includes(kind)
  })
}
