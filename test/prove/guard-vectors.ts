/** Where somebody may try to send us by an address, however it is written, and where a call may go. */
import { RANGES } from '../lib/address-ranges.ts'

export interface Vector {
  readonly kind: string
  /** `PORT` is that of the traps. */
  readonly url: string
  /** `network.allow`. */
  readonly allow?: readonly string[]
  /** What a name server answers to each question in turn; its last answer goes on. Without: the system is asked. */
  readonly answers?: readonly Answer[]
  /** So many tries, each with a new connection. */
  readonly tries?: number
  /** Whether there is a proxy. */
  readonly proxy?: boolean
  /**
   * The addresses, one after another, that connections are begun to; through a proxy what it is asked for. None: it is
   * refused. Null: nobody takes it for a URL.
   */
  readonly reaches: readonly string[] | null
  /** Whether the configuration takes it, where that does not follow from the rest. */
  readonly taken?: boolean
}

/** Addresses, or the code with which a name server fails. */
export type Answer = readonly string[] | string

const ANY = ['0.0.0.0/0', '::/0']

export const at = (address: string, scheme = 'https'): string =>
  `${scheme}://${address.includes(':') ? `[${address}]` : address}:PORT/hook`

export const hex = (v4: string): string => {
  const [a, b, c, d] = v4.split('.').map(Number) as [number, number, number, number]
  return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
}

/** Both edges of every special range, and the neighbours outside. */
function ranges(): Vector[] {
  return RANGES.flatMap(([, before, first, last, after]) => [
    ...[first, last].map((address): Vector => ({ kind: 'ranges', url: at(address), reaches: [] })),
    ...[before, after].flatMap((neighbour): Vector[] =>
      neighbour === null
        ? []
        : [{ kind: 'ranges', url: at(neighbour[0]), reaches: neighbour[1] ? [written(neighbour[0])] : [] }],
    ),
  ])
}

/** As the URL parser writes an address. */
const written = (address: string): string =>
  address.includes(':') ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address

/** The edges of each IPv4 range as mapped addresses, which the system connects to as to the IPv4 ones. */
function mapped(): Vector[] {
  return RANGES.filter(([, , first]) => !first.includes(':')).flatMap(([, , first, last]) =>
    [first, last].map((address): Vector => ({ kind: 'mapped', url: at(`::ffff:${address}`), reaches: [] })),
  )
}

