/** Past runs made again over the store: equal where nothing was touched, and each thing that was touched by its name. */
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { everyCheck } from '../checks/former/index.ts'
import { checks } from '../checks/index.ts'
import laptopsHaveAssetTags from '../fixtures/own-checks/laptops-have-asset-tags.ts'
import { connectors } from '../src/connectors/index.ts'
import type { Check } from '../src/domain/check.ts'
import { checkKit } from '../src/domain/check-kit.ts'
import { operatorsCheck } from '../src/domain/own-check.ts'
import { outcomeOf, type Rederived, sayDifference } from '../src/domain/reperform.ts'
import type { Settings } from '../src/domain/settings.ts'
import type { RunSummary } from '../src/domain/store.ts'
import { HOUR, MINUTE } from '../src/domain/time.ts'
import { sha256 } from '../src/lib/digest.ts'
import { pastActs } from '../src/reperform.ts'
import { unzipJsonSync, zipJson } from '../src/store/pack.ts'
import { openSqliteStore } from '../src/store/sqlite.ts'
import { exhibit } from './helpers/cli.ts'
import {
  GOVERNED,
  type TestInstallation,
  type TestInstallationOptions,
  testInstallation,
} from './helpers/installation.ts'
import { keysIn, testLedger } from './helpers/ledger.ts'
import { liveOn } from './helpers/living.ts'
import { proveReperform } from './prove/reperform.ts'

const opened: TestInstallation[] = []
async function open(options: TestInstallationOptions = {}): Promise<TestInstallation> {
  const house = await testInstallation({ checks, onDisk: true, ...options })
  opened.push(house)
  return house
}
afterEach(async () => {
  for (const house of opened.splice(0)) {
    expect(house.internal).toEqual([])
    await house.close()
  }
})

async function again(house: TestInstallation, runId: string, ours = everyCheck): Promise<Rederived> {
  const run = (await house.store.runs(99)).find(({ id }) => id === runId)!
  return pastActs(house, connectors, ours).reperform(run)
}

/** In words; empty where nothing differs. */
const said = ({ differences }: Rederived): string[] => differences.map(sayDifference)

async function nextRun(house: TestInstallation, seed: number): Promise<string> {
  house.clock.pass(15 * MINUTE)
  liveOn(house, seed)
  return (await house.sync()).run.id
}

describe('runs that nobody touched', () => {
  test('of an organisation that lives, fails and is configured anew all come out equal', {
    timeout: 60_000,
  }, async () => {
    const proof = await proveReperform({ sealed: 12, asked: 12, seed: 5 })
    process.stdout.write(`${proof.line}\n`)
    expect(proof).toMatchObject({ holds: true, found: [] })
  })

  test('where devices did not answer, the page of their last reading is found again', async () => {
    const house = await open()
    const first = await house.sync()
    house.vendors.servers['tailscale']!.faults.add({ kind: 'status', status: 500, endpoint: /\/attributes$/, after: 2 })
    const second = await nextRun(house, 1)
    const third = await nextRun(house, 2)
    const past = (await house.store.past(third))!
    const earlier = past.pulls.find(({ source }) => source === 'tailnet')!.earlier
    expect(earlier.length).toBeGreaterThan(0)
    expect(earlier.every(({ fetchedAt }) => fetchedAt < past.run.startedAt)).toBe(true)
    for (const id of [first.run.id, second, third]) {
      expect(said(await again(house, id))).toEqual([])
      expect(outcomeOf(await again(house, id))).toBe('equal')
    }
  })

  test('invites come from their records, as their page holds secrets and is not kept', async () => {
    const house = await open()
    await house.sync()
    const past = (await house.store.past('run-1'))!
    expect(past.pulls[0]!.pages.filter(({ secret }) => secret)).toHaveLength(1)
    expect(outcomeOf(await again(house, 'run-1'))).toBe('equal')
  })

  test('that were sealed before the set of checks was kept are told from their results', async () => {
    const house = await open({
      yaml: `${GOVERNED}  tailnet-lock-on: { enabled: false, because: "not licensed" }\n`,
    })
    await house.sync()
    administrator(join(house.folder, 'exhibit.db'), 'delete from check_set')
    expect((await house.store.past('run-1'))!.checks).toBeNull()
    expect(outcomeOf(await again(house, 'run-1'))).toBe('equal')
    const fewer = everyCheck.filter(({ id }) => id !== 'tailnet-lock-on')
    expect(await again(house, 'run-1', fewer)).toMatchObject({
      differences: [],
      incomplete: [expect.stringMatching(/set of checks of this run was not kept/)],
    })
  })
})

