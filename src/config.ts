/**
 * The only reader of the environment and of `exhibit.yaml`. Strict: an unknown key is an error that names the key, its
 * line and the nearest valid key. What a verdict rests on (`settings`) leaves here complete and without credentials;
 * everything else stays on the way in. Shapes and defaults are in src/config/schema.ts.
 */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { z } from 'zod'
import { readChecks } from './config/checks.ts'
import { describe, type JsonSchema } from './config/mistakes.ts'
import { type Environment, filesOf, filledIn, readText } from './config/outside.ts'
import { complainOfNames } from './config/rules.ts'
import { fileSchema, type Given } from './config/schema.ts'
import { complainOfSense } from './config/sense.ts'
import { settingsOf } from './config/settings.ts'
import { type ConfiguredSource, readSources, writtenSecrets } from './config/sources.ts'
import { readWebhooks } from './config/webhooks.ts'
import { Written } from './config/written.ts'
import type { Check } from './domain/check.ts'
import type { Connector } from './domain/connector.ts'
import { AppError } from './domain/error.ts'
import { byText } from './domain/json.ts'
import { beginningOf, momentOf } from './domain/moment.ts'
import type { Endpoint } from './domain/outbox.ts'
import type { OwnCheckSource, Settings } from './domain/settings.ts'
import { type Instant, MINUTE, ms } from './domain/time.ts'

export type { ConfiguredSource } from './config/sources.ts'

export interface Config {
  /** Absolute path of the file. */
  readonly file: string
  readonly settings: Settings
  readonly sources: readonly ConfiguredSource[]
  /** Absolute path of the data folder. */
  readonly data: string
  readonly server: { readonly host: string; readonly port: number; readonly publicUrl: URL | null }
  /** Where people and machines reach us. */
  readonly origin: URL
  readonly webhooks: readonly Endpoint[]
  readonly everyMs: number
  readonly limits: { readonly requestMs: number; readonly pullMs: number }
  readonly network: {
    readonly allow: readonly string[]
    readonly proxy: URL | null
    /** PEM. */
    readonly ca: string | null
  }
  /** Where checkpoints leave the machine. */
  readonly ledger: {
    /** Absolute path of the file that they are appended to. */
    readonly checkpoints: string | null
    readonly timestamps: { readonly url: URL; readonly everyMs: number } | null
  }
  /** How long evidence is kept and which raw pages; whether a legal hold stops every deletion, or that of what is later. */
  readonly retention: {
    readonly days: number
    readonly raw: 'all' | 'daily'
    readonly hold: boolean
    readonly keepFrom: Instant | null
  }
  /** By their beginning, as written. */
  readonly periods: readonly AuditPeriod[]
  /** Absolute paths of the files that credentials stand in, this one among them where one is written out. */
  readonly secretFiles: readonly string[]
  /** Sections that are valid and not yet acted on by this release. */
  readonly waiting: readonly string[]
}

/** An audit period that somebody declared: from the first moment of its first day to the last of its last. */
export interface AuditPeriod {
  readonly id: string
  readonly title: string | null
  readonly from: Instant
  readonly to: Instant
}

export interface ConfigParts {
  connectors: readonly Connector[]
  /** Ours, and those of `checksFolder`. */
  checks: readonly Check[]
  /** Files of `checksFolder`, which somebody has read before: see `checksFolderOf`. */
  ownChecks?: readonly OwnCheckSource[]
  env: Environment
}

/** Valid sections that a later release acts on; whoever writes them is told. */
const WAITING = ['database'] as const

/** Reads and checks the file; throws AppError `configuration` whose message has a line per problem. */
export function loadConfig(file: string, parts: ConfigParts): Config {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw new AppError(
      'configuration',
      `${file} cannot be read (${(cause as NodeJS.ErrnoException).code}); run "exhibit init" to write a starter, or name another with --config`,
      { cause },
    )
  }
  return parseConfig(text, resolve(file), parts)
}

