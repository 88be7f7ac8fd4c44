/** What every OSCAL document of ours is made of: ids of names, values as the schema wants them, the frame around results. */
import { byText } from '../domain/json.ts'
import type { Report, ReportResult } from '../domain/report.ts'
import type { SourceState } from '../domain/snapshot.ts'
import { uuidV5 } from '../lib/uuid.ts'

/** Of every id that we make; itself made by chance, once. */
const NAMESPACE = '6a1f3f0e-52d4-4c0b-9a53-8f2f3d6f8a11'
/** Of every property that is ours. */
const NS = 'urn:exhibit:1'

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json | undefined }

/** An id of something in one organisation, the same in all runs. */
export type Ids = (...parts: readonly string[]) => string

/** Ids of a report's organisation. */
export function idsOf(report: Report): Ids {
  return (...parts) => uuidV5(NAMESPACE, [report.organization.id, ...parts].join('\0'))
}

/** The object without its closing brace, for more members to follow. */
export function opened(value: Json): string {
  return JSON.stringify(withoutEmpty(value)).slice(0, -1)
}

/** An array that is empty must not be there (`minItems: 1` everywhere). */
export function* members(name: string, items: Iterable<Json>): Generator<string> {
  let first = true
  for (const item of items) {
    yield `${first ? `,"${name}":[` : ','}${JSON.stringify(withoutEmpty(item))}`
    first = false
  }
  if (!first) yield ']'
}

function withoutEmpty(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutEmpty)
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(
    ([, each]) => each !== undefined && !(Array.isArray(each) && each.length === 0),
  )
  return Object.fromEntries(kept.map(([name, each]) => [name, withoutEmpty(each!)]))
}

/** One line that neither begins nor ends with space; never empty. */
export function line(text: string): string {
  const cleaned = text.replace(/[\s\p{Cc}]+/gu, ' ').trim()
  return cleaned === '' ? '(none)' : cleaned
}

export function prop(name: string, value: string): Json {
  return { name, ns: NS, value: line(value) }
}

export function sealProps({ run }: Report): Json[] {
  if (run === null) return []
  const { leaf, snapshotDigest, resultsDigest } = run
  return [
    prop('run', run.id),
    prop('leaf', leaf),
    prop('snapshot-digest', snapshotDigest),
    prop('results-digest', resultsDigest),
  ]
}

/** Letters, digits, dot, dash and underscore, beginning with a letter. */
export function token(name: string): string {
  const cleaned = name.replace(/[^\p{L}\p{N}._-]+/gu, '-')
  return /^[\p{L}_]/u.test(cleaned) ? cleaned : `_${cleaned}`
}

/** Controls of NIST SP 800-53, the one framework here with a public OSCAL catalogue, in its ids: AC-2(3) is ac-2.3. */
export function reviewed(results: readonly ReportResult[]): Json {
  const controls = new Set(
    results.flatMap(({ check }) =>
      check.controls.filter(({ framework }) => framework === 'nist-800-53').map(({ id }) => oscalId(id)),
    ),
  )
  const remarks =
    'Our mapping, not the auditor’s conclusion: a check is evidence for a part of a control. Mappings to frameworks without a public OSCAL catalogue stand in the properties of each finding.'
  if (controls.size === 0) return { 'control-selections': [{ 'include-all': {} }], remarks }
  return {
    'control-selections': [{ 'include-controls': [...controls].sort(byText).map((id) => ({ 'control-id': id })) }],
    remarks,
  }
}

export function oscalId(id: string): string {
  return id.toLowerCase().replace(/\((\d+)\)/g, '.$1')
}

/** Sources as components, and the tool that read them. */
export function components(sources: readonly SourceState[], ids: Ids): Json[] {
  return sources.map(({ id, kind, status }) => ({
    uuid: ids('source', id),
    type: 'service',
    title: line(id),
    description: `A source of evidence of the kind ${kind}.`,
    props: [prop('status', status)],
    status: { state: 'operational' },
  }))
}

export function assets(report: Report, ids: Ids): Json {
  return {
    components: [
      {
        uuid: ids('tool'),
        type: 'software',
        title: 'Exhibit',
        description: 'Collects the answers of the sources and judges them.',
        props: [prop('version', report.software)],
        status: { state: 'operational' },
      },
    ],
    'assessment-platforms': [
      {
        uuid: ids('platform'),
        title: 'Exhibit, self-hosted',
        'uses-components': [{ 'component-uuid': ids('tool') }],
      },
    ],
  }
}

export function metadata(report: Report, ids: Ids, version: string): Json {
  return {
    title: line(`${report.demo ? 'DEMO: ' : ''}Network access and device posture of ${report.organization.name}`),
    'last-modified': report.snapshotAt ?? report.evaluatedAt,
    version: line(version),
    'oscal-version': '1.2.2',
    props: [prop('demo', String(report.demo)), prop('software', report.software)],
    parties: [{ uuid: ids('organization'), type: 'organization', name: line(report.organization.name) }],
  }
}

export function backMatter(report: Report, ofRun: Ids): Json {
  const seal = sealProps(report)
  return withoutEmpty({
    resources: [
      {
        uuid: ofRun('plan'),
        title: 'The checks, their versions and parameters',
        description: 'As this document gives them with each observation; there is no plan beside it.',
      },
      {
        uuid: ofRun('evidence'),
        title: 'The sealed run',
        description: 'The ledger leaf of the run and what it covers; the audit packet holds the bytes.',
        props: seal,
      },
    ],
  })
}
