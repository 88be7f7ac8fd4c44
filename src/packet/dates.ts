/** Which runs a packet carries whole beside the last: those of the dates and of the drawn samples that were asked for. */
import { AppError } from '../domain/error.ts'
import type { WholeSample } from '../domain/sample.ts'
import type { RunSummary } from '../domain/store.ts'
import type { Instant } from '../domain/time.ts'
import { bodyOf, type LedgerPast } from './past.ts'

interface Asked {
  readonly to: Instant
  readonly at: readonly Instant[]
  readonly samples?: readonly WholeSample[]
}

/** A draw of another ledger is no evidence of this one. */
export function requireDrawn({ samples = [] }: Asked, past: LedgerPast): void {
  const draws = samples.map(({ sample }) => sample.draw)
  for (const draw of draws) {
    if (drawLeaf(draw.id, past) !== null) continue
    throw new AppError(
      'usage',
      `packet: the ledger has no draw ${draw.id}; give a file that "exhibit sample" wrote here`,
    )
  }
}

export function drawLeaf(id: string, { acts }: LedgerPast): number | null {
  return acts.find((act) => act.kind === 'draw' && bodyOf(act)['id'] === id)?.index ?? null
}

/** Run → the moments that it answers; the last run of the period first. */
export function datesOf(
  { at, to, samples = [] }: Asked,
  runs: readonly RunSummary[],
  last: RunSummary,
): Map<string, Instant[]> {
  const wanted = new Map<string, Instant[]>([[last.id, []]])
  for (const moment of [...new Set(at)].sort()) {
    if (moment > to) throw new AppError('usage', `packet: ${moment} lies after the period, which ends at ${to}`)
    const run = runs.findLast(({ snapshotAt }) => snapshotAt <= moment)
    if (run === undefined) throw new AppError('usage', `packet: no run was sealed before ${moment}`)
    const own = wanted.get(run.id)
    if (own === undefined) wanted.set(run.id, [moment])
    else own.push(moment)
  }
  for (const { run: id, key } of samples.flatMap(({ sample }) => sample.rows)) {
    if (!runs.some((run) => run.id === id)) {
      throw new AppError('usage', `packet: the run ${id}, which shows ${key} of the sample, lies after the period`)
    }
    if (!wanted.has(id)) wanted.set(id, [])
  }
  return wanted
}
