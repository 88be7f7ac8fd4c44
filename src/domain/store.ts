/**
 * What the database promises. Each method is one whole transaction; callers never see begin or commit. Asynchronous
 * from the first day, as a database across a network needs it.
 *
 * Durability: what a resolved promise acknowledged is on disk (`synchronous=FULL`). Concurrency: one writer per data
 * folder, held by `lock`; any number of readers, which see only whole sealed runs.
 * Errors: AppError `storage` for anything the database refuses (disk full, damaged, locked), naming the operation.
 */
import type { ApiKeys } from './api-key.ts'
import type { Page, RequestNote } from './connector.ts'
import type { PullErrorCode } from './error.ts'
import type { Finding, Status, Subject, UnknownReason } from './finding.ts'
import type { JsonObject, JsonValue } from './json.ts'
import type { Checkpoint, Stamp } from './ledger.ts'
import type { NewEvent, Outbox } from './outbox.ts'
import type { AnyRecord, Carried, Integrity, Kind } from './record.ts'
import type { Counts } from './result.ts'
import type { Settings, Severity } from './settings.ts'
import type { Blindness, Snapshot, SourceState } from './snapshot.ts'
import type { Failure, Standing } from './standing.ts'
import type { Instant } from './time.ts'
import type { Turned } from './turned.ts'

export type PullOutcome = 'complete' | 'failed' | 'held'

/** One attempt to read one source, as it is sealed. */
export interface SealedPull {
  readonly source: string
  readonly kind: string
  readonly outcome: PullOutcome
  /** When the first request left. */
  readonly collectedAt: Instant
  readonly endedAt: Instant
  readonly requests: readonly RequestNote[]
  /** The pages, without their bodies, in order; of a rejected pull too, where they were kept. */
  readonly pages: readonly Omit<Page, 'body'>[]
  readonly blind: readonly Blindness[]
  readonly error: { readonly code: PullErrorCode; readonly message: string } | null
  readonly notVendorHost: boolean
  /** Digest of the source's configuration, credential aside: a change makes it due at once. */
  readonly configDigest: string
  /** What fell too far, kind → [known before, counted now]: of a held pull, and of one whose fall was accepted. */
  readonly fall: Readonly<Record<string, readonly [number, number]>> | null
  /** Records of an accepted pull; of a held one too, so that the fall can be accepted later. */
  readonly records: readonly AnyRecord[]
}

/** What a result came to, without any finding. */
export interface SealedVerdict {
  readonly check: string
  readonly version: number
  readonly ref: string
  readonly system: string | null
  readonly status: Status
  readonly unknownReason: UnknownReason | null
  readonly message: string | null
  readonly parameters: Readonly<Record<string, JsonValue>>
  readonly counts: Counts
  /** SHA-256 over all findings, those that passed too (`findingsDigest`). */
  readonly digest: string
}

/** Of the subjects that a check speaks of those that it judged. */
export interface JudgedSubjects {
  /** Results that speak of the same in the same order share the list: what is worked out of it is worked out once. */
  readonly subjects: readonly Pick<Subject, 'source' | 'kind' | 'key'>[]
  /** A byte a subject: 1 where it passed, failed or is unknown, 0 where it was set aside. */
  readonly judged: Uint8Array
}

/** A result without the findings that passed: those are counted, and rebuilt from the snapshot when asked for. */
export interface SealedResult extends SealedVerdict {
  /** `fail` and `unknown`. */
  readonly open: readonly Finding[]
  /**
   * The status of a subject that was open before; null: it is gone. In memory only, for the seal, which needs the cause
   * for which a finding closes; absent in what is read back.
   */
  readonly statusOf?: (subject: Subject) => Status | null
  /** For `Store.judged`. In memory only, for the seal; absent in what is read back, and where nobody wants it kept. */
  readonly judged?: JudgedSubjects
}

export interface Acceptance {
  readonly source: string
  readonly because: string
  readonly by: string
  readonly at: Instant
}

/** A check as the set of those that judged a run names it. */
export interface CheckRef {
  readonly ref: string
  readonly id: string
  readonly version: number
  readonly severity: Severity
}

