/** The audit log: what was handed out and done, by whom and when, with its place in the ledger. */
import { counted } from '../../domain/words.ts'
import { ACT_WORD, type Act } from '../acts.ts'
import { Card, Empty, PageHead, Paging, pageOf, Row, Table } from '../components/blocks.tsx'
import { type Asked, address, contains, FilterBar } from '../components/filters.tsx'
import { type Frame, Layout } from '../components/layout.tsx'
import { bearable, Moment, Name } from '../components/text.tsx'

export function LogPage({ frame, acts, asked }: { frame: Frame; acts: readonly Act[]; asked: Asked }) {
  const { kind, text } = asked
  const found = acts.filter(
    (act) =>
      (kind === undefined || kind === '' || act.kind === kind) &&
      (contains(act.what, text) || contains(act.by ?? '', text)),
  )
  const page = pageOf(found, asked['page'])
  return (
    <Layout frame={frame} title="Audit log" section="log">
      <PageHead
        title="Audit log"
        lead="What was handed out and done, by whom and when. What has the number of an entry stands in the evidence ledger, where nobody changes it; a packet carries those of its period."
      />
      {acts.length === 0 ? (
        <Empty title="Nothing was done yet">The first run, report or packet begins it.</Empty>
      ) : (
        <>
          <FilterBar
            action="/log"
            asked={asked}
            fields={[
              { as: 'text', name: 'text', label: 'Search', hint: 'Who, what' },
              {
                as: 'select',
                name: 'kind',
                label: 'What',
                any: 'Everything',
                choices: Object.entries(ACT_WORD).map(([value, word]) => ({ value, word })),
              },
            ]}
          />
          <Card title="Entries" id="entries" note={`${counted(acts.length, 'entry', 'entries')} in all`}>
            {found.length === 0 ? (
              <Empty title="Nothing fits">Clear the filter to see all of them.</Empty>
            ) : (
              <Acts acts={page.items} />
            )}
            <Paging
              page={page}
              link={(number) => address('/log', { kind, text, page: String(number) })}
              one="entry"
              many="entries"
            />
          </Card>
        </>
      )}
    </Layout>
  )
}

function Acts({ acts }: { acts: readonly Act[] }) {
  return (
    <Table
      caption="Entries, newest first"
      columns={[
        { word: 'When' },
        { word: 'Who' },
        { word: 'What' },
        { word: 'Digest' },
        { word: 'Ledger entry', numeric: true },
      ]}
    >
      {acts.map(({ at, by, kind, what, digest, leaf }) => (
        <Row>
          <th scope="row">
            <Moment at={at} />
            <span class="sub">{ACT_WORD[kind]}</span>
          </th>
          <td>
            {by === null ? (
              <span class="muted">{leaf === null ? 'not noted' : 'Exhibit itself'}</span>
            ) : (
              <Name text={by} />
            )}
          </td>
          <td class="cell-sentence">{bearable(what)}</td>
          <td>{digest === null ? null : <Name text={digest} max={20} />}</td>
          <td class="numeric">{leaf === null ? <span class="muted">none</span> : leaf}</td>
        </Row>
      ))}
    </Table>
  )
}
