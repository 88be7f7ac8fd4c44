/**
 * Where the vendor's own console shows a thing, so that an auditor can hold a drawn subject against the vendor's screen. Only
 * forms that are certain; where a console's addresses for single things are not published, its front page.
 */
import type { AnyRecord } from './record.ts'

/** Of a record, or of what is told of one in a sample: its reference and label. */
export interface Shown {
  readonly kind: string
  readonly key: string
  /** Login of an account, name of a device. */
  readonly label: string
  /** Of a device in the tailnet. */
  readonly address?: string | null
}

/** A configured source; `baseUrl` as requests go to it, null for a file. */
export interface ConsoleSource {
  readonly id: string
  /** Id of its connector. */
  readonly kind: string
  readonly baseUrl?: string | null
}

/**
 * The address of a thing at its vendor; null where it has none, and where requests go to a host that is not the vendor's: who
 * answers there has no console that we know.
 */
export function screenOf(connector: string, baseUrl: string | null, thing: Shown): string | null {
  const host = baseUrl === null ? null : hostOf(baseUrl)
  return host === null ? null : (SCREENS[connector]?.(host, thing) ?? null)
}

/** The same for the things of all sources: "tailnet/device/n1" is one of the source `tailnet`. */
export function screensOf(sources: readonly ConsoleSource[]): (source: string, thing: Shown) => string | null {
  const byId = new Map(sources.map((source) => [source.id, source]))
  return (source, thing) => {
    const found = byId.get(source)
    return found === undefined ? null : screenOf(found.kind, found.baseUrl ?? null, thing)
  }
}

export function shownOf(record: AnyRecord, label: string): Shown {
  // The console's pages of machines go by the IPv4 address.
  const address = record.kind === 'device' ? (record.addresses.find((one) => IPV4.test(one)) ?? null) : null
  return { kind: record.kind, key: record.key, label, address }
}

const IPV4 = /^\d+\.\d+\.\d+\.\d+$/

/** By connector: the host that requests go to, and the thing. */
const SCREENS: Readonly<Record<string, (host: string, thing: Shown) => string | null>> = {
  tailscale: (host, thing) => (host === 'api.tailscale.com' ? inAdminConsole(thing) : null),
  // The console and the API have one host (vendors/sentinelone.md, section 1).
  sentinelone: (host, { kind }) => (host.endsWith('.sentinelone.net') && kind === 'agent' ? `https://${host}/` : null),
  crowdstrike: (host, { kind }) => (kind === 'agent' || kind === 'score' ? (FALCON[host] ?? null) : null),
  kandji: (host, { kind, key }) => {
    const tenant = KANDJI.exec(host)
    if (tenant === null || !MDM_KINDS.includes(kind)) return null
    return `https://${tenant[1]}.${tenant[2]}/devices/${part(key)}`
  },
}

const CONSOLE = 'https://login.tailscale.com/admin'

/** The pages that the vendor's guides link to: Users, Machines, Keys, Access controls. */
function inAdminConsole({ kind, label, address = null }: Shown): string | null {
  switch (kind) {
    case 'account':
      return `${CONSOLE}/users?q=${part(label)}`
    case 'device':
      return address === null ? `${CONSOLE}/machines?q=${part(label)}` : `${CONSOLE}/machines/${part(address)}`
    case 'key':
      return `${CONSOLE}/settings/keys`
    case 'policy':
      return `${CONSOLE}/acls/file`
    default:
      return null
  }
}

/** Each cloud has a console of its own; of us-3 and us-gov-2 nobody says where. */
const FALCON: Readonly<Record<string, string>> = {
  'api.crowdstrike.com': 'https://falcon.crowdstrike.com/',
  'api.us-2.crowdstrike.com': 'https://falcon.us-2.crowdstrike.com/',
  'api.eu-1.crowdstrike.com': 'https://falcon.eu-1.crowdstrike.com/',
  'api.laggar.gcw.crowdstrike.com': 'https://falcon.laggar.gcw.crowdstrike.com/',
}

/** `acme.api.kandji.io` answers for `acme.kandji.io` (vendors/kandji.md, section 1). */
const KANDJI = /^([a-z0-9-]+)\.api\.((?:eu\.)?(?:kandji\.io|iru\.com))$/
const MDM_KINDS: readonly string[] = ['agent', 'enrolment', 'encryption']

function hostOf(baseUrl: string): string | null {
  const url = URL.parse(baseUrl)
  return url?.protocol === 'https:' && url.port === '' ? url.hostname : null
}

/** Half a surrogate pair, which no address can hold, becomes U+FFFD. */
function part(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}
