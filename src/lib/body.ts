/** Reads an answer's body within a bound on its opened bytes. */
import { pipeline, Readable, type Transform } from 'node:stream'
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

/**
 * The whole body, opened when the server compressed it against our wish. One encoding at most: a chain of them lets a few
 * bytes cost any amount of work (CVE-2026-22036). Throws the three errors above and whatever breaks the connection.
 */
export async function readBody(
  body: Readable,
  headers: Readonly<Record<string, string>>,
  maxBytes: number,
): Promise<Uint8Array> {
  // Errors reach the caller as exceptions; a body that is given up before anybody reads it emits one too.
  body.on('error', () => {})
  const declared = declaredLength(headers)
  if (declared !== null && declared > maxBytes) {
    body.destroy()
    throw new BodyTooLarge(`announces ${declared} bytes`)
  }
  const encoding = headers['content-encoding']
  if (declared !== null && declared <= SMALL && (encoding === undefined || encoding === 'identity')) {
    return small(body, declared)
  }
  const counter = { bytes: 0 }
  const arriving = counted(body, counter, maxBytes)
  const unzip = decoder(encoding, body)
  // A body of known length goes into its place at once: 20 MB of small chunks that wait to be joined scatter the memory.
  const whole = unzip === null && declared !== null ? Buffer.allocUnsafeSlow(declared) : null
  const chunks: Uint8Array[] = []
  let opened = 0
  try {
    for await (const chunk of unzip === null ? arriving : unzipped(arriving, unzip)) {
      opened += chunk.length
      if (opened > maxBytes) throw new BodyTooLarge(`holds more than ${maxBytes} bytes`)
      if (whole === null) chunks.push(chunk)
      else if (opened <= whole.length) whole.set(chunk, opened - chunk.length)
    }
  } catch (error) {
    throw isZlibError(error) ? new BodyCutShort('its compressed body cannot be opened', { cause: error }) : error
  }
  if (declared !== null && counter.bytes !== declared) {
    throw new BodyCutShort(`${counter.bytes} of ${declared} bytes arrived`)
  }
  if (whole !== null) return whole
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
}

/** Up to here a body comes in one or two parts, and what watches over its growth costs more than the body. */
const SMALL = 64 * 1024

/** A body of known and small length, not compressed: nothing beyond it is taken, whatever comes. */
function small(body: Readable, declared: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const whole = Buffer.allocUnsafeSlow(declared)
    let bytes = 0
    body.on('data', (chunk: Uint8Array) => {
      if (bytes + chunk.length <= declared) whole.set(chunk, bytes)
      bytes += chunk.length
    })
    body.once('error', reject)
    const ended = (): void => {
      if (bytes === declared) resolve(whole)
      else reject(new BodyCutShort(`${bytes} of ${declared} bytes arrived`))
    }
    body.once('end', ended)
    body.once('close', ended)
  })
}

async function* counted(body: Readable, counter: { bytes: number }, maxBytes: number): AsyncGenerator<Uint8Array> {
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    counter.bytes += chunk.length
    if (counter.bytes > maxBytes) throw new BodyTooLarge(`holds more than ${maxBytes} bytes`)
    yield chunk
  }
}

function unzipped(arriving: AsyncIterable<Uint8Array>, unzip: Transform): AsyncIterable<Uint8Array> {
  // The error reaches the reader through `unzip`, which pipeline destroys with it.
  pipeline(Readable.from(arriving, { objectMode: false }), unzip, () => {})
  return unzip
}

function decoder(encoding: string | undefined, body: Readable): Transform | null {
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
      body.destroy()
      throw new EncodingRefused('is encoded in a way that was not asked for')
  }
}

function declaredLength(headers: Readonly<Record<string, string>>): number | null {
  const text = headers['content-length']
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : null
}

/** zlib's own error codes: Z_BUF_ERROR, Z_DATA_ERROR; brotli's: ERR__ERROR_FORMAT_…, ERR_… */
function isZlibError(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return code.startsWith('Z_') || code.startsWith('ERR__ERROR_') || code === 'ERR_BROTLI_DECODER_ERROR'
}
