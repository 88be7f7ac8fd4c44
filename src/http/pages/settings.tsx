/** The settings in force: what judged the newest run, with the digests that vouch for it. Nothing of it is secret. */
import type { Child } from 'hono/jsx'
import type { Check } from '../../domain/check.ts'
import type { JsonValue } from '../../domain/json.ts'
import { exactly } from '../../domain/period-words.ts'
import type { Settings } from '../../domain/settings.ts'
import { counted, factName, factText, momentText, number, vendorWord } from '../../domain/words.ts'
import { Banner, Card, Empty, Facts, PageHead, Row, Table } from '../components/blocks.tsx'
import { type Frame, Layout } from '../components/layout.tsx'
import { checkPath, sourcePath } from '../components/links.tsx'
import { bearable, Moment, Name } from '../components/text.tsx'
import { type InForce, spokenOf } from '../configuration.ts'
import type { HttpParts } from '../parts.ts'

interface Shown {
  readonly frame: Frame
  /** Null before the first run. */
  readonly inForce: InForce | null
  readonly retention: HttpParts['configuration']['retention']
  readonly checks: readonly Check[]
}

export function SettingsPage({ frame, inForce, retention, checks }: Shown) {
  return (
    <Layout frame={frame} title="Settings" section="settings">
      <PageHead
        title="Settings in force"
        lead="What judged the newest run, as it is sealed with it. They are changed in exhibit.yaml alone; every change stands in the ledger."
      />
      {inForce === null ? (
        <Empty title="No run was sealed yet">The first reading seals the settings that it is judged by.</Empty>
      ) : (
        <>
          {inForce.changing ? (
            <Banner tone="info">
              <p>The file says something else since: the next run is judged by it, and seals it.</p>
            </Banner>
          ) : null}
          <div class="stack">
            <Sealed {...inForce} />
            <General settings={inForce.settings} />
            <Sources settings={inForce.settings} />
            <Systems settings={inForce.settings} />
            <Trust settings={inForce.settings} />
            <Checks settings={inForce.settings} checks={checks} />
            <Waivers settings={inForce.settings} />
            <Attestations settings={inForce.settings} />
            <Retention retention={retention} deletedAt={inForce.deletedAt} />
          </div>
        </>
      )}
    </Layout>
  )
}

function Sealed({ run, since }: InForce) {
  return (
    <Card title="What vouches for them" id="sealed" note={<a href="/log?kind=configuration">Every change</a>}>
      <Facts
        facts={[
          [
            'Sealed with the run',
            <>
              <Name text={run.id} max={20} />
              <span class="sub">
                <Moment at={run.snapshotAt} />, number {number(run.sequence)}
              </span>
            </>,
          ],
          [
            'In force since',
            since === null ? (
              <span class="muted">not told</span>
            ) : (
              <>
                <Moment at={since.at} />
                <span class="sub">
                  <Name text={since.by} />, ledger entry {number(since.leaf)}
                </span>
              </>
            ),
          ],
          ['Exhibit', run.software],
        ]}
      />
      <dl class="digests">
        {(
          [
            ['Settings', run.settingsDigest],
            ['Set of checks', run.checkSetDigest],
            ['Build', run.build],
          ] as const
        ).map(([name, digest]) => (
          <div>
            <dt>{name}, SHA-256</dt>
            <dd>
              <code>{digest}</code>
            </dd>
          </div>
        ))}
      </dl>
      <p class="prose">
        <a href="/settings/sealed.json" download>
          Download the settings as sealed
        </a>
        : <code>sha256sum</code> of the file gives their digest.
      </p>
    </Card>
  )
}

function General({ settings }: { settings: Settings }) {
  const { organization, scheduleMs, slaMs, people, controls = [], ownChecks = [] } = settings
  return (
    <Card title="Organisation and deadlines" id="general">
      <Facts
        facts={[
          ['Organisation', <Name text={organization.name} />],
          ['Time zone of bare dates', organization.timeZone],
          ['Read every', scheduleMs === undefined ? 'not told' : exactly(scheduleMs)],
          ['Critical failures mended within', exactly(slaMs.critical)],
          ['High', exactly(slaMs.high)],
          ['Medium', exactly(slaMs.medium)],
          ['Low', exactly(slaMs.low)],
          ['Declared aliases', listed(Object.entries(people.aliases).map(([login, email]) => `${login} is ${email}`))],
          ['Service accounts', listed(people.serviceAccounts)],
          ['Own controls', controls.length === 0 ? 'none' : <a href="/controls">{number(controls.length)}</a>],
          ['Own checks', listed(ownChecks.map(({ file }) => file))],
        ]}
      />
    </Card>
  )
}

