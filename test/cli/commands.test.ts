import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse as parseCsv } from 'csv-parse/sync'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { HOUR, MINUTE } from '../../src/domain/time.ts'
import { exhibit } from '../helpers/cli.ts'
import { healthyWorld } from '../helpers/healthy-world.ts'
import {
  GOVERNED,
  provenChecks,
  type TestInstallation,
  type TestInstallationOptions,
  testClock,
  testInstallation,
} from '../helpers/installation.ts'
import { TEST_START } from '../helpers/tools.ts'

const GOLDEN = join(import.meta.dirname, '../../fixtures/expected')

/** One infected device, an accepted failure, a check that is switched off. */
function ailing(): TestInstallationOptions {
  const world = healthyWorld(new Date(TEST_START))
  world.sentinelone.agents[0]!['infected'] = true
  world.sentinelone.agents[1]!['firewallEnabled'] = false
  const device = world.tailscale.devices.find((row) => {
    const identity = row['postureIdentity'] as { serialNumbers?: string[] } | undefined
    return identity?.serialNumbers?.includes(String(world.sentinelone.agents[1]!['serialNumber'])) === true
  })!
  return {
    world,
    clock: testClock(undefined, 0.001, true),
    yaml: `${GOVERNED}  ID-16: { enabled: false, because: "=judged at the identity provider" }
waivers:
  - { id: W-1, check: S1-05, subject: ${device['nodeId']}, owner: bob@acme.example, approver: eve@acme.example, reason: "vendor image", created: 2026-11-01, expires: 2027-01-31 }
`,
  }
}

