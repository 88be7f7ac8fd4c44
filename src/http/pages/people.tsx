/** People of the roster and accounts of the tailnets, and how the two were joined. */

import { shownOf } from '../../domain/deep-link.ts'
import { type Mark, number } from '../../domain/words.ts'
import { Empty, PageHead, Paging, pageOf, Row, Table } from '../components/blocks.tsx'
import { type Asked, address, FilterBar } from '../components/filters.tsx'
import { type Frame, Layout } from '../components/layout.tsx'
import { personPath, type Screens, VendorScreen } from '../components/links.tsx'
import { StatusMark, Tag } from '../components/status.tsx'
import { Ago, bearable, Count, Name } from '../components/text.tsx'
import {
  type AccountRow,
  accountRows,
  JOINED_WORD,
  JOINS,
  type Joined,
  type PersonRow,
  type PersonState,
  personRows,
  STATE_WORD,
} from '../people.ts'
import type { View } from '../view.ts'

const STATES: readonly PersonState[] = ['access', 'left', 'employed']
export const STATE_MARK: Readonly<Record<PersonState, Mark>> = {
  employed: 'pass',
  left: 'not_applicable',
  access: 'fail',
}
const JOIN_MARK: Readonly<Record<Joined, Mark>> = {
  joined: 'pass',
  none: 'unknown',
  several: 'unknown',
  shared: 'not_applicable',
  service: 'not_applicable',
}

function found(search: string, text: string | undefined): boolean {
  return text === undefined || text === '' || search.includes(text.trim().toLowerCase())
}

export function PeoplePage({ frame, view, asked }: { frame: Frame; view: View; asked: Asked }) {
  const accounts = view.derive(accountRows)
  const people = view.derive(personRows)
  const inAccounts = asked['view'] === 'accounts'
  return (
    <Layout frame={frame} title="People" section="people">
      <PageHead
        title="People and accounts"
        lead="A person is in the roster, an account is in a tailnet. They meet by exact e-mail address or declared alias; nothing is guessed."
      />
      <nav class="tabs" aria-label="People or accounts">
        <a href="/people" aria-current={inAccounts ? undefined : 'page'}>
          People <span class="muted">{number(people.length)}</span>
        </a>
        <a href="/people?view=accounts" aria-current={inAccounts ? 'page' : undefined}>
          Accounts <span class="muted">{number(accounts.length)}</span>
        </a>
      </nav>
      {inAccounts ? <Accounts rows={accounts} asked={asked} frame={frame} /> : <People rows={people} asked={asked} />}
    </Layout>
  )
}

function People({ rows, asked }: { rows: readonly PersonRow[]; asked: Asked }) {
  const fits = rows.filter(
    (row) => (!asked['state'] || row.state === asked['state']) && found(row.search, asked['text']),
  )
  const page = pageOf(fits, asked['page'])
  return (
    <>
      <FilterBar
        action="/people"
        asked={asked}
        fields={[
          { as: 'text', name: 'text', label: 'Search', hint: 'Name, e-mail, department' },
          {
            as: 'select',
            name: 'state',
            label: 'Employment',
            any: 'Everybody',
            choices: STATES.map((value) => ({ value, word: STATE_WORD[value] })),
          },
        ]}
      />
      {page.total === 0 ? (
        <Empty title={rows.length === 0 ? 'No roster has been read yet' : 'Nobody fits these filters'} />
      ) : (
        <Table
          caption="People"
          columns={[
            { word: 'Person' },
            { word: 'Employment' },
            { word: 'Department' },
            { word: 'Accounts', numeric: true },
            { word: 'Devices', numeric: true },
            { word: 'Failures', numeric: true },
          ]}
        >
          {page.items.map(({ person, state, accounts, devices, failing }) => (
            <Row>
              <th scope="row">
                <a href={personPath(person)}>
                  <Name text={person.name ?? person.email} />
                </a>
                <span class="sub">
                  <Name text={person.email} max={48} />
                </span>
              </th>
              <td>
                <StatusMark mark={STATE_MARK[state]} word={STATE_WORD[state]} />
                {person.endDate === null ? null : <span class="reason">last day {person.endDate}</span>}
              </td>
              <td>
                {person.department === null ? (
                  <span class="muted">not said</span>
                ) : (
                  <Name text={person.department} max={30} />
                )}
              </td>
              <td class="numeric">
                <Count value={accounts} />
              </td>
              <td class="numeric">
                <Count value={devices} />
              </td>
              <td class="numeric">
                <Count value={failing} />
              </td>
            </Row>
          ))}
        </Table>
      )}
      <Paging
        page={page}
        one="person"
        many="people"
        link={(number) => address('/people', { ...asked, page: String(number) })}
      />
    </>
  )
}

