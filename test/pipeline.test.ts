import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, describe, expect, test } from 'vitest'
import type { ReportResult } from '../src/domain/report.ts'
import { DAY, HOUR, MINUTE } from '../src/domain/time.ts'
import type { Fault } from '../src/simulators/faults.ts'
import { healthyWorld } from './helpers/healthy-world.ts'
import {
  EVERYTHING,
  FIVE_SOURCES,
  someChecks,
  type TestInstallation,
  type TestInstallationOptions,
  testClock,
  testInstallation,
  verdicts,
} from './helpers/installation.ts'
import { TEST_START } from './helpers/tools.ts'

const opened: TestInstallation[] = []
async function open(options: TestInstallationOptions = {}): Promise<TestInstallation> {
  const installation = await testInstallation(options)
  opened.push(installation)
  return installation
}
afterEach(async () => {
  for (const installation of opened.splice(0)) {
    expect(installation.internal).toEqual([])
    await installation.close()
  }
})

const broken = (installation: TestInstallation, vendor: string, fault: Fault): (() => void) =>
  installation.vendors.servers[vendor]!.faults.add(fault)

const sourceOf = async (installation: TestInstallation, id: string) =>
  (await installation.report()).sources.find((source) => source.id === id)!

async function resultOf(installation: TestInstallation, ref: string): Promise<ReportResult> {
  return (await installation.report()).results.find((result) => result.check.ref === ref)!
}

const verdictOf = async (installation: TestInstallation, ref: string): Promise<string> =>
  verdicts(await installation.report())[ref]!

/** Three agents of the healthy world, the counts that the vendor gives of each of its three listings, our own token. */
const EDR_RECORDS = 7

const refused: Fault = { kind: 'status', status: 401 }
const down: Fault = { kind: 'status', status: 500 }

describe('a run', () => {
  test('is sealed whole: sources, records, results, ledger leaf', async () => {
    const installation = await open()
    const { run, pulls, sources } = await installation.sync()
    expect(run).toMatchObject({ id: 'run-1', sequence: 1, leaf: expect.stringMatching(/^[0-9a-f]{64}$/) })
    expect(pulls.map((pull) => [pull.source, pull.outcome])).toEqual(
      ['tailnet', 'edr', 'falcon', 'mdm', 'roster'].map((id) => [id, 'complete']),
    )
    expect(sources.every((source) => source.status === 'complete')).toBe(true)
    const leaves = await Array.fromAsync(installation.store.leaves(0))
    expect(leaves.filter((leaf) => leaf.kind === 'run').map((leaf) => leaf.hash)).toEqual([run.leaf])
    const view = await installation.store.runAt('latest')
    expect(view?.snapshot.at).toBe(run.snapshotAt)
    expect(Object.values(verdicts(await installation.report())).every((verdict) => verdict === 'pass')).toBe(true)
  })

  test('with equal answers gives equal results, and few new bytes', async () => {
    const installation = await open({ clock: testClock(undefined, 0.001, true) })
    const first = await installation.sync()
    await installation.sync()
    const before = await installation.store.size()
    const third = await installation.sync()
    expect(third.run.sequence).toBe(3)
    expect(third.results.filter((result) => result.ref !== 'COL-05').map((result) => result.digest)).toEqual(
      first.results.filter((result) => result.ref !== 'COL-05').map((result) => result.digest),
    )
    expect((await installation.store.size()) - before).toBeLessThan(100_000)
  })

  test('every page of an accepted pull is kept and gives its digest (P6)', async () => {
    const installation = await open()
    const { pulls } = await installation.sync()
    const pages = pulls.flatMap((pull) => pull.pages).filter((page) => !page.secret)
    expect(pages.length).toBeGreaterThan(20)
    for (const page of pages) expect(await installation.store.page(page.sha256)).not.toBeNull()
  })

  test('over some sources keeps the last reading of the others', async () => {
    const installation = await open()
    await installation.sync()
    const before = await sourceOf(installation, 'edr')
    installation.clock.pass(10 * MINUTE)
    const outcome = await installation.sync({ sources: ['tailnet'] })
    expect(outcome.pulls.map((pull) => pull.source)).toEqual(['tailnet'])
    expect(await sourceOf(installation, 'edr')).toEqual(before)
    expect((await sourceOf(installation, 'tailnet')).collectedAt! > before.collectedAt!).toBe(true)
    expect(await verdictOf(installation, 'S1-04')).toBe('pass')
  })

  test('over a source that is not configured is refused with the names of those that are', async () => {
    const installation = await open()
    await expect(installation.sync({ sources: ['tailnt'] })).rejects.toThrow(
      /no source "tailnt"; configured are tailnet, edr/,
    )
    expect(await installation.store.runs(9)).toEqual([])
  })

  test('that is stopped while one source hangs leaves nothing of the others, and the next one is made as ever', async () => {
    const stop = new AbortController()
    const installation = await open({ signal: stop.signal, faults: { sentinelone: [{ kind: 'hang' }] } })
    const { store, config } = installation
    const { prepare } = store
    const left = new Set(config.sources.map(({ id }) => id))
    store.prepare = async (pull, known) => {
      await prepare(pull, known)
      left.delete(pull.source)
      if (left.size === 1) stop.abort()
    }
    await expect(installation.sync()).rejects.toMatchObject({ code: 'interrupted' })
    expect([...left]).toEqual(['edr'])
    expect(await store.runs(9)).toEqual([])
    for (const { id } of config.sources) expect(await store.recordsOf(id)).toEqual([])
    installation.vendors.servers['sentinelone']!.faults.clear()
    const { run } = await installation.reconfigured({ signal: new AbortController().signal }).sync(EVERYTHING, () => {})
    expect(run.sequence).toBe(1)
  })

  test('over an empty first listing is complete, and nothing passes for it', async () => {
    const world = healthyWorld(new Date(TEST_START))
    world.sentinelone.agents = []
    const installation = await open({ world })
    const { sources } = await installation.sync()
    expect(sources.find((source) => source.id === 'edr')).toMatchObject({ status: 'complete', error: null })
    const given = Object.entries(verdicts(await installation.report())).filter(([ref]) => ref.startsWith('S1-'))
    expect(given.filter(([, verdict]) => verdict === 'pass')).toEqual([])
  })
})

