/** OSCAL and OCSF: as their publishers' schemas want them, nothing missing made a pass, the same bytes twice. */
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Report } from '../../src/domain/report.ts'
import { uuidV5 } from '../../src/lib/uuid.ts'
import { ocsf } from '../../src/outputs/ocsf.ts'
import { oscal } from '../../src/outputs/oscal.ts'
import { healthyWorld } from '../helpers/healthy-world.ts'
import { GOVERNED, provenChecks, type TestInstallation, testClock, testInstallation } from '../helpers/installation.ts'
import { spec } from '../helpers/specs.ts'
import { TEST_START } from '../helpers/tools.ts'

const GOLDEN = join(import.meta.dirname, '../../fixtures/expected')
/** A few checks, so that a new one does not change the files. */
const SHOWN = ['COL-01', 'CS-02', 'ID-02', 'ID-14', 'ID-16', 'S1-04', 'S1-05']

let whole: TestInstallation
let few: TestInstallation
beforeAll(async () => {
  whole = await ailing(provenChecks)
  few = await ailing(provenChecks.filter(({ ref }) => SHOWN.includes(ref)))
})
afterAll(async () => {
  await whole.close()
  await few.close()
})

/** An infected device, one whose failure is accepted, one with a hostile name, and a vendor that is out. */
async function ailing(checks: typeof provenChecks): Promise<TestInstallation> {
  const world = healthyWorld(new Date(TEST_START))
  world.sentinelone.agents[0]!['infected'] = true
  world.sentinelone.agents[1]!['firewallEnabled'] = false
  const serial = String(world.sentinelone.agents[1]!['serialNumber'])
  const device = world.tailscale.devices.find(({ postureIdentity }) =>
    (postureIdentity as { serialNumbers?: string[] } | undefined)?.serialNumbers?.includes(serial),
  )!
  device['name'] = ' a name\nof "two" lines\u2028<script> '
  const installation = await testInstallation({
    world,
    checks,
    faults: { crowdstrike: [{ kind: 'status', status: 500 }] },
    clock: testClock(undefined, 0.001, true),
    yaml: `${GOVERNED}
waivers:
  - { id: W-1, check: S1-05, subject: ${device['nodeId']}, owner: bob@acme.example, approver: eve@acme.example, reason: "vendor image", created: 2026-11-01, expires: 2027-01-31 }
controls:
  - { id: AC-07, text: "Access of leavers is removed within one day", checks: [ID-02] }
`,
  })
  await installation.sync()
  return installation
}

const text = (lines: Iterable<string>): string => [...lines].join('')

interface Entry {
  uuid: string
  props?: { name: string; value: string }[]
  'related-observations'?: { 'observation-uuid': string }[]
  'related-risks'?: { 'risk-uuid': string }[]
  subjects?: { 'subject-uuid': string }[]
  target?: { status: { state: string } }
}
interface Document {
  'assessment-results': {
    results: {
      observations: Entry[]
      findings: Entry[]
      risks: Entry[]
      'local-definitions': { components: Entry[]; 'inventory-items': Entry[] }
    }[]
    'back-matter': { resources: Entry[] }
  }
}

