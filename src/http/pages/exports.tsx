/** Results to take away, and the packets, reports and samples that were asked for. */
import { FRAMEWORKS } from '../../domain/control-view.ts'
import type { Output } from '../../domain/output.ts'
import type { Report } from '../../domain/report.ts'
import { FRAMEWORK_WORD } from '../../domain/words.ts'
import type { PeriodChoice } from '../audit.ts'
import { Card, Empty, PageHead, Said } from '../components/blocks.tsx'
import { Field } from '../components/fields.tsx'
import { address } from '../components/filters.tsx'
import { JobTable } from '../components/jobs.tsx'
import { type Frame, Layout } from '../components/layout.tsx'
import { SpanFields } from '../components/spans.tsx'
import { bearable } from '../components/text.tsx'
import type { Job } from '../jobs.ts'

interface Shown {
  readonly frame: Frame
  readonly outputs: readonly Output[]
  readonly jobs: readonly Job[]
  readonly periods: readonly PeriodChoice[]
  /** What a short report can be about. */
  readonly report: Pick<Report, 'results' | 'snapshot'>
  readonly said: string | null
}

export function ExportsPage({ frame, outputs, jobs, periods, report, said }: Shown) {
  return (
    <Layout frame={frame} title="Exports" section="exports">
      <PageHead
        title="Exports"
        lead="Reports and results as files, dated and told of in the ledger. Each names the moment or period it speaks of."
      />
      <Said text={said} />
      <div class="stack">
        <Made jobs={jobs} periods={periods} />
        <ReportForm periods={periods} report={report} />
        <ResultsForm periods={periods} outputs={outputs} />
        <Card title="The newest results, at once" id="formats">
          <ul class="rows">
            {outputs.map(({ id, title, extension, mediaType }) => (
              <li class="row-head">
                <span>
                  <strong>{title}</strong>
                  <span class="sub">
                    <code>.{extension}</code> · {mediaType}
                  </span>
                </span>
                <a class="button" href={`/exports/${id}`} download>
                  Download<span class="sr">: {title}</span>
                </a>
              </li>
            ))}
          </ul>
        </Card>
      </div>
    </Layout>
  )
}

function Made({ jobs, periods }: Pick<Shown, 'jobs' | 'periods'>) {
  return (
    <Card title="Files of the last hour" id="made" note={<a href="/periods">Audit periods</a>}>
      {jobs.length === 0 ? (
        <Empty title="None was asked for in the last hour">
          A packet holds all that the verdicts of a period rest on and is verified without us. Choose a period:{' '}
          {periods.map(({ id, title }, at) => (
            <>
              {at === 0 ? '' : ', '}
              <a href={address('/periods', { period: id })}>{bearable(title ?? id, 60)}</a>
            </>
          ))}
          .
        </Empty>
      ) : (
        <JobTable jobs={jobs} caption="Files of the last hour" />
      )}
    </Card>
  )
}

/** Checks as the newest run asked them, each once. */
function checksIn({ results }: Shown['report']): readonly { readonly id: string; readonly word: string }[] {
  const all = new Map(results.map(({ check: { id, ref, title } }) => [id, `${ref} ${bearable(title, 80)}`]))
  return [...all].map(([id, word]) => ({ id, word }))
}

function ReportForm({ periods, report }: Pick<Shown, 'periods' | 'report'>) {
  const controls = report.snapshot?.settings.controls ?? []
  return (
    <Card title="A report" id="report">
      <p class="prose">
        About everything, or a short one about one control or check, to be attached in any GRC tool with its table.
      </p>
      <form class="filters more" method="post" action="/exports/report">
        <Field id="report-about" label="About">
          <select id="report-about" name="about">
            <option value="">Everything</option>
            {controls.map(({ id, text }) => (
              <option value={`control:${id}`}>{`Control ${bearable(id, 40)}: ${bearable(text, 80)}`}</option>
            ))}
            {FRAMEWORKS.map((id) => (
              <option value={`framework:${id}`}>{`Framework ${FRAMEWORK_WORD[id] ?? id}`}</option>
            ))}
            {checksIn(report).map(({ id, word }) => (
              <option value={`check:${id}`}>{word}</option>
            ))}
          </select>
        </Field>
        <SpanFields periods={periods} name="report" />
        <Field id="report-format" label="As">
          <select id="report-format" name="format">
            <option value="pdf">PDF</option>
            <option value="csv">Table (CSV) of one control or check</option>
          </select>
        </Field>
        <div class="filter-actions">
          <button class="button" type="submit">
            Make the report
          </button>
        </div>
      </form>
    </Card>
  )
}

function ResultsForm({ periods, outputs }: Pick<Shown, 'periods' | 'outputs'>) {
  return (
    <Card title="Results for other programs" id="results">
      <p class="prose">
        Every check with every subject, of a run or of a period; the same results give the same bytes.
      </p>
      <form class="filters more" method="post" action="/exports/results">
        <Field id="results-format" label="As">
          <select id="results-format" name="format">
            {outputs.map(({ id, title, period }) => (
              <option value={id}>{period === undefined ? `${title}: of a run alone` : title}</option>
            ))}
          </select>
        </Field>
        <SpanFields periods={periods} name="results" />
        <div class="filter-actions">
          <button class="button" type="submit">
            Make the file
          </button>
        </div>
      </form>
    </Card>
  )
}
