/**
 * What a seal writes of a pull: its own row, and what its records change. It depends on the run before alone, so it is
 * worked out as soon as the pull is over, and by the seal itself where nobody did.
 */
import type { AnyRecord } from '../domain/record.ts'
import type { SealedPull } from '../domain/store.ts'
import type { RecordStore, SourcePlan } from './records.ts'
import type { PullPlan, PullStore } from './requests.ts'

export interface PreparedPull {
  readonly plan: PullPlan
  /** Null where the pull was not accepted: what its source holds is as before. */
  readonly source: SourcePlan | null
}

interface Prepared extends PreparedPull {
  /** The newest run when it was worked out: after another it is worth nothing. */
  readonly after: number
}

export function pullPreparation(records: RecordStore, pulls: PullStore) {
  let prepared = new WeakMap<SealedPull, Prepared>()

  async function worked(pull: SealedPull, after: number, known: readonly AnyRecord[] | null): Promise<Prepared> {
    const plan = await pulls.plan(pull, after)
    const source =
      pull.outcome === 'complete' ? await records.planSource(pull.source, pull.records, after, known) : null
    return { after, plan, source }
  }

  return {
    /** @param known what `recordsOf` gave of the source */
    async prepare(pull: SealedPull, after: number, known: readonly AnyRecord[]): Promise<void> {
      prepared.set(pull, await worked(pull, after, known))
    },
    /** For one seal: the next works it out anew, should this one fail. */
    async taken(pull: SealedPull, after: number): Promise<PreparedPull> {
      const made = prepared.get(pull)
      prepared.delete(pull)
      return made?.after === after ? made : worked(pull, after, null)
    },
    forget(): void {
      prepared = new WeakMap()
    },
  }
}
