/**
 * What pdfkit 0.20 keeps to the end of a document, and hands on piece by piece, made smaller; the bytes are the same. A
 * report over a large fleet has 150,000 structure elements: the page on which each stands is asked for by the parent tree
 * (ISO 32000-1 section 14.7.4.4), which keeps every one of them whole, and the table of offsets at the end is as many
 * writes of twenty bytes in one go.
 */
import type { Pdf } from './sheet.ts'

interface Inner {
  _offset: number
  _write(data: string | Uint8Array): void
  push(chunk: Uint8Array | null): boolean
  getStructParentTree(): { get(key: number): unknown; add(key: number, value: unknown): void }
  page: { structParentTreeKey: number }
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
