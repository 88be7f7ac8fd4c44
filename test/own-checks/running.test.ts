/** Own checks in a run: asked by the same engine under the same rules, sealed with their source, marked everywhere. */
import { spawnSync } from 'node:child_process'
import { parse } from 'csv-parse/sync'
import { afterEach, describe, expect, test } from 'vitest'
import laptopsHaveAssetTags from '../../fixtures/own-checks/laptops-have-asset-tags.ts'
import type { Check } from '../../src/domain/check.ts'
import { checkKit } from '../../src/domain/check-kit.ts'
import { evaluate } from '../../src/domain/evaluate.ts'
import { operatorsCheck } from '../../src/domain/own-check.ts'
import { outputs } from '../../src/outputs/index.ts'
import { renderPdf } from '../../src/outputs/pdf/index.ts'
import {
  answersTo,
  attributes,
  device,
  FAILED,
  findingsOf,
  type Row,
  resultOf,
  snapshotOf,
  sourceState,
} from '../helpers/build.ts'
import { exhibit } from '../helpers/cli.ts'
import { GOVERNED, provenChecks, type TestInstallation, testInstallation } from '../helpers/installation.ts'

const tags = operatorsCheck(laptopsHaveAssetTags(checkKit))
const tagged = (value: string | number) => attributes({ values: { 'custom:assetTag': value } })

describe('the worked example', () => {
  test.each<Row>([
    { name: 'a tag of ours', records: [device(), tagged('AT-00417')], want: ['pass'] },
    { name: 'no tag', records: [device(), attributes()], want: ['fail'] },
    { name: 'another word', records: [device(), tagged('none')], want: ['fail'] },
    { name: 'the prefix alone', records: [device(), tagged('AT-')], want: ['fail'] },
    { name: 'a number', records: [device(), tagged(417)], want: ['fail'] },
    { name: 'a prefix by parameter', records: [device(), tagged('NL-1')], params: { prefix: 'NL-' }, want: ['pass'] },
    { name: 'attributes that were not read', records: [device()], want: ['no_data'] },
    { name: 'shared in', records: [device({ isExternal: true })], want: ['not_applicable'] },
  ])('$name: $want', (row) => {
    expect(answersTo(tags, row)).toEqual(row.want)
  })

  test('says what is wrong with whom', () => {
    const say = (...records: Row['records']) => tags.say(findingsOf(tags, snapshotOf(records))[0]!)
    expect(say(device({ name: 'nb-1' }), attributes())).toMatch(/ carries no asset tag\.$/)
    expect(say(device({ name: 'nb-1' }), tagged('none'))).toMatch(
      / carries "none", which is no asset tag of ours \(AT-…\)\.$/,
    )
  })
})

/** An own check that does what `run` does. */
function own(over: Partial<Parameters<typeof checkKit.defineCheck>[0]>): Check {
  return operatorsCheck(
    checkKit.defineCheck({
      id: 'mine',
      ref: 'OWN-02',
      version: 1,
      title: 'Mine',
      question: 'Is it mine?',
      why: 'Because.',
      remediation: 'Do it.',
      severity: 'low',
      controls: [],
      needs: [{ kind: 'device' }],
      run: (snapshot) => snapshot.of('device').map((one) => checkKit.finding('pass', one)),
      say: () => 'It is.',
      ...over,
    }),
  )
}

