/** What every store must do, whatever database it stands on. */
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { byText } from '../../src/domain/json.ts'
import type { AnyRecord, Kind } from '../../src/domain/record.ts'
import type { Snapshot } from '../../src/domain/snapshot.ts'
import type { SealedResult, Store } from '../../src/domain/store.ts'
import { DAY, type Instant, MINUTE, plus, SECOND } from '../../src/domain/time.ts'
import { sha256 } from '../../src/lib/digest.ts'
import {
  account,
  agent,
  anchor,
  attributes,
  audit,
  auditlog,
  blind,
  carried,
  device,
  encryption,
  enrolment,
  integration,
  integrity,
  key,
  NOW,
  person,
  policy,
  score,
  setting,
  settings,
  total,
} from '../helpers/build.ts'
import {
  engineResult,
  failed,
  moment,
  note,
  open,
  page,
  pull,
  result,
  type Sealed,
  sealer,
  subject,
} from '../store/sealing.ts'

const KINDS: readonly Kind[] = [
  'person',
  'account',
  'device',
  'attributes',
  'integration',
  'setting',
  'key',
  'policy',
  'logstream',
  'webhook',
  'contact',
  'invite',
  'agent',
  'score',
  'enrolment',
  'encryption',
  'total',
  'audit',
  'auditlog',
  'carried',
  'integrity',
  'anchor',
  'review',
]

function everything(snapshot: Snapshot): AnyRecord[] {
  return KINDS.flatMap((kind) => [...snapshot.of(kind)] as AnyRecord[])
}

/** By kind as in `KINDS`, then source, then key. */
function ordered(records: readonly AnyRecord[]): AnyRecord[] {
  const at = (record: AnyRecord): number => KINDS.indexOf(record.kind)
  return [...records].sort((a, b) => at(a) - at(b) || byText(a.source, b.source) || byText(a.key, b.key))
}

/** What comes back of a result: everything but the function that only the seal needs. */
function asRead(results: readonly SealedResult[]): SealedResult[] {
  return results.map(({ statusOf: _, ...rest }) => rest)
}

function withoutRun({ summary, checkpoint }: Sealed): Omit<Sealed, 'run'> {
  return { summary, checkpoint }
}

const TAILNET: readonly AnyRecord[] = [
  account(),
  account({
    key: 'uA2',
    login: 'bob@example.com',
    lastSeen: null,
    currentlyConnected: null,
    unread: ['role'],
    role: null,
  }),
  device(),
  device({ key: 'nD2', lastSeen: '2026-11-01T08:00:00.123Z', connected: false, tags: ['tag:ci'], serials: [] }),
  attributes(),
  attributes({
    key: 'nD2',
    values: { 'custom:tier': 'prod', 'node:tsAutoUpdate': true, 'falcon:ztaScore': 71.5 },
    expiries: { 'custom:tier': '2026-12-01T00:00:00.000Z' },
    readAt: plus(NOW, -3 * SECOND),
  }),
  integration({ lastSync: null, error: 'sync failed: 401 – ключ' }),
  setting('usersApprovalOn', null),
  setting('maxKeyDays', 90),
  key({ tags: ['tag:a', 'tag:b'], expirySeconds: 0 }),
  policy('// comment\n{ "acls": [] }\u2028'),
  {
    kind: 'logstream',
    source: 'tailnet',
    key: 'configuration',
    unread: [],
    configured: true,
    destinationType: 's3',
    lastActivityAt: '2026-11-20T08:59:59.999Z',
    lastError: null,
  },
  {
    kind: 'webhook',
    source: 'tailnet',
    key: 'w1',
    unread: ['url'],
    url: null,
    providerType: null,
    creatorLogin: null,
    createdAt: null,
    modifiedAt: null,
    subscriptions: ['nodeCreated'],
  },
  { kind: 'contact', source: 'tailnet', key: 'security', unread: [], email: 's@example.com', needsVerification: false },
  {
    kind: 'invite',
    source: 'tailnet',
    key: 'i1',
    unread: [],
    role: 'member',
    email: null,
    inviterId: '7',
    lastEmailSentAt: null,
  },
  audit({ key: 'a1', before: '["Member"]', after: null }),
  audit({ key: 'a2', at: null, actorId: null, unread: ['eventTime'] }),
  auditlog(),
]
const MDM: readonly AnyRecord[] = [enrolment(), encryption(), agent({ vendor: 'kandji' }), total({ source: 'mdm' })]
const ROSTER: readonly AnyRecord[] = [
  person({ extra: { Büro: 'Zürich', constructor: 'x' }, aliases: ['alice@github'], mfa: null }),
  person({ email: 'bob@example.com', endDate: '2026-10-31', status: 'left', extra: {} }),
]
const BESIDE: readonly AnyRecord[] = [
  carried('client-current', 'nD1', { since: NOW, seen: [{ version: '1.80.0', at: null }] }),
  integrity({ source: '' }),
  integrity({ source: '', key: 'leaves', failed: ['leaf 3'] }),
  anchor({ checkpointSize: null, stampedAt: null, failure: 'tsa.example answered 503' }),
]

