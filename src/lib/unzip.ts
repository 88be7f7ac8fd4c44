/**
 * Reads a ZIP in place: nothing is unpacked to disk, no name of the archive ever reaches the file system, and no file gives
 * more bytes than the directory says. What a reader could see in two ways is refused (unzip-directory.ts).
 */
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { Readable } from 'node:stream'
import { crc32, createInflateRaw, inflateRawSync } from 'node:zlib'
import { type ArchiveBytes, type ArchiveEntry, type ArchiveLimits, readDirectory, refuse } from './unzip-directory.ts'
import { quoted } from './unzip-names.ts'

export { type ArchiveBytes, type ArchiveEntry, type ArchiveLimits, ArchiveRefused } from './unzip-directory.ts'
export { quoted } from './unzip-names.ts'

export interface Archive {
  /** In the order in which they lie. */
  readonly entries: readonly ArchiveEntry[]
  find(name: string): ArchiveEntry | null
  /** The bytes, in pieces; throws ArchiveRefused where they are not what the directory says. */
  read(entry: ArchiveEntry): AsyncGenerator<Buffer, void, undefined>
}

const MIB = 1024 * 1024

/** A packet of 50,000 devices over several dates fits many times. Deflate itself reaches 1,032 to 1; evidence some 50. */
export const ARCHIVE_LIMITS: ArchiveLimits = {
  entries: 1_000_000,
  entryBytes: 8 * 1024 * MIB,
  totalBytes: 64 * 1024 * MIB,
  ratio: 250,
  smallBytes: 16 * MIB,
}

/** Inflated at one go below this, which is many times quicker than a stream for the thousands of pages of a packet. */
const AT_ONCE = 4 * MIB
const CHUNK = 256 * 1024

/** Throws ArchiveRefused. */
export function openArchive(bytes: ArchiveBytes, over: Partial<ArchiveLimits> = {}): Archive {
  const entries = readDirectory(bytes, { ...ARCHIVE_LIMITS, ...over })
  const byName = new Map(entries.map((entry) => [entry.name, entry]))
  return {
    entries,
    find: (name) => byName.get(name) ?? null,
    read: (entry) => checked(entry, entry.size <= AT_ONCE ? atOnce(entry, bytes) : streamed(entry, bytes)),
  }
}

/** Throws the system's own error where the file cannot be opened; ArchiveRefused where it is none. */
export function fileBytes(path: string): ArchiveBytes & { close(): void } {
  // Before it is opened: opening a pipe waits for whoever writes it.
  if (!statSync(path).isFile()) refuse(`${path} is not a file`)
  const handle = openSync(path, 'r')
  const { size } = fstatSync(handle)
  return {
    size,
    read(offset, length) {
      const bytes = Buffer.allocUnsafe(length)
      for (let done = 0; done < length; ) {
        const count = readSync(handle, bytes, done, length - done, offset + done)
        if (count === 0) refuse('it became shorter while it was read')
        done += count
      }
      return bytes
    },
    close: () => closeSync(handle),
  }
}

export function memoryBytes(bytes: Uint8Array): ArchiveBytes {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return {
    size: whole.length,
    read(offset, length) {
      if (offset < 0 || offset + length > whole.length) refuse('it is cut off')
      return whole.subarray(offset, offset + length)
    },
  }
}

async function* checked(
  entry: ArchiveEntry,
  chunks: AsyncIterable<Buffer> | Iterable<Buffer>,
): AsyncGenerator<Buffer, void, undefined> {
  let size = 0
  let crc = 0
  for await (const chunk of chunks) {
    size += chunk.length
    if (size > entry.size)
      refuse(`${quoted(entry.name)} holds more than the ${entry.size} bytes that the directory says`)
    crc = crc32(chunk, crc)
    yield chunk
  }
  if (size !== entry.size)
    refuse(`${quoted(entry.name)} holds ${size} bytes, not the ${entry.size} that the directory says`)
  if (crc !== entry.crc32) refuse(`${quoted(entry.name)} is damaged: its CRC-32 is not the one in the directory`)
}

function* atOnce(entry: ArchiveEntry, bytes: ArchiveBytes): Generator<Buffer> {
  // What is packed is never much larger than what it unpacks to: longer, and it hides something.
  if (entry.packedSize > entry.size + entry.size / 1000 + 64)
    refuse(`${quoted(entry.name)} is longer packed than unpacked`)
  const packed = bytes.read(entry.start, entry.packedSize)
  if (!entry.deflated) {
    yield packed
    return
  }
  const { buffer, engine } = inflated(entry, packed)
  requireAllRead(entry, engine.bytesWritten)
  yield buffer
}

function inflated(entry: ArchiveEntry, packed: Buffer): { buffer: Buffer; engine: { bytesWritten: number } } {
  try {
    const made = inflateRawSync(packed, { maxOutputLength: entry.size + 1, info: true })
    return made as unknown as { buffer: Buffer; engine: { bytesWritten: number } }
  } catch (error) {
    return refuse(faultOf(entry, error))
  }
}

async function* streamed(entry: ArchiveEntry, bytes: ArchiveBytes): AsyncGenerator<Buffer> {
  const pieces = piecesOf(entry, bytes)
  if (!entry.deflated) {
    yield* pieces
    return
  }
  const source = Readable.from(pieces, { objectMode: false })
  const inflate = createInflateRaw({ chunkSize: CHUNK })
  source.on('error', (error) => inflate.destroy(error))
  source.pipe(inflate)
  try {
    for await (const chunk of inflate) yield chunk as Buffer
  } catch (error) {
    refuse(faultOf(entry, error))
  } finally {
    source.destroy()
    inflate.destroy()
  }
  requireAllRead(entry, inflate.bytesWritten)
}

function* piecesOf({ start, packedSize }: ArchiveEntry, bytes: ArchiveBytes): Generator<Buffer> {
  for (let at = 0; at < packedSize; at += CHUNK) yield bytes.read(start + at, Math.min(CHUNK, packedSize - at))
}

/** Deflate data ends by itself; what lies behind its end inside the file's bytes is nobody's. */
function requireAllRead(entry: ArchiveEntry, count: number): void {
  if (count !== entry.packedSize) refuse(`${quoted(entry.name)} has bytes behind the end of its packed data`)
}

function faultOf({ name, size }: ArchiveEntry, error: unknown): string {
  return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
    ? `${quoted(name)} holds more than the ${size} bytes that the directory says`
    : `${quoted(name)} cannot be unpacked (${(error as Error).message})`
}
