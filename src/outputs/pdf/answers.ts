/** What an auditor asks of a period first, answered before the tables: who, when, whom, how, what deviated, what nobody knows. */

import { coveredDays, longestStretch } from '../../domain/coverage-calendar.ts'
import {
  COUNTED_AS,
  COUNTED_WORD,
  causeText,
  countedAs,
  countsOver,
  exactly,
  periodControlCount,
  shareText,
  unreadText,
} from '../../domain/period-words.ts'
import { type Coverage, INTERVALS_ALLOWED, type PeriodRuns } from '../../domain/sealing.ts'
import { between } from '../../domain/time.ts'
import { counted, countedKind, lengthText, momentText, number, vendorWord } from '../../domain/words.ts'
import { bullets, facts, h2, span } from './blocks.ts'
import { type Book, chapter } from './book.ts'
import { deviated } from './deviated.ts'
import { leaversText } from './leavers.ts'
import { whatDatesIt } from './outside.ts'
import { checkResults } from './period-results.ts'
import { areaOf } from './summary.ts'
import { ABOVE, STYLE } from './tokens.ts'
import { undetermined } from './undetermined.ts'
import { secondText } from './words.ts'
import { cutSentence } from './wrap.ts'

type Period = NonNullable<Book['coverage']>
type Fact = readonly [string, string | ReturnType<typeof span>[]]

const CAUSE_MAX = 120
const CONTROLS_TOLD = 4
const SOURCES_TOLD = 8
/** They say whether a reading had everything: read to its end, as many as the source states, no sudden fall. */
const COMPLETENESS: readonly string[] = ['COL-01', 'COL-03', 'COL-04']

export async function answers(book: Book): Promise<void> {
  const { coverage } = book
  if (coverage === null) return
  await chapter(book, 'period', () => {
    who(book, coverage)
    when(book, coverage)
    population(book, coverage)
    tested(book, coverage)
    deviated(book, coverage)
    undetermined(book, coverage)
    whatDatesIt(book, coverage)
  })
}

function who(book: Book, { runs }: Period): void {
  const { report, sheet } = book
  const settings = report.snapshot?.settings
  const sources = report.sources.map(
    ({ id, kind, notVendorHost }) => `${id} (${vendorWord(kind)}${notVendorHost ? ', not at the vendor’s host' : ''})`,
  )
  const governed = settings?.criticalSystems.map(({ id }) => id).join(', ') ?? ''
  h2(sheet, 'Who', 60, ABOVE)
  facts(sheet, [
    ['Organisation', `${report.organization.name} (${report.organization.id})`],
    ['Systems read', sources.join(', ') || 'none'],
    ['Critical systems', governed || 'none declared'],
    [
      'Made by',
      `Exhibit ${report.run?.software ?? report.software}, run by the organisation itself; no third party made it`,
    ],
    ...actors(runs ?? null),
  ])
}

/** The leaf of a run names nobody: who answers for the runs is who put their settings in force. */
function actors(runs: PeriodRuns | null): Fact[] {
  const last = runs?.settingsBy.at(-1)
  if (last === undefined) return []
  const all = new Set(runs!.settingsBy.map(({ by }) => by))
  const others = all.size === 1 ? '' : `; ${counted(all.size, 'actor')} in all, in audit-log.csv of the packet`
  return [['Settings put in force by', `${cutSentence(last.by, 80)}, last at ${secondText(last.at)} UTC${others}`]]
}

function when(book: Book, period: Period): void {
  const { from, to, until, of, runs } = period
  const unread = unreadText(period)
  h2(book.sheet, 'What period', 60, ABOVE)
  facts(book.sheet, [
    ['Asked for', [span(`${secondText(from)} to ${secondText(to)} UTC`, STYLE.cellStrong)]],
    ...(runs == null
      ? []
      : [['First and last run', `${secondText(runs.first)} and ${secondText(runs.last)} UTC`] as Fact]),
    ...(unread === null ? [] : [['Not covered at its end', unread] as Fact]),
    ...(runs?.longest == null
      ? []
      : [
          [
            'Longest without a run',
            `${exactly(between(runs.longest.from, runs.longest.to))}, from ${momentText(runs.longest.from)} to ${momentText(runs.longest.to)}`,
          ] as Fact,
        ]),
    ['How time is counted', countedText(book.report)],
    ...of
      .filter(({ what }) => what === 'source')
      .slice(0, SOURCES_TOLD)
      .map((source): Fact => [`Read of ${source.id}`, readText(source, from, until)]),
  ])
}

/** The same allowance as of the coverage, without which its shares would not add up. */
function countedText({ snapshot }: Book['report']): string {
  const every = snapshot?.settings.scheduleMs
  const allowance =
    every === undefined
      ? ''
      : `, for at most ${lengthText(INTERVALS_ALLOWED * every)} (${INTERVALS_ALLOWED} intervals of the schedule)`
  const limits = Map.groupBy(
    (snapshot?.settings.sources ?? []).filter(({ freshnessMs }) => freshnessMs !== undefined),
    ({ freshnessMs }) => lengthText(freshnessMs),
  )
  const fresh = [...limits].map(([length, sources]) => `${length} ${sources.map(({ id }) => id).join(', ')}`)
  return `a reading counts until the next run${allowance}; a check’s verdict until the next run, while what it rests on is fresh${fresh.length === 0 ? '' : ` (${fresh.slice(0, SOURCES_TOLD).join('; ')})`}`
}