export interface SealedRun {
  readonly id: string
  readonly startedAt: Instant
  readonly snapshotAt: Instant
  readonly settings: Settings
  /** SHA-256 of the settings' canonical JSON. */
  readonly settingsDigest: string
  readonly software: string
  /** Digest of the built checks, domain and connectors. */
  readonly build: string
  readonly checkSetDigest: string
  /** Every check, by ref, disabled ones too: what `checkSetDigest` is of (`checkSet` in evidence.ts). */
  readonly checkSet: readonly CheckRef[]
  /** Sources pulled in this run. Those not pulled keep their last state. */
  readonly pulls: readonly SealedPull[]
  /** State of every configured source after this run. */
  readonly sources: readonly SourceState[]
  /** Every carried, integrity and anchor record of this run, whole. */
  readonly carried: readonly AnyRecord[]
  readonly results: readonly SealedResult[]
  readonly acceptances: readonly Acceptance[]
  /** Who ran it: the login of the process that read the configuration. */
  readonly by: string
  /** What a change of configuration or program turned; null where neither changed, and in the first run. */
  readonly turned: Turned | null
  /** What is told of it: kept with it, or not at all. */
  readonly events: readonly NewEvent[]
  /** Given by an auditor before the run began: stands in its leaf. Null where nobody gave one. */
  readonly nonce: string | null
}

export interface RunSummary {
  readonly id: string
  readonly sequence: number
  readonly startedAt: Instant
  readonly snapshotAt: Instant
  readonly software: string
  readonly build: string
  readonly settingsDigest: string
  readonly snapshotDigest: string
  readonly resultsDigest: string
  readonly checkSetDigest: string
  /** RFC 6962 leaf hash of the run's leaf, hex. */
  readonly leaf: string
}

/** One leaf of the evidence ledger, as stored. */
export interface Leaf {
  readonly index: number
  /** `run`, `acceptance`, `configuration`, `waiver`, `attestation`, `key`, `export`, `retention`, … */
  readonly kind: string
  /** Canonical JSON (RFC 8785). */
  readonly body: string
  /** SHA-256(0x00 ‖ body), hex: RFC 6962 section 2.1. */
  readonly hash: string
}

/** A leaf to be appended. */
export interface NewLeaf {
  readonly kind: string
  /** With the kind as its `type`; stands in the ledger as canonical JSON. */
  readonly body: JsonObject
}

/** A run with the checkpoint that was signed in its seal. */
export interface SealedSummary extends RunSummary {
  readonly checkpoint: Checkpoint
}

/** A failure or an unknown, from the first run that saw it to the last. */
export interface FindingInterval {
  readonly check: string
  readonly system: string | null
  readonly subject: Subject
  readonly status: 'fail' | 'unknown'
  readonly unknownReason: UnknownReason | null
  /** Since when the subject fails or is unknown without a pass in between; the SLA counts from a failure's. */
  readonly firstSeen: Instant
  /** When this interval began: later than `firstSeen` where another one changed into it. */
  readonly from: Instant
  readonly closedAt: Instant | null
  readonly cause: 'passed' | 'subject_gone' | 'left_scope' | 'disabled' | 'configuration' | 'changed' | null
}

/** Which intervals are asked for; what is absent holds for all. */
export interface IntervalFilter {
  readonly open?: boolean
  readonly status?: 'fail' | 'unknown'
  /** Ids. */
  readonly checks?: readonly string[]
  readonly system?: string
  /** Source of the subject. */
  readonly source?: string
  /** Opened, closed, or with other facts since, in a run whose `snapshotAt` is later. */
  readonly updatedSince?: Instant
}

export interface ListedInterval extends FindingInterval {
  /** What a check with a deadline of its own said of it; null where the severity's time counts. */
  readonly ownClock: 'breached' | 'not_determinable' | null
}

export interface IntervalPage {
  readonly intervals: readonly ListedInterval[]
  /** To go on from; null at the end. */
  readonly next: number | null
}

