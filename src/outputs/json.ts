/** `exhibit.results/1`: the document that other tools build on. It only grows. Streamed: a fleet has a million findings. */
import type { Output } from '../domain/output.ts'
import type { Report } from '../domain/report.ts'
import { findingJson, resultJson, sourceJson } from '../domain/result-document.ts'

function headJson(report: Report) {
  return {
    schema: 'exhibit.results/1',
    organization: report.organization.id,
    demo: report.demo,
    run: report.run?.id ?? null,
    snapshotAt: report.snapshotAt,
    evaluatedAt: report.evaluatedAt,
    software: report.software,
    sources: report.sources.map(sourceJson),
    disabled: report.disabled.map(({ check, because }) => ({
      check: check.id,
      ref: check.ref,
      because,
      ...(check.operator ? { operator: true } : {}),
    })),
  }
}

/** The object without its closing brace, for more members to follow. */
function opened(value: object): string {
  return JSON.stringify(value).slice(0, -1)
}

function* render(report: Report): Generator<string> {
  yield `${opened(headJson(report))},"results":[`
  for (const [index, result] of report.results.entries()) {
    yield `${index === 0 ? '' : ','}\n${opened(resultJson(result))},"findings":[`
    let first = true
    for (const finding of result.findings()) {
      yield `${first ? '' : ','}${JSON.stringify(findingJson(finding))}`
      first = false
    }
    yield ']}'
  }
  yield ']}\n'
}

export const json: Output = {
  id: 'json',
  title: 'Results as JSON (exhibit.results/1)',
  mediaType: 'application/json',
  extension: 'json',
  render,
}
