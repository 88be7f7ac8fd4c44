/** The whole of `serve` in this process, one thing after another: thread, schedule, hooks in, webhooks out, health, stop. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unzipSync } from 'fflate'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { framePath, samplePath } from '../../src/domain/packet.ts'
import type { SampleFile } from '../../src/domain/sample.ts'
import type { ExportAct } from '../../src/domain/sealing.ts'
import { makeKey } from '../../src/http/keys.ts'
import type { FileAsked, MadeFile } from '../../src/http/parts.ts'
import { makeFile, startThread, workOutPeriod } from '../../src/thread.ts'
import { type Receiver, receiver } from '../webhooks/receiver.ts'
import { type TestService, testService, until } from './serving.ts'

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const flag = join(tmpdir(), `leave-${process.pid}`)
/** Takes the thread with it while the flag lies there. */
const LEAVES = `export default ({ defineCheck, finding }) => defineCheck({
  id: 'leaves', ref: 'OWN-01', version: 1, title: 'Leaves', question: 'Does it stay?', why: 'w', remediation: 'r',
  severity: 'low', controls: [], needs: [{ kind: 'device' }], say: () => 'It stays.',
  run(snapshot) {
    if (process.getBuiltinModule('node:fs').existsSync(${JSON.stringify(flag)})) process.exit(7)
    return snapshot.of('device').map((one) => finding('pass', one))
  },
})`
const EVENT = {
  timestamp: '2026-11-21T09:00:00Z',
  version: 1,
  type: 'userCreated',
  tailnet: 't',
  message: 'm',
  data: null,
}

let there: Receiver
let here: TestService
beforeAll(async () => {
  there = await receiver(() => ({ status: 204 }))
  here = await testService({
    yaml: `webhooks: [{ id: grc, url: "${there.url}grc", secret: "${SECRET}" }]\n`,
    ownChecks: { 'leaves.js': LEAVES },
  })
})
afterAll(async () => {
  rmSync(flag, { force: true })
  await here.close()
  await there.close()
})

const get = (path: string, headers: Record<string, string> = {}) => fetch(new URL(path, here.url), { headers })
const told = () => there.received.map(({ body }) => JSON.parse(body) as { type: string; data: Record<string, unknown> })
const logged = (text: string): boolean => here.lines.some((line) => line.includes(text))
const runCount = async () => (await here.core.store.runs(100)).length
const attributeCalls = () =>
  here.vendors.servers['tailscale']!.requests.filter(({ path }) => path.endsWith('/attributes')).length

test('it is alive from the first, and ready once its first run has ended in the thread beside it', async () => {
  expect((await get('/healthz')).status).toBe(200)
  const before = await get('/readyz')
  expect([before.status, before.headers.get('content-type')]).toEqual([503, 'application/problem+json'])
  expect(await before.json()).toMatchObject({ code: 'not-serving', detail: 'The first run has not ended yet.' })
  await until(() => logged('a run was sealed'))
  expect((await get('/readyz')).status).toBe(200)
  // Traced by the thread, as it is asked to, and without a credential.
  expect(logged('/api/v2/tailnet/-/users')).toBe(true)
  expect(logged(here.vendors.credentials['kandji']!['apiToken']!)).toBe(false)
  await until(() => told().some(({ type }) => type.startsWith('run.')))
})

test('what Tailscale tells of is judged within moments and told onward, once', async () => {
  await until(() => !here.running.activity().running)
  const [runs, calls] = [await runCount(), attributeCalls()]
  const newcomer = here.world.tailscale.users.find(({ loginName }) => String(loginName).startsWith('noa.new'))!
  Object.assign(newcomer, { status: 'active', loginName: 'lea.left@fleet.example' })
  expect((await here.hook([EVENT])).status).toBe(200)
  await until(() =>
    told().some(({ type, data }) => type === 'finding.opened' && data['check'] === 'offboarded-access-removed'),
  )
  expect(await runCount()).toBe(runs + 1)
  // Attributes that were read within the interval are not read again.
  expect(attributeCalls()).toBe(calls)
  expect(calls).toBeGreaterThan(0)

  expect((await here.hook([EVENT])).status).toBe(200)
  await until(() => logged('was repeated'))
  expect(here.running.activity().running).toBe(false)
  expect(await runCount()).toBe(runs + 1)
})

