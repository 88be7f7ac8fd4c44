import type { Report } from './report.ts'
import type { PeriodEvidence } from './sealing.ts'
import type { FindingInterval } from './store.ts'

export interface Output {
  /** `--kind` of `export`. */
  readonly id: string
  readonly title: string
  readonly mediaType: string
  readonly extension: string
  render(report: Report): Iterable<string>
  /**
   * The same of a period; absent where the format has no words for one.
   * @param report the state at its last run
   * @param intervals as that run left them
   */
  period?(report: Report, period: PeriodEvidence, intervals: readonly FindingInterval[]): Iterable<string>
}
