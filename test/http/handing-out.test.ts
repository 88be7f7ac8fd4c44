/** What is asked for by API and by pages and made as a file: samples, short reports, exports. */
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { DrawLeaf, FrameLeaf, SampleFile } from '../../src/domain/sample.ts'
import type { ExportAct } from '../../src/domain/sealing.ts'
import { type Client, clientOf } from './api-client.ts'
import { type House, openHouse, periodUnderWay, signIn } from './house.ts'

let house: House
let visitor: { cookie: string; host: string }
let api: Client
const PERIOD = periodUnderWay()
const DAYS = { from: PERIOD.from.slice(0, 10), to: PERIOD.to.slice(0, 10) }
const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex')

interface JobBody {
  readonly id: string
  readonly state: string
  readonly error: string | null
  readonly sealed: string | null
  readonly digest: string
  readonly by: string
}
interface ProblemBody {
  readonly code: string
  readonly detail: string
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[]
}

beforeAll(async () => {
  house = await openHouse({ periods: [PERIOD] })
  visitor = await signIn(house)
  api = await clientOf(house, 'compliance')
}, 60_000)
afterAll(() => house.close())

interface Made {
  readonly job: JobBody
  readonly file: string
  /** Of its bytes. */
  readonly digest: string
  readonly type: string | null
}

/** Asks, waits for its end, and gives the job with its file. */
async function made(wish: object): Promise<Made> {
  const { status, body } = await api.post<JobBody>('/jobs', wish)
  expect(status, JSON.stringify(body)).toBe(202)
  const job = await ended(body.id)
  expect(job.error).toBeNull()
  const answer = await house.app.request(`/api/v1/jobs/${body.id}/file`, {
    headers: { host: 'localhost', authorization: `Bearer ${api.key}` },
  })
  // Held against the document, too.
  await api.get(`/jobs/${body.id}/file`)
  const bytes = Buffer.from(await answer.arrayBuffer())
  return { job, file: bytes.toString(), digest: sha256(bytes), type: answer.headers.get('content-type') }
}

async function ended(id: string): Promise<JobBody> {
  const look = async (): Promise<JobBody> => (await api.get<JobBody>(`/jobs/${id}`)).body
  await expect.poll(async () => (await look()).state, { timeout: 10_000 }).not.toBe('running')
  return look()
}

const leaves = async <T>(kind: string): Promise<readonly T[]> =>
  (await house.store.leavesOf(kind)).map(({ body }) => JSON.parse(body) as T)

