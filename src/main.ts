#!/usr/bin/env node
/**
 * Where the process starts, and the only file that knows every part: it reads the command through src/cli and hands it
 * its parts, each loaded and made on first use, so that `--help` waits for none and a report holds no server in memory.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type ExitCode, failure, program } from './cli/index.ts'
import type { CliParts, Installation, ServeOptions } from './cli/parts.ts'
import type { Config } from './config.ts'
import type { Check } from './domain/check.ts'
import { AppError } from './domain/error.ts'
import type { Report } from './domain/report.ts'
import type { ReportEvidence } from './domain/sealing.ts'
import { collectEagerly, giveBackEagerly, holdYoung } from './lib/heap.ts'
import type { Opened, OpeningParts } from './opening.ts'
import { outputs } from './outputs/index.ts'
import { actor, version } from './software.ts'
import type { ThreadData } from './thread.ts'
import { newKeyPair, newSecret } from './webhooks/secret.ts'

collectEagerly()
// One that makes little at a time, over much that lives.
if (process.argv[2] === 'report') holdYoung()

const stopping = new AbortController()

function report(error: unknown, where: string): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  process.stderr.write(`internal error (${where}): ${text}\n`)
}

/** Configuration and checks, the operator's own included. */
async function load(file: string): Promise<{ config: Config; all: readonly Check[]; checksFolder: string | null }> {
  const [{ checks }, { connectors }, { checksFolderOf, loadConfig }, { loadOwnChecks, NO_OWN_CHECKS }] =
    await Promise.all([
      import('../checks/index.ts'),
      import('./connectors/index.ts'),
      import('./config.ts'),
      import('./own-checks.ts'),
    ])
  const folder = checksFolderOf(file, process.env)
  const own = folder === null ? NO_OWN_CHECKS : await loadOwnChecks(folder, checks)
  const all = [...checks, ...own.checks]
  const config = loadConfig(file, { connectors, checks: all, env: process.env, ownChecks: own.sources })
  return { config, all, checksFolder: folder }
}

/** Over the data folder, for this process alone: a server has its runs made in a thread beside it. */
async function openInstallation(
  config: Config,
  all: readonly Check[],
  parts: Partial<OpeningParts> = {},
): Promise<Opened> {
  const opening = await import('./opening.ts')
  const notice = (text: string): void => void process.stderr.write(`${text}\n`)
  return opening.openInstallation(config, all, { signal: stopping.signal, report, notice, ...parts })
}

async function open(file: string): Promise<Installation> {
  const { config, all } = await load(file)
  for (const section of config.waiting) {
    process.stderr.write(`${file}: the section "${section}" is valid, but this release does not act on it yet\n`)
  }
  const core = await openInstallation(config, all)
  const [{ connectors }, { everyCheck }, { backUp }, { ledgerActs }, { pastActs }, { handOuts }] = await Promise.all([
    import('./connectors/index.ts'),
    import('../checks/former/index.ts'),
    import('./backup.ts'),
    import('./ledger/ledger.ts'),
    import('./reperform.ts'),
    import('./hand-out.ts'),
  ])
  const [{ webhookActs }, { keyActs }, { sampleActs }, { reviewActs }] = await Promise.all([
    import('./sending.ts'),
    import('./http/keys.ts'),
    import('./sampling/index.ts'),
    import('./reviewing/index.ts'),
  ])
  return {
    ...core,
    report: (asOf) => core.report(asOf, { once: true }),
    async sync(request, progress) {
      const outcome = await core.sync({ ...request, respectPauses: false }, progress)
      await send(core, SYNC_SENDS_MS)
      return outcome
    },
    lastPull: (source, runId) => core.store.lastPull(source, runId),
    link: () => core.link(config.origin),
    webhooks: { ...webhookActs(core, randomUUID), now: core.now, send: (ms) => send(core, ms) },
    apiKeys: keyActs(core.store, randomBytes),
    ...(await import('./leaver.ts')).leaverActs(core),
    samples: sampleActs(core, stopping.signal),
    reviews: reviewActs(core, stopping.signal),
    ...ledgerActs(core, core.keys, stopping.signal),
    ...pastActs(core, connectors, everyCheck),
    backup: (target, progress) => backUp(core.store, { data: config.data, file: target, progress }),
    ...handOuts(core, { keys: core.keys, signal: stopping.signal, connectors, render: await renderers() }),
  }
}

