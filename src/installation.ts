/**
 * One installation: configuration, database and clock, and what commands and pages do with them. Connectors, checks and
 * the database arrive as arguments; `main.ts` introduces them.
 */
import { readFile, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { setTimeout as realSleep } from 'node:timers/promises'
import type { Config, ConfiguredSource } from './config.ts'
import type { Check } from './domain/check.ts'
import type { Connector, Probe, RequestNote, Tools } from './domain/connector.ts'
import { AppError } from './domain/error.ts'
import { type Checkpoint, STAMP_FAILURE } from './domain/ledger.ts'
import type { Report } from './domain/report.ts'
import type { Settings } from './domain/settings.ts'
import type { Store } from './domain/store.ts'
import { fromMillis, HOUR, type Instant, plus } from './domain/time.ts'
import { sha256 } from './lib/digest.ts'
import type { GuardedClient } from './lib/http.ts'
import type { GuardedClientOptions } from './lib/http-call.ts'
import { lateClient } from './lib/http-late.ts'
import { type Clock, type RunOutcome, type RunParts, type RunRequest, runOnce } from './pipeline.ts'
import { type ClientOptions, type PullParts, saidOf } from './pull.ts'
import { type ReportParts, reportAt } from './report.ts'

/** Lets a checkpoint leave the machine (src/ledger/witnesses.ts). */
export type Witness = (
  checkpoint: Checkpoint,
  witnesses: {
    checkpoints: string | null
    timestamps: { url: URL; everyMs: number; earlyMs: number } | null
  },
  tools: {
    store: Store
    now(): Instant
    send(url: URL, query: Uint8Array): Promise<Uint8Array>
    failed(message: string | null): Promise<void>
  },
) => Promise<void>

export interface InstallationParts {
  config: Config
  checks: readonly Check[]
  store: Store
  /** The waits of pulls too; real ones by default. */
  clock: Clock & { sleep?(ms: number, signal: AbortSignal): Promise<void> }
  newId(): string
  /** Unguessable, URL-safe, at least 128 bits. */
  newToken(): string
  random(): number
  software: string
  build: string
  /** Who runs it, for the ledger: the login of the operating system. */
  actor: string
  /** Aborted when the process is asked to stop. */
  signal: AbortSignal
  report(error: unknown, where: string): void
  /** Told of every request to a vendor. */
  trace?(source: string, note: RequestNote): void
  /** Without one no checkpoint leaves the machine, whatever is configured. */
  witness?: Witness
  stage?: RunParts['stage']
}

export interface InstallationCore {
  readonly config: Config
  readonly checks: readonly Check[]
  readonly store: Store
  readonly sources: readonly {
    id: string
    kind: string
    connector: Connector
    /** Where requests go, if it is no host that the vendor publishes. */
    strangeHost: string | null
    /** Where requests go; null for files. */
    baseUrl: string | null
  }[]
  /** As configured now; a sealed run has its own. */
  readonly settings: Settings
  readonly waiting: readonly string[]
  readonly software: string
  now(): Instant
  sync(request: RunRequest, progress: PullParts['progress']): Promise<RunOutcome>
  /** @param how whether it is shown once and let go, as by a command, or kept whole for pages */
  report(asOf: Instant | 'latest', how?: Pick<ReportParts, 'once' | 'whole'>): Promise<Report>
  probe(source: string): Promise<Probe>
  /** A one-time sign-in link: good for an hour, used up by its button. */
  link(origin: URL): Promise<string>
  /** Lets a checkpoint leave the machine, as every run does with its own. */
  publish(checkpoint: Checkpoint): Promise<void>
  close(): Promise<void>
}

export const LINKS = 'link'

export function installation(parts: InstallationParts): InstallationCore {
  const { config, checks, store, clock } = parts
  const now = (): Instant => fromMillis(clock.wall())
  const sleep = sleepOf(clock)
  const connect = (options: ClientOptions): GuardedClient => lateClient(clientOptions(options, parts))
  const publish = async (checkpoint: Checkpoint): Promise<void> => {
    const { checkpoints, timestamps } = config.ledger
    const witnesses = {
      checkpoints,
      timestamps: timestamps === null ? null : { ...timestamps, earlyMs: config.everyMs },
    }
    const send = (url: URL, query: Uint8Array) => sendQuery(url, query, parts, connect, now)
    await parts.witness?.(checkpoint, witnesses, {
      store,
      now,
      send,
      failed: (message) => noteFailure(message, parts, now),
    })
  }
  return {
    config,
    checks,
    store,
    publish,
    sources: config.sources.map((source) => ({
      id: source.id,
      kind: source.connector.id,
      connector: source.connector,
      strangeHost: strangeHost(source),
      baseUrl: source.connector.baseUrl(source.config)?.href ?? null,
    })),
    settings: config.settings,
    waiting: config.waiting,
    software: parts.software,
    now,
    sync: (request, progress) =>
      runOnce(request, {
        config,
        checks,
        store,
        clock,
        newId: parts.newId,
        software: parts.software,
        build: parts.build,
        actor: parts.actor,
        connect,
        readFile: readRoster,
        sleep,
        signal: parts.signal,
        progress,
        report: parts.report,
        publish,
        ...(parts.stage === undefined ? {} : { stage: parts.stage }),
      }),
    report: (asOf, how = {}) =>
      reportAt(asOf, asOf === 'latest' ? now() : asOf, { config, checks, store, software: parts.software, ...how }),
    probe: (id) => probe(named(config, id), parts, connect, now),
    async link(origin) {
      const token = parts.newToken()
      // Only the digest is kept: who reads the database cannot sign in with it.
      await store.put(LINKS, sha256(token), {}, plus(now(), HOUR))
      return new URL(`/enter/${token}`, origin).href
    },
    close: () => store.close(),
  }
}

function strangeHost({ connector, config }: ConfiguredSource): string | null {
  const base = connector.baseUrl(config)
  return base === null || connector.isVendorHost(base) ? null : base.host
}

async function noteFailure(message: string | null, { store }: InstallationParts, now: () => Instant): Promise<void> {
  const { area, key } = STAMP_FAILURE
  if (message === null) await store.take(area, key, now())
  else await store.put(area, key, { message }, null)
}

/** A time stamp query by RFC 3161 section 3.4; safe to repeat, as a second stamp of the same says nothing else. */
async function sendQuery(
  url: URL,
  query: Uint8Array,
  { config, signal }: InstallationParts,
  connect: PullParts['connect'],
  now: () => Instant,
): Promise<Uint8Array> {
  const deadlineMs = config.limits.requestMs * 2
  const client = connect({
    source: 'ledger.timestamps',
    base: url,
    deadlineMs,
    requestsPerSecond: null,
    signal,
    now,
    note: () => {},
  })
  try {
    const { body } = await client.request({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/timestamp-query', accept: 'application/timestamp-reply' },
      body: query,
      place: 'time stamp',
      contentType: 'timestamp-reply',
      maxBytes: 2 ** 20,
      tries: 2,
    })
    return body
  } finally {
    await client.close()
  }
}

function sleepOf(clock: InstallationParts['clock']): (ms: number, signal: AbortSignal) => Promise<void> {
  return clock.sleep ?? ((ms, signal) => realSleep(ms, undefined, { signal }))
}

function named(config: Config, id: string): ConfiguredSource {
  const source = config.sources.find((candidate) => candidate.id === id)
  if (source === undefined) throw new AppError('usage', `there is no source "${id}"`)
  return source
}

function clientOptions(options: ClientOptions, parts: InstallationParts): GuardedClientOptions {
  const { clock, config } = parts
  return {
    source: options.source,
    base: options.base,
    allow: config.network.allow,
    limits: { requestMs: config.limits.requestMs, deadlineAt: clock.monotonic() + options.deadlineMs },
    requestsPerSecond: options.requestsPerSecond,
    clock: {
      now: () => new Date(options.now()),
      monotonic: clock.monotonic,
      sleep: sleepOf(clock),
    },
    random: parts.random,
    signal: options.signal,
    note(note) {
      options.note(note)
      parts.trace?.(options.source, note)
    },
    failure: (code, message, details) => new AppError(code, message, details),
    userAgent: `exhibit/${parts.software}`,
    ...(config.network.proxy === null ? {} : { proxy: config.network.proxy.href }),
    ...(config.network.ca === null ? {} : { ca: config.network.ca }),
  }
}

async function readRoster(path: string): ReturnType<Tools['readFile']> {
  try {
    const [body, info] = await Promise.all([readFile(path), stat(path)])
    return { body, modifiedAt: info.mtime.toISOString() }
  } catch (cause) {
    throw new AppError(
      'file_unreadable',
      `${basename(path)}: reading ${path} failed (${(cause as NodeJS.ErrnoException).code}); create the file or correct \`path\` of its source`,
      { cause },
    )
  }
}

async function probe(
  source: ConfiguredSource,
  parts: InstallationParts,
  connect: PullParts['connect'],
  now: () => Instant,
): Promise<Probe> {
  const base = source.connector.baseUrl(source.config)
  const signal = AbortSignal.any([parts.signal, AbortSignal.timeout(parts.config.limits.pullMs)])
  const client =
    base === null
      ? null
      : connect({
          source: source.id,
          base,
          deadlineMs: parts.config.limits.requestMs * 2,
          requestsPerSecond: source.requestsPerSecond,
          signal,
          now,
          note: () => {},
        })
  try {
    return await source.connector.probe(source.current(), {
      request:
        client?.request ??
        (() => Promise.reject(new AppError('internal', `${source.id}: a file source has no network`))),
      readFile: readRoster,
      now,
      sleep: (ms) => sleepOf(parts.clock)(ms, signal),
      signal,
      progress: () => {},
    })
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    throw new AppError(error.code, saidOf(source, error.message), { cause: error })
  } finally {
    await client?.close()
  }
}