describe('a sample by the API', () => {
  test('is drawn from a frame that was sealed before, and both stand in the ledger with who asked', async () => {
    const frame = await made({ kind: 'frame', of: 'account' })
    expect(frame.type).toBe('text/plain; charset=utf-8')
    const [sealed] = await leaves<FrameLeaf>('frame')
    expect(frame.job).toMatchObject({ sealed: sealed!.id, digest: sealed!.digest, by: sealed!.by })
    expect(sealed!.by).toMatch(/^key [a-z2-7]{12} \(a compliance\)$/)
    expect(sha256(frame.file)).toBe(sealed!.digest)
    const keys = frame.file.trimEnd().split('\n')
    expect(keys).toHaveLength(sealed!.rows)

    const sample = await made({ kind: 'sample', frame: sealed!.id, seed: 'four dice', size: 3 })
    expect(sample.type).toBe('application/json')
    const { draw, rows } = JSON.parse(sample.file) as SampleFile
    const lowest = keys.toSorted((a, b) => (sha256(`four dice${a}`) < sha256(`four dice${b}`) ? -1 : 1)).slice(0, 3)
    expect(rows.map(({ key }) => key)).toEqual(lowest)
    expect(await leaves<DrawLeaf>('draw')).toEqual([draw])
    expect(sample.job).toMatchObject({ sealed: draw.id, digest: sha256(sample.file), frame: sealed!.id, size: 3 })
    // The same again is the same frame and the same draw.
    await made({ kind: 'frame', of: 'account' })
    await made({ kind: 'sample', frame: sealed!.id, seed: 'four dice', size: 3 })
    expect([(await leaves('frame')).length, (await leaves('draw')).length]).toEqual([1, 1])
  })

  test('of what happened in a period is sealed with its days', async () => {
    const { job } = await made({ kind: 'frame', of: 'leaver', ...DAYS })
    const frame = (await leaves<FrameLeaf>('frame')).find(({ id }) => id === job.sealed)
    expect(frame).toMatchObject({ kind: 'leaver', span: { from: PERIOD.from } })
  })

  test('is for those who may write: an auditor is refused, and nothing is sealed', async () => {
    const auditor = await clientOf(house, 'auditor')
    const before = (await leaves('frame')).length
    for (const wish of [
      { kind: 'frame', of: 'device' },
      { kind: 'sample', frame: 'F-1', seed: 'mine', size: 1 },
    ]) {
      const { status, body } = await auditor.post<ProblemBody>('/jobs', wish)
      expect([status, body.code]).toEqual([403, 'forbidden'])
      expect(body.detail).toMatch(/has the role auditor; to seal a (frame|sample) needs compliance/)
    }
    expect((await leaves('frame')).length).toBe(before)
  })

  test.each([
    [
      'a frame that is none',
      { frame: 'F-99', seed: '1', size: 1 },
      /there is no sealed frame "F-99"; the newest are F-1/,
    ],
    ['a time stamp that nobody gives', { frame: 'F-1', seed: 'timestamp', size: 1 }, /no time stamp authority/],
  ])('from %s fails in words', async (_, wish, says) => {
    const { body } = await api.post<JobBody>('/jobs', { kind: 'sample', ...wish })
    expect(await ended(body.id)).toMatchObject({ state: 'failed', error: expect.stringMatching(says), sealed: null })
  })
})

describe('a short report', () => {
  test('about one check comes with its table, and the ledger tells of each', async () => {
    const pdf = await made({ kind: 'report', check: 'ID-02' })
    expect([pdf.type, pdf.file]).toEqual(['application/pdf', '%PDF-'])
    const { job, file, digest, type } = await made({ kind: 'report', check: 'id-02', format: 'csv', ...DAYS })
    expect(type).toBe('text/csv; charset=utf-8')
    const [head, ...lines] = file.trimEnd().split('\r\n')
    expect(head).toContain('"periodFrom"')
    expect(lines.length).toBeGreaterThan(0)
    for (const line of lines) expect(line).toContain('"offboarded-access-removed"')
    expect((await leaves<ExportAct>('export')).at(-1)).toMatchObject({
      ...{ what: 'report', format: 'csv', by: job.by, digest },
      period: { from: PERIOD.from },
    })
  })

  test('about one of the organisation’s controls has its checks alone', async () => {
    const controls = (await house.parts.report('latest')).snapshot!.settings.controls!
    const [control] = controls
    const { file } = await made({ kind: 'report', control: control!.id, format: 'csv' })
    const refs = new Set(
      file
        .split('\r\n')
        .slice(1, -1)
        .map((line) => line.split('","').find((cell) => /^[A-Z]+-\d+$/.test(cell))),
    )
    expect(refs.size).toBeGreaterThan(0)
    const names = new Map(house.parts.checks.map(({ id, ref }) => [id, ref]))
    const expected = new Set(control!.checks.map((name) => names.get(name) ?? name))
    expect([...refs].filter((ref) => !expected.has(ref!))).toEqual([])
  })

  test.each([
    ['a check that is none', { check: 'ID-99' }, /there is no check "ID-99"; did you mean/],
    ['a control that is none', { control: 'XX-1' }, /there is no control "XX-1" in the configuration of this run/],
  ])('about %s is refused at once, with what was meant', async (_, about, says) => {
    const { status, body } = await api.post<ProblemBody>('/jobs', { kind: 'report', ...about })
    expect([status, body.code]).toEqual([400, 'impossible'])
    expect(body.detail).toMatch(says)
  })
})

