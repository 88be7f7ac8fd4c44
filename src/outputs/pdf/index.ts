/**
 * The report as a PDF: tagged, PDF/A-3a intended, the same bytes for the same report. Written while it is made: pages
 * leave as they are full, and other work of the process goes on between them.
 */

import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { ownControlsOf } from '../../domain/control-view.ts'
import { type Focus, ownControlsIn } from '../../domain/focus.ts'
import type { Report } from '../../domain/report.ts'
import type { ReportEvidence } from '../../domain/sealing.ts'
import { millis } from '../../domain/time.ts'
import { FRAMEWORK_WORD, lowerFirst } from '../../domain/words.ts'
import { answers } from './answers.ts'
import { attach } from './attachment.ts'
import type { Book, PullLogOf } from './book.ts'
import { coverage } from './calendar.ts'
import { checks } from './checks.ts'
import { controls } from './controls.ts'
import { about, cover } from './cover.ts'
import { exceptions } from './exceptions.ts'
import { frameOf, ofWhen } from './frame.ts'
import { glossary } from './glossary.ts'
import type { EmbeddedFont, Faces } from './glyphs.ts'
import { leavers } from './leavers.ts'
import { ownControls } from './own-controls.ts'
import { part } from './part.ts'
import { periodResults } from './period-results.ts'
import { requests } from './requests.ts'
import { scope } from './scope.ts'
import { sealing as sealingChapter } from './sealing.ts'
import { type Pdf, Sheet } from './sheet.ts'
import { summary } from './summary.ts'
import { gatherContent, gatherWrites } from './thrift.ts'

export type { PullLog, PullLogOf } from './book.ts'

const FONTS = {
  regular: '@expo-google-fonts/inter/400Regular/Inter_400Regular.ttf',
  medium: '@expo-google-fonts/inter/500Medium/Inter_500Medium.ttf',
  semibold: '@expo-google-fonts/inter/600SemiBold/Inter_600SemiBold.ttf',
  wide: 'dejavu-fonts-ttf/ttf/DejaVuSans.ttf',
  wideBold: 'dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf',
} as const
type FontName = keyof typeof FONTS

type Told = Pick<ReportEvidence, 'sealing' | 'coverage' | 'focus'>

/** A report of which nobody says how it stands in the ledger says that it is not sealed. */
const UNSEALED: Told = { sealing: null, coverage: null }

export async function* renderPdf(
  report: Report,
  pullLog: PullLogOf,
  told: Told = UNSEALED,
): AsyncGenerator<Uint8Array> {
  const { sealing, coverage, focus = null } = told
  // pdfkit takes a tenth of a second to load: only who wants a PDF waits for it.
  const [{ default: PDFDocument }, files] = await Promise.all([import('pdfkit'), fontFiles()])
  const pdf = new PDFDocument({
    autoFirstPage: false,
    pdfVersion: '1.7',
    subset: 'PDF/A-3a',
    tagged: true,
    lang: 'en',
    displayTitle: true,
    info: {
      Title: title(report, told),
      Author: plain(report.organization.name),
      Creator: `Exhibit ${plain(report.software)}`,
      Producer: `Exhibit ${plain(report.software)}`,
      // As plain text in the file, so that who verifies a packet finds it without reading PDF.
      ...(sealing?.manifest == null ? {} : { Keywords: `manifest ${sealing.manifest}` }),
      // The moment that it speaks of: no clock is asked, and the same report gives the same bytes.
      CreationDate: momentOf(report),
    },
    font: files.regular as unknown as string,
  })
  gatherWrites(pdf)
  gatherContent(pdf)
  yield* written(pdf, async (breathe) => {
    const faces = await facesOf(pdf, files, breathe)
    const sheet = new Sheet(pdf, faces, frameOf(report, told))
    const declared = ownControlsOf(report)
    const ownControls = focus === null ? declared : ownControlsIn(focus, declared)
    const remembered = { contents: new Map(), pages: new Map(), accepted: new Map() }
    const book = { sheet, report, pullLog, sealing, coverage, focus, ownControls, breathe, ...remembered }
    await (focus === null || focus.on === 'framework' ? whole(book) : part(book, focus))
    await attach(book, momentOf(report))
    await breathe()
    sheet.finish()
    await breathe()
    // The end would write all of them at once, a tenth of a second each.
    for (const font of new Set([faces.fonts, faces.fallback].flatMap((each) => Object.values(each)))) {
      font.finalize()
      await breathe()
    }
  })
}

