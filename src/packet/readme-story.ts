/**
 * The first pages of the README: what somebody who audits asks before anything else. Every number in them stands in a file
 * of the packet, which is named beside it.
 */

import { PACKET, type PackedPeriod, type PacketSummary } from '../domain/packet.ts'
import type { PeriodResult } from '../domain/period.ts'
import { exactly } from '../domain/period-words.ts'
import { elsewhere } from '../domain/report.ts'
import type { SourceState } from '../domain/snapshot.ts'
import { counted } from '../domain/words.ts'
import type { CsvValue } from '../lib/csv.ts'
import type { LedgerPast, RunInLeaf } from './past.ts'
import { EVENT_KINDS } from './story-tables.ts'

export interface StoryFacts {
  readonly period: PackedPeriod
  /** Clocks of the joiner/leaver ledger. */
  readonly leavers: readonly { readonly clock: string }[]
  /** Kind → subjects in the period, and of those the ones there at its end. */
  readonly populations: readonly { readonly kind: string; readonly all: number; readonly atEnd: number }[]
  /** Event kind → happenings. */
  readonly events: readonly { readonly kind: string; readonly count: number }[]
  /** As the leaf of the last run tells them. */
  readonly last: Pick<RunInLeaf, 'sources' | 'snapshotAt'>
  readonly firstRunAt: string
  /** Sources whose host, at the last run, is none that the vendor publishes. */
  readonly elsewhere: readonly string[]
  /** What coverage.csv says of tokens in the vendors' own logs, by source. */
  readonly confirmed: readonly { readonly source: string; readonly says: string }[]
  /** Runs that were asked for with a number of an auditor's, sealed into their leaf. */
  readonly nonces: readonly { readonly run: string; readonly at: string; readonly nonce: string }[]
}

/** What the tables of the period and the ledger give for it: the builder from what it wrote, `verify` from what it read. */
export function storyFacts(of: {
  readonly period: PackedPeriod
  readonly leavers: StoryFacts['leavers']
  readonly events: readonly { readonly kind: string }[]
  readonly populations: StoryFacts['populations']
  /** Of coverage.csv. */
  readonly coverage: Iterable<readonly CsvValue[]>
  /** As the last run found them. */
  readonly sources: readonly Pick<SourceState, 'id' | 'notVendorHost'>[]
  readonly past: Pick<LedgerPast, 'all' | 'runs'>
}): StoryFacts {
  const { period, leavers, events, populations, coverage, sources, past } = of
  const { from, to } = period.period
  return {
    period,
    leavers,
    populations,
    events: EVENT_KINDS.map((kind) => ({ kind, count: events.filter((event) => event.kind === kind).length })),
    last: past.runs.at(-1)!,
    firstRunAt: past.all[0]!.snapshotAt,
    elsewhere: elsewhere(sources),
    confirmed: [...coverage].flatMap(([, id, , , , , state, cause]) =>
      state === 'confirmed' || state === 'not confirmed' ? [{ source: String(id), says: String(cause) }] : [],
    ),
    nonces: past.runs
      .filter(({ snapshotAt }) => from <= snapshotAt && snapshotAt <= to)
      .flatMap(({ id, snapshotAt, nonce }) => (nonce === undefined ? [] : [{ run: id, at: snapshotAt, nonce }])),
  }
}

/** Of a list that may have hundreds of lines the README shows so many. */
const SHOWN = 25

export function population({ last, populations, events, firstRunAt, elsewhere }: StoryFacts): string[] {
  return [
    'WHO AND WHAT WAS LOOKED AT',
    '',
    'Systems that were read (requests.csv has each call, raw/ each answer):',
    ...last.sources.map(({ id, kind, status }) => `  ${plain(id)} (${kind}): at the last run ${status}`),
    ...(elsewhere.length === 0
      ? []
      : [
          `NOT THE VENDOR'S HOST: ${elsewhere.map(plain).join(', ')}. What answered there is none of the hosts that the vendor publishes (requests.csv`,
          'has host and address of each call). Whoever runs it can have it answer, and log, whatever they like.',
        ]),
    `First run of all: ${firstRunAt}. What lies before it in the period is a gap in coverage.csv; what a vendor's log tells of`,
    'it is marked beforeFirstRun in events/.',
    '',
    'Populations over the period (populations/<kind>.csv: everything that existed at any time, first and last sight, and what',
    'no check judges with the reason):',
    ...populations
      .filter(({ all }) => all > 0)
      .map(({ kind, all, atEnd }) => `  ${kind}: ${all} in the period, ${atEnd} at its end`),
    '',
    'What happened (events/<kind>.csv: between which two of our readings, and by the vendor’s own log when and by whom):',
    ...events.map(
      ({ kind, count }) => `  ${kind}${kind === 'leaver' ? ' (the access of an account ended)' : ''}: ${count}`,
    ),
    '',
  ]
}