describe('an own check that goes wrong is unknown, and the rest of the run stands:', () => {
  const bad = (value: unknown) => () => value as never
  const good = {
    status: 'pass',
    unknownReason: null,
    subject: { kind: 'device', source: 'a', key: 'b', label: 'c' },
    notice: null,
    facts: {},
    records: [],
  }
  test.each([
    {
      name: 'it throws',
      run: () => {
        throw new Error('no field "x"')
      },
      says: 'no field "x"',
    },
    {
      name: 'it throws something else',
      run: () => {
        throw 'a text'
      },
      says: 'a text',
    },
    { name: 'it returns a promise', run: bad(Promise.resolve([])), says: '`run` did not return a list of findings' },
    {
      name: 'it returns a number in the list',
      run: bad([1]),
      says: 'something that kit.finding or kit.unknown did not make',
    },
    { name: 'a status of its own', run: bad([{ ...good, status: 'good' }]), says: 'something that kit.finding' },
    { name: 'unknown without a reason', run: bad([{ ...good, status: 'unknown' }]), says: 'has the reason "null"' },
    { name: 'a pass with a reason', run: bad([{ ...good, unknownReason: 'stale' }]), says: 'has the reason "stale"' },
    { name: 'no subject', run: bad([{ ...good, subject: undefined }]), says: 'no subject with kind' },
    {
      name: 'half an emoji as a label',
      run: bad([{ ...good, subject: { ...good.subject, label: '\ud83d' } }]),
      says: 'no subject with kind',
    },
    {
      name: 'a fact that JSON cannot hold',
      run: bad([{ ...good, facts: { since: new Date(0) } }]),
      says: 'the fact "since" of c is no JSON value',
    },
    { name: 'a fact that is no number', run: bad([{ ...good, facts: { age: Number.NaN } }]), says: 'the fact "age"' },
    { name: 'records that are none', run: bad([{ ...good, records: [1] }]), says: 'the records of c' },
    { name: 'a notice that is no text', run: bad([{ ...good, notice: 1 }]), says: 'the notice of c' },
    { name: 'the same subject twice', run: bad([good, good]), says: 'answered twice for a/device/b' },
    {
      name: 'needs that throw',
      run: bad([]),
      needs: () => {
        throw new Error('which?')
      },
      says: 'which?',
    },
    {
      name: 'limits that throw',
      run: bad([]),
      limits: () => {
        throw new Error('how far?')
      },
      says: 'how far?',
    },
  ])('$name', ({ says, ...over }) => {
    const results = [...evaluate(snapshotOf([device(), tagged('AT-1')]), [own(over), tags])]
    const mine = results.find(({ ref }) => ref === 'OWN-02')!
    expect(mine).toMatchObject({ status: 'unknown', unknownReason: 'no_data', findings: [] })
    expect(mine.message).toContain(`Your own check OWN-02 stopped: `)
    expect(mine.message).toContain(says)
    expect(results.find(({ ref }) => ref === 'OWN-01')!.status).toBe('pass')
  })

  test('a fault in one of ours still stops the run', () => {
    const ours = {
      ...own({}),
      operator: false,
      run: () => {
        throw new Error('a bug')
      },
    }
    expect(() => [...evaluate(snapshotOf([device()]), [ours])]).toThrow('a bug')
  })

  test('a sentence that fails is made up for; lists sorted in place trouble nobody; what was carried stays', () => {
    const one = own({
      run: (snapshot) =>
        (snapshot.of('device') as ReturnType<typeof device>[]).reverse().map((each) => checkKit.finding('fail', each)),
      say: () => {
        throw new Error('speechless')
      },
      carry: () => {
        throw new Error('forgetful')
      },
    })
    const snapshot = snapshotOf([device({ key: 'd1' }), device({ key: 'd2' })])
    const [finding] = one.run(snapshot, {})
    expect(one.say(finding!)).toMatch(/: does not hold; OWN-02 has no sentence for it\.$/)
    expect(snapshot.of('device').map(({ key }) => key)).toEqual(['d1', 'd2'])
    expect(one.carry!(snapshot)).toEqual([])
  })

  test('the engine answers for it where a source that it needs has failed', () => {
    const result = resultOf(tags, [device()], { sources: [sourceState(FAILED)] })
    expect(result).toMatchObject({ status: 'unknown', unknownReason: expect.stringMatching(/source_error|auth_error/) })
  })
})

