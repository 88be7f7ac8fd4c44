import type { PullErrorCode } from './error.ts'
import { byText } from './json.ts'
import { type AnyRecord, type Carried, isOurs, type Kind, type RecordOf } from './record.ts'
import type { Settings } from './settings.ts'
import { between, type Instant } from './time.ts'

export type SourceStatus = 'complete' | 'failed' | 'held' | 'paused' | 'stale' | 'never'

/** What a refusal hides, and what would reveal it. */
export interface Blindness {
  readonly kind: Kind
  /** Fields or, for settings and key families, keys hidden; null: the whole kind. */
  readonly fields: readonly string[] | null
  /** Scope or permission that would reveal it. */
  readonly scope: string
  /** "GET /api/v2/tailnet/-/keys?all=true answered 403" */
  readonly because: string
}

export interface SourceState {
  readonly id: string
  readonly kind: string
  readonly status: SourceStatus
  readonly attemptedAt: Instant | null
  /** When the first request of the last accepted pull left. */
  readonly collectedAt: Instant | null
  /** Kind → number of records of the last accepted pull. */
  readonly records: Readonly<Record<string, number>>
  readonly blind: readonly Blindness[]
  /** Why the newest attempt was not accepted. */
  readonly error: { readonly code: PullErrorCode; readonly message: string } | null
  /** Requests of the newest attempt. */
  readonly requests: number
  /** The source's host is not one that the vendor publishes. */
  readonly notVendorHost: boolean
  /** Not tried before by the schedule: of a `paused` source, and of a failed one whose vendor asked to wait. */
  readonly pausedUntil: Instant | null
}

/** A source that no attempt has ended for. */
export function neverRead(id: string, kind: string): SourceState {
  return {
    id,
    kind,
    status: 'never',
    attemptedAt: null,
    collectedAt: null,
    records: {},
    blind: [],
    error: null,
    requests: 0,
    notVendorHost: false,
    pausedUntil: null,
  }
}

/**
 * Everything known at one moment. Never edited once sealed; indexed once; checks only read.
 * Records of sources on which no verdict may rest are not in it for checks that need them: the engine answers first.
 */
export interface Snapshot {
  readonly runId: string
  readonly sequence: number
  /** When the last pull ended; the only "now" that checks know. */
  readonly at: Instant
  readonly sources: readonly SourceState[]
  readonly settings: Settings
  /** The tailnet that the snapshot is narrowed to; null when it is not. */
  readonly system: string | null
  /** Records by source, then key, in byte order; of the narrowed tailnet only, for kinds that live in a tailnet. */
  of<K extends Kind>(kind: K): readonly RecordOf<K>[]
  one<K extends Kind>(kind: K, source: string, key: string): RecordOf<K> | null
  /** Whatever is derived from the snapshot once and used by many checks (joins, parsed policy). Same object, same result. */
  derive<T>(what: (snapshot: Snapshot) => T): T
}

/** Kinds whose records belong to one tailnet: a check over tailnets sees only its own. */
const TAILNET_KINDS: ReadonlySet<Kind> = new Set<Kind>([
  'account',
  'device',
  'attributes',
  'integration',
  'setting',
  'key',
  'policy',
  'logstream',
  'webhook',
  'contact',
  'invite',
  'audit',
  'auditlog',
  'carried',
])

export interface SnapshotParts {
  runId: string
  sequence: number
  at: Instant
  sources: readonly SourceState[]
  settings: Settings
  records: Iterable<AnyRecord>
}

export function makeSnapshot(parts: SnapshotParts): Snapshot {
  return view(parts, indexed(parts.records), null)
}

function indexed(records: Iterable<AnyRecord>): Index {
  const lists = new Map<Kind, AnyRecord[]>()
  for (const record of records) {
    const list = lists.get(record.kind)
    if (list === undefined) lists.set(record.kind, [record])
    else list.push(record)
  }
  for (const list of lists.values()) list.sort(inOrder)
  return new Index(lists)
}

function inOrder(a: AnyRecord, b: AnyRecord): number {
  return a.source === b.source ? byText(a.key, b.key) : byText(a.source, b.source)
}

