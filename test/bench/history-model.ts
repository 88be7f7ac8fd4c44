/** How a fleet moves from one run to the next (stack.md section 6), over what a real run brought. */
import type { Page, RequestNote } from '../../src/domain/connector.ts'
import type { Finding, Subject } from '../../src/domain/finding.ts'
import type { JsonValue } from '../../src/domain/json.ts'
import { type AnyRecord, labelOf, VOLATILE } from '../../src/domain/record.ts'
import type { SealedPull, SealedResult, SealedRun } from '../../src/domain/store.ts'
import { type Instant, MINUTE, plus } from '../../src/domain/time.ts'
import { sha256 } from '../../src/lib/digest.ts'
import { type Random, randomFrom } from '../../src/simulators/fleet/random.ts'

const EVERY_MS = 15 * MINUTE
/** Of the times that move at each pull. */
const MOVING_SHARE = 0.97
/** Single fields of a source, attribute answers and findings that change a run. */
const CHANGES = 100
/** Results whose digest changes a run. */
const RESULTS_CHANGED = 30
/** Fields that change now and then; the first that a record has. */
const CHANGEABLE = [
  'clientVersion',
  'agentVersion',
  'osVersion',
  'hostname',
  'name',
  'displayName',
  'login',
  'title',
] as const
const LARGE_BYTES = 50_000

export interface Step {
  readonly run: SealedRun
  readonly pages: readonly Page[]
}

export interface Life {
  first(): Step
  next(): Step
  /** Of the runs made so far. */
  readonly moments: Instant[]
}

type Plain = Record<string, JsonValue>

/** Bodies do not count here: a few bytes stand for each. */
export function lifeAfter(first: SealedRun, seed: number): Life {
  const random = randomFrom(seed)
  const moments: Instant[] = []
  let count = 0
  const bodies = new Map<string, string>()
  const opens = first.results.map((result) => new Map(result.open.map((finding) => [slot(finding.subject), finding])))
  let run = first

  function page(described: Omit<Page, 'body'>, text: string): Page {
    const body = Buffer.from(text)
    return { ...described, sha256: sha256(body), body }
  }

  function step(change: boolean): Step {
    const ahead = count === 0 ? 0 : EVERY_MS
    const at = plus(run.snapshotAt, ahead)
    const pages: Page[] = []
    const pulls = run.pulls.map((pull) => {
      const named = newPages(pull, change, ahead)
      pages.push(...named)
      return { ...pull, ...moved(pull, at, change, random), ...logOf(pull, named, ahead, random) }
    })
    run = {
      ...run,
      id: `run-${++count}`,
      startedAt: plus(run.startedAt, ahead),
      snapshotAt: at,
      pulls,
      sources: run.sources.map((state) => ({ ...state, attemptedAt: at, collectedAt: at })),
      carried: run.carried.map((record) =>
        record.kind === 'integrity' ? { ...record, checked: random.whole(1_000, 9_000) } : record,
      ),
      results: change ? judged(run) : run.results,
    }
    moments.push(at)
    return { run, pages }
  }

  /** Lists are new each time, of attribute answers some. */
  function newPages(pull: SealedPull, change: boolean, ahead: number): Page[] {
    const attributes = new Set(Array.from({ length: change ? CHANGES : 0 }, () => random.whole(0, pull.pages.length)))
    const large = new Set(pull.requests.filter(({ bytes }) => (bytes ?? 0) > LARGE_BYTES).map(({ place }) => place))
    return pull.pages.map((described, index) => {
      const name = `${pull.source}\0${described.place}`
      const isNew = !bodies.has(name) || large.has(described.place) || attributes.has(index)
      const body = isNew ? `${name} ${count}` : bodies.get(name)!
      bodies.set(name, body)
      return page({ ...described, fetchedAt: plus(described.fetchedAt, ahead) }, body)
    })
  }

  function judged(before: SealedRun): SealedResult[] {
    const results = [...before.results]
    const subjects = before.pulls[0]!.records.filter(({ kind }) => kind === 'device')
    for (let n = 0; n < Math.min(RESULTS_CHANGED, results.length); n++) {
      const index = random.whole(0, results.length)
      const open = new Map(opens[index])
      for (let change = 0; change < CHANGES / RESULTS_CHANGED; change++) toggle(open, random.pick(subjects))
      opens[index] = open
      results[index] = withOpen(results[index]!, open, random)
    }
    return results.map((result, index) => ({
      ...result,
      statusOf: (subject: Subject) => (opens[index]!.has(slot(subject)) ? 'fail' : 'pass'),
    }))
  }

  return { moments, first: () => step(false), next: () => step(true) }
}

function slot({ source, kind, key }: Subject): string {
  return `${source}\0${kind}\0${key}`
}

function toggle(open: Map<string, Finding>, record: AnyRecord): void {
  const subject: Subject = { kind: record.kind, source: record.source, key: record.key, label: labelOf(record) }
  if (open.delete(slot(subject))) return
  open.set(slot(subject), {
    status: 'fail',
    unknownReason: null,
    subject,
    notice: null,
    facts: { clientVersion: '1.80.0', newest: '1.92.1', releasedAt: '2026-10-01', ageDays: 51 },
    records: [`${record.source}/${record.kind}/${record.key}`],
  })
}

