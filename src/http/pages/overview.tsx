/** The first page, in the order of what people ask in the morning. No score: a percentage of green answers nothing. */

import type { Check } from '../../domain/check.ts'
import { periodStanding } from '../../domain/period-standing.ts'
import { exactly } from '../../domain/period-words.ts'
import type { SourceState } from '../../domain/snapshot.ts'
import type { FindingInterval } from '../../domain/store.ts'
import { between, type Instant } from '../../domain/time.ts'
import { CAUSE_WORD, counted, number, vendorWord } from '../../domain/words.ts'
import type { PeriodChoice, WorkedOut } from '../audit.ts'
import { Card, Empty, Facts, PageHead, Row, Table } from '../components/blocks.tsx'
import { AgeBar } from '../components/charts.tsx'
import { address } from '../components/filters.tsx'
import { Said } from '../components/findings.tsx'
import { type Frame, Layout } from '../components/layout.tsx'
import { checkPath, part, personPath, SubjectLink, sourcePath } from '../components/links.tsx'
import { SeverityMark, SourceMark, StatusMark } from '../components/status.tsx'
import { Ago, bearable, Moment, Name, Sentence } from '../components/text.tsx'
import { dueWithinAWeek, type FixGroup, fixList, isOverdue } from '../fix-list.ts'
import { type Gap, gaps } from '../gaps.ts'
import { type Leaver, leavers } from '../leavers.ts'
import { graver } from '../results.ts'
import { causeOf, trustworthiness } from '../source-words.ts'
import type { Entry, View } from '../view.ts'

/** At most these are read of what has closed. */
export const CLOSED_READ = 500

export interface Visit {
  /** When the visit before this one ended; null on the first. */
  readonly since: Instant | null
  /** What has closed since then, newest first. */
  readonly closed: readonly FindingInterval[]
}

export function OverviewPage({
  frame,
  view,
  visit,
  audit,
}: {
  frame: Frame
  view: View
  visit: Visit
  /** The audit period under way; null where none is declared. */
  audit: { readonly period: PeriodChoice; readonly told: WorkedOut | null } | null
}) {
  const { report } = view
  return (
    <Layout frame={frame} title="Overview" section="overview">
      <PageHead
        title="Overview"
        lead={
          report.snapshotAt === null ? (
            'Nothing has been read yet.'
          ) : (
            <>
              State of <Moment at={report.snapshotAt} />: what stands in the way, who mends it, and by when.
            </>
          )
        }
      />
      <div class="stack">
        <Trust view={view} now={frame.now} />
        <Leavers list={view.derive(leavers)} known={report.snapshot !== null} now={frame.now} />
        <Due due={view.derive(dueLists)} />
        <Gaps list={view.derive(gaps)} />
        <News view={view} visit={visit} />
        <AuditPeriod audit={audit} now={frame.now} />
      </div>
    </Layout>
  )
}

function Trust({ view, now }: { view: View; now: Instant }) {
  const { report } = view
  const { mark, answer } = trustworthiness(report.sources, report.snapshotAt)
  return (
    <Card title="Can today’s answer be trusted?" id="trust" note={<a href="/sources">All about the sources</a>}>
      <p class="answer">
        <StatusMark mark={mark} word={answer} />
      </p>
      <Table
        caption="Sources and their age"
        columns={[
          { word: 'Source' },
          { word: 'State' },
          { word: 'Read' },
          { word: 'Age against its limit' },
          { word: 'Cause' },
        ]}
      >
        {report.sources.map((source) => (
          <Row>
            <th scope="row">
              <a href={sourcePath(source.id)}>{source.id}</a>
              <span class="sub">{vendorWord(source.kind)}</span>
            </th>
            <td>
              <SourceMark status={source.status} />
            </td>
            <td class="nowrap">
              <Ago at={source.collectedAt} now={now} />
            </td>
            <td class="bar-cell">
              <SourceAge source={source} view={view} now={now} />
            </td>
            <td class="cell-sentence">
              {causeOf(source) === null ? (
                <span class="muted">nothing amiss</span>
              ) : (
                <Sentence text={causeOf(source)!} />
              )}
            </td>
          </Row>
        ))}
      </Table>
    </Card>
  )
}

