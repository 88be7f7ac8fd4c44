/**
 * The paper: pages with their frame, text in lines, tagged structure, places that are filled in when the document is
 * whole. A thin layer over pdfkit, which writes the objects, fonts, structure tree and PDF/A parts.
 */
import { type EmbeddedFont, type Faces, Glyphs, type Run } from './glyphs.ts'
import { endPacked, settleStructure } from './thrift.ts'
import { COLOUR, FLOOR, PAGE, type Style } from './tokens.ts'
import { type Line, Setter, type Span } from './wrap.ts'

export type Pdf = PDFKit.PDFDocument
type Reference = PDFKit.PDFKitReference
type Element = PDFKit.PDFStructureElement

export type Tag =
  | 'Sect'
  | 'H1'
  | 'H2'
  | 'H3'
  | 'P'
  | 'L'
  | 'LI'
  | 'LBody'
  | 'TOC'
  | 'TOCI'
  | 'Table'
  | 'TR'
  | 'TH'
  | 'TD'
  | 'Figure'
  | 'Caption'
export interface TagOptions {
  readonly alt?: string
  readonly scope?: 'Column' | 'Row'
  readonly bbox?: [number, number, number, number]
}

/** A place for a few words that are known only later: a page number. */
export interface Later {
  set(text: string): void
}

interface Pending {
  readonly ref: Reference
  readonly style: Style
  readonly width: number
  text: string
}

const LATER_HEIGHT = 16

export class Sheet {
  readonly pdf: Pdf
  readonly setter: Setter
  /** Where the next thing begins, from the top of the page. */
  y: number = PAGE.top
  page = 0
  readonly #frame: (sheet: Sheet) => void
  readonly #parents: Element[] = []
  /** What is being written, to be taken up again on the next page. */
  #open: { element: Element; tag: Tag } | null = null
  readonly #pending: Pending[] = []
  readonly #total: Later[] = []
  #atTop = true

  constructor(pdf: Pdf, faces: Faces, frame: (sheet: Sheet) => void) {
    this.pdf = pdf
    this.setter = new Setter(new Glyphs(faces))
    this.#frame = frame
    const root = pdf.struct('Document')
    pdf.addStructure(root)
    this.#parents.push(root)
  }

  // ── pages ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** True where nothing has been written below the frame of this page. */
  get fresh(): boolean {
    return this.#atTop
  }

  newPage(): void {
    const open = this.#open
    if (open !== null) this.pdf.endMarkedContent()
    if (this.page > 0) settleStructure(this.pdf)
    this.pdf.addPage({ size: [PAGE.width, PAGE.height], margin: 0 })
    this.page++
    this.#open = null
    this.artifact('Pagination', () => this.#frame(this))
    this.y = PAGE.top
    this.#atTop = true
    if (open !== null) this.#mark(open.element, open.tag)
  }

  /** Room below, down to the foot. */
  get room(): number {
    return FLOOR - this.y
  }

  /** Goes to a new page unless so much room is left. */
  need(height: number): void {
    if (this.room < height && !this.#atTop) this.newPage()
  }

  advance(height: number): void {
    this.y += height
    this.#atTop = false
  }

  /** Space between two things; none at the head of a page. */
  space(height: number): void {
    if (!this.#atTop) this.y += height
  }

  // ── structure ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** An element that holds others. */
  group<T>(tag: Tag, content: () => T, options: TagOptions = {}): T {
    const element = this.#begin(tag, options)
    const result = content()
    this.#end(element)
    return result
  }

  /** The same for content that comes over time. */
  async groupAsync(tag: Tag, content: () => Promise<void>): Promise<void> {
    const element = this.#begin(tag, {})
    await content()
    this.#end(element)
  }

  /** An element that holds text or drawing. */
  leaf(tag: Tag, content: () => void, options: TagOptions = {}): void {
    const element = this.pdf.struct(tag, { ...options })
    this.#parents.at(-1)!.add(element)
    this.#mark(element, tag)
    content()
    this.pdf.endMarkedContent()
    this.#open = null
    element.end()
  }

  /** What is no content: lines, grounds, running heads. Never within a leaf. */
  artifact(type: 'Layout' | 'Pagination', content: () => void): void {
    this.pdf.markContent('Artifact', { type })
    content()
    this.pdf.endMarkedContent()
  }

  #begin(tag: Tag, options: TagOptions): Element {
    const element = this.pdf.struct(tag, { ...options })
    this.#parents.at(-1)!.add(element)
    this.#parents.push(element)
    return element
  }

  #end(element: Element): void {
    this.#parents.pop()
    element.end()
  }

  #mark(element: Element, tag: Tag): void {
    element.add(this.pdf.markStructureContent(tag))
    this.#open = { element, tag }
  }

