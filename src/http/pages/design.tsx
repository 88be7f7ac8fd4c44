/** Every component with its states, for those who build pages. Served by the demo only. */

import { coveredDays } from '../../domain/coverage-calendar.ts'
import type { FailureAges } from '../../domain/failure-ages.ts'
import type { PeriodResult } from '../../domain/period.ts'
import { HOUR, plus } from '../../domain/time.ts'
import {
  Banner,
  Card,
  Empty,
  Facts,
  FindingFacts,
  PageHead,
  Paging,
  pageOf,
  Row,
  Table,
} from '../components/blocks.tsx'
import {
  AgeBar,
  CalendarLegend,
  CountBar,
  CoverageCalendar,
  FailureAgesChart,
  Legend,
  PeriodResultsChart,
} from '../components/charts.tsx'
import { Dialog } from '../components/dialog.tsx'
import { Field } from '../components/fields.tsx'
import { FilterBar } from '../components/filters.tsx'
import { type Frame, Layout } from '../components/layout.tsx'
import { Progress } from '../components/progress.tsx'
import { SeverityMark, SourceMark, StatusMark, Tag, Verdict } from '../components/status.tsx'
import { Ago, Moment, Name } from '../components/text.tsx'
import { Timeline } from '../components/timeline.tsx'
import { MARK_ORDER } from '../results.ts'
import { LIGHT } from '../styles/tokens.ts'

const LONG = 'build-runner-eu-central-1b-ephemeral-0f3c9a7712dd84e1.tailfe8c.ts.net'

const periodSample = (deviated: number, notDeterminable: number, met: number): PeriodResult => ({
  what: 'check',
  ref: 'ID-02',
  id: 'sample',
  system: 'tailnet',
  population: deviated + notDeterminable + met,
  tested: deviated + met,
  met,
  deviated,
  notDeterminable,
  waived: 0,
  longestGapMs: notDeterminable * 3 * HOUR,
  longestGapCause: notDeterminable === 0 ? null : 'rate_limited',
  counts: null,
  gapLimitMs: 7 * 24 * HOUR,
  covered: notDeterminable === 0 ? 1 : 0.987,
  says: `${met} in time, ${deviated} late, ${notDeterminable} not determinable`,
  checks: null,
})
const PERIOD_SAMPLE = [
  periodSample(1, 1, 12),
  periodSample(0, 0, 2000),
  periodSample(1, 40, 4959),
  periodSample(0, 0, 0),
]

const DAYS_SAMPLE = coveredDays('2025-10-15T00:00:00.000Z', '2026-02-10T12:00:00.000Z', [
  {
    gaps: [
      { from: '2025-10-15T00:00:00.000Z', to: '2025-10-17T09:00:00.000Z', cause: 'before the first run' },
      { from: '2025-12-24T18:00:00.000Z', to: '2025-12-24T23:00:00.000Z', cause: 'rate_limited' },
    ],
  },
])

const AGES_SAMPLE: FailureAges = [
  { critical: 1, high: 3, medium: 0, low: 0 },
  { critical: 0, high: 12, medium: 4, low: 1 },
  { critical: 0, high: 2, medium: 9, low: 0 },
  { critical: 0, high: 0, medium: 31, low: 14 },
  { critical: 0, high: 0, medium: 0, low: 5 },
]

