/**
 * The only reader of the environment and of `exhibit.yaml`: each setting's name, default, unit. Strict: an unknown key is
 * an error that names the key, its line and the nearest valid key. What a verdict rests on (`settings`) leaves here
 * complete and without credentials; everything else stays on the way in.
 */
import { readFileSync } from 'node:fs'
import { basename, dirname, isAbsolute, resolve } from 'node:path'
import ipaddr from 'ipaddr.js'
import { isMap, LineCounter, type Node, parseDocument, type Document as YamlDocument } from 'yaml'
import { z } from 'zod'
import type { Check, Parameter } from './domain/check.ts'
import type { Connector } from './domain/connector.ts'
import { AppError } from './domain/error.ts'
import type { JsonValue } from './domain/json.ts'
import { isProblem, parseCondition } from './domain/posture.ts'
import { PRESETS } from './domain/presets.ts'
import type { OwnCheckSource, Settings, SourceSettings } from './domain/settings.ts'
import { durationMs, isCivilDate, MINUTE, ms } from './domain/time.ts'
import { sha256 } from './lib/digest.ts'

export interface ConfiguredSource {
  readonly id: string
  readonly connector: Connector
  /** As the connector's own schema parsed it, credential included. */
  readonly config: unknown
  readonly freshnessMs: number
  readonly requestsPerSecond: number | null
  /** SHA-256 of the section without its credential: a change makes the source due at once. */
  readonly digest: string
}

export interface Config {
  /** Absolute path of the file. */
  readonly file: string
  readonly settings: Settings
  readonly sources: readonly ConfiguredSource[]
  /** Absolute path of the data folder. */
  readonly data: string
  readonly server: { readonly host: string; readonly port: number; readonly publicUrl: URL | null }
  readonly everyMs: number
  readonly limits: { readonly requestMs: number; readonly pullMs: number }
  readonly network: {
    readonly allow: readonly string[]
    readonly proxy: URL | null /** PEM. */
    readonly ca: string | null
  }
  /** Where checkpoints leave the machine. */
  readonly ledger: {
    /** Absolute path of the file that they are appended to. */
    readonly checkpoints: string | null
    readonly timestamps: { readonly url: URL; readonly everyMs: number } | null
  }
  /** Sections that are valid and not yet acted on by this release. */
  readonly waiting: readonly string[]
}

export interface ConfigParts {
  connectors: readonly Connector[]
  /** Ours, and those of `checksFolder`. */
  checks: readonly Check[]
  /** Files of `checksFolder`, which somebody has read before: see `checksFolderOf`. */
  ownChecks?: readonly OwnCheckSource[]
  env: Readonly<Record<string, string | undefined>>
}

// ── shapes ─────────────────────────────────────────────────────────────────────────────────────────────────────────

const duration = z
  .string()
  .refine((text) => durationMs(text) !== null, { error: 'is no duration: write 30s, 15m, 24h or 90d' })
  .describe('a duration: 30s, 15m, 24h, 90d')
const civilDate = z.preprocess(
  (value) => (value instanceof Date ? value.toISOString().slice(0, 10) : value),
  z.string().refine(isCivilDate, { error: 'is no date: write YYYY-MM-DD' }),
)
const id = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, { error: 'must be lower-case letters, digits and dashes' })
const email = z.string().regex(/^[^@\s]+@[^@\s]+$/, { error: 'is no e-mail address' })
const text = z.string().trim().min(1, { error: 'must not be empty' })
const cidr = z
  .string()
  .refine((value) => ipaddr.isValidCIDR(value), { error: 'is no CIDR: write 10.0.0.0/8 or fd00::/8' })
const url = z.string().refine((value) => URL.canParse(value) && /^https?:$/.test(new URL(value).protocol), {
  error: 'is no http(s) URL',
})
const timeZone = z.string().refine(isTimeZone, { error: 'is no IANA time zone: write UTC or Europe/Berlin' })
const oneOrMore = z
  .union([text, z.array(text).min(1)])
  .transform((value) => (typeof value === 'string' ? [value] : value))

function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return true
  } catch {
    return false
  }
}