describe('over one sealed run', () => {
  let installation: TestInstallation
  beforeAll(async () => {
    installation = await testInstallation(ailing())
    await installation.sync()
  })
  afterAll(() => installation.close())

  test('its keys are those of the contract, in order', async () => {
    const { out } = await exhibit(installation, 'check', '--format', 'json')
    const document = JSON.parse(out)
    expect(Object.keys(document)).toEqual(
      'schema organization demo run snapshotAt evaluatedAt software sources disabled results'.split(' '),
    )
    expect(Object.keys(document.sources[0]).slice(0, 8)).toEqual(
      'id kind status attemptedAt collectedAt records blind error'.split(' '),
    )
    expect(Object.keys(document.disabled[0])).toEqual(['check', 'ref', 'because'])
    expect(Object.keys(document.results[0])).toEqual(
      'check version ref system severity status unknownReason message parameters counts findings'.split(' '),
    )
    expect(Object.keys(document.results[0].counts)).toEqual('pass fail unknown not_applicable waived'.split(' '))
    const [finding] = document.results[0].findings
    expect(Object.keys(finding)).toEqual(
      'subject status unknownReason message notice facts records waiver firstSeen sla'.split(' '),
    )
    expect(Object.keys(finding.subject)).toEqual(['kind', 'source', 'key', 'label'])
    expect(document).toMatchObject({ schema: 'exhibit.results/1', organization: 'acme', demo: false, run: 'run-1' })
  })

  test('results come by ref, then system; findings by source, kind and key; counts reconcile', async () => {
    const { results } = JSON.parse((await exhibit(installation, 'check', '--format', 'json')).out)
    const refs = results.map((result: { ref: string }) => result.ref)
    expect(refs).toEqual([...refs].sort())
    expect(refs).toHaveLength(provenChecks.length - 1)
    for (const { findings, counts, status } of results) {
      const places = findings.map(({ subject }: never) => {
        const { source, kind, key } = subject as { source: string; kind: string; key: string }
        return `${source}\0${kind}\0${key}`
      })
      expect(places).toEqual([...places].sort())
      expect(counts.pass + counts.fail + counts.unknown + counts.not_applicable).toBe(findings.length)
      if (counts.fail > 0) expect(status).toBe('fail')
    }
  })

  test('a waived failure stays a failure, is named and still exits 1', async () => {
    const { code, out } = await exhibit(installation, 'check', 'S1-05', '--format', 'json')
    const [result] = JSON.parse(out).results
    expect(code).toBe(1)
    expect(result).toMatchObject({ status: 'fail', counts: { fail: 1, waived: 1 } })
    const failed = result.findings.find((finding: { status: string }) => finding.status === 'fail')
    expect(failed.waiver).toMatchObject({ id: 'W-1', expires: '2027-01-31', reason: 'vendor image' })
  })

  test('--only shortens the list, never the counts', async () => {
    const whole = JSON.parse((await exhibit(installation, 'check', 's1-04', '--format', 'json')).out).results[0]
    const some = JSON.parse(
      (await exhibit(installation, 'check', 'sentinelone-not-infected', '--only', 'fail', '--format', 'json')).out,
    ).results[0]
    expect(some.counts).toEqual(whole.counts)
    expect(some.findings).toEqual(whole.findings.filter((finding: { status: string }) => finding.status === 'fail'))
    expect(some.findings).toHaveLength(1)
    expect(whole.findings.length).toBeGreaterThan(1)
  })

  test('a check that passes exits 0, also beside others that fail', async () => {
    expect((await exhibit(installation, 'check', 'S1-01')).code).toBe(0)
  })

  test('the table names what fails, how to fix it, what is accepted, what is disabled', async () => {
    const { out } = await exhibit(installation, 'check')
    expect(out).toMatch(/✘ +S1-04/)
    expect(out).toContain('accepted until 2027-01-31')
    expect(out).toContain('Fix: ')
    expect(out).toContain('disabled, because =judged at the identity provider')
    expect(out).toContain(`${provenChecks.length - 1} checks`)
  })

  test('export -o writes the file; json is the same document', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'export-'))
    const file = join(folder, 'results.json')
    const { out, err } = await exhibit(installation, 'export', '--kind', 'json', '-o', file)
    expect([out, err]).toEqual(['', `wrote ${file}\n`])
    const shown = (await exhibit(installation, 'check', '--format', 'json')).out
    expect(readFileSync(file, 'utf8')).toBe(shown)
    rmSync(folder, { recursive: true })
  })

  test('the CSV reads back: a formula is defused, a disabled check has its reason', async () => {
    const { out } = await exhibit(installation, 'export', '--kind', 'csv')
    const rows: Record<string, string>[] = parseCsv(out, { columns: true, bom: true })
    const { results } = JSON.parse((await exhibit(installation, 'export', '--kind', 'json')).out)
    const findings = results.reduce((sum: number, { findings }: { findings: unknown[] }) => sum + findings.length, 0)
    expect(rows.filter((row) => row['subjectKey'] !== '')).toHaveLength(findings)
    expect(rows.at(-1)).toMatchObject({
      ref: 'ID-16',
      status: 'disabled',
      message: "'=judged at the identity provider",
    })
    const accepted = rows.filter((row) => row['accepted'] !== '')
    expect(accepted).toMatchObject([
      { ref: 'S1-05', status: 'fail', accepted: 'W-1', acceptedUntil: '2027-01-31', acceptedBecause: 'vendor image' },
    ])
    expect(JSON.parse(accepted[0]!['facts']!)).toMatchObject({ firewallEnabled: false })
    expect(Object.keys(rows[0]!)).not.toContain('demo')
  })

  test('explain tells rule, parameters, inputs, facts, cause and cure', async () => {
    const failed = JSON.parse((await exhibit(installation, 'check', 'S1-04', '--only', 'fail', '--format', 'json')).out)
    const { label } = failed.results[0].findings[0].subject
    const { code, out } = await exhibit(installation, 'explain', 'S1-04', label.toUpperCase())
    expect(code).toBe(1)
    for (const part of ['Question', 'Why it matters', 'How to fix it', 'infected', 'reads', 'records read', label])
      expect(out).toContain(part)
    const { out: json } = await exhibit(installation, 'explain', 'S1-04', label, '--format', 'json')
    expect(JSON.parse(json).results[0].findings).toHaveLength(1)
    expect((await exhibit(installation, 'explain', 'S1-01')).code).toBe(0)
  })

  test('--as-of shows the run of that moment, and before the first one nothing', async () => {
    const { run } = (await installation.report())!
    const past = await exhibit(installation, 'check', '--as-of', '2026-11-19', '--format', 'json')
    expect([past.code, JSON.parse(past.out).run]).toEqual([2, null])
    const then = await exhibit(installation, 'check', '--as-of', '2026-11-20T09:30:00Z', '--format', 'json')
    expect(JSON.parse(then.out)).toMatchObject({ run: run!.id, evaluatedAt: '2026-11-20T09:30:00.000Z' })
    const late = await exhibit(installation, 'check', '--as-of', '2026-11-20', '--format', 'json')
    expect(JSON.parse(late.out).sources.map((source: { status: string }) => source.status)).toEqual([
      'stale',
      'stale',
      'stale',
      'stale',
      'complete',
    ])
  })

  test.each([
    { argv: ['frobnicate'], says: /unknown command 'frobnicate'/ },
    { argv: ['check', '--frob'], says: /unknown option '--frob'/ },
    { argv: ['check', 'ID-99'], says: /there is no check "ID-99"/ },
    { argv: ['check', 'infected'], says: /did you mean S1-04 sentinelone-not-infected\?/ },
    { argv: ['check', '--only', 'fails'], says: /--only takes pass, fail, unknown, not_applicable; "fails" is none/ },
    { argv: ['check', '--format', 'xml'], says: /Allowed choices are table, json/ },
    { argv: ['check', '--as-of', 'yesterday'], says: /"yesterday" is no moment/ },
    { argv: ['explain'], says: /missing required argument 'check'/ },
    { argv: ['explain', 'S1-04', 'nobody'], says: /no subject "nobody"/ },
    { argv: ['export'], says: /required option '--kind <kind>' not specified/ },
    { argv: ['export', '--kind', 'pdf'], says: /Allowed choices are/ },
    { argv: ['sync', 'nowhere'], says: /no source "nowhere"; configured are tailnet/ },
    { argv: ['doctor', 'nowhere'], says: /no source "nowhere"; configured are tailnet/ },
    { argv: ['sync', '--accept', 'edr'], says: /--accept and --because go together/ },
    { argv: ['sync', '--accept', 'edr', '--because', 'x'], says: /edr is not held/ },
    { argv: ['serve', '--port', 'http'], says: /"http" is no whole number/ },
  ])('exhibit $argv is a usage error with one clear line', async ({ argv, says }) => {
    const { code, out, err } = await exhibit(installation, ...argv)
    expect([code, out]).toEqual([64, ''])
    expect(err).toMatch(says)
    expect(err).not.toMatch(/\n\s+at /)
  })

  test.each(['init', 'doctor', 'sync', 'check', 'explain', 'export', 'serve', 'link', 'demo', 'simulate'])(
    '%s has --help, which exits 0',
    async (name) => {
      const { code, out } = await exhibit(null, name, '--help')
      expect(code).toBe(0)
      expect(out).toContain(`exhibit ${name}`)
    },
  )

  test('link prints a link that works once', async () => {
    const { code, out } = await exhibit(installation, 'link')
    expect(code).toBe(0)
    expect(out).toMatch(/^http:\/\/127\.0\.0\.1:8787\/enter\/\S+\n$/)
  })
})

