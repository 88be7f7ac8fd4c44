/** One device: why it is trusted or not, and what to do about it. */

import { shownOf } from '../../domain/deep-link.ts'
import type { TrustCondition } from '../../domain/trust.ts'
import { counted, factText, type Mark, REASON_STEP, REASON_WORD, vendorWord } from '../../domain/words.ts'
import { Banner, Card, Empty, Facts, PageHead, Row, Table } from '../components/blocks.tsx'
import { FindingRows } from '../components/findings.tsx'
import { type Frame, Layout } from '../components/layout.tsx'
import { checkPath, personPath, type Screens, VendorScreen } from '../components/links.tsx'
import { SeverityMark, StatusMark, Tag } from '../components/status.tsx'
import { Ago, Moment, Name, Sentence } from '../components/text.tsx'
import type { AgentJoin, AttributeLine, DeviceDetail, TrustCard } from '../devices.ts'
import { graver, markOf } from '../results.ts'
import type { Entry, View } from '../view.ts'
import { VERDICT_WORD } from './devices.tsx'

export function DevicePage({
  frame,
  view,
  detail,
  screens,
}: {
  frame: Frame
  view: View
  detail: DeviceDetail
  screens: Screens
}) {
  const { device, label } = detail
  const entries = view.allOf({ kind: 'device', source: device.source, key: device.key })
  return (
    <Layout frame={frame} title={label.slice(0, 80)} section="devices" crumbs={[{ path: '/devices', word: 'Devices' }]}>
      <PageHead
        title={<Name text={label} max={60} />}
        lead={<StatusMark mark={detail.verdict} word={VERDICT_WORD[detail.verdict]} />}
      />
      <div class="stack">
        <Trust detail={detail} />
        <ToDo entries={entries} />
        <Identity detail={detail} frame={frame} screen={screens(device.source, shownOf(device, label))} />
        <Joins joins={detail.joins} frame={frame} screens={screens} />
        <Attributes detail={detail} />
        <Answers entries={entries} />
      </div>
    </Layout>
  )
}

function Trust({ detail }: { detail: DeviceDetail }) {
  const { trust, finding, outside, verdict, reason } = detail
  return (
    <Card
      title="Why this verdict"
      id="trust"
      note={finding === null ? undefined : <a href={checkPath('POS-12')}>The rule</a>}
    >
      {outside === null ? null : <p class="prose">{outside}</p>}
      {verdict === 'unknown' && reason !== null ? (
        <Banner tone="unknown">
          <p>
            <strong>{REASON_WORD[reason]}.</strong> {REASON_STEP[reason]}
          </p>
        </Banner>
      ) : null}
      {trust === null ? (
        <Empty title="Nobody has declared when a device is trusted">Write deviceTrust.require into exhibit.yaml.</Empty>
      ) : outside === null ? (
        <Conditions trust={trust} />
      ) : null}
    </Card>
  )
}

interface PostureAnswer {
  readonly posture: string
  readonly conditions: readonly TrustCondition[]
  readonly unmet: readonly TrustCondition[]
}

/** The posture that lacks least comes first: it is the shortest way to a trusted device. */
function nearestFirst({ answer }: TrustCard): readonly PostureAnswer[] {
  const names = [...new Set(answer.conditions.map(({ posture }) => posture))]
  return names
    .map((posture) => {
      const conditions = answer.conditions.filter((condition) => condition.posture === posture)
      return { posture, conditions, unmet: conditions.filter(({ outcome }) => outcome !== 'match') }
    })
    .sort((a, b) => a.unmet.length - b.unmet.length)
}

function Conditions({ trust }: { trust: TrustCard }) {
  const postures = nearestFirst(trust)
  const required = new Set(trust.allOf)
  const first = postures.filter(({ posture }, index) => index === 0 || required.has(posture))
  const others = postures.filter((posture) => !first.includes(posture))
  const rule = [
    trust.allOf.length > 0 ? `all of ${trust.allOf.join(', ')}` : null,
    trust.anyOf.length > 0 ? `${trust.anyOf.length > 1 ? 'any one of ' : ''}${trust.anyOf.join(', ')}` : null,
  ].filter((part) => part !== null)
  return (
    <>
      <p class="prose">Required: {rule.join(', and ')}.</p>
      {first.map((posture) => (
        <PostureAnswers posture={posture} says={nearness(posture, others.length === 0)} />
      ))}
      {others.length === 0 ? null : (
        <details class="more">
          <summary>{counted(others.length, 'other posture')} that would do as well</summary>
          {others.map((posture) => (
            <PostureAnswers posture={posture} says={extent(posture)} />
          ))}
        </details>
      )}
    </>
  )
}

function extent({ conditions, unmet }: PostureAnswer): string {
  return `${conditions.length - unmet.length} of ${counted(conditions.length, 'condition')} met`
}