const fileSchema = z.strictObject({
  organization: z.strictObject({ id, name: text, timeZone: timeZone.default('UTC') }),
  data: text.default('./data'),
  database: text.optional(),
  server: z
    .strictObject({
      host: text.default('127.0.0.1'),
      port: z.int().min(0).max(65535).default(8787),
      publicUrl: url.optional(),
      trustedProxies: z.array(cidr).default([]),
    })
    .prefault({}),
  schedule: z.strictObject({ every: duration.default('15m') }).prefault({}),
  freshness: duration.default('60m'),
  limits: z.strictObject({ request: duration.default('30s'), pull: duration.default('10m') }).prefault({}),
  retention: z
    .strictObject({ days: z.int().min(1).default(760), raw: z.enum(['all', 'daily']).default('all') })
    .prefault({}),
  sla: z
    .strictObject({
      critical: duration.default('24h'),
      high: duration.default('7d'),
      medium: duration.default('30d'),
      low: duration.default('90d'),
    })
    .prefault({}),
  ledger: z
    .strictObject({
      checkpoints: text.optional(),
      timestamps: z.strictObject({ url, every: duration.default('24h') }).optional(),
    })
    .optional(),
  sources: z
    .array(z.looseObject({ id, kind: text, freshness: duration.optional() }))
    .min(1, { error: 'names no source' }),
  people: z
    .strictObject({ aliases: z.record(text, email).default({}), serviceAccounts: z.array(text).default([]) })
    .prefault({}),
  criticalSystems: z
    .array(
      z.strictObject({
        id,
        source: id,
        access: z
          .array(
            z.strictObject({
              roles: z.array(text).min(1),
              people: z.record(text, oneOrMore).optional(),
            }),
          )
          .optional(),
        offboarding: z.strictObject({ within: duration.default('24h') }).prefault({}),
      }),
    )
    .default([]),
  deviceTrust: z
    .strictObject({
      scope: z
        .strictObject({
          os: z.array(text).min(1).default(['macos', 'windows', 'linux']),
          tagged: z.boolean().default(false),
        })
        .prefault({}),
      postures: z.record(text, z.array(text).min(1)).default({}),
      require: z
        .strictObject({ allOf: z.array(text).default([]), anyOf: z.array(text).default([]) })
        .refine((value) => value.allOf.length + value.anyOf.length > 0, { error: 'requires nothing' })
        .optional(),
    })
    .prefault({}),
  checks: z
    .record(
      text,
      z
        .strictObject({
          enabled: z.boolean().default(true),
          because: text.optional(),
          params: z.record(text, z.unknown()).default({}),
        })
        .refine((value) => value.enabled || value.because !== undefined, {
          error: 'is disabled without a `because`',
        }),
    )
    .default({}),
  checksFolder: text.optional(),
  controls: z
    .array(
      z.strictObject({
        id: text,
        text,
        owner: email.optional(),
        criteria: z.record(text, z.array(text)).default({}),
        checks: z.array(text).min(1),
      }),
    )
    .default([]),
  waivers: z
    .array(
      z
        .strictObject({
          id: text,
          check: text,
          subject: text,
          owner: email,
          approver: email,
          reason: text,
          compensating: text.optional(),
          created: civilDate,
          expires: civilDate,
        })
        .refine((value) => value.approver.toLowerCase() !== value.owner.toLowerCase(), {
          error: 'is approved by its own owner: the approver is another person',
          path: ['approver'],
        })
        .refine((value) => value.expires > value.created && value.expires <= yearAfter(value.created), {
          error: 'must end after it was created and at most 12 months later',
          path: ['expires'],
        }),
    )
    .default([]),
  attestations: z
    .array(
      z
        .strictObject({
          id: text,
          check: text,
          system: id.optional(),
          answer: z.enum(['pass', 'fail']),
          by: email,
          on: civilDate,
          until: civilDate,
          note: text.optional(),
        })
        .refine((value) => value.until >= value.on, { error: 'ends before it was made', path: ['until'] }),
    )
    .default([]),
  webhooks: z
    .array(
      z.strictObject({
        id,
        url,
        secret: z.union([text, z.array(text).min(1)]),
        events: z.array(text).default(['*']),
      }),
    )
    .default([]),
  network: z
    .strictObject({ allow: z.array(cidr).default([]), proxy: url.optional(), ca: text.optional() })
    .prefault({}),
})

function yearAfter(date: string): string {
  return `${Number(date.slice(0, 4)) + 1}${date.slice(4)}`
}

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

/** Valid sections that a later release acts on; whoever writes them is told. */
const WAITING = ['database', 'webhooks'] as const

