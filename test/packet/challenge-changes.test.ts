/** What changes an answer for the challenge: one value, and nothing beside it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checks } from '../../checks/index.ts'
import laptopsHaveAssetTags from '../../fixtures/own-checks/laptops-have-asset-tags.ts'
import { runVerify } from '../../src/cli/verify.ts'
import { connectors } from '../../src/connectors/index.ts'
import { defineCheck } from '../../src/domain/check.ts'
import { checkKit } from '../../src/domain/check-kit.ts'
import { type Finding, finding } from '../../src/domain/finding.ts'
import { operatorsCheck } from '../../src/domain/own-check.ts'
import { inputsOf, type RunInputs } from '../../src/domain/reperform.ts'
import type { Verification } from '../../src/domain/verification.ts'
import { canonicalJson } from '../../src/lib/canonical-json.ts'
import { openAnswer, pathText, putAt, valueAt } from '../../src/packet/challenge/answer.ts'
import { Copy, shown } from '../../src/packet/challenge/copy.ts'
import { DECLARED, declared } from '../../src/packet/challenge/declared.ts'
import { otherwise } from '../../src/packet/challenge/generic.ts'
import { type Ground, groundOf } from '../../src/packet/challenge/ground.ts'
import { challenge } from '../../src/packet/challenge/index.ts'
import { member, pageGone, type Recipe } from '../../src/packet/challenge/recipe.ts'
import { turnAll } from '../../src/packet/challenge/turn.ts'
import { cliParts } from '../helpers/cli.ts'
import { provenChecks, type TestInstallation, testInstallation } from '../helpers/installation.ts'

const bytes = (text: string): Uint8Array => Buffer.from(text)
const written = (text: string, change: (root: unknown) => void): string => {
  const answer = openAnswer(bytes(text))!
  change(answer.root)
  return Buffer.from(answer.write()).toString('utf8')
}

describe('an answer', () => {
  test.each([
    {
      what: 'JSON keeps every other value',
      sent: '{"users":[{"id":"1","status":"suspended"},{"id":"2","status":"active"}]}',
      path: ['users', 0, 'status'],
      to: 'active',
      want: '{"users":[{"id":"1","status":"active"},{"id":"2","status":"active"}]}',
    },
    {
      what: 'numbers longer than a number holds stay the digits that were sent',
      sent: '{"rows":[{"id":225494730938493804,"n":1}]}',
      path: ['rows', 0, 'n'],
      to: 2,
      want: '{"rows":[{"id":225494730938493804,"n":2}]}',
    },
    {
      what: 'a policy loses its comments and trailing commas, and no rule',
      sent: '{ // who\n  "grants": [{"src": ["a"],},],\n}',
      path: ['grants', 0, 'src'],
      to: ['*'],
      want: '{"grants":[{"src":["*"]}]}',
    },
    {
      what: 'a member is taken out',
      sent: '{"a":{"b":1,"c":2}}',
      path: ['a', 'b'],
      to: undefined,
      want: '{"a":{"c":2}}',
    },
    {
      what: 'a row is taken out of its list',
      sent: '[{"id":1},{"id":2}]',
      path: [0],
      to: undefined,
      want: '[{"id":2}]',
    },
    {
      what: 'what leads to a new member is made, a list where a place in a list is named',
      sent: '{}',
      path: ['nodeAttrs', 0, 'attr'],
      to: ['funnel'],
      want: '{"nodeAttrs":[{"attr":["funnel"]}]}',
    },
    {
      what: 'a roster: quotes, line breaks and blank rows in it stay',
      sent: 'Email,name,mfa\r\na@x.example,"A ""B""\nC",true\r\n\r\nb@x.example,B,true\r\n',
      path: [2, 'mfa'],
      to: 'false',
      want: '"email","name","mfa"\n"a@x.example","A ""B""\nC","true"\n"","",""\n"b@x.example","B","false"\n',
    },
  ])('$what', ({ sent, path, to, want }) => {
    expect(written(sent, (root) => putAt(root, path, to))).toBe(want)
  })

  test.each([
    ['what is no text', Uint8Array.of(0xff, 0xfe, 0x00)],
    ['one word', bytes('no')],
    ['a page of somebody else', bytes('<html>502</html>')],
    ['nothing', bytes('')],
  ])('%s is nothing to point into', (_, body) => {
    expect(openAnswer(body)).toBeNull()
  })

  test('places are named as people read them', () => {
    expect(pathText(['users', 3, 'status'])).toBe('users[3].status')
    expect(pathText([2, 'is_missing'])).toBe('[2].is_missing')
    expect(pathText(['attributes', 'node:os'])).toBe('attributes["node:os"]')
    expect(openAnswer(bytes('email,mfa\na@x.example,true\n'))!.name([0, 'mfa'])).toBe('row 2, mfa')
    expect(valueAt({ a: [null] }, ['a', 0, 'b'])).toBeUndefined()
    expect([shown(undefined), shown(''), shown('x'.repeat(500)).length]).toEqual(['nothing', '""', 120])
  })
})

describe('another value', () => {
  test.each([
    [true, [false, undefined]],
    [0, [1, 1_000_000_000, undefined]],
    ['active', ['exhibit-challenge', '', undefined]],
    ['true', ['false', '']],
    ['2026-11-20T09:00:00Z', ['2000-01-01T00:00:00Z', '2999-01-01T00:00:00Z', undefined]],
    ['2026-11-20', ['2000-01-01', '2999-01-01', '']],
    ['1.90.6', ['0.0.1', undefined]],
    [['a'], [[], ['exhibit-challenge'], undefined]],
    [null, [undefined]],
  ])('%j becomes %j', (value, others) => {
    expect(otherwise(value)).toEqual(others)
  })
})

describe('what cannot be turned', () => {
  const about = { kind: 'system', source: 'collection', key: 'all', label: 'everything' }
  const question = {
    version: 1,
    question: 'Is all well?',
    why: '',
    remediation: '',
    severity: 'low',
    controls: [],
  } as const
  /** Rests on nothing that anybody sent: no change of any answer can reach it. */
  const alwaysPasses = defineCheck({
    ...question,
    id: 'always-passes',
    ref: 'ZZ-01',
    title: 'All is well',
    over: 'collection',
    needs: [],
    run: () => [finding('pass', about)],
    say: () => 'All is well.',
  })
  const own = operatorsCheck(laptopsHaveAssetTags(checkKit))
  const some = [...provenChecks.filter(({ ref }) => ref === 'DEV-03'), alwaysPasses, own]
  let inputs: RunInputs
  const pages = new Map<string, Uint8Array>()

  beforeAll(async () => {
    const house = await testInstallation({ checks: some, yaml: '' })
    const { run } = await house.sync()
    inputs = inputsOf((await house.store.past(run.id))!, connectors, () => false)
    for (const { pages: sent } of inputs.pulls) {
      for (const { sha256 } of sent) pages.set(sha256, (await house.store.page(sha256)) ?? bytes(''))
    }
    await house.close()
  })

  const over = (only: string | null) =>
    challenge(inputs, only, {
      connectors,
      pages: async (digest) => pages.get(digest) ?? null,
      checks: [...checks, alwaysPasses],
    })

  test('a check that cannot fail is found out, by name', async () => {
    const { checks: challenged } = await over(null)
    expect(challenged.find(({ ref }) => ref === 'ZZ-01')).toMatchObject({
      passes: 1,
      failed: 0,
      unknown: 0,
      unturned: ['collection/system/all'],
      because: null,
    })
    expect(challenged.find(({ ref }) => ref === 'DEV-03')!.unturned).toEqual([])
  })

  test('the operator’s own check is listed with the reason: its code is not run', async () => {
    const { checks: challenged } = await over('OWN-01')
    expect(challenged).toMatchObject([
      { ref: 'OWN-01', unturned: [], because: 'judged by an operator’s own check, whose code is not run' },
    ])
  })

  test('the command then ends with 1, though the packet verifies', async () => {
    const made = await over('ZZ-01')
    const said = { out: '', err: '' }
    const verification: Verification = {
      ...{ verdict: 'verified', packet: null, trusted: 'packet', steps: [], broken: null },
      ...{ incomplete: [], notRerun: [], stamps: [], unread: [], challenge: made },
    }
    const parts = { ...cliParts(null, said), verify: async () => verification }
    expect(await runVerify('packet.zip', { challenge: 'ZZ-01', format: 'table' }, parts)).toBe(1)
    const text = said.out.replace(/\s+/g, ' ')
    expect(text).toContain('ZZ-01 always-passes: 1 pass → 1 NOT TURNED collection/system/all')
    expect(text).toContain('1 passing verdict of 1 result: 0 turned to fail, 0 to unknown, 1 did not turn.')
  })
})