function withOpen(result: SealedResult, open: ReadonlyMap<string, Finding>, random: Random): SealedResult {
  const findings = [...open.values()]
  const fail = findings.filter(({ status }) => status === 'fail').length
  return {
    ...result,
    status: fail > 0 ? 'fail' : 'pass',
    unknownReason: null,
    message: null,
    counts: { ...result.counts, fail, unknown: findings.length - fail, pass: 10_000 - findings.length },
    open: findings,
    digest: random.hex(64),
  }
}

function moved(pull: SealedPull, at: Instant, change: boolean, random: Random): Pick<SealedPull, 'records'> {
  if (!change) return { records: pull.records }
  const changed = new Set(Array.from({ length: CHANGES }, () => random.whole(0, pull.records.length)))
  const moments = new Map<string, JsonValue>()
  const records = pull.records.map((record, index) => {
    const next = { ...(record as unknown as Plain) }
    for (const field of VOLATILE[record.kind] ?? []) {
      const before = next[field] ?? null
      // What was one moment of a device stays one: a check-in is told in several fields.
      const name = `${record.key}\0${JSON.stringify(before)}`
      const after = moments.get(name) ?? movedValue(record.kind, before, at, random)
      moments.set(name, after)
      next[field] = after
    }
    if (changed.has(index)) {
      const field = CHANGEABLE.find((name) => typeof next[name] === 'string')
      if (field !== undefined) next[field] = `${String(next[field]).split('~')[0]}~${random.hex(4)}`
    }
    return next as unknown as AnyRecord
  })
  return { records }
}

/** Readings of attributes follow one another within a minute; everything else falls anywhere in the quarter of an hour. */
function movedValue(kind: string, value: JsonValue, at: Instant, random: Random): JsonValue {
  if (typeof value === 'boolean') return random.chance(0.03) ? !value : value
  if (typeof value !== 'string') return value
  if (kind === 'attributes') return plus(value, EVERY_MS)
  if (!random.chance(MOVING_SHARE)) return value
  const moment = plus(at, -Math.floor(random.between(0, EVERY_MS)))
  // As fine as the vendor writes it: most write whole seconds.
  return value.endsWith('.000Z') ? `${moment.slice(0, 19)}.000Z` : moment
}

function logOf(pull: SealedPull, pages: readonly Page[], ahead: number, random: Random) {
  const digests = new Map(pages.map(({ place, sha256 }) => [place, sha256]))
  const later = (at: Instant): Instant => plus(at, ahead)
  return {
    collectedAt: later(pull.collectedAt),
    endedAt: later(pull.endedAt),
    pages: pages.map(({ body: _, ...rest }) => rest),
    requests: pull.requests.map(
      (note): RequestNote => ({
        ...note,
        startedAt: later(note.startedAt),
        durationMs: random.whole(20, 200),
        sha256: note.sha256 === null ? null : (digests.get(note.place) ?? note.sha256),
      }),
    ),
  }
}

/** The first model: one source, its devices alone, one page. */
export function onlyDevices(run: SealedRun): SealedRun {
  const pull = run.pulls[0]!
  const list = pull.requests.findIndex(({ bytes }) => (bytes ?? 0) > LARGE_BYTES)
  const place = pull.requests[Math.max(list, 0)]!.place
  return {
    ...run,
    pulls: [
      {
        ...pull,
        records: pull.records.filter(({ kind }) => kind === 'device'),
        pages: pull.pages.filter((page) => page.place === place),
        requests: pull.requests.filter((note) => note.place === place),
      },
    ],
    sources: run.sources.filter(({ id }) => id === pull.source),
    carried: [],
    results: [],
  }
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/

/** The same list a quarter of an hour later: every time of 97 % of its rows is another, and a hundredth has another name. */
export function withNewTimes(page: Page, random: Random): Page {
  const text = Buffer.from(page.body).toString('utf8')
  const moved = rowsMoved(JSON.parse(text) as JsonValue, random, page.fetchedAt)
  const body = Buffer.from(JSON.stringify(moved))
  return { ...page, body, sha256: sha256(body) }
}

function rowsMoved(value: JsonValue, random: Random, at: Instant): JsonValue {
  if (Array.isArray(value)) {
    return value.map((row: JsonValue) => {
      if (!random.chance(MOVING_SHARE)) return row
      return timesMoved(row, random, at, random.chance(0.01))
    })
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, rowsMoved(inner, random, at)]))
}

function timesMoved(value: JsonValue, random: Random, at: Instant, change: boolean): JsonValue {
  if (typeof value === 'string') {
    return TIME.test(value) ? plus(at, -Math.floor(random.between(0, EVERY_MS))) : value
  }
  if (Array.isArray(value)) return value.map((inner: JsonValue) => timesMoved(inner, random, at, false))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      change && /^(hostname|computerName|device_name)$/.test(name)
        ? `moved-${random.hex(4)}`
        : timesMoved(inner, random, at, change),
    ]),
  )
}
