import { expect, test } from 'vitest'
import { durationText } from '../../src/domain/duration.ts'
import { durationMs } from '../../src/domain/time.ts'

test.each(['0s', '30s', '15m', '90m', '1h', '24h', '36h', '2d', '7d', '90d', '730d'])(
  'a limit is written as it is usually given: %s',
  (text) => {
    expect(durationText(durationMs(text)!)).toBe(text)
  },
)

test.each([
  ['1d', '24h'],
  ['48h', '2d'],
  ['60m', '1h'],
  ['120s', '2m'],
  ['1w', '7d'],
])('%s is the same length as %s', (text, written) => {
  expect(durationText(durationMs(text)!)).toBe(written)
})