/** Sends what is due, and no longer than it may take: the rest is left to `serve`, or to the next command. */
async function send(core: Opened, withinMs: number): Promise<void> {
  if (core.config.webhooks.length === 0) return
  const { sending } = await import('./sending.ts')
  const notice = (endpoint: string | null, says: string): void =>
    void process.stderr.write(`${endpoint === null ? '' : `${endpoint}: `}${says}\n`)
  const sender = await sending({ core, notice, report })
  await sender.drain(withinMs)
  await sender.close()
}

/** How long a `sync` stays for the outbox: an installation that is run by a timer tells too. */
const SYNC_SENDS_MS = 30_000

/** Serves until the process is asked to stop. */
async function serveUntilStopped(
  config: Config,
  all: readonly Check[],
  data: Pick<ThreadData, 'text' | 'checksFolder' | 'demo'>,
  options: ServeOptions,
): Promise<void> {
  const [{ hiding, startServing }, { levelOf, openLog, errorFields }, { readableSecrets }] = await Promise.all([
    import('./serve.ts'),
    import('./lib/log.ts'),
    import('./refusals.ts'),
  ])
  const log = openLog({
    level: levelOf(process.env['LOG']),
    readable: process.stderr.isTTY === true,
    write: (line) => void process.stderr.write(line),
    secrets: hiding(config),
  })
  for (const line of readableSecrets(config)) log.warn(line)
  const { demo, organization } = config.settings
  const core = await openInstallation(config, all, {
    beside: true,
    report: (error, where) => log.error(`internal error (${where})`, errorFields(error)),
    notice: log.warn,
  })
  try {
    const serving = await startServing({
      core,
      data: { ...data, path: config.file, everyMs: null, trace: process.env['TRACE'] === 'http' },
      log,
      host: options.host ?? config.server.host,
      port: options.port ?? config.server.port,
      // A port that was asked for is meant; the default one gives way to whoever was first.
      fallback: options.port === null,
    })
    process.stdout.write(`${await core.link(config.server.publicUrl ?? serving.url)}\n`)
    const what = demo ? ' (DEMO: made-up organisation, simulated vendors)' : ''
    log.info(`Exhibit ${version} · ${organization.name}${what}`, { url: serving.url.href })
    log.info('Open the link above to sign in; it works once, for an hour. Ctrl-C stops.')
    await stopped()
    log.info('stopping')
    await serving.stop()
  } finally {
    await core.close()
  }
}

function noted(error: unknown): string {
  const id = randomUUID().slice(0, 8)
  report(error, id)
  return id
}