/**
 * The same snapshot with other carried records: what the vendors said is indexed once, and what was derived from it
 * without a look at carried records holds for both.
 */
export function recarried(snapshot: Snapshot, carried: readonly Carried[]): Snapshot {
  return withCarried(snapshot, carried.toSorted(inOrder))
}

function withCarried(snapshot: Snapshot, carried: readonly Carried[]): Snapshot {
  const { parts, index, narrowed, derived } = inside(snapshot)
  const again = view(parts, index.with('carried', carried), snapshot.system)
  const own = inside(again)
  for (const [what, made] of derived) if (!made.carried) own.derived.set(what, made)
  for (const [system, cut] of narrowed) {
    const theirs = carried.filter(({ source }) => source === system)
    own.narrowed.set(system, withCarried(cut, theirs))
  }
  const judged = derived.get(dropUnusable)?.value as Snapshot | undefined
  if (judged !== undefined) {
    own.derived.set(dropUnusable, { value: judged === snapshot ? again : withCarried(judged, carried), carried: true })
  }
  return again
}

function view(parts: Omit<SnapshotParts, 'records'>, index: Index, system: string | null): Snapshot {
  const derived = new Map<unknown, Derived>()
  const snapshot: Snapshot = {
    runId: parts.runId,
    sequence: parts.sequence,
    at: parts.at,
    sources: parts.sources,
    settings: parts.settings,
    system,
    of<K extends Kind>(kind: K) {
      if (kind === 'carried') lookedAtCarried = true
      return index.of(kind) as readonly RecordOf<K>[]
    },
    one<K extends Kind>(kind: K, source: string, key: string) {
      if (kind === 'carried') lookedAtCarried = true
      return index.one(kind, source, key) as RecordOf<K> | null
    },
    derive<T>(what: (snapshot: Snapshot) => T): T {
      let made = derived.get(what)
      if (made === undefined) {
        const outside = lookedAtCarried
        lookedAtCarried = what === (dropUnusable as unknown)
        try {
          made = { value: what(snapshot), carried: lookedAtCarried }
        } finally {
          lookedAtCarried ||= outside
        }
        derived.set(what, made)
      } else if (made.carried) lookedAtCarried = true
      return made.value as T
    },
  }
  insides.set(snapshot, { parts, index, narrowed: new Map(), derived })
  return snapshot
}

/** The records by kind, however often they are looked at anew: what finds one of them is made once. */
class Index {
  readonly #lists: ReadonlyMap<Kind, readonly AnyRecord[]>
  readonly #shelves = new Map<Kind, Shelf>()
  readonly #narrowed = new Map<string, Index>()

  constructor(lists: ReadonlyMap<Kind, readonly AnyRecord[]>) {
    this.#lists = lists
  }

  of(kind: Kind): readonly AnyRecord[] {
    return this.#lists.get(kind) ?? NO_RECORDS
  }

  one(kind: Kind, source: string, key: string): AnyRecord | null {
    let shelf = this.#shelves.get(kind)
    if (shelf === undefined) {
      shelf = new Shelf(this.of(kind))
      this.#shelves.set(kind, shelf)
    }
    return shelf.one(source, key)
  }

