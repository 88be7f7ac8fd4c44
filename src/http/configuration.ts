/** The settings that judged the newest run, with what vouches for them: digests, the run, and since when they are in force. */
import { byText } from '../domain/json.ts'
import type { Settings } from '../domain/settings.ts'
import type { Leaf, RunSummary } from '../domain/store.ts'
import type { Instant } from '../domain/time.ts'
import type { HttpParts } from './parts.ts'

export interface InForce {
  /** As sealed with the run. */
  readonly settings: Settings
  readonly run: RunSummary
  /** The leaf that tells of the change to them; null where it cannot be read. */
  readonly since: Since | null
  /** Whether the next run will be judged by others: the file was changed since. */
  readonly changing: boolean
  /** The newest deletion by the retention rule; null: nothing was deleted yet. */
  readonly deletedAt: Instant | null
}

export interface Since {
  readonly leaf: number
  readonly at: Instant
  readonly by: string
}

type Parts = Pick<HttpParts, 'lists' | 'runs' | 'configuration'>

/** Null before the first run. @param settings those of the newest run */
export async function inForce(
  settings: Settings | null,
  run: RunSummary | null,
  parts: Parts,
): Promise<InForce | null> {
  if (settings === null || run === null) return null
  const [changes, deletions] = await Promise.all([
    parts.lists.leavesOf('configuration'),
    parts.lists.leavesOf('retention'),
  ])
  const last = changes.map(changeIn).findLast(({ digest }) => digest === run.settingsDigest) ?? null
  return {
    settings,
    run,
    since: last === null ? null : { leaf: last.leaf, at: last.at, by: last.by },
    changing: parts.configuration.digest !== run.settingsDigest,
    deletedAt: deletions.length === 0 ? null : (JSON.parse(deletions.at(-1)!.body) as { at: Instant }).at,
  }
}

function changeIn({ index, body }: Leaf): Since & { readonly digest: string } {
  const { at, by, digest } = JSON.parse(body) as { at: Instant; by: string; digest: string }
  return { leaf: index, at, by, digest }
}

/** Checks of which the file says something, by id. */
export function spokenOf({ checks }: Settings): readonly (readonly [id: string, said: Settings['checks'][string]])[] {
  return Object.entries(checks).sort(([a], [b]) => byText(a, b))
}
