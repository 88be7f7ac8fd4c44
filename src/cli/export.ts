import { AppError } from '../domain/error.ts'
import type { Output } from '../domain/output.ts'
import { exitCodeOf } from '../domain/report.ts'
import { type AskedOptions, askedOf, madeOf, NOTHING_SEALED, spanOf } from './asked.ts'
import { writeAll } from './check.ts'
import { digestingText } from './digesting.ts'
import type { ExitCode } from './index.ts'
import type { CliParts } from './parts.ts'

interface Options extends AskedOptions {
  config: string
  kind: string
  output?: string
}

export async function runExport(options: Options, parts: CliParts): Promise<ExitCode> {
  const output = parts.outputs.find((candidate) => candidate.id === options.kind)!
  const asked = askedOf(options)
  if (!('asOf' in asked) && output.period === undefined) throw noPeriod(output, parts.outputs)
  const installation = await parts.open(options.config)
  try {
    const { report, period } = await madeOf(asked, installation)
    const results = digestingText(await installation.rendered(output, report, period))
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
      period: spanOf(period),
    })
    return exitCodeOf(report.results)
  } finally {
    await installation.close()
  }
}

function noPeriod({ id }: Output, outputs: readonly Output[]): AppError {
  const others = outputs.filter(({ period }) => period !== undefined).map((output) => output.id)
  return new AppError(
    'usage',
    `export: ${id} tells the state at one moment; for a period take ${others.join(', ')} or "exhibit packet", or name the moment with --as-of`,
  )
}
