import type { SnapshotOptions } from '../helpers/build.ts'

/** A world in which somebody attested a question; by default for this quarter. */
export function attested(
  check: string,
  answer: 'pass' | 'fail',
  [on, until]: readonly [string, string] = ['2026-11-01', '2027-01-31'],
): SnapshotOptions {
  const by = 'eve@example.com'
  return { settings: { attestations: [{ id: 'A-1', check, system: null, answer, by, on, until, note: null }] } }
}

/** Of a day to come. */
export const TO_COME = ['2031-01-01', '2031-02-01'] as const
