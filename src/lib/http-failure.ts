/** Why a call gave no usable answer: the code, the words, and whether asking again may help. */
import { BodyCutShort, BodyTooLarge, EncodingRefused } from './body.ts'
import { AddressRefused } from './connections.ts'
import { ProxyRefused } from './tunnel.ts'

export type FailureCode =
  | 'auth_failed'
  | 'forbidden'
  | 'not_found'
  | 'rate_limited'
  | 'server_error'
  | 'http_error'
  | 'network'
  | 'tls_error'
  | 'timeout'
  | 'redirect_refused'
  | 'wrong_content_type'
  | 'truncated'
  | 'too_large'
  | 'interrupted'

export interface Failure {
  readonly code: FailureCode
  /** What happened, read after "GET /path": "answered 403". */
  readonly says: string
  readonly remedy: string
  readonly again: boolean
  readonly cause?: unknown
}

export const OUT_OF_TIME: Failure = {
  code: 'timeout',
  says: "was given up: the pull's time limit is over",
  remedy: 'raise limits.pull if the vendor needs longer',
  again: false,
}
export const INTERRUPTED: Failure = { code: 'interrupted', says: 'was stopped', remedy: 'pull again', again: false }

export function tooSlow(requestMs: number): Failure {
  return {
    code: 'timeout',
    says: `was not answered whole within ${requestMs / 1000} s`,
    remedy: 'check the network, or raise limits.request',
    again: true,
  }
}

/** What an answer that nobody asked for means. */
export function failureOfStatus(status: number, again: boolean): Failure {
  const says = `answered ${status}`
  const failure = (code: FailureCode, remedy: string): Failure => ({ code, says, remedy, again })
  if (status === 401) return failure('auth_failed', 'the credential is wrong, expired or revoked: renew it')
  if (status === 403) return failure('forbidden', 'the credential lacks the permission for this call: grant it')
  if (status === 404) return failure('not_found', 'nothing is there: check baseUrl and the names in the source')
  if (status === 429)
    return failure('rate_limited', 'the vendor asks to wait: lower requestsPerSecond or pull less often')
  if (status >= 500) return failure('server_error', "the vendor's side failed: the next pull asks again")
  return failure('http_error', 'the vendor did not take this call: check baseUrl and the settings of the source')
}

export function failureOfPart(status: number, what: string): Failure {
  return {
    code: 'truncated',
    says: `answered ${status} ${what}`,
    remedy: 'something in between may cut answers: check the proxy; the next pull asks again',
    again: true,
  }
}

/** Null for a redirect that stays where it is (304 is none). Names the host only: the rest may be anybody's words. */
export function failureOfRedirect(status: number, headers: Readonly<Record<string, string>>, url: URL): Failure {
  const target = URL.parse(headers['location'] ?? '', url)
  const region = /^[a-z0-9-]{1,20}$/i.exec(headers['x-cs-region'] ?? '')
  const refused = 'redirects are not followed, as the credential would go along'
  const because = region === null ? refused : `${refused} (x-cs-region: ${region[0]})`
  const failure = (says: string, remedy: string): Failure => ({
    code: 'redirect_refused',
    says: `answered ${status} ${says}`,
    remedy: `${because}; ${remedy}`,
    again: false,
  })
  if (target === null || !/^https?:$/.test(target.protocol) || headers['location'] === undefined) {
    return failure('without a readable Location', 'check baseUrl')
  }
  if (target.origin === url.origin) return failure('to another path of the same host', 'check baseUrl')
  return failure(`to ${target.host}`, `if that host is the right one, set baseUrl: ${target.origin}`)
}

export function failureOfContentType(contentType: string | undefined, wanted: string): Failure {
  const media = contentType?.split(';')[0]?.trim().toLowerCase() ?? ''
  const came =
    media === '' ? 'an answer without a content type' : media === 'text/html' ? 'an HTML page' : readable(media)
  return {
    code: 'wrong_content_type',
    says: `answered with ${came} where ${wanted} was expected`,
    remedy: 'a proxy or a sign-in page may stand in between: check baseUrl',
    again: false,
  }
}

const readable = (media: string): string => (/^[\w.+/-]{1,80}$/.test(media) ? media : 'an unreadable content type')

/** Null for an error that we do not recognise: that is a bug, and is neither retried nor given a code. */
export function failureOfError(error: unknown, answered: boolean): Failure | null {
  const failure = (code: FailureCode, says: string, remedy: string, again: boolean): Failure => ({
    code,
    says,
    remedy,
    again,
    cause: error,
  })
  if (!(error instanceof Error)) return null
  if (error instanceof AddressRefused) return failure('network', 'was not sent', error.message, false)
  if (error instanceof ProxyRefused) return failure('network', 'was not sent', error.message, true)
  if (error instanceof BodyTooLarge) {
    return failure('too_large', `was given up: the answer ${error.message}`, 'check baseUrl', false)
  }
  if (error instanceof EncodingRefused) {
    return failure(
      'wrong_content_type',
      `was given up: the answer ${error.message}`,
      'check what stands in between',
      false,
    )
  }
  if (error instanceof BodyCutShort) {
    return failure('truncated', `was cut short: ${error.message}`, 'the next pull asks again', true)
  }
  // The parser's error holds the bytes it stumbled over, which are not for a log.
  if (error.name === 'HTTPParserError') return failureOfError(broken(error.message), answered)
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (isTls(code)) {
    return failure('tls_error', `was not sent: no trusted TLS connection (${code})`, tlsRemedy(code), false)
  }
  if (code === 'UND_ERR_HEADERS_OVERFLOW') {
    return failure('too_large', 'was given up: the answer has too many headers', 'check baseUrl', false)
  }
  if (TIMEOUTS.has(code)) {
    return failure('timeout', `got no connection in time (${code})`, 'check baseUrl and the network', true)
  }
  if (code === 'UND_ERR_DESTROYED' || code === 'UND_ERR_CLOSED') {
    return failure('interrupted', 'was stopped', 'pull again', false)
  }
  if (!isNetwork(error, code)) return null
  if (answered)
    return failure('truncated', `was cut short: the connection broke (${code})`, 'the next pull asks again', true)
  return failure('network', `got no answer: ${WORDS[code] ?? 'the connection failed'} (${code})`, NETWORK_REMEDY, true)
}

const broken = (message: string): Error => Object.assign(new Error(message), { code: 'HPE_INVALID' })

const NETWORK_REMEDY = 'check baseUrl, the network and the proxy'
const TIMEOUTS = new Set(['ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'])
const WORDS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the host name could not be resolved',
  HPE_INVALID: 'what came was no HTTP',
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was closed',
  UND_ERR_SOCKET: 'the connection was closed',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
}

function isTls(code: string): boolean {
  return /^(ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CRL_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED|EPROTO$)/.test(
    code,
  )
}

function tlsRemedy(code: string): string {
  return /SELF_SIGNED|UNABLE_TO|DEPTH_ZERO/.test(code)
    ? 'if an own authority signed it, name its certificate in network.ca'
    : "check baseUrl and the server's certificate"
}

/** Undici's own complaints about how it was called are bugs of ours. */
const BUGS = new Set(['UND_ERR_INVALID_ARG', 'UND_ERR_NOT_SUPPORTED', 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH'])

function isNetwork(error: Error, code: string): boolean {
  if (BUGS.has(code)) return false
  return 'syscall' in error || error instanceof AggregateError || /^(UND_ERR_|HPE_|E[A-Z]+$|EAI_)/.test(code)
}
