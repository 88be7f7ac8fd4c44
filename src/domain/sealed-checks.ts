/** The checks that judged a sealed run, as far as they are at hand: what it is shown with. */
import { type Check, defineCheck } from './check.ts'
import type { CheckRef } from './store.ts'

const OWN = /^OWN-/

/**
 * The check of that id as it stands in the sealed set: under its row in the definition and its severity of then, by which
 * waivers and due times go. Null where none is at hand.
 */
export function asSealed({ id, ref, severity }: Omit<CheckRef, 'version'>, known: readonly Check[]): Check | null {
  const found = known.find((check) => check.id === id && check.operator === OWN.test(ref))
  if (found === undefined) return null
  return found.ref === ref && found.severity === severity ? found : { ...found, ref, severity }
}

/** Of a check that is no longer at hand, what the sealed set tells; it answers for nobody. */
export function formerCheck({ id, ref, version, severity }: CheckRef): Check {
  const former = defineCheck({
    id,
    ref,
    version,
    severity,
    title: '',
    question: '',
    why: '',
    remediation: '',
    controls: [],
    needs: [],
    run: () => [],
    say: ({ subject, status }) =>
      `${subject.label} ${status === 'fail' ? 'failed' : 'could not be evaluated by'} a check that is no longer at hand.`,
  })
  return { ...former, operator: OWN.test(ref) }
}
