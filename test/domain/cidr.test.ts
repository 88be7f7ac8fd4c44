import fc from 'fast-check'
import { expect, test } from 'vitest'
import { covers, isSingleAddress, overlap, parseRange, TAILNET_RANGES } from '../../src/domain/cidr.ts'

test.each([
  ['100.64.0.0/10', 4, 0x64400000n, 0x647fffffn],
  ['10.1.2.3/8', 4, 0x0a000000n, 0x0affffffn],
  ['1.2.3.4', 4, 0x01020304n, 0x01020304n],
  ['0.0.0.0/0', 4, 0n, 0xffffffffn],
  ['255.255.255.255/32', 4, 0xffffffffn, 0xffffffffn],
  ['::', 6, 0n, 0n],
  ['::1', 6, 1n, 1n],
  ['::/0', 6, 0n, (1n << 128n) - 1n],
  ['1::', 6, 1n << 112n, 1n << 112n],
  ['::ffff:1.2.3.4', 6, 0xffff01020304n, 0xffff01020304n],
  ['64:ff9b::1.2.3.4', 6, (0x64ff9bn << 96n) + 0x01020304n, (0x64ff9bn << 96n) + 0x01020304n],
  ['FD7A:115C:A1E0::/48', 6, 0xfd7a115ca1e0n << 80n, ((0xfd7a115ca1e0n + 1n) << 80n) - 1n],
  ['1:2:3:4:5:6:7:8', 6, 0x00010002000300040005000600070008n, 0x00010002000300040005000600070008n],
  ['1:2:3:4:5:6:7::', 6, 0x00010002000300040005000600070000n, 0x00010002000300040005000600070000n],
])('%s', (text, version, from, to) => {
  expect(parseRange(text)).toEqual({ version, from, to })
})

test.each([
  '',
  '*',
  'host',
  '1.2.3',
  '1.2.3.4.5',
  '1.2.3.256',
  '01.2.3.4',
  '1.2.3.04',
  '1.2.3.',
  '1.2..4',
  ' 1.2.3.4',
  '0x1.2.3.4',
  '1.2.3.4/',
  '1.2.3.4/33',
  '1.2.3.4/08',
  '1.2.3.4/-1',
  '1.2.3.4/8/8',
  '/8',
  '1.2.3.4-5',
  ':',
  ':::',
  '1::2::3',
  '1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:8:9',
  '1:2:3:4:5:6:7:8::',
  '12345::',
  'g::',
  'fe80::1%eth0',
  '::1/129',
  '1.2.3.4::',
  '::1.2.3.4:5',
  '::1.2.3',
  '1:',
])('%j is no address and no prefix', (text) => {
  expect(parseRange(text)).toBeNull()
})

const range = (text: string) => parseRange(text)!

test('ranges overlap and cover within one version only', () => {
  expect(overlap(range('10.0.0.0/8'), range('10.255.0.0/16'))).toBe(true)
  expect(overlap(range('10.0.0.0/8'), range('11.0.0.0/8'))).toBe(false)
  expect(overlap(range('0.0.0.0/0'), range('::/0'))).toBe(false)
  expect(covers(range('10.0.0.0/8'), range('10.255.0.0/16'))).toBe(true)
  expect(covers(range('10.255.0.0/16'), range('10.0.0.0/8'))).toBe(false)
  expect(covers(range('::/0'), range('1.2.3.4'))).toBe(false)
  expect(isSingleAddress(range('1.2.3.4/32'))).toBe(true)
  expect(isSingleAddress(range('1.2.3.4/31'))).toBe(false)
})

test("the tailnet's addresses are where Tailscale puts them", () => {
  const inside = (text: string) => TAILNET_RANGES.some((tailnet) => covers(tailnet, range(text)))
  expect(['100.64.0.0', '100.127.255.255', 'fd7a:115c:a1e0::4843:ca90'].map(inside)).toEqual([true, true, true])
  expect(['100.63.255.255', '100.128.0.0', 'fd7a:115c:a1e1::1', '10.0.0.1'].map(inside)).toEqual([
    false,
    false,
    false,
    false,
  ])
})

test('any IPv6 address reads the same with its longest run of zeros cut', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(0, 0, 0, 1, 0xffff), { minLength: 8, maxLength: 8 }), (groups) => {
      const whole = groups.map((group) => group.toString(16)).join(':')
      const short = whole.replace(/(?:^|:)0(?::0)+(?::|$)/, '::')
      expect(parseRange(short)).toEqual(parseRange(whole))
    }),
  )
})

test('100 kB of colons or of dots end', () => {
  expect(parseRange(':'.repeat(100_000))).toBeNull()
  expect(parseRange('1.'.repeat(50_000))).toBeNull()
})
