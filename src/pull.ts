/**
 * One pull of one source: every page kept, every record read, and at the end one of three answers: complete, held or
 * failed. A pull is complete or it does not exist (design section 2, item 2).
 */
import type { ConfiguredSource } from './config.ts'
import type { GuardedRequest, Page, RequestNote, Tools } from './domain/connector.ts'
import { AppError, isPullErrorCode, type PullErrorCode } from './domain/error.ts'
import type { AnyRecord, Kind } from './domain/record.ts'
import type { Settings } from './domain/settings.ts'
import type { Blindness } from './domain/snapshot.ts'
import type { SealedPull, Store } from './domain/store.ts'
import { type Instant, plus } from './domain/time.ts'
import { inScope } from './domain/trust.ts'

export interface ClientOptions {
  source: string
  base: URL
  deadlineMs: number
  requestsPerSecond: number | null
  signal: AbortSignal
  /** The run's clock: answers are dated by it, whatever happens to the machine's clock meanwhile. */
  now(): Instant
  note: (note: RequestNote) => void
}

export interface PullParts {
  store: Pick<Store, 'keepPages'>
  /** Opens the one guarded way out for one source and pull. */
  connect(options: ClientOptions): { request: GuardedRequest; close(): Promise<void> }
  readFile: Tools['readFile']
  sleep(ms: number, signal: AbortSignal): Promise<void>
  /** The run's clock: wall time at its start, moved on by the monotonic clock. */
  now(): Instant
  settings: Settings
  pullMs: number
  attributeBudgetMs: number
  /** Of an early pull: attributes read since then are not read again. */
  attributesSince?: Instant
  /** Aborted when the process is asked to stop. */
  signal: AbortSignal
  progress(source: string, done: number, total: number | null, what: string): void
  /** Full detail of what a user sees as an internal error. */
  report(error: unknown, where: string): void
}

/** What earlier runs left of the source. */
export interface Known {
  records: readonly AnyRecord[]
  /** Kind → highest count of the last seven days. */
  highest: Readonly<Record<string, number>>
  /** The counts of a held pull whose fall somebody accepts with this one; null where nobody does. */
  accepted: Readonly<Record<string, number>> | null
}

/** Kinds whose disappearance is an incident before it is a fact (design section 2, item 2). */
const GUARDED: readonly Kind[] = ['person', 'account', 'device', 'agent', 'score']

function guarded(record: AnyRecord): boolean {
  return GUARDED.includes(record.kind) && !(record.kind === 'device' && record.isEphemeral === true)
}

export function countsOf(
  records: Iterable<AnyRecord>,
  which: (record: AnyRecord) => boolean = () => true,
): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const record of records) if (which(record)) counts[record.kind] = (counts[record.kind] ?? 0) + 1
  return counts
}

/** More than 20 % and at least 10 gone, or nothing left of something. */
function fell(before: number, gone: number, now: number): boolean {
  return before > 0 && (now === 0 || (gone >= 10 && gone > before * 0.2))
}

/** Kinds that fell too far, kind → [known before, counted now]; null when none did. */
export function fallOf(
  known: Pick<Known, 'records' | 'highest'>,
  records: readonly AnyRecord[],
  blind: readonly Blindness[],
): Record<string, readonly [number, number]> | null {
  const now = countsOf(records, guarded)
  const keys = keysByKind(records.filter(guarded))
  const before = countsOf(known.records, guarded)
  const gone = countsOf(known.records, (record) => guarded(record) && keys.get(record.kind)?.has(record.key) !== true)
  const falls: Record<string, readonly [number, number]> = {}
  for (const kind of GUARDED) {
    if (blind.some((entry) => entry.kind === kind && entry.fields === null)) continue
    const counted = now[kind] ?? 0
    const highest = known.highest[kind] ?? 0
    if (fell(before[kind] ?? 0, gone[kind] ?? 0, counted)) falls[kind] = [before[kind] ?? 0, counted]
    else if (fell(highest, highest - counted, counted)) falls[kind] = [highest, counted]
  }
  return Object.keys(falls).length === 0 ? null : falls
}

