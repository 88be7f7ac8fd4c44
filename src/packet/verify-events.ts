/**
 * What happened in the period: nothing in a packet gives it again whole. What can be shown is that each happening lies
 * between two pulls that were sealed, that the pulls in the packet are those of the ledger, and that their answers say so.
 */

import { digestsOver } from '../domain/digests.ts'
import { byText } from '../domain/json.ts'
import type { Listing } from '../domain/listing.ts'
import {
  COLUMNS,
  eventsPath,
  PACKET,
  type PackedPull,
  type PacketSummary,
  pullPath,
  rawPath,
} from '../domain/packet.ts'
import type { EventKind, Transition } from '../domain/period.ts'
import type { AnyRecord, Kind } from '../domain/record.ts'
import { canonicalJson } from '../lib/canonical-json.ts'
import { sha256 } from '../lib/digest.ts'
import { ANSWERS_GONE, answersOf, LOG_GONE, maySay, NO_ROOM, tracesIn, wantedPulls } from './around.ts'
import { broken, NOT_AS_SEALED } from './broken.ts'
import { hasSteppedBack, type LedgerPast, type RunInLeaf } from './past.ts'
import type { RawPages } from './raw.ts'
import { EVENT_KINDS } from './story-tables.ts'
import { completeness, type PullShown } from './verify-complete.ts'
import { type Row, tableIn } from './verify-csv.ts'
import type { PacketFiles } from './verify-files.ts'
import type { Rules } from './verify-runs.ts'
import { requireShown } from './verify-shows.ts'
import { readingOf, readingsIn, requireCited, requireTraces, type Seconds, secondsIn } from './verify-traces.ts'

const { listingDigest, pullDigestOver } = digestsOver({ canonical: canonicalJson, sha256 })

export type EventRow = Row<(typeof COLUMNS.events)[number]>
export type LeaverRow = Row<(typeof COLUMNS.leavers)[number]>
type PullRow = Row<(typeof COLUMNS.pulls)[number]>

export interface EventParts {
  readonly files: PacketFiles
  readonly summary: PacketSummary
  readonly past: Pick<LedgerPast, 'all' | 'runs'>
  readonly raw: Pick<RawPages, 'kindsAt'>
  readonly rules: Rules
  readonly timeZone: string
  /** What the packed runs show, by sequence. */
  readonly shown: readonly PullShown[]
}

export interface VerifiedEvents {
  readonly events: readonly EventRow[]
  readonly leavers: readonly LeaverRow[]
  /** Files in `raw/` that the packed pulls bring. */
  readonly brought: ReadonlySet<string>
  /** Pulls around what happened: all, and those packed. */
  readonly pulls: { readonly all: number; readonly packed: number }
  readonly seconds: Seconds
}

export async function requireEvents(parts: EventParts): Promise<VerifiedEvents> {
  const { files, summary, past } = parts
  const events: EventRow[] = []
  for (const kind of EVENT_KINDS) {
    const path = eventsPath(kind)
    for (const row of await tableIn(files, path, COLUMNS.events, summary.demo)) {
      if (row.kind !== kind) broken(path, 'it has a row of another kind', NOT_AS_SEALED, kind, row.kind)
      events.push(row)
    }
  }
  const leavers = await tableIn(files, PACKET.leavers, COLUMNS.leavers, summary.demo)
  const pulls = placesIn(past)
  const readings = readingsIn(past)
  const found = {
    transitions: events.map((row) => ({
      ...transitionOf(row, pulls),
      log: readingOf(eventsPath(row.kind), row.vendorPull, row.source, readings),
    })),
    leavers: leavers.map((row) => ({
      system: row.system,
      removal: boundsOf(PACKET.leavers, row.system, [row.lastPullWithAccess, row.firstPullWithout], pulls),
      log: readingOf(PACKET.leavers, row.vendorPull, row.system, readings),
      roster: readingOf(PACKET.leavers, row.rosterPull, null, readings),
    })),
  }
  const wanted = wantedPulls(found)
  const rows = await tableIn(files, PACKET.pulls, COLUMNS.pulls, summary.demo)
  const expected = wanted.toSorted((a, b) => a.sequence - b.sequence || byText(a.source, b.source))
  if (rows.length !== expected.length) {
    broken(PACKET.pulls, 'it does not list the pulls around what happened', NOT_AS_SEALED, expected.length, rows.length)
  }
  const brought = new Set<string>()
  const listings = new Map<string, readonly Listing[]>()
  const rest = [...parts.shown]
  const requireTold = completenessOf(events, found.transitions, past)
  const paths = new Set(files.paths.filter((path) => path.startsWith('inputs/pulls/')))
  for (const [at, one] of expected.entries()) {
    const row = rows[at]!
    requireRow(row, one, past)
    while (rest.length > 0 && rest[0]!.sequence <= one.sequence) requireTold(rest.shift()!)
    const path = pullPath(row.run, one.source)
    if (row.packed === 'true') {
      if (!paths.delete(path)) broken(path, 'it is missing', NOT_AS_SEALED)
      requireTold(await requirePull(path, row, parts, { events, leavers, brought, listings }))
    } else if (![NO_ROOM, LOG_GONE, ANSWERS_GONE].includes(row.because)) {
      broken(
        PACKET.pulls,
        `it does not say why the pull of ${row.source} in run ${row.run} is not packed`,
        NOT_AS_SEALED,
      )
    }
  }
  for (const pull of rest) requireTold(pull)
  for (const path of paths) broken(path, 'nothing happened beside it', 'it was put in beside what was sealed')
  const runIds = new Map(past.all.map(({ sequence, id }) => [sequence, id]))
  const cited = { events, leavers }
  const behind = { events: found.transitions.map(({ log }) => log), leavers: found.leavers }
  requireTraces(cited, behind, tracesIn(runIds, listings, parts.raw))
  return {
    events,
    leavers,
    brought,
    seconds: secondsIn(cited, (path) => listings.has(path)),
    pulls: { all: rows.length, packed: rows.filter(({ packed }) => packed === 'true').length },
  }
}