describe('a source and what its checks say (design section 4)', () => {
  const cases: {
    name: string
    status: string
    reason: string
    code: string | null
    make: (installation: TestInstallation) => Promise<unknown>
  }[] = [
    {
      name: 'failed: the vendor is down',
      status: 'failed',
      reason: 'source_error',
      code: 'server_error',
      make: async (installation) => {
        await installation.sync()
        broken(installation, 'sentinelone', down)
        await installation.sync()
      },
    },
    {
      name: 'failed: 401',
      status: 'failed',
      reason: 'auth_error',
      code: 'auth_failed',
      make: async (installation) => {
        await installation.sync()
        broken(installation, 'sentinelone', refused)
        await installation.sync()
      },
    },
    {
      name: 'failed: 403 for all that there is',
      status: 'failed',
      reason: 'auth_error',
      code: 'forbidden',
      make: async (installation) => {
        await installation.sync()
        broken(installation, 'sentinelone', { kind: 'status', status: 403 })
        await installation.sync()
      },
    },
    {
      name: 'held',
      status: 'held',
      reason: 'partial_population',
      code: 'population_fell',
      make: async (installation) => {
        await installation.sync()
        installation.world.sentinelone.agents = []
        await installation.sync()
      },
    },
    {
      name: 'paused',
      status: 'paused',
      reason: 'auth_error',
      code: 'auth_failed',
      make: async (installation) => {
        await installation.sync()
        broken(installation, 'sentinelone', refused)
        await installation.sync()
        installation.clock.pass(5 * MINUTE)
        const { pulls } = await installation.sync({ respectPauses: true })
        expect(pulls.map((pull) => pull.source)).not.toContain('edr')
      },
    },
    {
      name: 'stale: complete, but older than its freshness, without a further run',
      status: 'stale',
      reason: 'stale',
      code: null,
      make: async (installation) => {
        await installation.sync()
        installation.clock.pass(61 * MINUTE)
        expect(await installation.store.runs(9)).toHaveLength(1)
      },
    },
    {
      name: 'stale: in a run over the others',
      status: 'stale',
      reason: 'stale',
      code: null,
      make: async (installation) => {
        await installation.sync()
        installation.clock.pass(61 * MINUTE)
        await installation.sync({ sources: ['tailnet', 'falcon', 'mdm'] })
      },
    },
    {
      name: 'never',
      status: 'never',
      reason: 'no_data',
      code: null,
      make: (installation) => installation.sync({ sources: ['tailnet', 'roster'] }),
    },
  ]
  test.each(cases)('$name', async ({ status, reason, code, make }) => {
    const installation = await open()
    await make(installation)
    const source = await sourceOf(installation, 'edr')
    expect([source.status, source.error?.code ?? null]).toEqual([status, code])
    const report = await installation.report()
    const own = report.results.filter((result) => result.check.vendor === 'sentinelone')
    expect(own).toHaveLength(9)
    for (const result of own) {
      expect([result.check.ref, result.status, result.unknownReason]).toEqual([result.check.ref, 'unknown', reason])
      expect(result.message).toMatch(status === 'stale' ? /^(edr|tailnet): / : /^edr: /)
      expect([...result.findings()]).toEqual([])
    }
    // The last good reading stays visible, with its age.
    expect(await installation.store.recordsOf('edr')).toHaveLength(status === 'never' ? 0 : EDR_RECORDS)
    expect(source.collectedAt === null).toBe(status === 'never')
  })

  test('what was stale is complete again once it has been read', async () => {
    const installation = await open()
    await installation.sync()
    installation.clock.pass(2 * HOUR)
    expect(await verdictOf(installation, 'S1-04')).toBe('unknown/stale')
    await installation.sync()
    expect(await verdictOf(installation, 'S1-04')).toBe('pass')
  })

  test('the instant asked for decides what is stale', async () => {
    const installation = await open()
    const { run } = await installation.sync()
    installation.clock.pass(2 * HOUR)
    const at = new Date(Date.parse(run.snapshotAt) + 30 * MINUTE).toISOString()
    const report = await installation.report(at)
    expect(report).toMatchObject({ evaluatedAt: at, run: { id: run.id } })
    expect(verdicts(report)['S1-04']).toBe('pass')
    expect((await installation.report(new Date(Date.parse(run.snapshotAt) - 1).toISOString())).run).toBeNull()
  })

  test('a roster is as old as its last change, seven days by default', async () => {
    const installation = await open()
    const changed = new Date(installation.clock.wall() - 7 * DAY - HOUR)
    installation.writeRoster(installation.world.roster, changed)
    await installation.sync()
    expect(await sourceOf(installation, 'roster')).toMatchObject({
      status: 'stale',
      collectedAt: changed.toISOString(),
      error: null,
    })
    expect(await verdictOf(installation, 'ID-01')).toBe('unknown/stale')
    expect(await verdictOf(installation, 'S1-04')).toBe('pass')
    installation.writeRoster(installation.world.roster)
    await installation.sync()
    expect(await verdictOf(installation, 'ID-01')).toBe('pass')
  })

  test('a roster dated ahead of our clock is as old as now', async () => {
    const installation = await open()
    installation.writeRoster(installation.world.roster, new Date(installation.clock.wall() + 30 * DAY))
    const { run } = await installation.sync()
    const { collectedAt } = await sourceOf(installation, 'roster')
    expect(collectedAt! <= run.snapshotAt).toBe(true)
  })
})

