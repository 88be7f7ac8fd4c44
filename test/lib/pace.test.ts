import { expect, test } from 'vitest'
import { pace } from '../../src/lib/pace.ts'

function paced(perSecond: number | null) {
  const clock = { ms: 0 }
  const made = pace(perSecond, () => clock.ms)
  return { clock, made, leaves: (calls: number) => Array.from({ length: calls }, () => clock.ms + made.nextWaitMs()) }
}

test('calls made together leave one after the other, never more than so many in any second', () => {
  expect(paced(4).leaves(6)).toEqual([0, 250, 500, 750, 1000, 1250])
})

test('a pause earns no burst', () => {
  const { clock, leaves } = paced(2)
  expect(leaves(1)).toEqual([0])
  clock.ms = 60_000
  expect(leaves(3)).toEqual([60_000, 60_500, 61_000])
})

test('without a limit nothing waits', () => {
  expect(paced(null).leaves(100)).toEqual(Array(100).fill(0))
})

test('a complaint holds every later call back, and halves the speed', () => {
  const { clock, made, leaves } = paced(10)
  clock.ms = 1000
  made.slowDown(5000, 900)
  expect(leaves(3)).toEqual([6000, 6200, 6400])
})

test('complaints about calls that were under way together count once', () => {
  const { clock, made, leaves } = paced(10)
  clock.ms = 1000
  for (let call = 0; call < 16; call++) made.slowDown(0, 900)
  expect(leaves(2)).toEqual([1000, 1200])
  clock.ms = 5000
  made.slowDown(0, 4000)
  expect(leaves(2)).toEqual([5000, 5400])
})

test('the slowest is one call in ten seconds, or what was asked for if that is slower', () => {
  for (const [perSecond, gapMs] of [
    [1, 10_000],
    [0.05, 20_000],
  ] as const) {
    const { clock, made, leaves } = paced(perSecond)
    for (let complaint = 1; complaint < 20; complaint++) {
      clock.ms += 100_000
      made.slowDown(0, clock.ms - 1)
    }
    const [first = 0, second = 0] = leaves(2)
    expect(second - first).toBe(gapMs)
  }
})
