/** Checks by criterion, where a report is about one framework. */
import type { Framework } from '../../domain/check.ts'
import { type ControlRow, controlView, type MappedCheck } from '../../domain/control-view.ts'
import { paragraph, span } from './blocks.ts'
import type { Book } from './book.ts'
import { standingText } from './own-controls.ts'
import { PAGE, STYLE, WIDTH } from './tokens.ts'

interface Group {
  readonly criterion: ControlRow | null
  /** In the results of the report. */
  readonly places: readonly number[]
}

/** All in one, or by criterion of the framework that the report is about: each check under the first that it tests. */
export function groupsOf({ report, focus }: Book): Group[] {
  if (focus?.on !== 'framework') return [{ criterion: null, places: report.results.map((_, index) => index) }]
  const own = controlView(report, []).frameworks.find(({ framework }) => framework === focus.framework)
  const criteria = own?.controls ?? []
  const serves = (list: readonly MappedCheck[], id: string): boolean => list.some(({ check }) => check.id === id)
  const home = (id: string): ControlRow | undefined =>
    criteria.find(({ direct }) => serves(direct, id)) ?? criteria.find(({ indirect }) => serves(indirect, id))
  const homes = report.results.map(({ check }) => home(check.id))
  return criteria.map((criterion) => ({
    criterion,
    places: homes.flatMap((each, index) => (each === criterion ? [index] : [])),
  }))
}

export function criterionHead(
  book: Book,
  criterion: ControlRow,
  places: readonly number[],
  framework: Framework,
): void {
  const { sheet, report } = book
  sheet.space(14)
  sheet.need(places.length === 0 ? 70 : 240)
  sheet.leaf('H2', () => sheet.paragraph([span(criterion.id, STYLE.h1)], PAGE.left, WIDTH))
  sheet.space(2)
  paragraph(sheet, `${standingText(book, criterion, framework)}.`, STYLE.cellStrong)
  const here = new Set(places.map((index) => report.results[index]!.check.id))
  const elsewhere = [...criterion.direct, ...criterion.indirect].filter(({ check }) => !here.has(check.id))
  if (elsewhere.length > 0) {
    const refs = elsewhere.map(({ check, standing }) => `${check.ref}${standing === 'disabled' ? ' (disabled)' : ''}`)
    paragraph(sheet, `Told under another criterion, or disabled: ${refs.join(', ')}.`, STYLE.note)
  }
}
