/**
 * Everything that runs while we serve, put together: schedule, thread of the runs, sender, pages and API. Used by `serve`
 * and `demo`, and by the benchmarks.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as realSleep } from 'node:timers/promises'
import { secretsIn } from './config/secrets.ts'
import type { Config, ConfiguredSource } from './config.ts'
import { AppError } from './domain/error.ts'
import { createApp } from './http/app.tsx'
import { keyActs } from './http/keys.ts'
import { listen } from './http/listen.ts'
import { metrics } from './http/metrics.ts'
import type { HttpParts } from './http/parts.ts'
import { canonicalJson } from './lib/canonical-json.ts'
import { sha256 } from './lib/digest.ts'
import { errorFields, type Log } from './lib/log.ts'
import { newToken, type Opened } from './opening.ts'
import { outputs } from './outputs/index.ts'
import { reviewStates } from './reviewing/index.ts'
import { sending, webhookActs } from './sending.ts'
import { type Service, service } from './service.ts'
import { version } from './software.ts'
import { makeFile, runThread, type ThreadData, workOutPeriod } from './thread.ts'

export interface ServingParts {
  readonly core: Opened
  /** What a thread opens the same installation with. */
  readonly data: ThreadData
  readonly log: Log
  readonly host: string
  readonly port: number
  /** Another port where that one is taken. */
  readonly fallback: boolean
}

export interface Serving {
  readonly url: URL
  readonly running: Service
  /** Finishes or discards what is under way, within a bound. */
  stop(): Promise<void>
}

export async function startServing({ core, data, log, host, port, fallback }: ServingParts): Promise<Serving> {
  const { config, store } = core
  const noted = (error: unknown): string => {
    const id = randomUUID().slice(0, 8)
    log.error(`internal error ${id}`, errorFields(error))
    return id
  }
  const sender = await sending({
    core,
    notice: (endpoint, says) => log.warn(says, endpoint === null ? {} : { endpoint }),
    report: (error, where) => log.error(`internal error (${where})`, errorFields(error)),
  })
  const runs = runThread({ data, log })
  const measured = metrics({
    version,
    now: core.now,
    states: async () => {
      const histories = await Promise.all(config.sources.map(({ id }) => store.history(id, core.now())))
      return histories.flatMap((history) => history?.state ?? [])
    },
    endpoints: () => store.endpoints(config.webhooks.map(({ id }) => id)),
    process: true,
  })
  const running = service({
    sources: config.sources.map((source) => ({ id: source.id, digest: source.digest, stamp: () => stampOf(source) })),
    everyMs: config.everyMs,
    now: core.now,
    monotonic: () => performance.now(),
    sleep: (ms, signal) => realSleep(ms, undefined, { signal }),
    run: runs.run,
    history: store.history,
    trouble(error) {
      if (error instanceof AppError && error.code !== 'internal') {
        // Of a thread that died the error is told where it was noticed; to be stopped is none.
        log[error.code === 'interrupted' ? 'info' : 'error'](error.message)
        return error.message
      }
      return `Internal error ${noted(error)}; the log has it in full.`
    },
    ended(news, ms) {
      measured.ran(news, ms)
      sender.nudge()
      if (news === null) return
      const { run, pulls } = news
      const failed = pulls.filter(({ outcome }) => outcome !== 'complete')
      for (const { error } of failed) if (error !== null) log.warn(error.message, { code: error.code })
      const fields = { run: run.id, sequence: run.sequence, sources: pulls.length, ms: Math.round(ms) }
      log.info(failed.length === 0 ? 'a run was sealed' : 'a run was sealed, and not every source was read', fields)
    },
  })
  const thread = { data, log }
  const stopping = new AbortController()
  const parts: HttpParts = {
    version,
    demo: config.settings.demo,
    publicUrl: config.server.publicUrl,
    organization: config.settings.organization,
    sources: core.sources,
    checks: core.checks,
    outputs,
    now: core.now,
    newToken,
    digest: sha256,
    report: core.report,
    runs: store.runs,
    lastPull: (source) => store.lastPull(source),
    closedSince: store.closedSince,
    lists: store,
    facts: store,
    keys: store,
    keyActs: keyActs(store, randomBytes),
    configuration: { digest: sha256(canonicalJson(config.settings)), retention: config.retention },
    webhooks: { ...webhookActs(core, randomUUID), nudge: sender.nudge },
    periods: config.periods,
    periodEvidence: (period) => workOutPeriod(period, stopping.signal, thread),
    reviews: () => reviewStates(store),
    jobs: join(config.data, 'made'),
    make: (asked, { file, by, ...making }) => makeFile({ ask: 'file', asked, file, by }, making, thread),
    activity: running.activity,
    subscribe: running.subscribe,
    pull: (sources) => void running.pull(sources).catch(() => {}),
    accept: async (source, because, by) => void (await running.accept(source, because, by)),
    hooks: {
      secrets: (source) => hookSecretsOf(config, source),
      moved: running.early,
      noted(source, outcome, detail) {
        measured.hooked(source, outcome)
        log[outcome === 'refused' ? 'warn' : 'debug'](`a webhook for ${source} was ${outcome}: ${detail}`)
      },
    },
    watch: {
      metrics: measured,
      async ready() {
        if (!running.alive()) return 'The schedule does not go on; start it again.'
        const sealed = await store.runs(1)
        return sealed.length > 0 || config.settings.demo ? null : 'The first run has not ended yet.'
      },
    },
    trouble: noted,
  }
  const server = await listen(createApp(parts), { host, port, fallback }).catch(async (error: unknown) => {
    await Promise.all([runs.stop(), running.stop(), sender.close()])
    throw error
  })
  return {
    url: server.url,
    running,
    async stop() {
      stopping.abort()
      // Together: a run that is discarded ends what the schedule waits for.
      await Promise.all([running.stop(), runs.stop()])
      await sender.close()
      await server.close()
    },
  }
}

/** Changes when the files do that its secrets are read from; null where it names none. */
function stampOf({ current, config }: ConfiguredSource): string | null {
  try {
    const now = current()
    return now === config ? null : sha256(JSON.stringify(now))
  } catch {
    return 'unreadable'
  }
}

/** As the source's file has it now; those of the start where it cannot be read. */
function hookSecretsOf({ sources }: Pick<Config, 'sources'>, id: string): readonly string[] {
  const source = sources.find((one) => one.id === id)
  if (source === undefined) return []
  let section = source.config
  try {
    section = source.current()
  } catch {
    // Told by the reading that misses it.
  }
  const { webhookSecret = [] } = section as { readonly webhookSecret?: string | readonly string[] }
  return typeof webhookSecret === 'string' ? [webhookSecret] : webhookSecret
}

const SECRETS_KEPT_MS = 30_000

/** Credentials for the log to hide; files are not read again for every line. */
export function hiding(config: Pick<Config, 'sources' | 'webhooks'>): () => readonly string[] {
  let known: readonly string[] = []
  let readAt = Number.NEGATIVE_INFINITY
  return () => {
    const now = performance.now()
    if (now - readAt > SECRETS_KEPT_MS) {
      readAt = now
      // What was valid until now may still be quoted.
      known = [...new Set([...known, ...secretsIn(config)])]
    }
    return known
  }
}
