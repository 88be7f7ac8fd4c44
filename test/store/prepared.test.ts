import Database from 'better-sqlite3'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Page } from '../../src/domain/connector.ts'
import type { AnyRecord } from '../../src/domain/record.ts'
import type { PullOutcome, SealedPull, Store } from '../../src/domain/store.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { attributes, carried, device } from '../helpers/build.ts'
import { testLedger } from '../helpers/ledger.ts'
import { eachInItsFolder } from './folder.ts'
import { moment, note, open, page, pull, result, sealer } from './sealing.ts'

const folder = eachInItsFolder()

interface Step {
  readonly devices: readonly Listed[]
  readonly outcome: PullOutcome
  /** Whether the pull is prepared, and the seal told what the last one left. */
  readonly prepares: boolean
  /** Another pull of the same answers is prepared, and no seal ever names it. */
  readonly abandons: boolean
  /** When another process seals a run: before what is known is read, between that and the seal, or never. */
  readonly overtaken: 'before' | 'between' | null
  readonly failing: readonly string[]
}
interface Listed {
  readonly key: string
  readonly hostname: string
  readonly tags: readonly string[]
  readonly connected: boolean
  readonly values: Readonly<Record<string, string | boolean>> | null
}

const someKey = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom('a', 'b', 'c') },
  // These have another order in UTF-8, which the database compares, than in UTF-16.
  { weight: 1, arbitrary: fc.constantFrom('\u{10000}', '\uffee') },
)
const someValue = fc.constantFrom<string | boolean>('x', 'y', true)
const listed: fc.Arbitrary<Listed> = fc.record({
  key: someKey,
  hostname: fc.constantFrom('mac', 'pc'),
  tags: fc.constantFrom([], ['tag:a'], ['tag:a', 'tag:b'], ['tag:b', 'tag:a']),
  connected: fc.boolean(),
  values: fc.option(fc.dictionary(fc.constantFrom('os', 'serial', '__proto__'), someValue)),
})
const someStep: fc.Arbitrary<Step> = fc.record({
  devices: fc.uniqueArray(listed, { selector: ({ key }) => key, maxLength: 6 }),
  outcome: fc.constantFrom('complete', 'complete', 'complete', 'held', 'failed'),
  prepares: fc.boolean(),
  abandons: fc.boolean(),
  overtaken: fc.constantFrom('before', 'between', null),
  failing: fc.uniqueArray(someKey, { maxLength: 3 }),
})

function recordsIn({ devices }: Step): AnyRecord[] {
  return devices.flatMap(({ key, hostname, tags, connected, values }): AnyRecord[] => [
    device({ key, hostname, tags, connected }),
    ...(values === null ? [] : [attributes({ key, values })]),
  ])
}

function pagesIn({ devices }: Step): Page[] {
  return [
    page('devices', JSON.stringify(devices)),
    ...devices.flatMap(({ key, values }) => (values === null ? [] : [page(`attributes of ${key}`, `{"of":"${key}"}`)])),
  ]
}

function pullIn(step: Step): SealedPull {
  const pages = pagesIn(step)
  const requests = pages.map(({ place, request, sha256, body }) => note({ place, request, sha256, bytes: body.length }))
  const described = pages.map(({ body: _, ...rest }) => rest)
  const { outcome } = step
  return pull('tailnet', outcome === 'failed' ? [] : recordsIn(step), {
    pages: described,
    requests,
    outcome,
    error: outcome === 'complete' ? null : { code: 'server_error', message: 'tailnet: GET /devices was refused' },
  })
}

/** Of one database through two processes, or of another that does the same without preparing anything. */
function lives(stores: { own: Store; other: Store }, path: string) {
  let [writer, left]: [Store, readonly AnyRecord[] | undefined] = [stores.own, undefined]
  const { seal } = sealer({ seal: (run) => writer.seal(run, left) })
  const sealed = (step: Step, pull: SealedPull) =>
    seal([pull], {
      results: [result(step.failing.map((key) => open('fail', key)))],
      carried: step.failing.map((key) => carried('client-current', key, { hosts: step.devices.length })),
    })
  return {
    async step(step: Step, isPlain: boolean): Promise<void> {
      const prepares = step.prepares && !isPlain
      const changed = { ...step, devices: step.devices.map((device) => ({ ...device, hostname: 'changed' })) }
      const overtake = async (): Promise<void> => {
        ;[writer, left] = [stores.other, undefined]
        await sealed(changed, pullIn(changed))
        writer = stores.own
      }
      const own = pullIn(step)
      await writer.keepPages([...pagesIn(step), ...pagesIn(changed)])
      if (step.overtaken === 'before') await overtake()
      const known = await writer.recordsOf('tailnet')
      const beside = await writer.carried()
      if (step.abandons && !isPlain) await writer.prepare({ ...own, records: own.records.slice(1) }, known)
      if (prepares) await writer.prepare(own, known)
      if (step.overtaken === 'between') await overtake()
      left = prepares ? beside : undefined
      await sealed(step, own)
    },
    /** Every table, as it stands in the file. */
    rows(): Record<string, unknown[]> {
      const db = new Database(path, { readonly: true })
      try {
        const names = db.prepare<[], string>("select name from sqlite_schema where type = 'table'").pluck().all()
        return Object.fromEntries(names.map((name) => [name, db.prepare(`select * from "${name}"`).all()]))
      } finally {
        db.close()
      }
    },
  }
}

const mac = (over: Partial<Listed> = {}): Listed => ({
  key: 'a',
  hostname: 'mac',
  tags: [],
  connected: false,
  values: { os: 'x' },
  ...over,
})
const calm = (over: Partial<Step> = {}): Step => ({
  devices: [mac(), mac({ key: 'b' })],
  outcome: 'complete',
  prepares: true,
  abandons: false,
  overtaken: null,
  failing: ['a'],
  ...over,
})

test('what was prepared, is remembered or told changes nothing of what a seal writes, row by row', async () => {
  let count = 0
  await fc.assert(
    fc.asyncProperty(fc.array(someStep, { minLength: 2, maxLength: 6 }), async (steps) => {
      const path = `${folder.path}-${++count}`
      const opened = (path: string): Promise<Store> => openSqliteStore({ path, ledger: testLedger() })
      const [own, other, plain] = [await opened(path), await opened(path), await opened(`${path}-plain`)]
      try {
        const prepared = lives({ own, other }, path)
        const unprepared = lives({ own: plain, other: plain }, `${path}-plain`)
        for (const step of steps) {
          await prepared.step(step, false)
          await unprepared.step(step, true)
          expect(prepared.rows()).toEqual(unprepared.rows())
        }
        expect((await own.verify(null, moment(20))).flatMap(({ failed }) => failed)).toEqual([])
      } finally {
        for (const store of [own, other, plain]) await store.close()
      }
    }),
    {
      numRuns: 10,
      examples: [
        [[calm(), calm({ overtaken: 'between' })]],
        [[calm(), calm({ overtaken: 'before', devices: [mac({ hostname: 'changed' }), mac({ key: 'b' })] }), calm()]],
        [[calm(), calm({ devices: [mac()], failing: [] }), calm()]],
        [[calm(), calm({ outcome: 'held', devices: [] }), calm({ devices: [], abandons: true }), calm()]],
      ],
    },
  )
})
