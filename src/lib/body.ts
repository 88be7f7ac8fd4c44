/** Takes in an answer's body part by part, within a bound on its opened bytes. */
import type { Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'

export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge'
}

/** An encoding that was not asked for and that we do not open. */
export class EncodingRefused extends Error {
  override readonly name = 'EncodingRefused'
}

/** The body ended before its length, or its compression breaks off. */
export class BodyCutShort extends Error {
  override readonly name = 'BodyCutShort'
}

export interface Intake {
  /** Throws `BodyTooLarge` where the bound is passed. */
  add(part: Uint8Array): void
  /** Nothing more comes: the body, or `BodyCutShort` where something of it is missing. */
  whole(): Uint8Array | Promise<Uint8Array>
  /** Nobody waits for it any more. */
  drop(): void
}

/** What an intake may ask of the connection that the parts come from. */
export interface Flow {
  pause(): void
  resume(): void
  /** Gives the answer up. */
  abort(reason: Error): void
}

/**
 * The body is opened where the server compressed it against our wish. One encoding at most: a chain of them lets a few
 * bytes cost any amount of work (CVE-2026-22036). Throws `BodyTooLarge` for a length that is announced above the bound,
 * and `EncodingRefused`.
 */
export function intakeOf(headers: Readonly<Record<string, string>>, maxBytes: number, flow: Flow): Intake {
  const declared = declaredLength(headers)
  if (declared !== null && declared > maxBytes) throw new BodyTooLarge(`announces ${declared} bytes`)
  const unzip = decoderOf(headers['content-encoding'])
  return unzip === null ? plain(declared, maxBytes) : unzipped(unzip, declared, maxBytes, flow)
}

function plain(declared: number | null, maxBytes: number): Intake {
  const parts: Uint8Array[] = []
  // A body of known length goes into its place at once: 20 MB of small chunks that wait to be joined scatter the memory.
  let joined: Uint8Array | null = null
  let bytes = 0
  return {
    add(part) {
      const at = bytes
      bytes += part.length
      refuseAbove(maxBytes, bytes)
      // Most bodies come in one part, which is the body.
      if (declared === null || part.length === declared) parts.push(part)
      else if (bytes <= declared) {
        joined ??= Buffer.allocUnsafeSlow(declared)
        joined.set(part, at)
      }
    },
    whole() {
      refuseShort(declared, bytes)
      return joined ?? (parts.length === 1 ? parts[0]! : Buffer.concat(parts))
    },
    drop() {},
  }
}

function unzipped(unzip: Transform, declared: number | null, maxBytes: number, flow: Flow): Intake {
  const parts: Uint8Array[] = []
  let arrived = 0
  let opened = 0
  const body = Promise.withResolvers<Uint8Array>()
  // While parts still come, the reason reaches the caller through the connection; nobody may have asked for the whole yet.
  body.promise.catch(() => {})
  const fail = (error: Error): void => {
    body.reject(error)
    flow.abort(error)
    unzip.destroy()
  }
  unzip.on('data', (part: Uint8Array) => {
    opened += part.length
    if (opened > maxBytes) fail(tooLarge(maxBytes))
    else parts.push(part)
  })
  unzip.on('drain', () => flow.resume())
  unzip.once('end', () => body.resolve(Buffer.concat(parts)))
  unzip.on('error', (error) => fail(asCutShort(error)))
  return {
    add(part) {
      arrived += part.length
      refuseAbove(maxBytes, arrived)
      if (!unzip.write(part)) flow.pause()
    },
    whole() {
      refuseShort(declared, arrived)
      unzip.end()
      return body.promise
    },
    drop() {
      unzip.destroy()
    },
  }
}

const tooLarge = (maxBytes: number): BodyTooLarge => new BodyTooLarge(`holds more than ${maxBytes} bytes`)

function refuseAbove(maxBytes: number, bytes: number): void {
  if (bytes > maxBytes) throw tooLarge(maxBytes)
}

function refuseShort(declared: number | null, bytes: number): void {
  if (declared !== null && bytes !== declared) throw new BodyCutShort(`${bytes} of ${declared} bytes arrived`)
}

/** Null for a body that is not compressed. */
function decoderOf(encoding: string | undefined): Transform | null {
  switch (encoding?.trim().toLowerCase()) {
    case undefined:
    case '':
    case 'identity':
      return null
    case 'gzip':
    case 'x-gzip':
      return createGunzip()
    case 'deflate':
      return createInflate()
    case 'br':
      return createBrotliDecompress()
    default:
      throw new EncodingRefused('is encoded in a way that was not asked for')
  }
}

function declaredLength(headers: Readonly<Record<string, string>>): number | null {
  const text = headers['content-length']
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : null
}

/** zlib's own error codes: Z_BUF_ERROR, Z_DATA_ERROR; brotli's: ERR__ERROR_FORMAT_…, ERR_… */
function asCutShort(error: Error): Error {
  const code = 'code' in error ? String(error.code) : ''
  const ours = code.startsWith('Z_') || code.startsWith('ERR__ERROR_') || code === 'ERR_BROTLI_DECODER_ERROR'
  return ours ? new BodyCutShort('its compressed body cannot be opened', { cause: error }) : error
}
