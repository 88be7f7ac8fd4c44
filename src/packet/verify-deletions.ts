/** Whether what a packet lacks was deleted by the rule: that is written in the ledger before anything goes. */
import type { Instant } from '../domain/time.ts'
import { type PackedLedger, type RunLeaf, runsOf } from './verify-ledger.ts'
import type { VerifiedRun } from './verify-runs.ts'

/** As a leaf of kind `retention` tells of it (store/kept.ts). */
interface Cut {
  /** Of runs up to this one only the last state is kept. */
  readonly history: number
  /** Of runs before this one the rule lets pages go. */
  readonly pages: number
}

/**
 * What is missing of a run and is covered by no deletion in the packet's ledger, in words. The ledger ends at the packet's
 * checkpoint and the rule may have come later: then only a packet that reaches further shows it.
 */
export function undeletedOf(
  { inputs, rederived, packed }: Pick<VerifiedRun, 'inputs' | 'rederived' | 'packed'>,
  ledger: PackedLedger,
): string[] {
  const cut = furthest(ledger)
  const runs = runsOf(ledger).map(({ run }) => run)
  const found: string[] = []
  const tell = (what: string): void => {
    found.push(
      `${what} missing, and no deletion of it stands in the ledger up to the packet's checkpoint of ${ledger.leaves.length} leaves: it was deleted later, or it was left out; ask for a packet that reaches further`,
    )
  }
  for (const { source, run, pages, earlier, lost } of inputs.pulls) {
    const gone = new Set(rederived.sources.find((one) => one.source === source)?.gone.map(({ sha256 }) => sha256))
    const madeIn = [
      ...pages.filter(({ sha256 }) => gone.has(sha256)).map(() => run ?? 0),
      ...earlier.filter(({ sha256 }) => gone.has(sha256)).map(({ fetchedAt }) => runOf(fetchedAt, runs)),
    ]
    const uncovered = madeIn.filter((sequence) => sequence >= Math.max(cut.pages, cut.history)).length
    if (uncovered > 0) tell(`${source}: ${uncovered} answers are`)
    const unnamed = lost.filter((at) => runOf(at, runs) > cut.history).length
    if (unnamed > 0) tell(`${source}: the pulls of ${unnamed} readings are`)
  }
  if (inputs.carriedBefore === null && packed.sequence > cut.history + 1) tell('what the run before had left is')
  return found
}

function furthest({ leaves }: PackedLedger): Cut {
  const cuts = leaves.flatMap(({ body }) => (body.type === 'retention' ? [body['cut'] as Cut] : []))
  return {
    history: Math.max(0, ...cuts.map(({ history }) => history)),
    pages: Math.max(0, ...cuts.map(({ pages }) => pages)),
  }
}

/** Sequence of the run that was under way at the moment. */
function runOf(at: Instant, runs: readonly RunLeaf[]): number {
  return runs.findLast(({ startedAt }) => startedAt <= at)?.sequence ?? 0
}
