import type { Framework } from '../domain/check.ts'
import {
  CONTROL_LABEL,
  CONTROL_LIMIT,
  type ControlRow,
  type ControlView,
  controlSentence,
  controlView,
  controlViewJson,
  FRAMEWORK_TITLE,
  type Standing,
} from '../domain/control-view.ts'
import { exitCodeOf, type Report } from '../domain/report.ts'
import type { ExitCode } from './index.ts'
import { parseMoment } from './moment.ts'
import type { CliParts } from './parts.ts'
import { wrap } from './table.ts'
import { moment, STATUS_MARK, STATUS_STYLE, styler, widthOf } from './terminal.ts'

interface Options {
  config: string
  framework?: Framework
  asOf?: string
  format: 'table' | 'json'
}

export async function runControls(options: Options, parts: CliParts): Promise<ExitCode> {
  const asOf = options.asOf === undefined ? 'latest' : parseMoment(options.asOf)
  const installation = await parts.open(options.config)
  try {
    const report = await installation.report(asOf)
    const whole = controlView(report, report.run === null ? (installation.settings.controls ?? []) : undefined)
    const view = options.framework === undefined ? whole : only(whole, options.framework)
    if (options.format === 'json') {
      const { run, snapshotAt, demo } = report
      const head = { schema: 'exhibit.controls/1', run: run?.id ?? null, snapshotAt, demo }
      parts.terminal.out.write(`${JSON.stringify({ ...head, ...controlViewJson(view) }, null, 2)}\n`)
    } else print(view, report, parts)
    return report.run === null ? 2 : exitCodeOf(statuses(view))
  } finally {
    await installation.close()
  }
}

/** One framework, and of the organisation's own controls those that it maps there. */
function only(view: ControlView, framework: Framework): ControlView {
  return {
    own: view.own.filter((row) => row.criteria[framework] !== undefined),
    frameworks: view.frameworks.filter((one) => one.framework === framework),
    unmapped: [],
  }
}

function statuses({ own, frameworks }: ControlView) {
  const direct = [...own, ...frameworks.flatMap(({ controls }) => controls)].flatMap((row) => row.direct)
  return direct.flatMap(({ standing }) => (standing === 'disabled' ? [] : [{ status: standing }]))
}

function print(view: ControlView, report: Report, parts: CliParts): void {
  const { out } = parts.terminal
  const style = styler(out)
  if (report.demo) out.write(`${style('yellow', 'DEMO')} made-up organisation, simulated vendors\n`)
  if (report.run === null) out.write('Nothing has been read yet. "exhibit sync" makes the first run.\n')
  else out.write(`${report.organization.name} · state at ${moment(report.snapshotAt)} · run ${report.run.id}\n`)
  out.write(`${wrap(`Results by control: ${CONTROL_LABEL}; ${CONTROL_LIMIT}.`, widthOf(out))}\n`)
  if (view.own.length > 0) out.write(`\n${style('bold', 'Your own controls')}\n`)
  for (const row of view.own) printRow(row, parts)
  for (const { framework, controls } of view.frameworks) {
    out.write(`\n${style('bold', FRAMEWORK_TITLE[framework])}\n`)
    for (const row of controls) printRow(row, parts)
  }
  if (view.unmapped.length > 0)
    out.write(
      `\n${style('bold', 'No mapping')}\n  ${wrap(view.unmapped.map(({ check }) => check.ref).join(' '), widthOf(out) - 2, '  ')}\n`,
    )
}

const ORDER: readonly Standing[] = ['fail', 'unknown', 'pass', 'not_applicable']

function printRow(row: ControlRow, parts: CliParts): void {
  const { out } = parts.terminal
  const style = styler(out)
  const width = widthOf(out)
  const owner = row.owner === null ? '' : ` (${row.owner})`
  out.write(
    `  ${style('bold', row.id)}${row.text === null ? '' : ` ${wrap(`${row.text}${owner}`, width - 8, '    ')}`}\n`,
  )
  const criteria = Object.entries(row.criteria).map(([framework, ids]) => `${framework} ${ids.join(', ')}`)
  if (criteria.length > 0)
    out.write(`    ${style('dim', wrap(`you map it to ${criteria.join('; ')}`, width - 4, '    '))}\n`)
  out.write(`    ${controlSentence(row)}\n`)
  const marked = ORDER.flatMap((standing) => {
    const refs = row.direct.filter((one) => one.standing === standing).map(({ check }) => check.ref)
    const known = standing as Exclude<Standing, 'disabled'>
    return refs.length === 0 ? [] : [{ known, text: `${STATUS_MARK[known]} ${refs.join(' ')}` }]
  })
  for (const { known, text } of marked)
    out.write(`    ${style(STATUS_STYLE[known], wrap(text, width - 4, '      '))}\n`)
  const disabled = row.direct.filter((one) => one.standing === 'disabled').map(({ check }) => check.ref)
  if (disabled.length > 0) out.write(style('dim', `    disabled: ${disabled.join(' ')}\n`))
  if (row.indirect.length > 0)
    out.write(
      `    ${style('dim', wrap(`supported, not tested, by ${row.indirect.map(({ check }) => check.ref).join(' ')}`, width - 4, '    '))}\n`,
    )
  if (row.gone.length > 0) out.write(`    ${style('yellow', `no check of this release: ${row.gone.join(' ')}`)}\n`)
}
