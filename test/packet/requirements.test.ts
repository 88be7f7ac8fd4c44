/**
 * What auditors ask of evidence, 27 times: each requirement with the file of the packet that answers it, held against the
 * packet of a small simulated period. Not that the file is there: that it says the thing.
 */
import { createHash } from 'node:crypto'
import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { checks } from '../../checks/index.ts'
import { framePath, PACKET, type PackedPeriod, type PacketSummary } from '../../src/domain/packet.ts'
import type { RunInputs } from '../../src/domain/reperform.ts'
import type { SampleFile } from '../../src/domain/sample.ts'
import { canonicalJson } from '../../src/lib/canonical-json.ts'
import { sha256 } from '../../src/lib/digest.ts'
import { at } from '../../src/packet/pointers.ts'
import { EVENT_KINDS } from '../../src/packet/story-tables.ts'
import { verified } from '../prove/mutations.ts'
import type { Files } from '../prove/packet-files.ts'
import { IN_TIME, LATE, NONCE, type SmallPeriod, smallPeriod } from './small-period.ts'

let period: SmallPeriod
let packet: Files

beforeAll(async () => {
  period = await smallPeriod(checks)
  packet = await period.packet()
}, 90_000)
afterAll(() => period.close())

type Row = Record<string, string>
const text = (path: string): string => packet.get(path)!.toString('utf8')
const json = <T>(path: string): T => JSON.parse(text(path)) as T
const rows = (path: string): Row[] => parse(text(path), { columns: true, bom: true })
const paths = (start: string): string[] => [...packet.keys()].filter((path) => path.startsWith(start))
const summary = (): PacketSummary => json(PACKET.packet)
const inputs = (): RunInputs => json(`inputs/${summary().last}.json`)
const leaves = (): Record<string, unknown>[] =>
  text(PACKET.leaves)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

interface Requirement {
  readonly asks: string
  readonly files: readonly string[]
  answered(): void | Promise<void>
}

