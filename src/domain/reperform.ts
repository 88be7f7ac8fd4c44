/**
 * What a sealed run's verdicts rest on beside the bytes of its pages (design section 8), and what comes out when they are
 * made again. `src/packet/rederive.ts` turns `RunInputs` and pages into records, snapshot, carried records, results and
 * digests; `reperform` feeds it from the store, `verify` from a packet's `inputs/<run>.json`.
 *
 * Everything here is plain JSON: `RunInputs` stands in a packet as canonical JSON.
 */
import type { Connector } from './connector.ts'
import type { JsonValue } from './json.ts'
import { type AnyRecord, type Carried, HOUSE_KINDS } from './record.ts'
import type { Settings } from './settings.ts'
import type { SourceState } from './snapshot.ts'
import type { CheckRef, PageInput, PastPull, PastRun, RunSummary, SealedPull, SealedResult } from './store.ts'
import type { Instant } from './time.ts'

/** Where the records of one source come from. */
export interface SourceInputs {
  readonly source: string
  /** Id of the connector that reads it. */
  readonly kind: string
  /** Sequence of the run whose accepted pull the records rest on: this one or an earlier; null before the first. */
  readonly run: number | null
  /** Every page of that pull, in the order in which it was read. */
  readonly pages: readonly PageInput[]
  /** What else the digest covers under which that pull stands in its run's leaf; null before the first. */
  readonly pull: PullInputs | null
  /**
   * Of kinds of which a pull reads only a part (posture attributes): the pages of earlier pulls that what it did not read
   * stays from, the newest pull first. The first record of a thing counts.
   */
  readonly earlier: readonly PageInput[]
  /** When readings were made whose pages nobody can name any more, since their pull is deleted; empty in most runs. */
  readonly lost: readonly Instant[]
  /** Records of `secret` pages, whose bytes are never kept. */
  readonly withheld: readonly AnyRecord[]
  /** All records as sealed, where pages are no longer kept; null where the bytes give them. */
  readonly records: readonly AnyRecord[] | null
}

/** An accepted pull beside its pages: with those, and with `source` and `kind`, `pullDigest` is over it. */
export type PullInputs = Omit<SealedPull, 'source' | 'kind' | 'pages' | 'records'>

/** A sealed result without its findings: `digest` covers those. */
export type ResultInputs = Omit<SealedResult, 'open' | 'statusOf'>

export interface RunInputs {
  readonly schema: 'exhibit.inputs/1'
  /** With the digests as sealed; `leaf` is the hash of the run's leaf in the ledger. */
  readonly run: RunSummary
  /** Critical systems, device trust, parameters, aliases, waivers, attestations, own checks' source text: all of it. */
  readonly settings: Settings
  /** In the order in which the configuration names them. */
  readonly sources: readonly SourceState[]
  /** The set of checks that judged the run; null in runs that were sealed before it was kept. */
  readonly checks: readonly CheckRef[] | null
  /** In the order of `sources`. */
  readonly pulls: readonly SourceInputs[]
  /** What the run before had left for this one; null where that is deleted by the retention rule. */
  readonly carriedBefore: readonly Carried[] | null
  /** What this run left for the next. */
  readonly carried: readonly Carried[]
  /** What this run found of its own store and ledger, which no vendor's bytes tell (`HOUSE_KINDS`). */
  readonly house: readonly AnyRecord[]
  /** As sealed. */
  readonly results: readonly ResultInputs[]
}

/** What is at hand of a run beside its inputs: with it a difference is named down to the field and the fact. */
export interface SealedDetail {
  /** All of the snapshot; null where nobody kept them apart from the bytes. */
  readonly records: readonly AnyRecord[] | null
  readonly results: readonly Pick<SealedResult, 'check' | 'system' | 'open'>[]
  /** Facts that are kept as first seen, and so cannot be compared (`movesEachRun`); of `results.json` none. */
  readonly asFirstSeen: (fact: string) => boolean
}

export type DifferenceAt =
  | 'run'
  | 'settings'
  | 'checks'
  | 'page'
  | 'source'
  | 'record'
  | 'carried'
  | 'result'
  | 'finding'
  | 'digest'

/** One thing that does not come out as it was sealed. */
export interface Difference {
  readonly at: DifferenceAt
  /** "tailnet/account/uA1", "ID-02 over tailnet: tailnet/account/uA1", a page's digest, a digest's name. */
  readonly subject: string
  /** The field or fact; null where it is the whole thing. */
  readonly field: string | null
  /** Null where there is no such thing. */
  readonly sealed: JsonValue
  readonly derived: JsonValue
}

