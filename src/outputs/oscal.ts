/**
 * OSCAL 1.2.2 assessment results: https://pages.nist.gov/OSCAL/reference/1.2.2/assessment-results/. OSCAL knows two states
 * of a finding; what is unknown or does not apply is an observation without one, and never becomes `satisfied`. The target
 * of a finding is the check, not a control: a check is evidence for a part of a control, and what the control as a whole is
 * worth is for the auditor to say. Ids are made of names (UUID version 5), so that a second export is the same to the byte
 * and a subject keeps its id from run to run.
 */
import { ownControlsOf } from '../domain/control-view.ts'
import type { Output } from '../domain/output.ts'
import type { Report, ReportFinding, ReportResult } from '../domain/report.ts'
import type { PeriodEvidence } from '../domain/sealing.ts'
import type { Waiver } from '../domain/settings.ts'
import { kindWord } from '../domain/words.ts'
import {
  assets,
  backMatter,
  components,
  type Ids,
  idsOf,
  type Json,
  line,
  members,
  metadata,
  opened,
  prop,
  reviewed,
  sealProps,
  token,
} from './oscal-parts.ts'
import { periodDocument } from './oscal-period.ts'

/** @param period null: the state at the report's run; the coverage, results and leavers of a period otherwise */
export function renderOscal(report: Report, period: PeriodEvidence | null): Iterable<string> {
  return period === null ? stateDocument(report) : periodDocument(report, period)
}

function* stateDocument(report: Report): Generator<string> {
  const ids = idsOf(report)
  const run = report.run?.id ?? 'no-run'
  const ofRun: Ids = (...parts) => ids('run', run, ...parts)
  const at = report.snapshotAt ?? report.evaluatedAt
  yield `{"assessment-results":${opened({
    uuid: ofRun('assessment-results'),
    metadata: metadata(report, ids, run),
    'import-ap': { href: `#${ofRun('plan')}` },
  })},"results":[${opened({
    uuid: ofRun('result'),
    title: line(`State at ${at}`),
    description: 'Every check of the run, as it was sealed and aged to the moment asked for.',
    start: report.run?.startedAt ?? report.evaluatedAt,
    end: at,
    props: [prop('evaluated-at', report.evaluatedAt), ...sealProps(report)],
    'local-definitions': {
      components: components(report.sources, ids),
      'inventory-items': inventory(report, ids),
      'assessment-assets': assets(report, ids),
    },
    'reviewed-controls': reviewed(report.results),
  })}`
  yield* members('observations', observations(report, ids, ofRun))
  yield* members('risks', risks(report, ids, ofRun))
  yield* members('findings', findings(report, ids, ofRun))
  yield `}],"back-matter":${JSON.stringify(backMatter(report, ofRun))}}}\n`
}

/** Who fails or could not be judged: those that an observation speaks of one by one. */
function inventory(report: Report, ids: Ids): Json[] {
  const known = new Map<string, Json>()
  for (const result of report.results) {
    for (const { subject } of openOf(result)) {
      const { source, kind, key, label } = subject
      const uuid = ids('subject', source, kind, key)
      if (known.has(uuid)) continue
      known.set(uuid, {
        uuid,
        description: line(`${kindWord(kind)} ${label}`),
        props: [prop('source', source), prop('kind', kind), prop('key', key)],
        ...(report.sources.some(({ id }) => id === source)
          ? { 'implemented-components': [{ 'component-uuid': ids('source', source) }] }
          : {}),
      })
    }
  }
  return [...known.values()]
}

function* openOf(result: ReportResult): Generator<ReportFinding> {
  for (const finding of result.findings('open')) {
    if (finding.status === 'fail' || finding.status === 'unknown') yield finding
  }
}

function placeOf({ check, system }: ReportResult): [string, string] {
  return [check.id, system ?? '']
}

function* observations(report: Report, ids: Ids, ofRun: Ids): Generator<Json> {
  const collected = report.snapshotAt ?? report.evaluatedAt
  const common = {
    methods: ['TEST'],
    types: ['control-objective'],
    origins: [{ actors: [{ type: 'tool', 'actor-uuid': ids('tool') }] }],
    'relevant-evidence': [
      { href: `#${ofRun('evidence')}`, description: 'The sealed run, from which every verdict can be made again.' },
    ],
    collected,
  }
  for (const result of report.results) {
    const { check, counts, parameters } = result
    yield {
      uuid: ofRun('observation', ...placeOf(result)),
      title: line(`${check.ref} ${check.title}`),
      description: `${check.question} ${result.message ?? ''}`.trim(),
      props: [
        ...outcomeProps(result, result),
        ...Object.entries(counts).map(([name, count]) => prop(`count-${name.replace('_', '-')}`, String(count))),
        ...Object.entries(parameters).map(([name, value]) => prop(`parameter-${name}`, JSON.stringify(value))),
      ],
      ...common,
      ...(result.system === null
        ? {}
        : {
            subjects: [{ 'subject-uuid': ids('source', result.system), type: 'component', title: line(result.system) }],
          }),
    }
    for (const finding of openOf(result)) {
      const { source, kind, key, label } = finding.subject
      yield {
        uuid: ofRun('observation', ...placeOf(result), source, kind, key),
        title: line(`${check.ref} ${label}`),
        description: finding.message === '' ? check.question : finding.message,
        props: [
          ...outcomeProps(result, finding),
          ...Object.entries(finding.facts).map(([name, value]) =>
            prop(`fact-${token(name)}`, typeof value === 'string' ? value : JSON.stringify(value)),
          ),
        ],
        ...common,
        subjects: [{ 'subject-uuid': ids('subject', source, kind, key), type: 'inventory-item', title: line(label) }],
      }
    }
  }
}

