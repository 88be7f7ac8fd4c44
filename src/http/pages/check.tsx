/** One check: what it asks, by which rule, of whom, and what decided. */

import type { Check, ControlId } from '../../domain/check.ts'
import type { ReportFinding, ReportResult } from '../../domain/report.ts'
import type { Waiver } from '../../domain/settings.ts'
import { counted, FRAMEWORK_WORD, factName, factText, MARK_WORD, number, REASON_STEP } from '../../domain/words.ts'
import {
  Banner,
  Card,
  Empty,
  Facts,
  FindingFacts,
  type Page,
  PageHead,
  Paging,
  pageOf,
  Row,
  Table,
} from '../components/blocks.tsx'
import { CountBar, Legend } from '../components/charts.tsx'
import { type Asked, address, contains, FilterBar } from '../components/filters.tsx'
import { InTheWay, Said } from '../components/findings.tsx'
import { type Frame, Layout } from '../components/layout.tsx'
import { checkPath, SubjectLink } from '../components/links.tsx'
import { SeverityMark, StatusMark, Verdict } from '../components/status.tsx'
import { Moment, Sentence } from '../components/text.tsx'
import { barCounts, MARK_ORDER, markOf, populationOf } from '../results.ts'
import type { View } from '../view.ts'

/** Failures first, then what is open: an auditor reads the exceptions, everybody else what to do. */
const RANK: Readonly<Record<string, number>> = { fail: 0, waived: 1, unknown: 2, pass: 3, not_applicable: 4 }

export function subjectsShown(findings: Iterable<ReportFinding>, asked: Asked): readonly ReportFinding[] {
  const { status, text } = asked
  const fits = (finding: ReportFinding): boolean =>
    (status === undefined ||
      status === '' ||
      (status === 'fail' ? finding.status === 'fail' : markOf(finding) === status)) &&
    (text === undefined || text === '' || contains(`${finding.subject.label} ${finding.subject.key}`, text))
  const buckets: ReportFinding[][] = [[], [], [], [], []]
  for (const finding of findings) if (fits(finding)) buckets[RANK[markOf(finding)]!]!.push(finding)
  return buckets.flat()
}

export function CheckPage({
  frame,
  view,
  results,
  asked,
}: {
  frame: Frame
  view: View
  results: readonly ReportResult[]
  asked: Asked
}) {
  const { check } = results[0]!
  const shown = results.find(({ system }) => (system ?? '') === (asked['system'] ?? '')) ?? results[0]!
  return (
    <Layout
      frame={frame}
      title={`${check.ref} ${check.title}`}
      section="checks"
      crumbs={[{ path: '/checks', word: 'Checks' }]}
    >
      <PageHead title={check.title} lead={check.question} />
      {results.length < 2 ? null : (
        <nav class="tabs" aria-label="Systems">
          {results.map(({ system }) => (
            <a
              href={address(checkPath(check.id), { system: system ?? undefined })}
              aria-current={system === shown.system ? 'page' : undefined}
            >
              {system ?? 'our own collection'}
            </a>
          ))}
        </nav>
      )}
      <div class="stack">
        <div class="columns">
          <Answer result={shown} />
          <Rule check={check} result={shown} />
        </div>
        <Card title="How to mend it" id="remedy">
          <p class="prose">{check.remediation}</p>
        </Card>
        <Subjects view={view} result={shown} asked={asked} />
        <Waivers view={view} result={shown} />
        <Controls controls={check.controls} />
      </div>
    </Layout>
  )
}

function Answer({ result }: { result: ReportResult }) {
  const { counts, status, unknownReason, message, system } = result
  const population = populationOf(counts)
  const rows = [
    ['fail', counts.fail],
    ['unknown', counts.unknown],
    ['pass', counts.pass],
    ['not_applicable', counts.not_applicable],
  ] as const
  return (
    <Card title="Answer" id="answer" note={system ?? 'our own collection'}>
      <p class="answer">
        <Verdict mark={status} reason={unknownReason} />
      </p>
      {message === null ? null : (
        <Banner tone={status === 'unknown' ? 'unknown' : 'info'}>
          <p>
            <Sentence text={message} />
          </p>
          {unknownReason === null ? null : <p>{REASON_STEP[unknownReason]}</p>}
        </Banner>
      )}
      {population === 0 ? null : (
        <>
          <Legend />
          <CountBar counts={barCounts(counts)} wide />
          <Table
            caption="Subjects by answer; the numbers add up"
            columns={[{ word: 'Answer' }, { word: 'Subjects', numeric: true }]}
          >
            {rows.map(([mark, count]) => (
              <Row>
                <th scope="row">
                  <StatusMark mark={mark} />
                  {mark === 'fail' && counts.waived > 0 ? (
                    <span class="sub">{counted(counts.waived, 'accepted risk')} among them</span>
                  ) : null}
                </th>
                <td class="numeric">{number(count)}</td>
              </Row>
            ))}
            <Row class="sum">
              <th scope="row">All subjects looked at</th>
              <td class="numeric">{number(population)}</td>
            </Row>
          </Table>
        </>
      )}
    </Card>
  )
}

