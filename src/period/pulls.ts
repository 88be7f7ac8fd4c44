/** Which runs read which source: what bounds are made of. */
import type { SourceStatus } from '../domain/snapshot.ts'
import type { Instant } from '../domain/time.ts'

/** A run as its leaf tells it. */
export interface RunOfPeriod {
  readonly id: string
  readonly sequence: number
  readonly snapshotAt: Instant
  /** Digest of its settings. */
  readonly settings: string
  readonly sources: readonly {
    readonly id: string
    readonly kind: string
    readonly status: SourceStatus
    readonly collectedAt: Instant | null
    /** Digest of the pull that the run made of it; null where it made none. */
    readonly pull: string | null
  }[]
}

/** An accepted pull of one source. */
export interface AcceptedPull {
  readonly sequence: number
  readonly run: string
  /** When its first request left: what it shows was true then or later. */
  readonly collectedAt: Instant
  /** When its run's last pull had ended: what it shows was true then or earlier. */
  readonly endedAt: Instant
}

/** What of a source a pull may not have seen although it was accepted: "account", "key/auth". */
export type Part = string

export interface Pulls {
  readonly runs: readonly RunOfPeriod[]
  /** Ids of the sources that any run names, with their kind, by first sight. */
  readonly sources: ReadonlyMap<string, string>
  /** Accepted pulls of the source that saw this part, by sequence. */
  of(source: string, part?: Part): readonly AcceptedPull[]
  /** When the pull was made that the first run at hand took over, having made none that was accepted; null: there is none. */
  readBefore(source: string): Instant | null
  /** When the run was sealed; of one before those at hand that of the first of them, where nobody looked it up. */
  momentOf(sequence: number): Instant
  /** Sequence of the run whose reading of the source is the first of all, as far as runs are kept. */
  firstReading(source: string): number
}

/** What is known of runs before those at hand. */
export interface Earlier {
  /** Sequence of the first run that is kept. */
  readonly oldest: number
  readonly moments: ReadonlyMap<number, Instant>
}

/**
 * @param runs by sequence
 * @param unseen sequences whose pull of the source was refused this part
 */
export function pullsOf(
  runs: readonly RunOfPeriod[],
  unseen: (source: string, part: Part) => ReadonlySet<number> = () => NONE,
  earlier: Earlier = { oldest: runs[0]?.sequence ?? 0, moments: new Map() },
): Pulls {
  const sources = new Map<string, string>()
  const accepted = new Map<string, AcceptedPull[]>()
  for (const { id: run, sequence, snapshotAt, sources: states } of runs) {
    for (const { id, kind, status, collectedAt, pull } of states) {
      if (!sources.has(id)) sources.set(id, kind)
      if (collectedAt === null || !isAccepted(status, pull)) continue
      const own = accepted.get(id)
      const made = { sequence, run, collectedAt, endedAt: snapshotAt }
      if (own === undefined) accepted.set(id, [made])
      else own.push(made)
    }
  }
  const seen = new Map<string, readonly AcceptedPull[]>()
  const moments = new Map([
    ...earlier.moments,
    ...runs.map(({ sequence, snapshotAt }): [number, Instant] => [sequence, snapshotAt]),
  ])
  return {
    runs,
    sources,
    momentOf: (sequence) => moments.get(sequence) ?? runs[0]!.snapshotAt,
    firstReading: (source) =>
      earlier.oldest < runs[0]!.sequence ? earlier.oldest : (accepted.get(source)?.[0]?.sequence ?? 0),
    of(source, part) {
      const all = accepted.get(source) ?? []
      if (part === undefined) return all
      const name = `${source}\0${part}`
      let own = seen.get(name)
      if (own === undefined) {
        const blind = unseen(source, part)
        own = blind.size === 0 ? all : all.filter(({ sequence }) => !blind.has(sequence))
        seen.set(name, own)
      }
      return own
    },
    readBefore(source) {
      const state = runs[0]?.sources.find(({ id }) => id === source)
      // An accepted pull of the first run itself is at hand.
      return state === undefined || isAccepted(state.status, state.pull) ? null : state.collectedAt
    },
  }
}

/** A file that was old already when it was read is stale at once; the reading was accepted all the same. */
function isAccepted(status: SourceStatus, pull: string | null): boolean {
  return pull !== null && (status === 'complete' || status === 'stale')
}

const NONE: ReadonlySet<number> = new Set()

/** The last pull before a run, and the first from it on. */
export function around(
  pulls: readonly AcceptedPull[],
  sequence: number,
): { before: AcceptedPull | null; from: AcceptedPull | null } {
  let low = 0
  let high = pulls.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (pulls[middle]!.sequence < sequence) low = middle + 1
    else high = middle
  }
  return { before: pulls[low - 1] ?? null, from: pulls[low] ?? null }
}
