/** What this program is, and who runs it: for the ledger and for logs. */
import { createHash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { hostname, userInfo } from 'node:os'
import { dirname, join } from 'node:path'

const root = dirname(findPackageJSON(import.meta.url)!)
export const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }

/** Digest of the code that a verdict rests on, as it runs: checks, domain, connectors. */
export function buildDigest(): string {
  const base = join(import.meta.dirname, '..')
  const hash = createHash('sha256')
  const files = globSync(['checks/**/*.{js,ts}', 'src/domain/**/*.{js,ts}', 'src/connectors/**/*.{js,ts}'], {
    cwd: base,
  }).sort()
  for (const file of files)
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(base, file)))
      .update('\0')
  return hash.digest('hex')
}

/** The login of the operating system: nobody signs in to a command line. */
export function actor(): string {
  return `${userInfo().username}@${hostname()}`
}