describe('OSCAL', () => {
  let report: Report
  let document: Document
  beforeAll(async () => {
    report = await whole.report('latest')
    document = JSON.parse(text(oscal.render(report)))
  })

  test.each([
    'oscal/oscal_complete_schema-1.2.2.json',
    'oscal/oscal_complete_schema-1.1.3.json',
    'oscal/oscal_assessment-results_schema-1.2.1.json',
  ])('is valid by %s', (path) => {
    const schema = spec(path)
    if (schema === null) return
    const ajv = new Ajv({ strict: false, allErrors: true })
    addFormats.default(ajv)
    const valid = ajv.validate(schema as object, document)
    expect(ajv.errorsText(ajv.errors?.slice(0, 5))).toBe('No errors')
    expect(valid).toBe(true)
  })

  test('every id is given once, and every reference leads to one', () => {
    const [result] = document['assessment-results'].results
    const items = result!['local-definitions']
    const given = [
      ...[...result!.observations, ...result!.findings, ...result!.risks].map(({ uuid }) => uuid),
      ...[...items.components, ...items['inventory-items']].map(({ uuid }) => uuid),
      ...document['assessment-results']['back-matter'].resources.map(({ uuid }) => uuid),
    ]
    expect(new Set(given).size).toBe(given.length)
    const named = [...result!.observations, ...result!.findings, ...result!.risks].flatMap((entry) => [
      ...(entry['related-observations'] ?? []).map((one) => one['observation-uuid']),
      ...(entry['related-risks'] ?? []).map((one) => one['risk-uuid']),
      ...(entry.subjects ?? []).map((one) => one['subject-uuid']),
    ])
    expect(named.length).toBeGreaterThan(100)
    expect(named.filter((uuid) => !given.includes(uuid))).toEqual([])
    const links = [...JSON.stringify(document).matchAll(/"href":"#([^"]+)"/g)].map(([, uuid]) => uuid!)
    expect(links.filter((uuid) => !given.includes(uuid))).toEqual([])
  })

  test('only what passed is satisfied: unknown and not applicable have no finding', () => {
    const [result] = document['assessment-results'].results
    const states = new Map(
      result!.findings.map(({ props, target }) => [props?.find(({ name }) => name === 'outcome')?.value, target]),
    )
    expect([...states.keys()].sort()).toEqual(['fail', 'pass'])
    expect(states.get('pass')?.status).toEqual({ state: 'satisfied', reason: 'pass' })
    expect(states.get('fail')?.status).toEqual({ state: 'not-satisfied', reason: 'fail' })
    const judged = report.results.filter(({ status }) => status === 'pass' || status === 'fail')
    expect(result!.findings.length).toBe(judged.length)
    expect(judged.length).toBeLessThan(report.results.length)
  })

  test('an accepted failure stays one, with the risk beside it', () => {
    const [result] = document['assessment-results'].results
    expect(result!.risks).toHaveLength(1)
    const finding = result!.findings.find((entry) => entry['related-risks'] !== undefined)
    expect(finding?.target?.status.state).toBe('not-satisfied')
  })

  test('a subject keeps its id in the next run, and an export of the same run is the same', async () => {
    expect(text(oscal.render(await whole.report('latest')))).toBe(text(oscal.render(report)))
    const golden = await few.report('latest')
    // The leaf covers the request log, which names the ports that the vendors got.
    const written = text(oscal.render(golden)).replaceAll(golden.run!.leaf, '0'.repeat(64))
    await expect(written).toMatchFileSnapshot(join(GOLDEN, 'oscal.json'))
  })
})

describe('OCSF', () => {
  let events: Record<string, unknown>[]
  beforeAll(async () => {
    const lines = text(ocsf.render(await whole.report('latest'))).trimEnd()
    events = lines.split('\n').map((line) => JSON.parse(line))
  })

  test('every event is valid by the schema of the class', () => {
    const schema = spec('ocsf/compliance_finding-1.8.0.schema.json')
    if (schema === null) return
    const ajv = new Ajv2020({ strict: false, allErrors: true })
    addFormats.default(ajv)
    const validate = ajv.compile(schema as object)
    for (const event of events) expect(validate(event), ajv.errorsText(validate.errors)).toBe(true)
    expect(events.length).toBeGreaterThan(200)
  })

  test('an id is given once a run; each outcome has its own word, and an accepted failure is suppressed, not passed', () => {
    const ids = events.map(({ finding_info }) => (finding_info as { uid: string }).uid)
    expect(new Set(ids).size).toBe(ids.length)
    const said = new Set(
      events.map(({ compliance, status_id, unmapped }) => {
        const { status } = compliance as { status: string }
        const { exhibit } = unmapped as { exhibit: { status: string; waiver: unknown } }
        return `${exhibit.status}: ${status} ${status_id}${exhibit.waiver === null ? '' : ' accepted'}`
      }),
    )
    expect([...said].sort()).toEqual([
      'fail: Fail 1',
      'fail: Fail 3 accepted',
      'not_applicable: Not applicable 4',
      'pass: Pass 4',
      'unknown: Warning 1',
    ])
  })

  test('times are milliseconds, and the same run gives the same bytes', async () => {
    expect(events.every(({ time }) => Number.isInteger(time) && (time as number) > 1e12)).toBe(true)
    await expect(text(ocsf.render(await few.report('latest')))).toMatchFileSnapshot(join(GOLDEN, 'ocsf.json'))
  })
})

test('ids of names are those of RFC 9562, appendix A.4', () => {
  expect(uuidV5('6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'www.example.com')).toBe('2ed6657d-e927-568b-95e1-2665a8aea6a2')
})
