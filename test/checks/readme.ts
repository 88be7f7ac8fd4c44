/** `checks/README.md`: how to write a check, and the table of all of them, made from the code. */
import type { Check, ControlId, Framework, Need, Parameter } from '../../src/domain/check.ts'
import { settings, snapshotOf } from '../helpers/build.ts'

const HEAD = `# Checks

One file each: a question, the data it needs, and a pure function that answers it for every subject. Tests and results
name a check by its id (the file's name) or by its ref (the row of its definition).

## Writing one

1. \`checks/<what-is-true-when-it-passes>.ts\` exports a call of \`defineCheck\`: question, why, remediation, severity,
   controls (\`controls.ts\`), needs, parameters, \`run\` and \`say\`.
2. Its name goes into \`checks/index.ts\`, where the list is sorted by ref.
3. \`test/checks/<id>.test.ts\` holds a table: pass, fail, every reason for not answering, not applicable, and one row
   that somebody made to mislead it.

\`run\` is handed a snapshot and parameters and nothing else: no clock, no network, no database. What a vendor did not
say is \`unknown\`, never "no". The engine answers before the check where a source that it needs is failed, held, stale,
blind or missing. \`npm test -- -u\` writes the table below anew; a test fails while it is stale.

A mapping to controls is ours and not the auditor's conclusion. *(i)*: supports the control without testing it.
*Informs*: shown, and never fails.
`

const FRAMEWORK: Readonly<Record<Framework, string>> = {
  soc2: 'SOC 2',
  iso27001: 'ISO 27001',
  'nist-800-53': 'NIST 800-53',
  'nist-csf': 'NIST CSF',
  'pci-dss': 'PCI DSS',
  hipaa: 'HIPAA',
  cis: 'CIS',
}

export function checksReadme(checks: readonly Check[]): string {
  const rows = checks.map((check) =>
    [
      check.ref,
      `[${check.id}](${check.id}.ts)`,
      check.question,
      check.informational ? 'informs' : check.severity,
      needsText(check),
      parametersText(check),
      controlsText(check.controls),
    ]
      .map((cell) => cell.replaceAll('|', '\\|'))
      .join(' | '),
  )
  const head = ['Ref', 'Check', 'Question', 'Severity', 'Needs', 'Parameters (default)', 'Controls']
  const table = [head.join(' | '), head.map(() => '---').join(' | '), ...rows].map((row) => `| ${row} |`)
  return `${HEAD}\n## All ${checks.length}\n\n${table.join('\n')}\n`
}

/** What it needs where all five kinds of source are configured. */
function needsText(check: Check): string {
  const snapshot = snapshotOf([])
  const needs = check.needs(settings(), check.over === 'tailnet' ? 'tailnet' : null, snapshot)
  return needs.length === 0 ? 'nothing' : needs.map(needText).join(', ')
}

function needText({ kind, from, fields }: Need): string {
  const of = from === undefined ? '' : ` (${from})`
  return `${kind}${of}${fields === undefined ? '' : `: ${fields.join(' ')}`}`
}

function parametersText({ parameters }: Check): string {
  const texts = Object.entries(parameters).map(([name, parameter]) => `\`${name}\` (${defaultText(parameter)})`)
  return texts.length === 0 ? '–' : texts.join(', ')
}

function defaultText(parameter: Parameter): string {
  const { default: value } = parameter
  const unit = parameter.type === 'number' ? ` ${parameter.unit}` : ''
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(' ')
  if (typeof value === 'object') return Object.keys(value).length === 0 ? 'none' : JSON.stringify(value)
  return `${value === '' ? 'none' : value}${unit}`
}

function controlsText(controls: readonly ControlId[]): string {
  if (controls.length === 0) return 'no mapping'
  const byFramework = Map.groupBy(controls, ({ framework }) => framework)
  const ids = (list: readonly ControlId[]) => list.map(({ id, indirect }) => (indirect ? `${id} (i)` : id)).join(' ')
  return [...byFramework].map(([framework, list]) => `${FRAMEWORK[framework]}: ${ids(list)}`).join('; ')
}
