/** The runs of a packet: each proved to lie in the ledger, and made again from what the packet holds. */
import type { Check } from '../domain/check.ts'
import { digestsOver } from '../domain/digests.ts'
import type { JsonValue } from '../domain/json.ts'
import { inputsPath, type MissingPage, PACKET, type PackedRun, type PacketSummary, rawPath } from '../domain/packet.ts'
import { type NotRerun, type Rederived, type RunInputs, type SourceInputs, sayDifference } from '../domain/reperform.ts'
import type { CheckResult } from '../domain/result.ts'
import type { Snapshot } from '../domain/snapshot.ts'
import type { PageInput } from '../domain/store.ts'
import { canonicalJson } from '../lib/canonical-json.ts'
import { sha256 } from '../lib/digest.ts'
import { broken, NOT_AS_SEALED } from './broken.ts'
import type { Reader } from './derived-records.ts'
import { rederive } from './rederive.ts'
import { undeletedOf } from './verify-deletions.ts'
import type { PacketFiles } from './verify-files.ts'
import { type PackedLedger, provenLeaf, type RunLeaf, runsOf } from './verify-ledger.ts'

const { pullDigest } = digestsOver({ canonical: canonicalJson, sha256 })

export interface Rules {
  readonly connectors: readonly Reader[]
  /** Today's and former versions; never anything of the packet. */
  readonly checks: readonly Check[]
}

export interface VerifiedRun {
  readonly packed: PackedRun
  readonly leaf: RunLeaf
  readonly inputs: RunInputs
  readonly rederived: Rederived
  /** What is missing without a deletion that stands in the ledger of the packet, in words. */
  readonly undeleted: readonly string[]
}

/** @param each is told every result that was made again, before the run counts as verified */
export async function verifiedRun(
  packed: PackedRun,
  files: PacketFiles,
  ledger: PackedLedger,
  rules: Rules,
  each?: (result: CheckResult, check: Check, snapshot: Snapshot) => void,
): Promise<VerifiedRun> {
  const leaf = await provenLeaf(packed, ledger, files)
  const where = inputsPath(packed.run)
  const inputs = (await files.json(where)) as unknown as RunInputs
  requireLeafSays(inputs, leaf, ledger.leaves[packed.leaf]!.hash, where)
  requirePulls(inputs, leaf, ledger, where)
  const rederived = await rederive(inputs, {
    pages: async (digest, source) => {
      const path = rawPath(source, digest)
      return files.has(path) ? await files.bytes(path) : null
    },
    connectors: rules.connectors,
    checks: rules.checks,
    detail: null,
    ...(each === undefined ? {} : { each }),
  })
  const [first] = rederived.differences.toSorted(byTelling)
  if (first !== undefined) {
    broken(where, `run ${packed.run} made again is not as it was sealed: ${sayDifference(first)}`, NOT_AS_SEALED)
  }
  requireBrought(rederived, rules, inputs, where)
  const verified = { packed, leaf, inputs, rederived }
  return { ...verified, undeleted: undeletedOf(verified, ledger) }
}

/** Where answers are gone, a packet brings the records; of a source without either nothing is shown. */
function requireBrought({ sources }: Rederived, { connectors }: Rules, { pulls }: RunInputs, where: string): void {
  for (const { source, from } of sources) {
    const known = connectors.some(({ id }) => id === pulls.find((pull) => pull.source === source)?.kind)
    if (from !== 'nothing' || !known) continue
    broken(where, `it holds neither the answers of ${source} nor its records`, NOT_AS_SEALED)
  }
}

/** A digest says only that something differs: what differs comes first. */
function byTelling(a: Rederived['differences'][number], b: Rederived['differences'][number]): number {
  return Number(a.at === 'digest') - Number(b.at === 'digest')
}

