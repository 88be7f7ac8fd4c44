/** What every chapter is handed: the paper, the report, and the list of contents that is filled in as chapters begin. */
import type { Focus } from '../../domain/focus.ts'
import type { Report } from '../../domain/report.ts'
import type { ReportEvidence } from '../../domain/sealing.ts'
import type { OwnControl } from '../../domain/settings.ts'
import type { SealedPull } from '../../domain/store.ts'
import { h1 } from './blocks.ts'
import type { Later, Sheet } from './sheet.ts'

export type PullLog = Omit<SealedPull, 'records'>
/** The request log of a source's newest attempt, or of that in the run given; null where there is none. */
export type PullLogOf = (source: string, runId?: string) => Promise<PullLog | null>

export const CHAPTERS = {
  period: 'The period in answers',
  own: 'The organisation’s own controls',
  tested: 'Period results',
  leavers: 'Leavers',
  coverage: 'Coverage of the period',
  about: 'About this report',
  scope: 'Scope and system description',
  results: 'Summary by check',
  controls: 'Summary by control',
  checks: 'Checks',
  exceptions: 'Accepted risks, attestations, disabled checks',
  requests: 'Information produced by the entity',
  sealing: 'Sealing and anchoring',
  glossary: 'Words used',
} as const
export type Chapter = keyof typeof CHAPTERS

export interface Book {
  readonly sheet: Sheet
  readonly report: Report
  readonly pullLog: PullLogOf
  readonly sealing: ReportEvidence['sealing']
  readonly coverage: ReportEvidence['coverage']
  /** What it is a part of; null: it is about everything. */
  readonly focus: Focus | null
  /** Of the organisation's list those that it tells of. */
  readonly ownControls: readonly OwnControl[]
  /** Lets other work of the process go on; to be awaited between things that take long. */
  breathe(): Promise<void>
  /** Page numbers in the list of contents. */
  readonly contents: Map<Chapter, Later>
  /** Page numbers in the summary by check, by place of the result in the report. */
  readonly pages: Map<number, Later>
  /** Waiver → how many failures it accepts, as met on the way. */
  readonly accepted: Map<string, number>
}

/** Those of this report, in order. */
export function chaptersOf({ coverage, ownControls }: Pick<Book, 'coverage' | 'ownControls'>): readonly Chapter[] {
  const absent = new Set<Chapter>([
    ...(coverage === null ? (['period', 'tested', 'leavers', 'coverage'] as const) : []),
    ...(coverage?.leavers == null ? (['leavers'] as const) : []),
    ...(ownControls.length === 0 ? (['own'] as const) : []),
  ])
  return (Object.keys(CHAPTERS) as Chapter[]).filter((id) => !absent.has(id))
}

/** Begins a chapter: a new page, its heading, its bookmark, its number in the list of contents. */
export async function chapter(
  book: Book,
  id: Chapter,
  content: (bookmark: PDFKit.PDFOutline) => void | Promise<void>,
): Promise<void> {
  const { sheet } = book
  await book.breathe()
  await sheet.groupAsync('Sect', async () => {
    h1(sheet, CHAPTERS[id])
    book.contents.get(id)?.set(String(sheet.page))
    await content(sheet.bookmark(CHAPTERS[id], null))
  })
}
