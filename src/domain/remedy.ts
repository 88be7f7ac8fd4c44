/** The next step that only the one who knows the vendor can name. */
import { AppError, type ErrorCode } from './error.ts'

/** Adds to a failed call's message what cures it at this vendor: "…answered 401. The token is wrong or expired: …". */
export async function withRemedy<T>(call: Promise<T>, remedies: { readonly [code in ErrorCode]?: string }): Promise<T> {
  try {
    return await call
  } catch (error) {
    const remedy = error instanceof AppError ? remedies[error.code] : undefined
    if (!(error instanceof AppError) || remedy === undefined) throw error
    throw new AppError(error.code, `${error.message.replace(/\.?$/, '.')} ${remedy}`, {
      cause: error,
      retryAfterMs: error.retryAfterMs,
    })
  }
}
