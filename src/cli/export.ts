import { exitCodeOf } from '../domain/report.ts'
import { writeAll } from './check.ts'
import type { ExitCode } from './index.ts'
import { parseMoment } from './moment.ts'
import type { CliParts } from './parts.ts'

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
    if (options.output === undefined) await writeAll(output.render(report), parts)
    else {
      await parts.writeFile(options.output, output.render(report))
      parts.terminal.err.write(`wrote ${options.output}\n`)
    }
    return report.run === null ? 2 : exitCodeOf(report.results)
  } finally {
    await installation.close()
  }
}
