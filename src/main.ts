#!/usr/bin/env node
/**
 * Where the process starts, and the only file that knows every part: it reads the command through src/cli and hands it
 * its parts, each made on first use.
 */
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import {
  closeSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { findPackageJSON } from 'node:module'
import { hostname, tmpdir, userInfo } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { everyCheck } from '../checks/former/index.ts'
import { checks } from '../checks/index.ts'
import { backUp, restore } from './backup.ts'
import { type ExitCode, failure, program } from './cli/index.ts'
import type { CliParts, Installation, ServeOptions } from './cli/parts.ts'
import { type Config, checksFolderOf, configJsonSchema, loadConfig, parseConfig } from './config.ts'
import { connectors } from './connectors/index.ts'
import type { Check } from './domain/check.ts'
import { AppError } from './domain/error.ts'
import type { Ledger } from './domain/ledger.ts'
import type { Report } from './domain/report.ts'
import type { ReportEvidence } from './domain/sealing.ts'
import { handOuts } from './hand-out.ts'
import { createApp } from './http/app.tsx'
import { listen } from './http/listen.ts'
import { type InstallationCore, installation } from './installation.ts'
import { type KeyRing, keyFile } from './ledger/keys.ts'
import { ledgerActs, ledgerOf, ledgerOrigin } from './ledger/ledger.ts'
import { publish } from './ledger/witnesses.ts'
import { sha256 } from './lib/digest.ts'
import { collectEagerly } from './lib/heap.ts'
import { csv } from './outputs/csv.ts'
import { outputs } from './outputs/index.ts'
import { json } from './outputs/json.ts'
import { renderPdf } from './outputs/pdf/index.ts'
import { loadOwnChecks, NO_OWN_CHECKS } from './own-checks.ts'
import { verifyFile } from './packet/verify-file.ts'
import { pastActs } from './reperform.ts'
import { service } from './service.ts'
import { startDemoVendors, startSimulators } from './simulators/index.ts'
import { starter } from './starter.ts'
import { lookAt } from './store/backup.ts'
import { openSqliteStore } from './store/sqlite.ts'

collectEagerly()

const root = dirname(findPackageJSON(import.meta.url)!)
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
const stopping = new AbortController()

/** Digest of the code that a verdict rests on, as it runs: checks, domain, connectors. */
function buildDigest(): string {
  const base = join(import.meta.dirname, '..')
  const hash = createHash('sha256')
  const files = globSync(['checks/**/*.{js,ts}', 'src/domain/**/*.{js,ts}', 'src/connectors/**/*.{js,ts}'], {
    cwd: base,
  }).sort()
  for (const file of files)
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(base, file)))
      .update('\0')
  return hash.digest('hex')
}

/** The login of the operating system: nobody signs in to a command line. */
function actor(): string {
  return `${userInfo().username}@${hostname()}`
}

function report(error: unknown, where: string): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  process.stderr.write(`internal error (${where}): ${text}\n`)
}

/** Configuration and checks, the operator's own included. */
async function load(file: string): Promise<{ config: Config; all: readonly Check[] }> {
  const folder = checksFolderOf(file, process.env)
  const own = folder === null ? NO_OWN_CHECKS : await loadOwnChecks(folder, checks)
  const all = [...checks, ...own.checks]
  return { config: loadConfig(file, { connectors, checks: all, env: process.env, ownChecks: own.sources }), all }
}

/** The ledger of a data folder, with the signing key that lies there or, the first time, a new one. */
function ledgerIn(config: Config): { ledger: Ledger; keys: KeyRing } {
  const keys = keyFile({
    folder: config.data,
    failure: (message, cause) => new AppError('configuration', message, { cause }),
  })
  const { organization, demo } = config.settings
  const ledger = ledgerOf({
    origin: ledgerOrigin({ organization: organization.id, host: config.server.publicUrl?.host ?? null, demo }),
    keys,
  })
  return { ledger, keys }
}

async function openInstallation(config: Config, all: readonly Check[]): Promise<InstallationCore & { keys: KeyRing }> {
  mkdirSync(config.data, { recursive: true, mode: 0o700 })
  const { ledger, keys } = ledgerIn(config)
  const store = await openSqliteStore({ path: join(config.data, 'exhibit.db'), ledger })
  const core = installation({
    config,
    checks: all,
    store,
    clock: { wall: () => Date.now(), monotonic: () => performance.now() },
    newId: randomUUID,
    newToken: () => randomBytes(24).toString('base64url'),
    random: Math.random,
    software: version,
    build: buildDigest(),
    actor: actor(),
    signal: stopping.signal,
    report,
    witness: (checkpoint, witnesses, tools) =>
      publish(checkpoint, witnesses, { ...tools, randomBytes, notice: (text) => process.stderr.write(`${text}\n`) }),
  })
  return { ...core, keys }
}

