/**
 * A whole house for tests of the pages: the demo's vendors on loopback, the real store in memory, the real engine, and the
 * web application over them. Only the network is small and the disk is none.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as realSleep } from 'node:timers/promises'
import type { Hono } from 'hono'
import { checks } from '../../checks/index.ts'
import { parseConfig } from '../../src/config.ts'
import { connectors } from '../../src/connectors/index.ts'
import type { Store } from '../../src/domain/store.ts'
import { DAY } from '../../src/domain/time.ts'
import { handOuts } from '../../src/hand-out.ts'
import { createApp } from '../../src/http/app.tsx'
import { keyActs } from '../../src/http/keys.ts'
import type { HttpParts, MadeFile, Making } from '../../src/http/parts.ts'
import { installation } from '../../src/installation.ts'
import { canonicalJson } from '../../src/lib/canonical-json.ts'
import { sha256 } from '../../src/lib/digest.ts'
import { madeFile } from '../../src/making.ts'
import { outputs } from '../../src/outputs/index.ts'
import { reviewStates } from '../../src/reviewing/index.ts'
import { newsOf } from '../../src/run-news.ts'
import { sampleActs } from '../../src/sampling/index.ts'
import { webhookActs } from '../../src/sending.ts'
import { service } from '../../src/service.ts'
import { startDemoVendors, type Vendors } from '../../src/simulators/index.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { render } from '../helpers/cli.ts'
import { memoryKeys, testLedger } from '../helpers/ledger.ts'

export interface House {
  readonly app: Hono
  readonly parts: HttpParts
  readonly vendors: Vendors
  readonly store: Store
  /** The path of a fresh sign-in link. */
  link(): Promise<string>
  /** Asks for a reading and waits for its end. */
  read(): Promise<void>
  close(): Promise<void>
}

const ENDPOINTS: HttpParts['webhooks']['endpoints'] = [
  { id: 'grc', url: new URL('https://grc.example/hooks?token=canary'), events: ['*'] },
  { id: 'siem', url: new URL('https://siem.example/in'), events: ['finding.*'] },
]

/** A file as its maker leaves it: what is in a report or packet is the business of other tests. */
async function written(text: string, { file, progress }: Making): Promise<MadeFile> {
  progress('writing', 0)
  await writeFile(file, text, { flag: 'wx' })
  return { run: 'run', sealed: null, bytes: text.length, digest: sha256(text) }
}

/** Opens the demo organisation; the first reading has ended when it returns. */
export async function openHouse({ periods = [] }: Partial<Pick<HttpParts, 'periods'>> = {}): Promise<House> {
  const folder = mkdtempSync(join(tmpdir(), 'exhibit-house-'))
  const vendors = await startDemoVendors({
    now: () => new Date(),
    roster: join(folder, 'people.csv'),
    data: join(folder, 'data'),
  })
  const config = parseConfig(vendors.config, join(folder, 'exhibit.yaml'), { connectors, checks, env: {} })
  const store = await openSqliteStore({ path: ':memory:', ledger: testLedger() })
  const stopping = new AbortController()
  const newToken = (): string => randomBytes(24).toString('base64url')
  const core = installation({
    config: { ...config, settings: { ...config.settings, demo: true } },
    checks,
    store,
    clock: { wall: () => Date.now(), monotonic: () => performance.now() },
    newId: randomUUID,
    newToken,
    random: Math.random,
    software: '0.0.0',
    build: '0'.repeat(64),
    actor: 'test',
    signal: stopping.signal,
    report: (error, where) => {
      throw new Error(where, { cause: error })
    },
  })
  const running = service({
    sources: config.sources.map(({ id, digest }) => ({ id, digest, stamp: () => null })),
    everyMs: config.everyMs,
    now: core.now,
    monotonic: () => performance.now(),
    sleep: (ms, signal) => realSleep(ms, undefined, { signal }),
    run: async (request, progress) => newsOf(await core.sync(request, progress), checks),
    history: store.history,
    trouble: (error) => (error instanceof Error ? error.message : String(error)),
  })
  const acts = handOuts(core, { keys: memoryKeys(), signal: stopping.signal, connectors, render })
  const samples = sampleActs(core, stopping.signal)
  const parts: HttpParts = {
    version: '0.0.0',
    demo: true,
    publicUrl: null,
    organization: config.settings.organization,
    sources: core.sources,
    checks,
    outputs,
    now: core.now,
    newToken,
    digest: sha256,
    report: core.report,
    runs: (limit) => store.runs(limit),
    lastPull: (source) => store.lastPull(source),
    facts: store,
    lists: store,
    keys: store,
    keyActs: keyActs(store, randomBytes),
    configuration: { digest: sha256(canonicalJson(core.settings)), retention: config.retention },
    webhooks: { ...webhookActs(core, randomUUID), endpoints: ENDPOINTS, nudge: () => {} },
    periods,
    periodEvidence: async (period) => (await acts.periodReport(period)).period,
    reviews: () => reviewStates(store),
    jobs: join(folder, 'jobs'),
    make(asked, making) {
      if (asked.kind === 'packet') return written('PK', making)
      if (asked.kind === 'report' && asked.format === 'pdf') return written('%PDF-', making)
      const { progress } = making
      return madeFile(asked, making, { core, acts, samples, outputs, pdf: render.pdf, progress })
    },
    closedSince: (since, limit) => store.closedSince(since, limit),
    hooks: { secrets: () => [], moved: running.early, noted: () => {} },
    watch: { metrics: { contentType: 'text/plain', text: async () => '' }, ready: async () => null },
    activity: running.activity,
    subscribe: running.subscribe,
    pull: (sources) => void running.pull(sources).catch(() => {}),
    accept: async (source, because, by) => void (await running.accept(source, because, by)),
    trouble: (error) => {
      throw error
    },
  }
  const read = async (): Promise<void> => void (await running.pull(null))
  await read()
  return {
    app: createApp(parts),
    parts,
    vendors,
    store,
    link: async () => new URL(await core.link(new URL('http://localhost'))).pathname,
    read,
    async close() {
      await running.stop()
      await core.close()
      await vendors.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Signs in through the door: opens the link, presses its button, keeps the cookie. */
export async function signIn(house: Pick<House, 'app' | 'link'>): Promise<{ cookie: string; host: string }> {
  const token = (await house.link()).split('/').at(-1)!
  const answer = await house.app.request('/enter', {
    method: 'POST',
    headers: {
      host: 'localhost',
      'sec-fetch-site': 'same-origin',
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams({ token }),
  })
  return { cookie: answer.headers.get('set-cookie')?.split(';')[0] ?? '', host: 'localhost' }
}

/** An audit period that is under way. */
export function periodUnderWay(now = Date.now()): HttpParts['periods'][number] {
  const day = (days: number): string => new Date(now + days * DAY).toISOString().slice(0, 10)
  return { id: 'soc2', title: 'SOC 2 Type II', from: `${day(-60)}T00:00:00.000Z`, to: `${day(30)}T23:59:59.999Z` }
}
