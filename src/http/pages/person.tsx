/** One person: accounts, devices, and what is open about them. */

import { counted } from '../../domain/words.ts'
import { Card, Empty, Facts, PageHead, Row, Table } from '../components/blocks.tsx'
import { FindingRows } from '../components/findings.tsx'
import { type Frame, Layout } from '../components/layout.tsx'
import { devicePath, type Screens } from '../components/links.tsx'
import { StatusMark, Verdict } from '../components/status.tsx'
import { Count, Name } from '../components/text.tsx'
import { deviceRows } from '../devices.ts'
import { type PersonDetail, STATE_WORD } from '../people.ts'
import type { View } from '../view.ts'
import { VERDICT_WORD } from './devices.tsx'
import { AccountTable, STATE_MARK } from './people.tsx'

export function PersonPage({
  frame,
  view,
  detail,
  screens,
}: {
  frame: Frame
  view: View
  detail: PersonDetail
  screens: Screens
}) {
  const { person, state, accounts, devices } = detail
  const name = person.name ?? person.email
  const open = [person, ...accounts.map(({ account }) => account), ...devices].flatMap((record) => view.openOf(record))
  return (
    <Layout frame={frame} title={name.slice(0, 80)} section="people" crumbs={[{ path: '/people', word: 'People' }]}>
      <PageHead
        title={<Name text={name} max={60} />}
        lead={<StatusMark mark={STATE_MARK[state]} word={STATE_WORD[state]} />}
      />
      <div class="stack">
        <Card title="In the roster" id="roster" note={person.source}>
          <Facts
            facts={[
              ['E-mail', <Name text={person.email} max={48} />],
              ['Department', person.department ?? 'not said'],
              ['Title', person.title ?? 'not said'],
              ['Manager', person.manager ?? 'not said'],
              ['Kind', person.type ?? 'not said'],
              ['First day', person.startDate ?? 'not said'],
              ['Last day', person.endDate ?? (person.status === 'left' ? 'left, without a date' : 'none')],
              ['MFA at the identity provider', person.mfa === null ? 'not said' : person.mfa ? 'on' : 'off'],
              ['Aliases', person.aliases.length === 0 ? 'none' : person.aliases.join(', ')],
            ]}
          />
        </Card>
        <Card title="Accounts" id="accounts" note={counted(accounts.length, 'account')}>
          {accounts.length === 0 ? (
            <Empty title="No account belongs to this person" />
          ) : (
            <AccountTable rows={accounts} frame={frame} screens={screens} />
          )}
        </Card>
        <Devices view={view} detail={detail} />
        <Card title="What is open" id="open" note={open.length === 0 ? undefined : counted(open.length, 'point')}>
          {open.length === 0 ? (
            <Empty title="Nothing about this person, the accounts or the devices" />
          ) : (
            <FindingRows entries={open.slice(0, 100)} />
          )}
        </Card>
      </div>
    </Layout>
  )
}

function Devices({ view, detail }: { view: View; detail: PersonDetail }) {
  const own = new Set(detail.devices)
  const rows = view.derive(deviceRows).filter(({ device }) => own.has(device))
  return (
    <Card title="Devices" id="devices" note={counted(rows.length, 'device')}>
      {rows.length === 0 ? (
        <Empty title="No device is registered to these accounts" />
      ) : (
        <Table
          caption="Devices of this person"
          columns={[{ word: 'Device' }, { word: 'Trust' }, { word: 'Platform' }, { word: 'Failures', numeric: true }]}
        >
          {rows.slice(0, 100).map(({ device, label, verdict, reason, os, failing }) => (
            <Row>
              <th scope="row">
                <a href={devicePath(device)}>
                  <Name text={label} max={44} />
                </a>
              </th>
              <td>
                <Verdict mark={verdict} word={VERDICT_WORD[verdict]} reason={reason} />
              </td>
              <td>{os}</td>
              <td class="numeric">
                <Count value={failing} />
              </td>
            </Row>
          ))}
        </Table>
      )}
    </Card>
  )
}
