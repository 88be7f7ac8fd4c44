/** Audit periods: how much of each is covered, what was tested in it, and the files that an auditor takes away. */
import type { Check } from '../../domain/check.ts'
import type { PeriodResult } from '../../domain/period.ts'
import { periodStanding } from '../../domain/period-standing.ts'
import {
  exactly,
  OUTCOME_WORD,
  type PeriodOutcome,
  periodControlSentence,
  periodOutcome,
  shareText,
} from '../../domain/period-words.ts'
import type { PeriodEvidence } from '../../domain/sealing.ts'
import { counted, type Mark, number } from '../../domain/words.ts'
import type { PeriodChoice, WorkedOut } from '../audit.ts'
import { Banner, Card, Empty, Facts, PageHead, Row, Table } from '../components/blocks.tsx'
import { CountBar } from '../components/charts.tsx'
import { address } from '../components/filters.tsx'
import { type Frame, Layout } from '../components/layout.tsx'
import { checkPath, part } from '../components/links.tsx'
import { StatusMark } from '../components/status.tsx'
import { bearable, Moment, Name } from '../components/text.tsx'

interface Shown {
  readonly frame: Frame
  readonly all: readonly PeriodChoice[]
  readonly chosen: PeriodChoice
  readonly told: WorkedOut | 'working'
}

export function PeriodsPage({ frame, all, chosen, told, checks }: Shown & { checks: readonly Check[] }) {
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
        {evidence === null ? null : <Results evidence={evidence} checks={checks} />}
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
          ['Told up to', <Moment at={evidence.until} />],
        ]}
      />
    </Card>
  )
}

const MARK_OF: Readonly<Record<PeriodOutcome, Mark>> = {
  met: 'pass',
  deviated: 'fail',
  not_determinable: 'unknown',
  nothing_tested: 'not_applicable',
}
const ORDER: readonly PeriodOutcome[] = ['deviated', 'not_determinable', 'met', 'nothing_tested']

function Results({ evidence, checks }: { evidence: PeriodEvidence; checks: readonly Check[] }) {
  const results = evidence.results ?? []
  const own = results.filter(({ what }) => what === 'control')
  const tested = results
    .filter(({ what }) => what === 'check')
    .toSorted((a, b) => ORDER.indexOf(periodOutcome(a)) - ORDER.indexOf(periodOutcome(b)))
  const titles = new Map(checks.map(({ ref, title }) => [ref, title]))
  return (
    <>
      {own.length === 0 ? null : (
        <Card title="Your own controls" id="own" note={counted(own.length, 'control')}>
          <Table
            caption="Your own controls over the period"
            columns={[{ word: 'Control' }, { word: 'Mapped checks' }, { word: 'Longest gap' }, { word: 'In words' }]}
          >
            {own.map((result) => (
              <Row>
                <th scope="row" class="cell-title">
                  <Name text={result.ref} max={60} />
                </th>
                <td>{result.checks === null ? 'none' : periodControlSentence(result.checks)}</td>
                <GapCell result={result} />
                <td class="cell-sentence">{bearable(result.says)}</td>
              </Row>
            ))}
          </Table>
        </Card>
      )}
      <Card title="Tests" id="tests" note={counted(tested.length, 'test')}>
        {tested.length === 0 ? (
          <Empty title="No check judged anything in this period" />
        ) : (
          <Table
            caption="Tests over the period"
            columns={[
              { word: 'Check' },
              { word: 'Over the period' },
              { word: 'Population', numeric: true },
              { word: 'Met, deviated, not determinable' },
              { word: 'Longest gap' },
              { word: 'In words' },
            ]}
          >
            {tested.map((result) => (
              <TestRow result={result} title={titles.get(result.ref) ?? null} />
            ))}
          </Table>
        )}
      </Card>
    </>
  )
}

function TestRow({ result, title }: { result: PeriodResult; title: string | null }) {
  const { ref, id, system, population, met, deviated, notDeterminable, waived } = result
  const outcome = periodOutcome(result)
  const counts = { fail: deviated - waived, waived, unknown: notDeterminable, pass: met }
  return (
    <Row>
      <th scope="row" class="cell-title">
        {title === null ? <Name text={ref} /> : <a href={checkPath(id)}>{ref}</a>}
        <span class="sub">{title ?? 'no check of this release'}</span>
        {system === null ? null : <span class="sub">{bearable(system, 60)}</span>}
      </th>
      <td>
        <StatusMark mark={MARK_OF[outcome]} word={OUTCOME_WORD[outcome]} />
      </td>
      <td class="numeric">{number(population)}</td>
      <td class="bar-cell">
        <CountBar counts={counts} />
        <span class="sub">
          {number(met)} met, {number(deviated)} deviated, {number(notDeterminable)} not determinable
        </span>
      </td>
      <GapCell result={result} />
      <td class="cell-sentence">{bearable(result.says)}</td>
    </Row>
  )
}

function GapCell({ result: { longestGapMs, longestGapCause, covered } }: { result: PeriodResult }) {
  return (
    <td>
      {longestGapMs === 0 ? <span class="muted">none</span> : exactly(longestGapMs)}
      {longestGapCause === null ? null : <span class="sub">{bearable(longestGapCause, 120)}</span>}
      {covered >= 1 ? null : <span class="sub">{shareText(covered)} evaluated</span>}
    </td>
  )
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