function requireLeafSays({ run, sources, settings }: RunInputs, leaf: RunLeaf, hash: string, where: string): void {
  const pairs: [string, unknown, unknown][] = [
    ['id', leaf.id, run.id],
    ['sequence', leaf.sequence, run.sequence],
    ['startedAt', leaf.startedAt, run.startedAt],
    ['snapshotAt', leaf.snapshotAt, run.snapshotAt],
    ['software', leaf.software, run.software],
    ['build', leaf.build, run.build],
    ['settings', leaf.settings, run.settingsDigest],
    ['snapshot', leaf.snapshot, run.snapshotDigest],
    ['results', leaf.results, run.resultsDigest],
    ['checkSet', leaf.checkSet, run.checkSetDigest],
    ['leaf', hash, run.leaf],
    ['sources', leaf.sources.map(({ pull: _, ...state }) => state), sources.map(stateInLeaf)],
  ]
  for (const [name, sealed, said] of pairs) {
    if (canonicalJson(sealed as JsonValue) === canonicalJson((said ?? null) as JsonValue)) continue
    broken(where, `its ${name} is not that in the run's leaf`, NOT_AS_SEALED, sealed, said)
  }
  if (sha256(canonicalJson(settings)) !== leaf.settings) {
    broken(
      where,
      'its settings are not those that the run was judged by',
      NOT_AS_SEALED,
      leaf.settings,
      sha256(canonicalJson(settings)),
    )
  }
}

/** As the leaf tells of a source (store/digest.ts, `stateInLeaf`). */
function stateInLeaf({ id, kind, status, collectedAt, error }: RunInputs['sources'][number]) {
  return { id, kind, status, collectedAt, error: error?.code ?? null }
}

/** Each pull under the digest that the leaf of its own run names: its calls, its pages, how it ended. */
function requirePulls({ pulls, sources }: RunInputs, leaf: RunLeaf, ledger: PackedLedger, where: string): void {
  const leaves = new Map(runsOf(ledger).map(({ run }) => [run.sequence, run]))
  for (const { source, kind, run, pull, pages } of pulls) {
    const read = sources.find(({ id }) => id === source)?.collectedAt ?? null
    if ((read === null) !== (run === null) || (run === null) !== (pull === null)) {
      broken(where, `it does not tell which pull of ${source} the run rests on`, NOT_AS_SEALED)
    }
    if (run === null || pull === null) continue
    const own = run <= leaf.sequence ? leaves.get(run) : undefined
    const sealed = own?.sources.find(({ id }) => id === source)?.pull ?? null
    const made = pullDigest({ source, kind, ...pull, pages })
    if (sealed !== made) {
      broken(
        where,
        `the pull of ${source} in run ${run} is not the one that was sealed`,
        NOT_AS_SEALED,
        sealed ?? 'none',
        made,
      )
    }
  }
}

/** What the packet says of itself follows from the ledger. */
export function requireSummary(summary: PacketSummary, ledger: PackedLedger): void {
  const where = PACKET.packet
  const { from, to } = summary.period
  const all = runsOf(ledger)
  const sealed = all.filter(({ run }) => run.snapshotAt >= from && run.snapshotAt <= to)
  if (summary.sealed !== sealed.length) {
    broken(where, 'it counts other runs in the period than the ledger', NOT_AS_SEALED, sealed.length, summary.sealed)
  }
  const last = all.findLast(({ run }) => run.snapshotAt <= to)?.run.id ?? null
  if (summary.last !== last)
    broken(where, 'it names another last run than the ledger', NOT_AS_SEALED, last, summary.last)
  if (!summary.runs.some(({ run }) => run === last))
    broken(where, 'the last run of the period is not packed', NOT_AS_SEALED)
  for (const [index, { run, sequence, asked }] of summary.runs.entries()) {
    const before = summary.runs[index - 1]
    if (before !== undefined && before.sequence >= sequence) broken(where, 'its runs are not in order', NOT_AS_SEALED)
    for (const at of asked) {
      const answer = all.findLast((one) => one.run.snapshotAt <= at)?.run.id ?? null
      if (answer !== run) broken(where, `another run was the newest at ${at}`, NOT_AS_SEALED, answer, run)
    }
  }
}

/** Whose packet it is stands in the settings of its runs. */
export function requireOwner(summary: PacketSummary, runs: readonly VerifiedRun[]): void {
  const { settings } = runs.find(({ packed }) => packed.run === summary.last)!.inputs
  for (const name of ['organization', 'demo'] as const) {
    const [sealed, said] = [settings[name], summary[name]].map((value) => canonicalJson(value as unknown as JsonValue))
    if (sealed !== said)
      broken(PACKET.packet, `its ${name} is not that of the run ${summary.last}`, NOT_AS_SEALED, sealed, said)
  }
}

