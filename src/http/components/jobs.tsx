/** What is being made and what was: the same table wherever something is asked for. */

import { sampleWord } from '../../domain/sample-words.ts'
import { FRAMEWORK_WORD, number } from '../../domain/words.ts'
import type { Job } from '../jobs.ts'
import type { FileAsked } from '../parts.ts'
import { Row, Table } from './blocks.tsx'
import { part } from './links.tsx'
import { StatusMark } from './status.tsx'
import { bearable, Moment, Name } from './text.tsx'

export function JobTable({ jobs, caption }: { jobs: readonly Job[]; caption: string }) {
  return (
    <Table
      caption={caption}
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
  )
}

function JobRow({ job }: { job: Job }) {
  const { id, asked, by, startedAt, made, expiresAt } = job
  const what = titleOf(asked)
  return (
    <Row>
      <th scope="row">
        {bearable(what, 120)}
        <span class="sub">{bearable(spanOf(asked), 120)}</span>
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
              Download<span class="sr">: {bearable(what, 120)}</span>
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

function titleOf(asked: FileAsked): string {
  switch (asked.kind) {
    case 'packet':
      return 'Packet'
    case 'frame':
      return `Frame of ${sampleWord(asked.of)}`
    case 'sample':
      return `Sample of ${asked.frame}`
    case 'export':
      return `Results, ${asked.format}`
    case 'report': {
      if (asked.about === null) return 'Report'
      const { on, name } = asked.about
      const about = on === 'framework' ? (FRAMEWORK_WORD[name] ?? name) : name
      return asked.format === 'pdf' ? `Report about ${about}` : `Table of the report about ${about}`
    }
  }
}

function spanOf(asked: FileAsked): string {
  if (asked.kind === 'sample') return `${number(asked.size)} rows, seed ${asked.seed}`
  const span = asked.kind === 'frame' ? asked.span : asked
  if (span === null || ('asOf' in span && span.asOf === 'latest')) return 'state of the newest run'
  return 'from' in span ? `${span.from.slice(0, 10)} to ${span.to.slice(0, 10)}` : `state at ${span.asOf}`
}

function State({ job: { state, progress, made, error } }: { job: Job }) {
  if (state === 'failed') {
    return (
      <>
        <StatusMark mark="fail" word="Failed" /> {bearable(error ?? '')}
      </>
    )
  }
  if (made !== null) {
    return (
      <StatusMark
        mark="pass"
        word={`Ready, ${sizeText(made.bytes)}${made.sealed === null ? '' : `: ${made.sealed}`}`}
      />
    )
  }
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
