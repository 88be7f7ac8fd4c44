/**
 * What an audit packet holds (design section 5): where each file lies, and the shape of those that machines read. The
 * builder writes by it and `verify` reads by it; neither knows the other.
 *
 * Every text is UTF-8 with LF, tables are CSV with CRLF and a byte order mark. Every JSON file but `results.json` is
 * canonical (RFC 8785) with a line feed at its end. A packet of a demo says so in every file that people read.
 */
import type { ListingDigest } from './digests.ts'
import type { JsonValue } from './json.ts'
import type { Listing } from './listing.ts'
import type { PeriodResult } from './period.ts'
import type { Kind } from './record.ts'
import type { PullInputs } from './reperform.ts'
import type { Severity } from './settings.ts'
import type { SealedVerdict } from './store.ts'
import type { Instant } from './time.ts'

export const PACKET = {
  readme: 'README.txt',
  /** PacketSummary. */
  packet: 'packet.json',
  report: 'report.pdf',
  /** `exhibit.results/1` of the last run of the period, as sealed: aged to its own `snapshotAt`. */
  resultsJson: 'results.json',
  resultsCsv: 'results.csv',
  /** Period results (domain/period.ts), per check and system, then per control. */
  periodJson: 'period.json',
  periodCsv: 'period.csv',
  intervals: 'intervals.csv',
  days: 'inputs/days.ndjson',
  coverage: 'coverage.csv',
  configuration: 'configuration.csv',
  controls: 'controls.csv',
  requests: 'requests.csv',
  waivers: 'waivers.csv',
  attestations: 'attestations.csv',
  reviews: 'reviews.csv',
  leavers: 'events/leavers.csv',
  /** Which pulls show what happened, and whether the packet holds them. */
  pulls: 'events/pulls.csv',
  oscal: 'oscal-assessment-results.json',
  ocsf: 'ocsf-findings.ndjson',
  auditLog: 'audit-log.csv',
  /** Leaf n of the ledger is line n + 1, its body to the byte; its kind is the body's `type`. All leaves from 0 on. */
  leaves: 'ledger/leaves.ndjson',
  /** The signed note of the checkpoint that the packet rests on: its size is the number of leaves. */
  checkpoint: 'ledger/checkpoint.txt',
  /** Every checkpoint of the period up to that one, one signed note after another, by size. */
  checkpoints: 'ledger/checkpoints.txt',
  /** readonly ConsistencyProof[], by `from`. */
  consistency: 'ledger/consistency.json',
  /** readonly PackedStamp[], by size, then authority; absent where no outside authority stamped anything in the period. */
  timestamps: 'ledger/timestamps.json',
  allowedSigners: 'allowed_signers',
  manifest: 'manifest.sha256',
  /** Ed25519 over the manifest's bytes: the 64 bytes as they are. */
  signature: 'manifest.sha256.sig',
  /** The same key's signature as `ssh-keygen -Y verify` reads it, namespace `exhibit`. */
  sshSignature: 'manifest.sha256.sshsig',
  /** SubjectPublicKeyInfo, PEM. */
  publicKey: 'public-key.pem',
} as const

/** Not in the manifest: it cannot list itself, nor what is made of it. Everything else is, once. */
export const UNLISTED: readonly string[] = [PACKET.manifest, PACKET.signature, PACKET.sshSignature, PACKET.publicKey]

export const SSH_NAMESPACE = 'exhibit'
export const signerOf = (organization: string): string => `exhibit@${organization}`

/** A page as received. */
export const rawPath = (source: string, sha256: string): string => `raw/${source}/${sha256}`
/** `RunInputs` (domain/reperform.ts): what else the verdicts of that run rest on. */
export const inputsPath = (run: string): string => `inputs/${run}.json`
/** PackedCheck. */
export const checkPath = (id: string): string => `checks/${id}.json`
/** One row a subject that the check judged in the last run: facts, expected, status, reason, and where the vendor's bytes say so. */
export const testPath = (id: string): string => `tests/${id}.csv`
/** Transitions of one kind in the period (domain/period.ts). */
export const eventsPath = (kind: string): string => `events/${kind}.csv`
/** A drawn sample: `SampleFile`. */
export const samplePath = (draw: string): string => `samples/${draw}.json`
/** What it was drawn from: every key of the frame, one a line; the file has the digest that the frame's leaf names. */
export const framePath = (frame: string): string => `samples/${frame}.txt`
/** Every record of the kind that was there at any time of the period, one row each. */
export const populationPath = (kind: string): string => `populations/${kind}.csv`
/** Every record of the kind that a packed run knew, with its fields: one row each and run. */
export const runPopulationPath = (kind: string): string => `populations/runs/${kind}.csv`
/** Of each configuration that judged a run of the period, by its digest. */
export const settingsPath = (digest: string): string => `inputs/settings/${digest}.json`
/** PackedPull: a pull next to something that happened. */
export const pullPath = (run: string, source: string): string => `inputs/pulls/${run}-${source}.json`
/** C2SP tlog-proof of the run's leaf in `PACKET.checkpoint`. */
export const inclusionPath = (run: string): string => `ledger/inclusion/${run}.tlog-proof`