export function storeContract(name: string, make: () => Promise<Store>): void {
  describe(`the store contract over ${name}`, () => {
    let store: Store
    beforeEach(async () => {
      store = await make()
    })
    afterEach(() => store.close())

    describe('records', () => {
      test('records of every kind come back exactly, with nulls, unread fields and nested objects', async () => {
        const { seal } = sealer(store)
        const { run, summary } = await seal(
          [
            pull('tailnet', TAILNET),
            pull('mdm', MDM, { kind: 'kandji' }),
            pull('roster', ROSTER, { kind: 'csv' }),
            pull('falcon', [score({ value: null })], { kind: 'crowdstrike' }),
          ],
          { carried: BESIDE },
        )
        expect(ordered(await store.recordsOf('tailnet').then((r) => [...r]))).toEqual(ordered(TAILNET))
        expect(ordered([...(await store.recordsOf('roster'))])).toEqual(ordered(ROSTER))
        expect(ordered([...(await store.carried())])).toEqual(ordered(BESIDE))
        const view = (await store.runAt('latest'))!
        expect(everything(view.snapshot)).toEqual(
          ordered([...TAILNET, ...MDM, ...ROSTER, score({ value: null }), ...BESIDE]),
        )
        expect(view.run).toEqual(summary)
        expect(view.snapshot).toMatchObject({ runId: 'run-1', sequence: 1, at: run.snapshotAt, settings: run.settings })
        expect(view.snapshot.sources).toEqual(run.sources)
      })

      test('a vendor field named __proto__ is a field like any other', async () => {
        const values = JSON.parse('{"__proto__":{"role":"owner"},"constructor":1}') as Record<string, string>
        const { seal } = sealer(store)
        await seal([pull('tailnet', [attributes({ values })])])
        const [record] = await store.recordsOf('tailnet')
        expect(JSON.stringify(record)).toContain('"__proto__":{"role":"owner"}')
        expect(Object.getPrototypeOf((record as { values: object }).values)).toBe(Object.prototype)
      })

      test('a source that was not read keeps its records, a failed or held pull changes none', async () => {
        const { seal } = sealer(store)
        await seal([pull('tailnet', TAILNET), pull('roster', ROSTER)])
        await seal([failed('tailnet'), pull('roster', [ROSTER[0]!], { outcome: 'held', fall: { person: [2, 1] } })])
        await seal([])
        expect(ordered([...(await store.recordsOf('tailnet'))])).toEqual(ordered(TAILNET))
        expect(ordered([...(await store.recordsOf('roster'))])).toEqual(ordered(ROSTER))
        const { snapshot } = (await store.runAt('latest'))!
        expect(snapshot.sources.map(({ id, status }) => [id, status])).toEqual([
          ['tailnet', 'failed'],
          ['roster', 'held'],
        ])
        expect(snapshot.of('person')).toHaveLength(2)
      })

      test('what is gone is gone from then on, and was there before', async () => {
        const { seal } = sealer(store)
        await seal([pull('tailnet', [device(), device({ key: 'nD2' })])])
        await seal([pull('tailnet', [device({ key: 'nD2' })])])
        await seal([pull('tailnet', [device({ hostname: 'renamed' }), device({ key: 'nD2' })])])
        const keys = async (at: Instant) => (await store.runAt(at))!.snapshot.of('device').map(({ key }) => key)
        expect(await keys(moment(0))).toEqual(['nD1', 'nD2'])
        expect(await keys(moment(1))).toEqual(['nD2'])
        expect(await keys(moment(2))).toEqual(['nD1', 'nD2'])
        expect((await store.runAt('latest'))!.snapshot.one('device', 'tailnet', 'nD1')?.hostname).toBe('renamed')
      })

      test('the last record with a moving field may leave', async () => {
        const { seal } = sealer(store)
        await seal([pull('tailnet', [device(), setting('a', true)])])
        await seal([pull('tailnet', [setting('a', true)])])
        expect(await store.recordsOf('tailnet')).toEqual([setting('a', true)])
        expect((await store.runAt(moment(0)))!.snapshot.of('device')).toEqual([device()])
      })

      test('a source that leaves the settings leaves the snapshot, and its history stays', async () => {
        const { seal } = sealer(store)
        await seal([pull('tailnet', TAILNET), pull('roster', ROSTER)])
        const sources = settings().sources.filter(({ id }) => id !== 'roster')
        await seal([], { settings: { sources } })
        expect((await store.runAt('latest'))!.snapshot.of('person')).toEqual([])
        expect((await store.runAt(moment(0)))!.snapshot.of('person')).toHaveLength(2)
        expect(await store.recordsOf('roster')).toHaveLength(2)
      })

      test('two sources of one vendor with the same ids never cross', async () => {
        const { seal } = sealer(store)
        const more = settings().sources.map((source) => (source.id === 'edr' ? { ...source, id: 'second' } : source))
        const other = { source: 'second', hostname: 'other', lastSeen: '2026-11-02T00:00:00.000Z' }
        await seal([pull('tailnet', [device()]), pull('second', [device(other)])], { settings: { sources: more } })
        expect(await store.recordsOf('tailnet')).toEqual([device()])
        expect(await store.recordsOf('second')).toEqual([device(other)])
      })

      test('two records with one key are refused whole', async () => {
        const { seal } = sealer(store)
        await expect(seal([pull('tailnet', [device(), device()])])).rejects.toMatchObject({ code: 'internal' })
        expect(await store.runAt('latest')).toBeNull()
      })

      test('any past run is rebuilt exactly as it was sealed, whatever changed since', async () => {
        await fc.assert(
          fc.asyncProperty(fc.array(randomPull, { minLength: 1, maxLength: 8 }), async (pulls) => {
            const own = await make()
            try {
              const { seal } = sealer(own)
              const want: { at: Instant; records: AnyRecord[]; digest: string }[] = []
              let now: AnyRecord[] = []
              for (const [index, records] of pulls.entries()) {
                if (records !== null) now = ordered(records)
                const { run, summary } = await seal([records === null ? failed('tailnet') : pull('tailnet', records)])
                want.push({ at: run.snapshotAt, records: now, digest: summary.snapshotDigest })
                expect(summary.sequence).toBe(index + 1)
              }
              for (const { at, records, digest } of want) {
                const view = (await own.runAt(at))!
                expect(everything(view.snapshot)).toEqual(records)
                expect(view.run.snapshotDigest).toBe(digest)
              }
              expect((await own.verify(null, moment(9))).flatMap(({ failed }) => failed)).toEqual([])
            } finally {
              await own.close()
            }
          }),
          { numRuns: 40 },
        )
      })
    })

    describe('runs', () => {
      test('before the first run there is none', async () => {
        expect(await store.runAt('latest')).toBeNull()
        expect(await store.runAt(NOW)).toBeNull()
        expect(await store.runs(5)).toEqual([])
        expect(await store.recordsOf('tailnet')).toEqual([])
        expect(await store.carried()).toEqual([])
        expect(await store.history('tailnet', NOW)).toBeNull()
        expect(await store.lastPull('tailnet')).toBeNull()
        expect(await store.findings('all')).toEqual([])
        expect((await store.verify(null, NOW)).map(({ key, failed }) => [key, failed])).toEqual([
          ['checkpoints', []],
          ['leaves', []],
          ['pages', []],
          ['records', []],
        ])
      })

      test('a moment finds the last run in sequence that is not after it, also where the clock went back', async () => {
        const { seal } = sealer(store)
        await seal([])
        await seal([], { snapshotAt: moment(5) })
        await seal([], { snapshotAt: moment(3) })
        const sequence = async (at: Instant) => (await store.runAt(at))?.run.sequence ?? null
        expect(await sequence(plus(moment(0), -1))).toBeNull()
        expect(await sequence(moment(1))).toBe(1)
        expect(await sequence(moment(3))).toBe(3)
        expect(await sequence(moment(9))).toBe(3)
        expect((await store.runs(2)).map((run) => run.sequence)).toEqual([3, 2])
      })

      test('equal inputs give equal digests, any change another one', async () => {
        const { seal } = sealer(store)
        const digest = async (records: readonly AnyRecord[]): Promise<string> =>
          (await seal([pull('tailnet', records)])).summary.snapshotDigest
        const first = await digest([device(), account()])
        expect(await digest([account(), device()])).toBe(first)
        expect(await digest([account(), device({ lastSeen: NOW })])).not.toBe(first)
        expect(await digest([account(), device({ os: 'linux' })])).not.toBe(first)
        expect(await digest([account(), device()])).toBe(first)
      })

      test('each run is a leaf of the ledger, and the leaf says what was sealed', async () => {
        const { seal } = sealer(store)
        const first = await seal([pull('tailnet', TAILNET)])
        const acceptance = { source: 'tailnet', because: 'team moved', by: 'eve', at: NOW }
        const second = await seal([failed('tailnet')], { acceptances: [acceptance] })
        const leaves = await Array.fromAsync(store.leaves(0))
        expect(leaves.map(({ index, kind }) => [index, kind])).toEqual([
          [0, 'key'],
          [1, 'configuration'],
          [2, 'run'],
          [3, 'acceptance'],
          [4, 'run'],
        ])
        expect([leaves[2]!.hash, leaves[4]!.hash]).toEqual([first.summary.leaf, second.summary.leaf])
        expect(leaves[0]!.hash).toBe(sha256(Buffer.concat([Buffer.alloc(1), Buffer.from(leaves[0]!.body)])))
        expect(JSON.parse(leaves[3]!.body)).toEqual({ type: 'acceptance', run: 2, ...acceptance })
        expect(JSON.parse(leaves[4]!.body)).toMatchObject({
          id: 'run-2',
          sequence: 2,
          snapshot: second.summary.snapshotDigest,
          results: second.summary.resultsDigest,
          acceptances: [acceptance],
          sources: [{ id: 'tailnet', status: 'failed', error: 'server_error' }],
        })
        expect(await Array.fromAsync(store.leaves(3))).toEqual(leaves.slice(3))
        expect(await store.leavesOf('run')).toEqual([leaves[2], leaves[4]])
      })

      test('readers see only whole runs while others are sealed', async () => {
        const { seal } = sealer(store)
        await seal([pull('tailnet', [device({ hostname: 'run 0' })]), pull('roster', [person({ name: 'run 0' })])])
        const writing = (async () => {
          for (let n = 1; n <= 20; n++) {
            const mark = `run ${n}`
            await seal([pull('tailnet', [device({ hostname: mark })]), pull('roster', [person({ name: mark })])])
          }
        })()
        for (let reads = 0; reads < 200; reads++) {
          const { snapshot } = (await store.runAt('latest'))!
          expect(snapshot.of('device')[0]!.hostname).toBe(snapshot.of('person')[0]!.name)
        }
        await writing
      })

      test('seals asked for side by side are sealed one after another', async () => {
        const { runOf } = sealer(store)
        const runs = [1, 2, 3].map((n) => runOf([pull('tailnet', [device({ hostname: `h${n}` })])], { id: `r${n}` }))
        const sealed = await Promise.all(runs.map((run) => store.seal(run)))
        expect(sealed.map((run) => run.sequence)).toEqual([1, 2, 3])
      })
    })

    describe('a pull that was prepared', () => {
      const held = pull('tailnet', [device()], {
        outcome: 'held',
        fall: { device: [10, 1] },
        error: { code: 'population_fell', message: 'tailnet: device records fell from 10 to 1' },
      })
      /** What anybody can find of the runs so far. */
      async function told(own: Store) {
        return {
          leaves: await Array.fromAsync(own.leaves(0)),
          checkpoint: await own.checkpoint('latest'),
          records: await own.recordsOf('tailnet'),
          pull: await own.lastPull('tailnet'),
          history: await own.history('tailnet', NOW),
        }
      }

      test('is sealed as it would have been without: accepted, held, failed, and accepted after a fall', async () => {
        const plain = await make()
        try {
          const [{ seal }, { seal: sealPlain }] = [sealer(store), sealer(plain)]
          const fallen = pull('tailnet', [device({ hostname: 'changed' })], { fall: { device: [10, 1] } })
          for (const own of [pull('tailnet', TAILNET), held, fallen, failed('tailnet'), pull('tailnet', TAILNET)]) {
            await store.prepare(own, await store.recordsOf('tailnet'))
            const sealed = await seal([own], { carried: BESIDE })
            expect(withoutRun(sealed)).toEqual(withoutRun(await sealPlain([own], { carried: BESIDE })))
            expect(await told(store)).toEqual(await told(plain))
          }
        } finally {
          await plain.close()
        }
      })

      test('shows nowhere before its seal, and never where no seal names it', async () => {
        const { seal } = sealer(store)
        await seal([pull('tailnet', TAILNET)])
        const before = await told(store)
        for (const own of [pull('tailnet', [device({ hostname: 'changed' })]), held, failed('tailnet')]) {
          await store.prepare(own, await store.recordsOf('tailnet'))
        }
        expect(await told(store)).toEqual(before)
        await seal([pull('roster', ROSTER)])
        const { records, pull: last, history } = await told(store)
        expect({ records, pull: last, history }).toEqual({
          records: before.records,
          pull: before.pull,
          history: before.history,
        })
      })

      test('is worked out anew where another run was sealed meanwhile', async () => {
        const { seal } = sealer(store)
        await seal([pull('tailnet', [device()])])
        const slow = pull('tailnet', [device({ hostname: 'slow' })])
        await store.prepare(slow, await store.recordsOf('tailnet'))
        await seal([pull('tailnet', [device({ hostname: 'quick' }), device({ key: 'nD2' })])])
        await seal([slow])
        expect(await store.recordsOf('tailnet')).toEqual(slow.records)
        expect((await store.verify(null, moment(5))).flatMap(({ failed }) => failed)).toEqual([])
      })

      test('is sealed at the second try where the first was refused', async () => {
        const { seal } = sealer(store)
        await seal([pull('tailnet', [device()])])
        const own = pull('tailnet', [device(), device({ key: 'nD2' })])
        await store.prepare(own, await store.recordsOf('tailnet'))
        const twins = [integrity({ source: '' }), integrity({ source: '' })]
        await expect(seal([own], { carried: twins })).rejects.toMatchObject({ code: 'internal' })
        expect((await store.runs(5)).length).toBe(1)
        await seal([own])
        expect(await store.recordsOf('tailnet')).toEqual(own.records)
        expect((await store.verify(null, moment(5))).flatMap(({ failed }) => failed)).toEqual([])
      })
    })

    describe('what a past run rests on', () => {
      const readAt = (n: number, second: number) => plus(moment(n), second * SECOND)
      const read = (device: string, fetchedAt: Instant) =>
        page(`device/${device}/attributes`, `{"of":"${device}","at":"${fetchedAt}"}`, { fetchedAt })
      const named = (pages: readonly ReturnType<typeof page>[]) => pages.map(({ body: _, ...rest }) => rest)
      const timed = (n: number) => ({ collectedAt: readAt(n, 0), endedAt: readAt(n, 9) })

      test('is the accepted pull of each source, with the pages of earlier ones whose readings it keeps', async () => {
        const before = [read('n1', readAt(0, 1)), read('n2', readAt(0, 2))]
        const now = [read('n1', readAt(1, 1))]
        await store.keepPages([...before, ...now])
        const devices = [device({ key: 'n1' }), device({ key: 'n2' })]
        const of = (key: string, at: Instant) => attributes({ key, readAt: at })
        const { seal } = sealer(store)
        const first = [...devices, of('n1', readAt(0, 1)), of('n2', readAt(0, 2))]
        await seal([pull('tailnet', first, { pages: named(before), ...timed(0) })], {
          carried: [carried('c', 'first', {})],
        })
        const second = [...devices, of('n1', readAt(1, 1)), of('n2', readAt(0, 2))]
        await seal([pull('tailnet', second, { pages: named(now), ...timed(1) })], {
          carried: [carried('c', 'second', {})],
        })
        const { run, summary } = await seal([failed('tailnet')], { carried: [carried('c', 'third', {})] })

        const past = (await store.past(summary.id))!
        expect(past).toMatchObject({ run: summary, settings: run.settings, sources: run.sources, checks: run.checkSet })
        expect(sha256(`\0${past.leaf}`)).toBe(summary.leaf)
        expect(past.pulls).toMatchObject([
          {
            source: 'tailnet',
            run: 2,
            outcome: 'complete',
            pages: named(now),
            earlier: named(before.slice(1)),
            lost: [],
          },
        ])
        expect(ordered(past.records)).toEqual(ordered([...second, carried('c', 'third', {})]))
        expect(past.carriedBefore).toEqual([carried('c', 'second', {})])
        expect((await store.past('run-1'))!.carriedBefore).toEqual([])
      })

      test('names the readings whose pull nobody knows, and no run that was never sealed', async () => {
        const { seal } = sealer(store)
        await seal([pull('tailnet', [device({ key: 'n1' }), attributes({ key: 'n1', readAt: readAt(-9, 0) })])])
        expect((await store.past('run-1'))!.pulls[0]!.lost).toEqual([readAt(-9, 0)])
        expect(await store.past('run-2')).toBeNull()
      })

      test('lies in a period with both its ends, in sequence also where the clock went back', async () => {
        const { seal } = sealer(store)
        for (const n of [1, 3, 2, 9]) await seal([], { id: `at-${n}`, snapshotAt: moment(n) })
        const found = await store.runsBetween(moment(2), moment(3))
        expect(found.map(({ id }) => id)).toEqual(['at-3', 'at-2'])
        expect(await store.runsBetween(moment(4), moment(8))).toEqual([])
      })
    })

    describe('pages and the request log', () => {
      test('a body comes back as received, small or large, alike or not, with bytes of any kind', async () => {
        const large = (seed: number): string =>
          JSON.stringify(
            Array.from({ length: 800 }, (_, n) => ({ id: sha256(`${n}`), at: seed * n, name: `host ${n}` })),
          )
        const bodies = [
          '',
          '{}',
          'x'.repeat(299),
          'x'.repeat(300),
          large(1),
          large(2),
          `${large(3)} `,
          Buffer.from([0x37, 0xa4, 0x30, 0xec, ...Buffer.from(large(4))]), // begins like a zstd dictionary
          Buffer.from(sha256('random').repeat(50), 'hex'),
        ]
        const pages = bodies.map((body) => page('devices', body))
        for (const one of pages) await store.keepPages([one])
        for (const one of pages) expect(Buffer.from((await store.page(one.sha256))!).equals(one.body)).toBe(true)
        expect(await store.page(sha256('never seen'))).toBeNull()
        expect(await store.page('../etc')).toBeNull()
      })

      test('the body of a secret page is not kept', async () => {
        const secret = page('invites', '{"inviteUrl":"https://login.example/secret"}', { secret: true })
        await store.keepPages([secret])
        expect(await store.page(secret.sha256)).toBeNull()
        const { seal } = sealer(store)
        const { body: _, ...sealed } = secret
        await seal([pull('tailnet', [], { pages: [sealed] })])
        expect((await store.lastPull('tailnet'))!.pages).toEqual([sealed])
        expect((await store.verify(null, NOW)).flatMap(({ failed }) => failed)).toEqual([])
      })

      test('a page whose digest is not that of its body is refused', async () => {
        await expect(store.keepPages([page('devices', 'x', { sha256: sha256('y') })])).rejects.toThrow(/digest/)
      })

      test('a pull that rests on a page which nobody kept is refused', async () => {
        const { body: _, ...sealed } = page('devices', '[]')
        await expect(sealer(store).seal([pull('tailnet', [], { pages: [sealed] })])).rejects.toThrow(/never kept/)
      })

      test('pages and requests of a pull come back in order and exactly, changed or not', async () => {
        const { seal } = sealer(store)
        const sealedPull = async (n: number) => {
          const pages = [
            page('devices', `{"n":${n}}`, { headers: { etag: `"${n}"`, date: `date ${n}` }, fetchedAt: moment(n) }),
            page('users', '{}', { headers: {}, fetchedAt: plus(moment(n), 17) }),
            page('keys', 'forbidden', { status: 403 }),
            page('devices', 'a second answer at one place'),
          ]
          await store.keepPages(pages)
          const requests = [
            note({ place: 'token', request: 'POST /oauth/token', sha256: null, address: null, certificate: null }),
            note({ status: 503, error: 'server_error', sha256: null, startedAt: plus(moment(n), -5) }),
            note({ sha256: pages[0]!.sha256, request: pages[0]!.request, requestId: `id-${n}`, startedAt: moment(n) }),
            note({ place: 'users', sha256: pages[1]!.sha256, bytes: 2, durationMs: 1234.5 }),
          ]
          return pull('tailnet', [], {
            pages: pages.map(({ body: _, ...rest }) => rest),
            requests,
            blind: [blind('key')],
            notVendorHost: true,
            configDigest: `c${n}`,
            collectedAt: moment(n),
            endedAt: plus(moment(n), 5 * MINUTE),
          })
        }
        const first = await sealedPull(0)
        const second = await sealedPull(1)
        await seal([first])
        await seal([second])
        await seal([second])
        const bare = ({ records: _, ...rest }: typeof first) => rest
        expect(await store.lastPull('tailnet')).toEqual(bare(second))
        expect(await store.lastPull('tailnet', 'run-1')).toEqual(bare(first))
        expect(await store.lastPull('tailnet', 'run-2')).toEqual(bare(second))
        expect(await store.lastPull('tailnet', 'no such run')).toBeNull()
        expect(await store.lastPull('roster')).toBeNull()
        expect((await store.verify(null, NOW)).flatMap(({ failed }) => failed)).toEqual([])
      })

      test('pages that no run names are swept after a day, those named stay', async () => {
        const { seal } = sealer(store)
        const text = JSON.stringify(Array.from({ length: 100 }, (_, n) => sha256(`${n}`)))
        const sealed = page('devices', text)
        const leaning = page('devices', `${text} `)
        const unnamed = page('users', `${text}  `)
        const askedAgain = page('keys', `${text}   `)
        await store.keepPages([sealed, unnamed, askedAgain])
        await store.keepPages([leaning])
        const { body: _, ...named } = leaning
        await seal([pull('tailnet', [], { pages: [named] })])
        await store.keepPages([{ ...askedAgain, fetchedAt: plus(NOW, 2 * DAY) }])
        expect(await store.sweep(plus(NOW, DAY))).toBe(0)
        // The one named leans on another, which therefore stays.
        expect(await store.sweep(plus(NOW, 2 * DAY))).toBe(1)
        expect(await store.page(unnamed.sha256)).toBeNull()
        expect(Buffer.from((await store.page(leaning.sha256))!).equals(leaning.body)).toBe(true)
        expect(await store.page(askedAgain.sha256)).not.toBeNull()
      })

      test('a failed pull keeps its log, its reason and the pages that arrived', async () => {
        const { seal } = sealer(store)
        const arrived = page('users', '{"users":[]}')
        const lost = page('devices', '{"devices":[]}')
        await store.keepPages([arrived])
        const pages = [arrived, lost].map(({ body: _, ...rest }) => rest)
        const { records: _, ...want } = {
          ...failed('tailnet'),
          pages,
          requests: [note({ error: 'timeout', status: 0 })],
        }
        await seal([{ ...want, records: [] }])
        expect(await store.lastPull('tailnet')).toEqual(want)
        // The answer that was lost arrives later: now it must be kept for good.
        await store.keepPages([lost])
        await seal([pull('tailnet', [], { pages })])
        expect(await store.sweep(plus(NOW, 3 * DAY))).toBe(0)
        expect((await store.verify(null, NOW)).flatMap(({ failed }) => failed)).toEqual([])
      })
    })

    describe('results and findings', () => {
      test('results come back as sealed, by ref and system', async () => {
        const { seal } = sealer(store)
        const first = [
          result([open('fail', 'n1'), open('unknown', 'n2', { notice: 'due by …', sla: 'not_determinable' })]),
          result([], { check: 'aaa', ref: 'ID-01', system: null }),
          engineResult({ check: 'bbb', ref: 'DEV-01' }),
        ]
        await seal([], { results: first })
        const second = [result([open('fail', 'n2')], {}, { n1: 'pass' })]
        const { summary } = await seal([], { results: second })
        expect((await store.runAt(moment(0)))!.results).toEqual(asRead([first[2]!, first[0]!, first[1]!]))
        expect((await store.runAt('latest'))!.results).toEqual(asRead(second))
        expect(summary.resultsDigest).not.toBe((await store.runs(2))[1]!.resultsDigest)
      })

      test('verdicts come without what was left open, which is read result by result as that run left it', async () => {
        const { seal } = sealer(store)
        const other = { check: 'bbb', ref: 'DEV-01' }
        const first = [result([open('fail', 'n1'), open('unknown', 'n2')]), result([open('fail', 'n3')], other)]
        await seal([], { results: first })
        await seal([], { results: [result([open('fail', 'n2')], {}, { n1: 'pass' }), engineResult(other)] })
        for (const at of [moment(0), 'latest'] as const) {
          const whole = (await store.runAt(at))!
          const verdicts = (await store.verdictsAt(at))!
          expect(verdicts.results).toEqual(whole.results.map(({ open: _, ...verdict }) => verdict))
          expect([verdicts.run, verdicts.checks]).toEqual([whole.run, whole.checks])
          expect(verdicts.snapshot.sources).toEqual(whole.snapshot.sources)
          for (const [index, verdict] of verdicts.results.entries()) {
            expect(await store.openIn(verdicts.run.sequence, verdict)).toEqual(whole.results[index]!.open)
          }
        }
        const { run, results } = (await store.verdictsAt(moment(0)))!
        const left = await Promise.all(results.map((verdict) => store.openIn(run.sequence, verdict)))
        expect(left.map((findings) => findings.map(({ subject }) => subject.key))).toEqual([['n3'], ['n1', 'n2']])
      })

      test('an interval runs from the first run that saw a failure to the first that did not, with its cause', async () => {
        const { seal } = sealer(store)
        const failing = ['a', 'b', 'c', 'd'].map((id) => open('fail', id))
        await seal([], { results: [result(failing)] })
        await seal([], { results: [result([failing[3]!], {}, { a: 'pass', b: 'not_applicable' })] })
        const all = await store.findings('all')
        expect(all.map(({ subject, closedAt, cause }) => [subject.key, closedAt, cause])).toEqual([
          ['a', moment(1), 'passed'],
          ['b', moment(1), 'left_scope'],
          ['c', moment(1), 'subject_gone'],
          ['d', null, null],
        ])
        expect(await store.closedSince(moment(0), 10)).toEqual(all.slice(0, 3))
        expect(await store.closedSince(moment(0), 2)).toHaveLength(2)
        expect(await store.closedSince(moment(1), 10)).toEqual([])
        expect(await store.findings('open')).toEqual([
          {
            check: 'client-current',
            system: 'tailnet',
            subject: subject('d'),
            status: 'fail',
            unknownReason: null,
            firstSeen: moment(0),
            from: moment(0),
            closedAt: null,
            cause: null,
          },
        ])
      })

      test('while the engine answers for a check its findings rest, and the clock of a failure runs on', async () => {
        const { seal } = sealer(store)
        await seal([], { results: [result([open('fail', 'a')])] })
        await seal([], { results: [engineResult()] })
        expect((await store.findings('open')).map(({ subject }) => subject.key)).toEqual(['a'])
        expect((await store.runAt('latest'))!.results[0]!.open).toEqual([])
        await seal([], { results: [result([open('unknown', 'a')])] })
        await seal([], { results: [result([open('fail', 'a')])] })
        const [interval] = await store.findings('open')
        expect(interval).toMatchObject({ status: 'fail', firstSeen: moment(0), from: moment(3) })
        await seal([], { results: [result([], {}, { a: 'pass' })] })
        await seal([], { results: [result([open('fail', 'a')])] })
        expect(await store.findings('open')).toMatchObject([{ firstSeen: moment(5), from: moment(5) }])
      })

      test('an unknown that becomes a failure fails from then on', async () => {
        const { seal } = sealer(store)
        await seal([], { results: [result([open('unknown', 'a')])] })
        await seal([], { results: [result([open('fail', 'a')])] })
        expect((await store.findings('all')).map(({ status, firstSeen, cause }) => [status, firstSeen, cause])).toEqual(
          [
            ['unknown', moment(0), 'changed'],
            ['fail', moment(1), null],
          ],
        )
      })

      test('are told as of any run: what came after it, a new name too, is as if it were not there', async () => {
        const { seal } = sealer(store)
        const named = (id: string, label: string) => open('fail', id, { subject: subject(id, { label }) })
        await seal([], { results: [result([named('a', 'old'), named('b', 'bee')])] })
        const before = await store.findings('all')
        await seal([], { results: [result([named('a', 'middle'), named('b', 'bee')])] })
        const between = await store.findings('all')
        await seal([], { results: [result([named('a', 'new'), named('c', 'sea')], {}, { b: 'pass' })] })
        expect(await store.findings('all', 1)).toEqual(before)
        expect(await store.findings('open', 1)).toEqual(before)
        expect(await store.findings('all', 2)).toEqual(between)
        expect(between.map(({ subject: { label }, closedAt, cause }) => [label, closedAt, cause])).toEqual([
          ['middle', null, null],
          ['bee', null, null],
        ])
        expect((await store.findings('all')).map(({ subject: { label }, cause }) => [label, cause])).toEqual([
          ['new', null],
          ['bee', 'passed'],
          ['sea', null],
        ])
        expect((await store.findings('open', 3)).map(({ subject: { label } }) => label)).toEqual(['new', 'sea'])
      })

      test('a check switched off closes its findings as disabled; switched on again, the clock runs on', async () => {
        const { seal } = sealer(store)
        const off = { 'client-current': { enabled: false, because: 'not now', params: {} } }
        await seal([], { results: [result([open('fail', 'a'), open('fail', 'b')])] })
        await seal([], { results: [], settings: { checks: off } })
        expect((await store.findings('all')).map(({ cause }) => cause)).toEqual(['disabled', 'disabled'])
        expect((await store.runAt('latest'))!.results).toEqual([])
        await seal([], { results: [engineResult()] })
        await seal([], { results: [result([open('fail', 'a')], {}, { b: 'pass' })] })
        expect(await store.findings('open')).toMatchObject([{ firstSeen: moment(0), from: moment(3) }])
      })

      test('findings of a source that left the settings close as configuration', async () => {
        const { seal } = sealer(store)
        const bob = open('fail', 'bob@example.com', {
          subject: subject('bob@example.com', { kind: 'person', source: 'roster' }),
        })
        const leavers = { check: 'leavers', ref: 'ID-02' }
        await seal([pull('roster', ROSTER)], { results: [result([open('fail', 'a')]), result([bob], leavers)] })
        const without = (gone: string) => ({ sources: settings().sources.filter(({ id }) => id !== gone) })
        await seal([], { results: [result([open('fail', 'a')]), engineResult(leavers)], settings: without('roster') })
        await seal([], { results: [], settings: without('tailnet') })
        expect((await store.findings('all')).map(({ check, cause }) => [check, cause])).toEqual([
          ['client-current', 'configuration'],
          ['leavers', 'configuration'],
        ])
      })

      test('a fact that moves each run makes no new interval and reads as first seen; another fact does', async () => {
        const { seal } = sealer(store)
        const seen = (lastSeen: string, version: string) =>
          open('fail', 'a', { facts: { clientVersion: version, lastSeen, 'edr:last_seen': lastSeen } })
        await seal([], { results: [result([seen(moment(0), '1.80.0')])] })
        await seal([], { results: [result([seen(moment(1), '1.80.0')])] })
        expect((await store.runAt('latest'))!.results[0]!.open).toEqual([seen(moment(0), '1.80.0')])
        await seal([], { results: [result([seen(moment(2), '1.81.0')])] })
        expect((await store.runAt('latest'))!.results[0]!.open).toEqual([seen(moment(2), '1.81.0')])
        expect((await store.runAt(moment(1)))!.results[0]!.open).toEqual([seen(moment(0), '1.80.0')])
        // To everybody else it is one failure all along.
        expect(await store.findings('all')).toMatchObject([{ firstSeen: moment(0), from: moment(0), closedAt: null }])
      })

      test('a result that drops an open finding and cannot say why is refused', async () => {
        const { seal } = sealer(store)
        await seal([], { results: [result([open('fail', 'a')])] })
        const { statusOf: _, ...mute } = result([])
        await expect(seal([], { results: [mute] })).rejects.toThrow(/cannot say why/)
        await expect(seal([], { results: [result([], {}, { a: 'fail' })] })).rejects.toThrow(/does not list it/)
        expect(await store.findings('open')).toHaveLength(1)
      })
    })

    describe('history', () => {
      test('counts refusals in a row, keeps the highest counts of seven days, ephemeral devices aside', async () => {
        const { seal } = sealer(store)
        const devices = (count: number) =>
          Array.from({ length: count }, (_, n) => device({ key: `n${n}`, isEphemeral: n >= 3 }))
        const old = { collectedAt: plus(NOW, -9 * DAY), endedAt: plus(NOW, -8 * DAY) }
        await seal([pull('tailnet', [...devices(3), account(), account({ key: 'u2' })], old)])
        await seal([pull('tailnet', [...devices(5), account()])])
        await seal([pull('tailnet', devices(2))])
        await seal([failed('tailnet', 'auth_failed')])
        await seal([failed('tailnet')])
        await seal([failed('tailnet', 'auth_failed')])
        await seal([{ ...failed('tailnet', 'auth_failed'), configDigest: 'c9' }])
        expect(await store.history('tailnet', NOW)).toMatchObject({
          state: { id: 'tailnet', status: 'failed', records: { device: 2 } },
          configDigest: 'c9',
          authFailures: 2,
          highest: { device: 3, account: 1 },
          held: null,
        })
        await seal([pull('tailnet', devices(1))])
        expect((await store.history('tailnet', NOW))!.authFailures).toBe(0)
      })

      test('after an accepted fall the counts before it do not count any more', async () => {
        const { seal } = sealer(store)
        await seal([pull('roster', ROSTER)])
        await seal([pull('roster', [ROSTER[0]!], { fall: { person: [ROSTER.length, 1] } })])
        expect((await store.history('roster', NOW))!.highest).toEqual({ person: 1 })
        await seal([pull('roster', ROSTER)])
        await seal([pull('roster', [ROSTER[0]!])])
        expect((await store.history('roster', NOW))!.highest).toEqual({ person: ROSTER.length })
      })

      test('a held pull is given back with its records until another attempt ends', async () => {
        const { seal } = sealer(store)
        await seal([pull('roster', ROSTER)])
        const held = pull('roster', [ROSTER[0]!], {
          outcome: 'held',
          fall: { person: [2, 1] },
          error: { code: 'population_fell', message: 'roster: 1 of 2 people left' },
        })
        await seal([held])
        expect((await store.history('roster', NOW))!.held).toEqual(held)
        await seal([])
        expect((await store.history('roster', NOW))!.held).toEqual(held)
        await seal([pull('roster', ROSTER)])
        expect((await store.history('roster', NOW))!.held).toBeNull()
      })
    })

    describe('small facts of the server', () => {
      test('are read until they expire, replaced, and taken once', async () => {
        await store.put('link', "k'; drop table run; --", { digest: 'd1' }, plus(NOW, MINUTE))
        expect(await store.get('link', "k'; drop table run; --", NOW)).toEqual({ digest: 'd1' })
        expect(await store.get('link', "k'; drop table run; --", plus(NOW, MINUTE))).toBeNull()
        expect(await store.get('session', "k'; drop table run; --", NOW)).toBeNull()
        await store.put('link', 'a', { n: 1 }, null)
        await store.put('link', 'a', { n: 2 }, null)
        const taken = await Promise.all([store.take('link', 'a', NOW), store.take('link', 'a', NOW)])
        expect(taken.filter((value) => value !== null)).toEqual([{ n: 2 }])
        expect(await store.take('link', "k'; drop table run; --", plus(NOW, DAY))).toBeNull()
      })
    })

    test('one writer at a time: the second waits, and gives up when it is told to', async () => {
      const release = await store.lock(AbortSignal.timeout(10_000))
      const stop = new AbortController()
      const waiting = store.lock(stop.signal)
      stop.abort()
      await expect(waiting).rejects.toMatchObject({ code: 'interrupted' })
      let got = false
      const next = store.lock(AbortSignal.timeout(10_000)).then((give) => {
        got = true
        return give
      })
      await new Promise((resolve) => setImmediate(resolve))
      expect(got).toBe(false)
      await release()
      await (await next)()
      await release()
    })
  })
}

