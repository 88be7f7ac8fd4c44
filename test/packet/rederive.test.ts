/** Verdicts made again from inputs that have been text, and bytes found by digest: all that a packet's verifier has. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { everyCheck } from '../../checks/former/index.ts'
import { checks } from '../../checks/index.ts'
import { connectors } from '../../src/connectors/index.ts'
import type { JsonValue } from '../../src/domain/json.ts'
import {
  inputsOf,
  outcomeOf,
  type Rederived,
  type RunInputs,
  type SourceInputs,
  sayDifference,
} from '../../src/domain/reperform.ts'
import type { CheckResult } from '../../src/domain/result.ts'
import type { PastRun } from '../../src/domain/store.ts'
import { MINUTE } from '../../src/domain/time.ts'
import { canonicalJson } from '../../src/lib/canonical-json.ts'
import { sha256 } from '../../src/lib/digest.ts'
import { type RederiveParts, rederive } from '../../src/packet/rederive.ts'
import { GOVERNED, type TestInstallation, testInstallation } from '../helpers/installation.ts'
import { liveOn } from '../helpers/living.ts'

/** Keys out of byte order, rules over columns that nobody has: whatever leans on their order comes out otherwise. */
const UNSORTED = GOVERNED.replace(
  '- { roles: [member] }',
  '- { roles: [member], people: { zone: [z], squad: [s], badge: [b] } }',
)

let house: TestInstallation
let past: PastRun
let bytes: Map<string, Uint8Array>

beforeAll(async () => {
  house = await testInstallation({ checks, yaml: UNSORTED })
  await house.sync()
  house.clock.pass(15 * MINUTE)
  liveOn(house, 4)
  house.vendors.servers['tailscale']!.faults.add({ kind: 'status', status: 500, endpoint: /\/attributes$/, after: 2 })
  const { run } = await house.sync()
  past = (await house.store.past(run.id))!
  bytes = new Map()
  for (const pull of past.pulls) {
    for (const { sha256: digest } of [...pull.pages, ...pull.earlier]) {
      const body = await house.store.page(digest)
      if (body !== null) bytes.set(digest, body)
    }
  }
})
afterAll(() => house.close())

/** As they stand in a packet, and so without anything that is not JSON. */
function asText(inputs: RunInputs): RunInputs {
  return JSON.parse(canonicalJson(inputs)) as RunInputs
}

const inputs = (): RunInputs => asText(inputsOf(past, connectors, () => false))

function made(given: RunInputs, over: Partial<RederiveParts> = {}): Promise<Rederived> {
  return rederive(given, {
    pages: async (digest) => bytes.get(digest) ?? null,
    connectors,
    checks: everyCheck,
    detail: null,
    ...over,
  })
}

const said = ({ differences }: Rederived): string[] => differences.map(sayDifference)

/** The inputs with one source's part changed. */
function withSource(source: string, change: (own: SourceInputs) => Partial<SourceInputs>): RunInputs {
  const given = inputs()
  return { ...given, pulls: given.pulls.map((own) => (own.source === source ? { ...own, ...change(own) } : own)) }
}

describe('untouched', () => {
  test('every digest comes out, from bytes alone', async () => {
    const given = inputs()
    expect(given.pulls.find(({ source }) => source === 'tailnet')!.earlier.length).toBeGreaterThan(0)
    const again = await made(given)
    expect(said(again)).toEqual([])
    expect(outcomeOf(again)).toBe('equal')
    const { settings, checkSet, snapshot, results } = again.digests
    expect([settings, checkSet, snapshot, results].map(({ derived }) => derived)).toEqual([
      past.run.settingsDigest,
      past.run.checkSetDigest,
      past.run.snapshotDigest,
      past.run.resultsDigest,
    ])
  })

  test('each result is told with its findings, passes too', async () => {
    const told: CheckResult[] = []
    await made(inputs(), { each: (result) => told.push(result) })
    expect(told.map(({ ref, system }) => [ref, system])).toEqual(past.results.map(({ ref, system }) => [ref, system]))
    for (const { counts, findings, message } of told) {
      const { waived: _, ...statuses } = counts
      if (message === null) expect(findings).toHaveLength(Object.values(statuses).reduce((sum, count) => sum + count))
    }
    expect(told.some(({ findings }) => findings.some(({ status }) => status === 'pass'))).toBe(true)
  })

  test('what goes along whole is used where the bytes are gone', async () => {
    const whole = asText(inputsOf(past, connectors, () => true))
    const again = await made(whole, { pages: async () => null })
    expect(said(again)).toEqual([])
    expect(outcomeOf(again)).toBe('incomplete')
    expect(again.sources.map(({ from }) => from)).toEqual(Array(5).fill('records'))
    expect(again.digests.results.derived).toBe(past.run.resultsDigest)
  })
})