/** "<64 hex>  <path>\n", by path in byte order. Read it strictly: nothing else is a line. */
export const MANIFEST_LINE = /^([0-9a-f]{64}) {2}([^\n\r\\]+)$/

/** What names in the packet are made of: no step up, no drive, no control characters. */
export const SAFE_PATH = /^(?!\.{1,2}(?:\/|$))[\w.@+-]+(?:\/(?!\.{1,2}(?:\/|$))[\w.@+-]+)*$/

export interface PackedRun {
  readonly run: string
  readonly sequence: number
  readonly snapshotAt: Instant
  /** Index of its leaf in the ledger. */
  readonly leaf: number
  /** The moments of `--at` that it answers; empty for the last run of the period where nobody asked for it, and of a sample. */
  readonly asked: readonly Instant[]
  /** Given by an auditor before the run began, as its leaf has it; absent where nobody gave one. */
  readonly nonce?: string
}

export interface SummarizedRun extends PackedRun {
  /** Sources of which an answer that was kept is gone: the run is re-performed from their records, not from bytes. */
  readonly fromRecords: readonly string[]
}

export interface PacketSummary {
  readonly schema: 'exhibit.packet/1'
  readonly organization: { readonly id: string; readonly name: string }
  readonly demo: boolean
  readonly period: { readonly from: Instant; readonly to: Instant }
  /** The program that wrote the packet. */
  readonly software: string
  /** By sequence. Each has its inputs, its raw pages, its inclusion proof. */
  readonly runs: readonly SummarizedRun[]
  /** The last run of the period: `results.*`, `report.pdf`, `intervals.csv` are of it. */
  readonly last: string
  /** Runs that were sealed in the period. */
  readonly sealed: number
  readonly checkpoint: { readonly origin: string; readonly size: number; readonly root: string }
  /** SHA-256 of the public key's SubjectPublicKeyInfo, hex. */
  readonly fingerprint: string
  /** Pages that a packed run rests on and that are not in `raw/`; by source, then digest. */
  readonly missing: readonly MissingPage[]
}

/** `period.json`. */
export interface PackedPeriod {
  readonly schema: 'exhibit.period/1'
  readonly period: { readonly from: Instant; readonly to: Instant }
  /** Up to when it is told: its end, or its last run while it is not over. */
  readonly until: Instant
  /** Per check by ref and system, then per control. */
  readonly results: readonly PeriodResult[]
}

/**
 * A pull with the digest that the run's leaf names, which is made of those of its listings (`pullDigestOver`): whoever has
 * one of them whole can show that nothing of it is missing, without the others.
 */
export interface PackedPull {
  readonly schema: 'exhibit.pull/1'
  readonly run: string
  readonly sequence: number
  readonly source: string
  /** Id of the connector that reads it. */
  readonly kind: string
  readonly shows: readonly Kind[]
  readonly pull: Omit<PullInputs, 'requests'>
  /** All of them, in the order of the pull. */
  readonly listings: readonly ListingDigest[]
  /** Those that may tell of what `shows` names, whole; their answers are in `raw/`. */
  readonly shown: readonly Listing[]
}

/** A line of `inputs/days.ndjson`: what each check came to in the last run of a day, which its results digest is over. */
export interface PackedDay {
  readonly run: string
  readonly sequence: number
  readonly snapshotAt: Instant
  /** By ref, then system. */
  readonly results: readonly SealedVerdict[]
}

export interface MissingPage {
  readonly source: string
  readonly sha256: string
  readonly request: string
  /** `secret`: its kind is never kept, its records are. `gone`: it was kept, and its time is over. */
  readonly because: 'secret' | 'gone'
}

/** What a check asked, as it judged the runs of the packet. */
export interface PackedCheck {
  readonly schema: 'exhibit.check/1'
  readonly id: string
  readonly ref: string
  /** Made by the operator: `verify` lists it and does not run it. */
  readonly operator: boolean
  /** The rule as the program that wrote the packet has it; null where that one no longer knows the check. */
  readonly rule: CheckRule | null
  /** SHA-256 of the rule's canonical JSON, hex; null without a rule. */
  readonly digest: string | null
  /** By sequence of the run, then system. `version` other than the rule's: an earlier meaning of the check. */
  readonly judged: readonly {
    readonly run: string
    readonly system: string | null
    readonly version: number
    readonly parameters: Readonly<Record<string, JsonValue>>
  }[]
}

export interface CheckRule {
  readonly version: number
  readonly title: string
  readonly question: string
  readonly why: string
  readonly remediation: string
  readonly severity: Severity
  readonly informational: boolean
  readonly controls: readonly { readonly framework: string; readonly id: string; readonly indirect: boolean }[]
  /** Name → what it says and its default. */
  readonly parameters: Readonly<Record<string, { readonly says: string; readonly default: JsonValue }>>
  /** SHA-256 of the file that an operator's own check came from, as sealed; its text is in the run's inputs. */
  readonly file: { readonly name: string; readonly sha256: string } | null
}

