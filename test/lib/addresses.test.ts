import { describe, expect, test } from 'vitest'
import { addressRules, isNearby, isRange } from '../../src/lib/addresses.ts'
import { RANGES } from './address-ranges.ts'

const outboundAllowed = (address: string, allow: readonly string[]): boolean => addressRules(allow)(address).allowed

test.each(RANGES)(
  '%s: both edges are refused, the neighbours are what they are',
  (_name, before, first, last, after) => {
    expect(outboundAllowed(first, [])).toBe(false)
    expect(outboundAllowed(last, [])).toBe(false)
    for (const neighbour of [before, after]) {
      if (neighbour !== null) expect([neighbour[0], outboundAllowed(neighbour[0], [])]).toEqual(neighbour)
    }
  },
)

const singles: [address: string, allowed: boolean, why: string][] = [
  ['8.8.8.8', true, 'public'],
  ['1.1.1.1', true, 'public'],
  ['199.38.181.239', true, 'public'],
  ['2606:4700::6812:1a2b', true, 'public over IPv6'],
  ['2a00:1450:4001:81b::200e', true, 'public over IPv6'],
  ['168.63.129.15', true, "the neighbour of Azure's metadata"],
  ['168.63.129.16', false, "Azure's metadata"],
  ['168.63.129.17', true, "the neighbour of Azure's metadata"],
  ['100.100.100.200', false, "Alibaba's metadata"],
  ['169.254.169.254', false, 'metadata'],
  ['192.0.0.192', false, "Oracle's metadata"],
  ['fd00:ec2::254', false, "AWS's metadata over IPv6"],
  ['255.255.255.255', false, 'broadcast'],
  ['::ffff:8.8.8.8', true, 'a mapped address is the IPv4 one'],
  ['::ffff:127.0.0.1', false, 'mapped loopback'],
  ['::ffff:7f00:1', false, 'mapped loopback, in hex'],
  ['::ffff:169.254.169.254', false, 'mapped metadata'],
  ['::ffff:168.63.129.16', false, 'mapped metadata'],
  ['::7f00:1', false, 'IPv4-compatible loopback'],
  ['::8.8.8.8', false, 'IPv4-compatible, which nobody routes'],
  ['64:ff9b::a9fe:a9fe', false, 'metadata behind NAT64'],
  ['64:ff9b::8.8.8.8', false, 'NAT64 is not global unicast'],
  ['2002:7f00:1::', false, 'loopback behind 6to4'],
  ['2002:808:808::', false, '6to4'],
  ['2001:0:a9fe:a9fe::1', false, 'Teredo'],
  ['fe80::1', false, 'link local'],
  ['fe80::1%eth0', false, 'with a zone'],
  ['1::1', false, 'unassigned'],
  ['4000::1', false, 'unassigned'],
  ['', false, 'nothing'],
  ['localhost', false, 'a name'],
  ['127.1', false, 'a short spelling'],
  ['0177.0.0.1', false, 'octal'],
  ['0x7f000001', false, 'hex'],
  ['2130706433', false, 'one number'],
  ['8.8.8.8 ', false, 'with a space'],
  ['[2606:4700::1]', false, 'in brackets'],
  ['８.8.8.8', false, 'a wide digit'],
  ['999.1.1.1', false, 'no address'],
]
test.each(singles)('"%s" is allowed: %s (%s)', (address, allowed) => {
  expect(outboundAllowed(address, [])).toBe(allowed)
})

test.each([
  ['http://127.0.0.1:35981/tsr', true],
  ['https://localhost/tsr', true],
  ['https://tsa.localhost/', true],
  ['https://10.0.0.7/', true],
  ['https://[::1]:8443/', true],
  ['https://[fd12:3456::1]/', true],
  ['https://8.8.8.8/tsr', false],
  ['https://[2606:4700::1111]/', false],
  ['https://tsa.example/tsr', false],
  ['no URL', false],
])('%s names this machine or its network: %s', (url, nearby) => {
  expect(isNearby(url)).toBe(nearby)
})

