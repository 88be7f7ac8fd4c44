/** The sections under `sources`: each is its connector's own, and its secrets are read again for every pull. */
import { z } from 'zod'
import type { Connector } from '../domain/connector.ts'
import { AppError } from '../domain/error.ts'
import { durationMs, ms } from '../domain/time.ts'
import { sha256 } from '../lib/digest.ts'
import { didYouMean } from '../lib/nearest.ts'
import { describe, type JsonSchema } from './mistakes.ts'
import { type Environment, filledIn, namesFile } from './outside.ts'
import type { Given } from './schema.ts'
import type { Written } from './written.ts'

export interface ConfiguredSource {
  readonly id: string
  readonly connector: Connector
  /** As the connector's own schema parsed it at start, credential included. */
  readonly config: unknown
  /**
   * The same with its secrets as their files hold them now, for every pull: a rotated token works without a restart.
   * Throws AppError `file_unreadable` where a file is gone or holds nothing that the connector takes.
   */
  readonly current: () => unknown
  readonly freshnessMs: number
  readonly requestsPerSecond: number | null
  /** SHA-256 of the section without its secrets: a change makes the source due at once. */
  readonly digest: string
}

type Section = Readonly<Record<string, unknown>>

/** Keys that hold secrets: never sealed, in no digest, and read again while we run. */
export const SECRETS = ['credential', 'webhookSecret']

/** Freshness of sources that do not change by themselves; counted from the file's modification time. */
const OWN_FRESHNESS: Readonly<Record<string, string>> = { csv: '7d' }

export function readSources(
  given: Given,
  filled: readonly unknown[],
  file: Written,
  parts: { connectors: readonly Connector[]; env: Environment },
): ConfiguredSource[] {
  const seen = new Set<string>()
  return given.sources.flatMap((section, index) => {
    if (seen.has(section.id)) file.complain(['sources', index, 'id'], `two sources are called "${section.id}"`)
    seen.add(section.id)
    const kind = section.kind === 'iru' ? 'kandji' : section.kind
    const connector = parts.connectors.find((candidate) => candidate.id === kind)
    if (connector === undefined) {
      const known = parts.connectors.map((one) => one.id)
      file.complain(
        ['sources', index, 'kind'],
        `there is no source kind "${section.kind}"; ${didYouMean(section.kind, known)}`,
      )
      return []
    }
    const input: Section = { ...(filled[index] as Section), kind }
    const parse = (complete: Section, problems: string[]): Section | null =>
      parsed(complete, index, connector, file, problems)
    const config = parse(input, file.problems)
    if (config === null) return []
    const open = Object.entries(input).filter(([key]) => !SECRETS.includes(key))
    return [
      {
        id: section.id,
        connector,
        config,
        current: currentOf(config, input, index, file, parts.env, parse),
        freshnessMs: ms(section.freshness ?? OWN_FRESHNESS[kind] ?? given.freshness),
        requestsPerSecond: (config['requestsPerSecond'] as number | undefined) ?? null,
        digest: sha256(JSON.stringify(Object.fromEntries(open))),
      },
    ]
  })
}

/** The secrets of all sections, as they are written. */
export function writtenSecrets(file: Written): readonly Section[] {
  const { sources } = file.value as { sources: readonly Section[] }
  return sources.map((section) => Object.fromEntries(Object.entries(section).filter(([key]) => SECRETS.includes(key))))
}

/** The section as its connector reads it; null where it is wrong. */
function parsed(
  input: Section,
  index: number,
  connector: Connector,
  file: Written,
  problems: string[],
): Section | null {
  const path = ['sources', index]
  let config: Section
  try {
    config = connector.config.parse(input) as Section
  } catch (error) {
    if (error instanceof z.ZodError)
      problems.push(...describe(error.issues, path, file, connector.config.jsonSchema() as JsonSchema))
    else if (error instanceof AppError) problems.push(`${file.at(path)}: ${error.message}`)
    else throw error
    return null
  }
  for (const key of ['freshness', 'syncWindow', 'attributeFreshness']) {
    const value = config[key]
    if (value !== undefined && (typeof value !== 'string' || durationMs(value) === null)) {
      problems.push(`${file.at([...path, key])}: sources.${index}.${key} is no duration: write 30s, 15m, 24h or 90d`)
      return null
    }
  }
  return typeof config['path'] === 'string' ? { ...config, path: file.place(config['path']) } : config
}

function currentOf(
  config: Section,
  input: Section,
  index: number,
  file: Written,
  env: Environment,
  parse: (input: Section, problems: string[]) => Section | null,
): () => unknown {
  const written = (file.value as { sources: readonly Section[] }).sources[index]!
  const secrets = Object.fromEntries(Object.entries(written).filter(([key]) => SECRETS.includes(key)))
  if (!namesFile(secrets)) return () => config
  return () => {
    const problems: string[] = []
    const now = filledIn(secrets, ['sources', index], file, env, problems) as Section
    const current = problems.length > 0 ? null : parse({ ...input, ...now }, problems)
    if (current === null) throw new AppError('file_unreadable', `${String(input['id'])}: ${problems.join('; ')}`)
    return current
  }
}
