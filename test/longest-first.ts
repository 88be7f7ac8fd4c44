/**
 * The order of test files: what takes seconds first, so that neither worker is left with a long file at the end. Vitest's
 * own order knows the durations of the last run, and a fresh clone has none.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const LONGEST = [
  'test/browser/pages.test.ts',
  'test/faults.test.ts',
  'test/faults-anywhere.test.ts',
  'test/packet/verify.test.ts',
  'test/pipeline.test.ts',
  'test/outputs/pdf.test.ts',
  'test/packet/period.test.ts',
  'test/store/killed.test.ts',
  'test/reperform.test.ts',
  'test/serve/serving.test.ts',
  'test/packet/challenge.test.ts',
  'test/packet/requirements.test.ts',
  'test/packet/gone.test.ts',
  'test/packet/build.test.ts',
  'test/packet/verify-deletions.test.ts',
  'test/webhooks/delivery.test.ts',
  'test/store/retention.test.ts',
  'test/cli/process.test.ts',
  'test/cli/sample.test.ts',
  'test/cli/report.test.ts',
  'test/store/backup.test.ts',
  'test/http/api.test.ts',
  'test/serve/process.test.ts',
  'test/outputs/pdf-period.test.ts',
  'test/store/sqlite-contract.test.ts',
]

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const { root } = this.ctx.config
    const gone = LONGEST.filter((file) => !existsSync(join(root, file)))
    if (gone.length > 0) throw new Error(`test/longest-first.ts names what is not there: ${gone.join(', ')}`)
    const places = new Map(LONGEST.map((file, place) => [join(root, file), place]))
    const place = ({ moduleId }: TestSpecification): number => places.get(moduleId) ?? LONGEST.length
    return (await super.sort(files)).sort((a, b) => place(a) - place(b))
  }
}
