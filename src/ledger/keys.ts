/**
 * The ledger's Ed25519 key: made at first start, in the data folder, readable by its owner alone; and the change to
 * another. A new key lies beside the old one until the ledger has the leaf that hands over, so that a process that dies
 * in between leaves a pair that still fits.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { sha256 } from '../lib/digest.ts'

export interface SigningKey {
  /** SHA-256 of `spki`, hex. */
  readonly fingerprint: string
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Buffer
  /** The 32 bytes of the public key. */
  readonly publicKey: Buffer
  sign(data: Uint8Array): Uint8Array
}

/** The keys at hand. */
export interface KeyRing {
  /** The key that signs. */
  current(): SigningKey
  /** Makes the key of this fingerprint current, where it is at hand: another process may have changed it meanwhile. */
  settle(fingerprint: string): boolean
  /** Makes the key that is to follow and keeps it beside the current one. */
  begin(): SigningKey
  /** The key that `begin` made, while it waits. */
  coming(): SigningKey | null
  /** The coming key takes the place of the current one, which is gone for good. */
  finish(): void
}

export interface KeyFileOptions {
  /** The data folder; exists. */
  folder: string
  /** Makes the error that is thrown. */
  failure(message: string, cause?: unknown): Error
}

const NAME = 'ledger-key.pem'
const NEXT = 'ledger-key.next.pem'
const OTHERS = 0o077

export function makeKey(): SigningKey {
  return signingKey(generateKeyPairSync('ed25519').privateKey)
}

export function signingKey(key: KeyObject): SigningKey {
  if (key.asymmetricKeyType !== 'ed25519') throw new TypeError('the key is no Ed25519 key')
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' })
  return { fingerprint: sha256(spki), spki, publicKey: spki.subarray(-32), sign: (data) => sign(null, data, key) }
}

/** Opens the key of the data folder, and makes one where there is none. */
export function keyFile({ folder, failure }: KeyFileOptions): KeyRing {
  const path = join(folder, NAME)
  const nextPath = join(folder, NEXT)
  let held = existsSync(path) ? read(path) : first()
  let next: SigningKey | null = null

  function read(file: string): SigningKey {
    const mode = statSync(file).mode & 0o777
    if (process.platform !== 'win32' && (mode & OTHERS) !== 0) {
      throw failure(
        `ledger: ${file} has the rights ${mode.toString(8)}: others than its owner can reach the signing key; run "chmod 600 ${file}", and "exhibit ledger rotate" if somebody may have copied it`,
      )
    }
    try {
      return signingKey(createPrivateKey(readFileSync(file)))
    } catch (cause) {
      throw failure(
        `ledger: ${file} cannot be read as an Ed25519 private key; put the right file back, or remove it to go on under a new key, which the ledger will show`,
        cause,
      )
    }
  }

  /** Of two processes that start at once, one makes the key and both use it. */
  function first(): SigningKey {
    const draft = `${path}.${process.pid}`
    write(draft)
    try {
      linkSync(draft, path)
      syncFolder(folder)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    } finally {
      rmSync(draft, { force: true })
    }
    return read(path)
  }

  function write(file: string): void {
    const { privateKey } = generateKeyPairSync('ed25519')
    rmSync(file, { force: true })
    const handle = openSync(file, 'wx', 0o600)
    try {
      writeSync(handle, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
      fsyncSync(handle)
    } finally {
      closeSync(handle)
    }
  }

  function finish(): void {
    renameSync(nextPath, path)
    syncFolder(folder)
    held = read(path)
    next = null
  }

  return {
    current: () => held,
    settle(fingerprint) {
      if (held.fingerprint === fingerprint) return true
      if (existsSync(path)) held = read(path)
      if (held.fingerprint === fingerprint) return true
      // A change that was sealed but whose process ended before the file was in its place.
      if (!existsSync(nextPath) || read(nextPath).fingerprint !== fingerprint) return false
      finish()
      return true
    },
    begin() {
      write(nextPath)
      next = read(nextPath)
      return next
    },
    coming: () => next,
    finish,
  }
}

/** Without this a crash could lose the new name though the file's content is on the disk. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