describe('missing', () => {
  test('bytes that nobody has, and no records: nothing is guessed', async () => {
    const gone = inputs().pulls.find(({ source }) => source === 'edr')!.pages[0]!
    const again = await made(inputs(), {
      pages: async (digest) => (digest === gone.sha256 ? null : (bytes.get(digest) ?? null)),
    })
    expect(outcomeOf(again)).toBe('incomplete')
    expect(again.sources.find(({ source }) => source === 'edr')).toEqual({
      source: 'edr',
      from: 'nothing',
      gone: [{ place: gone.place, sha256: gone.sha256 }],
    })
    expect([again.digests.snapshot.derived, again.digests.results.derived]).toEqual([null, null])
  })

  test('a connector that this release does not have', async () => {
    const again = await made(inputs(), { connectors: connectors.filter(({ id }) => id !== 'kandji') })
    expect(again.incomplete).toEqual(['mdm: this release has no connector "kandji"'])
    expect(outcomeOf(again)).toBe('incomplete')
  })

  test('a version of a check: its sealed results stand in, and all the rest is proven', async () => {
    const again = await made(inputs(), { checks: everyCheck.filter(({ id }) => id !== 'offboarded-access-removed') })
    expect(said(again)).toEqual([])
    expect(again.notRerun).toEqual([{ ref: 'ID-02', id: 'offboarded-access-removed', version: 1, because: 'newer' }])
    expect(again.digests).toMatchObject({
      snapshot: { derived: past.run.snapshotDigest },
      results: { derived: past.run.resultsDigest },
    })
  })
})

describe('altered', () => {
  const changed = async (place: RegExp, from: string, to: string): Promise<RunInputs> => {
    const page = inputs()
      .pulls.flatMap(({ pages }) => pages)
      .find((one) => place.test(one.place))!
    const body = Buffer.from(Buffer.from(bytes.get(page.sha256)!).toString('utf8').replaceAll(from, to))
    bytes.set(sha256(body), body)
    return withSource(page.source, ({ pages }) => ({
      pages: pages.map((one) => (one.place === page.place ? { ...one, sha256: sha256(body) } : one)),
    }))
  }

  test('a page that does not give its digest is named, and nothing rests on it', async () => {
    const page = inputs().pulls[1]!.pages[0]!
    const again = await made(inputs(), {
      pages: async (digest) => (digest === page.sha256 ? Buffer.from('{}') : (bytes.get(digest) ?? null)),
    })
    expect(said(again)).toEqual([
      expect.stringMatching(`^page edr: .*: sealed ${page.sha256}, derived its bytes have the digest [0-9a-f]{64}$`),
    ])
  })

  test('a page exchanged with its digest turns the records, which turn the digests', async () => {
    const again = await made(await changed(/users/, '"active"', '"suspended"'), {
      detail: { records: past.records, results: past.results, asFirstSeen: () => false },
    })
    expect(said(again)).toContainEqual(
      expect.stringMatching(/^record tailnet\/account\/\w+, status: sealed active, derived suspended$/),
    )
    expect(said(again)).toContainEqual(expect.stringMatching(/^digest snapshot: /))
  })

  test('a page that its connector cannot read is named', async () => {
    const again = await made(await changed(/users/, '"users"', '"nobody"'))
    expect(said(again)).toEqual([expect.stringMatching(/^page tailnet: .*users.*derived tailscale: /)])
  })

  test.each<[what: string, given: () => RunInputs, named: RegExp]>([
    [
      'the readings of earlier pulls left out',
      () => withSource('tailnet', () => ({ earlier: [] })),
      /^source tailnet, records: sealed .*"attributes":4.*, derived .*"attributes":2/,
    ],
    ['a page left out', () => withSource('edr', ({ pages }) => ({ pages: pages.slice(1) })), /^source edr, records: /],
    [
      'the age of the roster',
      () =>
        withSource('roster', ({ pages }) => ({
          pages: pages.map((page) => ({
            ...page,
            headers: { ...page.headers, 'modified-at': '2026-01-01T00:00:00.000Z' },
          })),
        })),
      /^source roster, collectedAt: sealed 2026-11-\S+, derived 2026-01-01/,
    ],
    [
      'a refusal made up',
      () => ({
        ...inputs(),
        sources: inputs().sources.map((state) =>
          state.id === 'tailnet'
            ? { ...state, blind: [{ kind: 'account', fields: null, scope: 's', because: 'b' }] }
            : state,
        ),
      }),
      /^source tailnet, blind: sealed \[\{/,
    ],
    ['a waiver', () => ({ ...inputs(), settings: { ...inputs().settings, waivers: [WAIVER] } }), /^digest settings: /],
    ['what the run before left', () => ({ ...inputs(), carriedBefore: [] }), /^carried tailnet\/carried\//],
    ['what was found of the own store', () => ({ ...inputs(), house: [] }), /^result COL-05, /],
    ['the moment', () => ({ ...inputs(), run: { ...past.run, snapshotAt: '2027-11-20T09:00:00.000Z' } }), /^result /],
    [
      'a sealed result',
      () => ({
        ...inputs(),
        results: inputs().results.map((result) => (result.ref === 'ID-02' ? { ...result, status: 'fail' } : result)),
      }),
      /^result ID-02 over tailnet, status: sealed fail, derived pass$/,
    ],
    [
      'a result left out',
      () => ({ ...inputs(), results: inputs().results.filter(({ ref }) => ref !== 'ID-02') }),
      /^result ID-02 over tailnet: sealed nothing, derived pass$/,
    ],
    [
      'a check left out of the set',
      () => ({ ...inputs(), checks: inputs().checks!.filter(({ ref }) => ref !== 'ID-02') }),
      /^digest checkSet: /,
    ],
  ])('%s', async (_, given, named) => {
    const again = await made(given())
    expect(outcomeOf(again)).toBe('different')
    expect(
      said(again).some((line) => named.test(line)),
      said(again).slice(0, 5).join('\n'),
    ).toBe(true)
  })
})

const WAIVER = {
  id: 'W-1',
  check: 'ID-05',
  subject: '*',
  owner: 'a@acme.example',
  approver: 'b@acme.example',
  reason: 'r',
  created: '2026-01-01',
  expires: '2026-12-31',
} satisfies Record<string, JsonValue>