describe('over a run', () => {
  let house: TestInstallation
  let inputs: RunInputs
  let ground: Ground
  const pages = new Map<string, Uint8Array>()

  beforeAll(async () => {
    house = await testInstallation()
    const { run } = await house.sync()
    const past = (await house.store.past(run.id))!
    for (const pull of past.pulls) {
      for (const { sha256 } of pull.pages) {
        const body = await house.store.page(sha256)
        if (body !== null) pages.set(sha256, body)
      }
    }
    inputs = JSON.parse(canonicalJson(inputsOf(past, connectors, () => false))) as RunInputs
    ground = await groundOf(inputs, { connectors, pages: async (digest) => pages.get(digest) ?? null })
  })
  afterAll(() => house.close())

  const check = (ref: string) => checks.find((one) => one.ref === ref)!
  const judged = (copy: Copy, ref: string) =>
    copy.judge(check(ref), check(ref).over === 'tailnet' ? 'tailnet' : null, provenChecks)
  const passing = async (ref: string): Promise<Finding[]> =>
    (await judged(new Copy(ground), ref)).findings.filter(({ status }) => status === 'pass')
  async function turnedBy(ref: string, recipes: readonly Recipe[]) {
    const result = await judged(new Copy(ground), ref)
    const open = result.findings.filter(({ status }) => status === 'pass')
    return turnAll({
      ground,
      check: check(ref),
      system: result.system,
      asked: provenChecks,
      result,
      passing: open,
      recipes,
    })
  }

  test('an untouched copy is judged as the run was', async () => {
    for (const ref of ['ID-02', 'S1-03', 'POS-08', 'COL-03']) {
      const { counts, status } = await judged(new Copy(ground), ref)
      const sealed = inputs.results.find((one) => one.ref === ref)!
      expect([status, counts]).toEqual([sealed.status, sealed.counts])
    }
  })

  test('a changed value turns its own subject, and every other verdict stays', async () => {
    const all = await passing('S1-03')
    const [one] = all
    const copy = new Copy(ground)
    const done = await member('agent', 'activeThreats', 1)(copy, { finding: one!, check: 'x', system: 'tailnet' })
    expect(done).toEqual([expect.stringMatching(/^data\[\d+\]\.activeThreats 0 → 1$/)])
    const { findings } = await judged(copy, 'S1-03')
    const statusOf = ({ subject }: Finding) => findings.find((other) => other.subject.key === subject.key)!.status
    expect(statusOf(one!)).toBe('fail')
    expect(all.slice(1).map(statusOf)).toEqual(all.slice(1).map(() => 'pass'))
  })

  test('what a connector then cannot read makes the source unusable, as a pull would', async () => {
    const [one] = await passing('S1-03')
    const copy = new Copy(ground)
    await member('agent', 'id', 7)(copy, { finding: one!, check: 'x', system: 'tailnet' })
    expect(await judged(copy, 'S1-03')).toMatchObject({
      status: 'unknown',
      unknownReason: 'source_error',
      findings: [],
    })
  })

  test('an answer that never came makes its checks unknown, by the engine', async () => {
    const [one] = await passing('S1-03')
    const copy = new Copy(ground)
    expect(await pageGone(copy, { finding: one!, check: 'x', system: 'tailnet' })).toEqual([
      expect.stringMatching(/gone: the reading is not complete$/),
    ])
    expect(await judged(copy, 'S1-03')).toMatchObject({
      status: 'unknown',
      message: expect.stringContaining('truncated'),
    })
  })

  test('without a table the rows are searched, and what decided is found', async () => {
    const turns = await turnedBy('DEV-03', [])
    expect(turns).toHaveLength((await passing('DEV-03')).length)
    for (const { becomes, changed } of turns) {
      expect(becomes).toBe('fail')
      expect(changed).toMatch(/keyExpiryDisabled false → true|tags|isExternal/)
    }
  })

  test('what the changes of others turned is not counted: those are tried one by one', async () => {
    // Whoever comes first changes the answer for all: alone it would not have turned the others.
    const first = (await passing('DEV-03'))[0]!.subject.key
    const greedy: Recipe = async (copy, target) => {
      if (target.finding.subject.key === first) return []
      return member(
        'device',
        'keyExpiryDisabled',
        true,
      )(copy, {
        ...target,
        finding: (await passing('DEV-03'))[0]!,
      })
    }
    const result = await judged(new Copy(ground), 'DEV-03')
    const open = result.findings.filter(({ status }) => status === 'pass')
    const parts = { ground, check: check('DEV-03'), system: 'tailnet', asked: provenChecks, result, passing: open }
    const turns = await turnAll({ ...parts, recipes: [greedy] })
    const own = turns.filter(({ finding }) => finding.subject.key !== first)
    for (const { changed, finding } of own) {
      const place = await ground.placeOf(finding.records[0]!, ground.pageOf(finding.records[0]!)!)
      expect(changed).toContain(pathText(place))
    }
  })

  test('every check that can fail has its changes in the tables, and no change is left of a check that went', () => {
    const without = checks.filter(({ ref, informational }) => !informational && declared(ref).length === 0)
    expect(without.map(({ ref }) => ref)).toEqual([])
    const refs = checks.map(({ ref }) => ref)
    expect(DECLARED.filter((ref) => !refs.includes(ref))).toEqual([])
  })
})
