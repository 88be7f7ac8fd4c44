/** A ledger over keys in memory: what a store needs beside its database. */
import { randomBytes } from 'node:crypto'
import type { Ledger } from '../../src/domain/ledger.ts'
import type { InstallationParts } from '../../src/installation.ts'
import { type KeyRing, keyFile, makeKey } from '../../src/ledger/keys.ts'
import { ledgerOf, ledgerOrigin } from '../../src/ledger/ledger.ts'
import { publish } from '../../src/ledger/witnesses.ts'

/** Keys that no file keeps; gone with the process, as a lost key file is. */
export function memoryKeys(): KeyRing {
  let current = makeKey()
  let next: ReturnType<typeof makeKey> | null = null
  return {
    current: () => current,
    settle: (fingerprint) => current.fingerprint === fingerprint,
    begin() {
      next = makeKey()
      return next
    },
    coming: () => next,
    finish() {
      if (next !== null) current = next
      next = null
    },
  }
}

export function keysIn(folder: string): KeyRing {
  return keyFile({ folder, failure: (message, cause) => new Error(message, { cause }) })
}

const shared = memoryKeys()

/** By default over one key for the whole test file, so that a database can be closed and opened again. */
export function testLedger(keys: KeyRing = shared): Ledger {
  return ledgerOf({ origin: ledgerOrigin({ organization: 'acme', host: null, demo: false }), keys })
}

/**
 * Lets checkpoints leave as the product does.
 * @param stamp what the configured time stamp authority answers, where it is not to be asked over the wire
 */
export function testWitness(
  notice: (text: string) => void,
  stamp?: (query: Uint8Array) => Uint8Array,
): NonNullable<InstallationParts['witness']> {
  return (checkpoint, witnesses, tools) => {
    const send = stamp === undefined ? tools.send : async (_: URL, query: Uint8Array) => stamp(query)
    return publish(checkpoint, witnesses, { ...tools, send, randomBytes, notice })
  }
}