export function SourceAge({
  source,
  view,
  now,
  wide = false,
}: {
  source: SourceState
  view: View
  now: Instant
  wide?: boolean
}) {
  const own = view.report.snapshot?.settings.sources.find(({ id }) => id === source.id)
  if (source.collectedAt === null || own === undefined) return <span class="muted">never read</span>
  return <AgeBar ageMs={between(source.collectedAt, now)} limitMs={own.freshnessMs} wide={wide} />
}

function Leavers({ list, known, now }: { list: readonly Leaver[]; known: boolean; now: Instant }) {
  return (
    <Card
      title="Leavers who still have access"
      id="leavers"
      note={<a href="/leavers">Everybody who left, with when access ended</a>}
    >
      {list.length === 0 ? (
        <Empty title={known ? 'Nobody who left still has access' : 'Not known yet'}>
          {known
            ? 'As far as the roster and the tailnets could be read; what could not be evaluated stands below.'
            : 'The sources have to be read first.'}
        </Empty>
      ) : (
        <Table
          caption="Leavers who still have access"
          columns={[
            { word: 'Person' },
            { word: 'Left' },
            { word: 'Access had to end' },
            { word: 'What is still there' },
          ]}
        >
          {list.slice(0, 25).map((leaver) => (
            <Row>
              <th scope="row">
                {leaver.person === null ? (
                  <Name text={leaver.name} />
                ) : (
                  <a href={personPath(leaver.person)}>
                    <Name text={leaver.name} />
                  </a>
                )}
              </th>
              <td class="nowrap">{leaver.leftAt ?? <span class="muted">no date in the roster</span>}</td>
              <td class="nowrap">
                <Moment at={leaver.dueAt} none="not known" />
                {leaver.dueAt === null ? null : (
                  <span class="sub">
                    {leaver.late ? 'overdue' : 'not due yet'}, <Ago at={leaver.dueAt} now={now} />
                  </span>
                )}
              </td>
              <td class="cell-sentence">
                <ul class="access">
                  {leaver.access.slice(0, 6).map(({ finding, result }) => (
                    <li>
                      <SubjectLink subject={finding.subject} />{' '}
                      <a class="muted" href={checkPath(result.check.id)}>
                        {result.check.ref}
                      </a>
                    </li>
                  ))}
                  {leaver.access.length > 6 ? <li class="muted">and {leaver.access.length - 6} more</li> : null}
                </ul>
              </td>
            </Row>
          ))}
        </Table>
      )}
      {list.length > 25 ? (
        <p>
          <a href="/people?view=people&state=access">All {number(list.length)}</a>
        </p>
      ) : null}
    </Card>
  )
}

function Due({ due: { overdue, soon } }: { due: DueLists }) {
  return (
    <Card title="To mend, by owner" id="due" note={<a href="/fixes">The whole fix list</a>}>
      <h3>Overdue</h3>
      <OwnerTable rows={overdue} caption="Overdue, by owner" none="Nothing is overdue." />
      <h3>Due this week</h3>
      <OwnerTable rows={soon} caption="Due this week, by owner" none="Nothing falls due within seven days." />
    </Card>
  )
}

