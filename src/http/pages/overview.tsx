/** The first page, in the order of what people ask in the morning. No score: a percentage of green answers nothing. */

import type { SourceState } from '../../domain/snapshot.ts'
import { between, type Instant } from '../../domain/time.ts'
import { counted, number, vendorWord } from '../../domain/words.ts'
import { Card, Empty, PageHead, Table } from '../components/blocks.tsx'
import { AgeBar } from '../components/charts.tsx'
import { type Frame, Layout } from '../components/layout.tsx'
import { checkPath, part, personPath, SubjectLink, sourcePath } from '../components/links.tsx'
import { SeverityMark, SourceMark, StatusMark } from '../components/status.tsx'
import { Ago, Moment, Name, Sentence } from '../components/text.tsx'
import { dueWithinAWeek, type FixGroup, fixList, isOverdue } from '../fix-list.ts'
import { type Gap, gaps } from '../gaps.ts'
import { type Leaver, leavers } from '../leavers.ts'
import { graver } from '../results.ts'
import { causeOf, trustworthiness } from '../source-words.ts'
import type { Entry, View } from '../view.ts'

export function OverviewPage({ frame, view, since }: { frame: Frame; view: View; since: Instant | null }) {
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
        <Due groups={view.derive(fixList)} now={report.evaluatedAt} />
        <Gaps list={view.derive(gaps)} />
        <News view={view} since={since} />
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
          <tr>
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
          </tr>
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
      note={list.length === 0 ? undefined : counted(list.length, 'person', 'people')}
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
            <tr>
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
            </tr>
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

function Due({ groups, now }: { groups: readonly FixGroup[]; now: Instant }) {
  const overdue = groups.filter((group) => group.overdue > 0)
  const soon = groups.filter((group) => group.dueSoon > 0)
  return (
    <Card title="To mend, by owner" id="due" note={<a href="/fixes">The whole fix list</a>}>
      <h3>Overdue</h3>
      <OwnerTable groups={overdue} pick={isOverdue} caption="Overdue, by owner" none="Nothing is overdue." />
      <h3>Due this week</h3>
      <OwnerTable
        groups={soon}
        pick={(entry) => dueWithinAWeek(entry, now)}
        caption="Due this week, by owner"
        none="Nothing falls due within seven days."
      />
    </Card>
  )
}

/** Overdue before due, then the earlier deadline, then the graver failure. */
function morePressing(a: Entry, b: Entry): number {
  const due = (entry: Entry): string => (isOverdue(entry) ? '' : (entry.finding.dueAt ?? '~'))
  return due(a) < due(b) ? -1 : due(a) > due(b) ? 1 : graver(a, b)
}

function pressing(group: FixGroup, pick: (entry: Entry) => boolean): readonly Entry[] {
  return group.subjects
    .flatMap(({ entries }) => entries)
    .filter(pick)
    .sort(morePressing)
}

function OwnerTable({
  groups,
  pick,
  caption,
  none,
}: {
  groups: readonly FixGroup[]
  pick: (entry: Entry) => boolean
  caption: string
  none: string
}) {
  if (groups.length === 0) return <p class="muted">{none}</p>
  const rows = groups
    .map((group) => ({ group, entries: pressing(group, pick) }))
    .sort((a, b) => morePressing(a.entries[0]!, b.entries[0]!))
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
        {rows.slice(0, 12).map(({ group, entries }) => {
          const first = entries[0]!
          return (
            <tr>
              <th scope="row">
                <a href={`/fixes?owner=${part(group.owner.id)}`}>
                  <Name text={group.owner.name} max={32} />
                </a>
              </th>
              <td class="numeric">{number(entries.length)}</td>
              <td class="cell-sentence">
                <Sentence text={first.finding.message} max={170} />
              </td>
              <td>
                <SeverityMark severity={first.result.check.severity} />
              </td>
              <td class="nowrap">
                <Moment at={first.finding.dueAt} none="at once" />
              </td>
            </tr>
          )
        })}
      </Table>
      {groups.length > 12 ? (
        <p class="muted">
          and {counted(groups.length - 12, 'more owner')}: <a href="/fixes">the whole fix list</a>
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

function News({ view, since }: { view: View; since: Instant | null }) {
  const fresh =
    since === null ? [] : view.open.filter(({ finding }) => finding.firstSeen !== null && finding.firstSeen > since)
  return (
    <Card
      title="New since your last visit"
      id="news"
      note={
        since === null ? undefined : (
          <>
            last visit <Moment at={since} />
          </>
        )
      }
    >
      {since === null ? (
        <Empty title="This is your first visit in this browser">
          From the next one on, what has come up in between stands here.
        </Empty>
      ) : fresh.length === 0 ? (
        <Empty title="Nothing new fails, and nothing new is left open" />
      ) : (
        <ul class="rows">
          {fresh.slice(0, 20).map(({ finding, result }) => (
            <li>
              <div class="row-head">
                <StatusMark mark={finding.status} />
                <a href={checkPath(result.check.id)}>
                  {result.check.ref} {result.check.title}
                </a>
              </div>
              <p>
                <Sentence text={finding.message} />{' '}
                <span class="muted">
                  First seen <Moment at={finding.firstSeen} />.
                </span>
              </p>
            </li>
          ))}
          {fresh.length > 20 ? <li class="muted">and {number(fresh.length - 20)} more</li> : null}
        </ul>
      )}
    </Card>
  )
}