/** What an administrator with the file can do. */
function administrator(path: string, sql: string, ...values: unknown[]): number {
  const db = new Database(path)
  try {
    db.pragma('foreign_keys = OFF')
    return db.prepare(sql).run(...values).changes
  } finally {
    db.close()
  }
}

describe('what was touched is named', () => {
  let house: TestInstallation
  let copies = 0
  beforeAll(async () => {
    house = await testInstallation({ checks, onDisk: true })
    await house.sync()
    await nextRun(house, 3)
    await house.store.size()
  })
  afterAll(() => house.close())

  /** A copy of the database of two runs, changed, and its second run made again. */
  async function touched(change: (path: string) => unknown): Promise<Rederived> {
    const path = join(house.folder, `copy-${++copies}.db`)
    copyFileSync(join(house.folder, 'exhibit.db'), path)
    const changes = await change(path)
    if (typeof changes === 'number') expect(changes).toBeGreaterThan(0)
    const store = await openSqliteStore({ path, ledger: testLedger(keysIn(house.folder)) })
    try {
      const { checks, settings } = house
      const { runsIn, reperform } = pastActs({ store, checks, settings }, connectors, everyCheck)
      return await reperform((await runsIn({ asOf: 'latest' }))[0]!)
    } finally {
      await store.close()
    }
  }

  test('nothing where nothing was', async () => {
    const made = await touched(() => 1)
    expect([outcomeOf(made), said(made)]).toEqual(['equal', []])
  })

  const ofPlace = (name: string): string =>
    `sha256 = (select a.sha256 from answer a join place l on l.id = a.place where l.name like '${name}' order by a.run desc limit 1)`
  const ofKind = (kind: string): string =>
    `id in (select t.id from thing t join population p on p.id = t.population where p.kind = '${kind}')`

  test.each<[what: string, sql: string, named: RegExp]>([
    [
      'a byte of a page',
      `update page set body = cast(substr(body, 1, 40) || x'00' || substr(body, 42) as blob) where ${ofPlace('%/users%')}`,
      /^page tailnet: GET .*users.*: sealed [0-9a-f]{64}, derived store: the page [0-9a-f]{64} /,
    ],
    [
      'a record',
      `update thing set body = replace(body, '"active"', '"suspended"') where ${ofKind('account')}`,
      /^record tailnet\/account\/\w+, status: sealed suspended, derived active$/,
    ],
    [
      'a record that is gone',
      `delete from thing where ${ofKind('contact')}`,
      /^record tailnet\/contact\/\w+: sealed nothing, derived \{/,
    ],
    [
      'records that no longer fit their times',
      `delete from thing where ${ofKind('device')}`,
      /^run run 2: sealed [0-9a-f]{64}, derived store: the \w+ values of tailnet\/device in run \d do not fit /,
    ],
    [
      'a status of a finding',
      `update finding set status = 'unknown' where id = (select min(id) from finding where status = 'fail')`,
      /^finding [A-Z]+-\d\d over tailnet: .*, status: sealed unknown, derived fail$/,
    ],
    [
      'a fact of a finding',
      `update finding set body = json_set(body, '$[0][0]', 'x') where id = (select min(id) from finding)`,
      /^finding .*, fact \w+: sealed x, derived .+$/,
    ],
    [
      'a failure that is gone',
      "delete from finding where id = (select min(id) from finding where status = 'fail' and until_run is null)",
      /^finding .*, status: sealed nothing, derived fail$/,
    ],
    [
      'a failure made up',
      `update subject set key = 'nobody' where id = (select subject from finding where until_run is null limit 1)`,
      /^finding .*\/nobody, status: sealed \w+, derived nothing$/,
    ],
    [
      'the counts of a result',
      `update result set counts = json_set(counts, '$[0]', 99)`,
      /^result ID-02 over tailnet, counts: sealed \{.*"pass":99.*\}, derived \{/,
    ],
    ['a result that is gone', 'delete from result where series = 1', /^result \S+ .*sealed nothing, derived \w+$/],
    [
      'what is carried from run to run',
      `insert or replace into version (thing, run, shape, body)
        select id, 2, shape, replace(body, '2026', '2025') from thing where ${ofKind('carried')} and frame = 1`,
      /^carried tailnet\/carried\/offboarded\S+, body: sealed .*2025.*, derived .*2026/,
    ],
    [
      'what was carried all along: the run in which it began names it, and this one that it has other digests',
      `update thing set body = replace(body, '2026', '2025') where ${ofKind('carried')}`,
      /^digest snapshot: sealed [0-9a-f]{64}, derived [0-9a-f]{64}$/,
    ],
    [
      'the state of a source',
      'update run set sources = (select sources from run where sequence = 1) where sequence = 2',
      /^source run 2, tailnet: sealed \{.*\}, derived \{/,
    ],
    [
      'the row of the run',
      'update run set snapshot_digest = results_digest where sequence = 2',
      /^run run 2, snapshot: sealed [0-9a-f]{64}, derived [0-9a-f]{64}$/,
    ],
    [
      'the request log',
      "update pull set log = (select log from pull p where p.run = 1 and p.source = pull.source) where run = 2 and source = 'edr'",
      /^source edr, pull: sealed [0-9a-f]{64}, derived [0-9a-f]{64}$/,
    ],
    [
      'the leaf in the ledger',
      "update leaf set body = replace(body, 'complete', 'failed') where idx = (select leaf from run where sequence = 2)",
      /^run run 2, leaf: sealed [0-9a-f]{64}, derived [0-9a-f]{64}$/,
    ],
    [
      'the set of checks',
      `update check_set set body = replace(body, '"severity":"critical"', '"severity":"low"')`,
      /^digest checkSet: sealed [0-9a-f]{64}, derived [0-9a-f]{64}$/,
    ],
  ])('%s', async (_, sql, named) => {
    const made = await touched((path) => administrator(path, sql))
    expect(outcomeOf(made)).toBe('different')
    expect(said(made).filter((line) => named.test(line)).length, said(made).slice(0, 8).join('\n')).toBeGreaterThan(0)
  })

  test('the settings, with every verdict that they turned', async () => {
    const made = await touched(async (path) => {
      const db = new Database(path)
      const row = db.prepare<[], { body: Buffer }>('select body from settings').get()!
      const settings = unzipJsonSync<Settings>(row.body, 'the settings')
      const changed = { ...settings, criticalSystems: [] }
      db.prepare('update settings set body = ?').run(await zipJson(changed))
      db.close()
    })
    expect(outcomeOf(made)).toBe('different')
    expect(said(made)[0]).toMatch(/^digest settings: sealed [0-9a-f]{64}, derived [0-9a-f]{64}$/)
    expect(said(made)).toContainEqual(
      expect.stringMatching(/^result ID-05 over tailnet, status: sealed pass, derived \w+$/),
    )
  })

  test('a page that is gone: the source is judged by its records, and it says so', async () => {
    const made = await touched((path) => administrator(path, `delete from page where ${ofPlace('%/users%')}`))
    expect(said(made)).toEqual([])
    expect(outcomeOf(made)).toBe('incomplete')
    expect(made.sources.filter(({ from }) => from === 'records')).toEqual([
      {
        source: 'tailnet',
        from: 'records',
        gone: [{ place: expect.stringMatching(/users/), sha256: expect.any(String) }],
      },
    ])
    expect(made.digests.snapshot.derived).toBe(made.run.snapshotDigest)
  })

  test('a page that is gone and a record changed with it: the digest does not come out', async () => {
    const made = await touched(
      (path) =>
        administrator(path, `delete from page where ${ofPlace('%/users%')}`) +
        administrator(path, `update thing set body = replace(body, '"active"', '"idle"') where ${ofKind('account')}`),
    )
    expect(said(made)).toContainEqual(expect.stringMatching(/^digest snapshot: /))
  })
})

describe('after the retention rule', () => {
  const EDR = ({ servers, credentials }: TestInstallation['vendors']): string => `
  - { id: edr, kind: sentinelone, baseUrl: "${servers['sentinelone']!.url.origin}", credential: ${JSON.stringify(credentials['sentinelone'])} }`

  /** Two runs a day, and the rule kept after each. */
  async function liveFor(days: number, rule: string): Promise<{ house: TestInstallation; all: readonly RunSummary[] }> {
    const house = await open({
      sources: EDR,
      yaml: `retention: ${rule}\n`,
      checks: checks.filter(({ ref }) => /^(S1|COL)/.test(ref)),
    })
    for (let n = 0; n < days * 2; n++) {
      house.clock.pass(12 * HOUR)
      liveOn(house, n)
      await house.sync()
    }
    return { house, all: (await house.store.runs(99)).toReversed() }
  }

  async function outcomes(house: TestInstallation, all: readonly RunSummary[]): Promise<string[]> {
    const { reperform } = pastActs(house, connectors, everyCheck)
    const found: string[] = []
    for (const run of all) {
      const made = await reperform(run)
      expect(said(made)).toEqual([])
      const origins = new Set(made.sources.map(({ from }) => from))
      found.push(`${outcomeOf(made)} ${[...origins].sort().join('+')}: ${made.incomplete.join('; ')}`)
    }
    return found
  }

  test('what is deleted is said, what is left is equal, and the first one has none before it', {
    timeout: 60_000,
  }, async () => {
    const { house, all } = await liveFor(6, '{ days: 2 }')
    const found = await outcomes(house, all)
    const first = found.findIndex((line) => !line.includes('deleted under the retention rule'))
    expect(first).toBeGreaterThan(2)
    expect(found[0]).toMatch(/^incomplete : store: what the run of \S+ rested on was deleted under the retention rule/)
    expect(found[first]).toMatch(/^incomplete \S+: what the run before had left is no longer kept/)
    expect(new Set(found.slice(first + 1))).toEqual(new Set(['equal bytes: ']))
    const { code, out } = await exhibit(house, 'reperform', '--from', '2026-11-01')
    expect(code).toBe(2)
    expect(out).toMatch(
      /^\? .* · run 1 run-1 · not made again · equal as far as it could be made again\n {4}store: what the run/,
    )
  })

  test('raw: daily leaves the first run of each old day in bytes, and the others in records', {
    timeout: 60_000,
  }, async () => {
    const { house, all } = await liveFor(12, '{ raw: daily }')
    const found = await outcomes(house, all)
    const young = found.slice(-12)
    expect(new Set(young)).toEqual(new Set(['equal bytes: ']))
    expect(found.filter((line) => /records/.test(line)).length).toBeGreaterThan(0)
    const firstOfDay = all.findIndex(
      ({ snapshotAt }, at) => at > 0 && snapshotAt.slice(0, 10) !== all[at - 1]!.snapshotAt.slice(0, 10),
    )
    expect(found[firstOfDay]).toBe('equal bytes: ')
  })
})

describe('the code that judged', () => {
  const stricter: Check = { ...checks.find(({ id }) => id === 'client-current')!, version: 2, run: () => [] }
  const tomorrow = checks.map((check) => (check.id === stricter.id ? stricter : check))

  test('an old run is judged by the version that judged it, a new one by its own', async () => {
    const house = await open()
    await house.sync()
    const { run } = await house
      .reconfigured({ checks: tomorrow })
      .sync({ sources: null, respectPauses: false, accept: null }, () => {})
    const former = checks.filter(({ id }) => id === stricter.id)
    for (const id of ['run-1', run.id])
      expect(outcomeOf(await again(house, id, [...tomorrow, ...former]))).toBe('equal')
  })

  test('where the version is gone, or of a later release, it says so and proves the rest', async () => {
    const house = await open()
    await house.sync()
    const gone = await again(house, 'run-1', tomorrow)
    expect(gone).toMatchObject({
      differences: [],
      notRerun: [{ ref: 'DEV-07', id: 'client-current', version: 1, because: 'former' }],
    })
    expect(outcomeOf(gone)).toBe('incomplete')
    expect(gone.digests.results.derived).toBe(gone.run.resultsDigest)

    const later = await open({ checks: tomorrow })
    await later.sync()
    const said = await exhibit(later, 'reperform')
    expect(said.code).toBe(2)
    expect(said.out).toMatch(
      /DEV-07 client-current, version 2, was not asked again: a newer release sealed it; release 0\.0\.0-test has it/,
    )
  })

  test('every former version is of a check that has gone on', () => {
    const names = everyCheck.map(({ id, version }) => `${id} ${version}`)
    expect(new Set(names).size).toBe(names.length)
    for (const { id, version } of everyCheck) {
      expect(checks.find((check) => check.id === id)?.version ?? 0, id).toBeGreaterThanOrEqual(version)
    }
  })
})

describe("an operator's own check", () => {
  const source = 'export default (kit) => kit.defineCheck({ … })'
  const file = { file: 'tags.ts', sha256: sha256(source), source }
  const tags = operatorsCheck(laptopsHaveAssetTags(checkKit))
  const all = [...checks, tags]

  test('is asked again where its file is the one that was sealed', async () => {
    const house = await open({ checks: all, ownChecks: [file] })
    await house.sync()
    const asked = await again(house, 'run-1')
    expect([outcomeOf(asked), asked.notRerun]).toEqual(['equal', []])
  })

  test('is not where the file was edited, and what asks for the needs of all checks rests with it', async () => {
    const scopes = ['devices:core:read', 'devices:posture_attributes:read', 'users:read']
    const needy = operatorsCheck({ ...laptopsHaveAssetTags(checkKit), needs: () => [{ kind: 'webhook' }] })
    const house = await open({ checks: [...checks, needy], ownChecks: [file], tailscaleGrants: scopes })
    await house.sync()
    const edited = { ...house.settings, ownChecks: [{ ...file, sha256: sha256('edited'), source: 'edited' }] }
    const { run } = (await house.store.runAt('latest'))!
    const made = await pastActs({ ...house, settings: edited }, connectors, everyCheck).reperform(run)
    expect(said(made)).toEqual([])
    expect(made.notRerun.map(({ ref, because }) => [ref, because])).toEqual([
      ['OWN-01', 'own'],
      ['KEY-07', 'rests'],
    ])
    expect(outcomeOf(made)).toBe('incomplete')
    expect(made.digests.results.derived).toBe(made.run.resultsDigest)
  })
})

describe('exhibit reperform', () => {
  test('makes the newest run again, one of a moment, or all of a period', async () => {
    const house = await open()
    expect(await exhibit(house, 'reperform')).toMatchObject({
      code: 2,
      out: expect.stringMatching(/^No run was sealed/),
    })
    const { run } = await house.sync()
    await nextRun(house, 1)
    house.clock.pass(HOUR)
    await house.sync()

    const newest = await exhibit(house, 'reperform')
    expect(newest).toMatchObject({ code: 0, err: '' })
    expect(newest.out).toMatch(/^✔ 2026-\d\d-\d\d \d\d:\d\d:\d\d UTC · run 3 run-3 · from bytes · equal\n$/)
    expect((await exhibit(house, 'reperform', '--as-of', run.snapshotAt)).out).toMatch(/ run 1 run-1 /)
    const day = run.snapshotAt.slice(0, 10)
    const period = await exhibit(house, 'reperform', '--from', day, '--to', day)
    expect([period.code, period.out.match(/✔/g)?.length]).toEqual([0, 3])
    expect(period.out).toMatch(/3 runs: 3 equal, 0 different, 0 not wholly made again\n$/)
    const json = await exhibit(house, 'reperform', '--from', day, '--format', 'json')
    expect(JSON.parse(json.out)).toMatchObject({
      schema: 'exhibit.reperform/1',
      runs: [{ outcome: 'equal', run: { id: 'run-1' }, differences: [] }, { outcome: 'equal' }, { outcome: 'equal' }],
    })
    const none = await exhibit(house, 'reperform', '--from', '2020-01-01', '--to', '2020-12-31')
    expect([none.code, none.out]).toEqual([2, expect.stringMatching(/^No run was sealed then/)])
  })

  test('exits 1 with the difference by name, and 2 where a page is gone', async () => {
    const house = await open()
    await house.sync()
    const path = join(house.folder, 'exhibit.db')
    expect(
      administrator(
        path,
        "delete from page where sha256 = (select a.sha256 from answer a join place l on l.id = a.place where l.name like '%contacts%')",
      ),
    ).toBe(1)
    const gone = await exhibit(house, 'reperform')
    expect(gone.code).toBe(2)
    expect(gone.out).toMatch(
      /not wholly from bytes · equal as far as it could be made again\n {4}tailnet: from records: 1 answer is no longer kept\n/,
    )
    administrator(
      path,
      "update finding set status = 'unknown' where id = (select min(id) from finding where status = 'fail')",
    )
    const changed = await exhibit(house, 'reperform')
    expect(changed.code).toBe(1)
    expect(changed.out).toMatch(/ {4}finding .*, status: sealed unknown, derived fail\n/)
  })

  test.each([
    [['--as-of', '2026-11-20', '--from', '2026-11-01'], /--as-of names one run/],
    [['--from', 'yesterday'], /"yesterday" is no moment/],
  ])('refuses %j', async (argv, message) => {
    expect(await exhibit(await open(), 'reperform', ...argv)).toMatchObject({
      code: 64,
      err: expect.stringMatching(message),
    })
  })
})