/** Days covered, longest gap, days left. */
function AuditPeriod({ audit, now }: { audit: Parameters<typeof OverviewPage>[0]['audit']; now: Instant }) {
  if (audit === null) {
    return (
      <Card title="The audit period" id="period" note={<a href="/periods">Audit periods</a>}>
        <Empty title="No audit period is declared">
          The section periods of exhibit.yaml names it; until then the last 90 days are told.
        </Empty>
      </Card>
    )
  }
  const { period, told } = audit
  const { days, begun, covered, left, longestGap } = periodStanding(period, told?.evidence ?? null, now)
  const link = <a href={address('/periods', { period: period.id })}>What was tested in it</a>
  return (
    <Card title={`The audit period: ${bearable(period.title ?? period.id, 60)}`} id="period" note={link}>
      <Facts
        facts={[
          ['Days', `${number(begun)} of ${number(days)} have begun`],
          ['Days covered', told === null ? 'being worked out' : `${number(covered)} of ${number(begun)}`],
          ['Longest gap', told === null ? 'being worked out' : longestGap === null ? 'none' : exactly(longestGap.ms)],
          ['Days left', left === 0 ? 'none: the period is over' : number(left)],
        ]}
      />
    </Card>
  )
}

/** An owner with what presses first. */
interface OwnerRow {
  readonly owner: FixGroup['owner']
  readonly count: number
  readonly first: Entry
}
interface DueLists {
  readonly overdue: readonly OwnerRow[]
  readonly soon: readonly OwnerRow[]
}

export function dueLists(view: View): DueLists {
  const groups = view.derive(fixList)
  const now = view.report.evaluatedAt
  return {
    overdue: ownerRows(groups, isOverdue),
    soon: ownerRows(groups, (entry) => dueWithinAWeek(entry, now)),
  }
}

function ownerRows(groups: readonly FixGroup[], pick: (entry: Entry) => boolean): readonly OwnerRow[] {
  return groups
    .flatMap(({ owner, subjects }) => {
      const entries = subjects.flatMap((subject) => subject.entries.filter(pick)).sort(morePressing)
      const [first] = entries
      return first === undefined ? [] : [{ owner, count: entries.length, first }]
    })
    .sort((a, b) => morePressing(a.first, b.first))
}

/** Overdue before due, then the earlier deadline, then the graver failure. */
function morePressing(a: Entry, b: Entry): number {
  const due = (entry: Entry): string => (isOverdue(entry) ? '' : (entry.finding.dueAt ?? '~'))
  return due(a) < due(b) ? -1 : due(a) > due(b) ? 1 : graver(a, b)
}

function OwnerTable({ rows, caption, none }: { rows: readonly OwnerRow[]; caption: string; none: string }) {
  if (rows.length === 0) return <p class="muted">{none}</p>
  return (
    <>
      <Table
        caption={caption}
        columns={[
          { word: 'Owner' },
          { word: 'To mend', numeric: true },
          { word: 'First of it' },
          { word: 'Severity' },
          { word: 'Due' },
        ]}
      >
        {rows.slice(0, 12).map(({ owner, count, first }) => {
          return (
            <Row>
              <th scope="row">
                <a href={`/fixes?owner=${part(owner.id)}`}>
                  <Name text={owner.name} max={32} />
                </a>
              </th>
              <td class="numeric">{number(count)}</td>
              <td class="cell-sentence">
                <Said finding={first.finding} max={170} />
              </td>
              <td>
                <SeverityMark severity={first.result.check.severity} />
              </td>
              <td class="nowrap">
                <Moment at={first.finding.dueAt} none="at once" />
              </td>
            </Row>
          )
        })}
      </Table>
      {rows.length > 12 ? (
        <p class="muted">
          and {counted(rows.length - 12, 'more owner')}: <a href="/fixes">the whole fix list</a>
        </p>
      ) : null}
    </>
  )
}

function Gaps({ list }: { list: readonly Gap[] }) {
  return (
    <Card title="Not evaluated" id="gaps" note="by cause, with the one step that cures it">
      {list.length === 0 ? (
        <Empty title="Everything asked could be answered" />
      ) : (
        <ul class="rows">
          {list.map((gap) => (
            <li>
              <div class="row-head">
                <StatusMark mark="unknown" word={gap.title} />
                <span class="muted">{gap.extent}</span>
              </div>
              <p class="step">{gap.step}</p>
              <p class="chips">
                {gap.checks.slice(0, 12).map(({ id, ref, title }) => (
                  <a class="tag" href={checkPath(id, '?status=unknown')} title={title}>
                    {ref}
                  </a>
                ))}
                {gap.checks.length > 12 ? <span class="tag">+{gap.checks.length - 12}</span> : null}
                {gap.source === null ? null : (
                  <a class="tag tag-accent" href={sourcePath(gap.source)}>
                    open {gap.source}
                  </a>
                )}
              </p>
            </li>
          ))}
        </ul>
      )}
    </Card>
  )
}