/** A check's verdict over one system from a run on, until the next of the same: told where one of these differs. */
export interface VerdictChange {
  readonly check: string
  readonly system: string | null
  readonly sequence: number
  /** Null: it gave no result any more. */
  readonly status: Status | null
  readonly unknownReason: UnknownReason | null
  /** Why the engine answered instead of the check; null where the check did. */
  readonly message: string | null
}

/** What a record said from one run on, until its next version. Volatile fields are null. */
export interface RecordVersion {
  readonly source: string
  readonly kind: Kind
  readonly key: string
  /** Sequence of the run. */
  readonly from: number
  /** Null: it was gone. */
  readonly record: AnyRecord | null
}

/** Who a check judged at any time between two runs, over one system: passed, failed or unknown; not who was set aside. */
export interface JudgedPopulation {
  readonly check: string
  readonly system: string | null
  /** In byte order of source, kind, key. */
  readonly subjects: readonly { readonly source: string; readonly kind: string; readonly key: string }[]
}

/** How a source was left by its newest attempts: what the scheduler and the guard against falls need. */
export interface SourceHistory {
  readonly state: SourceState
  readonly configDigest: string | null
  /** Consecutive attempts that ended in `auth_failed` or `forbidden`, up to the newest. */
  readonly authFailures: number
  /**
   * Kind → the highest count of an accepted pull in the last seven days, ephemeral devices aside. After somebody accepted
   * a fall (a complete pull with `fall`), only that pull and later ones count: else the old height would hold the next.
   */
  readonly highest: Readonly<Record<string, number>>
  /** The newest pull, where it is held. */
  readonly held: SealedPull | null
}

/** A run without what its results left open: over a large fleet that is 20 MB, of which a report needs next to nothing. */
export interface RunVerdicts {
  readonly run: RunSummary
  readonly snapshot: Snapshot
  readonly results: readonly SealedVerdict[]
  /** The set that judged it, disabled ones among them; null for runs that were sealed before it was kept. */
  readonly checks: readonly CheckRef[] | null
}

export interface RunView extends RunVerdicts {
  readonly results: readonly SealedResult[]
}

/** One answer, without its bytes: those are found by `sha256`. */
export type PageInput = Omit<Page, 'body'>

/** The accepted pull that a source's records rest on. */
export interface PastPull extends Omit<SealedPull, 'records'> {
  /** Sequence of the run that made it. */
  readonly run: number
  /** As its run's leaf names it. */
  readonly digest: string
  /** Pages of earlier pulls that the readings come from which this one did not make anew, newest pull first. */
  readonly earlier: readonly PageInput[]
  /** When those readings were made whose pull is no longer kept. */
  readonly lost: readonly Instant[]
}

/** All that is kept of a sealed run, the bytes of its pages aside. */
export interface PastRun {
  readonly run: RunSummary
  /** The run's leaf, to the byte. */
  readonly leaf: string
  readonly settings: Settings
  readonly sources: readonly SourceState[]
  /** Null in runs that were sealed before it was kept. */
  readonly checks: readonly CheckRef[] | null
  /** Of the snapshot, carried, integrity and anchor records among them. */
  readonly records: readonly AnyRecord[]
  /** What the run before had left; null where that is deleted by the retention rule. */
  readonly carriedBefore: readonly Carried[] | null
  /** Of every source that had an accepted pull by then, while it is kept. */
  readonly pulls: readonly PastPull[]
  readonly results: readonly SealedResult[]
}

/** What may be deleted, and when. */
export interface RetentionRule {
  readonly days: number
  /** `daily`: after 7 days only the pages of the first pull of each day, of the newest, and of what was handed out. */
  readonly raw: 'all' | 'daily'
  /** A legal hold: nothing is deleted. */
  readonly hold: boolean
  /** The beginning of the earliest period that is still open; nothing since then is deleted. */
  readonly neededFrom: Instant | null
}

export interface Retained {
  /** The checkpoint that covers the leaf of kind `retention`; null where none was written. */
  readonly tombstone: Checkpoint | null
  /** Rows that went. */
  readonly deleted: number
  /** False: the rest goes with the next calls. */
  readonly done: boolean
}