// ── reading ────────────────────────────────────────────────────────────────────────────────────────────────────────

type Path = readonly PropertyKey[]

/** Positions of the file, for errors that name a line. */
class Source {
  readonly file: string
  readonly #document: YamlDocument
  readonly #lines: LineCounter
  constructor(file: string, document: YamlDocument, lines: LineCounter) {
    this.file = basename(file)
    this.#document = document
    this.#lines = lines
  }
  /** "exhibit.yaml:12" of the deepest node on the path that exists. */
  at(path: Path): string {
    for (let length = path.length; length >= 0; length--) {
      const offset = this.#offset(path.slice(0, length))
      if (offset !== null) return `${this.file}:${this.#lines.linePos(offset).line}`
    }
    return this.file
  }
  #offset(path: Path): number | null {
    const parent = path.length === 0 ? null : (this.#document.getIn(path.slice(0, -1), true) as Node | undefined)
    const key = path.at(-1)
    if (isMap(parent)) {
      const pair = parent.items.find(
        (item) => String((item.key as { value?: unknown })?.value ?? item.key) === String(key),
      )
      const range = (pair?.key as Node | null | undefined)?.range
      if (range != null) return range[0]
    }
    const node = path.length === 0 ? this.#document.contents : (this.#document.getIn(path, true) as Node | undefined)
    return (node as Node | null | undefined)?.range?.[0] ?? null
  }
}

function refuse(lines: readonly string[]): never {
  throw new AppError('configuration', lines.join('\n'))
}

function nearest(word: string, words: readonly string[]): string | null {
  let best: string | null = null
  let bestDistance = Math.max(2, Math.floor(word.length / 2))
  for (const candidate of words) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (distance <= bestDistance) {
      best = candidate
      bestDistance = distance - 1
    }
  }
  return best
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1))
    }
    row = next
  }
  return row[b.length]!
}

function didYouMean(word: string, words: readonly string[]): string {
  const best = nearest(word, words)
  return best === null ? `valid are ${[...words].sort().join(', ')}` : `did you mean "${best}"?`
}

type JsonSchema = {
  properties?: Record<string, JsonSchema>
  items?: JsonSchema
  anyOf?: JsonSchema[]
  additionalProperties?: unknown
}

/** Property names that the schema knows at a path. */
function keysAt(schema: JsonSchema, path: Path): string[] {
  let candidates: JsonSchema[] = [schema]
  for (const step of path) {
    candidates = candidates
      .flatMap((candidate) => [candidate, ...(candidate.anyOf ?? [])])
      .flatMap((candidate) => {
        const under =
          typeof step === 'number'
            ? candidate.items
            : (candidate.properties?.[String(step)] ?? candidate.additionalProperties)
        return under !== undefined && typeof under === 'object' ? [under as JsonSchema] : []
      })
  }
  return candidates
    .flatMap((candidate) => [candidate, ...(candidate.anyOf ?? [])])
    .flatMap((candidate) => Object.keys(candidate.properties ?? {}))
}

function describe(issues: readonly z.core.$ZodIssue[], prefix: Path, source: Source, schema: JsonSchema): string[] {
  return issues.flatMap((issue) => {
    const path = [...prefix, ...issue.path]
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map(
        (key) =>
          `${source.at([...path, key])}: unknown key "${key}"${under(path)}; ${didYouMean(key, keysAt(schema, issue.path))}`,
      )
    }
    if (issue.code === 'invalid_union') {
      const inner = issue.errors.toSorted((a, b) => a.length - b.length)[0]
      if (inner !== undefined && inner.length > 0) return describe(inner, path, source, schema)
    }
    const missing =
      issue.code === 'invalid_type' && issue.input === undefined && /received undefined/.test(issue.message)
    return [
      `${source.at(path)}: ${path.map(String).join('.') || 'the file'} ${missing ? 'is missing' : issue.message.replace(/^Invalid input: /, 'is wrong: ')}`,
    ]
  })
}

function under(path: Path): string {
  return path.length === 0 ? '' : ` under ${path.map(String).join('.')}`
}

