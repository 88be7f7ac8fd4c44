/** Whether somebody had accepted a failure for as long as it stood in the period. */
import type { Check } from '../domain/check.ts'
import type { Settings, Waiver } from '../domain/settings.ts'
import type { FindingInterval } from '../domain/store.ts'
import type { Instant } from '../domain/time.ts'
import type { RunOfPeriod } from './pulls.ts'

export type WaivedAllTheWhile = (
  check: string,
  failures: readonly Pick<FindingInterval, 'subject' | 'from' | 'closedAt'>[],
) => boolean

/** A waiver counts from the first sealed run that has it, and on the days that it names (checks.md section 1, rule 4). */
export function waivedIn(
  runs: readonly RunOfPeriod[],
  settingsOf: (digest: string) => Settings,
  checks: readonly Pick<Check, 'id' | 'ref'>[],
  span: { readonly from: Instant; readonly to: Instant },
): WaivedAllTheWhile {
  const settings = new Map(runs.map((run) => [run.settings, settingsOf(run.settings)]))
  const waivers = [...settings.values()].flatMap((own) => own.waivers)
  const known = new Map<string, boolean>()
  return (id, failures) => {
    const ref = checks.find((check) => check.id === id)?.ref
    if (!waivers.some((waiver) => isOf(waiver, id, ref))) return false
    // What no run saw fail nobody can have accepted while it stood.
    if (failures.length === 0) return false
    return failures.every(({ subject, from, closedAt }) => {
      const own = waivers.some((waiver) => isOf(waiver, id, ref) && waiver.subject === subject.key)
      // Many failures begin and end in the same runs.
      const name = `${id}\0${own ? subject.key : ''}\0${from}\0${closedAt}`
      let all = known.get(name)
      if (all === undefined) {
        all = acceptedIn(runsIn(from, closedAt), id, ref, own ? subject.key : null)
        known.set(name, all)
      }
      return all
    })
  }

  function runsIn(from: Instant, closedAt: Instant | null): RunOfPeriod[] {
    return runs.filter(
      ({ snapshotAt }) =>
        snapshotAt >= from &&
        (closedAt === null || snapshotAt < closedAt) &&
        snapshotAt >= span.from &&
        snapshotAt <= span.to,
    )
  }

  /** @param key null: only what holds for every subject */
  function acceptedIn(stood: readonly RunOfPeriod[], id: string, ref: string | undefined, key: string | null): boolean {
    return (
      stood.length > 0 &&
      stood.every((run) => {
        const day = run.snapshotAt.slice(0, 10)
        return settings
          .get(run.settings)!
          .waivers.some(
            (waiver) =>
              isOf(waiver, id, ref) &&
              (waiver.subject === '*' || waiver.subject === key) &&
              waiver.created <= day &&
              day <= waiver.expires,
          )
      })
    )
  }
}

function isOf({ check }: Waiver, id: string, ref: string | undefined): boolean {
  return check === id || check === ref
}
