/** A process that serves pages and API over a run that was made before, until its parent goes. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { HOUR, plus } from '../../src/domain/time.ts'
import { keyActs, makeKey } from '../../src/http/keys.ts'
import { sha256 } from '../../src/lib/digest.ts'
import { built, type Opened, opened } from './opened.ts'
import { task } from './processes.ts'

export interface Served {
  /** A one-time sign-in link. */
  readonly link: string
  /** API keys that read. */
  readonly keys: readonly string[]
}

/** So many callers that none asks more often than one may. */
const KEYS = 60

const where = await task<Opened>()
const core = await opened(where)
const { store } = core
const [{ createApp }, { listen }, { outputs }] = await Promise.all([
  built<typeof import('../../src/http/app.tsx')>('src/http/app.js'),
  built<typeof import('../../src/http/listen.ts')>('src/http/listen.js'),
  built<typeof import('../../src/outputs/index.ts')>('src/outputs/index.js'),
])
const nothing = (): never => {
  throw new Error('not measured')
}
const app = createApp({
  version: '0',
  demo: false,
  publicUrl: null,
  organization: core.config.settings.organization,
  sources: core.sources,
  checks: core.checks,
  outputs,
  now: core.now,
  newToken: () => randomBytes(24).toString('base64url'),
  digest: sha256,
  report: core.report,
  runs: (limit) => store.runs(limit),
  lastPull: (source) => store.lastPull(source),
  closedSince: (since, limit) => store.closedSince(since, limit),
  lists: store,
  periods: [],
  periodEvidence: nothing,
  reviews: async () => [],
  facts: store,
  keys: store,
  keyActs: keyActs(store, randomBytes),
  configuration: { digest: '', retention: core.config.retention },
  webhooks: { endpoints: [], outbox: store, test: nothing, nudge: () => {} },
  jobs: join(where.folder, 'jobs'),
  make: nothing,
  hooks: { secrets: () => [], moved: () => {}, noted: () => {} },
  watch: { metrics: { contentType: 'text/plain', text: nothing }, ready: async () => null },
  // Nothing is read here: the vendors are gone, and the time of pages is measured by itself.
  activity: () => ({ running: false, startedAt: null, progress: [], nextRunAt: null, trouble: null }),
  subscribe: () => () => {},
  pull: () => {},
  accept: async () => {},
  trouble(error) {
    process.stderr.write(`${error instanceof Error ? error.stack : error}\n`)
    return 'above'
  },
})
const server = await listen(app, { host: '127.0.0.1', port: 0, fallback: false })
const createdAt = core.now()
const wish = { name: 'bench', role: 'viewer', createdAt, createdBy: 'bench', expiresAt: plus(createdAt, HOUR) } as const
const made = Array.from({ length: KEYS }, () => makeKey(wish, (count) => randomBytes(count)))
for (const { key, digest } of made) await store.addKey(key, digest)
process.send!({ link: await core.link(server.url), keys: made.map(({ text }) => text) } satisfies Served)
process.once('disconnect', () => void server.close().then(() => core.close()))
