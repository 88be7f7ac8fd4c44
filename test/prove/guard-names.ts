/** Names, and what a name server may say of them; what the operator allows; proxies; and where everybody may go. */
import type { Vector } from './guard-vectors.ts'

const NAME = 'https://hooks.acme.example:PORT/hook'
const named = (answers: Vector['answers'], more: Partial<Vector> = {}): Vector => ({
  kind: 'names',
  url: NAME,
  answers: answers!,
  reaches: [],
  ...more,
})

/** What no name may lead to. */
const BAD = [
  ...[
    '127.0.0.1',
    '127.255.255.254',
    '0.0.0.0',
    '10.0.0.1',
    '172.16.0.1',
    '192.168.1.1',
    '100.64.0.1',
    '169.254.169.254',
  ],
  ...['100.100.100.200', '168.63.129.16', '192.0.0.192', '198.18.0.1', '224.0.0.1', '255.255.255.255', '::1', '::'],
  ...['::ffff:127.0.0.1', '::ffff:7f00:1', '::7f00:1', '64:ff9b::7f00:1', '2002:7f00:1::1', '2001:0:7f00:1::1'],
  ...['fe80::1', 'fe80::1%eth0', '::1%lo', 'fd7a:115c:a1e0::1', 'fd00:ec2::254', '2606:4700::5efe:7f00:1', '4000::1'],
  ...['2130706433', '0177.0.0.1', '127.1', 'localhost', ''],
]
const GOOD = '93.184.215.14'
const GOOD_6 = '2606:2800:21f:cb07:6820:80da:af6b:8b2c'

/** Names that lead here, or that look like an address. */
const NAMES: readonly (readonly [host: string, address: string, taken: boolean])[] = [
  ['localhost.', '127.0.0.1', false],
  ['anything.localhost', '127.0.0.1', false],
  ['LOCALHOST.LOCALDOMAIN', '127.0.0.1', true],
  ['ip6-localhost', '::1', true],
  ['127.0.0.1.nip.io', '127.0.0.1', true],
  ['127.0.0.1..', '127.0.0.1', true],
  ['१२७.०.०.१', '127.0.0.1', true],
  ['metadata.google.internal', '169.254.169.254', true],
  ['metadata', '169.254.169.254', true],
  ['instance-data', '169.254.169.254', true],
  ['kubernetes.default.svc', '10.96.0.1', true],
  ['host.docker.internal', '192.168.65.2', true],
  ['bücher.example', '127.0.0.1', true],
  ['xn--bcher-kva.example', '::1', true],
  ['a_b.example', '127.0.0.1', true],
  ['localhost.acme.example', '127.0.0.1', true],
]

function names(): Vector[] {
  return [
    ...BAD.map((bad) => named([[bad]])),
    // Of several answers only the good are handed on, whatever their order.
    ...BAD.slice(0, 18).map((bad, index) => named([index % 2 === 0 ? [GOOD, bad] : [bad, GOOD]], { reaches: [GOOD] })),
    named([['127.0.0.1', GOOD_6, '10.0.0.1', GOOD, '::1']], { reaches: [GOOD_6, GOOD] }),
    named([['127.0.0.1', '::1', '10.0.0.1', 'fe80::1']]),
    named([[]]),
    named(['ENOTFOUND']),
    named(['EAI_AGAIN']),
    // An answer that changes: what is connected to is what was judged, and each connection is judged anew.
    ...['127.0.0.1', '::1', '169.254.169.254', '::ffff:127.0.0.1', '10.0.0.1', 'fd00:ec2::254'].flatMap((bad) => [
      named([[GOOD], [bad]], { tries: 2, reaches: [GOOD] }),
      named([[bad], [GOOD]], { tries: 2, reaches: [GOOD] }),
      named([[GOOD], [bad], [GOOD_6]], { tries: 3, reaches: [GOOD, GOOD_6] }),
    ]),
    ...NAMES.map(([host, address, taken]) => named([[address]], { url: `https://${host}:PORT/`, taken })),
  ]
}