function nearness(posture: PostureAnswer, only: boolean): string {
  const nearest = posture.unmet.length > 0 && !only
  return `${extent(posture)}${nearest ? ': the nearest to being met' : ''}`
}

/** Each condition with its answer, what stands in the way first. */
function PostureAnswers({ posture: { posture, conditions, unmet }, says }: { posture: PostureAnswer; says: string }) {
  const met = conditions.filter((condition) => !unmet.includes(condition))
  return (
    <>
      <h3>
        {posture} <span class="sub">{says}</span>
      </h3>
      <ul class="conditions">
        {[...unmet, ...met].map((condition) => (
          <li>
            <StatusMark mark={OUTCOME_MARK[condition.outcome]} word={OUTCOME_WORD[condition.outcome]} />
            <code>{condition.condition ?? 'not defined'}</code>
            <span>
              <span class="muted">the device:</span> {valueWord(condition)}
            </span>
          </li>
        ))}
      </ul>
    </>
  )
}

const OUTCOME_MARK: Readonly<Record<TrustCondition['outcome'], Mark>> = {
  match: 'pass',
  no_match: 'fail',
  not_evaluable: 'unknown',
}
const OUTCOME_WORD: Readonly<Record<TrustCondition['outcome'], string>> = {
  match: 'Met',
  no_match: 'Not met',
  not_evaluable: 'Not evaluated',
}

function valueWord({ value, why, condition }: TrustCondition) {
  if (value !== null) {
    const name = condition?.includes('operationalState') ? 'operationalState' : ''
    return <code>{factText(value, name)}</code>
  }
  return <span class="muted">{VALUE_WORD[why] ?? 'nothing readable'}</span>
}
const VALUE_WORD: Readonly<Record<string, string>> = {
  missing: 'it has no such attribute',
  pass: 'not set',
  fail: 'not set',
  unreadable: 'could not be read',
  unparsable: 'the condition cannot be read',
  type_mismatch: 'a value of another type',
}

/** Failures and open questions first, each with what to do. */
function ToDo({ entries }: { entries: readonly Entry[] }) {
  const open = entries.filter(({ finding }) => finding.status === 'fail' || finding.status === 'unknown').sort(graver)
  return (
    <Card title="What to do" id="todo" note={open.length === 0 ? undefined : counted(open.length, 'point')}>
      {open.length === 0 ? (
        <Empty title="Nothing: every check that looks at this device passes or does not apply" />
      ) : (
        <FindingRows entries={open} />
      )}
    </Card>
  )
}

function Identity({ detail, frame, screen }: { detail: DeviceDetail; frame: Frame; screen: string | null }) {
  const { device, account, person, ownerSays } = detail
  return (
    <Card title="Identity" id="identity">
      <Facts
        facts={[
          ['Tailnet', device.source],
          ['Device id', <code>{device.key}</code>],
          ['Host name', device.hostname === null ? 'not said' : <Name text={device.hostname} />],
          ['Platform', device.os ?? 'not said'],
          ['Client version', device.clientVersion ?? 'not said'],
          ['Addresses', device.addresses.slice(0, 4).join(', ') || 'none'],
          ['Tags', device.tags.length === 0 ? 'none' : device.tags.join(', ')],
          [
            'Serial numbers',
            device.serials.length === 0 ? SERIALS[device.identity] : <Name text={device.serials.join(', ')} max={60} />,
          ],
          ['Registered', <Moment at={device.createdAt} none="not said" />],
          [
            'Last seen',
            device.connected === true ? 'connected' : <Ago at={device.lastSeen} now={frame.now} none="not said" />,
          ],
          ['Account', account === null ? (device.user ?? 'none') : <Name text={account.login} />],
          [
            'Person',
            person === null ? (
              'nobody'
            ) : (
              <a href={personPath(person)}>
                <Name text={person.name ?? person.email} />
              </a>
            ),
          ],
          ...(screen === null ? [] : [['On Tailscale’s own screen', <VendorScreen href={screen} />] as const]),
        ]}
      />
      <p class="muted">{ownerSays}</p>
    </Card>
  )
}

const SERIALS: Readonly<Record<DeviceDetail['device']['identity'], string>> = {
  reported: 'none',
  disabled: 'the device has not agreed to report them',
  absent: 'the tailnet does not collect them',
}

