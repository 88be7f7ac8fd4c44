/** The joiner/leaver ledger of a period: everybody who left, between which two readings access ended, and the deadline. */
import type { Clock, LeaverClock } from '../../domain/period.ts'
import { exactly, returnedText } from '../../domain/period-words.ts'
import { counted, type Mark } from '../../domain/words.ts'
import type { PeriodChoice, WorkedOut } from '../audit.ts'
import { Card, Empty, PageHead, Paging, pageOf, Row, Table } from '../components/blocks.tsx'
import { type Asked, address } from '../components/filters.tsx'
import { type Frame, Layout } from '../components/layout.tsx'
import { StatusMark } from '../components/status.tsx'
import { bearable, Moment, Name } from '../components/text.tsx'
import { PeriodTabs, StillWorking } from './periods.tsx'

const CLOCK: Readonly<Record<Clock, { readonly mark: Mark; readonly word: string }>> = {
  breached: { mark: 'fail', word: 'Late' },
  not_determinable: { mark: 'unknown', word: 'Not determinable' },
  open: { mark: 'not_applicable', word: 'Not due yet' },
  within: { mark: 'pass', word: 'In time' },
  no_access: { mark: 'not_applicable', word: 'No access seen' },
}
const ORDER = Object.keys(CLOCK) as Clock[]

export function LeaversPage({
  frame,
  all,
  chosen,
  told,
  asked,
}: {
  frame: Frame
  all: readonly PeriodChoice[]
  chosen: PeriodChoice
  told: WorkedOut | 'working'
  asked: Asked
}) {
  const evidence = told === 'working' ? null : told.evidence
  const list = (evidence?.leavers ?? []).toSorted((a, b) => ORDER.indexOf(a.clock) - ORDER.indexOf(b.clock))
  return (
    <Layout frame={frame} title="Leavers" section="leavers">
      <PageHead
        title="Leavers"
        lead="Everybody who left in the period. Access ended between the last reading with it and the first without; where the vendor’s own log has the second, that decides."
      />
      <PeriodTabs path="/leavers" all={all} chosen={chosen} />
      <div class="stack">
        <StillWorking told={told} />
        {told === 'working' ? null : (
          <Card title="Leavers in the period" id="leavers" note={list.length === 0 ? undefined : summaryOf(list)}>
            {list.length === 0 ? (
              <Empty title={evidence === null ? 'Nothing was read in this period' : 'Nobody left in this period'}>
                {evidence === null
                  ? 'No run was sealed in it, so nobody’s leaving could be seen.'
                  : 'As far as the roster was read and says who left when.'}
              </Empty>
            ) : (
              <Lines list={list} asked={asked} period={chosen.id} />
            )}
          </Card>
        )}
      </div>
    </Layout>
  )
}

function summaryOf(list: readonly LeaverClock[]): string {
  const told = ORDER.map((clock) => [clock, list.filter((line) => line.clock === clock).length] as const)
  const parts = told
    .filter(([, count]) => count > 0)
    .map(([clock, count]) => `${count} ${CLOCK[clock].word.toLowerCase()}`)
  return `${counted(list.length, 'leaver')}: ${parts.join(', ')}`
}

function Lines({ list, asked, period }: { list: readonly LeaverClock[]; asked: Asked; period: string }) {
  const page = pageOf(list, asked['page'])
  return (
    <>
      <Table
        caption="Leavers in the period"
        columns={[
          { word: 'Person' },
          { word: 'Left' },
          { word: 'Access ended between' },
          { word: 'Vendor’s log' },
          { word: 'Clock' },
        ]}
      >
        {page.items.map((line) => (
          <Line line={line} />
        ))}
      </Table>
      <Paging page={page} link={(number) => address('/leavers', { period, page: String(number) })} one="leaver" />
    </>
  )
}

function Line({ line }: { line: LeaverClock }) {
  const {
    person,
    name,
    system,
    accounts,
    endDate,
    rosterSaidAt,
    dueAt,
    removal,
    witness,
    clock,
    lateMs,
    why,
    returned,
  } = line
  const { mark, word } = CLOCK[clock]
  return (
    <Row>
      <th scope="row" class="cell-title">
        <Name text={name ?? person} />
        {name === null ? null : (
          <span class="sub">
            <Name text={person} />
          </span>
        )}
        <span class="sub">
          <Name text={system} />
          {accounts.length === 0 ? ', no account' : ''}
        </span>
      </th>
      <td>
        {endDate === null ? <span class="muted">no date</span> : bearable(endDate, 60)}
        <span class="sub">
          the roster said so <Moment at={rosterSaidAt} />
        </span>
      </td>
      <td>
        <Moment at={removal.after} none="before our first reading" />
        <span class="sub">
          and <Moment at={removal.before} none="not yet" />
        </span>
      </td>
      <td>
        {witness === null ? (
          <span class="muted">nothing</span>
        ) : (
          <>
            <Moment at={witness.at} />
            {witness.actor === null ? null : (
              <span class="sub">
                <Name text={witness.actor} />
              </span>
            )}
          </>
        )}
      </td>
      <td>
        <StatusMark mark={mark} word={lateMs === null ? word : `${word} by ${exactly(lateMs)}`} />
        <span class="sub">
          due <Moment at={dueAt} none="not known" />
        </span>
        {why === null ? null : <span class="sub">{bearable(why, 200)}</span>}
        {returned === null ? null : <span class="sub">{returnedText(returned)}</span>}
      </td>
    </Row>
  )
}