/** RFC 6962 section 2.1.2, hex, between two checkpoints of the packet; `to` is that of `PACKET.checkpoint`. */
export interface ConsistencyProof {
  readonly from: number
  readonly to: number
  readonly fromRoot: string
  readonly toRoot: string
  readonly proof: readonly string[]
}

/** An outside time stamp (RFC 3161): `openssl ts -verify -data <note> -in <reply> -CAfile …`. */
export interface PackedStamp {
  readonly size: number
  readonly authority: string
  readonly stampedAt: Instant
  /** Path of the signed note that was stamped. */
  readonly note: string
  /** Path of the answer as received. */
  readonly reply: string
}

/** Last column of every table of a demo; in no other. */
export const DEMO_COLUMN = 'demo'

export const COLUMNS = {
  period: [
    'what',
    'ref',
    'id',
    'system',
    'population',
    'tested',
    'met',
    'deviated',
    'notDeterminable',
    'waived',
    'longestGapSeconds',
    'longestGapCause',
    'gapLimitSeconds',
    'covered',
    'checksMet',
    'checksMapped',
    'says',
    'counts',
  ],
  /** `vendorPull` is the pull whose answer brought the log's event, as of the leavers. */
  events: [
    'kind',
    'source',
    'recordKind',
    'key',
    'label',
    'from',
    'to',
    'lastSeenBefore',
    'firstSeenAfter',
    'vendorTime',
    'actor',
    'actorType',
    'auditEvent',
    'beforeFirstRun',
    'vendorPull',
    'vendorRaw',
  ],
  /**
   * Of each bound, of the roster's word and of the log's: the pull by its path in `inputs/pulls`, then the answers in `raw/`
   * that show it; those are empty where the pull is not packed, which `pulls` has with the reason.
   */
  leavers: [
    'system',
    'person',
    'name',
    'type',
    'endDate',
    'endsAt',
    'rosterSaidAt',
    'dueAt',
    'accounts',
    'lastPullWithAccess',
    'firstPullWithout',
    'vendorTime',
    'actor',
    'clock',
    'lateSeconds',
    'why',
    'rosterBackAt',
    'accessBackAt',
    'auditEvent',
    'rosterPull',
    'rosterRaw',
    'withAccessPull',
    'withAccessRaw',
    'withoutPull',
    'withoutRaw',
    'vendorPull',
    'vendorRaw',
  ],
  reviews: [
    'review',
    'system',
    'frozenAt',
    'signedAt',
    'by',
    'account',
    'login',
    'decision',
    'newRole',
    'reason',
    'reviewer',
    'doneAt',
  ],
  /** `packed` says whether the pull is in `inputs/pulls`, its pages in `raw/`; `because` why not. */
  pulls: ['source', 'run', 'sequence', 'collectedAt', 'recordKinds', 'happenings', 'pull', 'packed', 'because'],
  population: [
    'source',
    'key',
    'label',
    'firstSeen',
    'lastSeen',
    'lastRun',
    'atBegin',
    'atEnd',
    'judgedAtLastSight',
    'excludedBecause',
  ],
  /**
   * One row a call of the pulls that a packed run rests on; of each other pull in the period one row without a call.
   * `pull` is the digest of the pull as its run's leaf names it.
   */
  requests: [
    'source',
    'run',
    'sequence',
    'outcome',
    'pull',
    'method',
    'path',
    'parameters',
    'place',
    'host',
    'address',
    'certificate',
    'startedAt',
    'durationMs',
    'status',
    'items',
    'bytes',
    'sha256',
    'kept',
    'date',
    'requestId',
    'error',
  ],
  /**
   * First the counts of each check, without a subject, from one day to another at whose ends they were the same; then each
   * failure and unknown.
   */
  intervals: [
    'ref',
    'check',
    'system',
    'subjectKind',
    'subjectSource',
    'subjectKey',
    'subjectLabel',
    'status',
    'unknownReason',
    'firstSeen',
    'from',
    'to',
    'cause',
    'severity',
    'dueAt',
    'sla',
    'waiver',
    'waiverUntil',
    'pass',
    'fail',
    'unknown',
    'notApplicable',
  ],
  coverage: ['what', 'id', 'system', 'from', 'to', 'seconds', 'state', 'cause', 'share'],
  /** The first row is what was in force when the period began. `from` and `to` are empty where the thing was not there. */
  configuration: [
    'leaf',
    'run',
    'at',
    'by',
    'kind',
    'path',
    'from',
    'to',
    'turnedResults',
    'turnedSubjects',
    'settings',
    'checkSet',
    'software',
    'build',
  ],
  controls: ['control', 'text', 'owner', 'framework', 'criterion', 'ref', 'check', 'version', 'title', 'relation'],
  waivers: ['id', 'check', 'subject', 'owner', 'approver', 'reason', 'created', 'expires', 'inForce'],
  attestations: ['id', 'check', 'system', 'answer', 'by', 'on', 'until', 'note'],
  auditLog: ['leaf', 'kind', 'at', 'by', 'run', 'what', 'hash'],
} as const
