/** One computer as the vendors' consoles share it. What a vendor makes of it stands in that vendor's rows. */
export type Platform = 'macos' | 'windows' | 'linux'

export interface Machine {
  platform: Platform
  hostname: string
  serial: string
  /** Account and person that use it. */
  login: string
  ownerName: string
  /** When it came into service, in milliseconds since 1970. */
  since: number
  /** Small whole number of its own; addresses are made of it. */
  number: number
}

interface PlatformFacts {
  /** As Tailscale's device list spells it. */
  tailscaleOs: string
  /** `node:osVersion` */
  osVersion: string
  /** SentinelOne's `osName`, `osRevision`, `installerType`, `cpuId`, `modelName`. */
  osName: string
  osRevision: string
  installer: string
  cpu: string
  model: string
  maker: string
  /** CrowdStrike's `platform_id`, `platform_name`, `os_version`, `os_build`, `system_product_name`. */
  falconPlatform: string
  falconId: string
  falconOs: string
  build: string
  product: string
  eventPlatform: string
}

export const PLATFORM: Readonly<Record<Platform, PlatformFacts>> = {
  macos: {
    tailscaleOs: 'macOS',
    osVersion: '26.1.0',
    osName: 'macOS',
    osRevision: '26.1 (25B78)',
    installer: '.pkg',
    cpu: 'Apple M4 Pro',
    model: 'MacBook Pro (14-inch, 2024)',
    maker: 'Apple Inc.',
    falconPlatform: 'Mac',
    falconId: '1',
    falconOs: 'Tahoe (26)',
    build: '25B78',
    product: 'Mac16,8',
    eventPlatform: 'Mac',
  },
  windows: {
    tailscaleOs: 'windows',
    osVersion: '10.0.26200.7171',
    osName: 'Windows 11 Enterprise',
    osRevision: '26200',
    installer: '.msi',
    cpu: 'Intel(R) Core(TM) Ultra 7 165U',
    model: 'LENOVO - ThinkPad T14 Gen 5',
    maker: 'LENOVO',
    falconPlatform: 'Windows',
    falconId: '0',
    falconOs: 'Windows 11',
    build: '26200',
    product: 'ThinkPad T14 Gen 5',
    eventPlatform: 'Win',
  },
  linux: {
    tailscaleOs: 'linux',
    osVersion: '6.8.0-87-generic',
    osName: 'Linux',
    osRevision: 'Ubuntu 24.04.3 LTS 6.8.0-87-generic',
    installer: '.deb',
    cpu: 'AMD Ryzen 9 7950X 16-Core Processor',
    model: 'Dell Inc. - Precision 5860 Tower',
    maker: 'Dell Inc.',
    falconPlatform: 'Linux',
    falconId: '3',
    falconOs: 'Ubuntu 24.04',
    build: '',
    product: 'Precision 5860 Tower',
    eventPlatform: 'Lin',
  },
}

/** A MAC address of the range kept for documentation (RFC 7042 section 2.1.2), with the vendor's separator. */
export function macAddress(number: number, separator: ':' | '-'): string {
  const low = (number & 0xff).toString(16).padStart(2, '0')
  return ['00', '00', '5e', '00', '53', low].join(separator)
}

/** An address of a documentation network (RFC 5737). */
export function localAddress(number: number): string {
  return `192.0.2.${(number % 250) + 2}`
}