/** A check that judged the run and was not asked again; its sealed results stand in for it. */
export interface NotRerun {
  readonly ref: string
  readonly id: string
  readonly version: number
  /**
   * `own`: the operator's, and its sealed source text is not at hand. `former`: an earlier version whose code is gone.
   * `newer`: sealed by a newer release. `rests`: it asks what the other checks need, and one of those is not here.
   */
  readonly because: 'own' | 'former' | 'newer' | 'rests'
}

/** What one source's records were made from. */
export interface SourceOrigin {
  readonly source: string
  readonly from: 'bytes' | 'records' | 'nothing'
  /** Answers whose bytes are no longer there. */
  readonly gone: readonly Pick<PageInput, 'place' | 'sha256'>[]
}

export interface Rederived {
  readonly run: RunSummary
  /** By name, in this order: settings, checkSet, snapshot, results. `derived` is null where it could not be made. */
  readonly digests: Readonly<
    Record<
      'settings' | 'checkSet' | 'snapshot' | 'results',
      { readonly sealed: string; readonly derived: string | null }
    >
  >
  readonly sources: readonly SourceOrigin[]
  readonly notRerun: readonly NotRerun[]
  readonly differences: readonly Difference[]
  /** In words: what else kept this from being the whole proof. */
  readonly incomplete: readonly string[]
}

/** `equal`: made again from bytes, every digest the same. `incomplete`: nothing differs, but not all could be made again. */
export function outcomeOf(rederived: Rederived): 'equal' | 'different' | 'incomplete' {
  if (rederived.differences.length > 0) return 'different'
  const whole =
    rederived.incomplete.length === 0 &&
    rederived.notRerun.length === 0 &&
    rederived.sources.every(({ from }) => from === 'bytes')
  return whole ? 'equal' : 'incomplete'
}

/**
 * The inputs of a stored run.
 * @param goesWhole whether the records of a source are to go along whole: where its pages are no longer kept
 */
export function inputsOf(
  past: PastRun,
  connectors: readonly Pick<Connector, 'id' | 'withheld'>[],
  goesWhole: (source: string) => boolean,
): RunInputs {
  const isCarried = (record: AnyRecord): record is Carried => record.kind === 'carried'
  const bySource = new Map<string, AnyRecord[]>()
  for (const record of past.records) {
    if (isCarried(record) || HOUSE_KINDS.has(record.kind)) continue
    const list = bySource.get(record.source)
    if (list === undefined) bySource.set(record.source, [record])
    else list.push(record)
  }
  return {
    schema: 'exhibit.inputs/1',
    run: past.run,
    settings: past.settings,
    sources: past.sources,
    checks: past.checks,
    pulls: past.sources.map(({ id, kind, collectedAt }): SourceInputs => {
      const pull = past.pulls.find(({ source }) => source === id)
      const hidden = connectors.find((connector) => connector.id === kind)?.withheld ?? []
      const records = bySource.get(id) ?? []
      return {
        source: id,
        kind,
        run: pull?.run ?? null,
        pages: pull?.pages ?? [],
        pull: pull === undefined ? null : pullInputs(pull),
        earlier: pull?.earlier ?? [],
        lost: pull?.lost ?? (collectedAt === null ? [] : [collectedAt]),
        withheld: records.filter((record) => hidden.includes(record.kind)),
        records: goesWhole(id) ? records : null,
      }
    }),
    carriedBefore: past.carriedBefore,
    carried: past.records.filter(isCarried),
    house: past.records.filter(({ kind }) => HOUSE_KINDS.has(kind)),
    results: past.results.map(({ open: _, statusOf: __, ...result }) => result),
  }
}

function pullInputs(pull: PastPull): PullInputs {
  const { outcome, collectedAt, endedAt, requests, blind, error, notVendorHost, configDigest, fall } = pull
  return { outcome, collectedAt, endedAt, requests, blind, error, notVendorHost, configDigest, fall }
}

/** Which runs: the newest, the one that was newest at a moment, or all that lie between two. */
export type ReperformRange =
  | { readonly asOf: Instant | 'latest' }
  | { readonly from: Instant | null; readonly to: Instant | null }

/** The words for a difference. */
export function sayDifference({ at, subject, field, sealed, derived }: Difference): string {
  const what = field === null ? subject : `${subject}, ${field}`
  return `${at} ${what}: sealed ${shown(sealed)}, derived ${shown(derived)}`
}

function shown(value: JsonValue): string {
  if (value === null) return 'nothing'
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > 200 ? `${text.slice(0, 199)}…` : text
}