// ── between which pulls ────────────────────────────────────────────────────────────────────────────────────────────

interface Places {
  /** "source\0moment" → the run whose pull began then. */
  readonly began: ReadonlyMap<string, RunInLeaf>
  /** "source\0moment" → the run that read the source and ended then. */
  readonly ended: ReadonlyMap<string, RunInLeaf>
  /** Moments at which a pull began that a run before those at hand had made. */
  readonly before: ReadonlySet<string>
}

function placesIn({ runs }: Pick<LedgerPast, 'runs'>): Places {
  const began = new Map<string, RunInLeaf>()
  const ended = new Map<string, RunInLeaf>()
  const before = new Set<string>()
  for (const run of runs) {
    for (const { id, status, collectedAt, pull } of run.sources) {
      if (collectedAt === null) continue
      // After an attempt that was not accepted a source stays read as it was.
      const accepted = pull !== null && (status === 'complete' || status === 'stale')
      if (accepted) {
        began.set(`${id}\0${collectedAt}`, run)
        ended.set(`${id}\0${run.snapshotAt}`, run)
      } else if (run === runs[0]) before.add(`${id}\0${collectedAt}`)
    }
  }
  return { began, ended, before }
}

function boundsOf(
  where: string,
  source: string,
  [after, before]: readonly [string, string],
  { began, ended, before: earlier }: Places,
): Transition['bounds'] {
  const first = after === '' ? null : (began.get(`${source}\0${after}`) ?? null)
  const then = before === '' ? null : (ended.get(`${source}\0${before}`) ?? null)
  if (after !== '' && first === null && !earlier.has(`${source}\0${after}`)) {
    broken(where, `no sealed pull of ${source} began at ${after}`, NOT_AS_SEALED)
  }
  if (before !== '' && then === null)
    broken(where, `no sealed run read ${source} and ended at ${before}`, NOT_AS_SEALED)
  if (first !== null && then !== null && first.sequence >= then.sequence) {
    broken(where, `the pull of ${source} at ${after} does not come before that of ${before}`, NOT_AS_SEALED)
  }
  return {
    after: after === '' ? null : after,
    before: before === '' ? null : before,
    runAfter: first?.sequence ?? null,
    runBefore: then?.sequence ?? null,
  }
}

function transitionOf(
  row: EventRow,
  places: Places,
): Pick<Transition, 'kind' | 'source' | 'recordKind' | 'bounds' | 'beforeFirstRun'> {
  const { kind, source, recordKind, lastSeenBefore, firstSeenAfter, beforeFirstRun, vendorTime } = row
  const path = eventsPath(kind)
  const bounds = boundsOf(path, source, [lastSeenBefore, firstSeenAfter], places)
  const early = beforeFirstRun === 'true'
  if (early && (vendorTime === '' || lastSeenBefore !== '')) {
    broken(path, `${row.key} lies before the first run and not by the vendor's log alone`, NOT_AS_SEALED)
  }
  if (!early && (bounds.before === null || bounds.after === null)) {
    broken(path, `${row.key} lies between no two pulls`, NOT_AS_SEALED)
  }
  return { kind: kind as EventKind, source, recordKind: recordKind as Kind, bounds, beforeFirstRun: early }
}