  with(kind: Kind, list: readonly AnyRecord[]): Index {
    return new Index(new Map([...this.#lists, [kind, list]]))
  }

  map(change: (list: readonly AnyRecord[], kind: Kind) => readonly AnyRecord[]): Index {
    return new Index(new Map(Array.from(this.#lists, ([kind, list]) => [kind, change(list, kind)])))
  }

  /** Of one tailnet, for kinds that live in a tailnet. */
  narrowed(system: string): Index {
    let cut = this.#narrowed.get(system)
    if (cut === undefined) {
      cut = this.map((list, kind) =>
        TAILNET_KINDS.has(kind) ? list.filter((record) => record.source === system) : list,
      )
      this.#narrowed.set(system, cut)
    }
    return cut
  }
}

const NO_RECORDS: readonly AnyRecord[] = []

/**
 * Records of a kind by source and key. What is asked in the order of the records, as the attributes are for one device
 * after the other, is found behind the one asked before, without an index.
 */
class Shelf {
  readonly #records: readonly AnyRecord[]
  #next = 0
  #index: Map<string, Map<string, AnyRecord>> | null = null

  constructor(records: readonly AnyRecord[]) {
    this.#records = records
  }

  one(source: string, key: string): AnyRecord | null {
    const at = this.#next < this.#records.length ? this.#next : 0
    const likely = this.#records[at]
    if (likely !== undefined && likely.key === key && likely.source === source) {
      this.#next = at + 1
      return likely
    }
    this.#index ??= bySourceAndKey(this.#records)
    return this.#index.get(source)?.get(key) ?? null
  }
}

/** Two steps rather than one composed key: a look-up for every device by every check makes no text. */
function bySourceAndKey(records: readonly AnyRecord[]): Map<string, Map<string, AnyRecord>> {
  const sources = new Map<string, Map<string, AnyRecord>>()
  for (const record of records) {
    const keys = sources.get(record.source)
    if (keys === undefined) sources.set(record.source, new Map([[record.key, record]]))
    else keys.set(record.key, record)
  }
  return sources
}

interface Inside {
  parts: Omit<SnapshotParts, 'records'>
  index: Index
  narrowed: Map<string, Snapshot>
  derived: Map<unknown, Derived>
}

interface Derived {
  readonly value: unknown
  /** It rests on carried records too. */
  readonly carried: boolean
}

/** Whether what is being derived has looked at carried records: one derivation at a time, they never wait. */
let lookedAtCarried = false

const insides = new WeakMap<Snapshot, Inside>()

function inside(snapshot: Snapshot): Inside {
  const found = insides.get(snapshot)
  if (found === undefined) throw new TypeError('not a snapshot of makeSnapshot')
  return found
}

/** The snapshot with the tailnet's kinds cut down to one tailnet; people and agents stay whole. */
export function narrow(snapshot: Snapshot, system: string): Snapshot {
  if (snapshot.system === system) return snapshot
  const { parts, index, narrowed } = inside(snapshot)
  let found = narrowed.get(system)
  if (found === undefined) {
    found = view(parts, index.narrowed(system), system)
    narrowed.set(system, found)
  }
  return found
}

/**
 * The snapshot without records of sources on which no verdict may rest. The engine judges this one: a check that forgot
 * to name a need sees nothing rather than yesterday.
 */
export function usable(snapshot: Snapshot): Snapshot {
  return snapshot.derive(dropUnusable)
}

function dropUnusable(snapshot: Snapshot): Snapshot {
  const { parts, index } = inside(snapshot)
  const out = new Set(parts.sources.filter((source) => source.status !== 'complete').map((source) => source.id))
  if (out.size === 0) return snapshot
  const kept = index.map((list, kind) => (isOurs(kind) ? list : list.filter((record) => !out.has(record.source))))
  return view(parts, kept, snapshot.system)
}

/** The source states as they read at a later moment: what was complete has become stale meanwhile. */
export function aged(sources: readonly SourceState[], settings: Settings, at: Instant): SourceState[] {
  return sources.map((state) => {
    const own = settings.sources.find((source) => source.id === state.id)
    if (state.status !== 'complete' || state.collectedAt === null || own === undefined) return state
    return between(state.collectedAt, at) > own.freshnessMs ? { ...state, status: 'stale' as const } : state
  })
}

/** What was known then, as it would have been judged under other settings: without the sources that they do not name. */
export function configuredAs(snapshot: Snapshot, settings: Settings): Snapshot {
  const { parts, index } = inside(snapshot)
  const left = new Set(parts.sources.map(({ id }) => id))
  for (const { id } of settings.sources) left.delete(id)
  const kept = index.map((list) => list.filter(({ source }) => !left.has(source)))
  const sources = parts.sources
    .filter(({ id }) => !left.has(id))
    // Judged by its age again: its freshness may have changed.
    .map((state) => (state.status === 'stale' ? { ...state, status: 'complete' as const } : state))
  return view({ ...parts, settings, sources: aged(sources, settings, parts.at) }, kept, snapshot.system)
}

/** The same records under other source states. */
export function restated(snapshot: Snapshot, sources: readonly SourceState[]): Snapshot {
  const { parts, index } = inside(snapshot)
  return view({ ...parts, sources }, index, snapshot.system)
}
