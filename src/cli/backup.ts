import type { Copied } from '../domain/store.ts'
import { counted } from '../domain/words.ts'
import type { ExitCode } from './index.ts'
import { progressLine, type Terminal } from './terminal.ts'

export interface BackupParts {
  readonly terminal: Terminal
  open(config: string): Promise<{
    /** Copies the database while others go on. */
    backup(file: string, progress: (done: number, total: number) => void): Promise<Copied>
    close(): Promise<void>
  }>
}

interface Options {
  config: string
  output: string
}

/** The whole database in one file; the signing key stays where it is. */
export async function runBackup({ config, output }: Options, parts: BackupParts): Promise<ExitCode> {
  const { out, err } = parts.terminal
  const installation = await parts.open(config)
  const line = progressLine(err)
  try {
    const { checkpoint, bytes } = await installation.backup(output, (done, total) =>
      line.show(`copied ${Math.floor((100 * done) / total)} %`),
    )
    line.clear()
    if (checkpoint !== null) out.write(checkpoint.note)
    err.write(
      `wrote ${output}: ${(bytes / 1e6).toFixed(1)} MB, ${counted(checkpoint?.size ?? 0, 'leaf', 'leaves')} of the ledger. The signing key is not in it: keep a copy of ledger-key.pem elsewhere, or a restored ledger goes on under a new key.\n`,
    )
    return 0
  } finally {
    line.clear()
    await installation.close()
  }
}