/** Few are written out, many are folded. */
const LISTED = 3
function listed(values: readonly string[]): Child {
  if (values.length === 0) return 'none'
  const lines = (
    <ul>
      {values.map((value) => (
        <li>
          <Name text={value} max={60} />
        </li>
      ))}
    </ul>
  )
  if (values.length <= LISTED) return lines
  return (
    <details>
      <summary>{number(values.length)}</summary>
      {lines}
    </details>
  )
}

function Sources({ settings: { sources } }: { settings: Settings }) {
  return (
    <Card title="Sources" id="sources">
      <Table
        caption="Sources"
        columns={[
          { word: 'Source' },
          { word: 'Too old after' },
          { word: 'Agents count as absent after' },
          { word: 'Posture readings serve for' },
          { word: 'Credential' },
        ]}
      >
        {sources.map(({ id, kind, freshnessMs, syncWindowMs, attributeFreshnessMs, allowWrite }) => (
          <Row>
            <th scope="row">
              <a href={sourcePath(id)}>
                <Name text={id} />
              </a>
              <span class="sub">{vendorWord(kind)}</span>
            </th>
            <td>{exactly(freshnessMs)}</td>
            <td>{syncWindowMs === null ? <span class="muted">never</span> : exactly(syncWindowMs)}</td>
            <td>
              {attributeFreshnessMs === null ? <span class="muted">has none</span> : exactly(attributeFreshnessMs)}
            </td>
            <td>{allowWrite ? 'may write, as declared' : 'must be read-only'}</td>
          </Row>
        ))}
      </Table>
    </Card>
  )
}

function Systems({ settings: { criticalSystems } }: { settings: Settings }) {
  return (
    <Card title="Critical systems" id="systems">
      {criticalSystems.length === 0 ? (
        <Empty title="None is declared">
          Name under <code>criticalSystems</code> who may have which role; until then no role can be judged.
        </Empty>
      ) : (
        <Table
          caption="Critical systems"
          columns={[{ word: 'System' }, { word: 'Leavers are out within' }, { word: 'Who may have which role' }]}
        >
          {criticalSystems.map(({ id, source, access, offboardingWithinMs }) => (
            <Row>
              <th scope="row">
                <Name text={id} />
                <span class="sub">
                  of <Name text={source} />
                </span>
              </th>
              <td>{exactly(offboardingWithinMs)}</td>
              <td class="cell-sentence">
                {access === null ? (
                  <span class="muted">nobody has declared it</span>
                ) : (
                  <ul>
                    {access.map(({ roles, people }) => (
                      <li>{bearable(`${roles.join(', ')}: ${whoText(people)}`, 300)}</li>
                    ))}
                  </ul>
                )}
              </td>
            </Row>
          ))}
        </Table>
      )}
    </Card>
  )
}

function whoText(people: Readonly<Record<string, readonly string[]>> | null): string {
  if (people === null) return 'anybody'
  return Object.entries(people)
    .map(([column, values]) => `${column} ${values.join(' or ')}`)
    .join(', and ')
}

function Trust({ settings: { deviceTrust } }: { settings: Settings }) {
  const { scope, postures, require } = deviceTrust
  return (
    <Card title="Device trust" id="trust">
      <Facts
        facts={[
          ['Judged', bearable(scope.os.join(', '), 200)],
          ['Tagged devices', scope.tagged ? 'judged too' : 'not judged'],
          ['All of', require === null ? 'nothing is required' : listedWords(require.allOf)],
          ['Any of', require === null ? 'nothing is required' : listedWords(require.anyOf)],
        ]}
      />
      {Object.keys(postures).length === 0 ? null : (
        <Table caption="Own postures" columns={[{ word: 'Posture' }, { word: 'All of these hold' }]}>
          {Object.entries(postures).map(([name, conditions]) => (
            <Row>
              <th scope="row">
                <Name text={name} />
              </th>
              <td>
                <ul>
                  {conditions.map((condition) => (
                    <li>
                      <code>{bearable(condition, 200)}</code>
                    </li>
                  ))}
                </ul>
              </td>
            </Row>
          ))}
        </Table>
      )}
    </Card>
  )
}

function listedWords(words: readonly string[]): string {
  return words.length === 0 ? 'none' : bearable(words.join(', '), 200)
}

function Checks({ settings, checks }: { settings: Settings; checks: readonly Check[] }) {
  const spoken = spokenOf(settings)
  const names = new Map(checks.map(({ id, ref, title }) => [id, `${ref} ${title}`]))
  return (
    <Card title="Checks that the file speaks of" id="checks" note={`${counted(checks.length, 'check')} in all`}>
      {spoken.length === 0 ? (
        <Empty title="Every check is asked, with the parameters that it comes with">
          <a href="/checks">The checks</a> name theirs.
        </Empty>
      ) : (
        <Table
          caption="Checks that the file speaks of"
          columns={[{ word: 'Check' }, { word: 'Asked' }, { word: 'Parameters' }]}
        >
          {spoken.map(([id, { enabled, because, params }]) => (
            <Row>
              <th scope="row">
                <a href={checkPath(id)}>{bearable(names.get(id) ?? id, 120)}</a>
              </th>
              <td class="cell-sentence">{enabled ? 'yes' : `no: ${bearable(because ?? '', 200)}`}</td>
              <td class="cell-sentence">{paramsText(params)}</td>
            </Row>
          ))}
        </Table>
      )}
    </Card>
  )
}

