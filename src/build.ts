/**
 * Builds `dist/` when it is missing or older than the sources, and does nothing otherwise. Run by Node itself in front
 * of `start`, `exhibit` and `test`, because npm skips `pre…` scripts under `ignore-scripts`.
 *
 * Freshness is a digest of the sources' bytes: times lie after a checkout or a copy. The build goes to a folder of its
 * own and is renamed into place, so that of two that start at once one wins and neither runs half a build.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const dist = join(root, 'dist')

function digestOfSources(): string {
  const hash = createHash('sha256')
  const files = globSync(
    ['src/**/*.{ts,tsx}', 'checks/**/*.ts', 'package.json', 'package-lock.json', 'tsconfig.json'],
    {
      cwd: root,
    },
  ).sort()
  for (const file of files)
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update('\0')
  return hash.digest('hex')
}

function stampOf(folder: string): string | null {
  try {
    return readFileSync(join(folder, 'stamp'), 'utf8')
  } catch {
    return null
  }
}

/** Moves the new build into place; false when another process has put an equal one there first. */
function swapIn(built: string, stamp: string): boolean {
  for (let attempt = 0; attempt < 50; attempt++) {
    if (stampOf(dist) === stamp) return false
    const old = `${built}.old`
    try {
      if (existsSync(dist)) renameSync(dist, old)
      renameSync(built, dist)
      return true
    } catch {
      // The other process renamed in between: look again.
    } finally {
      rmSync(old, { recursive: true, force: true })
    }
  }
  throw new Error(`could not put the build into ${dist}: another process keeps replacing it`)
}

const stamp = digestOfSources()
if (stampOf(dist) !== stamp) {
  const built = join(root, `dist.${process.pid}`)
  mkdirSync(built, { recursive: true })
  const tsc = spawnSync(
    process.execPath,
    [join(root, 'node_modules/typescript/bin/tsc'), '-p', root, '--outDir', built],
    {
      encoding: 'utf8',
    },
  )
  if (tsc.status !== 0) {
    rmSync(built, { recursive: true, force: true })
    process.stderr.write(`${tsc.stdout}${tsc.stderr}\nThe sources do not compile; mend the lines above.\n`)
    process.exit(70)
  }
  writeFileSync(join(built, 'stamp'), stamp)
  if (!swapIn(built, stamp)) rmSync(built, { recursive: true, force: true })
}
