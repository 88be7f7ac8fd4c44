/** The checks that judged a run, each in the version that judged it; a stand-in where that version is not at hand. */
import { type Check, defineCheck } from '../domain/check.ts'
import { isDisabled } from '../domain/evaluate.ts'
import { checkRefs } from '../domain/evidence.ts'
import { byText } from '../domain/json.ts'
import type { NotRerun, RunInputs } from '../domain/reperform.ts'
import type { CheckRef } from '../domain/store.ts'

export interface JudgingChecks {
  /** The whole set, by ref. */
  readonly refs: readonly CheckRef[]
  /** In the same order, stand-ins among them. */
  readonly checks: readonly Check[]
  /** Ids of those that are not at hand. */
  readonly missing: ReadonlySet<string>
  readonly notRerun: readonly NotRerun[]
  /** Whether somebody asked what a stand-in needs since the last time: what then was answered rests on a missing check. */
  wasAsked(): boolean
}

const OWN = /^OWN-/

export function judgingChecks(
  inputs: Pick<RunInputs, 'checks' | 'results' | 'settings'>,
  known: readonly Check[],
): JudgingChecks {
  const refs = inputs.checks ?? refsOf(inputs, known)
  const notRerun: NotRerun[] = []
  let asked = false
  const checks = refs.map((ref): Check => {
    const found = known.find(
      ({ id, version, operator }) => id === ref.id && version === ref.version && operator === OWN.test(ref.ref),
    )
    // Its row in the definition and its severity are as they were sealed: a waiver may name it by the one.
    if (found !== undefined) return { ...found, ref: ref.ref, severity: ref.severity }
    notRerun.push(absent(ref, known))
    return standIn(ref, () => {
      asked = true
    })
  })
  return {
    refs,
    checks,
    missing: new Set(notRerun.map(({ id }) => id)),
    notRerun: notRerun.filter(({ id }) => inputs.results.some(({ check }) => check === id)),
    wasAsked() {
      const before = asked
      asked = false
      return before
    },
  }
}

/**
 * For runs that were sealed before the set was kept: the checks that answered, and those that were disabled then, in
 * today's version. Whether it was so, the digest of the set tells.
 */
function refsOf({ results, settings }: Pick<RunInputs, 'results' | 'settings'>, known: readonly Check[]): CheckRef[] {
  const refs = new Map<string, CheckRef>()
  for (const { ref, check: id, version } of results) {
    const severity = known.find((check) => check.id === id && check.version === version)?.severity ?? 'medium'
    refs.set(id, { ref, id, version, severity })
  }
  for (const check of checkRefs(known.filter((one) => isDisabled(one, settings)))) {
    const other = refs.get(check.id)
    if (other === undefined || other.version < check.version) refs.set(check.id, check)
  }
  return [...refs.values()].sort((a, b) => byText(a.ref, b.ref))
}

function absent({ ref, id, version }: CheckRef, known: readonly Check[]): NotRerun {
  if (OWN.test(ref)) return { ref, id, version, because: 'own' }
  const newest = Math.max(0, ...known.filter((check) => check.id === id).map((check) => check.version))
  return { ref, id, version, because: version > newest ? 'newer' : 'former' }
}

/** Answers for nobody, and tells when it is asked. */
function standIn({ ref, id, version, severity }: CheckRef, asked: () => void): Check {
  return defineCheck({
    id,
    ref,
    version,
    severity,
    title: id,
    question: id,
    why: '',
    remediation: '',
    controls: [],
    over: 'collection',
    needs: () => {
      asked()
      return []
    },
    run: () => [],
    say: () => '',
  })
}
