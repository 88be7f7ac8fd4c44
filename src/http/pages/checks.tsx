/** All checks, with filters. */

import { raw } from 'hono/html'
import type { HtmlEscapedString } from 'hono/utils/html'
import type { Report, ReportResult } from '../../domain/report.ts'
import { counted, FRAMEWORK_WORD, MARK_WORD } from '../../domain/words.ts'
import { Empty, PageHead, Row, Table } from '../components/blocks.tsx'
import { CountBar, Legend } from '../components/charts.tsx'
import { type Asked, address, contains, FilterBar } from '../components/filters.tsx'
import { type Frame, Layout } from '../components/layout.tsx'
import { checkPath } from '../components/links.tsx'
import { SeverityMark, Tag, Verdict } from '../components/status.tsx'
import { Count } from '../components/text.tsx'
import { barCounts, populationOf } from '../results.ts'
import type { View } from '../view.ts'

const STATUSES = ['fail', 'unknown', 'pass', 'not_applicable'] as const
const SEVERITIES = ['critical', 'high', 'medium', 'low'] as const

export function filteredResults(results: readonly ReportResult[], asked: Asked): readonly ReportResult[] {
  return results.filter(
    (result) =>
      (!asked['result'] ||
        result.status === asked['result'] ||
        (asked['result'] === 'waived' && result.counts.waived > 0)) &&
      (!asked['severity'] || result.check.severity === asked['severity']) &&
      (!asked['framework'] || result.check.controls.some(({ framework }) => framework === asked['framework'])) &&
      (!asked['system'] || (result.system ?? 'ours') === asked['system']) &&
      contains(`${result.check.ref} ${result.check.id} ${result.check.title} ${result.check.question}`, asked['text']),
  )
}

export function ChecksPage({ frame, view, asked }: { frame: Frame; view: View; asked: Asked }) {
  const { results, disabled } = view.report
  const shown = filteredResults(results, asked)
  const systems = [...new Set(results.map(({ system }) => system ?? 'ours'))]
  const frameworks = [...new Set(results.flatMap(({ check }) => check.controls.map(({ framework }) => framework)))]
  return (
    <Layout frame={frame} title="Checks" section="checks">
      <PageHead
        title="Checks"
        lead={`${counted(results.length, 'question')} asked of what was read; each says which subjects it looked at and what decided.`}
      />
      <FilterBar
        action="/checks"
        asked={asked}
        fields={[
          { as: 'text', name: 'text', label: 'Search', hint: 'Title, question, ref' },
          {
            as: 'select',
            name: 'result',
            label: 'Result',
            any: 'Any result',
            choices: [
              ...STATUSES.map((value) => ({ value, word: MARK_WORD[value] })),
              { value: 'waived', word: 'With accepted risks' },
            ],
          },
          {
            as: 'select',
            name: 'severity',
            label: 'Severity',
            any: 'Any severity',
            choices: SEVERITIES.map((value) => ({ value, word: value })),
          },
          {
            as: 'select',
            name: 'framework',
            label: 'Framework',
            any: 'Any framework',
            choices: frameworks.map((value) => ({ value, word: FRAMEWORK_WORD[value] ?? value })),
          },
          {
            as: 'select',
            name: 'system',
            label: 'System',
            any: 'Any system',
            choices: systems.map((value) => ({ value, word: value === 'ours' ? 'Our own collection' : value })),
          },
        ]}
      />
      <Legend />
      {shown.length === 0 ? <Empty title="No check fits these filters" /> : <ResultTable results={shown} />}
      <p class="paging muted">{counted(shown.length, 'check')}</p>
      <Disabled disabled={disabled} />
    </Layout>
  )
}

function ResultTable({ results }: { results: readonly ReportResult[] }) {
  return (
    <Table
      caption="Results by check"
      columns={[
        { word: 'Ref' },
        { word: 'Check' },
        { word: 'Result' },
        { word: 'Severity' },
        { word: 'Subjects by answer' },
        { word: 'Fail', numeric: true },
        { word: 'Not evaluated', numeric: true },
        { word: 'Pass', numeric: true },
        { word: 'All', numeric: true },
      ]}
    >
      {results.map((result) => (
        <ResultRow result={result} />
      ))}
    </Table>
  )
}

/** A row says the same to everybody, and a hundred of them leave 5 MB of garbage: each is written once. */
function ResultRow({ result }: { result: ReportResult }) {
  let row = ROWS.get(result)
  if (row === undefined) {
    row = raw(String(resultRow(result)))
    ROWS.set(result, row)
  }
  return row
}

const ROWS = new WeakMap<ReportResult, HtmlEscapedString>()

function resultRow({ check, system, status, unknownReason, counts }: ReportResult) {
  return (
    <Row>
      <td class="nowrap muted">{check.ref}</td>
      <th scope="row" class="cell-title">
        <a href={address(checkPath(check.id), { system: system ?? undefined })}>{check.title}</a>
        <span class="sub">{system ?? 'our own collection'}</span>
        {check.operator ? <Tag tone="accent">your own check</Tag> : null}
      </th>
      <td>
        <Verdict mark={status} reason={unknownReason} />
        {counts.waived === 0 ? null : <span class="reason">{counted(counts.waived, 'accepted risk')}</span>}
      </td>
      <td>
        <SeverityMark severity={check.severity} />
      </td>
      <td class="bar-cell">
        {populationOf(counts) === 0 ? <span class="muted">no subjects</span> : <CountBar counts={barCounts(counts)} />}
      </td>
      <td class="numeric">
        <Count value={counts.fail} />
      </td>
      <td class="numeric">
        <Count value={counts.unknown} />
      </td>
      <td class="numeric">
        <Count value={counts.pass} />
      </td>
      <td class="numeric">
        <Count value={populationOf(counts)} />
      </td>
    </Row>
  )
}

function Disabled({ disabled }: Pick<Report, 'disabled'>) {
  if (disabled.length === 0) return null
  return (
    <section class="card">
      <div class="card-head">
        <h2>Switched off by configuration</h2>
      </div>
      <ul class="rows">
        {disabled.map(({ check, because }) => (
          <li>
            <strong>
              {check.ref} {check.title}
            </strong>
            <span class="sub">Because: {because}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}
