/**
 * A small organisation in which every check has something to ask about and nothing to complain of: six devices, five
 * people employed, one who left and has no account any more, one guest who is approved, one newcomer who waits for
 * approval since yesterday.
 */
import { accountActor, accountTarget, eventRow } from '../../src/simulators/fleet/audit-rows.ts'
import { generateWorld } from '../../src/simulators/generate.ts'
import type { World } from '../../src/simulators/simulator.ts'

const DAY = 86_400_000

/** A seed whose fleet happens to have no ailments; the test of the healthy world holds it. */
const SEED = 1

export const GUEST = 'vic@vendor.example'

export function healthyWorld(now: Date, devices = 6): World {
  const world = generateWorld({ devices, seed: SEED, now, people: devices / 1.3 })
  const [first] = world.tailscale.users
  const daysAgo = (days: number): string => new Date(now.getTime() - days * DAY).toISOString()
  const user = (id: string, loginName: string, over: Record<string, unknown>): Record<string, unknown> => ({
    ...first,
    id,
    loginName,
    displayName: loginName,
    role: 'member',
    type: 'member',
    status: 'active',
    deviceCount: 0,
    currentlyConnected: false,
    created: daysAgo(40),
    lastSeen: daysAgo(12),
    ...over,
  })
  const newcomer = user('uNEW01CNTRL', 'noa.new@fleet.example', { status: 'needs-approval', created: daysAgo(1) })
  const guest = user('uVIC01CNTRL', GUEST, { type: 'shared' })
  world.tailscale.users.push(newcomer, guest)
  const share = { id: 'iVIC01CNTRL', name: GUEST, type: 'INVITE', property: 'NODE_SHARE' }
  const ago = (days: number): number => now.getTime() - days * DAY
  world.tailscale.auditLog.push(
    eventRow({ at: ago(40), by: accountActor(guest), target: share, action: 'ACCEPT', origin: 'CONTROL' }),
    eventRow({ at: ago(1), by: accountActor(newcomer), target: accountTarget(newcomer), action: 'CREATE' }),
  )
  world.tailscale.logStreams.configuration = {
    stream: { logType: 'configuration', destinationType: 'elastic', url: 'https://logs.fleet.example', user: 'me' },
    status: { lastActivity: daysAgo(0), lastError: '' },
  }
  world.tailscale.webhooks.push({
    endpointId: '48201',
    endpointUrl: 'https://grc.fleet.example/hooks/tailscale',
    providerType: '',
    creatorLoginName: first!['loginName'],
    created: daysAgo(90),
    lastModified: daysAgo(90),
    subscriptions: ['nodeCreated', 'userCreated', 'policyUpdate'],
  })
  world.tailscale.userInvites.push({
    id: '29214',
    role: 'member',
    email: 'ida.invited@fleet.example',
    inviterId: first!['id'],
    lastEmailSentAt: daysAgo(1),
  })
  world.tailscale.policy = withRules(world.tailscale.policy, String(first!['loginName']))
  const day = (days: number): string => daysAgo(days).slice(0, 10)
  world.roster += `lea.left@fleet.example,Lea Left,left,2024-01-01,${day(9)},Sales,employee,true\n`
  world.roster += `noa.new@fleet.example,Noa New,active,${day(2)},,Sales,employee,true\n`
  return world
}

/** Beside the rules of every fleet a group, tests, a route that approves itself and SSH, each as it should be. */
function withRules(policy: string, login: string): string {
  const rules = `
  "groups": { "group:platform": ["${login}"] },
  "autoApprovers": { "routes": { "10.20.0.0/16": ["tag:server"] } },
  "ssh": [{ "action": "check", "src": ["group:platform"], "dst": ["tag:server"], "users": ["root"] }],
  "tests": [{ "src": "${login}", "accept": ["tag:server:443"], "deny": ["tag:server:22"] }],
  "sshTests": [{ "src": "${login}", "dst": ["tag:server"], "check": ["root"], "deny": ["postgres"] }],
}`
  return `${policy.slice(0, policy.lastIndexOf('}')).trimEnd()}${rules}\n`
}