/** Fills in `${NAME}` and `${file:PATH}` where they may stand and refuses them elsewhere. */
function interpolate(
  value: unknown,
  path: string[],
  env: ConfigParts['env'],
  folder: string,
  source: Source,
  problems: string[],
): unknown {
  if (Array.isArray(value))
    return value.map((item, index) => interpolate(item, [...path, String(index)], env, folder, source, problems))
  if (value !== null && typeof value === 'object' && !(value instanceof Date)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        key,
        interpolate(item, [...path, key], env, folder, source, problems),
      ]),
    )
  }
  if (typeof value !== 'string' || !value.includes('${')) return value
  const where = source.at(path.map((step) => (/^\d+$/.test(step) ? Number(step) : step)))
  const allowed = INTERPOLATED.some(
    (pattern) => pattern.length === path.length && pattern.every((step, index) => step === '*' || step === path[index]),
  )
  if (!allowed) {
    problems.push(`${where}: ${path.join('.')} may not be read from outside; write it out, a verdict may rest on it`)
    return value
  }
  return value.replace(/\$\{([^}]*)\}/g, (_, name: string) => {
    if (name.startsWith('file:')) {
      return readText(
        isAbsolute(name.slice(5)) ? name.slice(5) : resolve(folder, name.slice(5)),
        where,
        problems,
      ).trim()
    }
    const found = env[name]
    if (found === undefined || found === '')
      problems.push(`${where}: the environment variable ${name} of ${path.join('.')} is not set`)
    return found ?? ''
  })
}

function readText(file: string, where: string, problems: string[]): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    problems.push(
      `${where}: the file ${file} cannot be read (${(cause as NodeJS.ErrnoException).code}); create it or correct the path`,
    )
    return ''
  }
}

/** Reads and checks the file; throws AppError `configuration` whose message has a line per problem. */
export function loadConfig(file: string, parts: ConfigParts): Config {
  let textOfFile: string
  try {
    textOfFile = readFileSync(file, 'utf8')
  } catch (cause) {
    throw new AppError(
      'configuration',
      `${file} cannot be read (${(cause as NodeJS.ErrnoException).code}); run "exhibit init" to write a starter, or name another with --config`,
      { cause },
    )
  }
  return parseConfig(textOfFile, resolve(file), parts)
}

/**
 * The folder of the operator's own checks, absolute; null where none is named. Read before everything else, because the
 * file may speak of its checks; what is wrong with the file itself is told by `loadConfig`.
 */
export function checksFolderOf(file: string, env: ConfigParts['env']): string | null {
  let named: unknown
  const lines = new LineCounter()
  try {
    const document = parseDocument(readFileSync(file, 'utf8'), {
      lineCounter: lines,
      prettyErrors: false,
      version: '1.2',
    })
    if (document.errors.length > 0) return null
    const source = new Source(file, document, lines)
    const problems: string[] = []
    named = interpolate(document.get('checksFolder'), ['checksFolder'], env, dirname(resolve(file)), source, problems)
    if (problems.length > 0) return null
  } catch {
    return null
  }
  return typeof named === 'string' && named.trim() !== '' ? resolve(dirname(resolve(file)), named.trim()) : null
}

