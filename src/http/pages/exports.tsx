/** Results to take away, and the packets and reports that were asked for. */
import type { Output } from '../../domain/output.ts'
import { number } from '../../domain/words.ts'
import type { PeriodChoice } from '../audit.ts'
import { Card, Empty, PageHead, Row, Table } from '../components/blocks.tsx'
import { address } from '../components/filters.tsx'
import { type Frame, Layout } from '../components/layout.tsx'
import { part } from '../components/links.tsx'
import { StatusMark } from '../components/status.tsx'
import { bearable, Moment, Name } from '../components/text.tsx'
import type { Job } from '../jobs.ts'

export function ExportsPage({
  frame,
  outputs,
  jobs,
  periods,
  said,
}: {
  frame: Frame
  outputs: readonly Output[]
  jobs: readonly Job[]
  periods: readonly PeriodChoice[]
  said: string | null
}) {
  return (
    <Layout frame={frame} title="Exports" section="exports">
      <PageHead title="Exports" lead="The newest results as files. Each names the moment it speaks of." />
      {said === null ? null : (
        <div class="banner banner-info">
          <p>{said}</p>
        </div>
      )}
      <div class="stack">
        <Made jobs={jobs} periods={periods} />
        <Card title="Formats" id="formats">
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

function Made({ jobs, periods }: { jobs: readonly Job[]; periods: readonly PeriodChoice[] }) {
  return (
    <Card title="Packets and reports" id="made" note={<a href="/periods">Audit periods</a>}>
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
        <Table
          caption="Packets and reports"
          columns={[
            { word: 'What' },
            { word: 'Asked for' },
            { word: 'State' },
            { word: 'Digest' },
            { word: 'File', silent: true },
          ]}
        >
          {jobs.map((job) => (
            <JobRow job={job} />
          ))}
        </Table>
      )}
    </Card>
  )
}

function JobRow({ job }: { job: Job }) {
  const { id, asked, by, startedAt, made, expiresAt } = job
  return (
    <Row>
      <th scope="row">
        {asked.kind === 'packet' ? 'Packet' : 'Report'}
        <span class="sub">
          {'from' in asked ? `${asked.from.slice(0, 10)} to ${asked.to.slice(0, 10)}` : `state at ${asked.asOf}`}
        </span>
      </th>
      <td>
        <Moment at={startedAt} />
        <span class="sub">
          <Name text={by} />
        </span>
      </td>
      <td class="cell-sentence">
        <State job={job} />
      </td>
      <td>{made === null ? null : <Name text={made.digest} max={20} />}</td>
      <td>
        {made === null ? null : (
          <>
            <a class="button" href={`/api/v1/jobs/${part(id)}/file`} download>
              Download<span class="sr">: {asked.kind}</span>
            </a>
            <span class="sub">
              until <Moment at={expiresAt} />
            </span>
          </>
        )}
      </td>
    </Row>
  )
}

function State({ job: { state, progress, made, error } }: { job: Job }) {
  if (state === 'failed') {
    return (
      <>
        <StatusMark mark="fail" word="Failed" /> {bearable(error ?? '')}
      </>
    )
  }
  if (made !== null) return <StatusMark mark="pass" word={`Ready, ${sizeText(made.bytes)}`} />
  return (
    <StatusMark
      mark="unknown"
      word={`Being made: ${progress.what}${progress.bytes === 0 ? '' : `, ${sizeText(progress.bytes)} so far`}`}
    />
  )
}

function sizeText(bytes: number): string {
  return bytes < 1_000_000 ? `${number(Math.ceil(bytes / 1000))} kB` : `${number(Math.round(bytes / 1_000_000))} MB`
}