describe('what the operator allows', () => {
  const listed: [address: string, allow: string[], allowed: boolean][] = [
    ['10.1.2.3', ['10.1.2.3/32'], true],
    ['10.1.2.3', ['10.1.2.3'], true],
    ['10.1.2.4', ['10.1.2.3/32'], false],
    ['10.255.255.255', ['10.0.0.0/8'], true],
    ['11.0.0.0', ['10.0.0.0/8'], true],
    ['100.101.102.103', ['100.101.102.103/32'], true],
    ['127.0.0.1', ['127.0.0.0/8'], true],
    ['::ffff:127.0.0.1', ['127.0.0.0/8'], true],
    ['::1', ['127.0.0.0/8'], false],
    ['::1', ['::1/128'], true],
    ['fd7a:115c:a1e0::1', ['fd7a:115c:a1e0::/48'], true],
    ['fd7a:115c:a1e1::1', ['fd7a:115c:a1e0::/48'], false],
    ['64:ff9b::8.8.8.8', ['64:ff9b::/96'], true],
    ['64:ff9b::10.0.0.1', ['64:ff9b::/96'], false],
    ['64:ff9b::10.0.0.1', ['64:ff9b::/96', '10.0.0.0/8'], true],
    ['2002:a00:1::1', ['2002::/16'], false],
    ['0.0.0.0', ['0.0.0.0/0'], true],
    // Metadata stays refused, however wide the range.
    ['169.254.169.254', ['0.0.0.0/0'], false],
    ['169.254.0.1', ['169.254.0.1/32'], false],
    ['100.100.100.200', ['100.64.0.0/10'], false],
    ['100.100.100.201', ['100.64.0.0/10'], true],
    ['168.63.129.16', ['168.63.0.0/16'], false],
    ['192.0.0.192', ['192.0.0.0/24'], false],
    ['192.0.0.193', ['192.0.0.0/24'], true],
    ['fe80::1', ['::/0'], false],
    ['fd00:ec2::254', ['fd00::/8'], false],
    ['fd00:ec2::253', ['fd00::/8'], true],
    ['::ffff:169.254.169.254', ['0.0.0.0/0', '::/0'], false],
    ['64:ff9b::a9fe:a9fe', ['::/0', '0.0.0.0/0'], false],
    ['::a9fe:a9fe', ['::/0', '0.0.0.0/0'], false],
    ['2002:a9fe:a9fe::1', ['::/0', '0.0.0.0/0'], false],
    ['64:ff9b:1::a9fe:a9fe', ['::/0', '0.0.0.0/0'], false],
    ['64:ff9b:1:a9fe:a9:fe00::', ['::/0', '0.0.0.0/0'], false],
    ['64:ff9b:1:a9:fe:a9fe::', ['::/0', '0.0.0.0/0'], false],
    ['64:ff9b:1:0:a9:fea9:fe00:0', ['::/0', '0.0.0.0/0'], false],
    ['64:ff9b:1::808:808', ['::/0'], true],
    ['::ffff:0:a9fe:a9fe', ['::/0', '0.0.0.0/0'], false],
    ['::ffff:0:7f00:1', ['::/0'], false],
    ['::ffff:0:7f00:1', ['::/0', '127.0.0.0/8'], true],
    // Teredo: the server's address as it is, the client's with every bit turned.
    ['2001:0:a9fe:a9fe::f7f7:f7f7', ['::/0', '0.0.0.0/0'], false],
    ['2001:0:808:808::5601:5601', ['::/0', '0.0.0.0/0'], false],
    ['2001:0:808:808::80ff:fffe', ['::/0'], false],
    ['2001:0:808:808::f7f7:f7f7', ['::/0'], true],
    // ISATAP, under a public prefix too.
    ['2606:4700::5efe:a9fe:a9fe', [], false],
    ['2606:4700::200:5efe:7f00:1', [], false],
    ['2606:4700::200:5efe:808:808', [], true],
    ['2606:4700::300:5efe:7f00:1', [], true],
    ['fd7a::5efe:a00:1', ['fd00::/8'], false],
    ['fd7a::5efe:a00:1', ['fd00::/8', '10.0.0.0/8'], true],
    // The same services of other clouds.
    ['fd00:ec2::23', ['fd00::/8'], false],
    ['fd20:ce::254', ['fd00::/8'], false],
    ['fd00:c1::a9fe:a9fe', ['fd00::/8'], false],
    ['fd00:42::42', ['fd00::/8'], false],
    ['fd00:a9fe:a9fe::1', ['fd00::/8'], false],
    ['fd00:100::100:200', ['fd00::/8'], false],
  ]
  test.each(listed)('%s with %j: %s', (address, allow, allowed) => {
    expect(outboundAllowed(address, allow)).toBe(allowed)
  })

  test('tells a listed address from a public one, since plain http is for listed ones only', () => {
    const rules = addressRules(['10.0.0.0/8', '8.8.8.8/32'])
    expect(['8.8.8.8', '9.9.9.9', '10.0.0.1', '127.0.0.1'].map((address) => rules(address).by)).toEqual([
      'listed',
      'public',
      'listed',
      null,
    ])
    expect(rules('127.0.0.1')).toMatchObject({
      why: 'loopback (RFC 1122)',
      remedy: 'if it is meant, name the range in network.allow',
    })
    expect(rules('169.254.169.254').remedy).toBe('no range in network.allow lets it through')
  })

  test.each([
    '10.0.0.0/33',
    '10.0.0/8',
    'fd00::/129',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    'example.com',
    '',
    '10.0.0.0/-1',
    '::1%lo/128',
    '10.1/16',
    '010.0.0.0/8',
    '0x7f.0.0.1/8',
    '0/0',
    '::ffff:10.0.0.0/104',
  ])('"%s" is no range', (range) => {
    expect(isRange(range)).toBe(false)
    expect(() => addressRules([range])).toThrow(RangeError)
  })
})
