/** What is spared of pdfkit's work changes no byte: a document written as pdfkit would, and one written sparingly. */
import type { Readable } from 'node:stream'
import PDFDocument from 'pdfkit'
import { expect, test } from 'vitest'
import type { Pdf } from '../../src/outputs/pdf/sheet.ts'
import { endPacked, gatherContent, gatherWrites, settleStructure } from '../../src/outputs/pdf/thrift.ts'

async function made(sparingly: boolean): Promise<{ bytes: Buffer; chunks: number }> {
  const pdf: Pdf = new PDFDocument({
    autoFirstPage: false,
    tagged: true,
    pdfVersion: '1.7',
    info: { CreationDate: new Date(0) },
  })
  if (sparingly) {
    gatherWrites(pdf)
    gatherContent(pdf)
  }
  const root = pdf.struct('Document')
  pdf.addStructure(root)
  for (let page = 0; page < 3; page++) {
    if (sparingly && page > 0) settleStructure(pdf)
    pdf.addPage()
    for (let line = 0; line < 40; line++) {
      const paragraph = pdf.struct('P')
      root.add(paragraph)
      paragraph.add(pdf.markStructureContent('P'))
      pdf.text(`Zeile ${line} – größer`)
      pdf.endMarkedContent()
      paragraph.end()
    }
    // Marked, and never given to an element.
    pdf.markStructureContent('Span')
    pdf.endMarkedContent()
  }
  root.end()
  const drawing = 'q 1 0 0 1 0 0 cm Q\n'
  const form = pdf.ref({ Type: 'XObject', Subtype: 'Form', BBox: [0, 0, 1, 1] })
  if (sparingly) endPacked(form, drawing)
  else form.end(Buffer.from(drawing))
  if (sparingly) settleStructure(pdf)
  pdf.end()
  const chunks = (await Array.fromAsync(pdf as unknown as Readable)) as Buffer[]
  return { bytes: Buffer.concat(chunks), chunks: chunks.length }
}

test('the same bytes in fewer pieces', async () => {
  const [plain, spared] = [await made(false), await made(true)]
  expect(spared.bytes.equals(plain.bytes)).toBe(true)
  expect(spared.chunks).toBeLessThan(plain.chunks / 10)
})