export function parseConfig(textOfFile: string, file: string, parts: ConfigParts): Config {
  const lines = new LineCounter()
  const document = parseDocument(textOfFile, { lineCounter: lines, prettyErrors: false, version: '1.2' })
  const source = new Source(file, document, lines)
  if (document.errors.length > 0) {
    refuse(
      document.errors.map(
        (error) => `${source.file}:${lines.linePos(error.pos[0]).line}: ${error.message.split('\n')[0]}`,
      ),
    )
  }
  const folder = dirname(file)
  const problems: string[] = []
  const raw = interpolate(document.toJS() ?? {}, [], parts.env, folder, source, problems)
  const schema = z.toJSONSchema(fileSchema, { io: 'input', unrepresentable: 'any' }) as JsonSchema
  const parsed = fileSchema.safeParse(raw, { reportInput: true })
  if (!parsed.success) refuse([...problems, ...describe(parsed.error.issues, [], source, schema)])
  const given = parsed.data
  const sources = readSources(given, raw as { sources: unknown[] }, parts, folder, source, problems)
  checkCriticalSystems(given, source, problems)
  refuseSameIds(given, source, problems)
  checkRequiredPostures(given, source, problems)
  checkConditions(given, source, problems)
  const checks = readChecks(given, parts.checks, source, problems)
  const path = (value: string): string => (isAbsolute(value) ? value : resolve(folder, value))
  const ca =
    given.network.ca === undefined ? null : readText(path(given.network.ca), source.at(['network', 'ca']), problems)
  if (problems.length > 0) refuse(problems)

  const settings: Settings = {
    organization: given.organization,
    demo: false,
    sources: sources.map((entry): SourceSettings => {
      const own = entry.config as { syncWindow?: string; attributeFreshness?: string; allowWrite?: boolean }
      return {
        id: entry.id,
        kind: entry.connector.id,
        freshnessMs: entry.freshnessMs,
        syncWindowMs: own.syncWindow === undefined ? null : ms(own.syncWindow),
        attributeFreshnessMs: own.attributeFreshness === undefined ? null : ms(own.attributeFreshness),
        allowWrite: own.allowWrite === true,
      }
    }),
    people: given.people,
    criticalSystems: given.criticalSystems.map((system) => ({
      id: system.id,
      source: system.source,
      access: system.access?.map((line) => ({ roles: line.roles, people: line.people ?? null })) ?? null,
      offboardingWithinMs: ms(system.offboarding.within),
    })),
    deviceTrust: {
      scope: { os: given.deviceTrust.scope.os.map((os) => os.toLowerCase()), tagged: given.deviceTrust.scope.tagged },
      postures: given.deviceTrust.postures,
      require: given.deviceTrust.require ?? null,
    },
    slaMs: {
      critical: ms(given.sla.critical),
      high: ms(given.sla.high),
      medium: ms(given.sla.medium),
      low: ms(given.sla.low),
    },
    checks,
    waivers: given.waivers.map(({ compensating: _, ...waiver }) => waiver),
    attestations: given.attestations.map((entry) => ({
      ...entry,
      system: entry.system ?? null,
      note: entry.note ?? null,
    })),
    controls: given.controls.map((control) => ({ ...control, owner: control.owner ?? null })),
    ownChecks: parts.ownChecks ?? [],
  }
  return {
    file,
    settings,
    sources,
    data: path(given.data),
    server: {
      host: given.server.host,
      port: given.server.port,
      publicUrl: given.server.publicUrl === undefined ? null : new URL(given.server.publicUrl),
    },
    everyMs: ms(given.schedule.every),
    limits: { requestMs: ms(given.limits.request), pullMs: ms(given.limits.pull) },
    network: {
      allow: given.network.allow,
      proxy: given.network.proxy === undefined ? null : new URL(given.network.proxy),
      ca,
    },
    ledger: ledgerOf(given.ledger, path),
    waiting: WAITING.filter((name) => {
      const value = (raw as Record<string, unknown>)[name]
      return value !== undefined && !(Array.isArray(value) && value.length === 0)
    }),
  }
}

type Given = z.output<typeof fileSchema>

function ledgerOf(given: Given['ledger'], path: (value: string) => string): Config['ledger'] {
  const { checkpoints, timestamps } = given ?? {}
  return {
    checkpoints: checkpoints === undefined ? null : path(checkpoints),
    timestamps: timestamps === undefined ? null : { url: new URL(timestamps.url), everyMs: ms(timestamps.every) },
  }
}

/** Freshness of sources that do not change by themselves; counted from the file's modification time. */
const OWN_FRESHNESS: Readonly<Record<string, string>> = { csv: '7d' }

function readSources(
  given: Given,
  raw: { sources: unknown[] },
  parts: ConfigParts,
  folder: string,
  source: Source,
  problems: string[],
): ConfiguredSource[] {
  const seen = new Set<string>()
  return given.sources.flatMap((section, index) => {
    const at = (key: string): string => source.at(['sources', index, key])
    if (seen.has(section.id)) problems.push(`${at('id')}: two sources are called "${section.id}"`)
    seen.add(section.id)
    const kind = section.kind === 'iru' ? 'kandji' : section.kind
    const connector = parts.connectors.find((candidate) => candidate.id === kind)
    if (connector === undefined) {
      problems.push(
        `${at('kind')}: there is no source kind "${section.kind}"; ${didYouMean(
          section.kind,
          parts.connectors.map((one) => one.id),
        )}`,
      )
      return []
    }
    const input = { ...(raw.sources[index] as Record<string, unknown>), kind }
    let config: unknown
    try {
      config = connector.config.parse(input)
    } catch (error) {
      if (error instanceof z.ZodError)
        problems.push(
          ...describe(error.issues, ['sources', index], source, connector.config.jsonSchema() as JsonSchema),
        )
      else if (error instanceof AppError) problems.push(`${source.at(['sources', index])}: ${error.message}`)
      else throw error
      return []
    }
    for (const key of ['freshness', 'syncWindow', 'attributeFreshness'] as const) {
      const value = (config as Record<string, unknown>)[key]
      if (value !== undefined && (typeof value !== 'string' || durationMs(value) === null)) {
        problems.push(`${at(key)}: sources.${index}.${key} is no duration: write 30s, 15m, 24h or 90d`)
        return []
      }
    }
    const own = config as { path?: string; requestsPerSecond?: number }
    const placed =
      own.path === undefined ? config : { ...own, path: isAbsolute(own.path) ? own.path : resolve(folder, own.path) }
    const { credential: _, webhookSecret: __, ...open } = input as Record<string, unknown>
    return [
      {
        id: section.id,
        connector,
        config: placed,
        freshnessMs: ms(section.freshness ?? OWN_FRESHNESS[kind] ?? given.freshness),
        requestsPerSecond: own.requestsPerSecond ?? null,
        digest: sha256(JSON.stringify(open)),
      },
    ]
  })
}