/**
 * Pages: each raw file is one that a packed run rests on, and each that is not there is named as missing.
 * @param brought those that the pulls around what happened rest on
 */
export function requirePages(
  files: PacketFiles,
  summary: PacketSummary,
  runs: readonly VerifiedRun[],
  brought: ReadonlySet<string>,
): void {
  const pages = new Map<string, PageInput>()
  for (const { inputs } of runs) {
    for (const source of inputs.pulls)
      for (const page of pagesOf(source)) pages.set(rawPath(source.source, page.sha256), page)
  }
  for (const path of files.paths) {
    if (path.startsWith('raw/') && !pages.has(path) && !brought.has(path)) {
      broken(path, 'no run of the packet rests on it', 'it was put in beside what was sealed')
    }
  }
  const said = new Map(summary.missing.map((page) => [rawPath(page.source, page.sha256), page.because]))
  for (const [path, page] of pages) {
    const because: MissingPage['because'] | null = page.secret ? 'secret' : files.has(path) ? null : 'gone'
    if ((said.get(path) ?? null) === because) {
      said.delete(path)
      continue
    }
    broken(
      PACKET.packet,
      `it does not tell rightly whether ${path} is there`,
      NOT_AS_SEALED,
      because,
      said.get(path) ?? null,
    )
  }
  for (const path of said.keys()) broken(PACKET.packet, `it tells of ${path}, which no run rests on`, NOT_AS_SEALED)
}

function pagesOf({ pages, earlier }: SourceInputs): PageInput[] {
  return [...pages, ...earlier]
}

const DIGESTED: Readonly<Record<keyof Rederived['digests'], string>> = {
  snapshot: 'snapshot',
  results: 'results',
  settings: 'settings',
  checkSet: 'checks',
}

/** What of a run was compared with its leaf, in words. The sealed results and the pulls always are. */
export function compared({ rederived: { digests } }: VerifiedRun): string {
  const names = Object.entries(DIGESTED).flatMap(([name, word]) => {
    if (digests[name as keyof typeof digests].derived !== null) return [word]
    return name === 'results' ? ['results as sealed'] : []
  })
  return `${names.join(', ')} and pulls have the digests that were sealed`
}

/** Answers of earlier pulls: no leaf of a packed pull names them; that their records are the sealed ones the snapshot's digest shows. */
export function untied(runs: readonly VerifiedRun[]): string[] {
  const counts = new Map<string, Set<string>>()
  for (const { inputs } of runs) {
    for (const { source, earlier } of inputs.pulls) {
      const digests = counts.get(source) ?? new Set()
      counts.set(source, digests)
      for (const { sha256: digest } of earlier) digests.add(digest)
    }
  }
  return [...counts]
    .filter(([, { size }]) => size > 0)
    .map(([source, { size }]) => `request, status and time of ${size} answers of earlier pulls in raw/${source}`)
}

/** What could not be made again, in words; empty where all was. */
export function unfinished({ packed, rederived, undeleted }: VerifiedRun): string[] {
  const { incomplete, sources, notRerun } = rederived
  return [
    ...incomplete,
    ...sources
      .filter(({ from }) => from !== 'bytes')
      .map(({ source, from, gone }) =>
        from === 'records'
          ? `${source}: ${gone.length} answers are missing, so its records were taken as sealed`
          : `${source}: its answers could not be read, so the snapshot was not made again and the results stand as sealed`,
      ),
    ...undeleted,
    ...notRerun
      .filter(isOfAnotherRelease)
      .map(({ ref, id, version }) => `${ref} ${id} version ${version} is not in this release`),
  ].map((words) => `run ${packed.run}: ${words}`)
}

/** An operator's own check, and what rests on one, is never rerun: that is told, and is no want of this program. */
export function isOfAnotherRelease({ because }: NotRerun): boolean {
  return because === 'former' || because === 'newer'
}
