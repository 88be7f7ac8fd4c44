/**
 * The demo organisation: `fixtures/` as the vendors would answer today. The files are written as of one morning; loading
 * moves every moment in them along, so that a leaver who left yesterday left yesterday whenever the demo is started.
 */
import { readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { dirname, join } from 'node:path'
import type { TailscaleWorld, World } from './simulator.ts'

/** The moment at which the fixtures are true. */
export const ANCHOR = Date.parse('2026-11-20T09:00:00Z')

/**
 * What the demo's OAuth client was granted: the scopes that the connector asks for, less `federated_keys:read` and
 * `logs:network:read`, so that "the credential cannot see this" has its place among the answers.
 */
export const DEMO_SCOPES: readonly string[] = [
  'users:read',
  'devices:core:read',
  'devices:posture_attributes:read',
  'policy_file:read',
  'feature_settings:read',
  'logs:configuration:read',
  'networking_settings:read',
  'log_streaming:read',
  'account_settings:read',
  'oauth_keys:read',
  'api_access_tokens:read',
  'auth_keys:read',
  'webhooks:read',
]

const DAY = 86_400_000
const MOMENT = /(\d{4}-\d{2}-\d{2})([T ])(\d{2}:\d{2}:\d{2})(?=(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2}))/g
const CIVIL_DATE = /\b\d{4}-\d{2}-\d{2}\b/g

/**
 * Moves every RFC 3339 moment of a text. Only the part down to the second is written anew: fraction, offset and the
 * letter or space before the time of day stay as each vendor writes them. Zero times stand for "none" and stay.
 */
export function shiftMoments(text: string, now: Date): string {
  const seconds = Math.floor((now.getTime() - ANCHOR) / 1000)
  return text.replace(MOMENT, (whole, date: string, separator: string, time: string) => {
    if (date.startsWith('0001')) return whole
    const moved = new Date(Date.parse(`${date}T${time}Z`) + seconds * 1000).toISOString()
    return `${moved.slice(0, 10)}${separator}${moved.slice(11, 19)}`
  })
}

/** Moves every date without a time of day by whole UTC days. */
export function shiftDates(text: string, now: Date): string {
  const days = Math.floor(now.getTime() / DAY) - Math.floor(ANCHOR / DAY)
  return text.replace(CIVIL_DATE, (date) => {
    const at = Date.parse(`${date}T00:00:00Z`)
    return Number.isNaN(at) ? date : new Date(at + days * DAY).toISOString().slice(0, 10)
  })
}

/** The folder beside package.json: the same from `src` and from `dist`. */
function fixture(path: string): string {
  const manifest = findPackageJSON(import.meta.url)
  if (manifest === undefined) throw new Error(`no package.json above ${import.meta.url}: cannot find fixtures/${path}`)
  return readFileSync(join(dirname(manifest), 'fixtures', path), 'utf8')
}

type Json = Record<string, unknown>

/**
 * The audit log with the whole policy before and after each of its updates, as the vendor writes it. The file names only
 * what an update changed, the newest leaves the policy as it is now.
 */
function withPolicies(events: readonly Json[], policy: string, now: Date): Json[] {
  let after = policy
  return events
    .toReversed()
    .map((event) => {
      if ((event['target'] as Json)['property'] !== 'ACL') return event
      const [gone, added] = [event['old'], event['new']].map((text) => shiftDates(String(text), now))
      if (!after.includes(added!)) throw new Error(`fixtures/tailscale/audit-log.json: no policy says ${added}`)
      const before = after.replace(added!, () => gone!)
      const whole = { ...event, old: before, new: after }
      after = before
      return whole
    })
    .reverse()
}

/** The organisation as its vendors would answer at `now`. */
export function loadWorld(now: Date): World {
  const json = (path: string): unknown => JSON.parse(shiftMoments(fixture(path), now))
  const rows = (path: string, key: string): Json[] => (json(path) as Record<string, Json[]>)[key] ?? []
  const hosts = rows('crowdstrike/hosts.json', 'resources')
  const policy = shiftDates(fixture('tailscale/policy.hujson'), now)
  const tailnet = json('tailscale/tailnet.json') as { tailnetId: string; legacyName: string }
  return {
    tailscale: {
      ...tailnet,
      users: rows('tailscale/users.json', 'users'),
      devices: rows('tailscale/devices.json', 'devices'),
      attributes: json('tailscale/attributes.json') as TailscaleWorld['attributes'],
      integrations: rows('tailscale/integrations.json', 'integrations'),
      settings: json('tailscale/settings.json') as Json,
      keys: rows('tailscale/keys.json', 'keys'),
      policy,
      logStreams: json('tailscale/log-streams.json') as TailscaleWorld['logStreams'],
      webhooks: rows('tailscale/webhooks.json', 'webhooks'),
      contacts: json('tailscale/contacts.json') as Json,
      userInvites: json('tailscale/user-invites.json') as Json[],
      auditLog: withPolicies(rows('tailscale/audit-log.json', 'logs'), policy, now),
    },
    sentinelone: {
      agents: rows('sentinelone/agents.json', 'data'),
      token: (json('sentinelone/api-token-details.json') as { data: World['sentinelone']['token'] }).data,
    },
    crowdstrike: {
      cid: String(hosts[0]?.['cid']),
      hosts,
      hidden: rows('crowdstrike/hidden-hosts.json', 'resources'),
      assessments: rows('crowdstrike/assessments.json', 'resources'),
    },
    kandji: {
      devices: json('kandji/devices.json') as Json[],
      prism: rows('kandji/prism-device-information.json', 'data'),
      filevault: rows('kandji/prism-filevault.json', 'data'),
    },
    roster: shiftDates(fixture('csv/people.csv'), now),
  }
}

/**
 * The demo's `exhibit.yaml` at `now`. `values` fills in `${NAME}` (addresses, credentials, paths); a name it does not
 * have stays for the environment.
 */
export function demoConfig(now: Date, values: Readonly<Record<string, string>>): string {
  return shiftDates(fixture('exhibit.demo.yaml'), now).replace(
    /\$\{([A-Z][A-Z0-9_]*)\}/g,
    (placeholder, name: string) => {
      const value = values[name]
      // All placeholders stand in double quotes, where YAML escapes as JSON does.
      return value === undefined ? placeholder : JSON.stringify(value).slice(1, -1)
    },
  )
}