/** An id stands for one thing, for ever. */
function refuseSameIds(given: Given, source: Source, problems: string[]): void {
  for (const list of ['criticalSystems', 'waivers', 'attestations', 'webhooks', 'controls'] as const) {
    const seen = new Set<string>()
    for (const [index, { id }] of given[list].entries()) {
      if (seen.has(id)) problems.push(`${source.at([list, index, 'id'])}: two ${NAMES[list]} are called "${id}"`)
      seen.add(id)
    }
  }
}

const NAMES = {
  criticalSystems: 'critical systems',
  waivers: 'waivers',
  attestations: 'attestations',
  webhooks: 'webhooks',
  controls: 'controls',
} as const

/** A condition that nobody can read is never met: every device would be untrusted for a slip of the pen. */
function checkConditions({ deviceTrust }: Given, source: Source, problems: string[]): void {
  for (const [name, conditions] of Object.entries(deviceTrust.postures)) {
    for (const [index, text] of conditions.entries()) {
      const read = parseCondition(text)
      if (!isProblem(read)) continue
      problems.push(
        `${source.at(['deviceTrust', 'postures', name, index])}: the condition "${text}" cannot be read: ${read.problem}`,
      )
    }
  }
}

/** A name that nothing bears would make every device untrusted, or unknown, for a slip of the pen. */
function checkRequiredPostures({ deviceTrust }: Given, source: Source, problems: string[]): void {
  const own = Object.keys(deviceTrust.postures)
  for (const list of ['allOf', 'anyOf'] as const) {
    for (const [index, name] of (deviceTrust.require?.[list] ?? []).entries()) {
      // Those of the tailnet's policy file are known only once it was read.
      if (own.includes(name) || PRESETS.has(name) || name.startsWith('posture:')) continue
      problems.push(
        `${source.at(['deviceTrust', 'require', list, index])}: deviceTrust.require.${list}.${index} "${name}" is no posture; ${didYouMean(name, [...own, ...PRESETS.keys()])}`,
      )
    }
  }
}

function checkCriticalSystems(given: Given, source: Source, problems: string[]): void {
  const taken = new Set<string>()
  for (const [index, system] of given.criticalSystems.entries()) {
    const at = source.at(['criticalSystems', index, 'source'])
    const target = given.sources.find((candidate) => candidate.id === system.source)
    if (target === undefined)
      problems.push(
        `${at}: criticalSystems.${index}.source "${system.source}" is no source; ${didYouMean(
          system.source,
          given.sources.map((one) => one.id),
        )}`,
      )
    else if (target.kind !== 'tailscale')
      problems.push(`${at}: criticalSystems.${index}.source "${system.source}" is no tailnet`)
    if (taken.has(system.source)) problems.push(`${at}: two critical systems speak of source "${system.source}"`)
    taken.add(system.source)
  }
}