async function whole(book: Book): Promise<void> {
  await book.sheet.groupAsync('Sect', async () => cover(book))
  await answers(book)
  await ownControls(book)
  await periodResults(book)
  await leavers(book)
  await coverage(book)
  await about(book)
  await scope(book)
  await summary(book)
  await controls(book)
  await checks(book)
  await exceptions(book)
  await requests(book)
  await sealingChapter(book)
  await glossary(book)
}

function momentOf(report: Report): Date {
  return new Date(millis(report.snapshotAt ?? report.evaluatedAt))
}

/** Bytes that may wait for whoever reads us before the work pauses. */
const WAITING_MAX = 1_000_000

/** Does the work while its bytes are taken away. */
async function* written(pdf: Pdf, work: (breathe: Book['breathe']) => Promise<void>): AsyncGenerator<Uint8Array> {
  const stream = pdf as unknown as Readable
  let abandoned = false
  let wanted: () => void = () => {}
  const breathe = async (): Promise<void> => {
    if (stream.readableLength > WAITING_MAX)
      await new Promise<void>((resolve) => {
        wanted = resolve
      })
    await setImmediate()
    if (abandoned) throw new Error('the report is no longer wanted')
  }
  const done = work(breathe).then(
    () => pdf.end(),
    (error: Error) => void stream.destroy(error),
  )
  try {
    for await (const chunk of stream) {
      yield chunk as Uint8Array
      wanted()
    }
    await done
  } finally {
    abandoned = true
    wanted()
  }
}

async function fontFiles(): Promise<Record<FontName, Uint8Array>> {
  const { resolve } = createRequire(import.meta.url)
  const read = async ([name, path]: [string, string]): Promise<[string, Uint8Array]> => [
    name,
    await readFile(resolve(path)),
  ]
  return Object.fromEntries(await Promise.all(Object.entries(FONTS).map(read))) as Record<FontName, Uint8Array>
}

/** Opened anew for each document: a font remembers what each of its glyphs was first used for. One takes some 30 ms. */
async function facesOf(
  pdf: Pdf,
  files: Readonly<Record<FontName, Uint8Array>>,
  breathe: Book['breathe'],
): Promise<Faces> {
  const open = async (name: FontName): Promise<EmbeddedFont> => {
    pdf.registerFont(name, files[name] as unknown as string)
    pdf.font(name)
    await breathe()
    return (pdf as unknown as { _font: EmbeddedFont })._font
  }
  const [wide, wideBold] = [await open('wide'), await open('wideBold')]
  return {
    fonts: { regular: await open('regular'), medium: await open('medium'), semibold: await open('semibold') },
    fallback: { regular: wide, medium: wide, semibold: wideBold },
  }
}

function title(report: Report, { coverage, focus }: Told): string {
  const when = ofWhen(report, coverage)
  return `${titleOf(focus ?? null)} of ${plain(report.organization.name)}, ${lowerFirst(when)}${report.demo ? ' (DEMO)' : ''}`
}

function titleOf(focus: Focus | null): string {
  switch (focus?.on) {
    case 'check':
      return `Evidence of the check ${plain(focus.check.ref)}`
    case 'control':
      return `Evidence of the control ${plain(focus.control.id)}`
    case 'framework':
      return `Evidence report (${plain(FRAMEWORK_WORD[focus.framework]!)})`
    default:
      return 'Evidence report'
  }
}

/** For the file's metadata, which pdfkit writes into XML as it is given: letters, digits and harmless signs. */
function plain(text: string): string {
  return Array.from(text.normalize().replace(/[^\p{L}\p{N} .,'()+-]/gu, ' '))
    .slice(0, 80)
    .join('')
}