function Rule({ check, result }: { check: Check; result: ReportResult }) {
  const parameters = Object.entries(result.parameters)
  return (
    <Card title="Rule" id="rule" note={`${check.ref}, version ${result.version}`}>
      <p class="prose">{check.why}</p>
      <Facts
        facts={[
          ['Severity', <SeverityMark severity={check.severity} />],
          ...(check.informational ? ([['Kind', 'for information, never fails']] as const) : []),
          ...(check.operator
            ? ([['Whose', 'your own check, from checksFolder; its source is sealed with every run']] as const)
            : []),
        ]}
      />
      <h3>Limits</h3>
      {parameters.length === 0 ? (
        <p class="muted">This check has none.</p>
      ) : (
        <dl class="facts compact">
          {parameters.map(([name, value]) => (
            <div>
              <dt>{factName(name)}</dt>
              <dd>
                {Array.isArray(value) && value.length > 0 && typeof value[0] === 'object'
                  ? counted(value.length, 'entry', 'entries')
                  : factText(value)}
              </dd>
              {check.parameters[name] === undefined ? null : <dd class="sub">{check.parameters[name]!.says}</dd>}
            </div>
          ))}
        </dl>
      )}
    </Card>
  )
}

function Subjects({ view, result, asked }: { view: View; result: ReportResult; asked: Asked }) {
  const findings = view.findingsOf(result)
  const shown = subjectsShown(findings, asked)
  const page: Page<ReportFinding> = pageOf(shown, asked['page'])
  const path = checkPath(result.check.id)
  const system = asked['system']
  return (
    <Card
      title="Subjects"
      id="subjects"
      note={
        result.complete
          ? undefined
          : 'Judged by an earlier release: only what failed or was open is listed until the next reading.'
      }
    >
      <FilterBar
        action={path}
        asked={asked}
        keep={{ system }}
        fields={[
          { as: 'text', name: 'text', label: 'Search', hint: 'Name' },
          {
            as: 'select',
            name: 'status',
            label: 'Answer',
            any: 'Any answer',
            choices: MARK_ORDER.map((value) => ({ value, word: MARK_WORD[value] })),
          },
        ]}
      />
      {page.total === 0 ? (
        <Empty title={findings.length === 0 ? 'No subject was looked at' : 'No subject fits these filters'} />
      ) : (
        <Table
          caption="Subjects, what decided, and the limits beside it"
          columns={[
            { word: 'Subject' },
            { word: 'Answer' },
            { word: 'In words' },
            { word: 'What decided' },
            { word: 'Since' },
          ]}
        >
          {page.items.map((finding) => (
            <Row>
              <th scope="row">
                <SubjectLink subject={finding.subject} max={36} />
              </th>
              <td>
                <Verdict mark={markOf(finding)} reason={finding.unknownReason} />
              </td>
              <td class="cell-sentence">
                <Said finding={finding} max={260} />
                <InTheWay finding={finding} />
                {finding.notice === null ? null : <span class="sub">Note: {<Sentence text={finding.notice} />}</span>}
              </td>
              <td>
                <FindingFacts facts={finding.facts} />
              </td>
              <td class="nowrap">
                <Since finding={finding} />
              </td>
            </Row>
          ))}
        </Table>
      )}
      <Paging page={page} one="subject" link={(number) => address(path, { ...asked, page: String(number) })} />
    </Card>
  )
}

function Since({ finding }: { finding: ReportFinding }) {
  if (finding.firstSeen === null) return <span class="muted">—</span>
  return (
    <>
      <Moment at={finding.firstSeen} />
      {finding.sla === 'breached' ? <span class="sub overdue">overdue</span> : null}
      {finding.sla === 'not_determinable' ? <span class="sub">deadline not determinable</span> : null}
      {finding.dueAt === null ? null : (
        <span class="sub">
          {finding.sla === 'breached' ? 'was due' : 'due'} <Moment at={finding.dueAt} />
        </span>
      )}
    </>
  )
}

function Waivers({ view, result }: { view: View; result: ReportResult }) {
  if (result.counts.waived === 0) return null
  const accepted = [...view.findingsOf(result)].filter(
    (finding): finding is ReportFinding & { waiver: Waiver } => finding.waiver !== null,
  )
  if (accepted.length === 0) return null
  return (
    <Card title="Accepted risks" id="waivers" note="They change no answer: the subject still fails.">
      <Table
        caption="Accepted risks"
        columns={[
          { word: 'Subject' },
          { word: 'Reason' },
          { word: 'Owner' },
          { word: 'Approved by' },
          { word: 'Until' },
        ]}
      >
        {accepted.slice(0, 100).map(({ subject, waiver }) => (
          <Row>
            <th scope="row">
              <SubjectLink subject={subject} />
            </th>
            <td class="cell-sentence">
              {waiver.reason} <span class="sub">{waiver.id}</span>
            </td>
            <td>{waiver.owner}</td>
            <td>
              {waiver.approver}
              <span class="sub">approval claimed in configuration</span>
            </td>
            <td class="nowrap">{waiver.expires}</td>
          </Row>
        ))}
      </Table>
    </Card>
  )
}

function Controls({ controls }: { controls: readonly ControlId[] }) {
  const byFramework = new Map<string, ControlId[]>()
  for (const control of controls)
    byFramework.set(control.framework, [...(byFramework.get(control.framework) ?? []), control])
  return (
    <Card title="Controls" id="controls" note="our mapping, not the auditor’s conclusion">
      {controls.length === 0 ? (
        <p class="muted">No mapping.</p>
      ) : (
        <Facts
          facts={[...byFramework].map(([framework, list]) => [
            FRAMEWORK_WORD[framework] ?? framework,
            list.map(({ id, indirect }) => (indirect ? `${id} (supports)` : id)).join(', '),
          ])}
        />
      )}
    </Card>
  )
}