/** A database as it stood when it was copied. */
export interface Copied {
  /** The newest checkpoint in it; null where nothing was sealed yet. */
  readonly checkpoint: Checkpoint | null
  readonly bytes: number
}

export interface Store extends Outbox, ApiKeys {
  /** Takes the folder's one writer's place, waiting for it; the function returned gives it back. */
  lock(signal: AbortSignal): Promise<() => Promise<void>>

  /**
   * Keeps pages before the seal that names them, each body once by digest. A page that no seal names is swept by
   * `sweep`. Bodies of `secret` pages are not kept. Many pages make one transaction.
   */
  keepPages(pages: readonly Page[]): Promise<void>
  /** The body as received; null when it is not (or no longer) kept. Throws `storage` when it does not give its digest. */
  page(sha256: string): Promise<Uint8Array | null>

  /**
   * Works out what the seal will write of a pull, while other sources are still asked: none of it depends on what is
   * judged. The seal of a run with this very pull takes it, unless another run was sealed meanwhile; without it, it works
   * all of it out itself, and seals the same. Nobody finds anything of it before that seal, or ever without one.
   * @param known what `recordsOf` gave of the source: what says the same in both is not digested anew
   */
  prepare(pull: SealedPull, known: readonly AnyRecord[]): Promise<void>
  /**
   * Records, results, findings that changed, the ledger leaves, their signed checkpoint: one transaction.
   * @param before what `carried` gave: what says the same is not digested anew
   */
  seal(run: SealedRun, before?: readonly AnyRecord[]): Promise<SealedSummary>

  /** The newest sealed run whose `snapshotAt` is not after `at`, in sequence; null before the first. */
  runAt(at: Instant | 'latest'): Promise<RunView | null>
  /** The same without what was left open. */
  verdictsAt(at: Instant | 'latest'): Promise<RunVerdicts | null>
  /** What `runAt` has as `open` of a result of that run. Throws `usage` where it is deleted by the retention rule. */
  openIn(sequence: number, result: SealedVerdict): Promise<readonly Finding[]>
  runs(limit: number): Promise<readonly RunSummary[]>
  /**
   * What any sealed run rests on; null where there is no such run. Throws `usage` where that is deleted by the retention
   * rule.
   */
  past(runId: string): Promise<PastRun | null>
  /** Runs whose `snapshotAt` lies between the two, both included, in sequence. */
  runsBetween(from: Instant, to: Instant): Promise<readonly RunSummary[]>
  /** What each check answered in the run of the sequence, without findings: what its results digest is over. */
  verdictsOf(sequence: number): Promise<readonly SealedVerdict[]>
  /** What each check answered in the run `from`, and every change up to the run `to`; by check, system and sequence. */
  verdicts(from: number, to: number): Promise<readonly VerdictChange[]>
  /**
   * Every version of the records of these kinds that held at any time from the run `from` to the run `to`: the one in force
   * at `from` and each later one, by source, kind, key, then run. Of one record where `only` names it. That it was absent
   * is told where something was before; a source that left the settings leaves its records as they were last read. Throws
   * `usage` where what the run `from` rests on is deleted by the retention rule.
   */
  versions(
    kinds: readonly Kind[],
    from: number,
    to: number,
    only?: { readonly source: string; readonly key: string },
  ): AsyncIterable<RecordVersion>
  /**
   * By check and system, those without anybody left out. Runs that were sealed before this was kept add nothing. Throws
   * `usage` where what the run `from` rests on is deleted by the retention rule.
   */
  judged(from: number, to: number): Promise<readonly JudgedPopulation[]>
  /** Records of the last accepted pull of one source; empty before the first. */
  recordsOf(source: string): Promise<readonly AnyRecord[]>
  /** What the newest run left beside the records of its pulls: those carried, and our own (`isOurs`). */
  carried(): Promise<readonly AnyRecord[]>
  history(source: string, now: Instant): Promise<SourceHistory | null>
  /** The newest attempt's request log and pages, or that of the run given. */
  lastPull(source: string, runId?: string): Promise<Omit<SealedPull, 'records'> | null>
  /**
   * Intervals still open, and with `all` also those closed: as the newest run left them, or the one of the sequence `upTo`.
   */
  findings(which: 'open' | 'all', upTo?: number): Promise<readonly FindingInterval[]>
  /** What was open and closed in runs whose `snapshotAt` is later, newest first; what merely changed is not among it. */
  closedSince(since: Instant, limit: number): Promise<readonly FindingInterval[]>
  /**
   * Intervals as the run of the sequence `upTo` left them, newest first: pages of one `upTo` fit together, whatever is
   * sealed meanwhile. `before` is the `next` of the page before, null for the first.
   */
  intervals(filter: IntervalFilter, upTo: number, limit: number, before: number | null): Promise<IntervalPage>
  /** Runs before a sequence, newest first, of those whose `snapshotAt` is later than `since`. */
  runsBefore(before: number | null, since: Instant | null, limit: number): Promise<readonly RunSummary[]>
  /** What the next run tells the outside of is told against this; null before the first. */
  standing(): Promise<Standing | null>
  /** Those of them that failed at some time, whatever came since. */
  failedBefore(failures: readonly Failure[]): Promise<readonly Failure[]>
  leaves(from: number): AsyncIterable<Leaf>
  /** Leaves of one kind, in order. */
  leavesOf(kind: string): Promise<readonly Leaf[]>
  /** Appends leaves of other kinds than `run`, with the checkpoint that covers them, and what is told of them. */
  append(leaves: readonly NewLeaf[], at: Instant, events?: readonly NewEvent[]): Promise<Checkpoint>
  /** Every checkpoint that was ever signed, by size, from this one on. */
  checkpoints(from: number): AsyncIterable<Checkpoint>
  /** Null before the first, or where none was signed at that size. */
  checkpoint(size: number | 'latest'): Promise<Checkpoint | null>
  /** RFC 6962 section 2.1.1, from leaf to root. */
  inclusion(index: number, size: number): Promise<readonly string[]>
  /** RFC 6962 section 2.1.2. */
  consistency(from: number, to: number): Promise<readonly string[]>
  keepStamp(stamp: Stamp): Promise<void>
  newestStamp(): Promise<Stamp | null>
  /** Of checkpoints of at least this size, by size. */
  stamps(from: number): Promise<readonly Stamp[]>

