/** What is handed out is digested on its way, so that the ledger can name it. */
import { createHash } from 'node:crypto'

export interface Digesting<C> {
  readonly chunks: C
  /** SHA-256, once the chunks are read. */
  digest(): string
}

export function digesting(chunks: AsyncIterable<Uint8Array>): Digesting<AsyncIterable<Uint8Array>> {
  const hash = createHash('sha256')
  async function* read(): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      hash.update(chunk)
      yield chunk
    }
  }
  return { chunks: read(), digest: () => hash.digest('hex') }
}

export function digestingText(chunks: Iterable<string>): Digesting<Iterable<string>> {
  const hash = createHash('sha256')
  function* read(): Generator<string> {
    for (const chunk of chunks) {
      hash.update(chunk)
      yield chunk
    }
  }
  return { chunks: read(), digest: () => hash.digest('hex') }
}
