/** What stands on every page: whose report, of which moment, which marks it bears, which page of how many. */

import type { Focus } from '../../domain/focus.ts'
import { elsewhere, type Report } from '../../domain/report.ts'
import type { ReportEvidence } from '../../domain/sealing.ts'
import { FRAMEWORK_WORD } from '../../domain/words.ts'
import type { Sheet } from './sheet.ts'
import { COLOUR, PAGE, STYLE, type Style } from './tokens.ts'
import { momentOrNever } from './words.ts'
import { cutMiddle } from './wrap.ts'

const RIGHT = PAGE.width - PAGE.right

/** What every output of such a report must bear (design sections 2 and 4). */
export function marksOf(report: Report): readonly string[] {
  const strange = elsewhere(report.sources)
  return [
    ...(report.demo ? ['DEMO: made-up organisation, simulated vendors'] : []),
    ...(strange.length === 0 ? [] : [`Not the vendor’s host: ${cutMiddle(strange.join(', '), 48)}`]),
  ]
}

export function frameOf(
  report: Report,
  { coverage, focus }: Pick<ReportEvidence, 'coverage' | 'focus'>,
): (sheet: Sheet) => void {
  const about = focus === undefined ? 'Evidence report' : aboutText(focus)
  const marks = marksOf(report)
  const run = report.run === null ? 'no run yet' : `Run ${report.run.id}`
  return (sheet) => {
    const cover = sheet.page === 1
    if (!cover) {
      sheet.text(`${cutMiddle(report.organization.name, 60)} · ${about}`, PAGE.left, 38, STYLE.frame)
      sheet.textRight(ofWhen(report, coverage), RIGHT, 38, STYLE.frame)
    }
    let x: number = PAGE.left
    for (const mark of marks) x += pill(sheet, mark, x, cover ? 38 : 52) + 6
    if (!cover) sheet.rule(marks.length === 0 ? 54 : 70)
    sheet.rule(PAGE.height - 46)
    sheet.text(`${cutMiddle(run, 60)} · Exhibit ${report.software}`, PAGE.left, PAGE.height - 40, STYLE.frame)
    sheet.pageNumber(RIGHT, PAGE.height - 40, STYLE.frame)
  }
}

function aboutText(focus: Focus): string {
  switch (focus.on) {
    case 'check':
      return `Evidence of check ${cutMiddle(focus.check.ref, 30)}`
    case 'control':
      return `Evidence of control ${cutMiddle(focus.control.id, 30)}`
    case 'framework':
      return `Evidence report, ${FRAMEWORK_WORD[focus.framework]}`
  }
}

/** What the report speaks of: a period, or the state at one moment. */
export function ofWhen({ snapshotAt }: Report, coverage: ReportEvidence['coverage']): string {
  if (coverage === null) return `State at ${momentOrNever(snapshotAt)}`
  return `Period ${coverage.from.slice(0, 10)} to ${coverage.to.slice(0, 10)}`
}

const PILL: Style = { weight: 'semibold', size: 7, leading: 10, colour: COLOUR.unknown }

function pill(sheet: Sheet, text: string, x: number, y: number): number {
  const line = sheet.setter.line([{ text, style: PILL }])
  sheet.rect(x, y, line.width + 10, 13, COLOUR.unknownSoft)
  sheet.line(line, x + 5, y + 1.5)
  return line.width + 10
}
