/** Samples: what was sealed to be drawn from, what was drawn, and how to draw it again without this program. */
import { type FrameSpan, SAMPLE_KINDS } from '../../domain/sample.ts'
import { sampleWord } from '../../domain/sample-words.ts'
import { counted, momentText, number, upperFirst } from '../../domain/words.ts'
import { MOST_ROWS } from '../asked.ts'
import type { FrameWithDraws, PeriodChoice } from '../audit.ts'
import { Card, Empty, Facts, PageHead, Paging, pageOf, Row, Said, Table } from '../components/blocks.tsx'
import { Field } from '../components/fields.tsx'
import { type Asked, address } from '../components/filters.tsx'
import { JobTable } from '../components/jobs.tsx'
import { type Frame, Layout } from '../components/layout.tsx'
import { part } from '../components/links.tsx'
import { SpanFields } from '../components/spans.tsx'
import { bearable, Moment, Name } from '../components/text.tsx'
import type { Job } from '../jobs.ts'

/** Keys that are shown of a draw; the file has all. */
const KEYS_SHOWN = 25
const FRAMES_A_PAGE = 20

export function SamplesPage({
  frame,
  frames,
  periods,
  jobs,
  said,
  asked,
}: {
  frame: Frame
  frames: readonly FrameWithDraws[]
  periods: readonly PeriodChoice[]
  /** Frames and samples of the last hour. */
  jobs: readonly Job[]
  said: string | null
  asked: Asked
}) {
  const page = pageOf(frames, asked['page'], FRAMES_A_PAGE)
  return (
    <Layout frame={frame} title="Samples" section="samples">
      <PageHead
        title="Samples"
        lead="What can be drawn is sealed before anybody knows the seed; the rows then follow from both, for whoever draws them again."
      />
      <Said text={said} />
      <div class="stack">
        {jobs.length === 0 ? null : (
          <Card title="Files of the last hour" id="made">
            <JobTable jobs={jobs} caption="Frames and samples of the last hour" />
          </Card>
        )}
        <SealForm periods={periods} />
        {frames.length === 0 ? <NoSample /> : null}
        {page.items.map((each) => (
          <FrameCard frame={each} />
        ))}
        {frames.length === 0 ? null : (
          <Paging page={page} link={(number) => address('/samples', { page: String(number) })} one="frame" />
        )}
        <ByHand />
      </div>
    </Layout>
  )
}

function NoSample() {
  return (
    <Card title="No sample yet" id="none">
      <Empty title="Nothing has been sealed to draw from">
        Seal the population above, or by the command below, and give its digest to the auditor: the seed comes after.
      </Empty>
      <pre class="raw">exhibit sample account --from 2026-07-01 --to 2026-12-31</pre>
    </Card>
  )
}

function SealForm({ periods }: { periods: readonly PeriodChoice[] }) {
  return (
    <Card title="Seal what can be drawn" id="seal">
      <p class="prose">
        The population goes into the ledger first. Give the digest of its keys to the auditor, who then names a seed.
      </p>
      <form class="filters more" method="post" action="/samples">
        <Field id="seal-kind" label="What">
          <select id="seal-kind" name="kind">
            {SAMPLE_KINDS.map((kind) => (
              <option value={kind}>{upperFirst(sampleWord(kind))}</option>
            ))}
          </select>
        </Field>
        <SpanFields periods={periods} name="seal" />
        <div class="filter-actions">
          <button class="button" type="submit">
            Seal
          </button>
        </div>
      </form>
    </Card>
  )
}

function DrawForm({ id }: { id: string }) {
  return (
    <details class="more">
      <summary>Draw from {id}</summary>
      <form class="filters" method="post" action={`/samples/${part(id)}/draws`}>
        <Field id={`seed-${id}`} label="Seed, as the auditor gave it">
          <input id={`seed-${id}`} type="text" name="seed" maxlength={500} required autocomplete="off" />
        </Field>
        <Field id={`size-${id}`} label="Rows">
          <input id={`size-${id}`} type="number" name="size" min="1" max={MOST_ROWS} value="25" required />
        </Field>
        <div class="filter-actions">
          <button class="button" type="submit">
            Draw
          </button>
        </div>
      </form>
      <p class="muted">
        The word <code>timestamp</code> takes the first outside time stamp over the frame as the seed.
      </p>
    </details>
  )
}

function FrameCard({ frame: { id, kind, span, rows, digest, at, by, leaf, draws } }: { frame: FrameWithDraws }) {
  return (
    <Card title={`${id}: ${number(rows)} ${sampleWord(kind, rows)}`} id={`frame-${id}`} note={spanText(span)}>
      <Facts
        facts={[
          ['Sealed', <Moment at={at} />],
          ['By', <Name text={by} />],
          ['Ledger entry', number(leaf)],
          ['Digest of the keys', <code>{digest}</code>],
        ]}
      />
      {draws.length === 0 ? (
        <p class="muted">
          Nothing was drawn from it yet: the auditor names a seed, or an outside time stamp becomes one.
        </p>
      ) : (
        <Draws draws={draws} />
      )}
      <DrawForm id={id} />
    </Card>
  )
}

function Draws({ draws }: Pick<FrameWithDraws, 'draws'>) {
  return (
    <Table
      caption="Drawn from this frame"
      columns={[{ word: 'Draw' }, { word: 'Seed' }, { word: 'Drawn' }, { word: 'Rows, in order' }]}
    >
      {draws.map(({ id, seed, seedFrom, size, keys, at, by, leaf }) => (
        <Row>
          <th scope="row">
            {id}
            <span class="sub">{counted(keys.length, 'row')}</span>
            {keys.length < size ? <span class="sub">{number(size)} were asked for</span> : null}
          </th>
          <td class="cell-sentence">
            <code>{bearable(seed, 120)}</code>
            <span class="sub">
              {seedFrom === 'timestamp' ? 'SHA-256 of an outside time stamp over the frame' : 'given by the auditor'}
            </span>
          </td>
          <td>
            <Moment at={at} />
            <span class="sub">
              <Name text={by} />, ledger entry {number(leaf)}
            </span>
          </td>
          <td class="cell-records">
            <details>
              <summary>{counted(keys.length, 'key')}</summary>
              <ol>
                {keys.slice(0, KEYS_SHOWN).map((key) => (
                  <li>
                    <Name text={key} max={70} />
                  </li>
                ))}
              </ol>
              {keys.length > KEYS_SHOWN ? <p class="muted">and {number(keys.length - KEYS_SHOWN)} more</p> : null}
            </details>
          </td>
        </Row>
      ))}
    </Table>
  )
}

function ByHand() {
  return (
    <Card title="Drawing again by hand" id="by-hand">
      <p class="prose">
        The keys of a frame come one a line as the file of its sealing, when the same is sealed again, and from{' '}
        <code>exhibit sample account --frame F-1 -o keys.txt</code>; the SHA-256 of that file is the sealed digest. Each
        key is put behind the seed, and the lowest digests are the sample:
      </p>
      <pre class="raw">{`sha256sum keys.txt
while IFS= read -r key; do
  printf '%s  %s\\n' "$(printf '%s%s' "$seed" "$key" | sha256sum | cut -c 1-64)" "$key"
done < keys.txt | LC_ALL=C sort | head -n 25`}</pre>
    </Card>
  )
}

function spanText(span: FrameSpan): string {
  return 'asOf' in span ? `state at ${momentText(span.asOf)}` : `${momentText(span.from)} to ${momentText(span.to)}`
}