describe('a pause after a refused credential', () => {
  async function refusedOnce(): Promise<TestInstallation> {
    const installation = await open()
    broken(installation, 'sentinelone', refused)
    await installation.sync()
    return installation
  }
  const tries = async (installation: TestInstallation, respectPauses = true): Promise<boolean> =>
    (await installation.sync({ respectPauses })).pulls.some((pull) => pull.source === 'edr')

  test('lasts 15 minutes, then doubles up to a day', async () => {
    const installation = await refusedOnce()
    const waits: number[] = []
    for (let round = 0; round < 9; round++) {
      let waited = 0
      for (;;) {
        installation.clock.pass(15 * MINUTE)
        waited += 15
        if (await tries(installation)) break
        expect((await sourceOf(installation, 'edr')).status).toBe('paused')
      }
      waits.push(waited)
      // Further rounds would take many runs: from here on the doubling shows by jumping over the wait.
      if (round === 2) break
    }
    expect(waits).toEqual([15, 30, 60])
    for (const hours of [2, 4, 8, 16, 24, 24]) {
      installation.clock.pass(hours * HOUR - 5 * MINUTE)
      expect(await tries(installation)).toBe(false)
      installation.clock.pass(5 * MINUTE)
      expect(await tries(installation)).toBe(true)
    }
  })

  test('does not bind people: sync always tries', async () => {
    const installation = await refusedOnce()
    expect(await tries(installation, false)).toBe(true)
  })

  test('says until when', async () => {
    const installation = await refusedOnce()
    const { attemptedAt } = await sourceOf(installation, 'edr')
    await tries(installation)
    const { status, pausedUntil } = await sourceOf(installation, 'edr')
    expect(status).toBe('paused')
    expect(Date.parse(pausedUntil!) - Date.parse(attemptedAt!)).toBe(14 * MINUTE)
  })

  test('ends with a change of the configuration of that source', async () => {
    const installation = await refusedOnce()
    const changed = installation.reconfigured({
      sources: (vendors, roster) =>
        FIVE_SOURCES(vendors, roster).replace('kind: sentinelone,', 'kind: sentinelone, syncWindow: 12h,'),
    })
    const { pulls } = await changed.sync({ ...EVERYTHING, respectPauses: true }, () => {})
    expect(pulls.map((pull) => pull.source)).toContain('edr')
  })

  test('ends with a reading that was accepted', async () => {
    const installation = await refusedOnce()
    installation.vendors.servers['sentinelone']!.faults.clear()
    installation.clock.pass(15 * MINUTE)
    expect(await tries(installation)).toBe(true)
    expect(await tries(installation)).toBe(true)
    expect((await sourceOf(installation, 'edr')).status).toBe('complete')
  })
})

