/** Takes credentials out of text that people will read: messages, logs. */

/** Headers whose values are no secret; every other header of a call is treated as one. */
const OPEN_HEADERS = new Set(['accept', 'accept-encoding', 'accept-language', 'content-type', 'user-agent'])
/** A shorter value would tear ordinary words out of a message. */
const SHORTEST_SECRET = 6
const HIDDEN = '[hidden]'

/**
 * Credentials known by their shape, whoever sent them: Tailscale keys, NetBird tokens, webhook secrets and API keys of
 * our own, JWTs, Authorization values.
 */
const SHAPES =
  /\btskey-[\w-]+|\bnbp_\w+|\bwhs(?:ec|k)_[\w+/-]+=*|\bexk_\w+|\beyJ[\w-]{10,}(?:\.[\w-]+)*|\b(Bearer|Basic|ApiToken|Token)(\s+)([\w.~+/=-]{8,})/gi
/** What follows "token" in a sentence: "token answered 401", "token is expired." Credentials have digits or mixed case. */
const ORDINARY_WORD = /^[A-Z]?[a-z]{1,20}\.?$/

/** Every secret that a call carries, in its header values and in its form or JSON body. */
export function secretsOf(headers: Readonly<Record<string, string>>, body: string | undefined): readonly string[] {
  const found = new Set<string>()
  for (const [name, value] of Object.entries(headers)) {
    if (OPEN_HEADERS.has(name.toLowerCase())) continue
    found.add(value)
    const scheme = /^(\S+)\s+(.+)$/.exec(value)
    if (scheme === null) continue
    found.add(scheme[2]!)
    if (scheme[1]!.toLowerCase() === 'basic') for (const part of basicParts(scheme[2]!)) found.add(part)
  }
  for (const value of bodyValues(body)) found.add(value)
  return [...found].filter((secret) => secret.length >= SHORTEST_SECRET).sort((a, b) => b.length - a.length)
}

/** The text without the secrets as they are, URL-encoded, in base64 or JSON-escaped, and without known credential shapes. */
export function redact(text: string, secrets: readonly string[]): string {
  let clean = text
  for (const secret of secrets) {
    for (const form of spellings(secret)) clean = clean.replaceAll(form, HIDDEN)
  }
  return clean.replace(SHAPES, (match, scheme?: string, gap?: string, value?: string) => {
    if (scheme === undefined) return HIDDEN
    return ORDINARY_WORD.test(value!) ? match : `${scheme}${gap}${HIDDEN}`
  })
}

function spellings(secret: string): Set<string> {
  return new Set([
    secret,
    encodeURIComponent(secret),
    new URLSearchParams({ s: secret }).toString().slice(2),
    JSON.stringify(secret).slice(1, -1),
    Buffer.from(secret).toString('base64'),
    Buffer.from(secret).toString('base64').replace(/=+$/, ''),
    Buffer.from(secret).toString('base64url'),
    Buffer.from(secret).toString('hex'),
  ])
}

function basicParts(encoded: string): string[] {
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon === -1 ? [text] : [text, text.slice(0, colon), text.slice(colon + 1)]
}

function bodyValues(body: string | undefined): string[] {
  if (body === undefined) return []
  if (/^\s*[{["]/.test(body)) {
    const strings: string[] = []
    JSON.parse(body, (_key, value: unknown) => {
      if (typeof value === 'string') strings.push(value)
      return value
    })
    return strings
  }
  return [...new URLSearchParams(body)].filter(([name]) => name !== 'grant_type').map(([, value]) => value)
}
