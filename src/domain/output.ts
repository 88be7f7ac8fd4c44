import type { Report } from './report.ts'

export interface Output {
  /** `--kind` of `export`. */
  readonly id: string
  readonly title: string
  readonly mediaType: string
  readonly extension: string
  render(report: Report): Iterable<string>
}
