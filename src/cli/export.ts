import { exitCodeOf } from '../domain/report.ts'
import { writeAll } from './check.ts'
import { digestingText } from './digesting.ts'
import type { ExitCode } from './index.ts'
import { parseMoment } from './moment.ts'
import type { CliParts } from './parts.ts'
import { NOTHING_SEALED } from './report.ts'

interface Options {
  config: string
  kind: string
  output?: string
  asOf?: string
}

export async function runExport(options: Options, parts: CliParts): Promise<ExitCode> {
  const output = parts.outputs.find((candidate) => candidate.id === options.kind)!
  const installation = await parts.open(options.config)
  try {
    const report = await installation.report(options.asOf === undefined ? 'latest' : parseMoment(options.asOf))
    const results = digestingText(output.render(report))
    if (options.output === undefined) await writeAll(results.chunks, parts)
    else {
      await parts.writeFile(options.output, results.chunks)
      parts.terminal.err.write(`wrote ${options.output}\n`)
    }
    if (report.run === null) {
      parts.terminal.err.write(NOTHING_SEALED)
      return 2
    }
    await installation.exported({
      what: 'results',
      format: output.id,
      by: parts.actor(),
      run: report.run.id,
      digest: results.digest(),
      period: null,
    })
    return exitCodeOf(report.results)
  } finally {
    await installation.close()
  }
}
