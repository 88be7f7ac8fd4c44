/** IP addresses and prefixes as the policy file writes them, as ranges of numbers. Strict: what is odd is refused. */

export interface AddressRange {
  readonly version: 4 | 6
  readonly from: bigint
  /** Included. */
  readonly to: bigint
}

/** Where Tailscale's nodes have their addresses, https://tailscale.com/kb/1015/100.x-addresses. */
export const TAILNET_RANGES: readonly AddressRange[] = [range('100.64.0.0/10'), range('fd7a:115c:a1e0::/48')]

/** An address or a prefix; bits behind the prefix are ignored. Null for anything else. */
export function parseRange(text: string): AddressRange | null {
  const slash = text.indexOf('/')
  const address = parseAddress(slash === -1 ? text : text.slice(0, slash))
  if (address === null) return null
  const width = address.version === 4 ? 32 : 128
  const bits = slash === -1 ? width : prefixLength(text.slice(slash + 1), width)
  if (bits === null) return null
  const size = 1n << BigInt(width - bits)
  const from = address.value - (address.value % size)
  return { version: address.version, from, to: from + size - 1n }
}

export function overlap(a: AddressRange, b: AddressRange): boolean {
  return a.version === b.version && a.from <= b.to && b.from <= a.to
}

/** Every address of `inner` is in `outer`. */
export function covers(outer: AddressRange, inner: AddressRange): boolean {
  return outer.version === inner.version && outer.from <= inner.from && inner.to <= outer.to
}

export function isSingleAddress({ from, to }: AddressRange): boolean {
  return from === to
}

function range(text: string): AddressRange {
  const parsed = parseRange(text)
  if (parsed === null) throw new TypeError(`"${text}" is no prefix`)
  return parsed
}

function prefixLength(text: string, width: number): number | null {
  return /^(?:0|[1-9][0-9]{0,2})$/.test(text) && Number(text) <= width ? Number(text) : null
}

interface Address {
  readonly version: 4 | 6
  readonly value: bigint
}

function parseAddress(text: string): Address | null {
  if (text.includes(':')) {
    const value = ipv6(text)
    return value === null ? null : { version: 6, value }
  }
  const value = ipv4(text)
  return value === null ? null : { version: 4, value }
}

/** Four decimal numbers; a leading zero is refused, as some readers take it for octal. */
function ipv4(text: string): bigint | null {
  const parts = text.split('.')
  if (parts.length !== 4) return null
  let value = 0n
  for (const part of parts) {
    if (!/^(?:0|[1-9][0-9]{0,2})$/.test(part) || Number(part) > 255) return null
    value = value * 256n + BigInt(part)
  }
  return value
}

/** RFC 4291 section 2.2, without zone. */
function ipv6(text: string): bigint | null {
  const halves = text.split('::')
  if (halves.length > 2) return null
  const head = groups(halves[0]!, halves.length === 1)
  const tail = halves.length === 2 ? groups(halves[1]!, true) : []
  if (head === null || tail === null) return null
  const missing = 8 - head.length - tail.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null
  const all = [...head, ...new Array<bigint>(missing).fill(0n), ...tail]
  return all.reduce((value, group) => value * 65536n + group, 0n)
}

/** Sixteen-bit groups; the last two may be written as an IPv4 address where the text ends. */
function groups(text: string, atEnd: boolean): bigint[] | null {
  if (text === '') return []
  const parts = text.split(':')
  const values: bigint[] = []
  for (const [index, part] of parts.entries()) {
    if (atEnd && index === parts.length - 1 && part.includes('.')) {
      const last = ipv4(part)
      if (last === null) return null
      values.push(last / 65536n, last % 65536n)
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) values.push(BigInt(`0x${part}`))
    else return null
  }
  return values
}
