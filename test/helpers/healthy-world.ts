/**
 * A small organisation in which every check has something to ask about and nothing to complain of: six devices, five
 * people employed, one who left and has no account any more, one guest who is approved, one newcomer who waits for
 * approval since yesterday.
 */
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
  world.tailscale.users.push(
    user('uNEW01CNTRL', 'noa.new@fleet.example', { status: 'needs-approval', created: daysAgo(1) }),
    user('uVIC01CNTRL', GUEST, { type: 'shared' }),
  )
  world.tailscale.logStreams.configuration = {
    stream: { logType: 'configuration', destinationType: 'elastic', url: 'https://logs.fleet.example', user: 'me' },
    status: { lastActivity: daysAgo(0), lastError: '' },
  }
  const day = (days: number): string => daysAgo(days).slice(0, 10)
  world.roster += `lea.left@fleet.example,Lea Left,left,2024-01-01,${day(9)},Sales,employee,true\n`
  world.roster += `noa.new@fleet.example,Noa New,active,${day(2)},,Sales,employee,true\n`
  return world
}