test('a thread that dies takes its run with it, which is told, and the next run has another', async () => {
  await until(() => !here.running.activity().running)
  const runs = await runCount()
  writeFileSync(flag, '')
  const trouble = 'the work was lost because its thread ended: it left with the code 7'
  await expect(here.running.pull(['roster'])).rejects.toMatchObject({ code: 'interrupted', message: trouble })
  expect(here.running.activity()).toMatchObject({ running: false, trouble })
  expect(await runCount()).toBe(runs)
  rmSync(flag)
  expect((await here.running.pull(['roster'])).pulls.map(({ source }) => source)).toEqual(['roster'])
  expect(here.running.activity().trouble).toBeNull()
  expect(await runCount()).toBe(runs + 1)
})

test('a thread whose memory is over leaves the server standing', async () => {
  const thread = startThread({ data: here.data, log: here.log, heapMb: 6 })
  const request = { sources: null, respectPauses: false, accept: null }
  await expect(thread.ask({ ask: 'run', request }, () => {})).rejects.toMatchObject({
    code: 'interrupted',
    message: expect.stringContaining('ran out of memory'),
  })
  expect(thread.ended).toBe(true)
  expect((await get('/readyz')).status).toBe(200)
})

test('a report is made in a thread of its own, and the ledger tells who has it', async () => {
  const file = join(here.folder, 'report.pdf')
  const seen: string[] = []
  const parts = { signal: new AbortController().signal, progress: (what: string) => void seen.push(what) }
  const report = { kind: 'report', about: null, format: 'pdf', asOf: 'latest' } as const
  const asked = { ask: 'file', asked: report, file, by: 'key 1' } as const
  const made = await makeFile(asked, parts, { data: here.data, log: here.log })
  const [newest] = await here.core.store.runs(1)
  expect(made).toMatchObject({ run: newest!.id, bytes: readFileSync(file).length })
  expect(readFileSync(file).subarray(0, 5).toString()).toBe('%PDF-')
  expect(seen[0]).toBe('judging')
  const [leaf] = (await here.core.store.leavesOf('export')).slice(-1)
  expect(JSON.parse(leaf!.body)).toMatchObject({ what: 'report', by: 'key 1', digest: made.digest })
})

test('exports, short reports, frames, samples and their packet are made in such a thread, each told of in the ledger', async () => {
  const thread = startThread({ data: here.data, log: here.log })
  const wish = async (asked: FileAsked, name: string) => {
    const file = join(here.folder, name)
    const made = (await thread.ask({ ask: 'file', asked, file, by: 'key 2' }, () => {})) as MadeFile
    return { made, text: readFileSync(file, 'utf8') }
  }
  const { store } = here.core
  const oscal = await wish({ kind: 'export', format: 'oscal', asOf: 'latest' }, 'oscal.json')
  expect(JSON.parse(oscal.text)).toHaveProperty('assessment-results')
  const about = { on: 'check', name: 'ID-02' } as const
  const short = await wish({ kind: 'report', about, format: 'pdf', asOf: 'latest' }, 'short.pdf')
  expect(short.text.startsWith('%PDF-')).toBe(true)
  const handed = (await store.leavesOf('export')).slice(-2).map(({ body }) => JSON.parse(body) as ExportAct)
  expect(handed.map(({ what, format, by, digest }) => [what, format, by, digest])).toEqual([
    ['results', 'oscal', 'key 2', oscal.made.digest],
    ['report', 'pdf', 'key 2', short.made.digest],
  ])
  const frame = await wish({ kind: 'frame', of: 'device', span: null }, 'frame.txt')
  const sample = await wish({ kind: 'sample', frame: frame.made.sealed!, seed: '7', size: 2 }, 'sample.json')
  const { draw } = JSON.parse(sample.text) as SampleFile
  expect((await store.leavesOf('draw')).map(({ body }) => JSON.parse(body))).toEqual([draw])
  expect(frame.text.split('\n')).toEqual(expect.arrayContaining([...draw.keys]))
  const day = (await store.runs(1))[0]!.snapshotAt.slice(0, 10)
  const period = { from: `${day}T00:00:00.000Z`, to: `${day}T23:59:59.999Z` }
  await wish({ kind: 'packet', ...period, at: [], samples: [draw.id] }, 'packet.zip')
  const packed = unzipSync(readFileSync(join(here.folder, 'packet.zip')))
  expect(Buffer.from(packed[framePath(draw.frame)]!).toString()).toBe(frame.text)
  expect(JSON.parse(Buffer.from(packed[samplePath(draw.id)]!).toString())).toMatchObject({ draw })
  const none = wish({ kind: 'packet', ...period, at: [], samples: ['D-99'] }, 'none.zip')
  await expect(none).rejects.toThrow('the ledger has no draw "D-99"')
  await thread.stop()
}, 60_000)

