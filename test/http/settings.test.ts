/** Pages of whoever runs the installation: API keys, the audit log, the settings in force. */
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createApp } from '../../src/http/app.tsx'
import { clientOf } from './api-client.ts'
import { type House, openHouse, signIn } from './house.ts'

let house: House
let visitor: { cookie: string; host: string }
beforeAll(async () => {
  house = await openHouse()
  visitor = await signIn(house)
}, 60_000)
afterAll(() => house.close())

const asked = (path: string) => house.app.request(path, { headers: visitor })
async function page(path: string): Promise<string> {
  const answer = await asked(path)
  expect(answer.status).toBe(200)
  return answer.text()
}
const sent = (path: string, form: Record<string, string>) =>
  house.app.request(path, {
    method: 'POST',
    headers: { ...visitor, 'sec-fetch-site': 'same-origin', 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form).toString(),
  })

describe('API keys', () => {
  test('an empty list says how it begins', async () => {
    expect(await page('/keys')).toContain('There is no API key yet')
  })

  test('a key is made with its role and end, shown once, works at once, and no more once it is revoked', async () => {
    const answer = await sent('/keys', { name: ' GRC <tool> ', role: 'viewer', days: '30' })
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([201, 'no-store'])
    const made = await answer.text()
    const [text] = /exk_[a-z2-7]{12}_[a-z2-7]{38}/.exec(made)!
    expect(made).toContain('GRC &lt;tool&gt;')
    const [key] = await house.store.keys()
    expect(key).toMatchObject({ name: 'GRC <tool>', role: 'viewer', createdBy: 'admin (signed in by link)' })
    expect(Date.parse(key!.expiresAt) - Date.parse(key!.createdAt)).toBe(30 * 24 * 3600 * 1000)
    const listed = await page('/keys')
    expect(listed).toContain(key!.id)
    expect(listed).not.toContain(text)

    const use = () =>
      house.app.request('/api/v1/checks', { headers: { host: 'localhost', authorization: `Bearer ${text}` } })
    expect((await use()).status).toBe(200)
    const gone = await sent(`/keys/${key!.id}/revoke`, {})
    expect([gone.status, gone.headers.get('location')]).toEqual([303, '/keys?said=revoked'])
    expect((await use()).status).toBe(401)
    const after = await page('/keys?said=revoked')
    expect(after).toContain('The key is revoked')
    expect(after).not.toContain(`action="/keys/${key!.id}/revoke"`)
    expect((await sent(`/keys/${key!.id}/revoke`, {})).status).toBe(404)
  })

  test.each([
    ['no name', { name: ' ', role: 'viewer', days: '30' }, /who uses the key/],
    ['a long name', { name: 'x'.repeat(101), role: 'viewer', days: '30' }, /up to 100 characters/],
    ['a role that is none', { name: 'x', role: 'root', days: '30' }, /no such role/],
    ['no end', { name: 'x', role: 'viewer', days: '100000' }, /ends after the time/],
  ])('%s is refused in words, and makes none', async (_, form, says) => {
    const before = (await house.store.keys()).length
    const answer = await sent('/keys', form)
    expect(answer.status).toBe(400)
    expect(await answer.text()).toMatch(says)
    expect((await house.store.keys()).length).toBe(before)
  })
})

describe('the audit log', () => {
  test('tells what was handed out and done, newest first, by whom, with its entry in the ledger', async () => {
    const api = await clientOf(house, 'compliance')
    await api.post('/jobs', { kind: 'export', format: 'csv' })
    await expect.poll(async () => (await house.store.leavesOf('export')).length, { timeout: 10_000 }).toBe(1)
    const [leaf] = await house.store.leavesOf('export')
    const text = await page('/log')
    expect(text).toContain('Results as csv, of the run')
    expect(text).toMatch(/key [a-z2-7]{12} \(a compliance\)/)
    expect(text).toContain(`<td class="numeric" data-word="Ledger entry">${leaf!.index}</td>`)
    for (const kind of ['Configuration', 'Waivers', 'Attestations', 'Signing keys', 'API keys']) {
      expect(text).toContain(`<span class="sub">${kind}</span>`)
    }
    const moments = [...text.matchAll(/<th scope="row"[^>]*><time[^>]*datetime="([^"]+)"/g)].map(([, at]) => at!)
    expect(moments.length).toBeGreaterThan(8)
    expect(moments).toEqual(moments.toSorted().reverse())
  })

  test('every kind of entry that the ledger has has its words', async () => {
    const told = await page('/log')
    const kinds = new Set<string>()
    for await (const { kind } of house.store.leaves(0)) kinds.add(kind)
    const known = new Set([...told.matchAll(/<option value="([a-z-]+)"/g)].map(([, kind]) => kind))
    expect([...kinds].filter((kind) => kind !== 'run' && !known.has(kind))).toEqual([])
  })

  test('is narrowed by kind and by words', async () => {
    const waivers = await page('/log?kind=waiver')
    expect(waivers).toContain('Waiver W-1 created')
    expect(waivers).not.toContain('Attestation A-1')
    expect(await page('/log?text=W-2')).toContain('Waiver W-2')
    expect(await page('/log?text=nobody-did-this')).toContain('Nothing fits')
  })
})

describe('the settings in force', () => {
  test('are those that judged the newest run, and their file has the digest that it sealed', async () => {
    const [run] = await house.store.runs(1)
    const text = await page('/settings')
    expect(text).toContain(run!.settingsDigest)
    expect(text).toContain(run!.checkSetDigest)
    const file = await asked('/settings/sealed.json')
    const bytes = Buffer.from(await file.arrayBuffer())
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(run!.settingsDigest)
    const [leaf] = await house.store.leavesOf('configuration')
    expect(text).toContain(`ledger entry ${leaf!.index}`)
    for (const words of ['Critical systems', 'Waiver', 'W-1', 'A-1', '760 days', 'falcon:ztaScore']) {
      expect(text.includes(words.replace('Waiver', 'Accepted risks')), words).toBe(true)
    }
    expect(text).not.toContain('The file says something else since')
  })

  test('hold nothing secret', async () => {
    const credentials = Object.values(house.vendors.credentials).flatMap((each) => Object.values(each))
    expect(credentials.length).toBeGreaterThan(3)
    const shown = (await page('/settings')) + (await page('/settings/sealed.json'))
    for (const secret of credentials) expect(shown.includes(secret)).toBe(false)
  })

  test('a file that says something else since is told: the next run is judged by it', async () => {
    const configuration = { ...house.parts.configuration, digest: 'another' }
    const app = createApp({ ...house.parts, configuration, jobs: `${house.parts.jobs}-settings` })
    const answer = await app.request('/settings', { headers: visitor })
    expect(await answer.text()).toContain('The file says something else since')
  })
})