describe('an export', () => {
  test.each([
    ['oscal', 'application/oscal+json'],
    ['ocsf', 'application/x-ndjson'],
    ['csv', 'text/csv; charset=utf-8'],
  ])('as %s is made of a run and of a period, and a second one has the same bytes', async (format, mediaType) => {
    // The state at a moment: what is aged to now differs by the second.
    const asOf = (await house.store.runs(1))[0]!.snapshotAt
    for (const span of [{ asOf }, DAYS]) {
      const first = await made({ kind: 'export', format, ...span })
      expect(first.type).toBe(mediaType)
      expect(first.file.length).toBeGreaterThan(1_000)
      expect((await leaves<ExportAct>('export')).at(-1)).toMatchObject({
        what: 'results',
        format,
        digest: first.job.digest,
      })
      if ('from' in span) continue
      expect((await made({ kind: 'export', format, ...span })).digest).toBe(first.digest)
    }
  })

  test('as JSON is the document of the state', async () => {
    const { file } = await made({ kind: 'export', format: 'json' })
    expect(JSON.parse(file)).toMatchObject({ schema: 'exhibit.results/1', demo: true })
  })
})

test.each([
  ['another kind', { kind: 'results' }, '/kind', /expected one of "report", "packet", "export", "frame", "sample"/],
  ['a format that is none', { kind: 'export', format: 'xml' }, '/format', /expected one of "json"/],
  ['a period as JSON', { kind: 'export', format: 'json', ...DAYS }, '/from', /does not go with the rest/],
  ['a period backwards', { kind: 'export', format: 'csv', from: '2026-11-02', to: '2026-11-01' }, '/to', /swap them/],
  ['half a period', { kind: 'report', from: '2026-11-02' }, '/from', /does not go with the rest/],
  ['a kind of thing that is none', { kind: 'frame', of: 'laptop' }, '/of', /person, account/],
  ['leavers of a moment', { kind: 'frame', of: 'leaver' }, '/of', /with "from" and "to", joiner, leaver/],
  ['a draw of nothing', { kind: 'sample', frame: 'F-1', seed: '1', size: 0 }, '/size', />=1/],
  ['a seed of two lines', { kind: 'sample', frame: 'F-1', seed: '1\n2', size: 1 }, '/seed', /one line/],
  [
    'a table of a framework',
    { kind: 'report', framework: 'soc2', format: 'csv' },
    '/format',
    /does not go with the rest/,
  ],
  ['a check and a control', { kind: 'report', check: 'ID-02', control: 'AC' }, '/control', /does not go with the rest/],
])('a wish for %s is refused with its place and what to write', async (_, wish, pointer, says) => {
  const { status, body } = await api.post<ProblemBody>('/jobs', wish)
  expect([status, body.code]).toEqual([400, 'bad-request'])
  expect(body.errors!.map((each) => each.pointer)).toContain(pointer)
  expect(body.detail).toMatch(says)
})