  bookmark(title: string, parent: PDFKit.PDFOutline | null): PDFKit.PDFOutline {
    return (parent ?? this.pdf.outline).addItem(title, { top: this.y - 8 } as object)
  }

  // ── drawing ──────────────────────────────────────────────────────────────────────────────────────────────────────

  ops(operators: string): void {
    this.pdf.addContent(operators)
  }

  rect(x: number, y: number, width: number, height: number, colour: string): void {
    this.ops(`${fill(colour)} ${n(x)} ${n(y)} ${n(width)} ${n(height)} re f`)
  }

  rule(
    y: number,
    colour: string = COLOUR.line,
    x: number = PAGE.left,
    width: number = PAGE.width - PAGE.left - PAGE.right,
  ): void {
    this.rect(x, y - 0.3, width, 0.6, colour)
  }

  /** A path as charts give them, moved to its place. */
  path(d: string, x: number, y: number, colour: string): void {
    this.pdf.save().translate(x, y).path(d).fill(colour).restore()
  }

  /** The same as a line. */
  stroke(d: string, x: number, y: number, colour: string, width: number): void {
    this.pdf.save().translate(x, y).lineWidth(width).path(d).stroke(colour).restore()
  }

  /** A drawing made once and shown many times, in a box of `size` with its own axes upwards. */
  stamp(name: string, x: number, y: number, size: number, draw: () => string): void {
    let form = this.#stamps.get(name)
    if (form === undefined) {
      form = this.pdf.ref({ Type: 'XObject', Subtype: 'Form', BBox: [0, 0, 16, 16], Resources: {} })
      form.end(Buffer.from(`1 0 0 -1 0 16 cm ${draw()}\n`))
      this.#stamps.set(name, form)
    }
    const k = size / 16
    this.#xobject(name, form)
    this.ops(`q ${n(k)} 0 0 ${n(-k)} ${n(x)} ${n(y + size)} cm /${name} Do Q`)
  }
  readonly #stamps = new Map<string, Reference>()