/** What a pull did not read of its rolling kinds stays from earlier pulls, while the thing it speaks of exists. */
function withEarlierReadings(
  source: ConfiguredSource,
  records: AnyRecord[],
  known: readonly AnyRecord[],
  blind: readonly Blindness[],
): AnyRecord[] {
  const rolling = source.connector.rolling.filter(
    (kind) => !blind.some((entry) => entry.kind === kind && entry.fields === null),
  )
  if (rolling.length === 0) return records
  if (!known.some(({ kind }) => rolling.includes(kind))) return records
  const read = keysByKind(records)
  const kept = known.filter(
    ({ kind, key }) =>
      rolling.includes(kind) && read.get('device')?.has(key) === true && read.get(kind)?.has(key) !== true,
  )
  return kept.length === 0 ? records : [...records, ...kept]
}

function refuseDuplicates(source: ConfiguredSource, records: readonly AnyRecord[]): void {
  const seen = new Map<Kind, Set<string>>()
  for (const record of records) {
    if (!added(seen, record)) {
      throw new AppError(
        'duplicate_ids',
        `${source.id}: the ${record.kind} ${record.key} came twice in one reading; the list moved while it was read. It is read again at the next pull.`,
      )
    }
  }
}

/** False when it was there. */
function added(keys: Map<Kind, Set<string>>, { kind, key }: AnyRecord): boolean {
  let own = keys.get(kind)
  if (own === undefined) {
    own = new Set()
    keys.set(kind, own)
  }
  return own.size < own.add(key).size
}

function keysByKind(records: readonly AnyRecord[]): ReadonlyMap<Kind, ReadonlySet<string>> {
  const keys = new Map<Kind, Set<string>>()
  for (const record of records) added(keys, record)
  return keys
}

const BATCH_BYTES = 4_000_000
/** A batch is a transaction, which waits for the disk: attributes come by the thousand and hold a kilobyte each. */
const BATCH_PAGES = 1_000

/** Hands pages on in batches, at most one batch under way, so that a pull's memory does not grow with its pages. */
function pageKeeper(store: PullParts['store']) {
  let batch: Page[] = []
  let bytes = 0
  let underWay: Promise<void> = Promise.resolve()
  const flush = async (): Promise<void> => {
    await underWay
    const pages = batch
    batch = []
    bytes = 0
    underWay = pages.length === 0 ? Promise.resolve() : store.keepPages(pages)
    // The next flush, or finish, sees the error; until then it must not count as unhandled.
    underWay.catch(() => {})
  }
  return {
    async add(page: Page): Promise<void> {
      batch.push(page)
      bytes += page.body.length
      if (bytes >= BATCH_BYTES || batch.length >= BATCH_PAGES) await flush()
    },
    async finish(): Promise<void> {
      await flush()
      await underWay
    },
  }
}

/** A pull, and the moment before which the vendor wants to hear nothing of us. */
export interface Pull extends SealedPull {
  readonly notBefore: Instant | null
}