describe('a vendor that asks to wait longer than a pull may take', () => {
  const later: Fault = { kind: 'status', status: 429, headers: { 'retry-after': '7200' } }
  const reads = async (installation: TestInstallation, respectPauses: boolean): Promise<boolean> =>
    (await installation.sync({ respectPauses })).pulls.some((pull) => pull.source === 'edr')

  test('is left alone by the schedule until then, and fails the pull at once', async () => {
    const installation = await open({ checks: someChecks })
    const off = broken(installation, 'sentinelone', later)
    const { pulls } = await installation.sync({ respectPauses: true })
    const pull = pulls.find(({ source }) => source === 'edr')!
    expect([pull.outcome, pull.error?.code, pull.requests.length]).toEqual(['failed', 'rate_limited', 1])
    off()
    for (const minutes of [15, 60, 40]) {
      installation.clock.pass(minutes * MINUTE)
      expect(await reads(installation, true)).toBe(false)
      expect(await sourceOf(installation, 'edr')).toMatchObject({ status: 'failed', error: { code: 'rate_limited' } })
    }
    installation.clock.pass(6 * MINUTE)
    expect(await reads(installation, true)).toBe(true)
    expect((await sourceOf(installation, 'edr')).status).toBe('complete')
  })

  test('is asked all the same by whoever says sync', async () => {
    const installation = await open()
    broken(installation, 'sentinelone', later)
    await installation.sync()
    expect(await reads(installation, false)).toBe(true)
  })
})

