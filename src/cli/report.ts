import { exitCodeOf } from '../domain/report.ts'
import { digesting } from './digesting.ts'
import type { ExitCode } from './index.ts'
import { parseMoment } from './moment.ts'
import type { CliParts } from './parts.ts'

interface Options {
  config: string
  output: string
  asOf?: string
}

/** The PDF to hand over: the state of the newest run, or of the one that was newest at a moment. */
export async function runReport(options: Options, parts: CliParts): Promise<ExitCode> {
  const asOf = options.asOf === undefined ? 'latest' : parseMoment(options.asOf)
  const installation = await parts.open(options.config)
  try {
    const report = await installation.report(asOf)
    const sealing = await installation.sealing(report.run)
    const evidence = { lastPull: installation.lastPull, sealing, coverage: null }
    const pdf = digesting(parts.pdf(report, evidence))
    await parts.writeFile(options.output, pdf.chunks)
    parts.terminal.err.write(`wrote ${options.output}\n`)
    // Before the first run there is nothing that could have been handed out.
    if (report.run === null) return 2
    await installation.exported({
      what: 'report',
      format: 'pdf',
      by: parts.actor(),
      run: report.run.id,
      digest: pdf.digest(),
      period: null,
    })
    return exitCodeOf(report.results)
  } finally {
    await installation.close()
  }
}
