/** Test files that try everything where they are asked to: what `npm test` tries some of each kind of. */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

export interface SuiteProof {
  readonly lines: readonly string[]
  readonly holds: boolean
  readonly found: readonly string[]
}

const root = join(import.meta.dirname, '../..')
const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs')

/** What vitest's JSON reporter writes, as far as it is read here. */
interface Told {
  readonly testResults: readonly {
    readonly name: string
    readonly message: string
    readonly assertionResults: readonly { fullName: string; status: string; failureMessages: readonly string[] }[]
  }[]
}

/** Runs the files in a process of their own, quickly as in `npm test` or in full. What they count of themselves begins with a `sign`. */
export async function proveSuites(files: readonly string[], sign: string, quick: boolean): Promise<SuiteProof> {
  const folder = mkdtempSync(join(tmpdir(), 'suites-'))
  try {
    const results = join(folder, 'results.json')
    const { code, out, err } = await ended([...files, '--outputFile', results], quick)
    if (!existsSync(results)) throw new Error(`vitest ended with ${code} and told no results: ${err}`)
    const failed = failuresIn(JSON.parse(readFileSync(results, 'utf8')) as Told)
    return {
      lines: out.split('\n').filter((line) => line.startsWith(sign)),
      holds: code === 0 && failed.length === 0,
      found: failed,
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function failuresIn({ testResults }: Told): string[] {
  return testResults.flatMap(({ name, message, assertionResults }) => [
    ...(message === '' ? [] : [`${name}: ${message}`]),
    ...assertionResults
      .filter(({ status }) => status !== 'passed')
      .map(({ fullName, failureMessages }) => [fullName, ...failureMessages].join(': ')),
  ])
}

function ended(more: readonly string[], quick: boolean): Promise<{ code: number | null; out: string; err: string }> {
  const options = ['run', '--config', 'test/vitest.config.ts', '--reporter=json', '--disableConsoleIntercept']
  const child = spawn(process.execPath, [vitest, ...options, ...more], {
    cwd: root,
    env: { ...process.env, PROVE: quick ? '' : 'all' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk) => (out += chunk))
  child.stderr.on('data', (chunk) => (err += chunk))
  return new Promise((done, failed) => {
    child.on('error', failed)
    child.on('close', (code) => done({ code, out, err }))
  })
}
