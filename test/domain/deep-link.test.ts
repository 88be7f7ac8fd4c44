import { describe, expect, test } from 'vitest'
import { screenOf, screensOf, shownOf } from '../../src/domain/deep-link.ts'
import { account, agent, device } from '../helpers/build.ts'

const TAILSCALE = 'https://api.tailscale.com'

describe('the vendor’s own screen', () => {
  test.each([
    {
      what: 'an account is looked for by its login',
      at: ['tailscale', TAILSCALE, { kind: 'account', key: 'u1', label: 'ada+x@example.com' }],
      want: 'https://login.tailscale.com/admin/users?q=ada%2Bx%40example.com',
    },
    {
      what: 'a device by its address in the tailnet',
      at: ['tailscale', TAILSCALE, { kind: 'device', key: 'n1', label: 'ada-mbp', address: '100.64.0.7' }],
      want: 'https://login.tailscale.com/admin/machines/100.64.0.7',
    },
    {
      what: 'a device without one by its name',
      at: ['tailscale', TAILSCALE, { kind: 'device', key: 'n1', label: 'ada mbp' }],
      want: 'https://login.tailscale.com/admin/machines?q=ada%20mbp',
    },
    {
      what: 'a key on the page of keys',
      at: ['tailscale', TAILSCALE, { kind: 'key', key: 'k1', label: 'ci' }],
      want: 'https://login.tailscale.com/admin/settings/keys',
    },
    {
      what: 'the policy as a file',
      at: ['tailscale', TAILSCALE, { kind: 'policy', key: 'policy', label: 'policy' }],
      want: 'https://login.tailscale.com/admin/acls/file',
    },
    {
      what: 'an agent of SentinelOne in its console',
      at: ['sentinelone', 'https://acme.sentinelone.net', { kind: 'agent', key: '1', label: 'x' }],
      want: 'https://acme.sentinelone.net/',
    },
    {
      what: 'a host of Falcon in the console of its cloud',
      at: ['crowdstrike', 'https://api.eu-1.crowdstrike.com', { kind: 'agent', key: '1', label: 'x' }],
      want: 'https://falcon.eu-1.crowdstrike.com/',
    },
    {
      what: 'a host of a cloud whose console nobody names: none',
      at: ['crowdstrike', 'https://api.us-3.crowdstrike.com', { kind: 'agent', key: '1', label: 'x' }],
      want: null,
    },
    {
      what: 'a device of Kandji by its id',
      at: ['kandji', 'https://acme.api.eu.kandji.io', { kind: 'agent', key: 'a/b', label: 'x' }],
      want: 'https://acme.eu.kandji.io/devices/a%2Fb',
    },
    {
      what: 'one under the newer name',
      at: ['kandji', 'https://acme.api.iru.com', { kind: 'agent', key: 'd1', label: 'x' }],
      want: 'https://acme.iru.com/devices/d1',
    },
    {
      what: 'a host that is not the vendor’s has no screen that we know',
      at: ['tailscale', 'https://api.tailscale.com.evil.example', { kind: 'account', key: 'u1', label: 'ada' }],
      want: null,
    },
    {
      what: 'nor has a simulator on loopback',
      at: ['sentinelone', 'http://127.0.0.1:4000', { kind: 'agent', key: '1', label: 'x' }],
      want: null,
    },
    { what: 'nor a file', at: ['csv', null, { kind: 'person', key: 'ada@example.com', label: 'Ada' }], want: null },
    {
      what: 'nor a thing without a page',
      at: ['tailscale', TAILSCALE, { kind: 'total', key: 'device', label: 'device' }],
      want: null,
    },
  ] as const)('$what', ({ at: [connector, baseUrl, thing], want }) => {
    expect(screenOf(connector, baseUrl, thing)).toBe(want)
  })

  test('is found through the source that the thing is of', () => {
    const screens = screensOf([
      { id: 'tailnet', kind: 'tailscale', baseUrl: TAILSCALE },
      { id: 'edr', kind: 'sentinelone', baseUrl: 'https://acme.sentinelone.net' },
      { id: 'roster', kind: 'csv', baseUrl: null },
    ])
    const mac = device({ addresses: ['100.64.0.7', 'fd7a::7'] })
    expect(screens('tailnet', shownOf(mac, 'mac'))).toBe('https://login.tailscale.com/admin/machines/100.64.0.7')
    expect(screens('tailnet', shownOf(account(), 'ada@example.com'))).toContain('/admin/users?q=ada')
    expect(screens('edr', shownOf(agent({ vendor: 'sentinelone' }), 'x'))).toBe('https://acme.sentinelone.net/')
    expect(screens('nowhere', shownOf(account(), 'ada'))).toBeNull()
  })
})
