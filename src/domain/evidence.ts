/** The text under a result's digest: what must come out again, to the byte, when the verdict is re-performed. */
import type { Check } from './check.ts'
import { type Finding, placeOf } from './finding.ts'
import type { JsonValue } from './json.ts'
import type { CheckResult } from './result.ts'
import type { CheckRef } from './store.ts'

const LETTERS = { pass: 'p', fail: 'f', unknown: 'u', not_applicable: 'n' } as const

/**
 * What was asked, who was judged (a line a subject), how (a letter a subject, in that order), and a line for each that
 * failed or could not be evaluated, with its facts through the canonical form handed in. Why a subject passed follows from
 * the snapshot.
 * @param populations what one run's checks have in common; without it every subject is written anew, with the same result
 */
export function findingLines(
  result: CheckResult,
  canonical: (value: JsonValue) => string,
  populations: Populations = populationsSoFar(),
): string {
  const { findings } = result
  const asked = canonical([
    result.check,
    result.version,
    result.system,
    result.status,
    result.unknownReason,
    result.message,
    result.parameters,
  ])
  const letters = findings.map(({ status }) => LETTERS[status]).join('')
  const open = findings.filter(({ status }) => status === 'fail' || status === 'unknown')
  return [asked, populations.text(findings), letters, ...open.map((finding) => line(finding, canonical))].join('\n')
}

export interface Populations {
  /** The subjects of these findings, a line each. */
  text(findings: readonly Finding[]): string
}

/** Half of all checks judge the same subjects in the same order: those are written once. */
export function populationsSoFar(): Populations {
  const known: { subjects: readonly Place[]; text: string }[] = []
  return {
    text(findings) {
      const found = known.find(
        ({ subjects }) =>
          subjects.length === findings.length && findings.every((each, at) => placeOf(each) === subjects[at]),
      )
      if (found !== undefined) return found.text
      const subjects = findings.map(placeOf)
      const text = subjects.map(({ source, kind, key }) => `${source}\t${kind}\t${key}`).join('\n')
      if (findings.length > FEW) known.push({ subjects, text })
      return text
    },
  }
}

type Place = ReturnType<typeof placeOf>
/** Up to here it costs less to write than to compare. */
const FEW = 100

function line(finding: Finding, canonical: (value: JsonValue) => string): string {
  const { unknownReason, subject, notice, facts, records, sla } = finding
  return canonical([subject.key, unknownReason, subject.label, notice, facts, records, sla ?? null])
}

/** The set of checks that judge a run, by ref. */
export function checkRefs(checks: readonly Check[]): CheckRef[] {
  return checks
    .map(({ ref, id, version, severity }) => ({ ref, id, version, severity }))
    .sort((a, b) => (a.ref < b.ref ? -1 : 1))
}

/** What a sealed run says of the set of checks that judged it. */
export function checkSet(refs: readonly CheckRef[]): JsonValue {
  return refs.map(({ ref, id, version, severity }) => [ref, id, version, severity])
}
