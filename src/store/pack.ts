/** Compression of what the store packs: zstd of node:zlib (RFC 8878); what is large in the thread pool, so that the loop goes on. */
import { promisify } from 'node:util'
import {
  constants,
  type ZstdOptions,
  zstdCompress,
  zstdCompressSync,
  zstdDecompress,
  zstdDecompressSync,
} from 'node:zlib'
import { damaged } from './failure.ts'

const compressAside = promisify<Uint8Array, ZstdOptions, Buffer>(zstdCompress)
const decompressAside = promisify<Uint8Array, ZstdOptions, Buffer>(zstdDecompress)

/**
 * Up to here the way to the thread pool and back costs several times the work: a body of 450 bytes measured 0.03 ms at
 * once and 0.14 ms through the pool, and a pull brings one for each device.
 */
const SMALL = 8_192
/**
 * Measured over a 10 MB device list with new times, against the day's first: level 3 finds nothing (the tables for a
 * dictionary of that size are too small), level 6 with a hash table an eighth of the window gives a fifth of the size
 * in 130 ms; level 9 gains another 10 % for twice the time.
 */
const LEVEL = 6
/** Without a base: twice as fast as level 6 for a few percent more. */
const LEVEL_ALONE = 3
/** Decoders refuse larger windows unless told otherwise (ZSTD_WINDOWLOG_LIMIT_DEFAULT). */
const LARGEST_WINDOW_LOG = 27

/** What comes out is handed over in parts of this size; with the default of 16 kB a large body comes in a thousand. */
function chunkFor(bytes: number): number {
  return Math.min(2 ** 20, Math.max(2 ** 10, bytes + 64))
}

/** @param base an earlier body of the same kind: what it repeats costs next to nothing */
export async function zip(body: Uint8Array, base?: Uint8Array): Promise<Buffer> {
  const compress = body.length + (base?.length ?? 0) <= SMALL ? zstdCompressSync : compressAside
  const chunkSize = chunkFor(body.length)
  if (base === undefined) {
    return compress(body, { chunkSize, params: { [constants.ZSTD_c_compressionLevel]: LEVEL_ALONE } })
  }
  const span = Math.ceil(Math.log2(body.length + base.length + 1))
  const windowLog = Math.min(LARGEST_WINDOW_LOG, Math.max(17, span))
  return compress(body, {
    chunkSize,
    dictionary: base,
    params: {
      [constants.ZSTD_c_compressionLevel]: LEVEL,
      [constants.ZSTD_c_windowLog]: windowLog,
      [constants.ZSTD_c_hashLog]: windowLog - 3,
    },
  })
}

export async function unzip(body: Uint8Array, base?: Uint8Array): Promise<Buffer> {
  const decompress = body.length + (base?.length ?? 0) <= SMALL ? zstdDecompressSync : decompressAside
  const chunkSize = chunkFor(body.length * 8)
  return decompress(body, base === undefined ? { chunkSize } : { chunkSize, dictionary: base })
}

export function zipJson(value: unknown): Promise<Buffer> {
  return zip(Buffer.from(JSON.stringify(value)))
}

/** Inside a read transaction, which cannot wait: only for small or rare blobs. */
export function unzipSync(body: Uint8Array, what: string): Buffer {
  try {
    return zstdDecompressSync(body)
  } catch (cause) {
    throw damaged(`${what} cannot be opened`, cause)
  }
}

export function unzipJsonSync<T>(body: Uint8Array, what: string): T {
  const bytes = unzipSync(body, what)
  try {
    return JSON.parse(bytes.toString('utf8')) as T
  } catch (cause) {
    throw damaged(`${what} cannot be read`, cause)
  }
}

/** Lets everybody else have a turn between two parts of a long piece of work. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** The 32 bytes of a SHA-256 in hex. */
export function digestBytes(hex: string): Buffer {
  if (!/^[0-9a-f]{64}$/.test(hex)) throw new TypeError(`"${hex}" is no SHA-256 in lower-case hex`)
  return Buffer.from(hex, 'hex')
}