const REQUIREMENTS: readonly Requirement[] = [
  {
    asks: 'source, tenant and environment named',
    files: [PACKET.packet, PACKET.requests, PACKET.readme],
    answered() {
      expect(summary()).toMatchObject({ organization: { id: 'acme', name: 'Acme Corp' }, demo: false })
      expect(inputs().sources.map(({ id, kind }) => `${id} ${kind}`)).toEqual([
        'tailnet tailscale',
        'edr sentinelone',
        'falcon crowdstrike',
        'mdm kandji',
        'roster csv',
      ])
      expect(new Set(rows(PACKET.requests).map(({ host }) => host))).toContain(
        period.installation.vendors.servers['tailscale']!.url.host,
      )
    },
  },
  {
    asks: 'every call logged',
    files: [PACKET.requests],
    answered() {
      const calls = rows(PACKET.requests).filter(({ method }) => method === 'GET' || method === 'POST')
      const noted = inputs().pulls.flatMap(({ pull }) => pull!.requests)
      expect(calls).toHaveLength(noted.length + sampledCalls())
      for (const { startedAt, status, bytes } of calls) {
        expect([Date.parse(startedAt!) > 0, Number(status) > 0, Number(bytes) >= 0]).toEqual([true, true, true])
      }
      const ledgered = leaves().flatMap(({ type, sources }) =>
        type === 'run' ? (sources as { pull: string | null }[]) : [],
      )
      const pulls = new Set(rows(PACKET.requests).map(({ pull }) => pull))
      expect(ledgered.every(({ pull }) => pull === null || pulls.has(pull))).toBe(true)
    },
  },
  {
    asks: 'credential identity and scopes, not the secret',
    files: ['populations/runs/credential.csv'],
    answered() {
      const [granted] = rows('populations/runs/credential.csv').filter(({ source }) => source === 'tailnet')
      expect(granted).toMatchObject({ what: 'OAuth client' })
      expect(granted!['scopes']).toContain('devices:core:read')
      const { clientSecret } = period.installation.vendors.credentials['tailscale'] as { clientSecret: string }
      for (const [path, body] of packet) expect(body.includes(clientSecret), path).toBe(false)
    },
  },
  {
    asks: 'collector build and configuration digest, rule text and parameters',
    files: [PACKET.configuration, 'checks/offboarded-access-removed.json'],
    answered() {
      const { run } = inputs()
      expect([run.software, run.build, run.settingsDigest]).toEqual([
        '0.0.0-test',
        'build',
        sha256(canonicalJson(inputs().settings)),
      ])
      expect(rows(PACKET.configuration)[0]).toMatchObject({ kind: 'in force', software: '0.0.0-test', build: 'build' })
      expect(json('checks/offboarded-access-removed.json')).toMatchObject({
        rule: { question: expect.stringContaining('?') as string, version: expect.any(Number) as number },
        judged: [{ parameters: { within: '24h' } }],
      })
    },
  },
  {
    asks: 'last page proven',
    files: [PACKET.requests, 'tests/populations-reconcile.csv'],
    answered() {
      const walk = rows(PACKET.requests).filter(({ source, place }) => source === 'edr' && /page \d+$/.test(place!))
      expect(walk.length).toBeGreaterThan(0)
      expect(rows('tests/populations-reconcile.csv').map(({ status }) => status)).toContain('pass')
    },
  },
  {
    asks: 'complete population with excluded rows and reasons',
    files: ['populations/account.csv', 'populations/device.csv'],
    answered() {
      const accounts = rows('populations/account.csv')
      const guest = accounts.find(({ label }) => label === 'vic@vendor.example')
      expect(guest).toMatchObject({
        atEnd: 'false',
        judgedAtLastSight: 'false',
        excludedBecause: expect.stringMatching(/shared/) as string,
      })
      const seen = new Set(accounts.map(({ key }) => key))
      for (const { key } of rows('populations/runs/account.csv')) expect(seen.has(key)).toBe(true)
      const device = rows('populations/device.csv').find(({ label }) => label!.startsWith('win-9'))!
      expect(device).toMatchObject({ atBegin: 'false', atEnd: 'true' })
      expect(device['firstSeen']! > '2026-11-11').toBe(true)
    },
  },
  {
    asks: 'reconciliation counts',
    files: ['tests/populations-reconcile.csv', PACKET.periodCsv],
    answered() {
      const [edr] = rows('tests/populations-reconcile.csv').filter(({ subjectKey }) => subjectKey === 'edr')
      expect(Object.keys(edr!).filter((name) => name.startsWith('actual ')).length).toBeGreaterThan(1)
      for (const { population, met, deviated, notDeterminable } of rows(PACKET.periodCsv)) {
        expect(Number(population)).toBe(Number(met) + Number(deviated) + Number(notDeterminable))
      }
    },
  },
  {
    asks: 'join report with methods and conflicts',
    files: ['tests/accounts-belong-to-people.csv', 'tests/edr-on-every-device.csv'],
    answered() {
      const joined = rows('tests/accounts-belong-to-people.csv')
      const own = joined.find(({ subjectLabel }) => subjectLabel === IN_TIME)!
      expect(own['furtherRecords']).toContain(`roster/person/${IN_TIME}`)
      expect(joined.every(({ message }) => message !== '')).toBe(true)
      expect(Object.keys(rows('tests/edr-on-every-device.csv')[0]!).join()).toMatch(/actual .*(match|serial|joined)/i)
    },
  },
  {
    asks: 'raw answers and a pointer from each result into them',
    files: ['raw/', 'tests/'],
    answered() {
      let pointed = 0
      for (const path of paths('tests/')) {
        for (const { record, rawFile, pointer } of rows(path)) {
          if (record === '') continue
          expect(packet.has(rawFile!), `${path}: ${record}`).toBe(true)
          if (pointer!.startsWith('#row=')) continue
          pointed++
          if (pointer !== '') expect(at(json(rawFile!), pointer!), `${record} ${rawFile} ${pointer}`).toBeDefined()
        }
      }
      expect(pointed).toBeGreaterThan(200)
      const [account] = rows('tests/idle-accounts-removed.csv')
      expect(at(json(account!['rawFile']!), account!['pointer']!)).toMatchObject({ id: account!['subjectKey'] })
    },
  },
  {
    asks: 'no invented values, derived ones labelled',
    files: ['tests/', 'inputs/'],
    answered() {
      // What our own memory adds stands under its own kind, with a place in our inputs and not in a vendor's bytes.
      const derived = paths('tests/').flatMap((path) =>
        rows(path).flatMap(({ furtherRecords }) =>
          furtherRecords === '' ? [] : (JSON.parse(furtherRecords!) as { record: string; rawFile: string }[]),
        ),
      )
      const carried = derived.filter(({ record }) => record.includes('/carried/'))
      expect(carried.length).toBeGreaterThan(0)
      for (const { rawFile } of carried) expect(rawFile).toBe(`inputs/${summary().last}.json`)
      for (const { record, rawFile } of derived) {
        if (!/\/(carried|integrity|anchor|review|invite)\//.test(record)) expect(rawFile, record).toMatch(/^raw\//)
      }
    },
  },
  {
    asks: 'observed, reported, evaluated, period and generated times apart',
    files: [PACKET.requests, PACKET.resultsJson, PACKET.packet, PACKET.auditLog],
    answered() {
      const call = rows(PACKET.requests).find(({ path }) => path!.endsWith('/users'))!
      expect(call['startedAt']).toMatch(/^2026-/)
      expect(Date.parse(call['date']!)).toBeGreaterThan(0)
      expect(rows('populations/runs/account.csv')[0]!['lastSeen']).toMatch(/^2026-/)
      expect(json(PACKET.resultsJson)).toMatchObject({ evaluatedAt: inputs().run.snapshotAt })
      expect(summary().period.to).toBe('2026-11-15T23:59:59.999Z')
      // Equal inputs give equal bytes: when a packet was generated stands in the ledger, of earlier ones in this table.
      expect(rows(PACKET.auditLog).filter(({ kind }) => kind === 'export')[0]!['at']).toMatch(/^2026-11-/)
    },
  },
  {
    asks: 'clock and measured skew',
    files: [PACKET.requests],
    answered() {
      for (const { date, startedAt, durationMs } of rows(PACKET.requests)) {
        if (date === '' || startedAt === '') continue
        expect(Math.abs(Date.parse(date!) - Date.parse(startedAt!) - Number(durationMs))).toBeLessThan(60_000)
      }
    },
  },
  {
    asks: 'freshness limits',
    files: ['inputs/', 'tests/sources-are-fresh.csv'],
    answered() {
      expect(inputs().settings.sources.find(({ id }) => id === 'tailnet')).toMatchObject({ freshnessMs: 43_200_000 })
      const fresh = rows('tests/sources-are-fresh.csv')
      expect(fresh.map(({ subjectKey }) => subjectKey)).toEqual(['edr', 'falcon', 'mdm', 'roster', 'tailnet'])
    },
  },
  {
    asks: 'coverage calendar with causes',
    files: [PACKET.coverage],
    answered() {
      const edr = rows(PACKET.coverage).filter(({ what, id }) => what === 'source' && id === 'edr')
      const causes = edr.filter(({ state }) => state === 'gap').map(({ cause }) => cause!)
      expect(causes[0]).toBe('before the first run')
      expect(causes.some((cause) => cause.startsWith('failed: server_error'))).toBe(true)
      const [share] = edr
      expect(Number(share!['share'])).toBeGreaterThan(0)
      expect(Number(share!['share'])).toBeLessThan(1)
    },
  },
  {
    asks: 'digests, chain, signature, outside stamp',
    files: [PACKET.manifest, PACKET.leaves, PACKET.signature, PACKET.timestamps],
    async answered() {
      const said = await verified(packet, undefined, { checks })
      expect(said.broken).toBeNull()
      expect(said.steps.map(({ step }) => step)).toEqual(expect.arrayContaining(['files', 'ledger', 'key', 'time']))
      expect(said.stamps.length).toBeGreaterThan(0)
    },
  },
  {
    asks: 'immutable snapshots, corrections as new versions',
    files: [PACKET.leaves, PACKET.configuration, 'inputs/pulls/'],
    answered() {
      const runs = leaves().filter(({ type }) => type === 'run')
      expect(runs.map(({ sequence }) => sequence)).toEqual(runs.map((_, index) => index + 1))
      expect(new Set(runs.map(({ snapshot }) => snapshot)).size).toBe(runs.length)
      const changed = rows(PACKET.configuration).find(({ path }) => path!.endsWith('params.floor'))
      expect(changed).toMatchObject({ from: '70', to: '60' })
    },
  },
  {
    asks: 'offline verifier',
    files: [PACKET.readme, PACKET.publicKey, PACKET.allowedSigners],
    async answered() {
      expect(text(PACKET.readme)).toContain('VERIFY BY HAND')
      expect(text(PACKET.readme)).toContain('sha256sum -c manifest.sha256')
      const forged = new Map(packet).set(
        PACKET.leavers,
        Buffer.from(text(PACKET.leavers).replace('breached', 'within')),
      )
      expect((await verified(forged, undefined, { checks })).verdict).toBe('broken')
    },
  },
  {
    asks: 'equal inputs give equal bytes, reperform',
    files: [PACKET.manifest, 'inputs/'],
    async answered() {
      const again = await period.packet()
      expect(text(PACKET.manifest)).toBe(again.get(PACKET.manifest)!.toString('utf8'))
      const said = await verified(packet, undefined, { checks })
      expect(said.steps.filter(({ says }) => says.includes('made again from the bytes')).length).toBe(
        summary().runs.length,
      )
    },
  },
  {
    asks: 'per subject: result, expected and actual, first failed, clock, remedy',
    files: ['tests/account-roles-valid.csv'],
    answered() {
      const failed = rows('tests/account-roles-valid.csv').find(({ status }) => status === 'fail')!
      for (const name of ['subjectKey', 'message', 'remedy', 'firstSeen', 'dueAt', 'sla'])
        expect(failed[name], name).not.toBe('')
      expect(Object.keys(failed).some((name) => name.startsWith('actual '))).toBe(true)
      expect(Object.keys(rows('tests/offboarded-access-removed.csv')[0]!)).toContain('expected within')
    },
  },
  {
    asks: 'waiver register',
    files: [PACKET.waivers, PACKET.auditLog],
    answered() {
      expect(rows(PACKET.waivers)).toMatchObject([{ id: 'W-1', approver: 'eve@acme.example', inForce: 'true' }])
      expect(rows(PACKET.auditLog).filter(({ kind }) => kind === 'waiver')).toHaveLength(1)
    },
  },
  {
    asks: 'joiner/leaver ledger with bounds',
    files: [PACKET.leavers, 'events/', PACKET.pulls, 'inputs/pulls/'],
    answered() {
      const leavers = new Map(rows(PACKET.leavers).map((row) => [row['person'], row]))
      expect(leavers.get(IN_TIME)).toMatchObject({ clock: 'within', endDate: '2026-11-11' })
      const late = leavers.get(LATE)!
      expect(late).toMatchObject({ clock: 'breached', actor: 'iris.andersson.0@fleet.example' })
      expect(late['lastPullWithAccess']! < late['vendorTime']! && late['vendorTime']! < late['firstPullWithout']!).toBe(
        true,
      )
      expect(paths('events/').sort()).toEqual(
        [...EVENT_KINDS.map((kind) => `events/${kind}.csv`), PACKET.leavers, PACKET.pulls].sort(),
      )
      const around = rows(PACKET.pulls)
      expect(around.map(({ packed }) => packed)).toEqual(around.map(() => 'true'))
      for (const { run, source } of around) expect(packet.has(`inputs/pulls/${run}-${source}.json`)).toBe(true)
    },
  },
  {
    asks: 'redrawable sampling',
    files: ['samples/'],
    answered() {
      const [path] = paths('samples/')
      const { frame, draw, rows: drawn } = json<SampleFile>(path!)
      const hash = (key: string): string =>
        createHash('sha256')
          .update(draw.seed + key)
          .digest('hex')
      expect(drawn.map(({ order }) => order)).toEqual(drawn.map(({ key }) => hash(key)).toSorted())
      expect(drawn).toHaveLength(2)
      const keys = packet.get(framePath(frame.id))!
      expect(createHash('sha256').update(keys).digest('hex')).toBe(frame.digest)
      const all = keys.toString().trimEnd().split('\n')
      expect(all).toHaveLength(frame.rows)
      expect(all.toSorted((a, b) => (hash(a) < hash(b) ? -1 : 1)).slice(0, draw.size)).toEqual(draw.keys)
      const packed = new Set(summary().runs.map(({ run }) => run))
      expect(drawn.every(({ run }) => packed.has(run))).toBe(true)
    },
  },
  {
    asks: 'attestations',
    files: [PACKET.attestations],
    answered() {
      expect(rows(PACKET.attestations)).toMatchObject([{ id: 'A-1', by: 'eve@acme.example', until: '2027-01-31' }])
      const removed = rows(PACKET.reviews).find(({ decision }) => decision === 'remove')!
      expect(removed).toMatchObject({ login: 'vic@vendor.example', by: 'Grace R.', reason: 'parcel is done' })
      expect(removed['doneAt']! > removed['signedAt']!).toBe(true)
    },
  },
  {
    asks: 'access log of what was handed out',
    files: [PACKET.auditLog],
    answered() {
      const [handed] = rows(PACKET.auditLog).filter(({ kind }) => kind === 'export')
      expect(handed).toMatchObject({ by: 'eve@laptop' })
      expect(JSON.parse(handed!['what']!)).toMatchObject({ what: 'results', format: 'csv' })
    },
  },
  {
    asks: 'control mapping marked as ours',
    files: [PACKET.controls, PACKET.periodCsv, PACKET.readme],
    answered() {
      const controls = rows(PACKET.controls)
      expect(controls[0]).toMatchObject({ control: 'AC-07', owner: 'it@acme.example', ref: 'ID-02' })
      expect(controls.slice(1).every(({ control, relation }) => control !== '' || relation!.startsWith('ours: '))).toBe(
        true,
      )
      const own = rows(PACKET.periodCsv).find(({ what }) => what === 'control')!
      expect(own['says']).toMatch(/other parts/)
      expect(text(PACKET.readme)).toContain('controls.csv is ours')
    },
  },
  {
    asks: 'personal data minimised, retention stated',
    files: [PACKET.readme, 'populations/runs/invite.csv'],
    answered() {
      expect(text(PACKET.readme)).toMatch(/PERSONAL DATA AND HOW LONG IT IS KEPT[\s\S]*25 months/)
      expect(summary().missing.map(({ because }) => because)).toContain('secret')
      expect(text('populations/runs/invite.csv')).not.toContain('http')
    },
  },
  {
    asks: 'PDF is a rendering that carries the manifest digest',
    files: [PACKET.report, PACKET.manifest],
    answered() {
      // A manifest cannot be in a file that it lists: it is that of all the others.
      const lines = text(PACKET.manifest)
        .split('\n')
        .filter((line) => !line.endsWith(`  ${PACKET.report}`))
      const pdf = packet.get(PACKET.report)!
      expect(pdf.subarray(0, 5).toString()).toBe('%PDF-')
      expect(pdf.includes(`manifest ${sha256(lines.join('\n'))}`)).toBe(true)
      expect(text(PACKET.readme)).toContain('a rendering; where it and the JSON differ, the JSON wins')
    },
  },
]

const sampledCalls = (): number => {
  const last = summary().last
  const others = summary().runs.filter(({ run }) => run !== last)
  const own = new Set(inputs().pulls.map(({ source, run }) => `${source} ${run}`))
  return others
    .flatMap(({ run }) => json<RunInputs>(`inputs/${run}.json`).pulls)
    .filter(({ source, run, pull }) => {
      const fresh = pull !== null && !own.has(`${source} ${run}`)
      own.add(`${source} ${run}`)
      return fresh
    })
    .reduce((sum, { pull }) => sum + pull!.requests.length, 0)
}

test('there are 27 of them', () => {
  expect(REQUIREMENTS).toHaveLength(27)
  expect(new Set(REQUIREMENTS.map(({ asks }) => asks)).size).toBe(27)
})

const met: string[] = []
test.each(REQUIREMENTS.map((requirement, index) => [index + 1, requirement.asks, requirement] as const))(
  '%i. %s',
  async (index, asks, { files, answered }) => {
    for (const file of files) expect(paths(file).length, file).toBeGreaterThan(0)
    await answered()
    met.push(`${String(index).padStart(2)}. ${asks}: ${files.join(', ')}`)
  },
)

test('each is answered, and by which file', () => {
  process.stdout.write(
    `\nrequirements of a packet, with the file that answers:\n${met.join('\n')}\n${met.length} of 27\n`,
  )
  expect(met).toHaveLength(27)
})

test('the first pages of the README answer who, when, of whom, what was tested, what deviated, what is open, and why not last night', () => {
  const pages = text(PACKET.readme).split('\n').slice(0, 180).join('\n')
  const order = [
    'Acme Corp (acme)',
    '2026-11-10T00:00:00.000Z to 2026-11-15T23:59:59.999Z',
    'WHO AND WHAT WAS LOOKED AT',
    'tailnet (tailscale)',
    'account: ',
    'WHAT WAS TESTED, AND HOW',
    'AC-07',
    'WHAT DEVIATED',
    'ID-02 offboarded-access-removed (tailnet): 2 leavers: 1 in time, 1 late',
    'WHAT COULD NOT BE DETERMINED',
    'WHY THIS COULD NOT HAVE BEEN MADE LAST NIGHT',
    'Outside time stamps: ',
    'minted a token for us',
    NONCE,
  ]
  let from = 0
  for (const words of order) {
    const found = pages.indexOf(words, from)
    expect(found, words).toBeGreaterThan(-1)
    from = found
  }
  expect(json<PackedPeriod>(PACKET.periodJson).results.length).toBeGreaterThan(50)
})