const METADATA: readonly (readonly [address: string, range: string])[] = [
  ['169.254.0.0', '169.254.0.0/16'],
  ['169.254.169.254', '169.254.169.254/32'],
  ['169.254.170.2', '0.0.0.0/0'],
  ['169.254.255.255', '169.254.0.0/16'],
  ['100.100.100.200', '100.64.0.0/10'],
  ['168.63.129.16', '168.63.129.16/32'],
  ['192.0.0.192', '192.0.0.0/24'],
  ['fe80::', 'fe80::/10'],
  ['fe80::a9fe:a9fe', '::/0'],
  ['febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'fe80::/10'],
  ['fd00:ec2::254', 'fd00:ec2::254/128'],
  ['fd00:ec2::23', 'fd00::/8'],
  ['fd20:ce::254', 'fd00::/8'],
  ['fd00:c1::a9fe:a9fe', 'fc00::/7'],
  ['fd00:42::42', 'fd00::/8'],
  ['fd00:a9fe:a9fe::1', 'fd00::/8'],
  ['fd00:100::100:200', 'fd00::/8'],
]
const BESIDE_METADATA: readonly (readonly [address: string, range: string])[] = [
  ['100.100.100.199', '100.64.0.0/10'],
  ['100.100.100.201', '100.64.0.0/10'],
  ['192.0.0.191', '192.0.0.0/24'],
  ['192.0.0.193', '192.0.0.0/24'],
  ['fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '::/0'],
  ['fec0::', '::/0'],
  ['fd00:ec2::253', 'fd00::/8'],
  ['fd00:ec2::255', 'fd00::/8'],
]

/** Refused even where the operator's range takes them in, by https, by http and mapped; the neighbours are not. */
function metadata(): Vector[] {
  const kind = 'metadata inside an allowed range'
  return [
    ...METADATA.flatMap(([address, range]): Vector[] => [
      { kind, url: at(address), allow: [range], reaches: [] },
      { kind, url: at(address, 'http'), allow: ANY, reaches: [] },
      ...(address.includes(':') ? [] : [{ kind, url: at(`::ffff:${address}`), allow: ANY, reaches: [] }]),
    ]),
    ...BESIDE_METADATA.map(
      ([address, range]): Vector => ({
        kind,
        url: at(address, 'http'),
        allow: [range],
        reaches: [written(address)],
      }),
    ),
  ]
}

/** IPv6 addresses of which somebody on the way makes an IPv4 one. */
const FORMS: readonly ((v4: string) => string)[] = [
  (v4) => `::${v4}`,
  (v4) => `::ffff:0:${hex(v4)}`,
  (v4) => `64:ff9b::${v4}`,
  (v4) => `64:ff9b:1::${hex(v4)}`,
  (v4) => `2002:${hex(v4)}::1`,
  (v4) => `2001:0:${hex(v4)}::f7f7:f7f7`,
  (v4) => `2001:0:808:808::${hex(v4.replace(/\d+/g, (part) => String(255 - Number(part))))}`,
  (v4) => `fd7a::5efe:${hex(v4)}`,
  (v4) => `fd7a::200:5efe:${hex(v4)}`,
]
/** Those whose prefix is a public one. */
const PUBLIC_FORMS: typeof FORMS = [(v4) => `2606:4700::5efe:${hex(v4)}`, (v4) => `2606:4700:0:0:200:5efe:${hex(v4)}`]

function carrying(): Vector[] {
  const kind = 'IPv4 inside IPv6'
  const bad = ['127.0.0.1', '10.0.0.1', '100.100.100.200', '169.254.169.254']
  return [
    ...bad.flatMap((v4) =>
      [...FORMS, ...PUBLIC_FORMS].flatMap((form): Vector[] => [
        { kind, url: at(form(v4)), reaches: [] },
        { kind, url: at(form(v4)), allow: ['::/0'], reaches: [] },
      ]),
    ),
    ...['64:ff9b:1:a9fe:a9:fe00::', '64:ff9b:1:a9:fe:a9fe::', '64:ff9b:1:0:a9:fea9:fe00:0'].map(
      (address): Vector => ({ kind, url: at(address), allow: ANY, reaches: [] }),
    ),
    ...[...FORMS, ...PUBLIC_FORMS].map((form): Vector => {
      const address = form('8.8.8.8')
      return { kind, url: at(address), allow: ['::/0'], reaches: [written(address)] }
    }),
  ]
}

const LOOPBACK_SPELT = [
  ...['127.0.0.1', '127.1', '127.0.1', '0177.0.0.1', '0177.1', '00000177.0.0.1', '0x7f.0.0.1', '0x7f.1', '0x7F.0X1'],
  ...['2130706433', '0x7f000001', '017700000001', '0x0000000000000000007f000001', '127.00000.0.1', '127.0.0.0x1'],
  ...['127.0.0.1.', '127.1.', '2130706433.', '127。0。0。1', '127．0．0．1', '127｡0｡0｡1', '127。0。0。1。'],
  ...[
    '１２７.０.０.１',
    '①②⑦.⓪.⓪.①',
    '𝟏𝟐𝟕.𝟎.𝟎.𝟏',
    '%31%32%37.0.0.1',
    '1%327.1',
    '127%2E0%2E0%2E1',
    '%E3%80%82127.0.0.1',
  ],
  ...['127.0.\t0.1', '127.0.\n0.1', '127.0.0.1\r', '127.\u00ad0.0.1', '127.0\u200b.0.1', '127.255.255.254', '0', '0x0'],
  ...[
    '0.0.0.0',
    '00.00.00.00',
    '[::1]',
    '[0:0:0:0:0:0:0:1]',
    '[::0001]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::FFFF:7F00:1]',
  ],
  ...[
    '[0:0:0:0:0:ffff:127.0.0.1]',
    '[::127.0.0.1]',
    '%5B::1%5D',
    '[::1%25lo]',
    '[::1%lo]',
    '[fe80::1%25eth0]',
    '[127.0.0.1]',
  ],
  ...[
    'localhost',
    'LOCALHOST',
    'LocalHost',
    'ⓛⓞⓒⓐⓛⓗⓞⓢⓣ',
    'ｌｏｃａｌｈｏｓｔ',
    '%6c%6fcalhost',
    'loca\u00adlhost',
    'local\u200bhost',
  ],
]
/** Whose host is another than one reads. */
const MISREAD: readonly (readonly [url: string, reaches: Vector['reaches']])[] = [
  ['https://8.8.8.8@127.0.0.1:PORT/', []],
  ['https://8.8.8.8:443@127.0.0.1:PORT/', []],
  ['https://8.8.8.8%23@127.0.0.1:PORT/', []],
  ['https://8.8.8.8%2F@127.0.0.1:PORT/', []],
  ['https://api.tailscale.com:x@[::1]:PORT/', []],
  ['https://8.8.8.8%00@127.0.0.1:PORT/', []],
  ['https:127.0.0.1:PORT/', []],
  ['https:/127.0.0.1:PORT/', []],
  ['https:///127.0.0.1:PORT/', []],
  ['https:\\\\127.0.0.1:PORT\\', []],
  ['  https://127.0.0.1:PORT/  ', []],
  ['\u0001https://127.0.0.1:PORT/', []],
  ['HTTPS://127.0.0.1:PORT/', []],
  ['ht\ntps://127.0.0.1:PORT/', []],
  ['https://127.0.0.1:0PORT/', []],
  ['https://127.0.0.1:/', []],
  ['https://127.0.0.1:0/', []],
  ['https://8.8.8.8\\@127.0.0.1:PORT/', ['8.8.8.8']],
  ['https://8.8.8.8/@127.0.0.1:PORT/', ['8.8.8.8']],
  ['https://8.8.8.8?@127.0.0.1:PORT/', ['8.8.8.8']],
  ['https://8.8.8.8#@127.0.0.1:PORT/', ['8.8.8.8']],
  ['https://134744072/127.0.0.1:PORT', ['8.8.8.8']],
  ['https://127.0.0.1:65536/', null],
  ['https://127.0.0.1:PORT:443/', null],
  ['https://127.0.0.1 :PORT/', null],
  ['https://127.0.0.1%00:PORT/', null],
  ['https://127.0.0.1%20:PORT/', null],
  ['https://8.8.8.8,127.0.0.1:PORT/', null],
  ['https://8.8.8.8%0d%0ahost:127.0.0.1:PORT/', null],
  ['https://1.127.0.0.1:PORT/', null],
  ['https://4294967296:PORT/', null],
  ['https://256.0.0.1:PORT/', null],
  ['https://127.0.0.0x100:PORT/', null],
  ['https://[::1:PORT/', null],
  ['https://[::1].:PORT/', null],
  ['https://[::ffff:127.0.0.256]:PORT/', null],
  ['https://:PORT/', null],
  ['//127.0.0.1:PORT/', null],
  ['127.0.0.1:PORT', null],
]
const OTHERS_SPELT = [
  ...['2852039166', '0xa9fea9fe', '0251.0376.0251.0376', '169.254.43518', '0xA9.0xFE.0xA9.0xFE', '①⑥⑨.②⑤④.①⑥⑨.②⑤④'],
  ...[
    '169。254。169。254',
    '169.254.169.254.',
    '[::ffff:a9fe:a9fe]',
    '[0:0:0:0:0:FFFF:A9FE:A9FE]',
    '167772161',
    '012.0.0.1',
  ],
  ...[
    '0xa.1',
    '10.1',
    '192.168.257',
    '3232235777',
    '0300.0250.0.1',
    '1684301000',
    '[fd00:0ec2:0:0::0254]',
    '255.255.255.255',
  ],
]
/** Other schemes than https and http lead nowhere at all. */
const SCHEMES = ['ftp', 'file', 'gopher', 'dict', 'ldap', 'ws', 'wss', 'data', 'javascript', 'unix', 'http+unix']

function spellings(): Vector[] {
  const zoned = (host: string): boolean => /%(25)?(lo|eth0)|^\[127|^%5B|^%E3/.test(host)
  return [
    ...[...LOOPBACK_SPELT, ...OTHERS_SPELT].map(
      (host): Vector => ({
        kind: 'spellings',
        url: `https://${host}:PORT/hook`,
        reaches: zoned(host) ? null : [],
      }),
    ),
    ...MISREAD.map(([url, reaches]): Vector => ({ kind: 'spellings', url, reaches })),
    ...SCHEMES.map((scheme): Vector => ({ kind: 'schemes', url: `${scheme}://127.0.0.1:PORT/`, reaches: null })),
  ]
}

export function addressVectors(): Vector[] {
  return [...ranges(), ...mapped(), ...metadata(), ...carrying(), ...spellings()]
}