function Joins({ joins, frame, screens }: { joins: readonly AgentJoin[]; frame: Frame; screens: Screens }) {
  return (
    <Card title="EDR/MDM records" id="joins" note="matched by serial number alone">
      {joins.length === 0 ? (
        <Empty title="No EDR or MDM source is configured" />
      ) : (
        <Table
          caption="Records of this device at each vendor"
          columns={[
            { word: 'Vendor' },
            { word: 'Record' },
            { word: 'How it was matched' },
            { word: 'Last seen by the vendor' },
          ]}
        >
          {joins.map(({ name, agent, says }) => (
            <Row>
              <th scope="row">{name}</th>
              <td>
                {agent === null ? (
                  <StatusMark mark="not_applicable" word="No record" />
                ) : (
                  <>
                    <Name text={agent.hostname ?? agent.key} />
                    <span class="sub mono">{agent.serial}</span>
                    <VendorScreen href={screens(agent.source, shownOf(agent, agent.hostname ?? agent.key))} />
                  </>
                )}
              </td>
              <td class="cell-sentence">{says}</td>
              <td class="nowrap">
                {agent === null ? <span class="muted">—</span> : <Ago at={agent.lastSeen} now={frame.now} />}
              </td>
            </Row>
          ))}
        </Table>
      )}
    </Card>
  )
}

function Attributes({ detail }: { detail: DeviceDetail }) {
  const { attributes, attributesReadAt, attributesUnusable } = detail
  const differing = attributes.filter(({ disagree }) => disagree).length
  return (
    <Card
      title="Attributes side by side"
      id="attributes"
      note={
        attributesReadAt === null ? (
          'the tailnet’s were not read'
        ) : (
          <>
            the tailnet’s read <Moment at={attributesReadAt} />
          </>
        )
      }
    >
      {attributesUnusable === null ? null : (
        <Banner tone="unknown">
          <p>The tailnet’s attributes are not used: {REASON_WORD[attributesUnusable].toLowerCase()}.</p>
        </Banner>
      )}
      {attributes.length === 0 ? (
        <Empty title="Neither a vendor nor the tailnet says anything of this device" />
      ) : (
        <>
          {differing === 0 ? null : (
            <p>
              <StatusMark
                mark="unknown"
                word={`${counted(differing, 'value')} ${differing === 1 ? 'differs' : 'differ'} between the vendor and the tailnet’s copy`}
              />
            </p>
          )}
          <Table
            caption="Attributes as each vendor and the tailnet have them"
            columns={[
              { word: 'Attribute' },
              { word: 'Vendor’s own answer' },
              { word: 'Tailnet' },
              { word: 'Comparison' },
            ]}
          >
            {attributes.map((line) => (
              <AttributeRow line={line} />
            ))}
          </Table>
        </>
      )}
    </Card>
  )
}

function AttributeRow({ line }: { line: AttributeLine }) {
  const { attribute, vendor, vendorValue, tailnetValue, disagree, expiresAt } = line
  const bare = attribute.slice(attribute.indexOf(':') + 1)
  const shown = (value: string | number | boolean | null | undefined) =>
    value === undefined ? <span class="muted">—</span> : <Name text={factText(value, bare)} max={48} />
  return (
    <Row class={disagree ? 'disagree' : undefined}>
      <th scope="row">
        <code>{attribute}</code>
        {vendor === null ? null : <span class="sub">{vendorWord(vendor)}</span>}
      </th>
      <td>{shown(vendorValue)}</td>
      <td>
        {shown(tailnetValue)}
        {expiresAt === null ? null : (
          <span class="sub">
            until <Moment at={expiresAt} />
          </span>
        )}
      </td>
      <td>
        {disagree ? (
          <StatusMark mark="fail" word="They disagree" />
        ) : vendorValue !== undefined && vendorValue !== null && tailnetValue !== undefined ? (
          <StatusMark mark="pass" word="Same" />
        ) : (
          <span class="muted">
            {vendorValue === undefined
              ? 'only the tailnet has it'
              : tailnetValue === undefined
                ? 'not in the tailnet'
                : 'the vendor did not say'}
          </span>
        )}
      </td>
    </Row>
  )
}

/** The quiet rest: what passes and what does not apply. */
function Answers({ entries }: { entries: readonly Entry[] }) {
  const rest = entries.filter(({ finding }) => finding.status === 'pass' || finding.status === 'not_applicable')
  if (rest.length === 0) return null
  return (
    <Card title="Everything else that was asked" id="answers" note={counted(rest.length, 'check')}>
      <details>
        <summary>Show what passes and what does not apply</summary>
        <Table
          caption="Checks that pass or do not apply"
          columns={[{ word: 'Check' }, { word: 'Answer' }, { word: 'Severity' }, { word: 'In words' }]}
        >
          {rest.map(({ result, finding }) => (
            <Row>
              <th scope="row">
                <a href={checkPath(result.check.id)}>
                  {result.check.ref} {result.check.title}
                </a>
              </th>
              <td>
                <StatusMark mark={markOf(finding)} />
              </td>
              <td>
                <SeverityMark severity={result.check.severity} />
              </td>
              <td class="cell-sentence">
                <Sentence text={finding.message} />
                {finding.notice === null ? null : (
                  <span class="sub">
                    <Tag>note</Tag> {finding.notice}
                  </span>
                )}
              </td>
            </Row>
          ))}
        </Table>
      </details>
    </Card>
  )
}