async function open(file: string): Promise<Installation> {
  const { config, all } = await load(file)
  for (const section of config.waiting) {
    process.stderr.write(`${file}: the section "${section}" is valid, but this release does not act on it yet\n`)
  }
  const core = await openInstallation(config, all)
  return {
    ...core,
    sync: (request, progress) => core.sync({ ...request, respectPauses: false }, progress),
    lastPull: (source, runId) => core.store.lastPull(source, runId),
    link: () => core.link(originOf(config)),
    ...ledgerActs(core, core.keys, stopping.signal),
    ...pastActs(core, connectors, everyCheck),
    backup: (target, progress) => backUp(core.store, { data: config.data, file: target, progress }),
    ...handOuts(core, { keys: core.keys, signal: stopping.signal, connectors, render }),
  }
}

function originOf(config: Config): URL {
  return (
    config.server.publicUrl ??
    new URL(
      `http://${config.server.host.includes(':') ? `[${config.server.host}]` : config.server.host}:${config.server.port}`,
    )
  )
}

/** Serves until the process is asked to stop. */
async function serveInstallation(core: InstallationCore, options: ServeOptions): Promise<void> {
  const { config } = core
  const running = service({
    installation: core,
    everyMs: config.everyMs,
    monotonic: () => performance.now(),
    trouble(error) {
      if (error instanceof AppError && error.code !== 'internal') return error.message
      return `Internal error ${noted(error)}; the log has it in full.`
    },
  })
  const app = createApp({
    version,
    demo: config.settings.demo,
    publicUrl: config.server.publicUrl,
    organization: config.settings.organization,
    sources: core.sources,
    checks: core.checks,
    outputs,
    now: core.now,
    newToken: () => randomBytes(24).toString('base64url'),
    digest: sha256,
    report: core.report,
    runs: (limit) => core.store.runs(limit),
    lastPull: (source) => core.store.lastPull(source),
    facts: core.store,
    closedSince: (since, limit) => core.store.closedSince(since, limit),
    activity: running.activity,
    subscribe: running.subscribe,
    pull: (sources) => void running.pull(sources).catch(() => {}),
    accept: async (source, because, by) => void (await running.accept(source, because, by)),
    trouble: noted,
  })
  const server = await listen(app, {
    host: options.host ?? config.server.host,
    port: options.port ?? config.server.port,
    // A port that was asked for is meant; the default one gives way to whoever was first.
    fallback: options.port === null,
  })
  const origin = config.server.publicUrl ?? server.url
  process.stdout.write(`${await core.link(origin)}\n`)
  process.stderr.write(
    `Exhibit ${version} · ${config.settings.organization.name}${config.settings.demo ? ' (DEMO: made-up organisation, simulated vendors)' : ''}\n`,
  )
  process.stderr.write('Open the link above to sign in; it works once, for an hour. Ctrl-C stops.\n')
  await stopped()
  await running.stop()
  await server.close()
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
  const { config, all } = await load(file)
  const core = await openInstallation(config, all)
  try {
    await serveInstallation(core, options)
  } finally {
    await core.close()
  }
}

async function demo(options: ServeOptions): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'exhibit-demo-'))
  const vendors = await startDemoVendors({
    now: () => new Date(),
    roster: join(folder, 'people.csv'),
    data: join(folder, 'data'),
  })
  try {
    const config = parseConfig(vendors.config, join(folder, 'exhibit.yaml'), { connectors, checks, env: {} })
    const core = await openInstallation({ ...config, settings: { ...config.settings, demo: true } }, checks)
    try {
      await serveInstallation(core, options)
    } finally {
      await core.close()
    }
  } finally {
    await vendors.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

const render = {
  json: json.render,
  csv: csv.render,
  pdf: (report: Report, evidence: ReportEvidence) => renderPdf(report, evidence.lastPull, evidence),
}

const parts: CliParts = {
  version,
  terminal: { out: process.stdout, err: process.stderr },
  connectors,
  checks,
  outputs,
  now: () => new Date().toISOString(),
  actor,
  configExists: existsSync,
  verify: (request, progress) =>
    verifyFile(request, { software: version, connectors, checks, everyCheck, render, progress }),
  open,
  async restore(file, backup, by) {
    const { config } = await load(file)
    // The keys are read when the folder is there: a restore makes it.
    const openStore = (path: string) => openSqliteStore({ path, ledger: ledgerIn(config).ledger })
    const now = () => new Date().toISOString()
    return restore({ file: backup, data: config.data, by }, { open: openStore, look: lookAt, now })
  },
  serve,
  demo,
  async simulate(options) {
    const simulators = await startSimulators({ ...options, now: () => new Date() })
    process.stdout.write(`${simulators.config}\n`)
    process.stderr.write('The lines above go into exhibit.yaml. Ctrl-C stops.\n')
    await stopped()
    await simulators.close()
  },
  starter: () => ({ ...starter, schema: JSON.stringify(configJsonSchema(connectors), null, 2) }),
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
  pdf: render.pdf,
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