  #xobject(name: string, form: Reference): void {
    ;(this.pdf.page as unknown as { xobjects: Record<string, Reference> }).xobjects[name] = form
  }

  // ── text ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** One line; `y` is its top. */
  line(line: Line, x: number, y: number): void {
    const fonts = (this.pdf.page as unknown as { fonts: Record<string, object> }).fonts
    this.ops(textOf(line, x, y, fonts))
  }

  text(text: string, x: number, y: number, style: Style): void {
    this.line(this.setter.line([{ text, style }]), x, y)
  }

  textRight(text: string, right: number, y: number, style: Style): void {
    const line = this.setter.line([{ text, style }])
    this.line(line, right - line.width, y)
  }

  /** Lines one below the other, going to a new page where one ends. */
  lines(lines: readonly Line[], x: number): void {
    for (const line of lines) {
      this.need(line.leading)
      this.line(line, x, this.y)
      this.advance(line.leading)
    }
  }

  paragraph(spans: readonly Span[], x: number, width: number): void {
    this.lines(this.setter.wrap(spans, width), x)
  }

  // ── what is known later ──────────────────────────────────────────────────────────────────────────────────────────

  /** Room for a few words, flush right, filled in before the end. */
  later(right: number, y: number, width: number, style: Style): Later {
    const ref = this.pdf.ref({ Type: 'XObject', Subtype: 'Form', BBox: [0, 0, width, LATER_HEIGHT], Resources: {} })
    const pending: Pending = { ref, style, width, text: '' }
    this.#pending.push(pending)
    const name = `L${this.#pending.length}`
    this.#xobject(name, ref)
    this.ops(`q 1 0 0 -1 ${n(right - width)} ${n(y + LATER_HEIGHT)} cm /${name} Do Q`)
    return {
      set(text) {
        pending.text = text
      },
    }
  }

  /** "Page 3 of 42", flush right. */
  pageNumber(right: number, y: number, style: Style): void {
    this.#total.push(this.later(right, y, 90, style))
  }

  /** Fills in what was left open. */
  finish(): void {
    for (const [index, later] of this.#total.entries()) later.set(`Page ${index + 1} of ${this.#total.length}`)
    for (const { ref, style, width, text } of this.#pending) {
      const fonts: Record<string, object> = {}
      const line = this.setter.line([{ text, style }])
      const data = ref.data as unknown as { Resources: object }
      const drawn = textOf(line, width - line.width, 0, fonts)
      data.Resources = { Font: fonts }
      endPacked(ref, `1 0 0 -1 0 ${LATER_HEIGHT} cm ${drawn}\n`)
    }
    for (const element of this.#parents) element.end()
    if (this.page > 0) settleStructure(this.pdf)
  }
}

/** The operators of one line, on axes that run downwards; fonts used are added to `fonts`. */
function textOf(line: Line, x: number, y: number, fonts: Record<string, object>): string {
  if (line.pieces.length === 0) return ''
  // Inter's capitals are 0.727 of the size: the line's letters stand in the middle of its leading.
  const size = Math.max(...line.pieces.map((piece) => piece.style.size))
  const baseline = y + line.leading / 2 + size * 0.36
  let at = x
  let out = 'BT '
  let font: EmbeddedFont | null = null
  let fontSize = 0
  let colour = ''
  for (const { runs, starts, style, width } of line.pieces) {
    const begin = at
    for (const [index, run] of runs.entries()) {
      if (starts !== null) at = begin + starts[index]!
      const own = style.size * run.scale
      if (run.font !== font || own !== fontSize || starts !== null) {
        fonts[run.font.id] = run.font.ref()
        out += `/${run.font.id} ${n(own)} Tf 1 0 0 -1 ${n(at)} ${n(baseline)} Tm `
        font = run.font
        fontSize = own
      }
      const ink = run.quiet ? COLOUR.none : style.colour
      if (ink !== colour) {
        out += `${fill(ink)} `
        colour = ink
      }
      out += shown(run, own)
      at += (run.width * own) / 1000
    }
    // What follows a placed piece must be placed anew.
    if (starts !== null) font = null
    at = begin + width
  }
  return `${out}ET`
}

function shown(run: Run, size: number): string {
  return run.show.includes('%')
    ? run.show.replace(/%(-?[\d.]+)%/g, (_, thousandths: string) => n((Number(thousandths) * size) / 1000))
    : run.show
}

const fills = new Map<string, string>()

/** "#17202c" → "0.09 0.125 0.173 rg" */
function fill(colour: string): string {
  let operator = fills.get(colour)
  if (operator === undefined) {
    const parts = [1, 3, 5].map((at) => n(Number.parseInt(colour.slice(at, at + 2), 16) / 255))
    operator = `${parts.join(' ')} rg`
    fills.set(colour, operator)
  }
  return operator
}

/** A number as PDF takes it: no exponent, hundredths of a point (thousandths for colours). */
export function n(value: number): string {
  return String(Math.round(value * 1000) / 1000)
}
