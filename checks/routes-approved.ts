import { type Approved, defineCheck } from '../src/domain/check.ts'
import { judgeOwnDevices, type Own, said, unsaid } from '../src/domain/device-checks.ts'
import { durationText } from '../src/domain/duration.ts'
import type { Finding } from '../src/domain/finding.ts'
import { type Carried, type Device, labelOf } from '../src/domain/record.ts'
import { unreadable } from '../src/domain/roster.ts'
import { sentences } from '../src/domain/sentence.ts'
import type { Snapshot } from '../src/domain/snapshot.ts'
import { between, type Instant, plus } from '../src/domain/time.ts'
import { narrowRules } from './controls.ts'

const ID = 'routes-approved'

export const routesApproved = defineCheck({
  id: ID,
  ref: 'NET-02',
  version: 1,
  title: 'Subnet routes and exit nodes are expected and decided upon',
  question: 'Is every route that a device opens on the list of expected ones, and none waiting for long?',
  why: 'A subnet router opens a whole network to the tailnet, an exit node sees all traffic that passes it. A route that waits for approval is one click away from either.',
  remediation:
    'In the Tailscale admin console open Machines, the device, Edit route settings: approve or reject what it offers. Routes that are meant are written under approved for this check in exhibit.yaml, with their reason.',
  severity: 'medium',
  controls: narrowRules,
  needs: [{ kind: 'device' }],
  parameters: {
    approved: {
      type: 'approved',
      default: [],
      says: 'Routes (a CIDR, or exit-node) or devices by id or name, each with a reason.',
    },
    maxPending: {
      type: 'duration',
      default: '7d',
      min: '1h',
      max: '90d',
      says: 'How long an offered route may wait for a decision.',
    },
  },
  carry: (snapshot) => snapshot.of('device').flatMap((device) => remembered(snapshot, device)),
  run(snapshot, { approved, maxPending }) {
    const allowed = new Map(approved.map((entry: Approved) => [entry.subject.toLowerCase(), entry.because]))
    return judgeOwnDevices(snapshot, (own) => judge(snapshot, own, allowed, maxPending))
  },
  say: sentences({
    pass: ({ subject, facts }) =>
      `${subject.label} opens ${facts['routes'] ?? 'nothing yet'}, as expected${facts['because'] === null ? '' : `: ${facts['because']}`}.`,
    fail: ({ subject, facts }) =>
      facts['unexpected'] === null
        ? `${subject.label} has offered ${facts['pending']} since ${facts['pendingSince']}, longer than ${facts['maxPending']}; approve or reject it.`
        : `${subject.label} opens ${facts['unexpected']}, which is on no list; approve it with a reason or switch the route off.`,
  }),
})

function judge(snapshot: Snapshot, own: Own, allowed: ReadonlyMap<string, string>, maxPending: number): Finding {
  const { device } = own
  for (const field of ['enabledRoutes', 'advertisedRoutes']) if (unreadable(device, field)) return unsaid(own, field)
  if (device.enabledRoutes.length === 0 && device.advertisedRoutes.length === 0) {
    return said(own, 'not_applicable', {}, 'It offers no route.')
  }
  const reasonOf = (route: string) =>
    allowed.get(device.key.toLowerCase()) ??
    allowed.get(labelOf(device).toLowerCase()) ??
    allowed.get(named(route).toLowerCase())
  const routes = [...new Set(device.enabledRoutes.map(named))]
  const unexpected = routes.filter((route) => reasonOf(route) === undefined)
  const waiting = pendingOf(device)
  const pendingSince = waiting.length === 0 ? null : (sinceOf(snapshot, device) ?? snapshot.at)
  const facts = {
    routes: routes.join(', ') || null,
    unexpected: unexpected.join(', ') || null,
    pending: waiting.join(', ') || null,
    pendingSince,
    maxPending: durationText(maxPending),
    because: routes.map(reasonOf).find((reason) => reason !== undefined) ?? null,
  }
  if (unexpected.length > 0) return said(own, 'fail', facts)
  if (pendingSince === null) return said(own, 'pass', facts)
  if (between(pendingSince, snapshot.at) > maxPending) return said(own, 'fail', facts)
  return said(own, 'pass', facts, `${facts.pending} waits for a decision; decide by ${plus(pendingSince, maxPending)}.`)
}

/** The two default routes are what makes an exit node. */
function named(route: string): string {
  return route === '0.0.0.0/0' || route === '::/0' ? 'exit-node' : route
}

function pendingOf(device: Device): readonly string[] {
  const enabled = new Set(device.enabledRoutes.map(named))
  return [...new Set(device.advertisedRoutes.map(named))].filter((route) => !enabled.has(route))
}

/** Since when we have seen these very routes waiting. */
function sinceOf(snapshot: Snapshot, device: Device): Instant | null {
  const body = snapshot.one('carried', device.source, `${ID}/${device.key}`)?.body
  const since = body?.['since']
  return typeof since === 'string' && body?.['routes'] === pendingOf(device).join(' ') ? since : null
}

function remembered(snapshot: Snapshot, device: Device): readonly Carried[] {
  const waiting = pendingOf(device)
  if (device.isExternal === true || waiting.length === 0) return []
  const body = { routes: waiting.join(' '), since: sinceOf(snapshot, device) ?? snapshot.at }
  return [{ kind: 'carried', source: device.source, key: `${ID}/${device.key}`, unread: [], check: ID, body }]
}
