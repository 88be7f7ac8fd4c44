/** What a check over a tailnet carries from run to run: told by name, one record a thing. */
import type { JsonValue } from './json.ts'
import type { Carried } from './record.ts'
import type { Snapshot } from './snapshot.ts'
import { tailnetOf } from './tailnet.ts'
import type { Instant } from './time.ts'

export type Body = Carried['body']

/** The record of this name; of the check as a whole where no name is given. */
export function recall(snapshot: Snapshot, check: string, about = ''): Carried | null {
  return snapshot.one('carried', tailnetOf(snapshot), keyOf(check, about))
}

/** Everything that the check carries under names that begin so, by the rest of the name. */
export function recallAll(snapshot: Snapshot, check: string, start: string): Map<string, Body> {
  const begin = keyOf(check, start)
  const found = new Map<string, Body>()
  for (const { key, body, check: own } of snapshot.of('carried')) {
    if (own === check && key.startsWith(begin)) found.set(key.slice(begin.length), body)
  }
  return found
}

export function carry(snapshot: Snapshot, check: string, about: string, body: Body): Carried {
  return { kind: 'carried', source: tailnetOf(snapshot), key: keyOf(check, about), unread: [], check, body }
}

function keyOf(check: string, about: string): string {
  return about === '' ? check : `${check}/${about}`
}

export function textOf(value: JsonValue | undefined): string | null {
  return typeof value === 'string' ? value : null
}

/** When the pull that the tailnet's records are of began; the same while it was not pulled again. */
export function pulledAt(snapshot: Snapshot): Instant {
  return snapshot.sources.find(({ id }) => id === snapshot.system)?.collectedAt ?? snapshot.at
}
