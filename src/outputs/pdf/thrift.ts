/**
 * What pdfkit 0.20 keeps to the end of a document, and hands on piece by piece, made smaller; the bytes are the same. A
 * report over a large fleet has 150,000 structure elements: the page on which each stands is asked for by the parent tree
 * (ISO 32000-1 section 14.7.4.4), which keeps every one of them whole, and the table of offsets at the end is as many
 * writes of twenty bytes in one go.
 */
import { deflateSync } from 'node:zlib'
import type { Pdf } from './sheet.ts'

interface Inner {
  _offset: number
  _write(data: string | Uint8Array): void
  push(chunk: Uint8Array | null): boolean
  getStructParentTree(): { get(key: number): unknown; add(key: number, value: unknown): void }
  on(event: 'pageAdded', listener: () => void): void
  page: InnerPage
}

interface InnerPage {
  readonly structParentTreeKey: number
  readonly content: InnerStream
  write(operators: string): void
  end(): void
}

interface InnerStream {
  compress: boolean
  buffer: Uint8Array[]
  readonly data: Record<string, unknown>
  write(data: Uint8Array): void
  end(): void
}

const GATHERED = 1 << 16

/** From here on what is written leaves in pieces of a size that is worth a stream's trouble. */
export function gatherWrites(pdf: Pdf): void {
  const inner = pdf as unknown as Inner
  const push = inner.push.bind(pdf)
  let text = ''
  const leave = (): void => {
    if (text !== '') push(Buffer.from(text, 'latin1'))
    text = ''
  }
  inner._write = (data) => {
    if (typeof data === 'string') {
      text += `${data}\n`
      inner._offset += data.length + 1
    } else {
      leave()
      push(data)
      inner._offset += data.length
    }
    if (text.length >= GATHERED) leave()
  }
  inner.push = (chunk) => {
    leave()
    return push(chunk)
  }
}

/**
 * What a page shows becomes bytes once, when the page is whole: pdfkit would make an array of its own of each operator,
 * with memory outside the heap.
 */
export function gatherContent(pdf: Pdf): void {
  const inner = pdf as unknown as Inner
  inner.on('pageAdded', () => {
    const { page } = inner
    const end = page.end.bind(page)
    let text = ''
    page.write = (operators) => {
      text += `${operators}\n`
    }
    page.end = () => {
      writePacked(page.content, text)
      end()
    }
  })
}

/** Zlib's own default is four times as much, and held as long as the few bytes of it that a stream needs. */
const PACKED_AT_ONCE = 1 << 12

/** The end of a stream's content, as pdfkit would write the whole of it. */
function writePacked(stream: InnerStream, text: string): void {
  const whole = Buffer.concat([...stream.buffer, Buffer.from(text, 'latin1')])
  stream.compress = false
  stream.buffer = []
  stream.data['Length'] = 0
  stream.data['Filter'] = 'FlateDecode'
  stream.write(deflateSync(whole, { chunkSize: PACKED_AT_ONCE }))
}

/** A stream that is whole at once. */
export function endPacked(reference: PDFKit.PDFKitReference, text: string): void {
  const stream = reference as unknown as InnerStream
  writePacked(stream, text)
  stream.end()
}

/** The elements on a page, as the parent tree names them: a text, where pdfkit would hold each with all that it says. */
class Named {
  readonly #text: string
  /** So that pdfkit writes what `toString` gives. */
  readonly [Symbol.toStringTag] = 'Named'

  constructor(elements: readonly (object | null)[]) {
    this.#text = `[${elements.map(String).join(' ')}]`
  }

  toString(): string {
    return this.#text
  }
}

/** Of the page that is open, once nothing more will be marked on it. */
export function settleStructure(pdf: Pdf): void {
  const inner = pdf as unknown as Inner
  const tree = inner.getStructParentTree()
  const key = inner.page.structParentTreeKey
  const elements = tree.get(key)
  if (Array.isArray(elements)) tree.add(key, new Named(elements))
}
