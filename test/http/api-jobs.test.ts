/** Reports and packets by the API: one of a kind at a time, with progress, gone after an hour. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { AppError } from '../../src/domain/error.ts'
import { HOUR, plus } from '../../src/domain/time.ts'
import { createApp } from '../../src/http/app.tsx'
import type { FileAsked, HttpParts, Making } from '../../src/http/parts.ts'
import { type Client, clientOf } from './api-client.ts'
import { type House, openHouse } from './house.ts'

let house: House
beforeAll(async () => {
  house = await openHouse()
})
afterAll(() => house.close())

interface JobBody {
  readonly id: string
  readonly state: string
  readonly file: string | null
  readonly error: string | null
  readonly bytes: number | null
  readonly progress: { readonly what: string; readonly bytes: number }
}

interface Bench {
  readonly client: Client
  readonly folder: string
  readonly asked: FileAsked[]
  readonly making: Making[]
  /** Lets what waits be made, or fail. */
  end(error?: Error): Promise<void>
  pass(ms: number): void
}

let count = 0
/** Makers that wait for the test's word. */
async function bench(over: Partial<HttpParts> = {}): Promise<Bench> {
  const folder = join(house.parts.jobs, `bench-${count++}`)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'left-by-an-earlier-process.zip'), 'evidence')
  const asked: FileAsked[] = []
  const making: Making[] = []
  const ends: ((error?: Error) => void)[] = []
  let shift = 0
  const make = async (wish: FileAsked, how: Making) => {
    asked.push(wish)
    making.push(how)
    how.progress('writing', 7)
    await writeFile(how.file, 'the file', { flag: 'wx' })
    await new Promise<void>((resolve, reject) =>
      ends.push((error) => (error === undefined ? resolve() : reject(error))),
    )
    return { run: 'r1', sealed: null, bytes: 8, digest: 'd1' }
  }
  const app = createApp({
    ...house.parts,
    jobs: folder,
    make,
    now: () => plus(house.parts.now(), shift),
    ...over,
  })
  const settled = () => new Promise<void>((resolve) => setImmediate(resolve))
  return {
    client: await clientOf({ ...house, app }, 'auditor'),
    folder,
    asked,
    making,
    async end(error) {
      while (ends.length === 0) await settled()
      ends.shift()!(error)
      await settled()
    },
    pass(ms) {
      shift += ms
    },
  }
}

test('a report is begun at once, tells how far it is, and is fetched when it is done', async () => {
  const { client, folder, asked, making, end } = await bench()
  expect(readdirSync(join(folder, '..')).includes('left-by-an-earlier-process.zip')).toBe(false)
  expect(existsSync(join(folder, 'left-by-an-earlier-process.zip'))).toBe(false)
  const { status, headers, body } = await client.post<JobBody>('/jobs', { kind: 'report' })
  expect(status).toBe(202)
  const path = headers.get('location')!.replace('/api/v1', '')
  expect(path).toBe(`/jobs/${body.id}`)
  expect(body).toMatchObject({ state: 'running', kind: 'report', asOf: 'latest', file: null })
  expect((await client.get<{ code: string }>(`${path}/file`)).body.code).toBe('not-ready')
  await expect.poll(async () => (await client.get<JobBody>(path)).body.progress).toEqual({ what: 'writing', bytes: 7 })
  await end()
  const { body: done } = await client.get<JobBody>(path)
  expect(done).toMatchObject({ state: 'done', bytes: 8, run: 'r1', digest: 'd1', file: `/api/v1${path}/file` })
  const file = await client.get<string>(`${path}/file`)
  expect(file.body).toBe('the file')
  expect(
    Object.fromEntries(
      ['content-type', 'content-length', 'content-disposition'].map((name) => [name, file.headers.get(name)]),
    ),
  ).toEqual({
    'content-type': 'application/pdf',
    'content-length': '8',
    'content-disposition': 'attachment; filename="exhibit-report.pdf"',
  })
  expect(asked).toEqual([{ kind: 'report', about: null, format: 'pdf', asOf: 'latest' }])
  expect(making[0]!.by).toMatch(/^key [a-z2-7]{12} \(a auditor\)$/)
  expect(making[0]!.file.startsWith(folder)).toBe(true)
})

test('days of a period are both in it, further moments are ends of days', async () => {
  const { client, asked, end } = await bench()
  const at = ['2026-10-31', '2026-11-05T12:00:00+02:00']
  const { body } = await client.post<JobBody>('/jobs', { kind: 'packet', from: '2026-10-01', to: '2026-11-20', at })
  await end()
  expect(asked).toEqual([
    {
      kind: 'packet',
      from: '2026-10-01T00:00:00.000Z',
      to: '2026-11-20T23:59:59.999Z',
      at: ['2026-10-31T23:59:59.999Z', '2026-11-05T10:00:00.000Z'],
      samples: [],
    },
  ])
  const file = await client.get<string>(`/jobs/${body.id}/file`)
  expect(file.headers.get('content-type')).toBe('application/zip')
})

