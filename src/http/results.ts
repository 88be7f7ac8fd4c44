/** Results as pages count and filter them. */
import type { ReportFinding, ReportResult } from '../domain/report.ts'
import type { Counts } from '../domain/result.ts'
import type { Mark } from '../domain/words.ts'
import type { MarkCounts } from './components/charts.tsx'
import type { Entry, View } from './view.ts'

/** The parts of a bar: a waived failure is shown apart from the others. */
export function barCounts(counts: Counts): MarkCounts {
  return {
    pass: counts.pass,
    fail: counts.fail - counts.waived,
    waived: counts.waived,
    unknown: counts.unknown,
    not_applicable: counts.not_applicable,
  }
}

export function populationOf(counts: Counts): number {
  return counts.pass + counts.fail + counts.unknown + counts.not_applicable
}

/** A check that fails by accepted risks alone still fails: the overlay is named beside it, never instead of it. */
export function markOf(finding: Pick<ReportFinding, 'status' | 'waiver'>): Mark {
  return finding.waiver !== null && finding.status === 'fail' ? 'waived' : finding.status
}

export const MARK_ORDER: readonly Mark[] = ['fail', 'waived', 'unknown', 'pass', 'not_applicable']

/** Checks that are not evaluated because of this source: the engine's sentence begins with its id. */
export function checksThatNeed(view: View, source: string): readonly ReportResult[] {
  return view.report.results.filter(
    (result) => result.status === 'unknown' && result.message !== null && result.message.startsWith(`${source}:`),
  )
}

const RANK = { critical: 0, high: 1, medium: 2, low: 3 } as const

/** Failures before open questions, the graver first. */
export function graver(a: Entry, b: Entry): number {
  return (
    Number(b.finding.status === 'fail') - Number(a.finding.status === 'fail') ||
    RANK[a.result.check.severity] - RANK[b.result.check.severity]
  )
}
