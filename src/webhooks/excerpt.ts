/** What of an endpoint's answer is kept for people. */
import type { Endpoint } from '../domain/outbox.ts'
import { redact } from '../lib/redact.ts'

const MOST_CHARACTERS = 1_024
/** Control characters, and marks that change what is read (bidi, zero width); line breaks and tabs become spaces first. */
const UNREADABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu
/** A part of a path that is so long is likely a token: many receivers know their senders by the address alone. */
const LONG_PART = 20

/** So much of an answer is looked through for secrets: a chatty receiver must not cost us a millisecond an event. */
const LOOKED_THROUGH = 8_192
/** In its longest spelling: where the rest was not looked through, one may have been cut in two. */
const LONGEST_SECRET = 512
/** Shorter answers, such as "ok", hold none. */
const SHORTEST_SECRET = 6

/** Cut last: half a secret would no longer be found. Null where there is nothing to read. */
export function excerpt(
  text: string | null,
  endpoint: Pick<Endpoint, 'url'>,
  secrets: readonly string[],
): string | null {
  if (text === null) return null
  const clean = readable(text.length < SHORTEST_SECRET ? text : withoutSecrets(text, endpoint, secrets))
  const kept = Array.from(clean.slice(0, 2 * MOST_CHARACTERS))
    .slice(0, MOST_CHARACTERS)
    .join('')
    .trimEnd()
  return kept === '' ? null : kept
}

function withoutSecrets(text: string, { url }: Pick<Endpoint, 'url'>, secrets: readonly string[]): string {
  const clean = redact(text.slice(0, LOOKED_THROUGH), [...secrets.flatMap(withoutPrefix), ...secretsOfUrl(url)])
  return text.length > LOOKED_THROUGH ? clean.slice(0, -LONGEST_SECRET) : clean
}

function readable(text: string): string {
  return text.replace(/\s+/g, ' ').replace(UNREADABLE, '').trim()
}

function withoutPrefix(secret: string): string[] {
  return [secret, secret.slice(secret.indexOf('_') + 1)]
}

function secretsOfUrl({ pathname, searchParams, password }: URL): string[] {
  const parts = pathname.split('/').filter((part) => part.length >= LONG_PART)
  return [...parts, ...searchParams.values(), decodeURIComponent(password)].filter(
    (part) => part.length >= SHORTEST_SECRET,
  )
}
