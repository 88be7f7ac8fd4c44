/**
 * Which addresses an outbound call may reach: global unicast, plus what the operator names by CIDR, never a cloud's
 * metadata service. Own tables, because a library's "unicast" takes in 4000::1, 1::1 and 168.63.129.16.
 */
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import { isLocalName } from './loopback.ts'

/** Every IPv4 block of IANA's special-purpose registry, multicast and class E: the rest is global unicast. */
const SPECIAL_V4 = [
  ['0.0.0.0/8', 'this network (RFC 791)'],
  ['10.0.0.0/8', 'private (RFC 1918)'],
  ['100.64.0.0/10', 'shared address space, tailnets included (RFC 6598)'],
  ['127.0.0.0/8', 'loopback (RFC 1122)'],
  ['169.254.0.0/16', 'link local (RFC 3927)'],
  ['172.16.0.0/12', 'private (RFC 1918)'],
  ['192.0.0.0/24', 'protocol assignments (RFC 6890)'],
  ['192.0.2.0/24', 'documentation (RFC 5737)'],
  ['192.31.196.0/24', 'AS112 (RFC 7535)'],
  ['192.52.193.0/24', 'AMT (RFC 7450)'],
  ['192.88.99.0/24', '6to4 relay (RFC 7526)'],
  ['192.168.0.0/16', 'private (RFC 1918)'],
  ['192.175.48.0/24', 'AS112 (RFC 7534)'],
  ['198.18.0.0/15', 'benchmarking (RFC 2544)'],
  ['198.51.100.0/24', 'documentation (RFC 5737)'],
  ['203.0.113.0/24', 'documentation (RFC 5737)'],
  ['224.0.0.0/4', 'multicast (RFC 5771)'],
  ['240.0.0.0/4', 'reserved (RFC 1112)'],
] as const

/** What inside 2000::/3 is not global unicast (IANA IPv6 special-purpose registry). */
const SPECIAL_V6 = [
  ['2001::/23', 'protocol assignments, Teredo included (RFC 2928)'],
  ['2001:db8::/32', 'documentation (RFC 3849)'],
  ['2002::/16', '6to4 (RFC 3056)'],
  ['2620:4f:8000::/48', 'AS112 (RFC 7534)'],
  ['3fff::/20', 'documentation (RFC 9637)'],
] as const

/** Refused even inside an allowed range: these answer with the machine's own cloud credentials. */
const METADATA = [
  '169.254.0.0/16',
  '100.100.100.200/32', // Alibaba Cloud
  'fd00:100::100:200/128', // the same over IPv6
  '168.63.129.16/32', // Azure
  '192.0.0.192/32', // Oracle Cloud
  'fd00:c1::a9fe:a9fe/128', // the same over IPv6
  'fe80::/10',
  'fd00:ec2::254/128', // AWS over IPv6
  'fd00:ec2::23/128', // credentials of AWS EKS pods
  'fd20:ce::254/128', // Google Cloud over IPv6
  'fd00:42::42/128', // Scaleway over IPv6
  'fd00:a9fe:a9fe::1/128', // Linode over IPv6
] as const

/** The last four bytes. */
const LAST = [12, 13, 14, 15] as const
/** IPv6 blocks that carry IPv4 addresses, and the bytes at which these stand. */
const EMBEDDING = [
  ['::/96', LAST], // IPv4-compatible (RFC 4291 section 2.5.5.1)
  ['::ffff:0:0:0/96', LAST], // IPv4-translated (RFC 2765 section 2.1)
  ['64:ff9b::/96', LAST], // NAT64 (RFC 6052)
  ['64:ff9b:1::/48', LAST], // local NAT64 (RFC 8215), in its usual /96 form
  ['2002::/16', [2, 3, 4, 5]], // 6to4 (RFC 3056)
  ['2001::/32', [4, 5, 6, 7]], // Teredo's server (RFC 4380 section 4)
  ['2001::/32', LAST, 0xff], // Teredo's client, every bit of it turned
] as const
/**
 * The other forms of a local NAT64, byte 8 skipped (RFC 6052 section 2.2). Which one a network uses nobody tells us: they
 * are looked through for metadata addresses only.
 */
const LOCAL_NAT64_FORMS = [
  [6, 7, 9, 10],
  [7, 9, 10, 11],
  [9, 10, 11, 12],
] as const

type Address = ipaddr.IPv4 | ipaddr.IPv6
interface Block {
  readonly base: Address
  readonly bits: number
  readonly name: string
}

export interface Verdict {
  readonly allowed: boolean
  /** `listed`: by the operator's CIDR; plain http may reach nothing else. */
  readonly by: 'public' | 'listed' | null
  /** Why not: "private (RFC 1918)". */
  readonly why: string | null
  /** Of a refusal: what lets it be reached where it is meant, or that nothing does. */
  readonly remedy: string | null
}

const specialV4 = SPECIAL_V4.map(([range, name]) => block(range, name))
const specialV6 = SPECIAL_V6.map(([range, name]) => block(range, name))
const metadata = METADATA.map((range) => block(range, 'metadata service'))
const embedding = EMBEDDING.map(([range, at, turned = 0]) => ({ block: block(range, ''), at, turned }))
const localNat64 = block('64:ff9b:1::/48', '')
/** They look like IPv4-compatible addresses and are none (RFC 4291 section 2.5.5.1). */
const unspecifiedAndLoopback = block('::/127', '')
const globalV6 = block('2000::/3', '')

