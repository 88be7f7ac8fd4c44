import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Page } from '../../src/domain/connector.ts'
import type { AnyRecord } from '../../src/domain/record.ts'
import type { Store } from '../../src/domain/store.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { attributes, device } from '../helpers/build.ts'
import { testLedger } from '../helpers/ledger.ts'
import { eachInItsFolder } from './folder.ts'
import { moment, note, open, page, pull, result, sealer } from './sealing.ts'

const folder = eachInItsFolder()

interface Step {
  readonly devices: readonly Listed[]
  /** Whether the seal is told which records say what they said. */
  readonly compares: boolean
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
  compares: fc.boolean(),
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

/** What the stores must agree about after it. */
async function sealed(store: Store, seal: ReturnType<typeof sealer>['seal'], step: Step, records: AnyRecord[]) {
  const pages = pagesIn(step)
  await store.keepPages(pages)
  const requests = pages.map(({ place, request, sha256, body }) => note({ place, request, sha256, bytes: body.length }))
  const described = pages.map(({ body: _, ...rest }) => rest)
  const { summary } = await seal([pull('tailnet', records, { pages: described, requests })], {
    results: [result(step.failing.map((key) => open('fail', key)))],
  })
  const { snapshotDigest, resultsDigest, leaf, sequence } = summary
  return {
    summary: { snapshotDigest, resultsDigest, leaf, sequence },
    records: await store.recordsOf('tailnet'),
    pull: await store.lastPull('tailnet'),
    findings: await store.findings('all'),
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
  compares: true,
  overtaken: null,
  failing: ['a'],
  ...over,
})

test('what a seal remembers of the one before, or is told, changes nothing of what it seals', async () => {
  let count = 0
  await fc.assert(
    fc.asyncProperty(fc.array(someStep, { minLength: 2, maxLength: 6 }), async (steps) => {
      const path = `${folder.path}-${++count}`
      const [own, other, plain] = [
        await openSqliteStore({ path, ledger: testLedger() }),
        await openSqliteStore({ path, ledger: testLedger() }),
        await openSqliteStore({ path: ':memory:', ledger: testLedger() }),
      ]
      try {
        let writer = own
        const { seal } = sealer({ seal: (run) => writer.seal(run) })
        const { seal: sealPlain } = sealer(plain)
        for (const each of steps) {
          const overtake = async (): Promise<void> => {
            const changed = { ...each, devices: each.devices.map((device) => ({ ...device, hostname: 'changed' })) }
            writer = other
            await sealed(other, seal, changed, recordsIn(changed))
            await sealed(plain, sealPlain, changed, recordsIn(changed))
            writer = own
          }
          if (each.overtaken === 'before') await overtake()
          const known = await own.recordsOf('tailnet')
          const records = recordsIn(each)
          if (each.compares) await own.compare(known, records)
          if (each.overtaken === 'between') await overtake()
          const want = await sealed(plain, sealPlain, each, recordsIn(each))
          expect(await sealed(own, seal, each, records)).toEqual(want)
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
      ],
    },
  )
})
