/** Published schemas and vectors that lie beside the checkout and are not copied into it. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(import.meta.dirname, '../../../shared/specs')
let told = false

/**
 * A JSON file of `../shared/specs`, parsed; null where that folder is missing, said in one printed line. With
 * `SPECS=required`, as CI sets it, a missing folder is a failure.
 */
export function spec(path: string): unknown | null {
  if (existsSync(folder)) return JSON.parse(readFileSync(join(folder, path), 'utf8'))
  if (process.env['SPECS'] === 'required') throw new Error(`${folder} is missing, and SPECS=required`)
  if (!told) console.log(`${folder} is missing: tests against published schemas and vectors are skipped`)
  told = true
  return null
}

/** The definition of every check, the Markdown of `../shared/checks.md`; missing as above. */
export function checkDefinitions(): string | null {
  const file = join(import.meta.dirname, '../../../shared/checks.md')
  if (existsSync(file)) return readFileSync(file, 'utf8')
  if (process.env['SPECS'] === 'required') throw new Error(`${file} is missing, and SPECS=required`)
  console.log(`${file} is missing: the list of checks is not compared with their definitions`)
  return null
}
