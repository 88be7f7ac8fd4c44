/** `explain leaver`: the page of one person who left, made from what the runs around their leaving saw. */
import { AppError } from './domain/error.ts'
import type { LeaverPage } from './domain/leaver-page.ts'
import type { Person } from './domain/record.ts'
import type { Settings } from './domain/settings.ts'
import type { RunSummary, Store } from './domain/store.ts'
import { DAY, type Instant, plus } from './domain/time.ts'
import { readLedger } from './packet/past.ts'
import { pastOf } from './packet/period.ts'
import { answersTo, leaverPage } from './period/exposure.ts'

export interface LeaverCore {
  readonly store: Pick<
    Store,
    'leaves' | 'runsBetween' | 'runsBefore' | 'past' | 'versions' | 'judged' | 'lastPull' | 'oldest'
  >
  now(): Instant
}

export interface LeaverActs {
  /** Throws AppError `usage` where nobody of that name has left by then. */
  leaver(asked: string, asOf: Instant | 'latest'): Promise<LeaverPage>
}

/** Readings before anything was said of an end: what access there was. */
const BEFORE_MS = 8 * DAY

export function leaverActs({ store, now }: LeaverCore): LeaverActs {
  return {
    async leaver(asked, asOf) {
      const until = asOf === 'latest' ? now() : asOf
      const oldest = await store.oldest()
      const runs = oldest === null ? [] : await store.runsBetween(oldest.snapshotAt, until)
      const last = runs.at(-1)
      if (last === undefined)
        throw new AppError('usage', `explain leaver: no run was sealed before ${until}; run "exhibit sync"`)
      const { settings } = await pastOf(store, last.id)
      const from = await windowOf(asked, runs, settings, store)
      const { runs: read } = await readLedger(store, from, last.id, new Set())
      const bySettings = new Map<string, Settings>([[last.settingsDigest, settings]])
      for (const run of read) {
        if (!bySettings.has(run.settings)) bySettings.set(run.settings, (await pastOf(store, run.id)).settings)
      }
      return leaverPage(asked, { store, runs: read, settingsOf: (digest) => bySettings.get(digest)!, until })
    },
  }
}

/** From a while before the roster first said an end, or before the end that it named, on. */
async function windowOf(
  asked: string,
  runs: readonly RunSummary[],
  settings: Settings,
  store: Pick<Store, 'versions'>,
): Promise<Instant> {
  const first = runs[0]!
  let begin = runs.at(-1)!.snapshotAt
  let own = ''
  const earlier = (at: Instant): void => {
    if (at < begin) begin = at
  }
  const momentOf = (sequence: number): Instant =>
    runs.find((run) => run.sequence >= sequence)?.snapshotAt ?? first.snapshotAt
  for await (const { key, from, record } of store.versions(['person'], first.sequence, runs.at(-1)!.sequence)) {
    const person = record as Person | null
    if (person !== null && answersTo(person, asked, settings.people.aliases)) own = key
    if (key !== own || (person !== null && person.endDate === null && person.status !== 'left')) continue
    earlier(momentOf(from))
    if (person?.endsAt != null) earlier(person.endsAt)
  }
  return plus(begin, -BEFORE_MS)
}
