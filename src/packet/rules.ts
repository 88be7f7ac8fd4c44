/** The rules as text: what each check asked, and with which version and parameters it judged the packed runs. */
import type { Check } from '../domain/check.ts'
import { byText, type JsonValue } from '../domain/json.ts'
import type { CheckRule, PackedCheck } from '../domain/packet.ts'
import type { Settings } from '../domain/settings.ts'
import { canonicalJson } from '../lib/canonical-json.ts'
import { sha256 } from '../lib/digest.ts'
import type { JudgedRun } from './raw.ts'

/** By id. */
export function packedChecks(runs: readonly JudgedRun[], checks: readonly Check[], settings: Settings): PackedCheck[] {
  const found = new Map<string, { ref: string; judged: PackedCheck['judged'][number][] }>()
  for (const { run, results } of runs.toSorted((a, b) => a.sequence - b.sequence)) {
    for (const { check: id, ref, system, version, parameters } of results) {
      const own = found.get(id) ?? { ref, judged: [] }
      found.set(id, own)
      own.judged.push({ run, system, version, parameters })
    }
  }
  return [...found]
    .sort(([a], [b]) => byText(a, b))
    .map(([id, { ref, judged }]) => {
      const check = checks.find((one) => one.id === id)
      const rule = check === undefined ? null : ruleOf(check, settings)
      const digest = rule === null ? null : sha256(canonicalJson(rule as unknown as JsonValue))
      return { schema: 'exhibit.check/1', id, ref, operator: ref.startsWith('OWN-'), rule, digest, judged }
    })
}

function ruleOf(check: Check, settings: Settings): CheckRule {
  const { version, title, question, why, remediation, severity, informational, controls, parameters } = check
  const file = check.operator ? settings.ownChecks?.find((source) => fileStem(source.file) === check.id) : undefined
  return {
    version,
    title,
    question,
    why,
    remediation,
    severity,
    informational,
    controls: controls.map(({ framework, id, indirect }) => ({ framework, id, indirect: indirect === true })),
    parameters: Object.fromEntries(
      Object.entries(parameters).map(([name, { says, default: value }]) => [
        name,
        { says, default: value as JsonValue },
      ]),
    ),
    file: file === undefined ? null : { name: file.file, sha256: file.sha256 },
  }
}

/** An own check's id is its file's name. */
function fileStem(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1).replace(/\.[^.]*$/, '')
}