test('a period is worked out in a thread of its own; one without a run is refused in words', async () => {
  const parts = { data: here.data, log: here.log }
  const { signal } = new AbortController()
  const [newest] = await here.core.store.runs(1)
  const period = { from: '2020-01-01T00:00:00.000Z', to: '2999-01-01T00:00:00.000Z' }
  const told = await workOutPeriod(period, signal, parts)
  expect(told).toMatchObject({ ...period, until: newest!.snapshotAt })
  expect(told.results?.length).toBeGreaterThan(20)
  expect(told.leavers?.map(({ person }) => person)).toContain('lea.left@fleet.example')
  const before = { from: '2019-01-01T00:00:00.000Z', to: '2019-12-31T00:00:00.000Z' }
  await expect(workOutPeriod(before, signal, parts)).rejects.toMatchObject({ code: 'usage' })
})

test('it measures itself, for whoever has a key', async () => {
  expect((await get('/metrics')).status).toBe(401)
  const wish = { name: 'prometheus', role: 'viewer', createdBy: 'eve', expiresAt: '2999-01-01T00:00:00.000Z' } as const
  const { key, text, digest } = makeKey({ ...wish, createdAt: here.core.now() }, (count) =>
    crypto.getRandomValues(new Uint8Array(count)),
  )
  await here.core.store.addKey(key, digest)
  const answer = await get('/metrics', { authorization: `Bearer ${text}` })
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
  const lines = (await answer.text()).split('\n')
  const value = (name: string): number =>
    Number(
      lines
        .find((line) => line.startsWith(`${name} `))
        ?.split(' ')
        .at(-1),
    )
  expect(value('exhibit_runs_total{outcome="failed"}')).toBe(1)
  expect(value('exhibit_source_complete{source="tailnet"}')).toBe(1)
  expect(value('exhibit_source_age_seconds{source="tailnet"}')).toBeGreaterThan(0)
  expect(value('exhibit_hooks_total{source="tailnet",outcome="taken"}')).toBe(1)
  expect(value('exhibit_deliveries{endpoint="grc",state="dead"}')).toBe(0)
  expect(value('exhibit_results{severity="critical",status="fail"}')).toBeGreaterThan(0)
  expect(value('nodejs_eventloop_lag_max_seconds')).toBeGreaterThan(0)
})

test('asked to stop, it discards what it is at and is gone', async () => {
  here.vendors.servers['kandji']!.faults.add({ kind: 'hang' })
  const wished = expect(here.running.pull(null)).rejects.toMatchObject({ code: 'interrupted' })
  await until(() => here.running.activity().running)
  const runs = await runCount()
  await here.stop()
  await wished
  expect(await runCount()).toBe(runs)
  await expect(get('/healthz')).rejects.toThrow()
})
