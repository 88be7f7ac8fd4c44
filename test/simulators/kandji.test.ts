import { describe, expect, test } from 'vitest'
import { type KandjiSimulatorOptions, kandjiSimulator } from '../../src/simulators/kandji.ts'

type Row = Record<string, unknown>
/** The Prism envelope or, for the other calls, whatever the test compares it with. */
type Body = { data: Row[]; cursor: string }

function simulated(over: Partial<KandjiSimulatorOptions> = {}) {
  const clock = { ms: Date.parse('2026-11-20T09:59:00Z') }
  const rows = Array.from({ length: 350 }, (_, n) => ({
    device_id: `d${n}`,
    serial_number: `S${String(999 - n)}`,
    user: '',
  }))
  const simulator = kandjiSimulator({
    world: {
      prism: rows.slice(0, 340),
      filevault: rows.slice(0, 310).map((row) => ({ ...row, status: true })),
      devices: rows.map((row) => ({ ...row, mdm_enabled: true, agent_installed: false })),
    },
    now: () => new Date(clock.ms),
    ...over,
  })
  const token = simulator.credentials[0]!['apiToken']!
  const ask = async (path: string, headers: Record<string, string> = { authorization: `Bearer ${token}` }) => {
    const response = await simulator.fetch(new Request(`http://kandji.test/api/v1${path}`, { headers }))
    return { status: response.status, headers: response.headers, body: (await response.json()) as Body }
  }
  return { ask, clock }
}

const idsOf = (rows: Row[]) => rows.map((row) => row['device_id'])

describe('Prism', () => {
  test('gives 25 rows unless told otherwise and never more than 300, in an envelope without a total', async () => {
    const { ask } = simulated()
    const { body } = await ask('/prism/device_information')
    expect({ ...body, data: body.data.length }).toEqual({ offset: 0, limit: 25, total: null, data: 25, cursor: null })
    expect((await ask('/prism/device_information?limit=500')).body.data).toHaveLength(300)
    expect((await ask('/prism/device_information?limit=300&offset=300')).body.data).toHaveLength(40)
    expect((await ask('/prism/device_information?limit=300&offset=340')).body.data).toEqual([])
  })

  test('has FileVault as a category of its own permission', async () => {
    const { ask } = simulated()
    expect((await ask('/prism/filevault?limit=300&offset=300')).body.data).toHaveLength(10)
    expect((await simulated({ grants: ['prism/device_information'] }).ask('/prism/filevault')).status).toBe(403)
  })

  test('sorts both ways', async () => {
    const { ask } = simulated()
    expect(idsOf((await ask('/prism/device_information?limit=2&sort_by=serial_number')).body.data)).toEqual([
      'd339',
      'd338',
    ])
    expect(idsOf((await ask('/prism/device_information?limit=2&sort_by=-serial_number')).body.data)).toEqual([
      'd0',
      'd1',
    ])
  })

  test('pages by cursor where told to', async () => {
    const { ask } = simulated({ cursors: true })
    const first = (await ask('/prism/device_information?limit=300')).body
    const second = (await ask(`/prism/device_information?limit=300&cursor=${encodeURIComponent(first.cursor)}`)).body
    expect(idsOf(second.data)[0]).toBe('d300')
    expect(second.cursor).toBeNull()
  })

  test.each(['limit=0', 'limit=x', 'offset=-1', 'cursor=%25'])('refuses %s', async (query) => {
    expect(await simulated().ask(`/prism/device_information?${query}`)).toMatchObject({
      status: 400,
      body: { error: 'Bad Request' },
    })
  })

  test('counts', async () => {
    const { ask } = simulated()
    expect((await ask('/prism/count?category=device_information')).body).toEqual({ count: 340, approximate: false })
    expect((await ask('/prism/count?category=filevault')).status).toBe(400)
  })
})

describe('devices', () => {
  test('are a bare list, filtered by any part of a serial number', async () => {
    const { ask } = simulated()
    expect((await ask('/devices')).body).toHaveLength(300)
    expect((await ask('/devices?limit=300&offset=300')).body).toHaveLength(50)
    expect((await ask('/devices?serial_number=S99')).body).toHaveLength(10)
    expect((await ask('/devices?limit=x')).status).toBe(400)
  })

  test('say true and false as words in their details', async () => {
    const { ask } = simulated()
    expect((await ask('/devices/d3/details')).body).toMatchObject({
      general: { device_id: 'd3', assigned_user: '' },
      mdm: { mdm_enabled: 'True' },
      kandji_agent: { agent_installed: 'False' },
    })
    expect(await ask('/devices/nobody/details')).toMatchObject({ status: 404, body: { detail: 'Not found.' } })
  })
})

describe('refusals', () => {
  test('come in the three shapes that the vendor has', async () => {
    const { ask } = simulated({ grants: [] })
    expect(await ask('/devices', {})).toMatchObject({ status: 401, body: { detail: 'Invalid token.' } })
    expect(await ask('/blueprints')).toMatchObject({
      status: 404,
      body: { message: 'no Route matched with those values' },
    })
    for (const path of [
      '/devices',
      '/devices/d1/details',
      '/prism/device_information',
      '/prism/count?category=device_information',
    ]) {
      expect(await ask(path)).toMatchObject({
        status: 403,
        body: { detail: 'You do not have permission to perform this action.' },
      })
    }
  })
})

describe('the allowance', () => {
  test('counts down with every answer, and each second anew', async () => {
    const { ask, clock } = simulated()
    const left = async () => {
      const { headers } = await ask('/devices?limit=1')
      return ['ratelimit-remaining', 'x-ratelimit-remaining-hour'].map((name) => headers.get(name))
    }
    expect(await left()).toEqual(['49', '9999'])
    expect(await left()).toEqual(['48', '9998'])
    clock.ms += 1000
    expect(await left()).toEqual(['49', '9997'])
  })

  test('of 50 a second is refused beyond, with the second that is left', async () => {
    const { ask } = simulated()
    for (let n = 0; n < 50; n++) await ask('/devices?limit=1')
    const { status, headers, body } = await ask('/devices?limit=1')
    expect({ status, after: headers.get('retry-after'), body }).toEqual({
      status: 429,
      after: '1',
      body: { message: 'API rate limit exceeded' },
    })
  })

  test('of 10,000 an hour is refused until the hour is over', async () => {
    const { ask, clock } = simulated()
    for (let n = 0; n < 10_000; n++) await ask('/nothing')
    clock.ms = Date.parse('2026-11-20T09:59:50Z')
    const { status, headers } = await ask('/devices?limit=1')
    expect({ status, after: headers.get('retry-after') }).toEqual({ status: 429, after: '10' })
    clock.ms = Date.parse('2026-11-20T10:00:00Z')
    expect((await ask('/devices?limit=1')).status).toBe(200)
  })
})
