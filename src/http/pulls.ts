/**
 * The newest attempt at a source as its page shows it: the calls summed up and the first of them. To unpack a log of 20,000
 * calls takes a tenth of a second, so that is done once a reading.
 */
import type { RequestNote } from '../domain/connector.ts'
import type { SealedPull } from '../domain/store.ts'
import type { HttpParts } from './parts.ts'
import type { View } from './view.ts'

/** Calls that are shown one by one. */
const SHOWN = 60

/** Calls to one place. */
export interface CallGroup {
  readonly place: string
  readonly calls: number
  readonly bytes: number
  readonly durationMs: number
  /** Status, 0 for no answer → how often. */
  readonly statuses: ReadonlyMap<number, number>
}

export interface PullSummary extends Pick<SealedPull, 'collectedAt' | 'endedAt' | 'fall'> {
  readonly calls: number
  readonly groups: readonly CallGroup[]
  readonly first: readonly RequestNote[]
}

export interface Pulls {
  /** Null where the source has not been tried yet. */
  newest(view: View, source: string): Promise<PullSummary | null>
}

export function pulls({ lastPull }: Pick<HttpParts, 'lastPull'>): Pulls {
  const known = new WeakMap<View, Map<string, Promise<PullSummary | null>>>()
  return {
    newest(view, source) {
      const own = known.get(view) ?? new Map<string, Promise<PullSummary | null>>()
      known.set(view, own)
      let made = own.get(source)
      if (made === undefined) {
        made = lastPull(source).then((pull) => (pull === null ? null : summaryOf(pull)))
        made.catch(() => own.delete(source))
        own.set(source, made)
      }
      return made
    },
  }
}

function summaryOf({ collectedAt, endedAt, fall, requests }: Omit<SealedPull, 'records'>): PullSummary {
  const first = requests.slice(0, SHOWN)
  return { collectedAt, endedAt, fall, calls: requests.length, groups: callGroups(requests), first }
}

/** "GET /device/nABC123CNTRL/attributes" and "agents page 3" as what all their like ask for. */
function askedFor(place: string): string {
  return place
    .replace(/\?.*$/, '')
    .replace(/ page \d+$/, '')
    .replace(/\/(?=[^/]*\d)[A-Za-z0-9_-]{8,}(?=\/|$)/g, '/…')
}

/** Calls of one place together: a pull of 20,000 devices makes 20,000 of them. */
function callGroups(requests: readonly RequestNote[]): readonly CallGroup[] {
  const groups = new Map<
    string,
    { -readonly [K in keyof CallGroup]: CallGroup[K] } & { statuses: Map<number, number> }
  >()
  for (const note of requests) {
    const place = askedFor(note.place)
    let group = groups.get(place)
    if (group === undefined) {
      group = { place, calls: 0, bytes: 0, durationMs: 0, statuses: new Map() }
      groups.set(place, group)
    }
    group.calls += 1
    group.bytes += note.bytes
    group.durationMs += note.durationMs
    group.statuses.set(note.status, (group.statuses.get(note.status) ?? 0) + 1)
  }
  return [...groups.values()]
}
