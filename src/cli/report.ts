import type { Framework } from '../domain/check.ts'
import { AppError } from '../domain/error.ts'
import { type NamedFocus, narrowedTo, periodNarrowedTo } from '../domain/focus.ts'
import { exitCodeOf } from '../domain/report.ts'
import { focusOf } from '../focusing.ts'
import { type AskedOptions, askedOf, madeOf, NOTHING_SEALED, spanOf } from './asked.ts'
import { digesting, digestingText } from './digesting.ts'
import type { ExitCode } from './index.ts'
import type { CliParts } from './parts.ts'

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
    const part = named(options)
    const focus = part === null ? null : focusOf(part, whole.report, installation)
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
      const csv = parts.outputs.find(({ id }) => id === 'csv')!
      // The findings of its checks; of a period also what stood in it and was closed.
      const table = digestingText(await installation.rendered(csv, report, period))
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
function named({ control, check, framework }: Options): NamedFocus | null {
  if (framework !== undefined) return { on: 'framework', name: framework }
  if (check !== undefined) return { on: 'check', name: check }
  return control === undefined ? null : { on: 'control', name: control }
}

/** "F.pdf" → "F.csv" */
function beside(file: string): string {
  return `${file.replace(/\.pdf$/i, '')}.csv`
}
