import type { Settings } from '../../src/domain/settings.ts'
import type { SnapshotOptions } from '../helpers/build.ts'

type Attestation = Settings['attestations'][number]

/** A world in which somebody attested a question; by default for this quarter. */
export function attested(check: string, answer: 'pass' | 'fail', over: Partial<Attestation> = {}): SnapshotOptions {
  const entry: Attestation = {
    id: 'A-1',
    check,
    system: null,
    answer,
    by: 'eve@example.com',
    on: '2026-11-01',
    until: '2027-01-31',
    note: null,
  }
  return { settings: { attestations: [{ ...entry, ...over }] } }
}

/** Of a day to come. */
export const TO_COME = { on: '2031-01-01', until: '2031-02-01' } as const
