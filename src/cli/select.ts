import { AppError } from '../domain/error.ts'
import type { Status } from '../domain/finding.ts'

const STATUSES: readonly Status[] = ['pass', 'fail', 'unknown', 'not_applicable']

export function parseOnly(text: string | undefined): ReadonlySet<Status> | null {
  if (text === undefined) return null
  const names = text.split(',').map((name) => name.trim())
  for (const name of names) {
    if (!STATUSES.includes(name as Status))
      throw new AppError('usage', `--only takes ${STATUSES.join(', ')}; "${name}" is none of them`)
  }
  return new Set(names as Status[])
}
