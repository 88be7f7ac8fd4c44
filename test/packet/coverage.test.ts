import { expect, test } from 'vitest'
import { newAccountsNeedApproval } from '../../checks/new-accounts-need-approval.ts'
import type { VerdictChange } from '../../src/domain/store.ts'
import { coverageOf } from '../../src/packet/coverage.ts'
import type { RunInLeaf, SourceInLeaf } from '../../src/packet/past.ts'
import { settings, wholeSnapshotOf } from '../helpers/build.ts'

const day = (time: string): string => `2026-11-20T${time}:00.000Z`
const PERIOD = { from: day('00:00'), to: day('10:00') }
const SETTINGS = settings({
  sources: [
    {
      id: 'tailnet',
      kind: 'tailscale',
      freshnessMs: 3_600_000,
      syncWindowMs: null,
      attributeFreshnessMs: null,
      allowWrite: false,
    },
  ],
})

function run(sequence: number, time: string, over: Partial<SourceInLeaf> = {}): RunInLeaf {
  const source: SourceInLeaf = {
    id: 'tailnet',
    kind: 'tailscale',
    status: 'complete',
    collectedAt: day(time),
    error: null,
    pull: 'digest',
    ...over,
  }
  const same = { settings: 's', checkSet: 'c', software: '1', build: 'b' }
  return { leaf: sequence, id: `run-${sequence}`, sequence, snapshotAt: day(time), sources: [source], ...same }
}

function verdict(sequence: number, over: Partial<VerdictChange> = {}): VerdictChange {
  const answered = { status: 'pass', unknownReason: null, message: null } as const
  return { check: newAccountsNeedApproval.id, system: 'tailnet', sequence, ...answered, ...over }
}

function covered(runs: readonly RunInLeaf[], verdicts: readonly VerdictChange[] = []) {
  const snapshot = wholeSnapshotOf([], {})
  const parts = { runs, verdicts, checks: [newAccountsNeedApproval], settingsOf: () => SETTINGS, snapshot }
  return coverageOf(PERIOD, parts).map(({ what, share, gaps }) => ({
    what,
    share: Math.round(share * 1000) / 1000,
    gaps: gaps.map(({ from, to, cause }) => `${from.slice(11, 16)} ${to.slice(11, 16)} ${cause}`),
  }))
}

test('a source is covered while its newest reading is fresh; every other stretch is a gap with its cause', () => {
  const runs = [
    run(1, '02:00'),
    run(2, '02:30'),
    run(3, '03:00', { status: 'failed', collectedAt: day('02:30'), error: 'timeout' }),
    run(4, '04:00', { status: 'held', collectedAt: day('02:30'), error: 'population_fell' }),
    run(5, '05:00'),
    run(6, '09:30'),
  ]
  expect(covered(runs)).toEqual([
    {
      what: 'source',
      share: 0.2,
      gaps: [
        '00:00 02:00 before the first run',
        '03:00 04:00 failed: timeout',
        '04:00 05:00 held: population_fell',
        '06:00 09:30 stale',
        '09:30 10:00 after the last run',
      ],
    },
  ])
})

test('the run before the period speaks for its beginning, as long as it is fresh', () => {
  const before = { ...run(1, '00:00'), snapshotAt: '2026-11-19T23:30:00.000Z' }
  const [source] = covered([
    { ...before, sources: [{ ...before.sources[0]!, collectedAt: before.snapshotAt }] },
    run(2, '09:00'),
  ])
  expect(source!.gaps).toEqual(['00:30 09:00 stale', '09:00 10:00 after the last run'])
})

test('a check is covered while it was judged: not where the engine answered for it, nor where it was not asked', () => {
  const runs = [run(1, '00:00'), run(2, '01:00'), run(3, '02:00'), run(4, '03:00'), run(5, '04:00'), run(6, '09:00')]
  const verdicts = [
    verdict(1),
    // A subject could not be judged: the check itself was.
    verdict(2, { status: 'unknown', unknownReason: 'no_data' }),
    verdict(3, { status: 'unknown', unknownReason: 'not_visible', message: 'tailnet: the credential needs a scope.' }),
    verdict(4, { status: null }),
    verdict(5),
  ]
  expect(covered(runs, verdicts)[1]).toEqual({
    what: 'check',
    share: 0.3,
    gaps: [
      '02:00 03:00 not_visible',
      '03:00 04:00 not asked: disabled, or not part of the release',
      '05:00 09:00 stale',
      '09:00 10:00 after the last run',
    ],
  })
})

test('by the sealed schedule: where no run came for longer than two intervals, that is told, beside the reading’s age', () => {
  const scheduled = { ...SETTINGS, scheduleMs: 900_000 }
  const runs = [
    run(1, '00:00'),
    run(2, '00:30'),
    // An hour and a half without a run.
    run(3, '02:00'),
    run(4, '02:15', { status: 'failed', error: 'timeout' }),
    run(5, '03:00'),
  ]
  const parts = { runs, verdicts: [], checks: [], settingsOf: () => scheduled, snapshot: wholeSnapshotOf([], {}) }
  const [source] = coverageOf({ from: day('00:00'), to: day('03:00') }, parts)
  expect(source!.gaps.map(({ from, to, cause }) => `${from.slice(11, 16)} ${to.slice(11, 16)} ${cause}`)).toEqual([
    '01:00 01:30 no run although one was due every 15 min',
    '01:30 02:00 stale; no run although one was due every 15 min',
    '02:15 02:45 failed: timeout',
    '02:45 03:00 failed: timeout; no run although one was due every 15 min',
  ])
})
