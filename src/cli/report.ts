import { AppError } from '../domain/error.ts'
import { exitCodeOf, type Report } from '../domain/report.ts'
import type { PeriodEvidence } from '../domain/sealing.ts'
import type { Instant } from '../domain/time.ts'
import { digesting } from './digesting.ts'
import type { ExitCode } from './index.ts'
import { parseBeginning, parseMoment } from './moment.ts'
import type { CliParts, Installation } from './parts.ts'

/** Before the first run there is nothing that could have been handed out, and no leaf says so. */
export const NOTHING_SEALED =
  'no run was sealed by then: it says that nothing is known, and "exhibit sync" makes the first\n'

interface Options {
  config: string
  output: string
  asOf?: string
  from?: string
  to?: string
}

/** The PDF to hand over: the state of the newest run, of the one that was newest at a moment, or of a period. */
export async function runReport(options: Options, parts: CliParts): Promise<ExitCode> {
  const asked = askedOf(options)
  const installation = await parts.open(options.config)
  try {
    const { report, period } = await madeOf(asked, installation)
    const sealing = await installation.sealing(report.run)
    const evidence = { lastPull: installation.lastPull, sealing, coverage: period }
    const pdf = digesting(parts.pdf(report, evidence))
    await parts.writeFile(options.output, pdf.chunks)
    parts.terminal.err.write(`wrote ${options.output}\n`)
    if (report.run === null) {
      parts.terminal.err.write(NOTHING_SEALED)
      return 2
    }
    await installation.exported({
      what: 'report',
      format: 'pdf',
      by: parts.actor(),
      run: report.run.id,
      digest: pdf.digest(),
      period: period === null ? null : { from: period.from, to: period.to },
    })
    return exitCodeOf(report.results)
  } finally {
    await installation.close()
  }
}

type Asked = { asOf: Instant | 'latest' } | { from: Instant; to: Instant }

function askedOf({ asOf, from, to }: Options): Asked {
  if (asOf !== undefined && (from !== undefined || to !== undefined)) {
    throw new AppError('usage', '--as-of names one moment, --from and --to a period: give the one or the other')
  }
  if (from === undefined && to === undefined) return { asOf: asOf === undefined ? 'latest' : parseMoment(asOf) }
  if (from === undefined || to === undefined) {
    throw new AppError('usage', `--from and --to go together: give ${from === undefined ? '--from' : '--to'} too`)
  }
  return { from: parseBeginning(from), to: parseMoment(to) }
}

async function madeOf(
  asked: Asked,
  installation: Installation,
): Promise<{ report: Report; period: PeriodEvidence | null }> {
  return 'asOf' in asked
    ? { report: await installation.report(asked.asOf), period: null }
    : installation.periodReport(asked)
}
