/** What an auditor asks of a period first, answered before the tables: who, when, whom, how, what deviated, what nobody knows. */

import { coveredDays, daysText } from '../../domain/coverage-calendar.ts'
import type { LeaverClock, PeriodResult } from '../../domain/period.ts'
import { exactly, OUTCOME_WORD, periodOutcome, shareText } from '../../domain/period-words.ts'
import { between } from '../../domain/time.ts'
import { counted, countedKind, lengthText, number, vendorWord } from '../../domain/words.ts'
import { bullets, facts, h2, paragraph, span } from './blocks.ts'
import { type Book, chapter } from './book.ts'
import { longestGap } from './calendar.ts'
import { leaversText } from './leavers.ts'
import { checkResults } from './period-results.ts'
import { outsideText } from './sealing.ts'
import { STYLE } from './tokens.ts'
import { secondText } from './words.ts'
import { cutMiddle } from './wrap.ts'

/** Lines under one question; the tables have all. */
const TOLD = 8
const LINE_MAX = 260

type Period = NonNullable<Book['coverage']>

export async function answers(book: Book): Promise<void> {
  const { coverage } = book
  if (coverage === null) return
  await chapter(book, 'period', () => {
    who(book)
    when(book, coverage)
    population(book, coverage)
    tested(book)
    deviated(book, coverage)
    unknown(book, coverage)
    lastNight(book, coverage)
  })
}

function question({ sheet }: Book, text: string): void {
  h2(sheet, text, 60)
}

function who(book: Book): void {
  const { report, sheet } = book
  const settings = report.snapshot?.settings
  const sources = report.sources.map(({ id, kind }) => `${id} (${vendorWord(kind)})`).join(', ')
  const governed = settings?.criticalSystems.map(({ id }) => id).join(', ') ?? ''
  question(book, 'Who')
  facts(sheet, [
    ['Organisation', `${report.organization.name} (${report.organization.id})`],
    ['Systems read', sources || 'none'],
    ['Critical systems', governed || 'none declared'],
    ['Collected by', `Exhibit ${report.run?.software ?? report.software}, run by the organisation itself`],
  ])
}

function when(book: Book, { from, to, until, of }: Period): void {
  question(book, 'What period')
  const checks = of.filter(({ what }) => what === 'check')
  const days = coveredDays(from, until, checks)
  const gap = checks
    .map(longestGap)
    .reduce((a, b) => (a === null || (b !== null && length(b) > length(a)) ? b : a), null)
  facts(book.sheet, [
    ['Period', [span(`${secondText(from)} to ${secondText(to)} UTC`, STYLE.cellStrong)]],
    ...(until < to ? [['Not over', `told up to ${secondText(until)} UTC`] as const] : []),
    ['Days covered', days.length === 0 ? 'no check was asked' : daysText(days, 'every check was')],
    [
      'Longest gap',
      gap === null ? 'none' : `${exactly(length(gap))} from ${secondText(gap.from)} UTC: ${cutMiddle(gap.cause, 120)}`,
    ],
  ])
}

function length({ from, to }: { readonly from: string; readonly to: string }): number {
  return between(from, to)
}

function population(book: Book, { leavers }: Period): void {
  const { report, sheet } = book
  question(book, 'Which population')
  const largest = checkResults(book).toSorted((a, b) => b.population - a.population)[0]
  const totals = new Map<string, number>()
  for (const { records } of report.sources) {
    for (const kind of ['person', 'account', 'device', 'agent']) {
      if (records[kind] !== undefined) totals.set(kind, (totals.get(kind) ?? 0) + records[kind])
    }
  }
  const kinds = [...totals].map(([kind, count]) => countedKind(count, kind)).join(', ')
  facts(sheet, [
    ['Over the period', 'every subject that was judged at any time, whatever became of it; no sample was drawn'],
    ...(largest === undefined || largest.population === 0
      ? []
      : [['Largest', `${counted(largest.population, 'subject')} of ${largest.ref}`] as const]),
    ...(leavers == null ? [] : [['Leavers', leaversText(leavers)] as const]),
    ['Read at its end', kinds || 'nothing'],
  ])
}

function tested(book: Book): void {
  const { report, sheet } = book
  question(book, 'What was tested, and how')
  const asked = new Set(report.results.map(({ check }) => check.id)).size
  const own = report.results.filter(({ check }) => check.operator).length
  const outcomes = checkResults(book).map(periodOutcome)
  const told = (['deviated', 'not_determinable', 'met', 'nothing_tested'] as const)
    .map(
      (outcome) =>
        `${number(outcomes.filter((each) => each === outcome).length)} ${OUTCOME_WORD[outcome].toLowerCase()}`,
    )
    .join(', ')
  bullets(
    sheet,
    [
      `${counted(asked, 'check')}, each a yes-or-no question with its rule and limits printed further on${own > 0 ? `; ${number(own)} are the operator’s own` : ''}. ${report.disabled.length === 0 ? 'None is disabled.' : `${number(report.disabled.length)} disabled, with the reason of each in this report.`}`,
      'All of the population, at every run of the period, by the vendors’ answers as they came. Their digests are sealed with each run; from the answers, while they are kept, each verdict can be made again.',
      ...(outcomes.length === 0 ? [] : [`As tests over the period: ${told}.`]),
    ],
    STYLE.cell,
  )
}

