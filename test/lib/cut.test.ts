import { expect, test } from 'vitest'
import { cutMiddle, head } from '../../src/lib/cut.ts'

test.each([
  ['fits', 'laptop', 6, 'laptop'],
  ['too long: both ends stay', 'laptop-01.example', 9, 'lapt…mple'],
  ['an even number of places', 'laptop-01.example', 8, 'lapt…ple'],
  ['one place', 'laptop', 1, '…'],
  ['code points are never parted', '😀😀😀😀😀😀😀', 5, '😀😀…😀😀'],
])('%s', (_, text, max, cut) => {
  expect(cutMiddle(text, max)).toBe(cut)
  expect([...cut].length).toBeLessThanOrEqual(max)
})

test('a head counts code points too', () => {
  expect(head('a😀b😀c', 3)).toBe('a😀b')
})