describe('in an installation', () => {
  let house: TestInstallation | null = null
  afterEach(async () => {
    await house?.close()
    house = null
  })
  const text = 'the source as it was read'
  const open = async (yaml = '', ownChecks = [{ file: 'a.ts', sha256: '1'.repeat(64), source: text }]) => {
    house = await testInstallation({ checks: [...provenChecks, tags], ownChecks, yaml: `${GOVERNED}${yaml}` })
    return house
  }

  test('its source is sealed with the run: another text is another digest of the settings', async () => {
    const installation = await open()
    const first = await installation.sync()
    expect((await installation.report()).snapshot!.settings.ownChecks![0]!.source).toBe(text)
    const edited = installation.reconfigured({
      ownChecks: [{ file: 'a.ts', sha256: '2'.repeat(64), source: 'edited' }],
    })
    const second = await edited.sync({ sources: null, respectPauses: false, accept: null }, () => {})
    expect(second.run.sequence).toBe(first.run.sequence + 1)
    const then = await installation.report(first.run.snapshotAt)
    const now = await installation.report('latest')
    expect([then, now].map((report) => report.snapshot!.settings.ownChecks![0]!.source)).toEqual([text, 'edited'])
  })

  test('is marked as the operator’s in JSON, CSV, table and explanation', async () => {
    const installation = await open('  laptops-have-asset-tags: { params: { prefix: "NL-" } }\n')
    await installation.sync()
    const report = await installation.report()
    const render = (id: string) => [...outputs.find((output) => output.id === id)!.render(report)].join('')
    const results = JSON.parse(render('json')).results as { ref: string; operator?: boolean; parameters: object }[]
    expect(results.filter(({ operator }) => operator).map(({ ref, parameters }) => [ref, parameters])).toEqual([
      ['OWN-01', { prefix: 'NL-' }],
    ])
    const [head, ...rows] = parse(render('csv'), { bom: true }) as string[][]
    const at = (name: string): number => head!.indexOf(name)
    const marked = rows.filter((row) => row[at('operator')] === 'true')
    expect([...new Set(marked.map((row) => row[at('ref')]))]).toEqual(['OWN-01'])
    expect(rows.filter((row) => row[at('operator')] === 'false').length).toBeGreaterThan(100)
    expect((await exhibit(installation, 'check')).out).toMatch(/OWN-01 +Computers carry their asset tag \(your own\)/)
    expect((await exhibit(installation, 'explain', 'OWN-01')).out).toContain('Your own check, from checksFolder')
    expect((await exhibit(installation, 'check', 'own-01')).code).toBe(1)
  })

  test('can be waived and disabled like any other', async () => {
    const waivers = `waivers:
  - { id: W-1, check: OWN-01, subject: "*", owner: bob@acme.example, approver: eve@acme.example, reason: stocktaking, created: 2026-01-01, expires: 2026-12-31 }
`
    const installation = await open(waivers)
    await installation.sync()
    const result = (await installation.report()).results.find(({ check }) => check.ref === 'OWN-01')!
    expect(result.counts.fail).toBeGreaterThan(0)
    expect(result.counts.waived).toBe(result.counts.fail)
    const off = installation.reconfigured({
      yaml: `${GOVERNED}  OWN-01: { enabled: false, because: moved to the inventory }\n`,
    })
    await off.sync({ sources: null, respectPauses: false, accept: null }, () => {})
    expect((await off.report('latest')).disabled.map(({ check, because }) => [check.ref, because])).toEqual([
      ['OWN-01', 'moved to the inventory'],
    ])
  })
})

test('an edited check does not rewrite what an earlier text of it has judged', async () => {
  const before = own({ run: (snapshot) => snapshot.of('device').map((one) => checkKit.finding('fail', one)) })
  const installation = await testInstallation({ checks: [...provenChecks, before] })
  try {
    await installation.sync()
    const after = own({})
    const report = await installation.reconfigured({ checks: [...provenChecks, after] }).report('latest')
    const result = report.results.find(({ check }) => check.ref === 'OWN-02')!
    expect([result.status, result.complete]).toEqual(['fail', false])
    expect(result.message).toMatch(/^Judged by an earlier text of this check;/)
  } finally {
    await installation.close()
  }
})

test('the report on paper says whose check it is', async () => {
  const installation = await testInstallation({ checks: [tags], yaml: '' })
  try {
    await installation.sync()
    const report = await installation.report()
    const pdf = Buffer.concat(await Array.fromAsync(renderPdf(report, async () => null)))
    const text = spawnSync('pdftotext', ['-raw', '-', '-'], { input: pdf, encoding: 'utf8' })
    if (text.error !== undefined && process.env['SPECS'] !== 'required') {
      console.log('skipped: the words of the PDF, which need pdftotext')
      return
    }
    expect(text.stdout).toContain('the operator’s own check')
  } finally {
    await installation.close()
  }
})
