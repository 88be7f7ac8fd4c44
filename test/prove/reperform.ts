/**
 * Design's one sentence, proven: random past runs of a fleet that changes, made again from the bytes that were kept, give
 * the digests that were sealed.
 */
import { everyCheck } from '../../checks/former/index.ts'
import { checks } from '../../checks/index.ts'
import { connectors } from '../../src/connectors/index.ts'
import { outcomeOf, sayDifference } from '../../src/domain/reperform.ts'
import type { RunSummary } from '../../src/domain/store.ts'
import { pastActs } from '../../src/reperform.ts'
import { randomFrom } from '../../src/simulators/fleet/random.ts'
import { testInstallation } from '../helpers/installation.ts'
import { lifeOf } from '../helpers/living.ts'

export interface ReperformProof {
  readonly line: string
  readonly holds: boolean
  /** Of the first run that did not come out, in words. */
  readonly found: readonly string[]
}

/**
 * @param sealed runs that the organisation lives through
 * @param asked random runs of them, made again while nothing else is known of them than what is stored
 */
export async function proveReperform({
  sealed = 1_000,
  asked = 1_000,
  seed = 1,
  progress = (_done: number, _total: number): void => {},
} = {}): Promise<ReperformProof> {
  const house = await testInstallation({ checks })
  try {
    const life = lifeOf(house, seed)
    const runs: RunSummary[] = []
    for (let n = 0; n < sealed; n++) {
      runs.push((await life.run()).run)
      progress(runs.length, sealed + asked)
    }
    const { reperform } = pastActs(house, connectors, everyCheck)
    const random = randomFrom(seed)
    const snapshots = new Set(runs.map(({ snapshotDigest }) => snapshotDigest)).size
    const verdicts = new Set(runs.map(({ resultsDigest }) => resultsDigest)).size
    let equal = 0
    const found: string[] = []
    for (let n = 0; n < asked; n++) {
      const made = await reperform(random.pick(runs))
      if (outcomeOf(made) === 'equal') equal++
      else if (found.length === 0) found.push(`run ${made.run.sequence}`, ...made.differences.map(sayDifference))
      progress(sealed + n + 1, sealed + asked)
    }
    return {
      line: `${asked} random runs of ${sealed} (${snapshots} different snapshots, ${verdicts} different sets of results), ${equal} equal digests (seed ${seed})`,
      holds: equal === asked,
      found,
    }
  } finally {
    await house.close()
  }
}
