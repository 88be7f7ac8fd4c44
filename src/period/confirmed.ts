/**
 * That our pulls were made, as somebody else tells it: with an OAuth client every pull begins with a token, and the
 * vendor writes each into its own log (vendors/tailscale.md section 1.3).
 */
import type { Coverage } from '../domain/sealing.ts'
import type { Store } from '../domain/store.ts'
import { type Instant, millis } from '../domain/time.ts'
import { SKEW_MS, type VendorLog } from './log.ts'
import type { Pulls } from './pulls.ts'

export type Confirmed = NonNullable<Coverage['confirmed']>

export interface ConfirmedParts {
  readonly store: Pick<Store, 'lastPull'>
  readonly pulls: Pulls
  readonly log: VendorLog
  readonly from: Instant
  readonly to: Instant
}

/** Null where the log was not visible, or no client of ours mints tokens. */
export async function confirmedPulls(source: string, parts: ConfirmedParts): Promise<Confirmed | null> {
  const { log, from, to } = parts
  const made = parts.pulls.of(source).filter(({ collectedAt }) => collectedAt >= from && collectedAt <= to)
  const last = made.at(-1)
  if (last === undefined || !log.visible.has(source)) return null
  const client = await ownClient(source, last.run, parts.store)
  if (client === null) return null
  const minted = log
    .all(source)
    .filter(({ what, by }) => what === 'minted' && by.id === client)
    .map(({ at }) => millis(at))
  let next = 0
  let pulls = 0
  for (const { collectedAt } of made) {
    const at = millis(collectedAt)
    while (next < minted.length && minted[next]! < at - SKEW_MS) next++
    if (next < minted.length && minted[next]! <= at + SKEW_MS) pulls++
  }
  return { pulls, of: made.length }
}

/** A pull asks for its own key; with an API access token, which nobody mints, it asks for no token. */
async function ownClient(source: string, run: string, store: Pick<Store, 'lastPull'>): Promise<string | null> {
  const pull = await store.lastPull(source, run)
  const requests = pull?.requests ?? []
  if (!requests.some(({ request }) => TOKEN.test(request))) return null
  const own = requests.map(({ request }) => OWN_KEY.exec(request)?.[1]).find((id) => id !== undefined)
  return own === undefined ? null : decodeURIComponent(own)
}

const TOKEN = /^POST \S*\/oauth\/token\b/
const OWN_KEY = /^GET \S*\/keys\/([^/?\s]+)$/