/** More than these are counted, not listed. */
const NEWS_MAX = 20

function News({ view, visit: { since, closed } }: { view: View; visit: Visit }) {
  if (since === null) {
    return (
      <Card title="Since your last visit" id="news">
        <Empty title="This is your first visit in this browser">
          From the next one on, what has come up and what has closed in between stands here.
        </Empty>
      </Card>
    )
  }
  const fresh = view.open.filter(({ finding }) => finding.firstSeen !== null && finding.firstSeen > since)
  const gone = closed.filter((interval) => !openAgain(view, interval))
  return (
    <Card
      title="Since your last visit"
      id="news"
      note={
        <>
          last visit <Moment at={since} />
        </>
      }
    >
      <h3>New</h3>
      {fresh.length === 0 ? (
        <p class="muted">Nothing new fails, and nothing new is left open.</p>
      ) : (
        <ul class="rows">
          {fresh.slice(0, NEWS_MAX).map((entry) => (
            <Fresh entry={entry} />
          ))}
          {fresh.length > NEWS_MAX ? <li class="muted">and {number(fresh.length - NEWS_MAX)} more</li> : null}
        </ul>
      )}
      <h3>Closed</h3>
      {gone.length === 0 ? (
        <p class="muted">Nothing that was open has closed.</p>
      ) : (
        <Table
          caption="Closed since your last visit"
          columns={[
            { word: 'Subject' },
            { word: 'Check' },
            { word: 'Was' },
            { word: 'Why it closed' },
            { word: 'When' },
          ]}
        >
          {gone.slice(0, NEWS_MAX).map((interval) => (
            <Gone view={view} interval={interval} />
          ))}
        </Table>
      )}
      {gone.length > NEWS_MAX ? (
        <p class="muted">
          and{' '}
          {gone.length > CLOSED_READ ? `more than ${number(CLOSED_READ - NEWS_MAX)}` : number(gone.length - NEWS_MAX)}{' '}
          more
        </p>
      ) : null}
    </Card>
  )
}

function Fresh({ entry: { finding, result } }: { entry: Entry }) {
  return (
    <li>
      <div class="row-head">
        <StatusMark mark={finding.status} />
        <a href={checkPath(result.check.id)}>
          {result.check.ref} {result.check.title}
        </a>
      </div>
      <p>
        <Said finding={finding} />{' '}
        <span class="muted">
          First seen <Moment at={finding.firstSeen} />.
        </span>
      </p>
    </li>
  )
}

function Gone({ view, interval }: { view: View; interval: FindingInterval }) {
  const { check: id, subject, status, cause, closedAt } = interval
  const check = checkOf(view, id)
  return (
    <Row>
      <th scope="row">
        <SubjectLink subject={subject} />
      </th>
      <td class="cell-title">
        {check === undefined ? (
          id
        ) : (
          <a href={checkPath(id)}>
            {check.ref} {check.title}
          </a>
        )}
      </td>
      <td>
        <StatusMark mark={status} />
      </td>
      <td class="cell-sentence">{CAUSE_WORD[cause ?? 'changed']}</td>
      <td class="nowrap">
        <Moment at={closedAt} />
      </td>
    </Row>
  )
}

function checkOf({ report }: View, id: string): Check | undefined {
  return [...report.results, ...report.disabled].find(({ check }) => check.id === id)?.check
}

function openAgain(view: View, { check, system, subject }: FindingInterval): boolean {
  return view.openOf(subject).some(({ result }) => result.check.id === check && result.system === system)
}