function paramsText(params: Readonly<Record<string, JsonValue>>): Child {
  const written = Object.entries(params)
  if (written.length === 0) return <span class="muted">as it comes</span>
  return (
    <ul>
      {written.map(([name, value]) => (
        <li>{bearable(`${factName(name)}: ${valueText(value)}`, 400)}</li>
      ))}
    </ul>
  )
}

/** Lists of what is approved name each with its reason. */
function valueText(value: JsonValue): string {
  if (!Array.isArray(value)) return factText(value)
  const lines = value.map((each) =>
    typeof each === 'object' && each !== null && 'subject' in each && 'because' in each
      ? `${factText(each.subject ?? null)} (${factText(each.because ?? null)})`
      : factText(each),
  )
  return lines.length === 0 ? 'none' : lines.join(', ')
}

function Waivers({ settings: { waivers } }: { settings: Settings }) {
  return (
    <Card title="Accepted risks" id="waivers">
      {waivers.length === 0 ? (
        <Empty title="None is accepted">
          An entry under <code>waivers</code>, with an owner, an approver and an end, accepts a failure for a while.
        </Empty>
      ) : (
        <Table
          caption="Accepted risks"
          columns={[
            { word: 'Entry' },
            { word: 'Check and subject' },
            { word: 'Approved by' },
            { word: 'From, until' },
            { word: 'Because' },
          ]}
        >
          {waivers.map(({ id, check, subject, owner, approver, reason, created, expires }) => (
            <Row>
              <th scope="row">
                <Name text={id} />
                <span class="sub">
                  of <Name text={owner} />
                </span>
              </th>
              <td>
                {bearable(check, 80)}
                <span class="sub">{subject === '*' ? 'every subject' : <Name text={subject} />}</span>
              </td>
              <td>
                <Name text={approver} />
              </td>
              <td class="nowrap">
                {created}
                <span class="sub">{expires}</span>
              </td>
              <td class="cell-sentence">{bearable(reason, 300)}</td>
            </Row>
          ))}
        </Table>
      )}
    </Card>
  )
}

function Attestations({ settings: { attestations } }: { settings: Settings }) {
  return (
    <Card title="Attestations" id="attestations">
      {attestations.length === 0 ? (
        <Empty title="Nobody has attested anything">
          An entry under <code>attestations</code> answers a check for which no vendor has an answer.
        </Empty>
      ) : (
        <Table
          caption="Attestations"
          columns={[{ word: 'Entry' }, { word: 'Check' }, { word: 'Answer' }, { word: 'By' }, { word: 'On, until' }]}
        >
          {attestations.map(({ id, check, system, answer, by, on, until, note }) => (
            <Row>
              <th scope="row">
                <Name text={id} />
              </th>
              <td>
                {bearable(check, 80)}
                {system === null ? null : (
                  <span class="sub">
                    <Name text={system} />
                  </span>
                )}
              </td>
              <td class="cell-sentence">
                {answer === 'pass' ? 'holds' : 'does not hold'}
                {note === null ? null : <span class="sub">{bearable(note, 300)}</span>}
              </td>
              <td>
                <Name text={by} />
              </td>
              <td class="nowrap">
                {on}
                <span class="sub">{until}</span>
              </td>
            </Row>
          ))}
        </Table>
      )}
    </Card>
  )
}

function Retention({ retention, deletedAt }: Pick<Shown, 'retention'> & Pick<InForce, 'deletedAt'>) {
  const { days, raw, hold, keepFrom } = retention
  return (
    <Card title="Retention" id="retention" note={<a href="/log?kind=retention">Every deletion</a>}>
      <Facts
        facts={[
          ['Kept for', counted(days, 'day')],
          [
            'Answers as received',
            raw === 'all' ? 'all of them' : 'the first of each day, the newest, and those handed out',
          ],
          ['Legal hold', hold ? 'yes: nothing is deleted' : 'no'],
          ['Nothing is deleted from', keepFrom === null ? 'no day is named' : keepFrom.slice(0, 10)],
          ['Deleted last', deletedAt === null ? 'nothing yet' : momentText(deletedAt)],
        ]}
      />
      <p class="muted">
        This rule judges nothing, so no run seals it; each deletion by it is sealed with the rule that it followed.
      </p>
    </Card>
  )
}
