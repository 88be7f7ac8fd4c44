/** The results document that the report is a rendering of, carried inside it (PDF/A-3, associated file). */
import { createHash } from 'node:crypto'
import { pipeline } from 'node:stream/promises'
import { createDeflate } from 'node:zlib'
import type { Report } from '../../domain/report.ts'
import { json } from '../json.ts'
import type { Book } from './book.ts'
import type { Pdf } from './sheet.ts'

/** Findings that are carried; of a larger fleet the whole document is hundreds of megabytes, which readers refuse to open. */
const MOST = 10_000

interface Attachment {
  readonly name: string
  readonly description: string
  readonly text: Iterable<string>
}

/**
 * Whole where it can be; else without the subjects that are fine; of a fleet with very many failures without subjects. The
 * counts are those of the whole always, as with `check --only`.
 */
function attachmentOf(report: Report): Attachment {
  const counted = (names: readonly ('pass' | 'fail' | 'unknown' | 'not_applicable')[]): number =>
    report.results.reduce((sum, { counts }) => sum + names.reduce((all, name) => all + counts[name], 0), 0)
  const name = 'results.json'
  if (counted(['pass', 'fail', 'unknown', 'not_applicable']) <= MOST) {
    return { name, description: 'The results as exhibit.results/1, whole', text: json.render(report) }
  }
  if (counted(['fail', 'unknown']) <= MOST) {
    return {
      name,
      description: 'The results as exhibit.results/1; of the findings those that fail or are not evaluated',
      text: json.render(without(report, 'fine')),
    }
  }
  return {
    name,
    description: 'The results as exhibit.results/1 with their counts; too many findings to carry',
    text: json.render(without(report, 'all')),
  }
}

function without(report: Report, left: 'fine' | 'all'): Report {
  const results = report.results.map((result) => ({
    ...result,
    *findings() {
      if (left === 'all') return
      for (const finding of result.findings('open'))
        if (finding.status === 'fail' || finding.status === 'unknown') yield finding
    },
  }))
  return { ...report, results }
}

interface Packed {
  readonly body: Buffer
  /** Before it was packed. */
  readonly size: number
  /** MD5, as ISO 32000-1 table 46 has it. */
  readonly checksum: Buffer
}

/**
 * Embeds it by hand: pdfkit's `file` wants the whole of it at once, copies it, and digests and packs it in one go, which for
 * ten thousand findings is a quarter of a second and thirty megabytes.
 * @param at date of creation and change, so that the same report gives the same bytes
 */
export async function attach({ sheet: { pdf }, report, breathe }: Book, at: Date): Promise<void> {
  const { name, description, text } = attachmentOf(report)
  const { body, size, checksum } = await packed(text, breathe)
  const file = pdf.ref({
    Type: 'EmbeddedFile',
    Subtype: 'application#2Fjson',
    Filter: 'FlateDecode',
    Params: { CreationDate: at, ModDate: at, CheckSum: checksum, Size: size },
  })
  file.end(body)
  // pdfkit writes a bare string as a name of PDF, and an object of it as a text.
  const label = new String(name)
  const specification = pdf.ref({
    Type: 'Filespec',
    AFRelationship: 'Data',
    F: label,
    EF: { F: file },
    UF: label,
    Desc: new String(description),
  })
  ;(specification as unknown as { end(): void }).end()
  const inner = pdf as unknown as InnerPdf
  inner.addNamedEmbeddedFile(name, specification)
  inner._root.data.AF = [specification]
}

interface InnerPdf {
  addNamedEmbeddedFile(name: string, file: ReturnType<Pdf['ref']>): void
  readonly _root: { readonly data: Record<string, unknown> }
}

/** Packed while it is made, in another thread than this one. */
async function packed(text: Iterable<string>, breathe: Book['breathe']): Promise<Packed> {
  const hash = createHash('md5')
  const parts: Buffer[] = []
  let size = 0
  async function* read(): AsyncGenerator<Buffer> {
    for (const piece of gathered(text)) {
      const chunk = Buffer.from(piece)
      hash.update(chunk)
      size += chunk.length
      yield chunk
      await breathe()
    }
  }
  await pipeline(read, createDeflate(), async (out: AsyncIterable<Buffer>) => {
    for await (const part of out) parts.push(part)
  })
  return { body: Buffer.concat(parts), size, checksum: hash.digest() }
}

const PIECE = 1 << 16

function* gathered(lines: Iterable<string>): Generator<string> {
  let piece = ''
  for (const line of lines) {
    piece += line
    if (piece.length < PIECE) continue
    yield piece
    piece = ''
  }
  yield piece
}
