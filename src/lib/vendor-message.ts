/** What a refusal says in the vendor's own words, cut to one short line. */

const LONGEST = 120

/** Null where the answer says nothing that a person could read. */
export function vendorMessage(body: Uint8Array, contentType: string): string | null {
  const text = new TextDecoder().decode(body.subarray(0, 65_536)).trim()
  if (text === '') return null
  const words = contentType.includes('html') || text.startsWith('<') ? pageTitle(text) : (fromJson(text) ?? text)
  const line = words
    ?.trim()
    .split(/[\r\n\u2028\u2029]/, 1)[0]
    ?.replace(/[\p{Cc}\p{Cf}]/gu, '')
    .trim()
  return line === undefined || line === '' ? null : line
}

/** Cut last, after secrets were taken out: half a secret would no longer be found. */
export function shortened(line: string): string {
  const letters = Array.from(line)
  return letters.length <= LONGEST ? line : `${letters.slice(0, LONGEST - 1).join('')}…`
}

/**
 * Tailscale `{message}`, SentinelOne `{errors:[{title, detail}]}`, CrowdStrike `{errors:[{message}]}`, Kandji `{detail}`
 * or `{error}`, OAuth `{error, error_description}`. Null for text that is no JSON.
 */
function fromJson(text: string): string | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  return firstWords(value) ?? ''
}

function firstWords(value: unknown): string | null {
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return firstWords(value[0])
  if (typeof value !== 'object' || value === null) return null
  for (const name of ['message', 'error_description', 'detail', 'title', 'errors', 'error']) {
    const words = firstWords((value as Record<string, unknown>)[name])
    if (words !== null) return words
  }
  return null
}

function pageTitle(html: string): string | null {
  const from = html.search(/<title[\s>]/i)
  if (from === -1) return null
  const start = html.indexOf('>', from) + 1
  const end = html.indexOf('<', start)
  return start === 0 || end === -1 ? null : html.slice(start, end)
}
