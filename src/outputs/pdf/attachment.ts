/** The results document that the report is a rendering of, carried inside it (PDF/A-3, associated file). */
import type { Report } from '../../domain/report.ts'
import { json } from '../json.ts'

/** Findings that are carried; of a larger fleet the whole document is hundreds of megabytes, which readers refuse to open. */
const MOST = 10_000

export interface Attachment {
  readonly name: string
  readonly description: string
  readonly body: Buffer
}

/**
 * Whole where it can be; else without the subjects that are fine; of a fleet with very many failures without subjects. The
 * counts are those of the whole always, as with `check --only`.
 */
export function attachmentOf(report: Report): Attachment {
  const counted = (names: readonly ('pass' | 'fail' | 'unknown' | 'not_applicable')[]): number =>
    report.results.reduce((sum, { counts }) => sum + names.reduce((all, name) => all + counts[name], 0), 0)
  const name = 'results.json'
  if (counted(['pass', 'fail', 'unknown', 'not_applicable']) <= MOST) {
    return { name, description: 'The results as exhibit.results/1, whole', body: rendered(report, 'all') }
  }
  if (counted(['fail', 'unknown']) <= MOST) {
    return {
      name,
      description: 'The results as exhibit.results/1; of the findings those that fail or are not evaluated',
      body: rendered(report, 'open'),
    }
  }
  return {
    name,
    description: 'The results as exhibit.results/1 with their counts; too many findings to carry',
    body: rendered(report, 'none'),
  }
}

function rendered(report: Report, keeps: 'all' | 'open' | 'none'): Buffer {
  if (keeps === 'all') return Buffer.from([...json.render(report)].join(''))
  const results = report.results.map((result) => ({
    ...result,
    *findings() {
      if (keeps === 'none') return
      for (const finding of result.findings('open'))
        if (finding.status === 'fail' || finding.status === 'unknown') yield finding
    },
  }))
  return Buffer.from([...json.render({ ...report, results })].join(''))
}