function deviated(book: Book, { leavers, results }: Period): void {
  question(book, 'What deviated')
  if (results == null) {
    paragraph(book.sheet, 'Told by the failures of the period, in the summary by check.', STYLE.cell)
    return
  }
  const lines = checkResults(book)
    .filter((result) => result.deviated > 0)
    .map((result) => `${result.ref} ${titleOf(book, result)}: ${result.says}`)
  const late = (leavers ?? []).filter(({ clock }) => clock === 'breached').map(lateText)
  list(book, [...late, ...lines], 'Nothing that was judged deviated.')
}

function lateText({ person, name, lateMs, system }: LeaverClock): string {
  return `${name ?? person} left and had access to ${system} ${lateMs === null ? 'after the deadline' : `${exactly(lateMs)} after the deadline`}.`
}

function unknown(book: Book, { leavers, of, results }: Period): void {
  question(book, 'What could not be determined')
  const checks = (results == null ? [] : checkResults(book))
    .filter((result) => result.notDeterminable > 0 || periodOutcome(result) === 'not_determinable')
    .map(
      (result) =>
        `${result.ref} ${titleOf(book, result)}: ${unknownText(result)}, evaluated for ${shareText(result.covered)} of the period`,
    )
  const people = (leavers ?? [])
    .filter(({ clock }) => clock === 'not_determinable')
    .map(
      ({ person, name, why }) =>
        `${name ?? person} left: ${why ?? 'between two readings, one before and one after the deadline'}`,
    )
  const sources = of
    .filter(({ what, share }) => what === 'source' && share < 1)
    .map((source) => {
      const gap = longestGap(source)!
      return `${source.id} was read for ${shareText(source.share)} of the period; the longest gap is ${lengthText(between(gap.from, gap.to))} (${gap.cause})`
    })
  list(book, [...people, ...checks, ...sources], 'Nothing: every subject was evaluated throughout.')
}

function unknownText({ population, notDeterminable, longestGapMs }: PeriodResult): string {
  if (population === 0) return 'nobody was seen to whom it applies'
  if (notDeterminable === 0) return `what came and went in a gap of ${lengthText(longestGapMs)}`
  return `${number(notDeterminable)} of ${counted(population, 'subject')}`
}

function list({ sheet }: Book, lines: readonly string[], none: string): void {
  if (lines.length === 0) {
    paragraph(sheet, none, STYLE.cell)
    return
  }
  bullets(
    sheet,
    lines.slice(0, TOLD).map((line) => cutMiddle(line, LINE_MAX)),
    STYLE.cell,
  )
  if (lines.length > TOLD)
    paragraph(sheet, `${number(lines.length - TOLD)} more in the tables that follow.`, STYLE.note)
}

function titleOf({ report }: Book, { id }: PeriodResult): string {
  return [...report.results, ...report.disabled].find(({ check }) => check.id === id)?.check.title ?? id
}

/** What makes it more than the word of its maker, and what does not. */
function lastNight(book: Book, { of }: Period): void {
  const { sheet, sealing } = book
  question(book, 'Why this could not have been made last night')
  if (sealing === null) {
    paragraph(sheet, 'Nothing vouches for that: this state is not sealed in a ledger.', STYLE.cell)
    return
  }
  const { run, leaf, checkpoint, stamp } = sealing
  const confirmed = of.filter(({ confirmed }) => confirmed != null)
  bullets(
    sheet,
    [
      `Ledger: every run was sealed when it was made. The last of the period is leaf ${number(leaf)} of ${checkpoint.origin}, under the signed checkpoint of ${number(checkpoint.size)} leaves with the root ${checkpoint.root}. The run is ${run.id}, number ${number(run.sequence)}.`,
      stamp === null
        ? `Outside: ${outsideText(sealing)}. Until then only checkpoints that left the machine by other ways stand against a history written anew.`
        : `Outside: ${outsideText(sealing)}. A history written anew would not agree with that stamp.`,
      confirmed.length === 0
        ? 'Vendor: no log of a vendor confirms our pulls from outside here; it does for a tailnet that is read by OAuth client and whose log we may read.'
        : `Vendor: ${confirmed.map(({ id, confirmed: told }) => `the log of ${id} confirms ${number(told!.pulls)} of ${number(told!.of)} pulls by its own token mints`).join('; ')}. We cannot write that log.`,
      'Raw answers: the packet of the period carries those behind its last run and both ends of every change, byte for byte. A made-up history would need the answers of every vendor to agree with it, down to their own moments and counts.',
    ],
    STYLE.cell,
  )
}