describe('by pages', () => {
  const page = async (path: string): Promise<string> => {
    const answer = await house.app.request(path, { headers: visitor })
    expect(answer.status).toBe(200)
    return answer.text()
  }
  const settled = (path: string) =>
    expect.poll(async () => (await page(path)).includes('Being made'), { timeout: 10_000 }).toBe(false)
  /** The first row of the table of files that begins so. */
  const rowOf = (html: string, title: string): string => html.split('<tr>').find((row) => row.includes(title)) ?? ''
  const sent = (path: string, form: Record<string, string>, over: Record<string, string> = {}) =>
    house.app.request(path, {
      method: 'POST',
      headers: {
        ...visitor,
        'sec-fetch-site': 'same-origin',
        'content-type': 'application/x-www-form-urlencoded',
        ...over,
      },
      body: new URLSearchParams(form).toString(),
    })

  test('a frame is sealed, a sample drawn from it, and both are fetched where they were asked for', async () => {
    const seal = await sent('/samples', { kind: 'device', period: 'soc2', from: '', to: '' })
    expect([seal.status, seal.headers.get('location')]).toEqual([303, '/samples?said=begun'])
    await settled('/samples')
    const frame = (await leaves<FrameLeaf>('frame')).at(-1)!
    expect(frame).toMatchObject({ kind: 'device', by: 'admin (signed in by link)', span: { from: PERIOD.from } })
    const draw = await sent(`/samples/${frame.id}/draws`, { seed: 'seventeen', size: '2' })
    expect([draw.status, draw.headers.get('location')]).toEqual([303, '/samples?said=begun'])
    await settled('/samples')
    expect(rowOf(await page('/samples'), `Sample of ${frame.id}`)).toMatch(/Ready, \d+ kB: D-\d+/)
    expect((await leaves<DrawLeaf>('draw')).at(-1)).toMatchObject({ frame: frame.id, seed: 'seventeen', size: 2 })
    const link = /href="(\/api\/v1\/jobs\/[^"]+\/file)"/.exec(await page('/samples'))![1]!
    expect((await house.app.request(link, { headers: visitor })).status).toBe(200)
  })

  test('a short report and results of days are made, and stand among the exports', async () => {
    const controls = (await house.parts.report('latest')).snapshot!.settings.controls!
    const about = `control:${controls[0]!.id}`
    for (const [path, form] of [
      ['/exports/report', { about, period: 'newest', format: 'csv' }],
      ['/exports/results', { format: 'oscal', period: 'newest', ...DAYS }],
    ] as const) {
      const answer = await sent(path, { ...form })
      expect([answer.status, answer.headers.get('location')]).toEqual([303, '/exports?said=begun'])
      await settled('/exports')
    }
    const text = await page('/exports')
    expect(rowOf(text, `Table of the report about ${controls[0]!.id}`)).toContain('Ready')
    expect(rowOf(text, 'Results, oscal')).toContain(`${DAYS.from} to ${DAYS.to}`)
    expect(rowOf(text, 'Results, oscal')).toContain('Ready, 1 MB')
  })

  test.each([
    ['/samples', { kind: 'laptop' }, /no such kind/],
    ['/samples', { kind: 'leaver', period: 'newest' }, /happens in a period/],
    ['/samples', { kind: 'device', from: '2026-11-01' }, /both days/],
    ['/samples', { kind: 'device', from: '2026-11-02', to: '2026-11-01' }, /ends before it begins/],
    ['/samples', { kind: 'device', period: 'never' }, /no such audit period/],
    ['/samples/F-1/draws', { seed: '', size: '3' }, /one line/],
    ['/samples/F-1/draws', { seed: '1', size: 'many' }, /how many rows/],
    ['/exports/report', { about: 'check:ID-02\u0000', format: 'csv', from: 'x', to: 'y' }, /both days/],
    ['/exports/report', { about: 'framework:soc2', format: 'csv' }, /one control or check/],
    ['/exports/report', { about: 'framework:none' }, /nothing of that name/],
    ['/exports/results', { format: 'xml' }, /no such format/],
    ['/exports/results', { format: 'json', ...DAYS }, /at one moment/],
  ])('%s with %j is refused in words', async (path, form, says) => {
    const answer = await sent(path, form as Record<string, string>)
    expect(answer.status).toBe(400)
    expect(await answer.text()).toMatch(says)
  })

  test('another site cannot seal, draw or export in somebody’s name', async () => {
    const before = (await leaves('frame')).length
    for (const path of ['/samples', '/samples/F-1/draws', '/exports/report', '/keys', '/keys/aaaa/revoke']) {
      const answer = await sent(
        path,
        { kind: 'key', name: 'x', role: 'admin', days: '7' },
        { 'sec-fetch-site': 'cross-site' },
      )
      expect(answer.status).toBe(403)
    }
    expect((await leaves('frame')).length).toBe(before)
    expect((await house.store.keys()).some(({ name }) => name === 'x')).toBe(false)
  })
})
