/**
 * The same period for other programs, OSCAL and OCSF: nobody makes them again here, but no line of them may tell of a
 * failure, a gap or a count that the tables beside them do not have, and none may be left out.
 */
import { COLUMNS, PACKET, type PackedPeriod, type PacketSummary } from '../domain/packet.ts'
import type { PeriodResult } from '../domain/period.ts'
import { fromMillis } from '../domain/time.ts'
import { unguarded } from '../lib/csv.ts'
import { broken, NOT_AS_SEALED } from './broken.ts'
import { tableIn } from './verify-csv.ts'
import type { PacketFiles } from './verify-files.ts'
import { isStood } from './verify-intervals.ts'

interface FormatParts {
  readonly files: PacketFiles
  readonly summary: PacketSummary
  /** Ids of the checks that this packet has results of. */
  readonly checks: ReadonlySet<string>
  /** A run's clock was ahead: then what stood when is told in two ways. */
  readonly wasAhead: boolean
  /** Lines of events/leavers.csv, each an observation of its own behind those of the results. */
  readonly leavers: number
}

export async function requireFormats(parts: FormatParts): Promise<string> {
  await requireOcsf(parts)
  await requireOscal(parts)
  return `the words and ids of ${PACKET.ocsf} and ${PACKET.oscal}`
}

// ── OCSF ───────────────────────────────────────────────────────────────────────────────────────────────────────────

interface OcsfEvent {
  readonly start_time: number
  readonly compliance: { readonly status_id: number }
  readonly resources?: readonly { readonly uid: string; readonly namespace: string }[]
  readonly unmapped: {
    readonly exhibit: { readonly check: string; readonly system: string | null; readonly run: string | null }
  }
}

/** compliance.status_id: 2 Warning, 3 Fail. */
const STATUS: Readonly<Record<number, string>> = { 2: 'unknown', 3: 'fail' }

async function requireOcsf({ files, summary, checks, wasAhead }: FormatParts): Promise<void> {
  const where = PACKET.ocsf
  const stood = await stretchesIn(files, summary.demo)
  for (const [at, line] of (await files.text(where)).split('\n').entries()) {
    if (line === '') continue
    const { start_time: start, compliance, resources = [], unmapped } = JSON.parse(line) as OcsfEvent
    const { check, system, run } = unmapped.exhibit
    const here = `${where}, line ${at + 1}`
    if (run !== summary.last) broken(here, 'it is of another run', NOT_AS_SEALED, summary.last, run)
    const [subject] = resources
    const of = [check, system ?? '', subject?.namespace ?? '', unguarded(subject?.uid ?? '')]
    const place = [...of, fromMillis(start), STATUS[compliance.status_id] ?? ''].join('\0')
    const left = (stood.get(place) ?? 0) - 1
    stood.set(place, left)
    if (left < 0 && !wasAhead) {
      broken(here, `it tells of what neither ${PACKET.intervals} nor ${PACKET.coverage} has`, NOT_AS_SEALED)
    }
  }
  for (const [place, left] of stood) {
    const [check = '', ...rest] = place.split('\0')
    // Of a check that gave no result at the end nobody may be there to tell.
    if (left <= 0 || wasAhead || !checks.has(check)) continue
    broken(where, `it does not tell of ${[check, ...rest].join(' ')}`, NOT_AS_SEALED)
  }
}

/** Check, system, source and key of the subject, beginning and status → how often: of what one failed, or nobody could tell. */
async function stretchesIn(files: PacketFiles, demo: boolean): Promise<Map<string, number>> {
  const stood = new Map<string, number>()
  const add = (...place: readonly string[]): void => {
    const name = place.join('\0')
    stood.set(name, (stood.get(name) ?? 0) + 1)
  }
  for (const row of await tableIn(files, PACKET.intervals, COLUMNS.intervals, demo)) {
    if (isStood(row)) add(row.check, row.system, row.subjectSource, row.subjectKey, row.from, row.status)
  }
  for (const row of await tableIn(files, PACKET.coverage, COLUMNS.coverage, demo)) {
    if (row.what === 'check' && row.state === 'gap') add(row.id, row.system, '', '', row.from, 'unknown')
  }
  return stood
}

// ── OSCAL ──────────────────────────────────────────────────────────────────────────────────────────────────────────

interface Prop {
  readonly name: string
  readonly value: string
}

interface Oscal {
  readonly 'assessment-results': {
    readonly results: readonly {
      readonly observations: readonly { readonly uuid: string; readonly props: readonly Prop[] }[]
      readonly findings: readonly {
        readonly title: string
        readonly target: { readonly status: { readonly state: string } }
        readonly 'related-observations': readonly { readonly 'observation-uuid': string }[]
      }[]
    }[]
  }
}

const COUNTS = {
  population: 'count-population',
  tested: 'count-tested',
  met: 'count-met',
  deviated: 'count-deviated',
  notDeterminable: 'count-not-determinable',
  waived: 'count-waived',
} as const satisfies Partial<Record<keyof PeriodResult, string>>

/** Each observation counts what period.json counts, and no target is satisfied by what deviated or nobody could tell. */
async function requireOscal({ files, leavers }: FormatParts): Promise<void> {
  const where = PACKET.oscal
  const { results } = (await files.json(PACKET.periodJson)) as unknown as PackedPeriod
  const document = JSON.parse(await files.text(where)) as Oscal
  const [told] = document['assessment-results'].results
  const { observations = [], findings = [] } = told ?? {}
  const wanted = results.length + leavers
  if (observations.length !== wanted) {
    broken(
      where,
      'it has other observations than the period has results and leavers',
      NOT_AS_SEALED,
      wanted,
      observations.length,
    )
  }
  const sound = new Map<string, boolean>()
  for (const [at, result] of results.entries()) {
    const { uuid, props } = observations[at]!
    for (const [name, prop] of Object.entries(COUNTS)) {
      const said = props.find((one) => one.name === prop)?.value
      const wanted = String(result[name as keyof typeof COUNTS])
      if (said !== wanted)
        broken(
          `${where}, ${result.ref}`,
          `its ${prop} is not that of ${PACKET.periodJson}`,
          NOT_AS_SEALED,
          wanted,
          said,
        )
    }
    sound.set(uuid, result.population > 0 && result.deviated === 0 && result.notDeterminable === 0)
  }
  for (const { title, target, 'related-observations': related } of findings) {
    const rests = related.every((one) => sound.get(one['observation-uuid']) === true)
    if (target.status.state === 'satisfied' && !rests) {
      broken(where, `"${title}" is said to be satisfied, and its observation does not say so`, NOT_AS_SEALED)
    }
  }
}