describe('golden files', () => {
  /** A few checks, so that a new one does not change the files. */
  const SHOWN = ['COL-01', 'CS-02', 'ID-02', 'ID-14', 'ID-16', 'POS-12', 'S1-04', 'S1-05']
  let installation: TestInstallation
  beforeAll(async () => {
    installation = await testInstallation({
      ...ailing(),
      checks: provenChecks.filter((check) => SHOWN.includes(check.ref)),
    })
    await installation.sync()
  })
  afterAll(() => installation.close())

  test('check --format json, to the byte', async () => {
    const { code, out, err } = await exhibit(installation, 'check', '--format', 'json')
    expect([code, err]).toEqual([1, ''])
    await expect(out).toMatchFileSnapshot(join(GOLDEN, 'results.json'))
  })

  test('export --kind csv, to the byte', async () => {
    const { code, out } = await exhibit(installation, 'export', '--kind', 'csv')
    expect(code).toBe(1)
    await expect(out).toMatchFileSnapshot(join(GOLDEN, 'results.csv'))
  })
})

describe('before the first run', () => {
  test('nothing is known: run null, every source never, every check unknown, exit 2', async () => {
    const installation = await testInstallation()
    const { code, out } = await exhibit(installation, 'check', '--format', 'json')
    const document = JSON.parse(out)
    expect(code).toBe(2)
    expect(document).toMatchObject({ run: null, snapshotAt: null })
    expect(document.sources.map((source: { status: string }) => source.status)).toEqual(Array(5).fill('never'))
    expect(document.results).toHaveLength(provenChecks.length)
    for (const result of document.results)
      expect(result).toMatchObject({ status: 'unknown', unknownReason: 'no_data', findings: [] })
    const rows: unknown[] = parseCsv((await exhibit(installation, 'export', '--kind', 'csv')).out, {
      columns: true,
      bom: true,
    })
    expect(rows).toHaveLength(provenChecks.length)
    const table = await exhibit(installation, 'check')
    expect([table.code, table.out]).toEqual([2, expect.stringContaining('"exhibit sync" makes the first run')])
    await installation.close()
  })
})

describe('init', () => {
  test('writes a starter, prints the least rights, overwrites nothing', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'init-'))
    const file = join(folder, 'exhibit.yaml')
    const first = await exhibit(null, 'init', '--config', file)
    expect([first.code, first.err]).toEqual([0, ''])
    expect(first.out).toContain(`wrote ${file}`)
    expect(first.out).toContain('users:read')
    expect(existsSync(join(folder, 'people.csv'))).toBe(true)
    writeFileSync(file, 'mine')
    const second = await exhibit(null, 'init', '--config', file)
    expect(second.out).toContain(`${file} is there already; left as it is`)
    expect(readFileSync(file, 'utf8')).toBe('mine')
    rmSync(folder, { recursive: true })
  })

  test('--schema prints the JSON Schema', async () => {
    const { code, out } = await exhibit(null, 'init', '--schema')
    expect(code).toBe(0)
    expect(JSON.parse(out).properties).toHaveProperty('sources')
  })
})