function stopped(): Promise<void> {
  return new Promise((resolve) => {
    if (stopping.signal.aborted) resolve()
    else stopping.signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

async function serve(file: string, options: ServeOptions): Promise<void> {
  giveBackEagerly()
  const { config, all, checksFolder } = await load(file)
  const text = readFileSync(file, 'utf8')
  const { refuseHost } = await import('./refusals.ts')
  refuseHost(options.host ?? config.server.host, config)
  await serveUntilStopped(config, all, { text, checksFolder, demo: false }, options)
}

async function demo(options: ServeOptions): Promise<void> {
  const [{ checks }, { connectors }, { parseConfig }, { startDemoVendors }] = await Promise.all([
    import('../checks/index.ts'),
    import('./connectors/index.ts'),
    import('./config.ts'),
    import('./simulators/index.ts'),
  ])
  const folder = mkdtempSync(join(tmpdir(), 'exhibit-demo-'))
  const vendors = await startDemoVendors({
    now: () => new Date(),
    roster: join(folder, 'people.csv'),
    data: join(folder, 'data'),
  })
  try {
    const config = parseConfig(vendors.config, join(folder, 'exhibit.yaml'), { connectors, checks, env: {} })
    const marked = { ...config, settings: { ...config.settings, demo: true } }
    await serveUntilStopped(marked, checks, { text: vendors.config, checksFolder: null, demo: true }, options)
  } finally {
    await vendors.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function renderers() {
  const [{ json }, { csv }, { oscal }, { ocsf }] = await Promise.all([
    import('./outputs/json.ts'),
    import('./outputs/csv.ts'),
    import('./outputs/oscal.ts'),
    import('./outputs/ocsf.ts'),
  ])
  return {
    json: json.render,
    csv: csv.render,
    oscal: oscal.period ?? oscal.render,
    ocsf: ocsf.period ?? ocsf.render,
    pdf,
  }
}

async function* pdf(report: Report, evidence: ReportEvidence): AsyncGenerator<Uint8Array> {
  const { renderPdf } = await import('./outputs/pdf/index.ts')
  yield* renderPdf(report, evidence.lastPull, evidence)
}

const parts: CliParts = {
  version,
  terminal: { out: process.stdout, err: process.stderr },
  outputs,
  now: () => new Date().toISOString(),
  actor,
  configExists: existsSync,
  async verify(request, progress) {
    const [{ verifyFile }, { checks }, { everyCheck }, { connectors }, render] = await Promise.all([
      import('./packet/verify-file.ts'),
      import('../checks/index.ts'),
      import('../checks/former/index.ts'),
      import('./connectors/index.ts'),
      renderers(),
    ])
    return verifyFile(request, { software: version, connectors, checks, everyCheck, render, progress })
  },
  open,
  async restore(file, backup, by) {
    const [{ restore }, { openSqliteStore }, { lookAt }, { ledgerIn }] = await Promise.all([
      import('./backup.ts'),
      import('./store/sqlite.ts'),
      import('./store/backup.ts'),
      import('./opening.ts'),
    ])
    const { config } = await load(file)
    // The keys are read when the folder is there: a restore makes it.
    const openStore = async (path: string) => openSqliteStore({ path, ledger: ledgerIn(config).ledger })
    const now = () => new Date().toISOString()
    return restore({ file: backup, data: config.data, by }, { open: openStore, look: lookAt, now })
  },
  serve,
  demo,
  async simulate(options) {
    const { startSimulators } = await import('./simulators/index.ts')
    const simulators = await startSimulators({ ...options, now: () => new Date() })
    process.stdout.write(`${simulators.config}\n`)
    process.stderr.write('The lines above go into exhibit.yaml. Ctrl-C stops.\n')
    await stopped()
    await simulators.close()
  },
  async starter() {
    const [{ starter }, { configJsonSchema }, { connectors }] = await Promise.all([
      import('./starter.ts'),
      import('./config.ts'),
      import('./connectors/index.ts'),
    ])
    return { ...starter, schema: JSON.stringify(configJsonSchema(connectors), null, 2), connectors }
  },
  webhookSecret(kind) {
    return kind === 'hmac' ? { secret: newSecret(randomBytes), publicKey: null } : newKeyPair(randomBytes)
  },
  readFile(file) {
    try {
      return readFileSync(file)
    } catch (error) {
      throw new AppError('usage', `${file} cannot be read (${(error as NodeJS.ErrnoException).code})`, { cause: error })
    }
  },
  writeNew(file, text) {
    try {
      writeFileSync(file, text, { flag: 'wx', mode: 0o600 })
      return true
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
      throw new AppError('usage', `${file} cannot be written (${(error as NodeJS.ErrnoException).code})`, {
        cause: error,
      })
    }
  },
  pdf,
  async writeFile(file, chunks) {
    let handle: number
    try {
      handle = openSync(resolve(file), 'w', 0o600)
    } catch (error) {
      throw new AppError('usage', `${file} cannot be written (${(error as NodeJS.ErrnoException).code})`, {
        cause: error,
      })
    }
    try {
      for await (const chunk of chunks) writeSync(handle, typeof chunk === 'string' ? Buffer.from(chunk) : chunk)
    } catch (error) {
      // Half a file must not pass for a whole one.
      rmSync(resolve(file), { force: true })
      throw error
    } finally {
      closeSync(handle)
    }
  },
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // The second time somebody means it.
    if (stopping.signal.aborted) process.exit(130)
    stopping.abort()
  })
}
// Whoever reads us may stop reading (`| head`): that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

let exitCode: ExitCode = 0
try {
  await program(parts, (code) => {
    exitCode = code
  }).parseAsync()
} catch (error) {
  const { code, message } = failure(error)
  exitCode = code
  if (message !== null) process.stderr.write(`${message}\n`)
  else if (code === 70) process.stderr.write(`Internal error ${noted(error)}.\n`)
}
process.exitCode = exitCode
