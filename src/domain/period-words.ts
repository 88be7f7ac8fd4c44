/** How period results are told, on pages and in hand-outs alike: the parts of a population and the sentence over a control. */
import type { PeriodResult, Returned } from './period.ts'
import type { PeriodEvidence } from './sealing.ts'
import type { Severity } from './settings.ts'
import { between, DAY, HOUR, MINUTE, SECOND } from './time.ts'
import { lowerFirst, momentText, REASON_WORD } from './words.ts'

/** What deviated comes first, as in every list. Letter and pattern say it where the colour is not seen. */
export const PERIOD_PARTS = [
  { key: 'deviated', word: 'Deviated', letter: 'D', pattern: 'diagonal' },
  { key: 'notDeterminable', word: 'Not determinable', letter: 'N', pattern: 'upright' },
  { key: 'met', word: 'Met', letter: 'M', pattern: 'solid' },
] as const

export const SEVERITY_PARTS = [
  { key: 'critical', word: 'Critical', letter: 'C', pattern: 'diagonal' },
  { key: 'high', word: 'High', letter: 'H', pattern: 'upright' },
  { key: 'medium', word: 'Medium', letter: 'M', pattern: 'level' },
  { key: 'low', word: 'Low', letter: 'L', pattern: 'solid' },
] as const satisfies readonly { key: Severity; word: string; letter: string; pattern: string }[]

export const OTHER_PARTS = 'other parts of this control are not tested here'

/** "2 of 3 mapped checks are met" */
export function periodControlCount({ met, mapped }: { met: number; mapped: number }): string {
  if (mapped === 0) return 'no mapped check tests it'
  return `${met} of ${mapped} mapped ${mapped === 1 ? 'check is' : 'checks are'} met`
}

/** "2 of 3 mapped checks are met; other parts of this control are not tested here" */
export function periodControlSentence(checks: { met: number; mapped: number }): string {
  return `${periodControlCount(checks)}; ${OTHER_PARTS}`
}

export type PeriodOutcome = 'met' | 'deviated' | 'not_determinable' | 'nothing_tested'

/** What a period result comes to, in the order of checks.md section 1: a deviation is told before what nobody saw. */
export function periodOutcome(result: PeriodResult): PeriodOutcome {
  if (result.deviated > 0) return 'deviated'
  if (result.notDeterminable > 0) return 'not_determinable'
  const { gapLimitMs, longestGapMs } = result
  // Of controls the mapped checks have told what their gaps hide, but for those that judged nobody.
  if (result.tested === 0) return longestGapMs > (gapLimitMs ?? 0) ? 'not_determinable' : 'nothing_tested'
  return gapLimitMs !== null && longestGapMs > gapLimitMs ? 'not_determinable' : 'met'
}

export const OUTCOME_WORD: Readonly<Record<PeriodOutcome, string>> = {
  met: 'Met',
  deviated: 'Deviated',
  not_determinable: 'Not determinable',
  nothing_tested: 'Nothing to test',
}

/** What the checks of a period are counted by: each is one of them, so that they add up. */
export const COUNTED_AS = ['deviated', 'not_determinable', 'met', 'nothing_judged'] as const
export type CountedAs = (typeof COUNTED_AS)[number]

export const COUNTED_WORD: Readonly<Record<CountedAs, string>> = {
  deviated: 'Deviated',
  not_determinable: 'Not determinable',
  met: 'Met',
  nothing_judged: 'Judged nothing',
}

/** A check that had nobody to judge, or was never evaluated, says nothing of anybody: it is counted by itself. */
export function countedAs(result: PeriodResult): CountedAs {
  if (result.population === 0) return 'nothing_judged'
  const outcome = periodOutcome(result)
  return outcome === 'nothing_tested' ? 'nothing_judged' : outcome
}

export function countsOver(results: readonly PeriodResult[]): Readonly<Record<CountedAs, number>> {
  const counts = { deviated: 0, not_determinable: 0, met: 0, nothing_judged: 0 }
  for (const result of results) counts[countedAs(result)]++
  return counts
}

/** Why something was not read or not evaluated, in words: causes are kept as codes of the engine and of the pulls. */
export function causeText(cause: string): string {
  return cause.split('; ').map(oneCause).join('; ')
}

function oneCause(cause: string): string {
  const reason = (REASON_WORD as Readonly<Record<string, string>>)[cause]
  if (reason !== undefined) return lowerFirst(reason)
  const [, code] = /^(?:failed|held): ([a-z_]+)$/.exec(cause) ?? []
  return code === undefined ? cause : `the pull failed (${code.replaceAll('_', ' ')})`
}

/**
 * What of a period nobody has read: what lies after its last run is not covered, whether it is over or not. Null where it
 * was read to its end.
 */
export function unreadText({ to, until, runs }: Pick<PeriodEvidence, 'to' | 'until' | 'runs'>): string | null {
  const last = runs?.last ?? until
  if (last >= to) return null
  return `the evidence ends with the last run, ${momentText(last)}; nothing was read in the ${exactly(between(last, to))} after it`
}

/** "back in employment by the roster of 2026-09-01 06:00 UTC, access seen again …": beside the clock, which stands. */
export function returnedText({ rosterAt, accessAt }: Returned): string {
  if (rosterAt === null) return `access came back by ${momentText(accessAt!)}, and the roster does not have them back`
  const roster = `back by the roster of ${momentText(rosterAt)}`
  if (accessAt === null) return `${roster}; no access was seen to come back`
  const early = accessAt < rosterAt ? ', before the roster said so' : ''
  return `${roster}; access seen again at ${momentText(accessAt)}${early}`
}

/** "98.7 %", never rounded up to the whole. */
export function shareText(share: number): string {
  return `${(Math.floor(share * 1000) / 10).toFixed(1)} %`
}

/** "7 h 12 min": to the minute. Every gap and every lateness is told so, so that one is the same wherever it stands. */
export function exactly(length: number): string {
  // A period ends a millisecond before the next day begins.
  const ms = Math.round(length / SECOND) * SECOND
  const parts = [
    [Math.floor(ms / DAY), 'd'],
    [Math.floor((ms % DAY) / HOUR), 'h'],
    [Math.floor((ms % HOUR) / MINUTE), 'min'],
  ] as const
  const told = parts.filter(([count]) => count > 0).map(([count, unit]) => `${count} ${unit}`)
  return told.length === 0 ? `${Math.floor(ms / SECOND)} s` : told.join(' ')
}
