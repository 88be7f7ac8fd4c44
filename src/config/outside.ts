/** What the file takes from outside: `${NAME}` of the environment, `${file:PATH}` of a file. */
import { readFileSync } from 'node:fs'
import type { Path, Written } from './written.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** Where `${NAME}` and `${file:PATH}` may stand: credentials, secrets, URLs and paths. `*` is any key or index. */
const INTERPOLATED: readonly (readonly string[])[] = [
  ['sources', '*', 'credential', '*'],
  ['sources', '*', 'baseUrl'],
  ['sources', '*', 'path'],
  ['sources', '*', 'webhookSecret'],
  ['webhooks', '*', 'secret'],
  ['webhooks', '*', 'secret', '*'],
  ['webhooks', '*', 'url'],
  ['server', 'publicUrl'],
  ['ledger', 'checkpoints'],
  ['ledger', 'timestamps', 'url'],
  ['data'],
  ['database'],
  ['checksFolder'],
  ['network', 'proxy'],
  ['network', 'ca'],
]

/** Fills in what the value at this path names; `problems` gets a line for each name that stands where none may, or for nothing. */
export function filledIn(
  value: unknown,
  path: Path,
  file: Written,
  env: Environment,
  problems: string[] = file.problems,
): unknown {
  if (Array.isArray(value)) return value.map((item, index) => filledIn(item, [...path, index], file, env, problems))
  if (value !== null && typeof value === 'object' && !(value instanceof Date)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, filledIn(item, [...path, key], file, env, problems)]),
    )
  }
  if (typeof value !== 'string' || !value.includes('${')) return value
  const where = file.at(path)
  if (!mayBeFilledIn(path)) {
    problems.push(`${where}: ${path.join('.')} may not be read from outside; write it out, a verdict may rest on it`)
    return value
  }
  return value.replace(/\$\{([^}]*)\}/g, (_, name: string) => {
    if (name.startsWith('file:')) return readText(file.place(name.slice('file:'.length)), where, problems).trim()
    const found = env[name]
    if (found === undefined || found === '')
      problems.push(`${where}: the environment variable ${name} of ${path.join('.')} is not set`)
    return found ?? ''
  })
}

/** Whether anything in the value is read from a file, and so may change while we run. */
export function namesFile(value: unknown): boolean {
  return JSON.stringify(value)?.includes('${file:') ?? false
}

/** The files that secrets stand in, as they are written: those named, and the configuration itself for one written out. */
export function filesOf(secrets: unknown, file: Written, path: string): string[] {
  if (typeof secrets === 'object' && secrets !== null)
    return [...new Set(Object.values(secrets).flatMap((part) => filesOf(part, file, path)))]
  if (typeof secrets !== 'string') return []
  if (!secrets.includes('${')) return [path]
  return [...secrets.matchAll(/\$\{file:([^}]*)\}/g)].map(([, named]) => file.place(named!))
}

function mayBeFilledIn(path: Path): boolean {
  return INTERPOLATED.some(
    (pattern) => pattern.length === path.length && pattern.every((step, index) => step === '*' || step === path[index]),
  )
}

export function readText(path: string, where: string, problems: string[]): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    problems.push(
      `${where}: the file ${path} cannot be read (${(cause as NodeJS.ErrnoException).code}); create it or correct the path`,
    )
    return ''
  }
}
