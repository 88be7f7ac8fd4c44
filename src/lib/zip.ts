/**
 * ZIP files as a stream: one entry after another, nothing of it gathered, and the same entries give the same bytes
 * wherever and whenever they are written.
 */
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { ZipFile } from 'yazl'

export interface ZipEntry {
  readonly path: string
  /** Read once, when its turn comes. */
  readonly content: AsyncIterable<Uint8Array>
}

/**
 * The format's own times have no zone and are written in that of the machine. One before the first that it knows is set
 * to that first moment, whatever the zone.
 */
const MTIME = new Date(0)
const OPTIONS = { mtime: MTIME, forceDosTimestamp: true, mode: 0o100644, compressionLevel: 6 }

/** The next entry is asked for when the one before was read to its end. Throws what a content throws. */
export async function* zipped(entries: AsyncIterable<ZipEntry>): AsyncGenerator<Uint8Array> {
  const zip = new ZipFile()
  const output = zip.outputStream as Readable
  zip.on('error', (error: Error) => output.destroy(error))
  const abandoned = new AbortController()
  const written = write(entries, zip, abandoned.signal).catch((error: Error) => void output.destroy(error))
  try {
    for await (const chunk of output) yield chunk as Uint8Array
  } finally {
    abandoned.abort()
    output.destroy()
    await written
  }
}

async function write(entries: AsyncIterable<ZipEntry>, zip: ZipFile, signal: AbortSignal): Promise<void> {
  for await (const { path, content } of entries) {
    if (signal.aborted) return
    await added(zip, path, Readable.from(content, { objectMode: false, signal }))
  }
  zip.end()
}

/** yazl remembers every entry to the end, and with it what it was handed: a stream is handed over and let go. */
async function added(zip: ZipFile, path: string, stream: Readable): Promise<void> {
  const over = once(stream, 'close')
  let handed: Readable | null = stream
  zip.addReadStreamLazy(path, OPTIONS, (take) => {
    const own = handed!
    handed = null
    take(null, own)
  })
  await over
}
