import { describe, expect, test } from 'vitest'
import { addressRules, outboundAllowed } from '../../src/lib/addresses.ts'

/** First and last address of each range, and the neighbours outside with what they are. */
const ranges: [
  range: string,
  before: [string, boolean] | null,
  first: string,
  last: string,
  after: [string, boolean] | null,
][] = [
  ['this network', null, '0.0.0.0', '0.255.255.255', ['1.0.0.0', true]],
  ['private 10', ['9.255.255.255', true], '10.0.0.0', '10.255.255.255', ['11.0.0.0', true]],
  ['shared, tailnets', ['100.63.255.255', true], '100.64.0.0', '100.127.255.255', ['100.128.0.0', true]],
  ['loopback', ['126.255.255.255', true], '127.0.0.0', '127.255.255.255', ['128.0.0.0', true]],
  ['link local', ['169.253.255.255', true], '169.254.0.0', '169.254.255.255', ['169.255.0.0', true]],
  ['private 172', ['172.15.255.255', true], '172.16.0.0', '172.31.255.255', ['172.32.0.0', true]],
  ['protocol assignments', ['191.255.255.255', true], '192.0.0.0', '192.0.0.255', ['192.0.1.0', true]],
  ['documentation 1', ['192.0.1.255', true], '192.0.2.0', '192.0.2.255', ['192.0.3.0', true]],
  ['AS112', ['192.31.195.255', true], '192.31.196.0', '192.31.196.255', ['192.31.197.0', true]],
  ['AMT', ['192.52.192.255', true], '192.52.193.0', '192.52.193.255', ['192.52.194.0', true]],
  ['6to4 relay', ['192.88.98.255', true], '192.88.99.0', '192.88.99.255', ['192.88.100.0', true]],
  ['private 192.168', ['192.167.255.255', true], '192.168.0.0', '192.168.255.255', ['192.169.0.0', true]],
  ['AS112 of reverse names', ['192.175.47.255', true], '192.175.48.0', '192.175.48.255', ['192.175.49.0', true]],
  ['benchmarking', ['198.17.255.255', true], '198.18.0.0', '198.19.255.255', ['198.20.0.0', true]],
  ['documentation 2', ['198.51.99.255', true], '198.51.100.0', '198.51.100.255', ['198.51.101.0', true]],
  ['documentation 3', ['203.0.112.255', true], '203.0.113.0', '203.0.113.255', ['203.0.114.0', true]],
  ['multicast', ['223.255.255.255', true], '224.0.0.0', '239.255.255.255', ['240.0.0.0', false]],
  ['reserved and broadcast', ['239.255.255.255', false], '240.0.0.0', '255.255.255.255', null],
  ['unspecified and loopback', null, '::', '::1', ['::2', false]],
  ['below global unicast', null, '::2', '1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', ['2000::', true]],
  ['NAT64', ['64:ff9a:ffff::', false], '64:ff9b::', '64:ff9b::ffff:ffff', ['64:ff9b::1:0:0', false]],
  ['local NAT64', null, '64:ff9b:1::', '64:ff9b:1:ffff:ffff:ffff:ffff:ffff', ['64:ff9b:2::', false]],
  ['discard only', null, '100::', '100::ffff:ffff:ffff:ffff', ['100:0:0:1::1', false]],
  [
    'protocol assignments, Teredo',
    ['2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff', true],
    '2001::',
    '2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff',
    ['2001:200::', true],
  ],
  [
    'documentation',
    ['2001:db7:ffff:ffff:ffff:ffff:ffff:ffff', true],
    '2001:db8::',
    '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff',
    ['2001:db9::', true],
  ],
  [
    '6to4',
    ['2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff', true],
    '2002::',
    '2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    ['2003::', true],
  ],
  [
    'AS112 over IPv6',
    ['2620:4f:7fff:ffff:ffff:ffff:ffff:ffff', true],
    '2620:4f:8000::',
    '2620:4f:8000:ffff:ffff:ffff:ffff:ffff',
    ['2620:4f:8001::', true],
  ],
  [
    'documentation 3fff',
    ['3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff', true],
    '3fff::',
    '3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff',
    ['3fff:1000::', true],
  ],
  ['above global unicast', ['3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', true], '4000::', '4000::1', null],
  ['segment routing', null, '5f00::', '5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff', ['5f01::', false]],
  [
    'unique local',
    ['fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', false],
    'fc00::',
    'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    ['fe00::', false],
  ],
  [
    'link local over IPv6',
    ['fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff', false],
    'fe80::',
    'febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    ['fec0::', false],
  ],
  [
    'multicast over IPv6',
    ['feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', false],
    'ff00::',
    'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    null,
  ],
]

test.each(ranges)(
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
    expect(rules('127.0.0.1').why).toBe('loopback (RFC 1122)')
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
  ])('"%s" is no range', (range) => {
    expect(() => addressRules([range])).toThrow(RangeError)
  })
})
