/** Audit periods: how much of each is covered, what was tested in it, and the files that an auditor takes away. */
import type { Check } from '../../domain/check.ts'
import { coveredDays } from '../../domain/coverage-calendar.ts'
import type { PeriodResult } from '../../domain/period.ts'
import { periodStanding } from '../../domain/period-standing.ts'
import { exactly, type PeriodOutcome, periodOutcome, unreadText } from '../../domain/period-words.ts'
import type { PeriodEvidence } from '../../domain/sealing.ts'
import type { OwnControl } from '../../domain/settings.ts'
import { counted, number } from '../../domain/words.ts'
import type { PeriodChoice, WorkedOut } from '../audit.ts'
import { Banner, Card, Empty, Facts, PageHead, Row, Table } from '../components/blocks.tsx'
import { CalendarLegend, CoverageCalendar, FailureAgesChart, PeriodResultsChart } from '../components/charts.tsx'
import { address } from '../components/filters.tsx'
import { type Frame, Layout } from '../components/layout.tsx'
import { checkPath, part } from '../components/links.tsx'
import { bearable, Moment, Name } from '../components/text.tsx'

interface Shown {
  readonly frame: Frame
  readonly all: readonly PeriodChoice[]
  readonly chosen: PeriodChoice
  readonly told: WorkedOut | 'working'
}

export function PeriodsPage({
  frame,
  all,
  chosen,
  told,
  checks,
  controls,
}: Shown & { checks: readonly Check[]; controls: readonly OwnControl[] }) {
  const evidence = told === 'working' ? null : told.evidence
  return (
    <Layout frame={frame} title="Audit periods" section="periods">
      <PageHead
        title="Audit periods"
        lead="What was tested over months: each check is a test of its own over the whole period, never its last day."
      >
        {evidence === null ? null : <Files period={chosen} />}
      </PageHead>
      <PeriodTabs path="/periods" all={all} chosen={chosen} />
      <div class="stack">
        <StillWorking told={told} />
        {told === 'working' ? null : <Days period={chosen} evidence={evidence} frame={frame} />}
        {evidence === null ? null : <Calendars evidence={evidence} />}
        {evidence === null ? null : <Results evidence={evidence} checks={checks} controls={controls} />}
        {all.some(({ declared }) => declared) ? null : <HowToDeclare />}
      </div>
    </Layout>
  )
}

export function PeriodTabs({ path, all, chosen }: { path: string } & Pick<Shown, 'all' | 'chosen'>) {
  return (
    <nav class="tabs" aria-label="Periods">
      {all.map(({ id, title, from, to }) => (
        <a href={address(path, { period: id })} aria-current={id === chosen.id ? 'page' : undefined}>
          {title === null ? <Name text={id} /> : <Name text={title} />}{' '}
          <span class="muted nowrap">
            {from.slice(0, 10)} to {to.slice(0, 10)}
          </span>
        </a>
      ))}
    </nav>
  )
}

/** Over months and thousands of devices it takes longer than somebody waits. */
export function StillWorking({ told }: Pick<Shown, 'told'>) {
  if (told === 'working') {
    return (
      <Banner tone="info">
        <p>
          <strong>This period is being worked out.</strong> The page shows it when it is done; without the script,
          reload it in a while.
        </p>
      </Banner>
    )
  }
  return told.behind ? (
    <Banner tone="info">
      <p>A newer reading is being worked in; what stands here is of the one before.</p>
    </Banner>
  ) : null
}

function Files({ period }: { period: PeriodChoice }) {
  const make = (what: 'packet' | 'report', word: string, primary: boolean) => (
    <form method="post" action={`/periods/${part(period.id)}/${what}`}>
      <button class={primary ? 'button primary' : 'button'} type="submit">
        {word}
      </button>
    </form>
  )
  return (
    <>
      {make('packet', 'Make the packet', true)}
      {make('report', 'Make the report', false)}
    </>
  )
}

function Days({ period, evidence, frame }: { period: PeriodChoice; evidence: PeriodEvidence | null; frame: Frame }) {
  const { days, begun, whole, covered, left, longestGap } = periodStanding(period, evidence, frame.now)
  if (evidence === null) {
    return (
      <Card title="Days" id="days">
        <Empty title={begun === 0 ? 'The period has not begun' : 'Nothing was read in this period'}>
          {begun === 0
            ? `It begins on ${period.from.slice(0, 10)} and has ${counted(days, 'day')}.`
            : 'No run was sealed in it, so nothing can be said of it.'}
        </Empty>
      </Card>
    )
  }
  return (
    <Card title="Days" id="days" note={<a href={address('/leavers', { period: period.id })}>Who left in it</a>}>
      <Facts
        facts={[
          ['Days covered', `${number(covered)} of ${number(begun)} begun`],
          ['Read throughout', counted(whole, 'day')],
          ['Days left', left === 0 ? 'none: the period is over' : number(left)],
          [
            'Longest gap',
            longestGap === null ? (
              'none'
            ) : (
              <>
                {exactly(longestGap.ms)}, <Name text={longestGap.source} />: {bearable(longestGap.cause, 120)}
                <span class="sub">
                  <Moment at={longestGap.from} /> to <Moment at={longestGap.to} />
                </span>
              </>
            ),
          ],
          ['Told up to', unreadText(evidence) ?? <Moment at={evidence.until} />],
        ]}
      />
    </Card>
  )
}