describe('a fall', () => {
  const people = (count: number): string =>
    ['email,name', ...Array.from({ length: count }, (_, n) => `p${n}@fleet.example,P ${n}`)].join('\n')
  const accept = { source: 'roster', because: 'a division was sold', by: 'eve@acme.example' }
  const only = { sources: ['roster'] }

  async function known(count: number): Promise<TestInstallation> {
    const installation = await open()
    installation.writeRoster(people(count))
    await installation.sync()
    return installation
  }
  async function read(installation: TestInstallation, count: number, accepted = false): Promise<string> {
    installation.clock.pass(MINUTE)
    installation.writeRoster(people(count))
    const { sources } = await installation.sync(accepted ? { accept } : only)
    return sources.find((source) => source.id === 'roster')!.status
  }

  test('is held, told with its numbers and what to do, and the last good reading stays', async () => {
    const installation = await known(60)
    expect(await read(installation, 40)).toBe('held')
    const { error, records } = await sourceOf(installation, 'roster')
    expect(error?.message).toMatch(/person records fell from 60 to 40.*exhibit sync --accept roster --because/)
    expect(records['person']).toBe(60)
    expect(await installation.store.recordsOf('roster')).toHaveLength(60)
    expect(await verdictOf(installation, 'ID-01')).toBe('unknown/partial_population')
    expect(await verdictOf(installation, 'COL-04')).toBe('fail')
    expect(await verdictOf(installation, 'S1-04')).toBe('pass')
  })

  test('is taken once somebody accepts it, which the ledger tells', async () => {
    const installation = await known(60)
    await read(installation, 40)
    expect(await read(installation, 40, true)).toBe('complete')
    expect((await sourceOf(installation, 'roster')).records['person']).toBe(40)
    const leaves = (await Array.fromAsync(installation.store.leaves(0))).filter((leaf) => leaf.kind === 'run')
    expect(JSON.parse(leaves.at(-1)!.body).acceptances).toEqual([{ ...accept, at: expect.any(String) }])
    expect((await installation.store.runAt('latest'))!.run.leaf).toBe(leaves.at(-1)!.hash)
  })

  test('that was accepted is not held again for the height of the days before', async () => {
    const installation = await known(60)
    await read(installation, 40)
    await read(installation, 40, true)
    expect(await read(installation, 40)).toBe('complete')
    installation.clock.pass(DAY)
    expect(await read(installation, 41)).toBe('complete')
  })

  test('further than what was seen is held anew', async () => {
    const installation = await known(60)
    await read(installation, 40)
    expect(await read(installation, 12, true)).toBe('held')
    expect(await read(installation, 12, true)).toBe('complete')
  })

  test('of which nothing is left can be accepted too', async () => {
    const installation = await known(5)
    expect(await read(installation, 0)).toBe('held')
    expect(await read(installation, 0, true)).toBe('complete')
    expect(await verdictOf(installation, 'ID-01')).toBe('fail')
  })

  test('in small steps is held at the depth below the highest of seven days, which passes', async () => {
    const installation = await known(100)
    expect(await read(installation, 92)).toBe('complete')
    expect(await read(installation, 84)).toBe('complete')
    expect(await read(installation, 79)).toBe('held')
    installation.clock.pass(8 * DAY)
    expect(await read(installation, 79)).toBe('complete')
  })

  test('that comes back needs nobody', async () => {
    const installation = await known(60)
    expect(await read(installation, 10)).toBe('held')
    expect(await read(installation, 60)).toBe('complete')
  })

  test('that is not there cannot be accepted', async () => {
    const installation = await known(60)
    await expect(installation.sync({ accept })).rejects.toThrow('roster is not held: there is no fall to accept')
  })
})

describe('a source that leaves the file', () => {
  test('leaves the snapshot, its findings close with the cause configuration, its history stays', async () => {
    const world = healthyWorld(new Date(TEST_START))
    world.sentinelone.agents[0]!['infected'] = true
    const installation = await open({ world })
    const first = await installation.sync()
    const isOpen = (await installation.store.findings('open')).filter(
      ({ check }) => check === 'sentinelone-not-infected',
    )
    expect(isOpen).toHaveLength(1)
    const without = installation.reconfigured({
      sources: (vendors, roster) =>
        FIVE_SOURCES(vendors, roster)
          .split('\n')
          .filter((line) => !line.includes('id: edr'))
          .join('\n'),
    })
    const { sources } = await without.sync(EVERYTHING, () => {})
    expect(sources.map((source) => source.id)).toEqual(['tailnet', 'falcon', 'mdm', 'roster'])
    const report = await without.report('latest')
    expect(verdicts(report)['S1-04']).toBe('not_applicable')
    expect(report.snapshot!.of('agent').filter((agent) => agent.source === 'edr')).toEqual([])
    const closed = (await installation.store.findings('all')).filter(
      ({ check }) => check === 'sentinelone-not-infected',
    )
    expect(closed.map(({ cause }) => cause)).toEqual(['configuration'])
    const past = await without.report(first.run.snapshotAt)
    expect(verdicts(past)['S1-04']).toBe('fail')
    expect(past.snapshot!.of('agent').some((agent) => agent.source === 'edr')).toBe(true)
  })
})