/** Judges addresses against one allow list, which is read once. Throws RangeError for an entry that is no CIDR. */
export function addressRules(allow: readonly string[]): (address: string) => Verdict {
  const listed = allow.map((range) => block(range, range))
  return (text) => {
    const address = parsed(text)
    return address === null ? refused('not an address', NEVER) : judge(address, listed)
  }
}

/** A URL that names, by its address or as localhost, this machine or its network: what answers there is no outsider. */
export function isNearby(url: string): boolean {
  // It may come out of a packet that anybody wrote.
  const hostname = URL.parse(url)?.hostname ?? ''
  const address = parsed(hostname.replace(/^\[|\]$/g, ''))
  return address === null ? isLocalName(hostname) : specialName(address) !== null
}

/** Whether `addressRules` reads it: an address, with or without the length of its prefix. */
export function isRange(text: string): boolean {
  try {
    block(text, text)
    return true
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

/**
 * Only what the operating system itself would take as an address: ipaddr.js also reads "0177.1" and "fe80::1%eth0".
 * IPv6 goes through the URL parser first, since ipaddr.js takes "::8.8.8.8" for "::ffff:8.8.8.8". A mapped address is
 * the IPv4 address that the system will connect to.
 */
function parsed(text: string): Address | null {
  const family = isIP(text)
  if (family === 0 || text.includes('%')) return null
  return ipaddr.process(family === 4 ? text : new URL(`http://[${text}]`).hostname.slice(1, -1))
}

function judge(address: Address, listed: readonly Block[]): Verdict {
  const carried = carriedV4(address)
  if (reachesMetadata(address, carried)) return refused('a metadata address', NEVER)
  if (inOne(address, listed) !== null) {
    const inner = carried.map((one) => judge(one, listed)).find(({ allowed }) => !allowed)
    return inner ?? { allowed: true, by: 'listed', why: null, remedy: null }
  }
  const special = specialName(address)
  if (special !== null) return refused(special)
  // In a public block only the interface's half can carry one, as of an ISATAP interface.
  const inner = carried.map((one) => judge(one, listed)).find(({ allowed }) => !allowed)
  return inner ?? { allowed: true, by: 'public', why: null, remedy: null }
}

/** What keeps an address from being global unicast; null where nothing does. */
function specialName(address: Address): string | null {
  if (address.kind() === 'ipv4') return inOne(address, specialV4)
  return within(address, globalV6) ? inOne(address, specialV6) : 'not global unicast'
}

const IF_MEANT = 'if it is meant, name the range in network.allow'
const NEVER = 'no range in network.allow lets it through'

function refused(why: string, remedy = IF_MEANT): Verdict {
  return { allowed: false, by: null, why, remedy }
}

function reachesMetadata(address: Address, carried: readonly ipaddr.IPv4[]): boolean {
  const forms = within(address, localNat64) ? LOCAL_NAT64_FORMS.map((at) => v4At(address, at)) : []
  return [address, ...carried, ...forms].some((one) => inOne(one, metadata) !== null)
}

/** The IPv4 addresses that somebody on the way may make of an IPv6 one. */
function carriedV4(address: Address): ipaddr.IPv4[] {
  if (address.kind() === 'ipv4' || within(address, unspecifiedAndLoopback)) return []
  const found = embedding.filter((entry) => within(address, entry.block))
  const carried = found.map(({ at, turned }) => v4At(address, at, turned))
  return isIsatap(address) ? [...carried, v4At(address, LAST)] : carried
}

/** Under any prefix: the interface's half is 0000:5efe or 0200:5efe and an IPv4 address (RFC 5214 section 6.1). */
function isIsatap(address: Address): boolean {
  const bytes = address.toByteArray()
  return (bytes[8]! & 0xfd) === 0 && bytes[9] === 0 && bytes[10] === 0x5e && bytes[11] === 0xfe
}

function v4At(address: Address, at: readonly number[], turned = 0): ipaddr.IPv4 {
  const bytes = address.toByteArray()
  return new ipaddr.IPv4(at.map((index) => bytes[index]! ^ turned))
}

function inOne(address: Address, blocks: readonly Block[]): string | null {
  return blocks.find((candidate) => within(address, candidate))?.name ?? null
}

function within(address: Address, { base, bits }: Block): boolean {
  return address.kind() === base.kind() && address.match(base, bits)
}

function block(range: string, name: string): Block {
  const [host = '', prefix, ...rest] = range.split('/')
  const base = parsed(host)
  const most = base?.kind() === 'ipv4' ? 32 : 128
  const bits = prefix === undefined ? most : Number(prefix)
  if (base === null || rest.length > 0 || !/^\d{1,3}$/.test(prefix ?? '0') || bits > most) {
    throw new RangeError(`"${range}" is no address range; write it as 10.1.2.0/24 or fd00::/64`)
  }
  return { base, bits, name }
}
