/** The text under a result's digest: what must come out again, to the byte, when the verdict is re-performed. */
import type { Check } from './check.ts'
import type { Finding } from './finding.ts'
import type { JsonValue } from './json.ts'
import type { CheckResult } from './result.ts'

/**
 * One line a finding. A pass is its subject and status: its facts follow from the snapshot; what failed or could not be
 * evaluated carries its facts too, through the canonical form handed in.
 */
export function findingLines(result: CheckResult, canonical: (value: JsonValue) => string): string {
  const lines = [
    canonical([
      result.check,
      result.version,
      result.system,
      result.status,
      result.unknownReason,
      result.message,
      result.parameters,
    ]),
  ]
  const start = startOfLine()
  for (const finding of result.findings) lines.push(line(finding, start(finding), canonical))
  return lines.join('\n')
}

/** What stands before the key, made anew only where it differs from the finding before: thousands in a row share it. */
function startOfLine(): (finding: Finding) => string {
  let last: Finding | null = null
  let text = ''
  return (finding) => {
    const { status, unknownReason, subject } = finding
    const same =
      last !== null &&
      last.status === status &&
      last.unknownReason === unknownReason &&
      last.subject.source === subject.source &&
      last.subject.kind === subject.kind
    if (!same) text = `${status}\t${unknownReason ?? ''}\t${subject.source}\t${subject.kind}\t`
    last = finding
    return text
  }
}

function line(
  { subject, status, notice, facts, records, sla }: Finding,
  start: string,
  canonical: (value: JsonValue) => string,
): string {
  const head = start + subject.key
  if (status === 'pass' || status === 'not_applicable') return head
  return `${head}\t${canonical([subject.label, notice, facts, records, sla ?? null])}`
}

/** What a sealed run says of the set of checks that judged it. */
export function checkSet(checks: readonly Check[]): JsonValue {
  return checks
    .map((check) => [check.ref, check.id, check.version, check.severity] as const)
    .sort((a, b) => (a[0] < b[0] ? -1 : 1))
}
