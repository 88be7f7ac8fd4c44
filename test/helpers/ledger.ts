/** A ledger over keys in memory: what a store needs beside its database. */
import type { Ledger } from '../../src/domain/ledger.ts'
import { type KeyRing, keyFile, makeKey } from '../../src/ledger/keys.ts'
import { ledgerOf, ledgerOrigin } from '../../src/ledger/ledger.ts'

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
