/** How period results are told, on pages and in hand-outs alike: the parts of a population and the sentence over a control. */
import type { PeriodResult } from './period.ts'
import type { Severity } from './settings.ts'
import { DAY, HOUR, MINUTE, SECOND } from './time.ts'

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
  if (result.notDeterminable > 0 || (result.tested === 0 && result.covered < 1)) return 'not_determinable'
  if (result.tested === 0) return 'nothing_tested'
  return result.gapLimitMs !== null && result.longestGapMs > result.gapLimitMs ? 'not_determinable' : 'met'
}

export const OUTCOME_WORD: Readonly<Record<PeriodOutcome, string>> = {
  met: 'Met',
  deviated: 'Deviated',
  not_determinable: 'Not determinable',
  nothing_tested: 'Nothing to test',
}

/** "98.7 %", never rounded up to the whole. */
export function shareText(share: number): string {
  return `${(Math.floor(share * 1000) / 10).toFixed(1)} %`
}

/** "7 h 12 min": to the minute, where roughly would not do. */
export function exactly(ms: number): string {
  const parts = [
    [Math.floor(ms / DAY), 'd'],
    [Math.floor((ms % DAY) / HOUR), 'h'],
    [Math.floor((ms % HOUR) / MINUTE), 'min'],
  ] as const
  const told = parts.filter(([count]) => count > 0).map(([count, unit]) => `${count} ${unit}`)
  return told.length === 0 ? `${Math.floor(ms / SECOND)} s` : told.join(' ')
}