  /**
   * COL-05: verifies the newest run's items, and of everything older the share whose place in the day lies between
   * `since` and `now` (all of it when a day has passed), by digest. One record a part: checkpoints,
   * leaves, pages, records.
   */
  verify(since: Instant | null, now: Instant): Promise<readonly Integrity[]>
  /** Removes pages that no sealed run names and that are older than a day. */
  sweep(now: Instant): Promise<number>
  /**
   * Deletes what the rule allows, after a leaf of kind `retention` that says what. Called by who holds the writer's place,
   * after any seal: it acts at most once a day, by the moment of the day before, which moves on by two days a day at
   * most, and a bounded number of rows a call.
   */
  retain(rule: RetentionRule, now: Instant): Promise<Retained>
  /**
   * Something handed out rests on this run: its pages stay for the retention time whatever `raw` says. Gives the sources
   * whose pages were deleted before.
   */
  keepPagesOf(runId: string): Promise<readonly string[]>
  /** The first run whose snapshot can still be rebuilt; null before the first of all. */
  oldest(): Promise<RunSummary | null>
  /** Copies the database as it stands now into a new file, while others go on; `progress` is told pages of the file. */
  copy(path: string, progress: (done: number, total: number) => void): Promise<Copied>

  /** Small facts of the server: sign-in links, sessions, answers that may be asked for again. Never secrets: by digest. */
  put(area: string, key: string, value: JsonObject, expiresAt: Instant | null): Promise<void>
  get(area: string, key: string, now: Instant): Promise<JsonObject | null>
  /** Removes and returns it: of two that take the same, one gets null. */
  take(area: string, key: string, now: Instant): Promise<JsonObject | null>

  /** Bytes of the database after its log was folded in. */
  size(): Promise<number>
  close(): Promise<void>
}
