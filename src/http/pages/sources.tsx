/** The sources: what was read, when, by how many calls, what is hidden and what that costs. */

import type { SourceState } from '../../domain/snapshot.ts'
import type { SealedPull } from '../../domain/store.ts'
import { counted, countedKind, kindWord, lengthText, momentText, number, vendorWord } from '../../domain/words.ts'
import { Card, Facts, PageHead, Row, Said, Table } from '../components/blocks.tsx'
import { Dialog } from '../components/dialog.tsx'
import { type Frame, Layout } from '../components/layout.tsx'
import { checkPath, sourcePath } from '../components/links.tsx'
import { SourceMark } from '../components/status.tsx'
import { Ago, Moment, Sentence } from '../components/text.tsx'
import type { PullSummary } from '../pulls.ts'
import { checksThatNeed } from '../results.ts'
import { causeOf, recordsText } from '../source-words.ts'
import type { View } from '../view.ts'
import { SourceAge } from './overview.tsx'

export function SourcesPage({ frame, view, said }: { frame: Frame; view: View; said: string | null }) {
  const { sources } = view.report
  return (
    <Layout frame={frame} title="Sources" section="sources">
      <PageHead
        title="Sources"
        lead="What every answer rests on. A source that could not be read leaves its checks unanswered: nothing is guessed."
      >
        <PullButton source={null} word="Pull all now" />
      </PageHead>
      <Said text={said} />
      <Table
        caption="Sources"
        columns={[
          { word: 'Source' },
          { word: 'State' },
          { word: 'Read' },
          { word: 'Age against its limit' },
          { word: 'Records' },
          { word: 'Calls', numeric: true },
          { word: 'What is amiss' },
          { word: 'Action', silent: true },
        ]}
      >
        {sources.map((source) => (
          <Row>
            <th scope="row">
              <a href={sourcePath(source.id)}>{source.id}</a>
              <span class="sub">{vendorWord(source.kind)}</span>
              {source.notVendorHost ? <span class="sub nowrap">not the vendor’s host</span> : null}
            </th>
            <td>
              <SourceMark status={source.status} />
            </td>
            <td class="nowrap">
              <Ago at={source.collectedAt} now={frame.now} />
            </td>
            <td class="bar-cell">
              <SourceAge source={source} view={view} now={frame.now} />
            </td>
            <td class="cell-records">{recordsText(source.records, 3)}</td>
            <td class="numeric">{number(source.requests)}</td>
            <td class="cell-sentence">
              <Amiss source={source} view={view} />
            </td>
            <td>
              <PullButton source={source.id} word="Pull now" />
            </td>
          </Row>
        ))}
      </Table>
    </Layout>
  )
}

function Amiss({ source, view }: { source: SourceState; view: View }) {
  const cause = causeOf(source)
  const cost = checksThatNeed(view, source.id).length
  if (cause === null) return <span class="muted">nothing</span>
  return (
    <>
      <Sentence text={cause} />
      {cost === 0 ? null : (
        <span class="sub">
          <a href={sourcePath(source.id)}>{counted(cost, 'check')} not evaluated</a>
        </span>
      )}
      {source.status === 'held' ? (
        <span class="sub">
          <a href={sourcePath(source.id)}>Look at it and confirm</a>
        </span>
      ) : null}
    </>
  )
}

function PullButton({ source, word }: { source: string | null; word: string }) {
  return (
    <form method="post" action="/pulls">
      {source === null ? null : <input type="hidden" name="source" value={source} />}
      <button class="button" type="submit">
        {word}
        {source === null ? null : <span class="sr">: {source}</span>}
      </button>
    </form>
  )
}

export function SourcePage({
  frame,
  view,
  source,
  pull,
  said,
}: {
  frame: Frame
  view: View
  source: SourceState
  pull: PullSummary | null
  said: string | null
}) {
  const cause = causeOf(source)
  const own = view.report.snapshot?.settings.sources.find(({ id }) => id === source.id)
  return (
    <Layout frame={frame} title={source.id} section="sources" crumbs={[{ path: '/sources', word: 'Sources' }]}>
      <PageHead title={source.id} lead={vendorWord(source.kind)}>
        <PullButton source={source.id} word="Pull now" />
        {source.status === 'held' ? <AcceptFall source={source} pull={pull} /> : null}
      </PageHead>
      <Said text={said} />
      <div class="stack">
        <Card title="State" id="state">
          <Facts
            facts={[
              ['State', <SourceMark status={source.status} />],
              ['Last tried', <Moment at={source.attemptedAt} />],
              ['Last read completely', <Moment at={source.collectedAt} />],
              ['May be this old', own === undefined ? '—' : lengthText(own.freshnessMs)],
              ['Records', recordsText(source.records)],
              ['Calls of the newest attempt', number(source.requests)],
              ['Host', source.notVendorHost ? 'not one that the vendor publishes' : 'as the vendor publishes'],
            ]}
          />
          <h3>Age against its limit</h3>
          <SourceAge source={source} view={view} now={frame.now} wide />
          {cause === null ? null : (
            <>
              <h3>What is amiss</h3>
              <p class="prose">
                <Sentence text={cause} />
                {source.error === null ? null : <span class="sub">Code: {source.error.code}</span>}
              </p>
            </>
          )}
        </Card>
        {source.status === 'held' && pull?.fall ? <Fall fall={pull.fall} /> : null}
        <Hidden source={source} />
        <Cost source={source} view={view} />
        <RequestLog pull={pull} />
      </div>
    </Layout>
  )
}

