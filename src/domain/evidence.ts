/** The text under a result's digest: what must come out again, to the byte, when the verdict is re-performed. */
import type { Check } from './check.ts'
import { type Finding, placeOf } from './finding.ts'
import type { JsonValue } from './json.ts'
import type { CheckResult } from './result.ts'
import type { CheckRef, JudgedSubjects } from './store.ts'

const LETTERS = { pass: 'p', fail: 'f', unknown: 'u', not_applicable: 'n' } as const

const LINES_A_STEP = 500

/**
 * What was asked, who was judged (a line a subject), how (a letter a subject, in that order), and a line for each that
 * failed or could not be evaluated, with its facts through the canonical form handed in. Why a subject passed follows from
 * the snapshot. Beside the text whom it tells of: one look at a million findings serves both. In steps, for a fleet has
 * tens of thousands of failures.
 * @param populations what one run's checks have in common; without it every subject is written anew, with the same result
 */
export function* lineSteps(
  result: CheckResult,
  canonical: (value: JsonValue) => string,
  populations: Populations = populationsSoFar(),
): Generator<void, { text: string; judged: JudgedSubjects }> {
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
  const { letters, judged } = statusesOf(findings)
  const { subjects, text } = populations.of(findings)
  const lines = [asked, text, letters]
  for (const finding of findings) {
    if (finding.status !== 'fail' && finding.status !== 'unknown') continue
    lines.push(line(finding, canonical))
    if (lines.length % LINES_A_STEP === 0) yield
  }
  return { text: lines.join('\n'), judged: { subjects, judged } }
}

/** The same status mostly stands many times in a row. */
function statusesOf(findings: readonly Finding[]): { letters: string; judged: Uint8Array } {
  const judged = new Uint8Array(findings.length)
  const letters: string[] = []
  let from = 0
  for (let at = 0; at < findings.length; at++) {
    const { status } = findings[at]!
    if (status !== 'not_applicable') judged[at] = 1
    if (status === findings[from]!.status) continue
    letters.push(LETTERS[findings[from]!.status].repeat(at - from))
    from = at
  }
  if (from < findings.length) letters.push(LETTERS[findings[from]!.status].repeat(findings.length - from))
  return { letters: letters.join(''), judged }
}

export interface Populations {
  of(findings: readonly Finding[]): Population
}

export interface Population {
  /** The same list for all findings about the same in the same order. */
  readonly subjects: JudgedSubjects['subjects']
  /** A line each. */
  readonly text: string
}

/** Half of all checks judge the same subjects in the same order: those are written once. */
export function populationsSoFar(): Populations {
  const known: Population[] = []
  return {
    of(findings) {
      const found = known.find(
        ({ subjects }) =>
          subjects.length === findings.length && findings.every((each, at) => placeOf(each) === subjects[at]),
      )
      if (found !== undefined) return found
      const subjects = findings.map(placeOf)
      const text = subjects.map(({ source, kind, key }) => `${source}\t${kind}\t${key}`).join('\n')
      if (findings.length > FEW) known.push({ subjects, text })
      return { subjects, text }
    },
  }
}

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
