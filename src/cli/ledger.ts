import type { ExitCode } from './index.ts'
import type { CliParts } from './parts.ts'

interface Options {
  config: string
}

/** The newest checkpoint, to the byte: what is mailed, printed or kept elsewhere. */
export async function runLedgerCheckpoint({ config }: Options, parts: CliParts): Promise<ExitCode> {
  const { out, err } = parts.terminal
  const installation = await parts.open(config)
  try {
    const { note, lost } = await installation.ledger()
    for (const key of lost) {
      err.write(
        `the key ${key.fingerprint} follows ${key.previous} without its signature since ${key.at}: the key before was not at hand\n`,
      )
    }
    if (note === null) {
      err.write('nothing is sealed yet; "exhibit sync" makes the first checkpoint\n')
      return 2
    }
    out.write(note)
    const [run] = await installation.runsIn({ asOf: 'latest' })
    const sealing = await installation.sealing(run ?? null)
    if (sealing?.nonce != null) {
      err.write(`run ${sealing.run.sequence}, leaf ${sealing.leaf}, carries the nonce "${sealing.nonce}"\n`)
    }
    return 0
  } finally {
    await installation.close()
  }
}

export async function runLedgerRotate({ config }: Options, parts: CliParts): Promise<ExitCode> {
  const { out, err } = parts.terminal
  const installation = await parts.open(config)
  try {
    const { note, key } = await installation.rotate()
    out.write(note)
    err.write(
      `the ledger goes on under the key ${key.fingerprint}; ${key.previous} signed the hand-over and is gone. Tell the new fingerprint to whoever verifies.\n`,
    )
    return 0
  } finally {
    await installation.close()
  }
}