test('one of a kind is made at a time: who comes second is told where the first one is', async () => {
  const { client, asked, end } = await bench()
  const first = await client.post<JobBody>('/jobs', { kind: 'report', asOf: '2026-11-20' })
  const second = await client.post<{ code: string }>('/jobs', { kind: 'report' })
  expect([second.status, second.body.code]).toEqual([409, 'job-under-way'])
  expect(second.headers.get('location')).toBe(first.headers.get('location'))
  const other = await client.post('/jobs', { kind: 'packet', from: '2026-10-01', to: '2026-10-31' })
  expect(other.status).toBe(202)
  await end()
  await end()
  expect((await client.post('/jobs', { kind: 'report', from: '2026-10-01', to: '2026-10-31' })).status).toBe(202)
  expect(asked).toHaveLength(3)
  await end()
  const { body } = await client.get<{ items: { kind: string; startedAt: string; id: string }[] }>('/jobs')
  expect(body.items.map(({ kind }) => kind).toSorted()).toEqual(['packet', 'report', 'report'])
  const places = body.items.map(({ startedAt, id }) => `${startedAt} ${id}`)
  expect(places).toEqual(places.toSorted().reverse())
  const { body: page } = await client.get<{ items: object[]; nextCursor: string }>('/jobs?limit=2')
  const { body: rest } = await client.get<{ items: object[] }>(`/jobs?cursor=${page.nextCursor}`)
  expect([...page.items, ...rest.items]).toEqual(body.items)
})

test('a job that fails says why, leaves no file, and stands in nobody’s way', async () => {
  const { client, folder, end } = await bench({ trouble: () => 'e1' })
  for (const [error, said] of [
    [new AppError('usage', 'packet: no run was sealed in this period'), 'packet: no run was sealed in this period'],
    [new Error('secret detail'), 'Internal error e1; the log has it in full.'],
  ] as const) {
    const { body } = await client.post<JobBody>('/jobs', { kind: 'packet', from: '2026-10-01', to: '2026-10-31' })
    await end(error)
    const { body: failed } = await client.get<JobBody>(`/jobs/${body.id}`)
    expect(failed).toMatchObject({ state: 'failed', error: said, file: null })
    const file = await client.get<{ code: string; detail: string }>(`/jobs/${body.id}/file`)
    expect([file.status, file.body.code, file.body.detail]).toEqual([409, 'not-ready', said])
    expect(readdirSync(folder)).toEqual([])
  }
})

test('a file is gone an hour after it was made, and what is under way is not', async () => {
  const { client, folder, end, pass } = await bench()
  const { body: report } = await client.post<JobBody>('/jobs', { kind: 'report' })
  await end()
  pass(HOUR - 5_000)
  // Keys of this caller end, too: it comes back with another.
  expect(readdirSync(folder)).toHaveLength(1)
  expect((await client.get(`/jobs/${report.id}`)).status).toBe(200)
  pass(5_001)
  const later = await clientOf({ ...house, app: house.app }, 'auditor')
  expect((await later.get(`/jobs/${report.id}`)).status).toBe(404)
})

test('what is over is swept when anybody looks', async () => {
  let shift = 0
  const folder = join(house.parts.jobs, 'swept')
  const app = createApp({
    ...house.parts,
    jobs: folder,
    now: () => plus(house.parts.now(), shift),
    keys: {
      // Lasts beyond the hour.
      keyWithDigest: async (id) => {
        const found = await house.store.keyWithDigest(id)
        return found === null
          ? null
          : { ...found, key: { ...found.key, expiresAt: plus(found.key.expiresAt, 9 * HOUR) } }
      },
      keyUsed: async () => {},
    },
  })
  const client = await clientOf({ ...house, app }, 'auditor')
  const { body } = await client.post<JobBody>('/jobs', { kind: 'report' })
  await expect.poll(async () => (await client.get<JobBody>(`/jobs/${body.id}`)).body.state).toBe('done')
  expect(readdirSync(folder)).toEqual([`${body.id}.pdf`])
  shift = HOUR + 1_000
  expect((await client.get<{ code: string }>(`/jobs/${body.id}`)).body.code).toBe('no-such-job')
  expect(readdirSync(folder)).toEqual([])
  expect((await client.get(`/jobs/${body.id}/file`)).status).toBe(404)
})

test.each([
  ['nothing', {}],
  ['another kind', { kind: 'results' }],
  ['a packet of no period', { kind: 'packet' }],
  ['half a period', { kind: 'packet', from: '2026-10-01' }],
  ['a day that is none', { kind: 'packet', from: '2026-02-30', to: '2026-03-01' }],
  ['a state and a period', { kind: 'report', asOf: '2026-10-01', from: '2026-10-01', to: '2026-10-02' }],
  ['a path', { kind: 'report', file: '/etc/passwd' }],
  ['somebody else', { kind: 'report', by: 'eve' }],
  ['a hundred moments', { kind: 'packet', from: '2026-10-01', to: '2026-10-02', at: Array(51).fill('2026-10-01') }],
  ['a prototype', '{"kind":"report","__proto__":{"asOf":"2026-10-01"}}'],
])('a wish for %s is refused with its place', async (_, body) => {
  const { client, asked } = await bench()
  const answer = await client.post<{ code: string; errors: object[] }>('/jobs', body)
  expect([answer.status, answer.body.code]).toEqual([400, 'bad-request'])
  expect(answer.body.errors.length).toBeGreaterThan(0)
  expect(asked).toEqual([])
})