export function parseConfig(text: string, path: string, parts: ConfigParts): Config {
  const file = new Written(text, path)
  const filled = filledIn(file.value, [], file, parts.env) as Record<string, unknown>
  const { success, data: given, error } = fileSchema.safeParse(filled, { reportInput: true })
  if (!success) {
    file.problems.push(...describe(error.issues, [], file, jsonSchema()))
    return file.refuse()
  }
  const sources = readSources(given, filled['sources'] as unknown[], file, parts)
  complainOfNames(given, file)
  complainOfSense(given, file)
  const checks = readChecks(given, parts.checks, file)
  const network = networkOf(given, file)
  const webhooks = readWebhooks(given, file, parts.env)
  file.refuseIfWrong()
  return {
    file: path,
    settings: settingsOf(given, sources, checks, parts.ownChecks ?? []),
    sources,
    data: file.place(given.data),
    server: {
      host: given.server.host,
      port: given.server.port,
      publicUrl: given.server.publicUrl === undefined ? null : new URL(given.server.publicUrl),
    },
    origin: originOf(given.server),
    webhooks,
    everyMs: ms(given.schedule.every),
    limits: { requestMs: ms(given.limits.request), pullMs: ms(given.limits.pull) },
    network,
    ledger: ledgerOf(given, file),
    retention: retentionOf(given),
    periods: periodsOf(given),
    secretFiles: filesOf([writtenSecrets(file), endpointSecrets(file)], file, path),
    waiting: WAITING.filter((name) => {
      const value = filled[name]
      return value !== undefined && !(Array.isArray(value) && value.length === 0)
    }),
  }
}

function endpointSecrets(file: Written): readonly unknown[] {
  const { webhooks = [] } = file.value as { webhooks?: readonly { secret: unknown }[] }
  return webhooks.map(({ secret }) => secret)
}

function originOf({ publicUrl, host, port }: Given['server']): URL {
  return new URL(publicUrl ?? `http://${host.includes(':') ? `[${host}]` : host}:${port}`)
}

function networkOf({ network: { allow, proxy, ca } }: Given, file: Written): Config['network'] {
  return {
    allow,
    proxy: proxy === undefined ? null : new URL(proxy),
    ca: ca === undefined ? null : readText(file.place(ca), file.at(['network', 'ca']), file.problems),
  }
}

function retentionOf({ retention: { keepFrom, ...rule } }: Given): Config['retention'] {
  return { ...rule, keepFrom: keepFrom === undefined ? null : `${keepFrom}T00:00:00.000Z` }
}

function periodsOf({ periods }: Given): AuditPeriod[] {
  return periods
    .map(({ id, title, from, to }) => ({ id, title: title ?? null, from: beginningOf(from)!, to: momentOf(to)! }))
    .sort((a, b) => byText(a.from, b.from) || byText(a.id, b.id))
}

function ledgerOf({ ledger: { checkpoints, timestamps } = {} }: Given, file: Written): Config['ledger'] {
  return {
    checkpoints: checkpoints === undefined ? null : file.place(checkpoints),
    timestamps: timestamps === undefined ? null : { url: new URL(timestamps.url), everyMs: ms(timestamps.every) },
  }
}

/**
 * The folder of the operator's own checks, absolute; null where none is named. Read before everything else, because the
 * file may speak of its checks; what is wrong with the file itself is told by `loadConfig`.
 */
export function checksFolderOf(path: string, env: Environment): string | null {
  let named: unknown
  let file: Written
  try {
    file = new Written(readFileSync(path, 'utf8'), path)
    named = filledIn((file.value as { checksFolder?: unknown }).checksFolder, ['checksFolder'], file, env)
  } catch {
    return null
  }
  if (file.problems.length > 0 || typeof named !== 'string' || named.trim() === '') return null
  return file.place(named.trim())
}

function jsonSchema(): JsonSchema {
  return z.toJSONSchema(fileSchema, { io: 'input', unrepresentable: 'any' }) as JsonSchema
}

/** The whole file's JSON Schema, the connectors' own sections included: for editors that complete and check YAML. */
export function configJsonSchema(connectors: readonly Connector[]): object {
  const { properties, ...schema } = jsonSchema()
  const sources = {
    type: 'array',
    minItems: 1,
    items: { anyOf: connectors.map((connector) => connector.config.jsonSchema()) },
  }
  return { ...schema, properties: { ...properties, sources } }
}

/** What of a pull's time is for everything but attributes: they are read last, and must not run into the deadline. */
const BESIDE_ATTRIBUTES_MS = 2 * MINUTE

/** What a pull's attribute calls may take: half of the interval, and no more than its deadline leaves them. */
export function attributeBudgetMs({ everyMs, limits }: Pick<Config, 'everyMs' | 'limits'>): number {
  return Math.min(everyMs / 2, Math.max(limits.pullMs - BESIDE_ATTRIBUTES_MS, limits.pullMs / 2))
}
