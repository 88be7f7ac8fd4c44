/**
 * The operator's own checks: every file of `checksFolder` is looked at, read for the seal and run. Such a file runs with
 * our rights, so it must be as hard to change as our own code: a folder or file that somebody else can write is refused.
 */
import { type Dirent, readdirSync, readFileSync, type Stats, statSync } from 'node:fs'
import { dirname, extname, join, relative, resolve, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Context, createContext, Script } from 'node:vm'
import type { Check } from './domain/check.ts'
import { checkKit } from './domain/check-kit.ts'
import { AppError } from './domain/error.ts'
import { notACheck, operatorsCheck, type TimeBound } from './domain/own-check.ts'
import type { OwnCheckSource } from './domain/settings.ts'
import { sha256 } from './lib/digest.ts'

export interface OwnChecks {
  readonly checks: readonly Check[]
  /** Every file that a verdict may rest on, helpers in folders below included. */
  readonly sources: readonly OwnCheckSource[]
}

export const NO_OWN_CHECKS: OwnChecks = { checks: [], sources: [] }

const KINDS = ['.ts', '.mts', '.js', '.mjs']

/** Our whole list takes about a second over 20,000 devices; what takes ten times that for one question is a loop. */
const LONGEST_MS = 10_000

/**
 * Throws AppError `configuration` with a line per problem: a check that is left out silently would be a silent pass.
 * @param longestMs what one call of a check may take before it is ended and the check is `unknown`
 */
export async function loadOwnChecks(
  folder: string,
  ours: readonly Check[],
  longestMs = LONGEST_MS,
): Promise<OwnChecks> {
  const problems: string[] = []
  const sources = readFolder(folder, problems)
  if (problems.length > 0) throw new AppError('configuration', problems.join('\n'))
  const edition = sha256(sources.map((source) => `${source.file} ${source.sha256}`).join('\n'))
  const checks: Check[] = []
  for (const { file } of sources) {
    // A file in a folder below is a helper of those that import it.
    if (file.includes('/')) continue
    const inTime = timeBound(longestMs)
    const made = await checkOf(folder, file, edition, inTime)
    const problem = typeof made === 'string' ? made : clash(made, [...ours, ...checks])
    if (problem !== null) problems.push(`checksFolder: ${file} ${problem}`)
    else checks.push(operatorsCheck(made as Check, inTime))
  }
  if (problems.length > 0) throw new AppError('configuration', problems.join('\n'))
  return { checks, sources }
}

function clash(check: Check, known: readonly Check[]): string | null {
  const same = known.find((other) => other.id === check.id || other.ref === check.ref)
  if (same === undefined) return null
  return `has the ${same.id === check.id ? `id "${check.id}"` : `ref ${check.ref}`} of ${same.ref} ${same.id}; give it one of its own`
}

/** The check that a file makes, or what is wrong with it. The edition in the address makes an edited file load anew. */
async function checkOf(folder: string, file: string, edition: string, inTime: TimeBound): Promise<Check | string> {
  let module: { default?: unknown }
  try {
    module = await import(/* @vite-ignore */ `${pathToFileURL(join(folder, file)).href}?edition=${edition}`)
  } catch (error) {
    return `cannot be loaded: ${said(error)}`
  }
  const make = module.default
  if (typeof make !== 'function')
    return 'has no function as its default export: export default (kit) => kit.defineCheck({ … })'
  try {
    const made = inTime<unknown>(() => make(checkKit))
    return notACheck(made) ?? (made as Check)
  } catch (error) {
    return `failed when it was asked for its check: ${said(error)}`
  }
}

/**
 * Ends work that goes on for too long, so that one check which never returns cannot hold up a run: a check is
 * synchronous, so no timer of ours would ever fire, but the engine stops at its own watchdog whatever it is in, calls out
 * of the script included (https://nodejs.org/api/vm.html#scriptrunincontextcontextifiedobject-options, `timeout`). A bound
 * for mistakes and no fence. A check that was ended once is not asked again: its sentences would cost the time once each.
 */
