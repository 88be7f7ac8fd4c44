/** The joiner/leaver ledger: between which two readings access ended, and what the vendor's own log says of it. */

import { byText } from '../../domain/json.ts'
import type { Bounds, Clock, LeaverClock } from '../../domain/period.ts'
import { exactly, returnedText } from '../../domain/period-words.ts'
import { elsewhere } from '../../domain/report.ts'
import { counted, type Mark, number } from '../../domain/words.ts'
import { h2, paragraph, span } from './blocks.ts'
import { type Book, chapter } from './book.ts'
import { Table } from './table.ts'
import { COLOUR, STYLE } from './tokens.ts'
import { secondText } from './words.ts'
import { cutMiddle, cutSentence, type Span } from './wrap.ts'

const CLOCK_MARK: Readonly<Record<Clock, Mark>> = {
  within: 'pass',
  breached: 'fail',
  not_determinable: 'unknown',
  open: 'not_applicable',
  no_access: 'not_applicable',
}
const CLOCK_WORD: Readonly<Record<Clock, string>> = {
  within: 'In time',
  breached: 'Late',
  not_determinable: 'Not determinable',
  open: 'Not due yet',
  no_access: 'No access seen',
}
const WORST: readonly Clock[] = ['breached', 'not_determinable', 'open', 'no_access', 'within']
/** A ledger of more is in the packet whole. */
const LISTED = 250
const FEW = 12
const WHY_MAX = 320
const WRITTEN_AT_ONCE = 15

/** Latest first; those whose lateness nobody knows last. */
export function byLateness(a: LeaverClock, b: LeaverClock): number {
  return (b.lateMs ?? -1) - (a.lateMs ?? -1)
}

export async function leavers(book: Book): Promise<void> {
  const { sheet, coverage } = book
  const clocks = coverage?.leavers
  if (clocks == null) return
  await chapter(book, 'leavers', async () => {
    paragraph(
      sheet,
      'Everyone whose employment was seen to end, over each tailnet. Access ended after the last reading that still showed it and by the first that did not. In time: the later bound is. Late: the earlier bound is. Where the vendor’s own log has the second, it decides. The roster’s end date and the moment at which the roster first said so stand side by side, as the one may have been written after the other.',
    )
    paragraph(sheet, leaversText(clocks), STYLE.strong)
    if (clocks.length > 0) await leaversTable(book, clocks, LISTED)
  })
}

/** Without a chapter of its own, in a hand-out of a page or three. */
export async function leaversPart(book: Book): Promise<void> {
  const clocks = book.coverage?.leavers
  if (clocks == null || clocks.length === 0) return
  h2(book.sheet, 'Leavers', 90)
  paragraph(book.sheet, leaversText(clocks), STYLE.strong)
  await leaversTable(book, clocks, FEW)
}

/** "14 leavers: 12 in time, 1 late, 1 not determinable" */
export function leaversText(clocks: readonly LeaverClock[]): string {
  if (clocks.length === 0) return 'Nobody was seen to leave in the period.'
  const counts = WORST.toReversed().flatMap((clock) => {
    const count = clocks.filter((one) => one.clock === clock).length
    return count === 0 ? [] : [`${number(count)} ${CLOCK_WORD[clock].toLowerCase()}`]
  })
  const back = clocks.filter(({ returned }) => returned !== null).length
  const returned = back === 0 ? '' : ` ${number(back)} returned later.`
  return `${counted(clocks.length, 'leaver')}: ${counts.join(', ')}.${returned}`
}

async function leaversTable(book: Book, clocks: readonly LeaverClock[], listed: number): Promise<void> {
  const { sheet } = book
  const many = new Set(clocks.map(({ system }) => system)).size > 1
  const shown = clocks
    .toSorted(
      (a, b) =>
        WORST.indexOf(a.clock) - WORST.indexOf(b.clock) || byLateness(a, b) || byText(a.endsAt ?? '', b.endsAt ?? ''),
    )
    .slice(0, listed)
  await sheet.groupAsync('Table', async () => {
    const strange = elsewhere(book.report.sources)
    const table = new Table(sheet, [
      { title: 'Removal', width: 94 },
      { title: 'Person', width: 128 },
      { title: 'Employment (UTC)', width: 118 },
      { title: 'Access ended (UTC)', width: 147.28 },
    ])
    for (const [index, clock] of shown.entries()) {
      if (index % WRITTEN_AT_ONCE === 0) await book.breathe()
      table.row([
        {
          mark: CLOCK_MARK[clock.clock],
          word: CLOCK_WORD[clock.clock],
          below: [
            ...(clock.lateMs === null
              ? []
              : [[span(`by ${exactly(clock.lateMs)}`, { ...STYLE.note, colour: COLOUR.fail })]]),
            ...(clock.why === null ? [] : [[span(cutSentence(clock.why, WHY_MAX), STYLE.note)]]),
            ...(clock.returned === null ? [] : [[span(`Returned: ${returnedText(clock.returned)}.`, STYLE.note)]]),
          ],
        },
        {
          header: true,
          text: [
            [span(cutMiddle(clock.name ?? clock.person, 80), STYLE.cellStrong)],
            ...(clock.name === null || clock.name === clock.person
              ? []
              : [[span(cutMiddle(clock.person, 80), STYLE.small)]]),
            ...accountsText(clock).map((text) => [span(text, STYLE.small)]),
            ...(many ? [[span(clock.system, STYLE.small)]] : []),
          ],
        },
        {
          text: [
            [span(clock.endDate === null ? 'no end date named' : `ends ${clock.endDate}`, STYLE.cell)],
            [span(`roster said so ${secondText(clock.rosterSaidAt)}`, STYLE.small)],
            ...(clock.dueAt === null ? [] : [[span(`removal due ${secondText(clock.dueAt)}`, STYLE.small)]]),
          ],
        },
        { text: removalText(clock, strange) },
      ])
    }
  })
  if (clocks.length > shown.length) {
    sheet.space(4)
    paragraph(
      sheet,
      `${number(clocks.length - shown.length)} more are in events/leavers.csv of the packet.`,
      STYLE.cellStrong,
    )
  }
}

/** The address stands above already where it is the login too. */
function accountsText({ accounts, person }: LeaverClock): string[] {
  if (accounts.length === 0) return ['no account was seen']
  const [first, ...rest] = accounts
  if (rest.length === 0 && first === person) return []
  return [`${cutMiddle(first!, 60)}${rest.length === 0 ? '' : ` and ${counted(rest.length, 'more account')}`}`]
}

function removalText(
  { system, removal, witness, clock }: LeaverClock,
  strange: readonly string[],
): readonly (readonly Span[])[] {
  const by =
    witness === null
      ? []
      : [
          [
            span(
              `${secondText(witness.at)} by ${cutMiddle(witness.actor ?? 'an actor the log does not name', 60)}`,
              STYLE.cellStrong,
            ),
          ],
          [
            span(
              strange.includes(system) ? 'a log not read at the vendor’s host' : 'the vendor’s own log',
              STYLE.small,
            ),
          ],
        ]
  return [...by, ...boundsText(removal, clock).map((text) => [span(text, witness === null ? STYLE.cell : STYLE.small)])]
}

function boundsText({ after, before }: Bounds, clock: Clock): string[] {
  if (after === null && before === null) return ['no reading had any access']
  return [
    ...(after === null ? [] : [`last reading with access ${secondText(after)}`]),
    before === null
      ? clock === 'open'
        ? 'access is still there'
        : 'no reading without it yet'
      : `first without ${secondText(before)}`,
  ]
}
