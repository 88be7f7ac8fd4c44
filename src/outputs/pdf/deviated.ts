/** What deviated over a period, the most serious first: checks by name, then leavers by how late they were. */
import type { LeaverClock, PeriodResult } from '../../domain/period.ts'
import { exactly } from '../../domain/period-words.ts'
import { DAY } from '../../domain/time.ts'
import { counted, number } from '../../domain/words.ts'
import { bullets, h2, paragraph, span } from './blocks.ts'
import type { Book } from './book.ts'
import { byLateness } from './leavers.ts'
import { checkResults } from './period-results.ts'
import { cell, figure, Table } from './table.ts'
import { ABOVE, STYLE } from './tokens.ts'
import { secondText } from './words.ts'
import { cutMiddle } from './wrap.ts'

const CHECKS_TOLD = 15
const LEAVERS_TOLD = 3
const NAME_MAX = 70
/** Access is removed when a person leaves. */
const OF_LEAVERS = 'ID-02'
const SEVERITIES = ['critical', 'high', 'medium', 'low'] as const

type Period = NonNullable<Book['coverage']>

export function deviated(book: Book, { from, leavers, results }: Period): void {
  const { sheet } = book
  h2(sheet, 'What deviated', 80, ABOVE)
  if (results == null) {
    paragraph(sheet, 'Told by the failures of the period, in the summary by check.', STYLE.cell)
    return
  }
  const failed = checkResults(book).filter((result) => result.deviated > 0)
  const late = (leavers ?? []).filter(({ clock }) => clock === 'breached').toSorted(byLateness)
  if (failed.length + late.length === 0) {
    paragraph(sheet, 'Nothing that was judged deviated.', STYLE.cell)
    return
  }
  if (failed.length > 0) checksTable(book, failed)
  if (late.length > 0) lateLeavers(book, late, failed, from)
}

function checksTable(book: Book, failed: readonly PeriodResult[]): void {
  const { sheet, report } = book
  const checks = new Map([...report.results, ...report.disabled].map(({ check }) => [check.id, check]))
  const rank = ({ id }: PeriodResult): number => SEVERITIES.indexOf(checks.get(id)?.severity ?? 'critical')
  const many = new Set(failed.map(({ system }) => system).filter((system) => system !== null)).size > 1
  const sorted = failed.toSorted((a, b) => rank(a) - rank(b) || b.deviated - a.deviated)
  sheet.group('Table', () => {
    const table = new Table(
      sheet,
      [
        { title: `Checks that deviated: ${number(failed.length)}`, width: 315.28 },
        { title: 'Severity', width: 62 },
        { title: 'Deviated', width: 50, align: 'right' },
        { title: 'Of', width: 60, align: 'right' },
      ],
      { dense: true },
    )
    for (const result of sorted.slice(0, CHECKS_TOLD)) {
      const system = many && result.system !== null ? ` (${result.system})` : ''
      table.row([
        {
          header: true,
          text: [[span(`${result.ref}  ${checks.get(result.id)?.title ?? result.id}${system}`, STYLE.cellStrong)]],
        },
        cell(checks.get(result.id)?.severity ?? 'not known'),
        figure(number(result.deviated)),
        figure(number(result.population)),
      ])
    }
  })
  sheet.space(4)
  const rest = sorted.slice(CHECKS_TOLD)
  if (rest.length > 0) {
    const refs = rest.map(
      (one) =>
        `${one.ref} (${checks.get(one.id)?.severity ?? 'not known'}) ${number(one.deviated)} of ${number(one.population)}`,
    )
    paragraph(sheet, `And: ${refs.join(', ')}.`, STYLE.note)
  }
}

function lateLeavers(
  { sheet }: Book,
  late: readonly LeaverClock[],
  failed: readonly PeriodResult[],
  from: string,
): void {
  const over = (least: number, under: number): number =>
    late.filter(({ lateMs }) => (lateMs ?? 0) >= least && (lateMs ?? 0) < under).length
  const old = late.filter(({ dueAt }) => dueAt !== null && dueAt < from).length
  const before = old === 0 ? '' : `; of ${number(old)} the deadline lies before the period began`
  const seen = seenLate(failed, late.length)
  const unmeasured =
    seen === 0 ? '' : `, ${number(seen)} (among those not determinable) for a time that cannot be stated`
  const still = late.filter(({ removal }) => removal.before === null).length
  sheet.need(90)
  paragraph(sheet, [
    span(`${counted(late.length + seen, 'leaver')} had access after the deadline`, STYLE.cellStrong),
    span(
      `: ${number(over(30 * DAY, Number.POSITIVE_INFINITY))} for 30 days or more, ${number(over(DAY, 30 * DAY))} for a day or more, ${number(over(0, DAY))} for less${unmeasured}${before}. ${still === 0 ? '' : `${number(still)} of those with a known time still had it at the last reading. `}${late.length > LEAVERS_TOLD ? `${number(LEAVERS_TOLD)} of the longest, with all others in the chapter Leavers:` : ''}`,
      STYLE.cell,
    ),
  ])
  bullets(sheet, late.slice(0, LEAVERS_TOLD).map(lateText), STYLE.cell)
}

/** The check fails some whose clock nobody can read: access was there later than any end allows. */
function seenLate(failed: readonly PeriodResult[], late: number): number {
  const all = failed.filter(({ ref }) => ref === OF_LEAVERS).reduce((sum, { deviated }) => sum + deviated, 0)
  return Math.max(0, all - late)
}

function lateText({ person, name, lateMs, dueAt, system, removal }: LeaverClock): string {
  const by = lateMs === null ? 'after the deadline' : `${exactly(lateMs)} after the deadline`
  const due = dueAt === null ? '' : ` (${secondText(dueAt)} UTC)`
  const had = removal.before === null ? 'still had access' : 'had access'
  return `${cutMiddle(name ?? person, NAME_MAX)} left and ${had} to ${system} ${by}${due}.`
}