function timeBound(longestMs: number): TimeBound {
  let ended: Error | null = null
  return (work) => {
    if (ended !== null) throw ended
    try {
      return call(work, longestMs)
    } catch (error) {
      // The error comes from another realm, so it is told by its code.
      if ((error as NodeJS.ErrnoException | null)?.code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error
      ended = new Error(
        `it was still at work after ${longestMs / 1000} s and was ended, and is not asked again until the next start`,
      )
      throw ended
    }
  }
}

const CALL = new Script('work()')
/** What the script sees; made at the first own check. */
const seen: { work: (() => unknown) | null } = { work: null }
let context: Context | null = null

function call<T>(work: () => T, timeout: number): T {
  context ??= createContext(seen)
  seen.work = work
  try {
    return CALL.runInContext(context, { timeout }) as T
  } finally {
    seen.work = null
  }
}

function said(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message.split('\n')[0]}` : String(error)
}

function readFolder(folder: string, problems: string[]): OwnCheckSource[] {
  const entries = listed(folder, problems)
  if (!trusted(folder, 'the folder', problems)) return []
  const sources: OwnCheckSource[] = []
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name)
    const file = relative(folder, path).split(sep).join('/')
    if (entry.isDirectory()) {
      trusted(path, file, problems)
      continue
    }
    if (!KINDS.includes(extname(entry.name)) || entry.name.endsWith('.d.ts')) continue
    if (!trusted(path, file, problems)) continue
    const source = readFileSync(path, 'utf8')
    sources.push({ file, sha256: sha256(source), source })
    problems.push(...importProblems(folder, path, file, source))
  }
  if (sources.length === 0 && problems.length === 0)
    problems.push(
      `checksFolder: ${folder} holds no check; put a ${KINDS.join(', ')} file there or take the setting out`,
    )
  return sources.sort((a, b) => (a.file < b.file ? -1 : 1))
}

function listed(folder: string, problems: string[]): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true, recursive: true })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    problems.push(`checksFolder: ${folder} cannot be read (${code}); create the folder or correct the path`)
    return []
  }
}

/** Writable by its owner alone, and the owner is us, or root, who could change us anyway. Windows has no such bits. */
function trusted(path: string, name: string, problems: string[]): boolean {
  if (process.getuid === undefined) return true
  let info: Stats
  try {
    info = statSync(path)
  } catch (error) {
    if (problems.length === 0)
      problems.push(`checksFolder: ${path} cannot be read (${(error as NodeJS.ErrnoException).code})`)
    return false
  }
  const problem = distrust(info, process.getuid())
  if (problem === null) return true
  problems.push(`checksFolder: ${name} (${path}) ${problem}; what lies there runs with our rights`)
  return false
}

export function distrust({ mode, uid }: Pick<Stats, 'mode' | 'uid'>, us: number): string | null {
  if (uid !== us && uid !== 0) return `belongs to another account of this machine (uid ${uid}, we are ${us}); chown it`
  return (mode & 0o022) === 0 ? null : 'can be written by others than its owner; chmod go-w it'
}

const STATIC_IMPORT =
  /^\s*(?:import|export)\s(?!type\s)[^'"`;]*?\bfrom\s*(['"])([^'"\n]+)\1|^\s*import\s*(['"])([^'"\n]+)\3/gm
const LATE_IMPORT = /(?<![.\w])(?:import|require)\s*\(/
const COMMENT = /\/\*[\s\S]*?\*\/|(?<!:)\/\/[^\n]*/g

/**
 * A file may use files of the folder and nothing else: what it took from elsewhere would not be sealed with the run, and
 * the verdict could not be made again. Types are gone when it runs, so they may come from anywhere. No fence: who may
 * write here may do what we may.
 */
function importProblems(folder: string, path: string, file: string, source: string): string[] {
  const code = source.replace(COMMENT, '')
  const problems: string[] = []
  for (const match of code.matchAll(STATIC_IMPORT)) {
    const from = match[2] ?? match[4]!
    const inside = from.startsWith('.') && resolve(dirname(path), from).startsWith(`${resolve(folder)}${sep}`)
    if (!inside)
      problems.push(
        `checksFolder: ${file} imports "${from}", which is no file of the folder and would not be sealed with the run; use what the kit hands it`,
      )
  }
  if (LATE_IMPORT.test(code))
    problems.push(`checksFolder: ${file} imports while it runs; write imports at the top of the file`)
  return problems
}
