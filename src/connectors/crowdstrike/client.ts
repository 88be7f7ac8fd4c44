/** Calls to Falcon with the one bearer token of a reading. */
import type { Answer, Call, Tools } from '../../domain/connector.ts'
import { AppError } from '../../domain/error.ts'
import { fields, jsonOf } from '../../domain/reading.ts'
import { between, type Instant, MINUTE, plus, SECOND } from '../../domain/time.ts'
import { CLOUDS, refusalMessage } from './api.ts'
import type { Config } from './config.ts'

/** Tokens live 30 minutes; one that ends within a walk turns every call into one of the 15 a minute for strangers. */
const RENEW_BEFORE_MS = 2 * MINUTE

export interface FalconCall {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly place: string
  readonly body?: string
  /** Refusals that the caller wants to see. */
  readonly accept?: readonly number[]
}

/** Used by one call at a time, as a walk does. */
export class Falcon {
  private readonly config: Config
  private readonly tools: Tools
  private token: { value: string; expiresAt: Instant } | null = null

  constructor(config: Config, tools: Tools) {
    this.config = config
    this.tools = tools
  }

  /** After a 401 one new token and one more try: further ones would burn the address's 15 calls a minute. */
  async call(call: FalconCall): Promise<Answer> {
    const first = await this.send(call)
    if (first.status !== 401) return first
    this.token = null
    const second = await this.send(call)
    if (second.status !== 401) return second
    throw new AppError(
      'auth_failed',
      `crowdstrike: ${call.method} ${plainPath(call)} answered 401 also with a new token; check that the API client still exists.`,
    )
  }

  private async send(call: FalconCall): Promise<Answer> {
    const headers: Record<string, string> = {
      authorization: `Bearer ${await this.bearer()}`,
      accept: 'application/json',
    }
    if (call.body !== undefined) headers['content-type'] = 'application/json'
    const answer = await this.tools.request({
      method: call.method,
      url: new URL(call.path, this.config.baseUrl),
      headers,
      ...(call.body === undefined ? {} : { body: call.body }),
      place: call.place,
      accept: [308, 401, ...(call.accept ?? [])],
      contentType: 'json',
      retryAfter,
      // The only POST among the data calls reads host records by id.
      tries: 5,
    })
    this.refuseRedirect(answer, `${call.method} ${plainPath(call)}`)
    return answer
  }

  private async bearer(): Promise<string> {
    const now = this.tools.now()
    if (this.token !== null && between(now, this.token.expiresAt) > RENEW_BEFORE_MS) return this.token.value
    const answer = await this.tools.request(this.tokenCall())
    this.refuseRedirect(answer, 'POST /oauth2/token')
    if (answer.status >= 400) throw refusedToken(answer)
    const token = fields(jsonOf(answer.body, 'crowdstrike: POST /oauth2/token'), 'crowdstrike: the token')
    const value = token.id('access_token')
    const seconds = token.number('expires_in')
    token.mustBeRead()
    this.token = { value, expiresAt: plus(now, (seconds ?? 0) * SECOND) }
    return value
  }

  private tokenCall(): Call {
    const { credential, memberCid } = this.config
    const form = new URLSearchParams({ client_id: credential.clientId, client_secret: credential.clientSecret })
    if (memberCid !== undefined) form.set('member_cid', memberCid)
    return {
      method: 'POST',
      url: new URL('/oauth2/token', this.config.baseUrl),
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body: form.toString(),
      place: 'token',
      accept: [308, 400, 401, 403],
      contentType: 'json',
      retryAfter,
      tries: 3,
      confidential: true,
    }
  }

  /** 308 is Falcon's answer for a tenant that lives in another cloud. Credentials stay with the host they were given for. */
  private refuseRedirect(answer: Answer, request: string): void {
    if (answer.status !== 308) return
    const home = homeOf(answer.headers)
    throw new AppError(
      'redirect_refused',
      `crowdstrike: ${request} answered 308: the tenant is not in the cloud at ${this.config.baseUrl}. ${
        home === null
          ? 'Set baseUrl to the API address shown beside the API client in the Falcon console.'
          : `Set baseUrl: ${home}`
      }`,
    )
  }
}

/** The published cloud that a 308 points to; another host is never named as something to configure. */
function homeOf(headers: Readonly<Record<string, string>>): string | null {
  const location = headers['location'] ?? ''
  const origin = URL.canParse(location) ? new URL(location).origin : null
  if (origin !== null && Object.values(CLOUDS).includes(origin)) return origin
  const region = headers['x-cs-region'] ?? ''
  return Object.hasOwn(CLOUDS, region) ? CLOUDS[region]! : null
}

function refusedToken(answer: Answer): AppError {
  const said = refusalMessage(answer.body)
  const remedy =
    answer.status === 400
      ? 'the client id is not known in this cloud'
      : said === 'access denied, authorization failed'
        ? 'the address we call from is not on the tenant’s IP allowlist'
        : 'the secret is wrong or the API client is disabled'
  return new AppError(
    'auth_failed',
    `crowdstrike: POST /oauth2/token answered ${answer.status}; ${remedy}. Check credential.clientId and credential.clientSecret at Support and resources > API clients and keys.`,
  )
}

/**
 * `X-RateLimit-RetryAfter` is a moment in Unix seconds, and calls made right then are refused again; the header is not
 * always sent (CrowdStrike/gofalcon waits at least 10 s, JupiterOne 60 s). Null for a failure that was no lack of calls.
 */
export function retryAfter(headers: Readonly<Record<string, string>>, nowMs: number, status: number): number | null {
  if (status !== 429) return null
  const text = headers['x-ratelimit-retryafter'] ?? ''
  if (/^\d{9,11}$/.test(text)) return Math.min(Math.max(Number(text) * SECOND - nowMs, 10 * SECOND), 5 * MINUTE)
  return Number(headers['x-ratelimit-remaining'] ?? 0) > 0 ? null : MINUTE
}

function plainPath(call: FalconCall): string {
  return call.path.split('?')[0]!
}
