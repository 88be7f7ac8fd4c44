/** Which state or period somebody asks to have handed out. */
import { AppError } from '../domain/error.ts'
import type { Report } from '../domain/report.ts'
import type { PeriodEvidence } from '../domain/sealing.ts'
import type { Instant } from '../domain/time.ts'
import { parseBeginning, parseMoment } from './moment.ts'
import type { Installation } from './parts.ts'

/** Before the first run there is nothing that could have been handed out, and no leaf says so. */
export const NOTHING_SEALED =
  'no run was sealed by then: it says that nothing is known, and "exhibit sync" makes the first\n'

export interface AskedOptions {
  asOf?: string
  from?: string
  to?: string
}

export type Asked = { asOf: Instant | 'latest' } | { from: Instant; to: Instant }

export function askedOf({ asOf, from, to }: AskedOptions): Asked {
  if (asOf !== undefined && (from !== undefined || to !== undefined)) {
    throw new AppError('usage', '--as-of names one moment, --from and --to a period: give the one or the other')
  }
  if (from === undefined && to === undefined) return { asOf: asOf === undefined ? 'latest' : parseMoment(asOf) }
  if (from === undefined || to === undefined) {
    throw new AppError('usage', `--from and --to go together: give ${from === undefined ? '--from' : '--to'} too`)
  }
  return { from: parseBeginning(from), to: parseMoment(to) }
}

export async function madeOf(
  asked: Asked,
  installation: Installation,
): Promise<{ report: Report; period: PeriodEvidence | null }> {
  return 'asOf' in asked
    ? { report: await installation.report(asked.asOf), period: null }
    : installation.periodReport(asked)
}

/** As the ledger names the period of what was handed out. */
export function spanOf(period: PeriodEvidence | null): { from: Instant; to: Instant } | null {
  return period === null ? null : { from: period.from, to: period.to }
}
