/**
 * Tailscale's webhooks: word that something moved, upon which the source is read early. They carry no session; who sent
 * them is told by the signature over the bytes as they came (https://tailscale.com/kb/1213/webhooks, section "Verify
 * webhook signature"). What they say is not believed beyond that: the reading says what is true.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { JsonValue } from '../domain/json.ts'
import { HOUR, MINUTE, millis, plus } from '../domain/time.ts'
import { canonicalJson } from '../lib/canonical-json.ts'
import type { HttpParts } from './parts.ts'

/** What came of a delivery: for metrics and log. */
export type HookOutcome = 'taken' | 'repeated' | 'refused'

export interface HookParts {
  /** As the source's section, or the file that it names, has them now; empty for a source that takes none, or is none. */
  secrets(source: string): readonly string[]
  /** Something moved there. */
  moved(source: string): void
  noted(source: string, outcome: HookOutcome, detail: string): void
}

/** A policy of a large tailnet comes whole, twice: as it was and as it is. */
const LARGEST = 2 ** 20
const OLDEST_MS = 5 * MINUTE
/** Deliveries that found nobody are tried again for 24 h. */
const REMEMBERED_MS = 26 * HOUR
const SEEN = 'hook'

export function hooks(parts: Pick<HttpParts, 'hooks' | 'facts' | 'now' | 'digest' | 'trouble'>): Hono {
  const app = new Hono()
  const small = bodyLimit({ maxSize: LARGEST, onError: (c) => c.text('Too large.', 413) })
  app.post('/tailscale/:source', known, small, async (c) => {
    const source = c.req.param('source')
    const body = new Uint8Array(await c.req.arrayBuffer())
    const wrong = fault(c.req.header('tailscale-webhook-signature'), body, parts.hooks.secrets(source))
    if (wrong !== null) {
      parts.hooks.noted(source, 'refused', wrong)
      return c.text('The signature does not fit.', 401)
    }
    const events = eventsIn(body)
    if (events === null) {
      parts.hooks.noted(source, 'refused', 'the body is no list of events')
      return c.text('A list of events is taken.', 400)
    }
    // Whoever sends waits for nothing but this: the rest is our own affair.
    taken(source, events).catch(parts.trouble)
    return c.body(null, 200)
  })

  /** The same answer for a source that takes none as for one that there is not. */
  async function known(c: Context, next: () => Promise<void>): Promise<Response | undefined> {
    if (parts.hooks.secrets(c.req.param('source') ?? '').length === 0) return c.text('Not found.', 404)
    await next()
    return undefined
  }

  /** Before anything of the body is read as more than bytes. */
  function fault(header: string | undefined, body: Uint8Array, secrets: readonly string[]): string | null {
    const { t, signatures } = partsOf(header ?? '')
    if (t === null || signatures.length === 0) return 'it carries no signature'
    if (Math.abs(millis(parts.now()) - Number(t) * 1000) > OLDEST_MS) return 'it was signed too long ago, or ahead'
    const fits = secrets.some((secret) => signatures.some((given) => isSignature(given, secret, t, body)))
    return fits ? null : 'its signature is by another secret'
  }

  async function taken(source: string, events: readonly JsonValue[]): Promise<void> {
    let news = 0
    for (const event of events) {
      // They come without an id, and again where our answer was lost.
      const key = `${source} ${parts.digest(eventText(event))}`
      const now = parts.now()
      if ((await parts.facts.get(SEEN, key, now)) !== null) continue
      if (news++ === 0) parts.hooks.moved(source)
      await parts.facts.put(SEEN, key, {}, plus(now, REMEMBERED_MS))
      await setImmediate()
    }
    const types = [...new Set(events.map(typeOf))].join(', ')
    parts.hooks.noted(source, news > 0 ? 'taken' : 'repeated', types)
  }

  return app
}

/** "t=1663781880,v1=87b5…": more than one `v1` may come, and keys that we do not know. */
function partsOf(header: string): { t: string | null; signatures: readonly string[] } {
  const pairs = header.split(',').map((part) => {
    const at = part.indexOf('=')
    return [part.slice(0, Math.max(0, at)).trim(), part.slice(at + 1).trim()] as const
  })
  const t = pairs.find(([name]) => name === 't')?.[1] ?? ''
  const signatures = pairs.filter(([name]) => name === 'v1').map(([, value]) => value)
  return { t: /^\d{1,12}$/.test(t) ? t : null, signatures }
}

function isSignature(given: string, secret: string, t: string, body: Uint8Array): boolean {
  const made = createHmac('sha256', secret).update(`${t}.`).update(body).digest()
  const sent = Buffer.from(given, 'hex')
  return sent.length === made.length && timingSafeEqual(sent, made)
}

function eventsIn(body: Uint8Array): readonly JsonValue[] | null {
  try {
    const value = JSON.parse(Buffer.from(body).toString('utf8')) as JsonValue
    return Array.isArray(value) ? value : null
  } catch {
    return null
  }
}

/** A text that has no canonical form (RFC 8785 section 3.2.2.2: a lone surrogate) stands as it is written again. */
function eventText(event: JsonValue): string {
  try {
    return canonicalJson(event)
  } catch {
    return JSON.stringify(event)
  }
}

function typeOf(event: JsonValue): string {
  const type = (event as { readonly type?: unknown } | null)?.type
  return typeof type === 'string' && /^\w{1,60}$/.test(type) ? type : 'unknown'
}