function readText(source: Coverage, from: string, until: string): string {
  const gap = longestStretch(source.gaps)
  if (gap === null) return 'the whole time'
  const days = coveredDays(from, until, [source])
  const whole = days.filter(({ share }) => share >= 1).length
  const cause = cutSentence(causeText(gap.cause), CAUSE_MAX)
  return `${shareText(source.share)} of the time, all of ${number(whole)} of ${counted(days.length, 'day')}; longest gap ${exactly(between(gap.from, gap.to))}, from ${momentText(gap.from)}: ${cause}`
}

function population(book: Book, { leavers, populations }: Period): void {
  const { report, sheet } = book
  h2(sheet, 'Which population', 60, ABOVE)
  const there = (populations ?? []).filter(({ all }) => all > 0)
  const all = there.map(({ kind, all }) => countedKind(all, kind)).join(', ')
  const atEnd = there.map(({ kind, atEnd }) => countedKind(atEnd, kind)).join(', ')
  const completeness = checkResults(book).filter(({ ref }) => COMPLETENESS.includes(ref))
  const titles = new Map(report.results.map(({ check }) => [check.id, check.title]))
  facts(sheet, [
    ...(there.length === 0
      ? []
      : [['At any time of it', [span(`${all}; `, STYLE.cellStrong), span(`at its end ${atEnd}`, STYLE.cell)]] as Fact]),
    ...(leavers == null ? [] : [['Leavers', leaversText(leavers)] as Fact]),
    [
      'Completeness',
      completeness.length === 0
        ? 'no check of completeness was asked'
        : completeness
            .map(
              (result) =>
                `${result.ref} ${titles.get(result.id) ?? result.id}: ${COUNTED_WORD[countedAs(result)].toLowerCase()}${result.deviated > 0 ? ` (${number(result.deviated)} of ${number(result.population)})` : ''}`,
            )
            .join('; '),
    ],
  ])
}

function tested(book: Book, { runs }: Period): void {
  const { report, sheet } = book
  const results = checkResults(book)
  const own = report.results.filter(({ check }) => check.operator).length
  h2(sheet, 'What was tested, and how', 90, ABOVE)
  bullets(
    sheet,
    [
      `${counted(report.results.length, 'check')}, each a yes-or-no question with its rule and limits printed further on${own > 0 ? `; ${number(own)} are the operator’s own` : ''}. ${report.disabled.length === 0 ? 'None is disabled.' : `${number(report.disabled.length)} disabled, with the reason of each in this report.`}`,
      `By area: ${byArea(book)}.`,
      ...ownControls(book),
      ...(runs == null ? [] : [runsText(runs)]),
      'At each run every subject that was read was judged, without a sample, on the vendors’ answers as they came; what could not be read is not determinable. The digests of the answers are sealed with the run; while they are kept, each verdict can be made again from them.',
      ...(results.length === 0 ? [] : [cameTo(book)]),
    ],
    STYLE.cell,
  )
}

function byArea({ report }: Book): string {
  return [...Map.groupBy(report.results, areaOf)].map(([area, own]) => `${area} ${number(own.length)}`).join(', ')
}

function ownControls({ ownControls, coverage }: Book): string[] {
  if (ownControls.length === 0) return []
  const told = (coverage?.results ?? []).flatMap(({ what, ref, checks }) =>
    what === 'control' && checks !== null ? [`${ref} ${periodControlCount(checks)}`] : [],
  )
  const more = told.length > CONTROLS_TOLD ? `; ${number(told.length - CONTROLS_TOLD)} more follow` : ''
  return [`By the organisation’s own controls: ${told.slice(0, CONTROLS_TOLD).join('; ')}${more}.`]
}

function runsText({ count, everyMs, failed }: PeriodRuns): string {
  const every = everyMs === null ? '' : `, as a rule ${lengthText(everyMs)} apart (median)`
  const some = failed.filter(({ runs }) => runs > 0)
  const told = some.map(({ source, runs }) => `in ${number(runs)} the pull of ${source} failed`)
  return `${counted(count, 'run')} in the period${every}; ${told.length === 0 ? 'no pull failed' : told.join(', ')}.`
}

/** A met check tells only of the time in which it was evaluated: its share stands beside it. */
export function metShare(book: Book): string | null {
  const shares = checkResults(book)
    .filter((result) => countedAs(result) === 'met')
    .map(({ covered }) => covered)
  if (shares.length === 0) return null
  const [least, most] = [shareText(Math.min(...shares)), shareText(Math.max(...shares))]
  return least === most ? least : `${least} to ${most}`
}

function cameTo(book: Book): string {
  const counts = countsOver(checkResults(book))
  const told = COUNTED_AS.map((as) => {
    const share = as === 'met' ? metShare(book) : null
    return `${number(counts[as])} ${COUNTED_WORD[as].toLowerCase()}${share === null ? '' : ` (evaluated for ${share} of the period)`}`
  })
  return `Each check is a test of its own over the period: ${told.join(', ')}.`
}
