import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, describe, expect, test } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { checks } from '../checks/index.ts'
import { attributeBudgetMs, type Config, configJsonSchema, loadConfig, parseConfig } from '../src/config.ts'
import { connectors } from '../src/connectors/index.ts'
import { AppError } from '../src/domain/error.ts'
import { DAY, HOUR, MINUTE, SECOND } from '../src/domain/time.ts'
import { demoConfig } from '../src/simulators/world.ts'
import { starter } from '../src/starter.ts'

const folder = mkdtempSync(join(tmpdir(), 'config-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const HEAD = 'organization: { id: acme, name: Acme Corp }\n'
const TAILNET = '  - { id: tailnet, kind: tailscale, credential: { apiToken: tskey-api-x } }\n'
const ROSTER = '  - { id: roster, kind: csv, path: people.csv }\n'
const LEAST = `${HEAD}sources:\n${TAILNET}${ROSTER}`

const parsed = (yaml: string, env: Record<string, string> = {}): Config =>
  parseConfig(yaml, join(folder, 'exhibit.yaml'), { connectors, checks, env })

/** The lines of the complaint. */
function complaint(yaml: string, env: Record<string, string> = {}): string[] {
  try {
    parsed(yaml, env)
  } catch (error) {
    expect(error).toBeInstanceOf(AppError)
    expect((error as AppError).code).toBe('configuration')
    return (error as AppError).message.split('\n')
  }
  return []
}

describe('what is written is what counts', () => {
  test('evidence is kept for 25 months, and from the first day of a period that is open', () => {
    expect(parsed(LEAST).retention).toEqual({ days: 760, raw: 'all', hold: false, keepFrom: null })
    const open = parsed(`${LEAST}retention: { days: 30, raw: daily, keepFrom: 2026-01-01 }\n`)
    expect(open.retention).toEqual({ days: 30, raw: 'daily', hold: false, keepFrom: '2026-01-01T00:00:00.000Z' })
    expect(complaint(`${LEAST}retention: { keepFrom: last year }\n`).join()).toContain('write YYYY-MM-DD')
  })

  test('organization and sources are enough; every other time has its default', () => {
    const config = parsed(LEAST)
    expect(config).toMatchObject({
      data: join(folder, 'data'),
      server: { host: '127.0.0.1', port: 8787, publicUrl: null },
      everyMs: 15 * MINUTE,
      limits: { requestMs: 30 * SECOND, pullMs: 10 * MINUTE },
      waiting: [],
    })
    expect(config.settings).toMatchObject({
      organization: { id: 'acme', name: 'Acme Corp', timeZone: 'UTC' },
      demo: false,
      slaMs: { critical: DAY, high: 7 * DAY, medium: 30 * DAY, low: 90 * DAY },
      deviceTrust: { scope: { os: ['macos', 'windows', 'linux'], tagged: false }, postures: {}, require: null },
    })
    expect(config.settings.sources).toMatchObject([
      { id: 'tailnet', kind: 'tailscale', freshnessMs: HOUR, attributeFreshnessMs: 6 * HOUR, allowWrite: false },
      { id: 'roster', kind: 'csv', freshnessMs: 7 * DAY },
    ])
    expect(config.sources[0]!.requestsPerSecond).toBe(20)
  })

  test.each([
    { every: '15m', pull: '10m', want: 7.5 * MINUTE },
    { every: '1h', pull: '10m', want: 8 * MINUTE },
    { every: '15m', pull: '1m', want: 30 * SECOND },
  ])('every $every and within $pull, attributes may take $want ms', ({ every, pull, want }) => {
    expect(attributeBudgetMs(parsed(`${LEAST}schedule: { every: ${every} }\nlimits: { pull: ${pull} }\n`))).toBe(want)
  })

  test('freshness of one source overrides that of all', () => {
    const config = parsed(
      `${HEAD}freshness: 2h\nsources:\n${TAILNET}${ROSTER.replace(' }', ', freshness: 3d }')}  - { id: mdm, kind: kandji, baseUrl: "https://acme.api.kandji.io", credential: { apiToken: k }, freshness: 30m }\n`,
    )
    expect(config.settings.sources.map((source) => source.freshnessMs)).toEqual([2 * HOUR, 3 * DAY, 30 * MINUTE])
  })

  test('iru is the newer name of kandji', () => {
    const config = parsed(
      `${LEAST}  - { id: mdm, kind: iru, baseUrl: "https://acme.api.kandji.io", credential: { apiToken: k } }\n`,
    )
    expect(config.settings.sources.at(-1)).toMatchObject({ id: 'mdm', kind: 'kandji' })
  })

  test('no credential reaches the settings that are sealed, nor the digest of a source', () => {
    const secret = (token: string): Config => parsed(LEAST.replace('tskey-api-x', token))
    expect(JSON.stringify(secret('tskey-api-one').settings)).not.toContain('tskey-api')
    expect(secret('tskey-api-one').sources[0]!.digest).toBe(secret('tskey-api-two').sources[0]!.digest)
    expect(
      parsed(LEAST.replace('kind: tailscale,', 'kind: tailscale, tailnet: acme.example,')).sources[0]!.digest,
    ).not.toBe(parsed(LEAST).sources[0]!.digest)
  })

  test('sections of later releases are valid, and named as not acted on', () => {
    const yaml = `${LEAST}controls: [{ id: AC-07, text: Access of leavers, checks: [ID-02] }]
database: "postgres://db.acme.example/exhibit"
ledger: { checkpoints: ./checkpoints.txt }
`
    expect(parsed(yaml).waiting).toEqual(['database'])
    expect(parsed(yaml).settings.controls).toEqual([
      { id: 'AC-07', text: 'Access of leavers', owner: null, criteria: {}, checks: ['ID-02'] },
    ])
  })
})

describe('from outside', () => {
  test('environment and files are filled in where credentials, URLs and paths stand', () => {
    writeFileSync(join(folder, 'secret'), 's3cret\n')
    const config = parsed(
      `${HEAD}data: "\${DATA}"
sources:
  - { id: tailnet, kind: tailscale, baseUrl: "\${URL}", credential: { clientId: "\${ID}", clientSecret: "\${file:secret}" } }
  - { id: roster, kind: csv, path: "\${DATA}/people.csv" }
`,
      { DATA: '/srv/exhibit', URL: 'https://api.tailscale.com', ID: 'k1' },
    )
    expect(config.data).toBe('/srv/exhibit')
    expect(config.sources[0]!.config).toMatchObject({ credential: { clientId: 'k1', clientSecret: 's3cret' } })
    expect(config.sources[1]!.config).toMatchObject({ path: '/srv/exhibit/people.csv' })
  })

  test('secrets are read again when they are wanted again; URLs, paths and the digest stay as they were at start', () => {
    const files = { secret: 'one', hook: 'tskey-webhook-one', url: 'https://one.example' }
    const write = (over: Partial<typeof files>): void => {
      for (const [name, value] of Object.entries({ ...files, ...over })) writeFileSync(join(folder, name), value)
    }
    const yaml = `${HEAD}sources:
  - { id: tailnet, kind: tailscale, baseUrl: "\${file:url}", webhookSecret: "\${file:hook}", credential: { clientId: k, clientSecret: "\${file:secret}" } }
`
    write({})
    const [source] = parsed(yaml).sources
    write({ secret: 'two', hook: 'tskey-webhook-two', url: 'https://two.example' })
    expect(source!.current()).toEqual({
      ...(source!.config as object),
      webhookSecret: 'tskey-webhook-two',
      credential: { clientId: 'k', clientSecret: 'two' },
    })
    expect(source!.config).toMatchObject({ credential: { clientSecret: 'one' }, baseUrl: 'https://one.example' })
    write({ secret: 'two', hook: 'tskey-webhook-two' })
    expect(parsed(yaml).sources[0]!.digest).toBe(source!.digest)
  })

  test.each([
    {
      name: 'a variable that is not set',
      yaml: LEAST.replace('tskey-api-x', `"\${TS_TOKEN}"`),
      says: 'exhibit.yaml:3: the environment variable TS_TOKEN of sources.0.credential.apiToken is not set',
    },
    {
      name: 'a file that is not there',
      yaml: LEAST.replace('tskey-api-x', `"\${file:/run/none}"`),
      says: 'exhibit.yaml:3: the file /run/none cannot be read (ENOENT); create it or correct the path',
    },
    {
      name: 'a place on which a verdict may rest',
      yaml: `${LEAST}people: { serviceAccounts: ["\${CI}"] }\n`,
      says: 'exhibit.yaml:5: people.serviceAccounts.0 may not be read from outside; write it out, a verdict may rest on it',
    },
    {
      name: 'a parameter of a check',
      yaml: `${LEAST}checks: { idle-accounts-removed: { params: { maxIdle: "\${IDLE}" } } }\n`,
      says: 'exhibit.yaml:5: checks.idle-accounts-removed.params.maxIdle may not be read from outside; write it out, a verdict may rest on it',
    },
  ])('$name is refused', ({ yaml, says }) => {
    expect(complaint(yaml, { CI: 'x', IDLE: '90d' })).toContain(says)
  })
})

describe('a mistake is named with its line and what to do', () => {
  test.each([
    {
      name: 'an unknown key, with the nearest valid one',
      yaml: `${LEAST}freshnes: 60m\n`,
      says: /^exhibit\.yaml:5: unknown key "freshnes"; did you mean "?freshness"?/,
    },
    {
      name: 'an unknown key deep inside',
      yaml: `${LEAST}deviceTrust:\n  scope: { oss: [macos] }\n`,
      says: /^exhibit\.yaml:6: unknown key "oss" under deviceTrust\.scope; did you mean "?os"?/,
    },
    {
      name: 'an unknown key of a source',
      yaml: `${HEAD}sources:\n  - id: tailnet\n    kind: tailscale\n    tailnett: "-"\n    credential: { apiToken: x }\n`,
      says: /^exhibit\.yaml:5: unknown key "tailnett" under sources\.0; did you mean "?tailnet"?/,
    },
    {
      name: 'no duration',
      yaml: `${LEAST}schedule: { every: 15 minutes }\n`,
      says: /^exhibit\.yaml:5: schedule\.every is no duration: write 30s, 15m/,
    },
    { name: 'no organization', yaml: `sources:\n${TAILNET}`, says: /organization is missing/ },
    { name: 'no source', yaml: `${HEAD}sources: []\n`, says: /^exhibit\.yaml:2: sources names no source/ },
    { name: 'an empty file', yaml: '', says: /organization is missing/ },
    { name: 'a list instead of a file', yaml: '- 1\n', says: /^exhibit\.yaml:1: the file is wrong: expected object/ },
    {
      name: 'a wrong time zone',
      yaml: LEAST.replace('Acme Corp', 'Acme Corp, timeZone: Europe/Berln'),
      says: /^exhibit\.yaml:1: organization\.timeZone is no IANA time zone/,
    },
    {
      name: 'a kind of source that nobody knows',
      yaml: LEAST.replace('kind: csv', 'kind: cvs'),
      says: /^exhibit\.yaml:4: there is no source kind "cvs"; did you mean "?csv"?/,
    },
    {
      name: 'two sources of one name',
      yaml: LEAST.replace('id: roster', 'id: tailnet'),
      says: /^exhibit\.yaml:4: two sources are called "tailnet"/,
    },
    {
      name: 'a source without its credential',
      yaml: `${HEAD}sources:\n  - { id: tailnet, kind: tailscale }\n`,
      says: /^exhibit\.yaml:3: sources\.0\.credential/,
    },
    {
      name: 'a wrong freshness of one source',
      yaml: LEAST.replace('path: people.csv', 'path: people.csv, freshness: weekly'),
      says: /^exhibit\.yaml:4: sources\.1\.freshness is no duration/,
    },
    {
      name: 'a critical system of no source',
      yaml: `${LEAST}criticalSystems: [{ id: t, source: tailnt }]\n`,
      says: /^exhibit\.yaml:5: criticalSystems\.0\.source "tailnt" is no source; did you mean "?tailnet"?/,
    },
    {
      name: 'a critical system that is no tailnet',
      yaml: `${LEAST}criticalSystems: [{ id: t, source: roster }]\n`,
      says: /source "roster" is no tailnet/,
    },
    {
      name: 'two critical systems for one source',
      yaml: `${LEAST}criticalSystems: [{ id: a, source: tailnet }, { id: b, source: tailnet }]\n`,
      says: /two critical systems speak of source "tailnet"/,
    },
    {
      name: 'a trust that requires nothing',
      yaml: `${LEAST}deviceTrust: { require: {} }\n`,
      says: /^exhibit\.yaml:5: deviceTrust\.require requires nothing/,
    },
    {
      name: 'a required posture that there is not',
      yaml: `${LEAST}deviceTrust: { postures: { edr: ["sentinelOne:infected == false"] }, require: { anyOf: [edrr] } }\n`,
      says: /^exhibit\.yaml:5: deviceTrust\.require\.anyOf\.0 "edrr" is no posture; did you mean "?edr"?/,
    },
    {
      name: 'a condition that cannot be read',
      yaml: `${LEAST}deviceTrust: { postures: { edr: ["sentinelOne:infected = false"] }, require: { anyOf: [edr] } }\n`,
      says: /^exhibit\.yaml:5: the condition "sentinelOne:infected = false" cannot be read: expected one of ==/,
    },
    {
      name: 'a check that there is not',
      yaml: `${LEAST}checks: { idle-account-removed: { enabled: false, because: x } }\n`,
      says: /^exhibit\.yaml:5: there is no check "idle-account-removed"; did you mean "?idle-accounts-removed"?/,
    },
    {
      name: 'a check switched off without a reason',
      yaml: `${LEAST}checks: { idle-accounts-removed: { enabled: false } }\n`,
      says: /^exhibit\.yaml:5: checks\.idle-accounts-removed is disabled without a `because`/,
    },
    {
      name: 'a parameter that the check does not have',
      yaml: `${LEAST}checks: { ID-11: { params: { maxidle: 90d } } }\n`,
      says: /check idle-accounts-removed has no parameter "maxidle"; did you mean "?maxIdle"?/,
    },
    {
      name: 'a parameter of the wrong type',
      yaml: `${LEAST}checks: { ID-11: { params: { maxIdle: 90 } } }\n`,
      says: /parameter maxIdle of idle-accounts-removed is no duration/,
    },
    {
      name: 'a number out of its range',
      yaml: `${LEAST}checks: { CS-02: { params: { floor: 700 } } }\n`,
      says: /parameter floor of crowdstrike-score-meets-floor must lie between 0 and 100/,
    },
    {
      name: 'a list of approved without reasons',
      yaml: `${LEAST}checks: { ID-14: { params: { approved: [vic@vendor.example] } } }\n`,
      says: /parameter approved of shared-accounts-approved must be a list of \{ subject, because \}/,
    },
    {
      name: 'a check named twice, by id and by ref',
      yaml: `${LEAST}checks: { ID-11: { params: { maxIdle: 90d } }, idle-accounts-removed: { params: { maxIdle: 30d } } }\n`,
      says: /^exhibit\.yaml:5: check idle-accounts-removed \(ID-11\) is set twice/,
    },
    {
      name: 'an address range that is none',
      yaml: `${LEAST}network: { allow: [10.0.0.1] }\n`,
      says: /^exhibit\.yaml:5: network\.allow\.0 is no CIDR/,
    },
    {
      name: 'an address range that only some programs read',
      yaml: `${LEAST}network: { allow: [10.1/16] }\n`,
      says: /^exhibit\.yaml:5: network\.allow\.0 is no CIDR/,
    },
    { name: 'a port that is none', yaml: `${LEAST}server: { port: 99999 }\n`, says: /^exhibit\.yaml:5: server\.port/ },
  ])('$name', ({ yaml, says }) => {
    const lines = complaint(yaml)
    expect(
      lines.some((line) => says.test(line)),
      lines.join('\n'),
    ).toBe(true)
    for (const line of lines) expect(line).toMatch(/^exhibit\.yaml(:\d+)?: /)
  })

  test('broken YAML, with its line', () => {
    const [line] = complaint(`${LEAST}people: { aliases: { a: b }\nserver: {}\n`)
    expect(line).toMatch(/^exhibit\.yaml:\d+: /)
  })

  test('the same key twice', () => {
    expect(complaint(`${LEAST}freshness: 60m\nfreshness: 30m\n`)[0]).toMatch(/^exhibit\.yaml:6: .*unique/)
  })

  test('all mistakes at once, a line each', () => {
    const lines = complaint(`${LEAST}freshnes: 1\nserver: { prt: 1 }\nschedule: { every: often }\n`)
    expect(lines).toHaveLength(3)
  })

  test('a file that is not there says how to write one', () => {
    expect(() => loadConfig(join(folder, 'none.yaml'), { connectors, checks, env: {} })).toThrow(
      /none\.yaml cannot be read \(ENOENT\); run "exhibit init"/,
    )
  })

  test('never quotes a credential', () => {
    const lines = complaint(LEAST.replace('apiToken: tskey-api-x', 'apiToken: [tskey-api-hidden]'))
    expect(lines.length).toBeGreaterThan(0)
    expect(lines.join('\n')).not.toContain('tskey-api-hidden')
  })
})

describe('a waiver', () => {
  const waiver = (over: Record<string, string> = {}): string => {
    const fields = {
      id: 'W-7',
      check: 'S1-04',
      subject: 'n1CNTRL',
      owner: 'bob@acme.example',
      approver: 'eve@acme.example',
      reason: 'vendor image',
      created: '2026-11-01',
      expires: '2027-01-31',
      ...over,
    }
    return `${LEAST}waivers: [${JSON.stringify(fields)}]\n`
  }
  test('is read with its dates', () => {
    expect(parsed(waiver()).settings.waivers).toEqual([
      expect.objectContaining({ id: 'W-7', created: '2026-11-01', expires: '2027-01-31' }),
    ])
    expect(parsed(waiver({ created: '2026-02-28', expires: '2027-02-28' })).settings.waivers).toHaveLength(1)
  })
  test.each([
    {
      name: 'approved by its owner',
      over: { approver: 'BOB@acme.example' },
      says: /waivers\.0\.approver is approved by its own owner/,
    },
    {
      name: 'for more than a year',
      over: { expires: '2027-11-02' },
      says: /waivers\.0\.expires must end after it was created and at most 12 months later/,
    },
    { name: 'that ends before it begins', over: { expires: '2026-10-31' }, says: /waivers\.0\.expires must end after/ },
    { name: 'with a date that is none', over: { expires: '2026-11-31' }, says: /waivers\.0\.expires is no date/ },
    { name: 'of a check that there is not', over: { check: 'S1-44' }, says: /there is no check "S1-44"/ },
    { name: 'without a reason', over: { reason: ' ' }, says: /waivers\.0\.reason must not be empty/ },
  ])('$name is refused', ({ over, says }) => {
    const lines = complaint(waiver(over))
    expect(
      lines.some((line) => says.test(line)),
      lines.join('\n'),
    ).toBe(true)
  })
  test('an id stands for one waiver', () => {
    const [one] = /\{"id.*\}/.exec(waiver())!
    expect(complaint(`${LEAST}waivers: [${one}, ${one}]\n`)[0]).toMatch(/two waivers are called "W-7"/)
  })
})

describe('the files that we hand out', () => {
  const now = new Date('2026-11-20T09:00:00Z')
  const values = Object.fromEntries(
    ['TAILSCALE', 'SENTINELONE', 'CROWDSTRIKE', 'KANDJI'].flatMap((vendor) => [
      [`DEMO_${vendor}_URL`, 'http://127.0.0.1:9000'],
      [`DEMO_${vendor}_CLIENT_ID`, 'a'.repeat(32)],
      [`DEMO_${vendor}_CLIENT_SECRET`, 's'.repeat(40)],
      [`DEMO_${vendor}_API_TOKEN`, 't'.repeat(40)],
    ]),
  )
  const demo = demoConfig(now, { ...values, DEMO_DATA: './data', DEMO_PEOPLE_CSV: 'people.csv' })
  const env = { TS_CLIENT_ID: 'k', TS_CLIENT_SECRET: 's' }

  test('the demo and the starter are valid', () => {
    expect(parsed(demo).settings.organization.id).toBe('northlight')
    expect(parsed(starter.config, env).settings.sources.map((source) => source.id)).toEqual(['tailnet', 'roster'])
  })

  test('the starter is valid with everything uncommented', () => {
    const whole = starter.config.replace(
      /^(\s*)# (?=(data|freshness|deviceTrust|checks:|checksFolder|controls|- \{)| {2})/gm,
      '$1',
    )
    const tokens = {
      ...env,
      S1_TOKEN: 's',
      FALCON_ID: 'a'.repeat(32),
      FALCON_SECRET: 'b'.repeat(40),
      KANDJI_TOKEN: 'k',
    }
    expect(parsed(whole, tokens).sources).toHaveLength(5)
    expect(parsed(whole, tokens).settings.deviceTrust.require).not.toBeNull()
    expect(parsed(whole, tokens).settings.controls).toHaveLength(1)
  })

  test('the JSON Schema takes both and refuses an unknown key', () => {
    const validate = new Ajv2020({ strict: false, logger: false }).compile(configJsonSchema(connectors))
    for (const yaml of [demo, starter.config]) {
      const valid = validate(parseYaml(yaml))
      expect(validate.errors ?? []).toEqual([])
      expect(valid).toBe(true)
    }
    expect(validate({ ...parseYaml(demo), freshnes: '60m' })).toBe(false)
    expect(validate({ ...parseYaml(demo), freshness: 60 })).toBe(false)
  })
})
