import type { LedgerKey } from '../domain/ledger.ts'
import type { RunSummary } from '../domain/store.ts'
import { counted } from '../domain/words.ts'
import type { ExitCode } from './index.ts'
import { moment, type Terminal } from './terminal.ts'

export interface RestoreParts {
  readonly terminal: Terminal
  /** Who acts, for acts that are recorded. */
  actor(): string
  restore(
    config: string,
    file: string,
    by: string,
  ): Promise<{
    run: RunSummary | null
    size: number
    note: string
    checked: number
    lost: Pick<LedgerKey, 'fingerprint' | 'previous'> | null
  }>
}

/** Puts a backup into the data folder of the configuration, which must hold no database. */
export async function runRestore(file: string, { config }: { config: string }, parts: RestoreParts): Promise<ExitCode> {
  const { out, err } = parts.terminal
  const { run, size, note, checked, lost } = await parts.restore(config, file, parts.actor())
  out.write(note)
  err.write(
    `restored ${counted(size, 'leaf', 'leaves')} of the ledger${run === null ? '' : ` and every run to ${moment(run.snapshotAt)}`}; ${counted(checked, 'item')} verified. Runs sealed after the backup are not in it, and checkpoints of them that have left this machine will not agree with the ledger from here on.\n`,
  )
  if (lost !== null) {
    err.write(
      `The ledger's key ${lost.previous} is not in this folder: the ledger goes on under ${lost.fingerprint}, which nobody handed over to, and says so. Tell the new fingerprint to whoever verifies.\n`,
    )
  }
  return 0
}
