import { expect, test } from 'vitest'
import { postureIntegrationsHealthy as check } from '../../checks/posture-integrations-healthy.ts'
import type { Integration } from '../../src/domain/record.ts'
import { HOUR, MINUTE } from '../../src/domain/time.ts'
import { ago, findingsOf, integration, resultOf, snapshotOf } from '../helpers/build.ts'
import { covers } from './covers.ts'

const neverSynced = { hasStatus: false, lastSync: null, matchedCount: null, possibleMatchedCount: null } as const
const judged = (over: Partial<Integration>, params = {}) =>
  findingsOf(check, snapshotOf([integration(over)]), params)[0]!

test.each<{ name: string; over: Partial<Integration>; want: string; missing?: string }>([
  { name: 'well', over: {}, want: 'pass' },
  { name: 'an error', over: { error: '401 Unauthorized' }, want: 'fail' },
  { name: 'last attempt an hour ago', over: { lastSync: ago(HOUR) }, want: 'pass' },
  { name: 'last attempt longer ago', over: { lastSync: ago(HOUR + MINUTE) }, want: 'fail' },
  { name: 'nothing matched though something could', over: { matchedCount: 0, possibleMatchedCount: 3 }, want: 'fail' },
  { name: 'nothing to match', over: { matchedCount: 0, possibleMatchedCount: 0 }, want: 'pass' },
  { name: 'never synced', over: neverSynced, want: 'unknown', missing: 'status' },
  { name: 'time of the attempt not said', over: { lastSync: null }, want: 'unknown', missing: 'lastSync' },
  { name: 'attempt in the future', over: { lastSync: ago(-HOUR) }, want: 'unknown', missing: 'lastSync' },
  { name: 'matches not said', over: { matchedCount: null }, want: 'unknown', missing: 'matchedCount' },
  {
    name: 'possible matches not said',
    over: { possibleMatchedCount: null },
    want: 'unknown',
    missing: 'possibleMatchedCount',
  },
  { name: 'error of another type', over: { unread: ['status.error'] }, want: 'unknown', missing: 'error' },
  { name: 'an error and no counts', over: { error: 'x', matchedCount: null }, want: 'fail' },
])('$name: $want', ({ over, want, missing }) => {
  const finding = judged(over)
  expect(finding.status).toBe(want)
  expect(finding.facts['missing']).toBe(missing)
})

test('the limit is the parameter maxSyncAge', () => {
  expect(judged({ lastSync: ago(2 * HOUR) }, { maxSyncAge: '3h' })).toMatchObject({
    status: 'pass',
    facts: { maxSyncAge: '3h' },
  })
})

test('a tailnet without integrations has no subject here', () => {
  expect(resultOf(check, [])).toMatchObject({ status: 'not_applicable', findings: [] })
})

test('every answer is a sentence', () => {
  expect([
    check.say(judged({})),
    check.say(judged({ error: '401 Unauthorized' })),
    check.say(judged({ lastSync: ago(2 * HOUR) })),
    check.say(judged({ matchedCount: 0, possibleMatchedCount: 3 })),
    check.say(judged(neverSynced)),
    check.say(judged({ matchedCount: null })),
  ]).toMatchInlineSnapshot(`
    [
      "The sentinelone integration of tailnet works; it last tried to sync at 2026-11-20T08:55:00.000Z.",
      "The sentinelone integration of tailnet fails with "401 Unauthorized"; renew its credential under Settings > Device management > Device posture integrations.",
      "The sentinelone integration of tailnet last tried to sync at 2026-11-20T07:00:00.000Z, more than 1h before; look at it under Settings > Device management > Device posture integrations.",
      "The sentinelone integration of tailnet matches none of 3 devices that it could match; compare the serial numbers of both sides.",
      "The sentinelone integration of tailnet has no status, so as far as Tailscale says it has never synced; look at it under Settings > Device management > Device posture integrations.",
      "The sentinelone integration of tailnet cannot be judged, because Tailscale sent no usable matchedCount; look at it under Settings > Device management > Device posture integrations, then collect again.",
    ]
  `)
})

covers(check, [
  {
    name: 'synced on a day to come',
    records: [integration({ lastSync: '2031-01-01T00:00:00.000Z' })],
    hostile: true,
    want: ['no_data'],
  },
])
