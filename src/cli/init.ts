import type { ExitCode } from './index.ts'
import type { CliParts } from './parts.ts'

export async function runInit(options: { config: string; schema?: boolean }, parts: CliParts): Promise<ExitCode> {
  const { config, roster, schema, connectors } = await parts.starter()
  const { out } = parts.terminal
  if (options.schema === true) {
    out.write(`${schema}\n`)
    return 0
  }
  const rosterFile = options.config.replace(/[^/\\]*$/, 'people.csv')
  for (const [file, text] of [
    [options.config, config],
    [rosterFile, roster],
  ] as const) {
    out.write(parts.writeNew(file, text) ? `wrote ${file}\n` : `${file} is there already; left as it is\n`)
  }
  out.write('\nThe least rights that each credential needs:\n')
  for (const connector of connectors) {
    if (connector.setUp.length === 0) continue
    out.write(`\n${connector.title}\n`)
    for (const line of connector.setUp) out.write(`  ${line}\n`)
  }
  out.write(
    `\nNext: fill in ${options.config}, then "exhibit doctor" tries every source, and "exhibit sync" makes the first run.\n`,
  )
  return 0
}
