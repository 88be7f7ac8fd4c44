/** What nobody can say of a period, by cause: checks, subjects of checks that deviated, leavers. */
import type { LeaverClock, PeriodResult } from '../../domain/period.ts'
import { causeText, countedAs, exactly } from '../../domain/period-words.ts'
import { counted, lowerFirst, number, REASON_WORD } from '../../domain/words.ts'
import { h2, paragraph, span } from './blocks.ts'
import type { Book } from './book.ts'
import { checkResults } from './period-results.ts'
import { cell, figure, Table } from './table.ts'
import { ABOVE, STYLE } from './tokens.ts'
import { cutSentence } from './wrap.ts'

const CAUSE_MAX = 120

type Period = NonNullable<Book['coverage']>

interface Row {
  readonly what: string
  readonly cause: string
  readonly count: number
  readonly which: string
}

export function undetermined(book: Book, { leavers, results }: Period): void {
  const { sheet } = book
  h2(sheet, 'What could not be determined', 80, ABOVE)
  const rows = [...(results == null ? [] : ofChecks(book)), ...ofLeavers(leavers ?? [])]
  if (rows.length === 0) {
    paragraph(sheet, 'Nothing: every subject was evaluated throughout.', STYLE.cell)
    return
  }
  sheet.group('Table', () => {
    const table = new Table(
      sheet,
      [
        { title: 'What, and why', width: 226 },
        { title: 'How many', width: 46, align: 'right' },
        { title: 'Which', width: 215.28 },
      ],
      { dense: true },
    )
    for (const { what, cause, count, which } of rows) {
      table.row([
        {
          header: true,
          text: [[span(`${what}: `, STYLE.cellStrong), span(cutSentence(cause, CAUSE_MAX), STYLE.cell)]],
        },
        figure(number(count)),
        cell(which),
      ])
    }
  })
  sheet.space(4)
}

function ofChecks(book: Book): Row[] {
  const results = checkResults(book)
  const open = results.filter((result) => countedAs(result) === 'not_determinable')
  const silent = results.filter((result) => countedAs(result) === 'nothing_judged')
  const beside = results.filter((result) => result.deviated > 0 && result.notDeterminable > 0)
  return [
    ...byCause('Checks', open, (result) => causeOf(book, result), refsText),
    ...byCause('Checks that judged nothing', silent, (result) => whyNothing(book, result), refsText),
    ...(beside.length === 0
      ? []
      : [
          {
            what: 'Checks that deviated',
            cause: 'some of their other subjects could not be judged',
            count: beside.length,
            which: beside
              .map((one) => `${one.ref} ${number(one.notDeterminable)} of ${number(one.population)}`)
              .join(', '),
          },
        ]),
  ]
}

/** The most frequent cause first. */
function byCause<T>(
  what: string,
  list: readonly T[],
  causeOf: (one: T) => string,
  whichOf: (group: readonly T[]) => string,
): Row[] {
  return [...Map.groupBy(list, causeOf)]
    .sort(([, a], [, b]) => b.length - a.length)
    .map(([cause, group]) => ({ what, cause, count: group.length, which: whichOf(group) }))
}

const REFS_TOLD = 16

/** Of many how many there are of each area. */
function refsText(group: readonly PeriodResult[]): string {
  const refs = [...new Set(group.map(({ ref }) => ref))]
  if (refs.length <= REFS_TOLD) return refs.join(', ')
  const areas = Map.groupBy(refs, (ref) => ref.split('-')[0]!)
  return [...areas].map(([area, own]) => `${number(own.length)} of ${area}`).join(', ')
}

/** Why it was open at the end; where it is not any more, why most of its subjects were; else the longest stretch without an answer. */
function causeOf(
  { report, coverage }: Book,
  { id, system, notDeterminable, longestGapMs, longestGapCause }: PeriodResult,
): string {
  const before = coverage?.unknowns?.find((one) => one.check === id && one.system === system)?.reason
  const reason = lastOf(report, { id, system })?.unknownReason ?? before ?? null
  if (notDeterminable > 0 && reason !== null) return lowerFirst(REASON_WORD[reason])
  if (longestGapMs === 0) return 'open for a time, answered at the end'
  const gap = `${longestGapCause === null ? 'not evaluated' : causeText(longestGapCause)}, ${exactly(longestGapMs)} at a stretch`
  return notDeterminable > 0 ? gap : `${gap}: longer than a failure may stand`
}

/** What the last run came to. */
function lastOf({ results }: Book['report'], { id, system }: Pick<PeriodResult, 'id' | 'system'>) {
  return results.find((one) => one.check.id === id && one.system === system)
}

function whyNothing({ report }: Book, { id, system, covered, longestGapCause }: PeriodResult): string {
  const last = lastOf(report, { id, system })
  // The engine answers so where nothing of the vendor is read: that is a matter of scope, and no lack of subjects.
  if (last?.check.vendor != null && last.status === 'not_applicable' && last.message !== null)
    return 'their vendor is not read'
  if (covered > 0) return 'nothing was there to which it applies'
  const reason = last?.unknownReason ?? null
  if (reason !== null) return `never evaluated: ${lowerFirst(REASON_WORD[reason])}`
  return longestGapCause === null ? 'never evaluated' : `never evaluated: ${causeText(longestGapCause)}`
}

function ofLeavers(leavers: readonly LeaverClock[]): Row[] {
  const open = leavers.filter(({ clock }) => clock === 'not_determinable')
  return byCause('Leavers', open, whyOpen, peopleText)
}

const PEOPLE_TOLD = 2
/** As the clocks begin where two witnesses are at odds. */
const LOG_HAS = "vendor's log has"

function peopleText(group: readonly LeaverClock[]): string {
  const names = group.slice(0, PEOPLE_TOLD).map(({ name, person }) => cutSentence(name ?? person, 60))
  const more = group.length - names.length
  return `${names.join(', ')}${more === 0 ? '' : ` and ${counted(more, 'other')}`}`
}

/** The kind of cause; its moments stand with each person. */
function whyOpen({ endsAt, dueAt, removal, witness, why }: LeaverClock): string {
  const { after, before } = removal
  if (endsAt === null) return 'the roster does not say when they left'
  if (why?.includes(LOG_HAS) === true) return 'the vendor’s log and our readings do not agree'
  if (witness !== null) return 'the vendor’s log and our readings do not agree, or access came back'
  if (dueAt !== null && after !== null && after < dueAt && (before === null || before > dueAt)) {
    return 'the deadline lies between two readings'
  }
  return 'other causes, told with each person'
}
