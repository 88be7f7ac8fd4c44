/** What shows that a period was recorded when it says so, and what does not: stamps, vendors' logs, checks on the evidence. */

import { countedAs, exactly } from '../../domain/period-words.ts'
import { elsewhere } from '../../domain/report.ts'
import type { Coverage, PeriodRuns, PeriodStamps } from '../../domain/sealing.ts'
import { counted, number } from '../../domain/words.ts'
import { isNearby } from '../../lib/addresses.ts'
import { bullets, h2, paragraph } from './blocks.ts'
import type { Book } from './book.ts'
import { checkResults } from './period-results.ts'
import { isAnchored, leafText, OWN_AUTHORITY, outsideText } from './sealing.ts'
import { ABOVE, STYLE } from './tokens.ts'
import { secondText } from './words.ts'

/** Checks on collection and evidence, not on the organisation's systems. */
const OF_THE_EVIDENCE = /^COL-/

/** Room for the heading and what matters most. */
const KEPT = 110

type Period = NonNullable<Book['coverage']>

export function whatDatesIt(book: Book, period: Period): void {
  const { sheet, sealing } = book
  const anchored = sealing !== null && isAnchored(sealing)
  h2(
    sheet,
    anchored
      ? 'Why this could not have been made last night'
      : 'Not anchored outside: what this report shows of its age, and what not',
    KEPT,
    ABOVE,
  )
  if (sealing === null) {
    paragraph(sheet, 'This state is not sealed in a ledger: nothing shows when it was made.', STYLE.cell)
    return
  }
  const { runs: told = null } = period
  const stamped = told?.stamped ?? null
  const runs = told === null ? 'The runs of the period' : `The ${counted(told.count, 'run')} of the period`
  const row = `${runs} are recorded in a signed ledger, in the order in which they were sealed; the last is ${leafText(sealing)}. A run changed, left out or added afterwards would break that order.`
  bullets(
    sheet,
    [
      ...(anchored
        ? [
            `Time stamp: ${outsideText(sealing)}. What is recorded up to there existed at that moment; a history written later would not agree with the stamp.`,
            ...periodStamps(told),
            `Ledger: ${row}`,
          ]
        : [
            sealing.stamp === null
              ? `Time stamp: none from outside that covers the last run; it is ${outsideText(sealing)}.`
              : `Time stamp: none from outside. It is ${outsideText(sealing)}.`,
            ...periodStamps(told),
            `What this shows: ${row}`,
            `What this does not show: when the ${stamped !== null && isOutside(stamped) ? 'part that no stamp covers' : 'ledger'} was written. Who holds the host and its signing key could have written all of it at any time before this report. A checkpoint of this ledger that you received earlier dates all that it covers.`,
          ]),
      ...vendorLogs(book, period),
      ...evidenceChecks(book),
    ],
    STYLE.cell,
  )
}

function isOutside({ authorities }: PeriodStamps): boolean {
  return !authorities.some(isNearby)
}

/** One stamp at the end dates all of it by then; how soon each run had its own says that none was made long afterwards. */
function periodStamps(runs: PeriodRuns | null): string[] {
  if (runs === null || runs.stamped === null) return []
  const { count, authorities, first, last, runs: covered, slowestMs } = runs.stamped
  if (!isOutside(runs.stamped)) return [`Time stamps over the period: by ${authorities.join(', ')}; ${OWN_AUTHORITY}.`]
  const which =
    count === 1
      ? `one, of ${secondText(first)} UTC`
      : `${number(count)} from ${secondText(first)} to ${secondText(last)} UTC`
  return [
    `Time stamps over the period: ${which}, by ${authorities.join(', ')}. They cover ${number(covered)} of ${counted(runs.count, 'run')}, each at most ${exactly(slowestMs)} after it: none of these can have been made later than its stamp. All are in ledger/timestamps, for openssl to verify.`,
  ]
}

/** Only a log at the vendor's own host is one that nobody here can write. */
function vendorLogs({ report }: Book, { of }: Period): string[] {
  const confirmed = of.filter(({ confirmed }) => confirmed != null)
  const strange = elsewhere(report.sources)
  if (confirmed.length === 0) return ['Vendor’s log: none confirms the pulls of this period.']
  return confirmed.map((source) =>
    strange.includes(source.id)
      ? `Vendor’s log: ${source.id} was not read at the vendor’s own host. Its log names ${pullsText(source)}, but whoever runs that host can write it: it confirms nothing from outside.`
      : `Vendor’s log: the log of ${source.id}, which the vendor writes, has an access token issued to Exhibit at the time of ${pullsText(source)}.`,
  )
}

function pullsText({ confirmed }: Coverage): string {
  return `${number(confirmed!.pulls)} of ${number(confirmed!.of)} pulls`
}

function evidenceChecks(book: Book): string[] {
  const own = checkResults(book).filter(({ ref }) => OF_THE_EVIDENCE.test(ref))
  const deviated = own
    .filter((result) => countedAs(result) === 'deviated')
    .map(({ ref, deviated, population }) => `${ref} (${number(deviated)} of ${number(population)})`)
  const open = own.filter((result) => countedAs(result) === 'not_determinable').map(({ ref }) => ref)
  if (deviated.length + open.length === 0) return []
  const told = [
    ...(deviated.length === 0 ? [] : [`deviated: ${deviated.join('; ')}`]),
    ...(open.length === 0 ? [] : [`not determinable: ${open.join(', ')}`]),
  ]
  return [`Checks on this evidence itself that are not met: ${told.join('; ')}.`]
}
