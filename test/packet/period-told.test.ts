import { expect, test } from 'vitest'
import type { LedgerPast, RunInLeaf } from '../../src/packet/past.ts'
import { runsTold } from '../../src/packet/period-told.ts'

const PERIOD = { from: '2026-07-01T00:00:00.000Z', to: '2026-07-02T23:59:59.999Z' }

function run(sequence: number, snapshotAt: string, tailnet: Partial<RunInLeaf['sources'][number]> = {}): RunInLeaf {
  const source = { id: 'tailnet', kind: 'tailscale', status: 'complete', collectedAt: snapshotAt, error: null } as const
  return {
    ...{ leaf: sequence + 1, id: `run-${sequence}`, sequence, snapshotAt, settings: 's', checkSet: 'c' },
    ...{ software: '1', build: 'b', sources: [{ ...source, pull: 'p', ...tailnet }] },
  }
}

function configuration(index: number, by: string): LedgerPast['acts'][number] {
  const body = JSON.stringify({ by, at: '2026-06-30T06:00:00.000Z', type: 'configuration' })
  return { index, kind: 'configuration', body, hash: '' }
}

test('tells of the runs of the period alone, which pulls failed, and who put settings in force before its last run', () => {
  const runs = [
    run(1, '2026-06-30T06:00:00.000Z', { status: 'failed' }),
    run(2, '2026-07-01T06:00:00.000Z'),
    run(3, '2026-07-01T10:00:00.000Z', { status: 'failed' }),
    run(4, '2026-07-01T14:00:00.000Z', { status: 'held' }),
    // Not tried: its old state is no new failure.
    run(5, '2026-07-02T06:00:00.000Z', { status: 'failed', pull: null }),
  ]
  const acts = [configuration(0, 'eve@laptop'), configuration(9, 'mallory@laptop')]
  const stamps = [
    { size: 3, authority: 'tsa.example', stampedAt: '2026-06-30T05:00:00.000Z' },
    { size: 5, authority: 'tsa.example', stampedAt: '2026-07-01T11:00:00.000Z' },
    { size: 6, authority: 'other.example', stampedAt: '2026-07-01T18:00:00.000Z' },
  ]
  expect(runsTold({ runs, acts }, PERIOD, stamps)).toEqual({
    count: 4,
    first: '2026-07-01T06:00:00.000Z',
    last: '2026-07-02T06:00:00.000Z',
    everyMs: 4 * 60 * 60_000,
    longest: { from: '2026-07-01T14:00:00.000Z', to: '2026-07-02T06:00:00.000Z' },
    failed: [{ source: 'tailnet', runs: 2 }],
    settingsBy: [{ by: 'eve@laptop', at: '2026-06-30T06:00:00.000Z' }],
    // The last run stands behind the last of them, the first stamp before the period's first run.
    stamped: {
      count: 2,
      authorities: ['other.example', 'tsa.example'],
      first: '2026-07-01T11:00:00.000Z',
      last: '2026-07-01T18:00:00.000Z',
      runs: 3,
      slowestMs: 5 * 60 * 60_000,
    },
  })
  expect(runsTold({ runs, acts }, PERIOD, []).stamped).toBeNull()
})
