import { spawnSync } from 'node:child_process'

/**
 * Whether all these commands are on this machine. Where one is missing the tests that need them are left out with one
 * printed line; where everything is required (`SPECS=required`) they are run, and fail.
 */
export function toolsOrSkip(what: string, names: readonly string[]): boolean {
  const missing = names.filter((name) => spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0)
  if (missing.length === 0 || process.env['SPECS'] === 'required') return true
  process.stderr.write(`${what} is not tested: ${missing.join(', ')} missing\n`)
  return false
}