const ORDER: readonly PeriodOutcome[] = ['deviated', 'not_determinable', 'met', 'nothing_tested']

/** What was evaluated day by day: all checks together, then each source. */
function Calendars({ evidence: { from, until, of } }: { evidence: PeriodEvidence }) {
  const checks = of.filter(({ what }) => what === 'check')
  const sources = of.filter(({ what }) => what === 'source')
  return (
    <Card title="Day by day" id="calendar" note="darker: more of the day was evaluated">
      <CalendarLegend />
      <CoverageCalendar days={coveredDays(from, until, checks)} whom="every check was" />
      {sources.length === 0 ? null : (
        <>
          <h3>Each source</h3>
          <div class="calendars">
            {sources.slice(0, CALENDARS).map((source) => (
              <div>
                <p>
                  <Name text={source.id} />
                </p>
                <CoverageCalendar
                  days={coveredDays(from, until, [source])}
                  whom={`${bearable(source.id, 40)} was`}
                  small
                />
              </div>
            ))}
          </div>
          {sources.length <= CALENDARS ? null : (
            <p class="muted">{counted(sources.length - CALENDARS, 'more source')}: the packet has the days of all.</p>
          )}
        </>
      )}
    </Card>
  )
}

/** Sources whose days are drawn. */
const CALENDARS = 8

function Results({
  evidence,
  checks,
  controls,
}: {
  evidence: PeriodEvidence
  checks: readonly Check[]
  controls: readonly OwnControl[]
}) {
  const results = (evidence.results ?? []).map(bounded)
  const own = results.filter(({ what }) => what === 'control')
  const tested = results
    .filter(({ what }) => what === 'check')
    .toSorted((a, b) => ORDER.indexOf(periodOutcome(a)) - ORDER.indexOf(periodOutcome(b)))
  const titles = new Map(checks.map(({ ref, title }) => [ref, title]))
  const texts = new Map(controls.map(({ id, text }) => [id, text]))
  return (
    <>
      {own.length === 0 ? null : (
        <Card title="Your own controls" id="own" note={counted(own.length, 'control')}>
          <Table
            caption="Your own controls over the period"
            columns={[{ word: 'Control' }, { word: 'Over the period' }, { word: 'Longest gap' }]}
          >
            {own.map(({ ref, says, longestGapMs, longestGapCause }) => (
              <Row>
                <th scope="row" class="cell-title">
                  {ref}
                  {texts.has(ref) ? <span class="sub">{bearable(texts.get(ref)!)}</span> : null}
                </th>
                <td class="cell-sentence">{says}</td>
                <td>
                  {longestGapMs === 0 ? <span class="muted">none</span> : exactly(longestGapMs)}
                  {longestGapCause === null ? null : <span class="sub">{longestGapCause}</span>}
                </td>
              </Row>
            ))}
          </Table>
        </Card>
      )}
      <Card title="Tests" id="tests" note={counted(tested.length, 'test')}>
        {tested.length === 0 ? (
          <Empty title="No check judged anything in this period" />
        ) : (
          <PeriodResultsChart
            results={tested}
            titleOf={({ ref, id }) =>
              titles.has(ref) ? <a href={checkPath(id)}>{titles.get(ref)}</a> : 'no check of this release'
            }
          />
        )}
      </Card>
      {evidence.ages === undefined || evidence.ages === null ? null : (
        <Card title="What stood open at the end" id="ages">
          <FailureAgesChart ages={evidence.ages} />
        </Card>
      )}
    </>
  )
}

/** Systems and causes are somebody else's words. */
function bounded(result: PeriodResult): PeriodResult {
  const { ref, system, says, longestGapCause } = result
  return {
    ...result,
    ref: bearable(ref, 60),
    system: system === null ? null : bearable(system, 60),
    says: bearable(says, 200),
    longestGapCause: longestGapCause === null ? null : bearable(longestGapCause, 120),
  }
}

function HowToDeclare() {
  return (
    <Card title="Declare the audit period" id="declare">
      <p class="prose">
        No period is written in exhibit.yaml. Name it there, and its days are counted, its evidence is kept for as long
        as it is open, and its packet is one button:
      </p>
      <pre class="raw">{`periods:
  - id: soc2-2026
    title: SOC 2 Type II 2026
    from: 2026-07-01
    to: 2026-12-31
`}</pre>
    </Card>
  )
}