describe('posture attributes, a call a device', () => {
  test('a device whose call goes on failing keeps its last reading until it is too old', async () => {
    const installation = await open({ freshness: '30d' })
    await installation.sync()
    const [device] = (await installation.store.runAt('latest'))!.snapshot.of('attributes')
    broken(installation, 'tailscale', { ...down, endpoint: new RegExp(`/device/${device!.key}/attributes$`) })
    installation.clock.pass(5 * HOUR)
    expect((await installation.sync({ sources: ['tailnet'] })).pulls[0]!.outcome).toBe('complete')
    const later = (await installation.store.runAt('latest'))!.snapshot
    expect(later.one('attributes', 'tailnet', device!.key)!.readAt).toBe(device!.readAt)
    expect(later.of('attributes')).toHaveLength(4)
    const stale = async () =>
      [...(await resultOf(installation, 'POS-09')).findings()]
        .filter((finding) => finding.unknownReason === 'stale')
        .map((finding) => finding.subject.key.split('/').at(-1))
    expect(await stale()).toEqual([])
    installation.clock.pass(2 * HOUR)
    await installation.sync({ sources: ['tailnet'] })
    expect(await stale()).toEqual([device!.key])
  })
})

describe('time is not a trap (P7)', () => {
  test.each([2 * HOUR, -2 * HOUR, DAY, -DAY])('a clock set by %d ms in mid-run changes no verdict', async (ms) => {
    const installation = await open()
    const startedAt = installation.clock.wall()
    let stepped = false
    const { run, results } = await installation.sync({}, () => {
      if (!stepped) installation.clock.step(ms)
      stepped = true
    })
    expect(stepped).toBe(true)
    expect(results.filter((result) => result.status !== 'pass')).toEqual([])
    expect(Math.abs(Date.parse(run.snapshotAt) - startedAt)).toBeLessThan(MINUTE)
  })

  test('runs are ordered by sequence, not by time', async () => {
    const installation = await open()
    await installation.sync()
    installation.clock.step(-HOUR)
    const second = await installation.sync()
    expect((await installation.report()).run?.id).toBe(second.run.id)
  })

  test('the zone of the machine changes not a byte of the results', async () => {
    const script = join(import.meta.dirname, 'helpers/zone-run.ts')
    /** Starts in the first zone, and goes on through the others. */
    const inZones = async (...zones: [string, ...string[]]): Promise<{ offset: number; results: string }[]> => {
      const { stdout } = await promisify(execFile)(process.execPath, [script, ...zones], {
        env: { ...process.env, TZ: zones[0] },
        maxBuffer: 2 ** 26,
      })
      return JSON.parse(stdout)
    }
    const [[utc], others] = await Promise.all([
      inZones('UTC'),
      inZones('Pacific/Apia', 'Asia/Kolkata', 'America/St_Johns'),
    ])
    expect(JSON.parse(utc!.results).results.length).toBeGreaterThan(40)
    expect([utc!, ...others].map(({ offset }) => offset)).toEqual([0, -780, -330, 210])
    for (const { results } of others) expect(results).toBe(utc!.results)
  })
})

describe('the end of the retention time', () => {
  test.each([
    ['takes what is older', '', 4],
    ['waits for the period that is open', ', keepFrom: 2026-11-21', 1],
  ])('%s', async (_, keepFrom, oldest) => {
    const clock = testClock('2026-11-20T09:00:00.000Z')
    const installation = await open({
      clock,
      checks: [],
      yaml: `retention: { days: 1${keepFrom} }\n`,
      sources: (_, roster) => `\n  - { id: roster, kind: csv, path: ${JSON.stringify(roster)} }`,
    })
    for (let day = 0; day < 7; day++) {
      await installation.sync()
      clock.pass(DAY)
    }
    expect((await installation.store.oldest())!.sequence).toBe(oldest)
  })
})