function allowed(): Vector[] {
  const listed = (
    host: string,
    allow: readonly string[],
    reaches: readonly string[],
    more: Partial<Vector> = {},
  ): Vector => ({ kind: 'allow list', url: `https://${host}:PORT/`, allow, reaches, ...more })
  const plain = (host: string): Partial<Vector> => ({ url: `http://${host}:PORT/` })
  return [
    listed('10.1.2.3', ['10.1.2.3/32'], ['10.1.2.3']),
    listed('10.1.2.4', ['10.1.2.3/32'], []),
    listed('10.1.2.2', ['10.1.2.3/32'], []),
    listed('10.0.0.0', ['10.0.0.0/8'], ['10.0.0.0']),
    listed('10.255.255.255', ['10.0.0.0/8'], ['10.255.255.255']),
    listed('192.168.0.1', ['10.0.0.0/8'], []),
    listed('192.168.128.0', ['192.168.0.0/17'], []),
    listed('192.168.127.255', ['192.168.0.0/17'], ['192.168.127.255']),
    listed('100.101.102.103', ['100.101.102.103/32'], ['100.101.102.103']),
    listed('[fd7a:115c:a1e0::1]', ['fd7a:115c:a1e0::/48'], ['fd7a:115c:a1e0::1']),
    listed('[fd7a:115c:a1e1::1]', ['fd7a:115c:a1e0::/48'], []),
    listed('[::1]', ['127.0.0.0/8'], []),
    listed('127.0.0.1', ['::1/128'], []),
    listed('localhost', ['fd00::/8'], []),
    listed('[::ffff:10.1.2.3]', ['10.0.0.0/8'], ['::ffff:a01:203']),
    listed('[::ffff:10.1.2.3]', ['::/0'], []),
    listed('10.1.2.3', ['::/0'], []),
    listed('[64:ff9b::808:808]', ['64:ff9b::/96'], ['64:ff9b::808:808']),
    listed('[64:ff9b::a00:1]', ['64:ff9b::/96'], []),
    listed('[64:ff9b::a00:1]', ['64:ff9b::/96', '10.0.0.0/8'], ['64:ff9b::a00:1']),
    // By name: each address of it is judged, and the range opens no more than it says.
    listed('grc.internal', ['10.0.0.0/8'], ['10.1.2.3'], { answers: [['10.1.2.3']] }),
    listed('grc.internal', ['10.0.0.0/8'], [], { answers: [['192.168.1.1']] }),
    listed('grc.internal', ['10.0.0.0/8'], ['10.1.2.3'], { answers: [['192.168.1.1', '10.1.2.3', '127.0.0.1']] }),
    listed('grc.internal', ['10.0.0.0/8'], [], { answers: [['169.254.169.254', '127.0.0.1']] }),
    listed('grc.internal', ['10.0.0.0/8'], ['10.1.2.3'], { answers: [['10.1.2.3'], ['127.0.0.1']], tries: 2 }),
    // Plain http reaches only what is listed.
    listed('8.8.8.8', [], [], plain('8.8.8.8')),
    listed('8.8.8.8', ['10.0.0.0/8'], [], plain('8.8.8.8')),
    listed('8.8.8.8', ['8.8.8.8/32'], ['8.8.8.8'], plain('8.8.8.8')),
    listed('10.1.2.3', ['10.0.0.0/8'], ['10.1.2.3'], plain('10.1.2.3')),
    listed('127.0.0.1', [], [], plain('127.0.0.1')),
    listed('[::1]', [], [], plain('[::1]')),
    listed('[2606:4700::1111]', [], [], plain('[2606:4700::1111]')),
    listed('grc.internal', [], [], { ...plain('grc.internal'), answers: [[GOOD]], taken: false }),
    listed('grc.internal', ['10.0.0.0/8'], [], { ...plain('grc.internal'), answers: [[GOOD]] }),
    listed('grc.internal', ['10.0.0.0/8'], ['10.1.2.3'], { ...plain('grc.internal'), answers: [[GOOD, '10.1.2.3']] }),
  ]
}

/** A proxy looks names up itself: a name known here must be good here, of an unknown one the proxy has the say. */
function proxies(): Vector[] {
  const through = (url: string, more: Partial<Vector> = {}): Vector => ({
    kind: 'proxy',
    url,
    proxy: true,
    reaches: [],
    ...more,
  })
  return [
    ...['127.0.0.1', '[::1]', '10.0.0.1', '169.254.169.254', '[::ffff:127.0.0.1]', '2130706433', 'localhost'].map(
      (host) => through(`https://${host}:PORT/`),
    ),
    through('https://169.254.169.254:PORT/', { allow: ['0.0.0.0/0'] }),
    // Plain http goes by itself, to what is listed.
    through('http://127.0.0.1:PORT/'),
    through('https://api.localhost:PORT/', { answers: [[GOOD]], taken: false }),
    ...['127.0.0.1', '169.254.169.254', '10.0.0.1', '::1'].flatMap((bad) => [
      through(NAME, { answers: [[bad]] }),
      through(NAME, { answers: [[GOOD, bad]] }),
    ]),
    through(NAME, { answers: [[GOOD]], reaches: ['hooks.acme.example:PORT'] }),
    through(NAME, { answers: ['ENOTFOUND'], reaches: ['hooks.acme.example:PORT'] }),
    through(NAME, { answers: [['10.1.2.3']], allow: ['10.0.0.0/8'], reaches: ['hooks.acme.example:PORT'] }),
    through('https://8.8.8.8/', { reaches: ['8.8.8.8:443'] }),
    through('https://[2606:4700::1111]:8443/', { reaches: ['[2606:4700::1111]:8443'] }),
  ]
}

/** Where everybody may go: vendors, receivers, neighbours of what is refused. */
export const PUBLIC: readonly Vector[] = (
  [
    ['https://api.tailscale.com/api/v2', '199.38.181.239', '2606:b740:49::239'],
    ['https://acme.sentinelone.net/', '18.184.120.21'],
    ['https://api.us-2.crowdstrike.com/', '52.27.205.162', '54.70.87.137'],
    ['https://acme.api.kandji.io/', '104.18.20.7', '2606:4700::6812:1407'],
    ['https://hooks.slack.com/services/x', '3.68.124.95'],
    ['https://GRC.Acme.Example:8443/hooks?a=b', '93.184.215.14'],
    ['https://grc.acme.example./', '93.184.215.14'],
    ['https://bücher.example/', '93.184.215.14'],
    ['https://127.0.0.1.acme.example/', '93.184.215.14'],
    ['https://8.8.8.8/'],
    ['https://1.1.1.1:8443/'],
    ['https://100.63.255.255/'],
    ['https://168.63.129.17/'],
    ['https://223.255.255.255/'],
    ['https://[2606:4700:4700::1111]/'],
    ['https://[2a00:1450:4001:81b::200e]:8443/'],
  ] as const
).map(([url, ...answer]) => ({
  kind: 'public',
  url,
  ...(answer.length === 0 ? {} : { answers: [answer] }),
  reaches: answer.length === 0 ? [new URL(url).hostname.replace(/^\[|\]$/g, '')] : answer,
}))

export function nameVectors(): Vector[] {
  return [...names(), ...allowed(), ...proxies()]
}
