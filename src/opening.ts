/** Opens an installation over its data folder: for a command, for the server, and for each thread beside it. */
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from './config.ts'
import type { Check } from './domain/check.ts'
import type { RequestNote } from './domain/connector.ts'
import { AppError } from './domain/error.ts'
import type { Ledger } from './domain/ledger.ts'
import { type InstallationCore, installation } from './installation.ts'
import { type KeyRing, keyFile } from './ledger/keys.ts'
import { ledgerOf, ledgerOrigin } from './ledger/ledger.ts'
import { publish } from './ledger/witnesses.ts'
import { refuseUnsafePlaces } from './refusals.ts'
import { actor, buildDigest, version } from './software.ts'
import { openSqliteStore } from './store/sqlite.ts'

export interface Opened extends InstallationCore {
  readonly keys: KeyRing
}

export interface OpeningParts {
  /** Aborted when the process, or the thread, is asked to stop. */
  readonly signal: AbortSignal
  /** Full detail of what people see as an internal error. */
  report(error: unknown, where: string): void
  /** What an operator should know. */
  notice(text: string): void
  /** Told of every request to a vendor. */
  trace?(source: string, note: RequestNote): void
  /** Another thread of ours makes the runs over the same folder. */
  readonly beside?: boolean
}

export async function openInstallation(config: Config, all: readonly Check[], parts: OpeningParts): Promise<Opened> {
  refuseUnsafePlaces(config)
  mkdirSync(config.data, { recursive: true, mode: 0o700 })
  const { ledger, keys } = ledgerIn(config)
  const store = await openSqliteStore({
    path: join(config.data, 'exhibit.db'),
    ledger,
    ...(parts.beside === true ? { foldsLog: false } : {}),
  })
  const core = installation({
    config,
    checks: all,
    store,
    clock: { wall: () => Date.now(), monotonic: () => performance.now() },
    newId: randomUUID,
    newToken,
    random: Math.random,
    software: version,
    build: buildDigest(),
    actor: actor(),
    signal: parts.signal,
    report: parts.report,
    ...(parts.trace === undefined ? {} : { trace: parts.trace }),
    witness: (checkpoint, witnesses, tools) =>
      publish(checkpoint, witnesses, { ...tools, randomBytes, notice: parts.notice }),
  })
  return { ...core, keys }
}

export function newToken(): string {
  return randomBytes(24).toString('base64url')
}

/** The ledger of a data folder, with the signing key that lies there or, the first time, a new one. */
export function ledgerIn(config: Config): { ledger: Ledger; keys: KeyRing } {
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
