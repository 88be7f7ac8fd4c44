/** What must be so around a data folder before anything is opened in it; each refusal is one line with its remedy. */
import { existsSync, statSync } from 'node:fs'
import type { Config } from './config.ts'
import { AppError } from './domain/error.ts'
import { networkFileSystem } from './lib/file-system.ts'
import { isLoopback } from './lib/loopback.ts'

const OTHERS = 0o007

/** Throws AppError `configuration`. The signing key in the folder is judged where it is read (src/ledger/keys.ts). */
export function refuseUnsafePlaces({ data }: Pick<Config, 'data'>, networkOf = networkFileSystem): void {
  const network = networkOf(data)
  if (network !== null) {
    throw new AppError(
      'configuration',
      `data: ${data} lies on a network file system (${network}), where a database is damaged sooner or later; name a folder on a disk of this machine, and let "exhibit backup" copy to the other`,
    )
  }
  const mode = modeOf(data)
  if ((mode & OTHERS) !== 0) {
    throw new AppError(
      'configuration',
      `data: ${data} has the rights ${mode.toString(8)}: everybody on this machine can reach the evidence in it; run "chmod 700 ${data}"`,
    )
  }
}

/** Throws AppError `configuration` for an address given beside the file that the file itself may not name. */
export function refuseHost(host: string, { server }: Pick<Config, 'server'>): void {
  if (server.publicUrl !== null || isLoopback(host)) return
  throw new AppError(
    'configuration',
    `--host ${host} is reached by other machines; say in server.publicUrl at which https address, and let a proxy end TLS there`,
  )
}

/** A line for each file with credentials that everybody on the machine can read. */
export function readableSecrets({ secretFiles }: Pick<Config, 'secretFiles'>): readonly string[] {
  return secretFiles
    .filter((file) => (modeOf(file) & OTHERS) !== 0)
    .map((file) => `${file} holds credentials and has the rights ${modeOf(file).toString(8)}; run "chmod 600 ${file}"`)
}

/** Nothing, where there is no such file, or no such rights. */
function modeOf(path: string): number {
  return process.platform === 'win32' || !existsSync(path) ? 0 : statSync(path).mode & 0o777
}
