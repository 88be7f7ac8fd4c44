/** A few runs over a tailnet that lives in the test, and what the period makes of them. */
import type { Check } from '../../src/domain/check.ts'
import type { AnyRecord } from '../../src/domain/record.ts'
import type { Blindness } from '../../src/domain/snapshot.ts'
import { DAY, type Instant } from '../../src/domain/time.ts'
import { readLedger } from '../../src/packet/past.ts'
import { runsUpTo, spanOf, storyIn } from '../../src/packet/period.ts'
import type { PeriodStory } from '../../src/period/index.ts'
import { auditlog } from '../helpers/build.ts'
import { type QuarterHouse, quarterHouse } from './quarter-house.ts'

export interface Step {
  /** "11-10 09:00" of 2026, UTC. */
  readonly at: string
  /** Null: the tailnet fails. The log was read, unless `deaf`. */
  readonly says: readonly AnyRecord[] | null
  readonly blind?: readonly Blindness[]
  readonly deaf?: boolean
  /** Rows of the roster; as before where absent. */
  readonly people?: readonly string[]
  readonly yaml?: string
}

export interface Lived {
  readonly story: PeriodStory
  readonly house: QuarterHouse
}

export function moment(text: string): Instant {
  return `2026-${text.replace(' ', 'T')}:00.000Z`
}

const HEAD = 'email,name,status,end_date,type,aliases'

/** From the first day of the first step to the end of the last one's, unless told otherwise. */
export async function lived(
  steps: readonly Step[],
  { checks, yaml = '', from, to }: { checks: readonly Check[]; yaml?: string; from?: string; to?: string },
): Promise<Lived> {
  const first = steps[0]!.at
  const house = await quarterHouse(checks, Date.parse(moment(first)), { yaml })
  let people: readonly string[] = ['alice@example.com,Alice,active,,employee,']
  for (const step of steps) {
    people = step.people ?? people
    const log = step.deaf === true ? [] : [auditlog({ from: moment(first), to: moment(step.at) })]
    house.says = step.says === null ? null : [...step.says, ...log]
    house.blind = step.blind ?? []
    await house.runAt(Date.parse(moment(step.at)), `${[HEAD, ...people].join('\n')}\n`, step.yaml)
  }
  const period = {
    from: from === undefined ? `${moment(first).slice(0, 10)}T00:00:00.000Z` : moment(from),
    to: to === undefined ? `${moment(steps.at(-1)!.at).slice(0, 10)}T23:59:59.999Z` : moment(to),
  }
  house.setClock(Date.parse(period.to) + DAY)
  return { story: await storyOf(house, period), house }
}

export async function storyOf(
  { core, store, now }: QuarterHouse,
  period: { from: Instant; to: Instant },
): Promise<PeriodStory> {
  const { last } = await runsUpTo(period, store, 'story')
  const report = await core.report(last.snapshotAt)
  const { runs } = await readLedger(store, period.from, last.id, new Set())
  const intervals = await store.findings('all', last.sequence)
  return storyIn(spanOf(period, last, now()), { store, checks: core.checks, runs, last, report, intervals })
}
