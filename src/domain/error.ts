/**
 * The one error class. Its code is for machines, its message for people and names operation, object, answer, remedy.
 * A message never holds a credential: callers build it from request texts, which carry none.
 */
export const PULL_ERROR_CODES = [
  'auth_failed',
  'forbidden',
  'not_found',
  'rate_limited',
  'server_error',
  'http_error',
  'network',
  'tls_error',
  'timeout',
  'redirect_refused',
  'wrong_content_type',
  'not_json',
  'truncated',
  'too_large',
  'schema_mismatch',
  'vendor_error',
  'count_mismatch',
  'pagination_loop',
  'duplicate_ids',
  'population_fell',
  'file_unreadable',
  'interrupted',
  'storage',
] as const
export type PullErrorCode = (typeof PULL_ERROR_CODES)[number]
/** `usage` and `configuration` end with exit code 64, `internal` with 70. */
export type ErrorCode = PullErrorCode | 'usage' | 'configuration' | 'internal'

export class AppError extends Error {
  readonly code: ErrorCode
  /** When a vendor named a moment before which asking again is useless, as milliseconds from the answer. */
  readonly retryAfterMs: number | null
  constructor(code: ErrorCode, message: string, options: { cause?: unknown; retryAfterMs?: number | null } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.name = 'AppError'
    this.code = code
    this.retryAfterMs = options.retryAfterMs ?? null
  }
}

export function isPullErrorCode(code: string): code is PullErrorCode {
  return (PULL_ERROR_CODES as readonly string[]).includes(code)
}