/** The words that occur, for a list of choices; what is no word is found by searching. */
function words(rows: readonly AccountRow[], read: (row: AccountRow) => string | null): readonly string[] {
  const found = new Set(rows.map(read).filter((word) => word !== null && word.length <= 40))
  return [...found].filter((word) => word !== null).sort()
}

function Accounts({ rows, asked, frame }: { rows: readonly AccountRow[]; asked: Asked; frame: Frame }) {
  const roles = words(rows, ({ account }) => account.role)
  const statuses = words(rows, ({ account }) => account.status)
  const fits = rows.filter(
    (row) =>
      (!asked['joined'] || row.joined === asked['joined']) &&
      (!asked['role'] || row.account.role === asked['role']) &&
      (!asked['status'] || row.account.status === asked['status']) &&
      found(row.search, asked['text']),
  )
  const page = pageOf(fits, asked['page'])
  return (
    <>
      <FilterBar
        action="/people"
        asked={asked}
        keep={{ view: 'accounts' }}
        fields={[
          { as: 'text', name: 'text', label: 'Search', hint: 'Login, name' },
          {
            as: 'select',
            name: 'joined',
            label: 'Person',
            any: 'Joined or not',
            choices: JOINS.map((value) => ({ value, word: JOINED_WORD[value] })),
          },
          {
            as: 'select',
            name: 'role',
            label: 'Role',
            any: 'Any role',
            choices: roles.map((value) => ({ value, word: value })),
          },
          {
            as: 'select',
            name: 'status',
            label: 'Account is',
            any: 'Any state',
            choices: statuses.map((value) => ({ value, word: value })),
          },
        ]}
      />
      {page.total === 0 ? (
        <Empty title={rows.length === 0 ? 'No account has been read yet' : 'No account fits these filters'} />
      ) : (
        <AccountTable rows={page.items} frame={frame} />
      )}
      <Paging page={page} one="account" link={(number) => address('/people', { ...asked, page: String(number) })} />
    </>
  )
}

export function AccountTable({
  rows,
  frame,
  screens = () => null,
}: {
  rows: readonly AccountRow[]
  frame: Frame
  screens?: Screens
}) {
  return (
    <Table
      caption="Accounts"
      columns={[
        { word: 'Account' },
        { word: 'Role and state' },
        { word: 'Person' },
        { word: 'How it was joined' },
        { word: 'Devices', numeric: true },
        { word: 'Failures', numeric: true },
        { word: 'Last seen' },
      ]}
    >
      {rows.map(({ account, person, joined, says, failing, devices }) => (
        <Row>
          <th scope="row">
            <Name text={account.login} max={34} />
            <span class="sub">{account.source}</span>
            <VendorScreen href={screens(account.source, shownOf(account, account.login))} />
          </th>
          <td>
            <span class="chips">
              <Tag>{bearable(account.role ?? 'role not said', 40)}</Tag>
              <Tag>{bearable(account.status ?? 'state not said', 40)}</Tag>
            </span>
          </td>
          <td>
            {person === null ? (
              <StatusMark mark={JOIN_MARK[joined]} word={JOINED_WORD[joined]} />
            ) : (
              <a href={personPath(person)}>
                <Name text={person.name ?? person.email} max={30} />
              </a>
            )}
          </td>
          <td class="cell-sentence">{says}</td>
          <td class="numeric">
            <Count value={devices} />
          </td>
          <td class="numeric">
            <Count value={failing} />
          </td>
          <td class="nowrap">
            {account.currentlyConnected === true ? (
              'connected'
            ) : (
              <Ago at={account.lastSeen} now={frame.now} none="never" />
            )}
          </td>
        </Row>
      ))}
    </Table>
  )
}
