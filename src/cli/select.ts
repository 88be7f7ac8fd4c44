import type { Check } from '../domain/check.ts'
import { AppError } from '../domain/error.ts'
import type { Status } from '../domain/finding.ts'
import { nearest } from '../lib/nearest.ts'

const STATUSES: readonly Status[] = ['pass', 'fail', 'unknown', 'not_applicable']

/** Finds a check by id or ref, case of the ref ignored. */
export function checkNamed(name: string, checks: readonly Check[]): Check {
  const found = checks.find((check) => check.id === name || check.ref.toLowerCase() === name.toLowerCase())
  if (found === undefined) {
    const near = checks.filter(
      (check) => check.id.includes(name) || check.ref.toLowerCase().startsWith(name.toLowerCase()),
    )
    const similar = nearest(name, [...checks.map(({ ref }) => ref), ...checks.map(({ id }) => id)])
    const hint =
      near.length > 0
        ? `did you mean ${near
            .slice(0, 5)
            .map((check) => `${check.ref} ${check.id}`)
            .join(', ')}?`
        : similar !== null
          ? `did you mean "${similar}"?`
          : '"exhibit check" lists them'
    throw new AppError('usage', `there is no check "${name}"; ${hint}`)
  }
  return found
}

export function parseOnly(text: string | undefined): ReadonlySet<Status> | null {
  if (text === undefined) return null
  const names = text.split(',').map((name) => name.trim())
  for (const name of names) {
    if (!STATUSES.includes(name as Status))
      throw new AppError('usage', `--only takes ${STATUSES.join(', ')}; "${name}" is none of them`)
  }
  return new Set(names as Status[])
}