function readChecks(given: Given, known: readonly Check[], source: Source, problems: string[]): Settings['checks'] {
  const settings: Record<string, Settings['checks'][string]> = {}
  const find = (name: string): Check | undefined => known.find((check) => check.id === name || check.ref === name)
  for (const [name, entry] of Object.entries(given.checks)) {
    const check = find(name)
    if (check === undefined) {
      problems.push(
        `${source.at(['checks', name])}: there is no check "${name}"; ${didYouMean(
          name,
          known.map((one) => one.id),
        )}`,
      )
      continue
    }
    if (settings[check.id] !== undefined) {
      problems.push(`${source.at(['checks', name])}: check ${check.id} (${check.ref}) is set twice`)
      continue
    }
    for (const [parameter, value] of Object.entries(entry.params)) {
      const at = source.at(['checks', name, 'params', parameter])
      const definition = check.parameters[parameter]
      if (definition === undefined) {
        problems.push(
          `${at}: check ${check.id} has no parameter "${parameter}"; ${didYouMean(parameter, Object.keys(check.parameters))}`,
        )
        continue
      }
      const wrong = wrongValue(definition, value)
      if (wrong !== null) problems.push(`${at}: parameter ${parameter} of ${check.id} ${wrong}`)
    }
    settings[check.id] = {
      enabled: entry.enabled,
      because: entry.because ?? null,
      params: entry.params as Record<string, JsonValue>,
    }
  }
  for (const [index, control] of given.controls.entries()) {
    for (const [place, name] of control.checks.entries()) {
      if (find(name) !== undefined) continue
      problems.push(
        `${source.at(['controls', index, 'checks', place])}: control ${control.id}: there is no check "${name}"; ${didYouMean(
          name,
          known.flatMap((one) => [one.id, one.ref]),
        )}`,
      )
    }
  }
  for (const list of ['waivers', 'attestations'] as const) {
    for (const [index, entry] of given[list].entries()) {
      if (find(entry.check) === undefined) {
        problems.push(
          `${source.at([list, index, 'check'])}: there is no check "${entry.check}"; ${didYouMean(
            entry.check,
            known.map((one) => one.id),
          )}`,
        )
      }
    }
  }
  return settings
}

/** What is wrong with a parameter's value, in words; null when nothing is. */
function wrongValue(parameter: Parameter, value: unknown): string | null {
  switch (parameter.type) {
    case 'duration': {
      const length = typeof value === 'string' ? durationMs(value) : null
      if (length === null) return 'is no duration: write 15m, 24h or 90d'
      if (parameter.min !== undefined && length < ms(parameter.min)) return `must be at least ${parameter.min}`
      if (parameter.max !== undefined && length > ms(parameter.max)) return `must be at most ${parameter.max}`
      return null
    }
    case 'number':
      if (typeof value !== 'number' || Number.isNaN(value)) return `must be a number of ${parameter.unit}`
      return value < parameter.min || value > parameter.max
        ? `must lie between ${parameter.min} and ${parameter.max} ${parameter.unit}`
        : null
    case 'text':
      return typeof value === 'string' ? null : 'must be a text'
    case 'flag':
      return typeof value === 'boolean' ? null : 'must be true or false'
    case 'list':
      return Array.isArray(value) && value.every((item) => typeof item === 'string') ? null : 'must be a list of texts'
    case 'approved':
      return Array.isArray(value) &&
        value.every(
          (item) => typeof item?.subject === 'string' && typeof item?.because === 'string' && item.because !== '',
        )
        ? null
        : 'must be a list of { subject, because }'
    case 'map':
      return value !== null &&
        typeof value === 'object' &&
        !Array.isArray(value) &&
        Object.values(value).every((item) => typeof item === 'string')
        ? null
        : 'must map ids to e-mail addresses'
  }
}

/** The whole file's JSON Schema, the connectors' own sections included: for editors that complete and check YAML. */
export function configJsonSchema(connectors: readonly Connector[]): object {
  const schema = z.toJSONSchema(fileSchema, { io: 'input', unrepresentable: 'any' }) as unknown as {
    properties: Record<string, unknown>
  }
  schema.properties['sources'] = {
    type: 'array',
    minItems: 1,
    items: { anyOf: connectors.map((connector) => connector.config.jsonSchema()) },
  }
  return schema
}

/** What of a pull's time is for everything but attributes: they are read last, and must not run into the deadline. */
const BESIDE_ATTRIBUTES_MS = 2 * MINUTE

/** What a pull's attribute calls may take: half of the interval, and no more than its deadline leaves them. */
export function attributeBudgetMs({ everyMs, limits }: Pick<Config, 'everyMs' | 'limits'>): number {
  return Math.min(everyMs / 2, Math.max(limits.pullMs - BESIDE_ATTRIBUTES_MS, limits.pullMs / 2))
}
