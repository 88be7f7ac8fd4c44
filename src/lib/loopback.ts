/** A name or address that never leaves this machine, as a host stands in a URL or a setting. */
export function isLoopback(host: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/i.test(host)
}

/** A name for loopback alone, whatever a name server says of it (RFC 6761 section 6.3). */
export function isLocalName(name: string): boolean {
  return /^(?:.+\.)?localhost\.?$/i.test(name)
}
