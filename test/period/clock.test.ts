/** Rule 5 of checks.md section 1: what two pulls and the vendor's second say of a deadline. */
import { expect, test } from 'vitest'
import type { Bounds, Witness } from '../../src/domain/period.ts'
import { clockOf } from '../../src/period/clock.ts'

const at = (time: string): string => `2026-11-12T${time}:00.000Z`
const DUE = at('12:00')

function said(
  after: string | null,
  before: string | null,
  {
    log = null as string | null,
    until = at('23:00'),
    disagrees = null as string | null,
    outage = null as string | null,
  } = {},
): string {
  const removal: Bounds = {
    after: after === null ? null : at(after),
    before: before === null ? null : at(before),
    runAfter: 1,
    runBefore: 2,
  }
  const witness: Witness | null = log === null ? null : { at: at(log), actor: null, actorType: null, event: 'e' }
  const { clock, lateMs, why } = clockOf({ dueAt: DUE, removal, witness, disagrees, until, outage })
  return [clock, lateMs === null ? '' : `${lateMs / 60_000} min`, why ?? ''].filter((part) => part !== '').join(' · ')
}

test.each([
  ['both readings before the deadline', said('08:00', '11:00'), 'within'],
  ['the first without access exactly at it', said('08:00', '12:00'), 'within'],
  ['the last with access exactly at it', said('12:00', '13:00'), 'breached · 0 min'],
  ['both after it', said('14:30', '15:00'), 'breached · 150 min'],
  ['never there in sight, gone before it', said(null, '09:00'), 'within'],
  ['still there after it', said('20:00', null), 'breached · 480 min'],
  ['still there, and the time is not over', said('10:00', null, { until: at('11:00') }), 'open'],
  ['on both sides, and the log says before', said('11:00', '13:00', { log: '11:59' }), 'within'],
  ['on both sides, and the log says after', said('11:00', '13:00', { log: '12:45' }), 'breached · 45 min'],
  ['the log says by how much less it was late', said('14:30', '15:00', { log: '14:50' }), 'breached · 170 min'],
])('%s', (_name, got, want) => {
  expect(got).toBe(want)
})

test('what cannot be said is not determinable, and why', () => {
  expect(said('11:00', '13:00')).toBe(
    "not_determinable · The deadline (2026-11-12 12:00 UTC) lies between the last reading with access (2026-11-12 11:00 UTC) and the first without (2026-11-12 13:00 UTC), and the vendor's log does not say when access ended.",
  )
  expect(said('11:00', '13:00', { outage: 'failed' })).toContain('; in between the source was not read (failed)')
  expect(said(null, '13:00')).toContain(
    'gone at our first reading (2026-11-12 13:00 UTC), which came after the deadline',
  )
  expect(said('11:00', null)).toContain(
    'No reading was accepted after the deadline; the last one is of 2026-11-12 11:00',
  )
  expect(said('11:00', '13:00', { disagrees: 'They differ.' })).toBe('not_determinable · They differ.')
})

test('a log that has it end on the other side of the deadline than both pulls decides nothing', () => {
  expect(said('12:02', '12:30', { log: '11:59' })).toContain('the two clocks are too far apart')
  expect(said('11:00', '11:58', { log: '12:01' })).toContain('our readings before the deadline')
})