function Fall({ fall }: { fall: NonNullable<SealedPull['fall']> }) {
  return (
    <Card title="What is gone" id="fall">
      <Table
        caption="Counts before and now"
        columns={[
          { word: 'Kind' },
          { word: 'Before', numeric: true },
          { word: 'Now', numeric: true },
          { word: 'Gone', numeric: true },
        ]}
      >
        {Object.entries(fall).map(([kind, [before, now]]) => (
          <Row>
            <th scope="row">{kindWord(kind, 2)}</th>
            <td class="numeric">{number(before)}</td>
            <td class="numeric">{number(now)}</td>
            <td class="numeric">{number(Math.max(0, before - now))}</td>
          </Row>
        ))}
      </Table>
    </Card>
  )
}

function AcceptFall({ source, pull }: { source: SourceState; pull: PullSummary | null }) {
  const fall = Object.entries(pull?.fall ?? {}).map(
    ([kind, [before, now]]) => `${countedKind(before, kind)} before, ${number(now)} now`,
  )
  return (
    <Dialog id="accept" opener="Accept the fall …" title={`Accept the fall of ${source.id}?`}>
      <form class="form" method="post" action={`${sourcePath(source.id)}/accept`}>
        <p>
          The newest reading is far smaller than the one before{fall.length === 0 ? '' : ` (${fall.join('; ')})`}. From
          then on everything is judged by it. Your reason is kept with the evidence.
        </p>
        <label class="field">
          <span class="field-label">Why is it right that so much is gone?</span>
          <textarea name="because" rows={3} required minlength={3} maxlength={1000} />
        </label>
        <div class="dialog-actions">
          <button class="button" type="submit" formmethod="dialog" formnovalidate>
            Cancel
          </button>
          <button class="button primary" type="submit">
            Accept the fall
          </button>
        </div>
      </form>
    </Dialog>
  )
}

function Hidden({ source }: { source: SourceState }) {
  if (source.blind.length === 0) return null
  return (
    <Card title="What the credential may not see" id="hidden">
      <Table
        caption="What is hidden and what would show it"
        columns={[{ word: 'Hidden' }, { word: 'Right that would show it' }, { word: 'The vendor’s answer' }]}
      >
        {source.blind.map(({ kind, fields, scope, because }) => (
          <Row>
            <th scope="row">
              {kindWord(kind, 2)}
              {fields === null ? null : <span class="sub">{fields.join(', ')}</span>}
            </th>
            <td>
              <code>{scope}</code>
            </td>
            <td class="cell-sentence">{because}</td>
          </Row>
        ))}
      </Table>
    </Card>
  )
}

function Cost({ source, view }: { source: SourceState; view: View }) {
  const results = checksThatNeed(view, source.id)
  if (results.length === 0) return null
  return (
    <Card title="Checks that this costs" id="cost" note={counted(results.length, 'check')}>
      <ul class="rows">
        {results.map(({ check, message }) => (
          <li>
            <a href={checkPath(check.id)}>
              {check.ref} {check.title}
            </a>
            <span class="sub">{message}</span>
          </li>
        ))}
      </ul>
    </Card>
  )
}

function RequestLog({ pull }: { pull: PullSummary | null }) {
  if (pull === null) return null
  const { calls, groups, first } = pull
  return (
    <Card
      title="Request log of the newest attempt"
      id="log"
      note={
        <>
          <Moment at={pull.collectedAt} /> to {momentText(pull.endedAt)}
        </>
      }
    >
      <Table
        caption="Calls by what they asked for"
        columns={[
          { word: 'Asked for' },
          { word: 'Calls', numeric: true },
          { word: 'Answers' },
          { word: 'Bytes', numeric: true },
          { word: 'Time', numeric: true },
        ]}
      >
        {groups.map(({ place, calls, bytes, durationMs, statuses }) => (
          <Row>
            <th scope="row">{place}</th>
            <td class="numeric">{number(calls)}</td>
            <td>
              {[...statuses]
                .map(([status, count]) => `${status === 0 ? 'no answer' : status} × ${number(count)}`)
                .join(', ')}
            </td>
            <td class="numeric">{number(bytes)}</td>
            <td class="numeric nowrap">{number(Math.round(durationMs))} ms</td>
          </Row>
        ))}
      </Table>
      <h3>Calls one by one</h3>
      <details>
        <summary>
          {calls > first.length ? `The first ${first.length} of ${number(calls)}` : `All ${first.length}`}
        </summary>
        <Table
          caption="Calls one by one"
          columns={[
            { word: 'Call' },
            { word: 'Status', numeric: true },
            { word: 'Bytes', numeric: true },
            { word: 'Begun' },
            { word: 'SHA-256 of the answer' },
          ]}
        >
          {first.map((note) => (
            <Row>
              <td class="cell-sentence">
                <code>{note.request}</code>
                <span class="sub">
                  {note.host}
                  {note.address === null ? '' : `, ${note.address}`}
                </span>
              </td>
              <td class="numeric">{note.status === 0 ? '—' : note.status}</td>
              <td class="numeric">{number(note.bytes)}</td>
              <td class="nowrap">
                <Moment at={note.startedAt} />
              </td>
              <td>
                {note.sha256 === null ? (
                  <span class="muted">{note.error ?? 'not kept'}</span>
                ) : (
                  <code title={note.sha256}>{note.sha256.slice(0, 16)}…</code>
                )}
              </td>
            </Row>
          ))}
        </Table>
      </details>
    </Card>
  )
}
