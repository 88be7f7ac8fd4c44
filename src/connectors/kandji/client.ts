/** Calls to Kandji within the hourly allowance that all tools of a tenant share. */
import type { Answer, Tools } from '../../domain/connector.ts'
import { AppError } from '../../domain/error.ts'
import { withRemedy } from '../../domain/remedy.ts'
import { MINUTE, SECOND } from '../../domain/time.ts'
import { retryAfterMs } from '../../lib/retry.ts'
import type { Config } from './config.ts'

/** Of 10,000 an hour: below it the rest is left to the tenant's other tools. */
const LEAST_LEFT = 500

const REMEDIES = {
  auth_failed:
    'The token is wrong, revoked or of another tenant: make a new one at Access > API tokens and set credential.apiToken.',
  not_found:
    "Set baseUrl to the organization's API URL as Access > API tokens shows it; subdomain and region belong to it.",
}

export class Kandji {
  private readonly config: Config
  private readonly tools: Tools
  private leftThisHour = Number.POSITIVE_INFINITY

  constructor(config: Config, tools: Tools) {
    this.config = config
    this.tools = tools
  }

  async get(path: string, place: string, accept: readonly number[] = []): Promise<Answer> {
    if (this.leftThisHour < LEAST_LEFT) {
      throw new AppError(
        'rate_limited',
        `kandji: GET ${path.split('?')[0]} was not sent: only ${this.leftThisHour} of the tenant's requests are left this hour. Other tools use them up; the next pull tries again.`,
      )
    }
    const answer = await withRemedy(
      this.tools.request({
        method: 'GET',
        url: new URL(path, this.config.baseUrl),
        headers: { authorization: `Bearer ${this.config.credential.apiToken}`, accept: 'application/json' },
        place,
        accept,
        contentType: 'json',
        retryAfter,
      }),
      REMEDIES,
    )
    const left = answer.headers['x-ratelimit-remaining-hour'] ?? ''
    if (/^\d{1,9}$/.test(left)) this.leftThisHour = Number(left)
    return answer
  }
}

/** `RateLimit-Reset` counts seconds and is sent with every answer, so it says something only where nothing remains. */
export function retryAfter(headers: Readonly<Record<string, string>>, nowMs: number, status: number): number | null {
  const named = retryAfterMs(headers, nowMs)
  if (named !== null) return named
  if (status !== 429) return null
  if (Number(headers['ratelimit-remaining'] ?? 0) > 0) return null
  const reset = headers['ratelimit-reset'] ?? ''
  return /^\d{1,5}$/.test(reset) ? Number(reset) * SECOND : MINUTE
}