describe('sync and doctor', () => {
  let installation: TestInstallation
  afterEach(() => installation.close())

  test('sync exits 0 when all that it read is complete, and says what it read', async () => {
    installation = await testInstallation()
    const { code, out } = await exhibit(installation, 'sync')
    expect(code).toBe(0)
    expect(out).toMatch(/tailnet +complete .*6 device/)
    const json = JSON.parse((await exhibit(installation, 'sync', 'edr', '--format', 'json')).out)
    expect(json.sources.map(({ id, pulled }: { id: string; pulled: boolean }) => [id, pulled])).toEqual([
      ['tailnet', false],
      ['edr', true],
      ['falcon', false],
      ['mdm', false],
      ['roster', false],
    ])
  })

  test('sync exits 2 when a source that it read is not complete; one that it did not read does not count', async () => {
    installation = await testInstallation({ faults: { kandji: [{ kind: 'status', status: 500 }] } })
    const { code, out } = await exhibit(installation, 'sync')
    expect(code).toBe(2)
    expect(out).toMatch(/✘ mdm: GET \S+ answered 500/)
    expect((await exhibit(installation, 'sync', 'edr')).code).toBe(0)
    expect((await exhibit(installation, 'check', 'KJ-01')).code).toBe(2)
  })

  test('a held fall is taken with --accept and --because', async () => {
    installation = await testInstallation()
    await exhibit(installation, 'sync')
    installation.world.sentinelone.agents = []
    const held = await exhibit(installation, 'sync')
    expect(held.code).toBe(2)
    expect(held.out).toMatch(/exhibit sync --accept edr\s+--because/)
    const taken = await exhibit(installation, 'sync', '--accept', 'edr', '--because', 'moved to another vendor')
    expect(taken.code).toBe(0)
    const leaves = await Array.fromAsync(installation.store.leaves(0))
    expect(JSON.parse(leaves.findLast((leaf) => leaf.kind === 'run')!.body).acceptances).toMatchObject([
      { source: 'edr', because: 'moved to another vendor', by: 'eve@laptop' },
    ])
  })

  test('doctor is content with a healthy organisation', async () => {
    installation = await testInstallation()
    await exhibit(installation, 'sync')
    const { code, out } = await exhibit(installation, 'doctor', '--format', 'json')
    expect(JSON.parse(out).sources.map((source: { reachable: boolean }) => source.reachable)).toEqual(
      Array(5).fill(true),
    )
    expect(code).toBe(0)
  })

  test('doctor names a missing scope and the checks that it costs, and exits 2', async () => {
    installation = await testInstallation({
      tailscaleGrants: [
        'users:read',
        'devices:core:read',
        'policy_file:read',
        'feature_settings:read',
        'oauth_keys:read',
        'api_access_tokens:read',
        'auth_keys:read',
        'federated_keys:read',
      ],
    })
    await exhibit(installation, 'sync')
    const { code, out } = await exhibit(installation, 'doctor', 'tailnet')
    expect(code).toBe(2)
    expect(out).toMatch(/✘ devices:posture_attributes:read .*not evaluated without it: .*POS-09/s)
    expect(out).toMatch(/✔ users:read/)
  })

  test('doctor tells these costs before the first run too', async () => {
    installation = await testInstallation({ tailscaleGrants: ['users:read'] })
    const { out } = await exhibit(installation, 'doctor', 'tailnet', '--format', 'json')
    const [source] = JSON.parse(out).sources
    const devices = source.access.find(({ scope }: { scope: string }) => scope === 'devices:core:read')
    expect(devices).toMatchObject({ state: 'missing' })
    expect(devices.checks).toContain('ID-03')
  })

  test('doctor says why a source cannot be reached and how to make a credential', async () => {
    installation = await testInstallation({ faults: { sentinelone: [{ kind: 'status', status: 401 }] } })
    const { code, out } = await exhibit(installation, 'doctor', 'edr')
    expect(code).toBe(2)
    expect(out).toMatch(/✘ edr: GET \S+ answered 401/)
  })

  test('results age while nobody syncs', async () => {
    installation = await testInstallation()
    await exhibit(installation, 'sync')
    expect((await exhibit(installation, 'check')).code).toBe(0)
    installation.clock.pass(HOUR + MINUTE)
    const { code, out } = await exhibit(installation, 'check')
    expect(code).toBe(2)
    expect(out).toMatch(/edr: stale/)
  })
})
