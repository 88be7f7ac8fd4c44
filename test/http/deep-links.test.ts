/** Beside what was collected: the address at which the vendor itself shows it. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createApp } from '../../src/http/app.tsx'
import { exhibit } from '../helpers/cli.ts'
import { someChecks, testInstallation } from '../helpers/installation.ts'
import { type House, openHouse, signIn } from './house.ts'

/** As the sources would be configured; what they answered is the demo's. */
const VENDORS: Readonly<Record<string, string>> = {
  tailscale: 'https://api.tailscale.com',
  sentinelone: 'https://northlight.sentinelone.net',
  crowdstrike: 'https://api.us-2.crowdstrike.com',
  kandji: 'https://northlight.api.kandji.io',
}
const atVendors = <T extends { readonly kind: string }>(sources: readonly T[]) =>
  sources.map((source) => ({ ...source, baseUrl: VENDORS[source.kind] ?? null }))

let house: House
beforeAll(async () => {
  house = await openHouse()
}, 60_000)
afterAll(() => house.close())

async function page(path: string, vendors: boolean): Promise<string> {
  const headers = await signIn(house)
  const app = vendors ? createApp({ ...house.parts, sources: atVendors(house.parts.sources) }) : house.app
  const answer = await app.request(path, { headers })
  expect(answer.status).toBe(200)
  return answer.text()
}

test('a device: its machine page, and its record in every vendor’s console', async () => {
  const { snapshot } = await house.parts.report('latest')
  const mac = snapshot!.of('device').find(({ name }) => name?.startsWith('lukasz-mbp'))!
  const html = await page(`/devices/tailnet/${mac.key}`, true)
  const address = mac.addresses.find((one) => one.includes('.'))!
  expect(html).toContain(`href="https://login.tailscale.com/admin/machines/${address}" rel="noreferrer"`)
  expect(html).toMatch(/href="https:\/\/northlight\.kandji\.io\/devices\/[0-9a-f-]+" rel="noreferrer"/)
  expect(html).toContain('href="https://falcon.us-2.crowdstrike.com/"')
})

test('a person: each account in the list of users', async () => {
  const { snapshot } = await house.parts.report('latest')
  const person = snapshot!.of('person').find(({ email }) => email.startsWith('zofia.kaminska'))!
  const html = await page(`/people/roster/${encodeURIComponent(person.key)}`, true)
  expect(html).toContain('href="https://login.tailscale.com/admin/users?q=zofia.kaminska%40northlight.example"')
})

test('where requests go to another host than the vendor’s, no such address is shown', async () => {
  const { snapshot } = await house.parts.report('latest')
  const html = await page(`/devices/tailnet/${snapshot!.of('device')[0]!.key}`, false)
  expect(html).not.toMatch(/login\.tailscale\.com|kandji\.io\/devices|falcon\./)
})

test('a drawn sample names the screen of each row', async () => {
  const installation = await testInstallation({ checks: someChecks })
  const reconfigured: typeof installation.reconfigured = (over) => {
    const core = installation.reconfigured(over)
    return { ...core, sources: atVendors(core.sources) }
  }
  try {
    await installation.sync()
    const real = { ...installation, reconfigured }
    expect((await exhibit(real, 'sample', 'account')).code).toBe(0)
    const { code, out } = await exhibit(real, 'sample', 'account', '--size', '2', '--seed', '7')
    expect(code).toBe(0)
    expect(
      out.match(/^ {2}tailnet\/account\/\S+ {2}https:\/\/login\.tailscale\.com\/admin\/users\?q=\S+$/gm),
    ).toHaveLength(2)
    const { rows } = JSON.parse(
      (await exhibit(real, 'sample', 'account', '--size', '2', '--seed', '7', '--format', 'json')).out,
    )
    for (const row of rows)
      expect(row.screen).toBe(`https://login.tailscale.com/admin/users?q=${encodeURIComponent(row.label)}`)
    expect((await exhibit(installation, 'sample', 'account', '--size', '2', '--seed', '7')).out).not.toContain(
      'login.tailscale',
    )
  } finally {
    await installation.close()
  }
})