function outcomeProps(
  { check, version }: ReportResult,
  { status, unknownReason }: Pick<ReportFinding, 'status' | 'unknownReason'>,
): Json[] {
  return [
    prop('check', check.id),
    prop('check-version', String(version)),
    prop('outcome', status),
    ...(unknownReason === null ? [] : [prop('unknown-reason', unknownReason)]),
    ...(check.operator ? [prop('operator', 'true')] : []),
  ]
}

/** A failure that was accepted is a risk that somebody carries until a date. */
function* risks(report: Report, ids: Ids, ofRun: Ids): Generator<Json> {
  for (const [id, { waiver, observed }] of waived(report)) {
    yield {
      uuid: ids('waiver', id),
      title: line(`Accepted: ${id}`),
      description: line(waiver.reason),
      statement: `Accepted by ${waiver.approver} for ${waiver.owner} until the end of ${waiver.expires}. The failure stays a failure.`,
      props: [prop('waiver', id), prop('owner', waiver.owner), prop('approver', waiver.approver)],
      status: 'deviation-approved',
      deadline: `${waiver.expires}T23:59:59.999Z`,
      'related-observations': observed.map((place) => ({ 'observation-uuid': ofRun('observation', ...place) })),
    }
  }
}

function waived(report: Report): Map<string, { waiver: Waiver; observed: string[][] }> {
  const found = new Map<string, { waiver: Waiver; observed: string[][] }>()
  for (const result of report.results) {
    if (result.counts.waived === 0) continue
    for (const { waiver, subject } of openOf(result)) {
      if (waiver === null) continue
      const entry = found.get(waiver.id) ?? { waiver, observed: [] }
      entry.observed.push([...placeOf(result), subject.source, subject.kind, subject.key])
      found.set(waiver.id, entry)
    }
  }
  return found
}

function* findings(report: Report, ids: Ids, ofRun: Ids): Generator<Json> {
  const accepted = [...waived(report)]
  const own = ownControlsOf(report)
  for (const result of report.results) {
    const { check, status, counts } = result
    if (status !== 'pass' && status !== 'fail') continue
    const place = placeOf(result)
    const riskIds = accepted.filter(([, { observed }]) =>
      observed.some(([id, system]) => id === place[0] && system === place[1]),
    )
    yield {
      uuid: ofRun('finding', ...place),
      title: line(`${check.ref} ${check.title}`),
      description: check.question,
      props: [
        prop('outcome', status),
        ...(counts.waived > 0 ? [prop('waived', String(counts.waived))] : []),
        ...check.controls.map(({ framework, id, indirect }) =>
          prop(indirect === true ? `supports-${framework}` : `control-${framework}`, id),
        ),
        ...own
          .filter(({ checks }) => checks.includes(check.id) || checks.includes(check.ref))
          .map(({ id }) => prop('control-own', id)),
      ],
      origins: [{ actors: [{ type: 'tool', 'actor-uuid': ids('tool') }] }],
      target: {
        type: 'statement-id',
        'target-id': token(result.system === null ? check.ref : `${check.ref}.${result.system}`),
        status: { state: status === 'pass' ? 'satisfied' : 'not-satisfied', reason: status },
        remarks: 'The statement is the check itself; it is not an id of a public catalogue.',
      },
      'related-observations': [{ 'observation-uuid': ofRun('observation', ...place) }],
      'related-risks': riskIds.map(([id]) => ({ 'risk-uuid': ids('waiver', id) })),
    }
  }
}

export const oscal: Output = {
  id: 'oscal',
  title: 'OSCAL 1.2.2 assessment results',
  mediaType: 'application/oscal+json',
  extension: 'json',
  render: (report) => renderOscal(report, null),
  period: (report, period) => renderOscal(report, period),
}
