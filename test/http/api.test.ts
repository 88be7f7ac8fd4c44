import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type House, openHouse, signIn } from './house.ts'

let house: House
let visitor: { cookie: string; host: string }
beforeAll(async () => {
  house = await openHouse()
  visitor = await signIn(house)
})
afterAll(() => house.close())

async function ask(path: string): Promise<Response> {
  return house.app.request(path, { headers: visitor })
}

async function read(path: string) {
  return JSON.parse(await (await ask(path)).text())
}

describe('the API has the data of the pages', () => {
  test('people with their state, accounts with how they were joined', async () => {
    const { people, demo } = await read('/api/v1/people')
    expect(demo).toBe(true)
    expect(people).toContainEqual(
      expect.objectContaining({
        state: 'access',
        person: expect.objectContaining({ email: 'bianca.costa@northlight.example' }),
      }),
    )
    const { accounts } = await read('/api/v1/accounts')
    const stranger = accounts.find((row: { account: { login: string } }) => row.account.login === 'kestrel-dev@github')
    expect(stranger).toMatchObject({ joined: 'none', person: null })
    expect(stranger).not.toHaveProperty('search')
  })

  test('devices with verdict and vendors; one device with each join, attribute and condition', async () => {
    const { devices } = await read('/api/v1/devices')
    const infected = devices.find((row: { label: string }) => row.label.startsWith('nl-win-0106'))
    expect(infected).toMatchObject({ verdict: 'fail', os: 'windows', known: ['sentinelone'] })
    const detail = await read(`/api/v1/devices/${infected.device.source}/${infected.device.key}`)
    expect(detail.joins.map((join: { vendor: string; why: string | null }) => [join.vendor, join.why])).toEqual(
      expect.arrayContaining([
        ['sentinelone', null],
        ['crowdstrike', 'no_record'],
      ]),
    )
    expect(detail.trust.answer).toMatchObject({ outcome: 'no_match' })
    expect(detail.attributes).toContainEqual(
      expect.objectContaining({ attribute: 'sentinelOne:activeThreats', vendorValue: 2 }),
    )
  })

  test('what is not there is a problem with words', async () => {
    const answer = await ask('/api/v1/devices/tailnet/nNOBODY')
    expect(answer.status).toBe(404)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(await answer.json()).toMatchObject({ title: 'No such device', status: 404 })
  })
})