export function DesignPage({ frame }: { frame: Frame }) {
  return (
    <Layout frame={frame} title="Design" section="design">
      <PageHead title="Design" lead="The parts that pages are made of, each with its states.">
        <button class="button" type="button">
          Button
        </button>
      </PageHead>
      <div class="stack">
        <Card title="Colour" id="colour" note="light and dark by the system’s wish">
          <ul class="swatches">
            {Object.keys(LIGHT).map((name) => (
              <li>
                <svg width="28" height="28" aria-hidden="true">
                  <rect class={`swatch swatch-${name}`} x="0.5" y="0.5" width="27" height="27" rx="6" />
                </svg>
                <code>{name}</code>
              </li>
            ))}
          </ul>
        </Card>
        <Card title="Type" id="type">
          {['xxl', 'xl', 'l', 'm', 's', 'xs'].map((step) => (
            <p class={`type-${step}`}>
              {step}: 1,048 devices read at <Moment at={frame.now} />
            </p>
          ))}
        </Card>
        <Card title="Status mark" id="marks">
          <Facts facts={MARK_ORDER.map((mark) => [mark, <StatusMark mark={mark} />])} />
          <h3>With a reason</h3>
          <Verdict mark="unknown" reason="no_serial" />
          <h3>Sources</h3>
          <p class="chips">
            {(['complete', 'failed', 'held', 'paused', 'stale', 'never'] as const).map((status) => (
              <SourceMark status={status} />
            ))}
          </p>
          <h3>Severity</h3>
          <p class="chips">
            {(['critical', 'high', 'medium', 'low'] as const).map((severity) => (
              <SeverityMark severity={severity} />
            ))}
          </p>
          <h3>Tag</h3>
          <p class="chips">
            {(['plain', 'accent', 'unknown', 'fail'] as const).map((tone) => (
              <Tag tone={tone}>{tone}</Tag>
            ))}
          </p>
        </Card>
        <Card title="Banner" id="banners">
          {(['info', 'pass', 'unknown', 'fail'] as const).map((tone) => (
            <Banner tone={tone}>
              <p>
                <strong>{tone}.</strong> One sentence that says what is the matter, and the next step.
              </p>
            </Banner>
          ))}
          <Progress
            activity={{
              running: true,
              startedAt: plus(frame.now, -4000),
              progress: [{ source: 'tailnet', done: 48, total: 112, what: 'devices' }],
              nextRunAt: null,
              trouble: null,
            }}
            now={frame.now}
          />
        </Card>
        <Card title="Table, names, moments" id="tables">
          <Table
            caption="Sample table"
            columns={[{ word: 'Name' }, { word: 'Answer' }, { word: 'Seen' }, { word: 'Count', numeric: true }]}
          >
            <Row>
              <th scope="row">
                <Name text={LONG} max={36} />
              </th>
              <td>
                <StatusMark mark="fail" />
              </td>
              <td>
                <Ago at={plus(frame.now, -3 * HOUR)} now={frame.now} />
              </td>
              <td class="numeric">12,480</td>
            </Row>
            <Row>
              <th scope="row">
                <Name text="ada-mbp" />
              </th>
              <td>
                <StatusMark mark="pass" />
              </td>
              <td>
                <Ago at={null} now={frame.now} />
              </td>
              <td class="numeric">7</td>
            </Row>
          </Table>
          <Paging
            page={pageOf(Array.from({ length: 250 }), '2')}
            one="subject"
            link={(number) => `/design?page=${number}`}
          />
        </Card>
        <Card title="Facts" id="facts">
          <FindingFacts
            facts={{ operationalState: 'na', activeThreats: 0, leftAt: '2026-11-01', dueAt: frame.now, serial: null }}
          />
        </Card>
        <Card title="Bar" id="bars">
          <Legend />
          <CountBar counts={{ fail: 3, waived: 1, unknown: 4, pass: 60, not_applicable: 12 }} wide />
          <h3>One of twenty thousand</h3>
          <CountBar counts={{ fail: 1, pass: 19_999 }} wide />
          <h3>Age against a limit</h3>
          <p>
            <AgeBar ageMs={20} limitMs={60} wide />
          </p>
          <p>
            <AgeBar ageMs={200} limitMs={60} wide />
          </p>
        </Card>
        <Card title="Period results, coverage calendar, failures by age" id="period-charts">
          <PeriodResultsChart results={PERIOD_SAMPLE} titleOf={() => 'A question over the period'} />
          <h3>Coverage calendar</h3>
          <CalendarLegend />
          <CoverageCalendar days={DAYS_SAMPLE} whom="every check was" />
          <h3>Each source</h3>
          <div class="calendars">
            {['tailnet', 'edr'].map((id) => (
              <div>
                <h4>{id}</h4>
                <CoverageCalendar days={DAYS_SAMPLE} whom={`${id} was`} small />
              </div>
            ))}
          </div>
          <h3>Failures by age</h3>
          <FailureAgesChart ages={AGES_SAMPLE} />
        </Card>
        <Card title="Timeline" id="timeline">
          <Timeline
            events={[
              { at: plus(frame.now, -30 * HOUR), what: 'Last day in the roster' },
              { at: plus(frame.now, -6 * HOUR), what: 'Access had to end' },
              { at: frame.now, what: 'Account still active', now: true },
            ]}
          />
        </Card>
        <Card title="Filter bar and form field" id="forms">
          <FilterBar
            action="/design"
            asked={{}}
            fields={[
              { as: 'text', name: 'text', label: 'Search', hint: 'Name' },
              {
                as: 'select',
                name: 'sample',
                label: 'Result',
                any: 'Any result',
                choices: [{ value: 'fail', word: 'Fails' }],
              },
            ]}
          />
          <div class="form">
            <Field id="sample-note" label="Note">
              <textarea id="sample-note" rows={2} />
              <span class="field-help">Kept with the evidence.</span>
            </Field>
            <p class="chips">
              <button class="button primary" type="button">
                Primary
              </button>
              <button class="button" type="button" disabled>
                Disabled
              </button>
              <button class="button quiet" type="button">
                Quiet
              </button>
              <button class="button" type="button" data-copy="sample-note" hidden>
                Copy (shows a toast)
              </button>
            </p>
          </div>
        </Card>
        <Card title="Dialog" id="dialogs">
          <Dialog id="sample-dialog" opener="Open the dialog" title="Is that right?">
            <p>A question before something weighty.</p>
            <form method="dialog" class="dialog-actions">
              <button class="button" type="submit">
                Close
              </button>
            </form>
          </Dialog>
        </Card>
        <Card title="Empty state" id="empty">
          <Empty title="Nothing here">And why that is, in one sentence.</Empty>
        </Card>
      </div>
    </Layout>
  )
}
