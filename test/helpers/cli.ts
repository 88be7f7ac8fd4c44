/** Commands as people type them, in this process: captured streams, the exit code, an installation that stays open. */
import { randomBytes, randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { everyCheck } from '../../checks/former/index.ts'
import { backUp } from '../../src/backup.ts'
import { type ExitCode, failure, program } from '../../src/cli/index.ts'
import type { CliParts, Installation } from '../../src/cli/parts.ts'
import { configJsonSchema } from '../../src/config.ts'
import { connectors } from '../../src/connectors/index.ts'
import { AppError } from '../../src/domain/error.ts'
import type { Report } from '../../src/domain/report.ts'
import type { ReportEvidence } from '../../src/domain/sealing.ts'
import { handOuts } from '../../src/hand-out.ts'
import { keyActs } from '../../src/http/keys.ts'
import type { InstallationCore } from '../../src/installation.ts'
import { leaverActs } from '../../src/leaver.ts'
import { ledgerActs } from '../../src/ledger/ledger.ts'
import { csv } from '../../src/outputs/csv.ts'
import { outputs } from '../../src/outputs/index.ts'
import { json } from '../../src/outputs/json.ts'
import { ocsf } from '../../src/outputs/ocsf.ts'
import { oscal } from '../../src/outputs/oscal.ts'
import { renderPdf } from '../../src/outputs/pdf/index.ts'
import { verifyFile } from '../../src/packet/verify-file.ts'
import { pastActs } from '../../src/reperform.ts'
import { reviewActs } from '../../src/reviewing/index.ts'
import { sampleActs } from '../../src/sampling/index.ts'
import { sending, webhookActs } from '../../src/sending.ts'
import { starter } from '../../src/starter.ts'
import { newKeyPair, newSecret } from '../../src/webhooks/secret.ts'
import { EVERYTHING, provenChecks, type TestInstallation } from './installation.ts'

export interface Said {
  readonly code: ExitCode
  readonly out: string
  readonly err: string
}

export const render = {
  json: json.render,
  csv: csv.render,
  oscal: oscal.period ?? oscal.render,
  ocsf: ocsf.period ?? ocsf.render,
  pdf: (report: Report, evidence: ReportEvidence) => renderPdf(report, evidence.lastPull, evidence),
}

export function cliParts(installation: TestInstallation | null, said: { out: string; err: string }): CliParts {
  return {
    version: '0.0.0-test',
    terminal: {
      out: { write: (text) => (said.out += text) },
      err: { write: (text) => (said.err += text) },
    },
    outputs,
    now: () => new Date(installation?.clock.wall() ?? 0).toISOString(),
    actor: () => 'eve@laptop',
    configExists: existsSync,
    verify: (request, progress) =>
      verifyFile(request, {
        software: '0.0.0-test',
        connectors,
        checks: installation?.checks ?? provenChecks,
        everyCheck,
        render,
        progress,
      }),
    async open(file) {
      if (installation === null) throw new AppError('configuration', `${file} cannot be read (ENOENT)`)
      return opened(installation)
    },
    restore: () => Promise.reject(new AppError('usage', 'not in this process')),
    serve: () => Promise.reject(new AppError('usage', 'not in this process')),
    demo: () => Promise.reject(new AppError('usage', 'not in this process')),
    simulate: () => Promise.reject(new AppError('usage', 'not in this process')),
    starter: async () => ({ ...starter, schema: JSON.stringify(configJsonSchema(connectors), null, 2), connectors }),
    readFile: readFileOrSay,
    writeNew(file, text) {
      if (existsSync(file)) return false
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, text)
      return true
    },
    webhookSecret: (kind) =>
      kind === 'ed25519' ? newKeyPair(randomBytes) : { secret: newSecret(randomBytes), publicKey: null },
    pdf: render.pdf,
    async writeFile(file, chunks) {
      const parts = await Array.fromAsync<string | Uint8Array>(chunks)
      writeFileSync(file, Buffer.concat(parts.map((part) => Buffer.from(part as string))))
    },
  }
}

function opened(installation: TestInstallation): Installation {
  const core: InstallationCore = installation.reconfigured({})
  return {
    ...core,
    sync: (request, progress) => core.sync({ ...EVERYTHING, ...request }, progress),
    backup: (file, progress) => backUp(core.store, { data: core.config.data, file, progress }),
    ...ledgerActs(core, installation.keys, new AbortController().signal),
    ...pastActs(core, connectors, everyCheck),
    ...handOuts(core, { keys: installation.keys, signal: new AbortController().signal, connectors, render }),
    lastPull: (source, runId) => core.store.lastPull(source, runId),
    link: () => core.link(new URL('http://127.0.0.1:8787')),
    webhooks: {
      ...webhookActs(core, randomUUID),
      now: core.now,
      async send(ms) {
        const sender = await sending({ core, notice: () => {}, report: failing })
        await sender.drain(ms)
        await sender.close()
      },
    },
    apiKeys: keyActs(core.store, randomBytes),
    ...leaverActs(core),
    samples: sampleActs(core, new AbortController().signal),
    reviews: reviewActs(core, new AbortController().signal),
    close: async () => {},
  }
}

function failing(error: unknown, where: string): never {
  throw new Error(where, { cause: error })
}

/** @param installation none where the command opens none; `verify` has its checks, or those proven */
export async function exhibit(installation: TestInstallation | null, ...argv: string[]): Promise<Said> {
  const said = { out: '', err: '' }
  let code: ExitCode = 0
  try {
    await program(cliParts(installation, said), (given) => {
      code = given
    }).parseAsync(argv, { from: 'user' })
  } catch (error) {
    const failed = failure(error)
    code = failed.code
    if (failed.message !== null) said.err += `${failed.message}\n`
  }
  return { code, ...said }
}

function readFileOrSay(file: string): Uint8Array {
  if (!existsSync(file)) throw new AppError('usage', `${file} cannot be read (ENOENT)`)
  return readFileSync(file)
}