export function tested({ period, leavers }: StoryFacts): string[] {
  const { results } = period
  const checks = results.filter(({ what }) => what === 'check')
  const own = results.filter(({ what }) => what === 'control')
  const judged = checks.filter(({ population: all }) => all > 0)
  const clocks = (clock: string): number => leavers.filter((leaver) => leaver.clock === clock).length
  return [
    'WHAT WAS TESTED, AND HOW',
    '',
    `${counted(checks.length, 'precise question')} (checks/<id>.json has the text, version and parameters of each) were asked of every subject`,
    'at every run. Each is a test of its own over the period, never the state of its last day: a subject that failed at any',
    'time deviated, one that was never seen failing and could not be judged at some time is not determinable.',
    `${judged.length} of them judged somebody or something. tests/<check>.csv has the last run's verdicts: what was read, what was`,
    'expected, and the place in the raw answer, so that each can be redone with a filter.',
    ...(own.length === 0
      ? []
      : ['', 'The organisation’s own controls, as far as mapped checks test them (period.csv, controls.csv):']),
    ...lines(own, ({ ref, says }) => `  ${plain(ref)}: ${plain(says)}`),
    '',
    `People who left (events/leavers.csv): ${leavers.length}; access ended in time ${clocks('within')}, late ${clocks('breached')}, not determinable`,
    `${clocks('not_determinable')}, not due yet ${clocks('open')}; of ${clocks('no_access')} no access was ever seen.`,
    '',
    'WHAT DEVIATED',
    '',
    ...told(
      judged.filter(({ deviated }) => deviated > 0),
      'Nothing that was judged deviated.',
    ),
    '',
    'Each failure that a run saw, with its first and last sight, deadline and closing cause, is a row of intervals.csv; accepted',
    'risks are in waivers.csv and count as failures. Who lost access late between two runs was failed by neither: the clocks of',
    'events/leavers.csv tell of them, from the second that the vendor’s log has.',
    '',
  ]
}

export function undetermined({ period }: StoryFacts): string[] {
  const checks = period.results.filter(({ what }) => what === 'check')
  const longest = checks.reduce((most, { longestGapMs }) => Math.max(most, longestGapMs), 0)
  const causes = new Set(
    checks.filter(({ longestGapMs }) => longestGapMs > 0).map(({ longestGapCause }) => longestGapCause),
  )
  return [
    'WHAT COULD NOT BE DETERMINED',
    '',
    ...told(
      checks.filter(({ notDeterminable }) => notDeterminable > 0),
      'Whatever was asked could be judged at every time.',
    ),
    '',
    longest === 0
      ? 'No check had a gap in the period.'
      : `The longest stretch in which a check was not evaluated for one cause: ${exactly(longest)}. Causes of the longest of each: ${[...causes].map((cause) => plain(cause ?? 'not said')).join('; ')}.`,
    'coverage.csv has every gap of every source and check with its cause.',
    '',
  ]
}

/**
 * @param outside stamps of outside authorities
 * @param nearby how many more are of one on this machine or its own network
 */
export function notLastNight(
  { nonces, confirmed, elsewhere }: StoryFacts,
  { checkpoint, sealed }: PacketSummary,
  outside: readonly { readonly size: number; readonly authority: string; readonly stampedAt: string }[],
  nearby: number,
): string[] {
  return [
    outside.length === 0
      ? 'WHETHER THIS COULD HAVE BEEN MADE LAST NIGHT'
      : 'WHY THIS COULD NOT HAVE BEEN MADE LAST NIGHT',
    '',
    `Ledger: ${sealed} runs of the period, each a leaf of a ledger of ${checkpoint.size} leaves whose checkpoints are signed and follow one`,
    'another (ledger/). By itself that shows an unbroken row, not its age; what shows its age comes from outside:',
    '',
    outside.length === 0
      ? 'Outside time stamps: none. NOT ANCHORED by an authority.'
      : `Outside time stamps: ${outside.length} (${PACKET.timestamps}); the first over ${outside[0]!.size} leaves at ${outside[0]!.stampedAt}, the newest over ${outside.at(-1)!.size} at ${outside.at(-1)!.stampedAt}, by ${plain(outside.at(-1)!.authority)}.`,
    ...(nearby === 0
      ? []
      : [
          `Time stamps of an authority on this machine or its own network: ${nearby}. Whoever runs it can stamp what they like: they support nothing.`,
        ]),
    ...(confirmed.length === 0
      ? ['The vendors’ own logs: no source tells of the tokens that our readings begin with.']
      : ['What the sources’ own logs tell (coverage.csv, raw/); nobody here can write the log of a vendor:']),
    ...confirmed.map(({ source, says }) => `  ${plain(source)}: ${plain(says)}${supports(source, elsewhere)}`),
    nonces.length === 0
      ? 'Numbers of an auditor’s own, sealed into a run that began after they were given: none was asked for.'
      : 'Numbers of an auditor’s own, sealed into the leaf of a run that began after they were given:',
    ...nonces.slice(0, SHOWN).map(({ run, at, nonce }) => `  ${plain(nonce)}: run ${run}, ${at}`),
    'Checkpoints that you kept from earlier reports or packets: give them to "exhibit verify --checkpoint".',
    '',
  ]
}

/** A log that whoever wrote the packet may have kept themselves is no second witness. */
function supports(source: string, elsewhere: readonly string[]): string {
  return elsewhere.includes(source) ? ' (not the vendor’s host: this supports nothing)' : ''
}

function told(results: readonly PeriodResult[], none: string): string[] {
  if (results.length === 0) return [none]
  return lines(
    results,
    ({ ref, id, system, says }) =>
      `  ${plain(ref)} ${plain(id)}${system === null ? '' : ` (${plain(system)})`}: ${plain(says)}`,
  )
}

function lines<T>(all: readonly T[], line: (one: T) => string): string[] {
  const rest = all.length - SHOWN
  return [...all.slice(0, SHOWN).map(line), ...(rest > 0 ? [`  and ${rest} more in ${PACKET.periodCsv}`] : [])]
}

/** A name in a text of lines stays in its line. */
export function plain(text: string): string {
  return text.replace(/\p{C}/gu, ' ').slice(0, 200)
}
