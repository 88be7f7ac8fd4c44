/** How much of each day of a period was evaluated. */
import type { Coverage, Gap } from './sealing.ts'
import { between, type CivilDate, DAY, fromMillis, type Instant, millis } from './time.ts'
import { counted, number } from './words.ts'

/** Between the causes of one gap. */
const CAUSES = '; '

export interface CoveredDay {
  readonly day: CivilDate
  /** Of the part of the day that lies in the period, over all that is told of; 0 to 1. */
  readonly share: number
}

/** UTC days, in order; none where nothing is told of, or the period has no length. */
export function coveredDays(from: Instant, until: Instant, of: readonly Pick<Coverage, 'gaps'>[]): CoveredDay[] {
  const [start, end] = [millis(from), millis(until)]
  if (of.length === 0 || end <= start) return []
  const first = Math.floor(start / DAY)
  const lost = Array.from({ length: Math.ceil(end / DAY) - first }, () => 0)
  for (const { gaps } of of) {
    for (const gap of gaps) {
      const [begin, close] = [Math.max(millis(gap.from), start), Math.min(millis(gap.to), end)]
      for (let at = begin; at < close; ) {
        const day = Math.floor(at / DAY)
        const next = Math.min(close, (day + 1) * DAY)
        lost[day - first]! += next - at
        at = next
      }
    }
  }
  return lost.map((gap, index) => {
    const day = first + index
    const whole = (Math.min(end, (day + 1) * DAY) - Math.max(start, day * DAY)) * of.length
    return { day: fromMillis(day * DAY).slice(0, 10), share: (whole - gap) / whole }
  })
}

/** The longest time without an answer; gaps that follow one another at once are one, whatever the cause of each. */
export function longestStretch(gaps: readonly Gap[]): Gap | null {
  let longest: Gap | null = null
  let open = null as Gap | null
  for (const gap of gaps) {
    open = open?.to === gap.from ? { ...open, to: gap.to, cause: causesOf(open, gap) } : gap
    if (longest === null || between(open.from, open.to) > between(longest.from, longest.to)) longest = open
  }
  return longest
}

function causesOf({ cause: before }: Gap, { cause }: Gap): string {
  return [...new Set([...before.split(CAUSES), ...cause.split(CAUSES)])].join(CAUSES)
}

/** "91 days: every check was evaluated the whole day on 88, with a gap on 1, not at all on 2." */
export function daysText(days: readonly { share: number }[], whom: string): string {
  const whole = days.filter(({ share }) => share >= 1).length
  const none = days.filter(({ share }) => share <= 0).length
  return `${counted(days.length, 'day')}: ${whom} evaluated the whole day on ${number(whole)}, with a gap on ${number(days.length - whole - none)}, not at all on ${number(none)}.`
}
