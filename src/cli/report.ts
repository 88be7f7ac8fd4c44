import type { Framework } from '../domain/check.ts'
import { ownControlsOf } from '../domain/control-view.ts'
import { AppError } from '../domain/error.ts'
import { type Focus, isAbout, narrowedTo, periodNarrowedTo } from '../domain/focus.ts'
import { exitCodeOf, type Report } from '../domain/report.ts'
import type { PeriodEvidence } from '../domain/sealing.ts'
import { didYouMean } from '../lib/nearest.ts'
import { type AskedOptions, askedOf, madeOf, NOTHING_SEALED, spanOf } from './asked.ts'
import { digesting, digestingText } from './digesting.ts'
import type { ExitCode } from './index.ts'
import type { CliParts, Installation } from './parts.ts'
import { checkNamed } from './select.ts'

interface Options extends AskedOptions {
  config: string
  output: string
  control?: string
  check?: string
  framework?: Framework
}

/**
 * The PDF to hand over: the state of the newest run, of the one that was newest at a moment, or of a period; of one check
 * or control a short one with its CSV beside it.
 */
export async function runReport(options: Options, parts: CliParts): Promise<ExitCode> {
  const asked = askedOf(options)
  mindOne(options)
  const installation = await parts.open(options.config)
  try {
    const whole = await madeOf(asked, installation)
    const focus = focusOf(options, whole.report, installation)
    const report = focus === null ? whole.report : narrowedTo(focus, whole.report)
    const period =
      focus === null || whole.period === null ? whole.period : periodNarrowedTo(focus, report, whole.period)
    const sealing = await installation.sealing(report.run)
    const evidence = { lastPull: installation.lastPull, sealing, coverage: period }
    const pdf = digesting(parts.pdf(report, focus === null ? evidence : { ...evidence, focus }))
    await parts.writeFile(options.output, pdf.chunks)
    parts.terminal.err.write(`wrote ${options.output}\n`)
    const handed = [{ format: 'pdf', digest: pdf.digest() }]
    if (focus !== null && focus.on !== 'framework') {
      const table = digestingText(await tableOf(report, period, installation, parts))
      const file = beside(options.output)
      await parts.writeFile(file, table.chunks)
      parts.terminal.err.write(`wrote ${file}\n`)
      handed.push({ format: 'csv', digest: table.digest() })
    }
    if (report.run === null) {
      parts.terminal.err.write(NOTHING_SEALED)
      return 2
    }
    const act = { what: 'report', by: parts.actor(), run: report.run.id, period: spanOf(period) } as const
    for (const one of handed) await installation.exported({ ...act, ...one })
    return exitCodeOf(report.results)
  } finally {
    await installation.close()
  }
}

/** Before anything is opened. */
function mindOne({ control, check, framework, output }: Options): void {
  const given = [control, check, framework].filter((each) => each !== undefined)
  if (given.length > 1) {
    throw new AppError(
      'usage',
      'report: --control, --check and --framework each name what it is about: give one of them',
    )
  }
  if (/\.csv$/i.test(output)) {
    throw new AppError(
      'usage',
      `report: -o names the PDF, and ${output} would be its CSV; write -o ${output.slice(0, -4)}.pdf`,
    )
  }
}

/** Null: about everything. */
function focusOf({ control, check, framework }: Options, report: Report, installation: Installation): Focus | null {
  if (framework !== undefined) return { on: 'framework', framework }
  if (check !== undefined) return checkFocus(check, report, installation)
  return control === undefined ? null : controlFocus(control, report, installation)
}

function checkFocus(name: string, report: Report, installation: Installation): Focus {
  const judged = [...report.results, ...report.disabled].map((one) => one.check)
  // As it judged the run, where it did: in the version of then.
  const known = new Map([...installation.checks, ...judged].map((one) => [one.id, one]))
  const focus: Focus = { on: 'check', check: checkNamed(name, [...known.values()]) }
  if (!judged.some((check) => isAbout(focus, check))) {
    const { ref, id } = focus.check
    const run = report.run === null ? 'before the first run' : `in the run ${report.run.id}`
    throw new AppError(
      'usage',
      `report: ${ref} ${id} was not asked ${run}; a later run, or --as-of a later moment, has it`,
    )
  }
  return focus
}

/** By the list under which the run was sealed: a control that was written since is in the next run. */
function controlFocus(id: string, report: Report, { settings }: Installation): Focus {
  const declared = report.run === null ? (settings.controls ?? []) : ownControlsOf(report)
  const control = declared.find((one) => one.id === id) ?? declared.find((one) => sameLetters(one.id, id))
  if (control !== undefined) return { on: 'control', control }
  if (declared.length === 0) {
    throw new AppError(
      'usage',
      `report: there is no control "${id}"; no control of the organisation stood in the configuration of this run. List them under "controls:" in exhibit.yaml; the next run has them`,
    )
  }
  const ids = declared.map((one) => one.id)
  throw new AppError(
    'usage',
    `report: there is no control "${id}" in the configuration of this run; ${didYouMean(id, ids)}`,
  )
}

function sameLetters(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}

/** The findings of its checks; of a period also what stood in it and was closed. */
async function tableOf(
  report: Report,
  period: PeriodEvidence | null,
  installation: Installation,
  { outputs }: CliParts,
): Promise<Iterable<string>> {
  const csv = outputs.find(({ id }) => id === 'csv')!
  if (period === null || report.run === null) return csv.render(report)
  return csv.period!(report, period, await installation.intervals(report.run))
}

/** "F.pdf" → "F.csv" */
function beside(file: string): string {
  return `${file.replace(/\.pdf$/i, '')}.csv`
}