export async function pullSource(source: ConfiguredSource, known: Known, parts: PullParts): Promise<Pull> {
  const startedAt = parts.now()
  const base = source.connector.baseUrl(source.config)
  const notes: RequestNote[] = []
  const pages: Omit<Page, 'body'>[] = []
  const blind: Blindness[] = []
  const records: AnyRecord[] = []
  const deadline = AbortSignal.timeout(parts.pullMs)
  const signal = AbortSignal.any([parts.signal, deadline])
  const client =
    base === null
      ? null
      : parts.connect({
          source: source.id,
          base,
          deadlineMs: parts.pullMs,
          requestsPerSecond: source.requestsPerSecond,
          signal,
          now: parts.now,
          note: (note) => notes.push(note),
        })
  const keeper = pageKeeper(parts.store)
  let modifiedAt: Instant | null = null

  const sealed = (
    outcome: SealedPull['outcome'],
    rest: Pick<SealedPull, 'error' | 'fall' | 'records'>,
    notBefore: Instant | null = null,
  ): Pull => ({
    source: source.id,
    kind: source.connector.id,
    outcome,
    collectedAt: modifiedAt ?? notes[0]?.startedAt ?? startedAt,
    endedAt: parts.now(),
    // What is still under way where a pull fails ends after it, and is no part of it.
    requests: [...notes],
    pages: [...pages],
    blind,
    notVendorHost: base !== null && !source.connector.isVendorHost(base),
    configDigest: source.digest,
    notBefore,
    ...rest,
  })

  let place = 'the first request'
  try {
    const tools: Tools = {
      request:
        client?.request ??
        (() => Promise.reject(new AppError('internal', `${source.id}: a file source has no network`))),
      readFile: parts.readFile,
      now: parts.now,
      sleep: (ms) => parts.sleep(ms, signal),
      signal,
      progress: (done, total, what) => parts.progress(source.id, done, total, what),
    }
    const readings = new Map<string, Instant>()
    for (const record of known.records) if (record.kind === 'attributes') readings.set(record.key, record.readAt)
    const context = {
      source: source.id,
      readings,
      inScope: (device: Parameters<typeof inScope>[0]) => inScope(device, parts.settings.deviceTrust.scope),
      attributeBudgetMs: parts.attributeBudgetMs,
      auditedTo: known.records.find((record) => record.kind === 'auditlog')?.to ?? null,
      ...(parts.attributesSince === undefined ? {} : { attributesSince: parts.attributesSince }),
    }
    for await (const page of source.connector.pages(source.current(), tools, context)) {
      place = page.place
      const reading = source.connector.read(page, { timeZone: parts.settings.organization.timeZone })
      for (const record of reading.records) records.push(record)
      blind.push(...reading.blind)
      const { body: _, ...described } = page
      pages.push(described)
      const modified = page.headers['modified-at']
      // A file is as old as its last change; one dated ahead of our clock is as old as now.
      if (modified !== undefined) modifiedAt = modified < parts.now() ? modified : parts.now()
      await keeper.add(page)
    }
    await keeper.finish()
    refuseDuplicates(source, records)
  } catch (error) {
    if (parts.signal.aborted)
      throw new AppError('interrupted', `${source.id}: the pull was discarded because the process was asked to stop`, {
        cause: error,
      })
    await keeper
      .finish()
      .catch((cause: unknown) => parts.report(cause, `${source.id}: keeping the pages of a failed pull`))
    const rest = { error: errorOf(error, source, place, deadline, parts), fall: null, records: [] }
    return sealed('failed', rest, askedToWait(error, parts.now()))
  } finally {
    await client?.close()
  }

  const complete = withEarlierReadings(source, records, known.records, blind)
  const fall = fallOf(known, complete, blind)
  if (fall !== null && !isAccepted(known.accepted, countsOf(complete, guarded))) {
    const words = Object.entries(fall).map(([kind, [before, now]]) => `${kind} records fell from ${before} to ${now}`)
    return sealed('held', {
      error: {
        code: 'population_fell',
        message: `${source.id}: ${words.join(', ')}. The reading is held until somebody accepts it: exhibit sync --accept ${source.id} --because "…"`,
      },
      fall,
      records: complete,
    })
  }
  return sealed('complete', { error: null, fall, records: complete })
}

/** An acceptance covers what was seen: a reading that fell further still is held anew. */
function isAccepted(accepted: Known['accepted'], now: Record<string, number>): boolean {
  if (accepted === null) return false
  return GUARDED.every((kind) => {
    const before = accepted[kind] ?? 0
    const counted = now[kind] ?? 0
    return counted >= before || !fell(before, before - counted, counted)
  })
}

function askedToWait(error: unknown, now: Instant): Instant | null {
  if (!(error instanceof AppError) || error.code !== 'rate_limited' || error.retryAfterMs === null) return null
  return plus(now, error.retryAfterMs)
}

/** A connector does not know what its source is called: of two tailnets the message must say which. */
export function saidOf({ id, connector }: Pick<ConfiguredSource, 'id' | 'connector'>, message: string): string {
  if (message.startsWith(`${id}: `)) return message
  const own = `${connector.id}: `
  return `${id}: ${message.startsWith(own) ? message.slice(own.length) : message}`
}

function errorOf(
  error: unknown,
  source: ConfiguredSource,
  place: string,
  deadline: AbortSignal,
  parts: PullParts,
): { code: PullErrorCode; message: string } {
  if (error instanceof AppError && isPullErrorCode(error.code))
    return { code: error.code, message: saidOf(source, error.message) }
  if (deadline.aborted) {
    return {
      code: 'timeout',
      message: `${source.id}: the pull was not over after ${Math.round(parts.pullMs / 1000)} s (limits.pull), at ${place}`,
    }
  }
  const id = `${source.id}-${parts.now()}`
  parts.report(error, id)
  return {
    code: 'schema_mismatch',
    message: `${source.id}: internal error while reading ${place}; the log names it as ${id}`,
  }
}
