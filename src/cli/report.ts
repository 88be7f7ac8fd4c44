import { exitCodeOf } from '../domain/report.ts'
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
    await parts.writeFile(options.output, parts.pdf(report, installation.lastPull))
    parts.terminal.err.write(`wrote ${options.output}\n`)
    return report.run === null ? 2 : exitCodeOf(report.results)
  } finally {
    await installation.close()
  }
}
