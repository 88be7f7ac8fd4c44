import { expect, test } from 'vitest'
import { sentineloneAgentActive as check } from '../../checks/sentinelone-agent-active.ts'
import { HOUR, MINUTE } from '../../src/domain/time.ts'
import { agent, ago, device, findingsOf, resultOf, settings, snapshotOf, statusesOf } from '../helpers/build.ts'
import { covers } from './covers.ts'
import { hostRows } from './host-rows.ts'

const inactive = { values: { isActive: false }, lastSeen: ago(30 * HOUR) }
const away = { connected: false } as const

test.each([
  { name: 'active', records: [device(), agent()], want: ['pass'] },
  { name: 'inactive while connected', records: [device(), agent(inactive)], want: ['fail'] },
  {
    name: 'inactive, device in the tailnet an hour ago',
    records: [device({ ...away, lastSeen: ago(HOUR) }), agent(inactive)],
    want: ['fail'],
  },
  {
    name: 'inactive, device away as well',
    records: [device({ ...away, lastSeen: ago(25 * HOUR) }), agent(inactive)],
    want: ['not_applicable'],
  },
  { name: 'inactive, device never in the tailnet', records: [device(away), agent(inactive)], want: ['not_applicable'] },
  {
    name: 'inactive, nobody said whether connected',
    records: [device({ connected: null }), agent(inactive)],
    want: ['unknown'],
  },
  { name: 'not said', records: [device(), agent({ values: { isActive: null } })], want: ['unknown'] },
  {
    name: 'said as text',
    records: [device(), agent({ values: { isActive: null }, unread: ['isActive'] })],
    want: ['unknown'],
  },
])('$name', ({ records, want }) => {
  expect(statusesOf(check, snapshotOf(records))).toEqual(want)
})

test('the window is the syncWindow of the source, shown among the parameters', () => {
  const sources = settings().sources.map((source) =>
    source.id === 'edr' ? { ...source, syncWindowMs: 48 * HOUR } : source,
  )
  const records = [device({ ...away, lastSeen: ago(30 * HOUR) }), agent(inactive)]
  const result = resultOf(check, records, { settings: { sources } })
  expect(result).toMatchObject({ status: 'fail', parameters: { syncWindow: '2d' } })
  expect(result.findings[0]).toMatchObject({
    facts: { agentId: '1001', isActive: false, lastActiveDate: ago(30 * HOUR), syncWindow: '2d' },
    records: ['tailnet/device/nD1', 'edr/agent/1001'],
  })
})

test('every answer is a sentence that names what to do', () => {
  const say = (...records: Parameters<typeof snapshotOf>[0]) => findingsOf(check, snapshotOf(records)).map(check.say)
  expect([
    ...say(device(), agent()),
    ...say(device(), agent(inactive)),
    ...say(device({ ...away, lastSeen: ago(25 * HOUR) }), agent(inactive)),
    ...say(device({ connected: null }), agent(inactive)),
    ...say(device(), agent({ values: { isActive: null } })),
    ...say(device(), agent({ values: { isActive: null }, unread: ['isActive'], lastSeen: ago(MINUTE) })),
  ]).toMatchInlineSnapshot(`
    [
      "SentinelOne counts the agent of alice-mac.tailfe8c.ts.net as active.",
      "SentinelOne counts agent 1001 of alice-mac.tailfe8c.ts.net as inactive (last active 2026-11-19T03:00:00.000Z) while the device is in use; start or reinstall the agent.",
      "alice-mac.tailfe8c.ts.net is not judged. Not in use: it was last in the tailnet at 2026-11-19T08:00:00.000Z.",
      "Tailscale sent no readable "lastSeen" for alice-mac.tailfe8c.ts.net; look at the device under Machines, then collect again.",
      "SentinelOne sent no "isActive" for alice-mac.tailfe8c.ts.net; open agent 1001 in Sentinels > Endpoints, then collect again.",
      "SentinelOne sent a value of "isActive" that cannot be judged for alice-mac.tailfe8c.ts.net; open agent 1001 in Sentinels > Endpoints, then collect again.",
    ]
  `)
})

covers(check, hostRows('sentinelone'))