const instants = fc.option(
  fc.integer({ min: -400 * DAY, max: 0 }).map((ago) => plus(NOW, ago)),
  { nil: null },
)
const randomDevice = fc
  .record({
    key: fc.constantFrom('nA', 'nB', 'nC', 'nÄ', 'n\u{1F600}', 'n\uFFFD', '__proto__'),
    hostname: fc.option(fc.string({ unit: 'grapheme' }), { nil: null }),
    lastSeen: instants,
    connected: fc.option(fc.boolean(), { nil: null }),
    unread: fc.subarray(['hostname', 'os']),
    tags: fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 2 }),
  })
  .map((over): AnyRecord => device(over))
const randomAttributes = fc
  .record({
    key: fc.constantFrom('nA', 'nB', 'nC'),
    values: fc.dictionary(
      fc.constantFrom('node:os', 'custom:a', 'custom:b', '__proto__'),
      fc.oneof(fc.string({ unit: 'grapheme' }), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean()),
      { noNullPrototype: true },
    ),
    readAt: fc.integer({ min: -5000, max: 0 }).map((ago) => plus(NOW, ago)),
  })
  .map((over): AnyRecord => attributes({ ...over, values: withoutNegativeZero(over.values) }))
/** Null: the pull failed. */
const randomPull = fc.option(
  fc
    .tuple(
      fc.uniqueArray(randomDevice, { selector: ({ key }) => key, maxLength: 6 }),
      fc.uniqueArray(randomAttributes, { selector: ({ key }) => key, maxLength: 3 }),
    )
    .map(([devices, attributes]) => [...devices, ...attributes]),
  { nil: null, freq: 6 },
)

/** JSON knows no negative zero, so no vendor can send one. */
function withoutNegativeZero<T>(values: Record<string, T>): Record<string, T> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, (Object.is(value, -0) ? 0 : value) as T]),
  )
}