// ── the pulls ──────────────────────────────────────────────────────────────────────────────────────────────────────

function requireRow(row: PullRow, one: ReturnType<typeof wantedPulls>[number], past: EventParts['past']): void {
  const run = past.runs.find(({ sequence }) => sequence === one.sequence)
  const sealed = run?.sources.find(({ id }) => id === one.source)
  const pairs: [keyof PullRow, string][] = [
    ['source', one.source],
    ['sequence', String(one.sequence)],
    ['run', run?.id ?? ''],
    ['collectedAt', sealed?.collectedAt ?? ''],
    ['recordKinds', [...one.kinds].sort(byText).join(' ')],
    ['happenings', String(one.happenings)],
    ['pull', sealed?.pull ?? ''],
  ]
  for (const [name, expected] of pairs) {
    if (row[name] === expected) continue
    broken(
      PACKET.pulls,
      `its ${name} of the pull of ${one.source} in run ${one.sequence} is wrong`,
      NOT_AS_SEALED,
      expected,
      row[name],
    )
  }
}

/** The digest of the leaf, the answers that it covers, and what they say of who came, went and changed. */
async function requirePull(
  path: string,
  row: PullRow,
  { files, past, raw, rules, timeZone }: EventParts,
  {
    events,
    leavers,
    brought,
    listings,
  }: Pick<VerifiedEvents, 'events' | 'leavers'> & {
    readonly brought: Set<string>
    /** Of the packed pulls, by path. */
    readonly listings: Map<string, readonly Listing[]>
  },
): Promise<PullShown> {
  const packed = (await files.json(path)) as unknown as PackedPull
  const { source, kind, shown, shows } = packed
  if (
    source !== row.source ||
    packed.run !== row.run ||
    String(packed.sequence) !== row.sequence ||
    shows.join(' ') !== row.recordKinds
  ) {
    broken(path, 'it is not about the pull that it is named for', NOT_AS_SEALED)
  }
  requireListings(path, packed, row, raw)
  listings.set(path, shown)
  const reader = rules.connectors.find(({ id }) => id === kind)
  const records = new Map<string, AnyRecord>()
  for (const page of answersOf(shown)) {
    const file = rawPath(source, page.sha256)
    if (!files.has(file)) broken(path, `the answer ${file} is missing`, NOT_AS_SEALED)
    brought.add(file)
    const body = await files.bytes(file)
    for (const record of reader?.read({ ...page, body }, { timeZone }).records ?? []) {
      records.set(`${record.kind}\0${record.key}`, record)
    }
  }
  if (reader !== undefined) {
    const endedAt = past.runs.find(({ sequence }) => String(sequence) === row.sequence)!.snapshotAt
    requireShown({ path, pull: row, records, events, leavers, endedAt })
    requireCited(path, records, endedAt, { events, leavers })
  }
  return { source, sequence: packed.sequence, shows, blind: packed.pull.blind, records: records.values() }
}

/** Nothing can be said where somebody set the clock: what happened when is then told in two ways. */
function completenessOf(
  events: readonly EventRow[],
  transitions: readonly { readonly bounds: Transition['bounds'] }[],
  past: EventParts['past'],
): (pull: PullShown) => void {
  if (hasSteppedBack(past)) return () => {}
  return completeness(
    events.map(({ kind, source, key }, at) => ({
      kind: kind as EventKind,
      source,
      key,
      bounds: transitions[at]!.bounds,
    })),
  )
}

/** Those shown have the digests that the sealed one is made of; those that are not are known to tell of other things. */
function requireListings(
  path: string,
  { source, kind, pull, listings, shown, shows }: PackedPull,
  row: PullRow,
  raw: EventParts['raw'],
): void {
  const made = pullDigestOver({ source, kind, ...pull }, listings)
  if (made !== row.pull) broken(path, 'its pull is not the one that was sealed', NOT_AS_SEALED, row.pull, made)
  const left = new Map(listings)
  for (const notes of shown) {
    const { listing } = notes
    const [sealed, digest] = [left.get(listing), listingDigest(notes)]
    if (sealed !== digest) broken(path, `${listing} is not as it was sealed`, NOT_AS_SEALED, sealed ?? 'none', digest)
    left.delete(listing)
  }
  for (const listing of left.keys()) {
    if (!maySay(new Set(shows), raw.kindsAt(source, listing))) continue
    broken(path, `it leaves out ${listing}, which may tell of ${shows.join(' and ')}`, NOT_AS_SEALED)
  }
}
