import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type AttributeSource,
  allOf,
  anyOf,
  type Condition,
  type ConditionResult,
  combine,
  evaluateCondition,
  isProblem,
  type Literal,
  type Outcome,
  parseCondition,
  unknownReasonOf,
  type Why,
} from '../../src/domain/posture.ts'

/** A healthy laptop, as Tailscale's API shows one. */
const LAPTOP: Readonly<Record<string, Literal>> = {
  'custom:myScore': 80,
  'custom:diskEncryption': true,
  'custom:a_b:C9': 'x',
  'node:os': 'macos',
  'node:osVersion': '14.4.1',
  'node:tsReleaseTrack': 'stable',
  'node:tsVersion': '1.86.2',
  'node:tsAutoUpdate': true,
  'node:tsStateEncrypted': false,
  'ip:country': 'DE',
  'sentinelOne:operationalState': 'na',
  'sentinelOne:activeThreats': 0,
  'sentinelOne:agentVersion': '23.4.2.9',
  'sentinelOne:encryptedApplications': true,
  'sentinelOne:firewallEnabled': true,
  'sentinelOne:infected': false,
  'falcon:ztaScore': 82,
  'kandji:mdmEnabled': true,
  'kandji:agentInstalled': false,
  'intune:complianceState': 'compliant',
  'huntress:firewallStatus': 'Pending Isolation',
  'fleetPolicy:Disk encryption (macOS) is on': true,
  'fleetPolicy:gatekeeper': false,
}
const laptop: AttributeSource = (key) =>
  key in LAPTOP ? { state: 'value', value: LAPTOP[key]! } : { state: 'missing' }
const unreachable: AttributeSource = () => ({ state: 'unreadable', reason: 'auth_error' })

interface Case {
  condition: string
  why: Why
}
const cases: Case[] = []
const add = (why: Why, ...conditions: string[]) => {
  for (const condition of conditions) cases.push({ condition, why })
}

// Shown on the vendor's page, or in the policy of every new tailnet.
add(
  'pass',
  "node:os IN ['macos', 'linux']",
  "node:os != 'windows'",
  "node:tsVersion >= '1.40'",
  'falcon:ztaScore >= 70',
)
add('pass', "sentinelOne:operationalState == 'na'", 'sentinelOne:activeThreats == 0', 'node:tsAutoUpdate')
add('pass', 'custom:tier NOT SET', 'custom:myScore IS SET')
add('fail', "ip:country in ['CA','US']")
add('missing', "custom:tier != 'prod'", "custom:tier NOT IN ['prod']")
add('type_mismatch', "custom:diskEncryption == 'true'")

/** attribute | texts equal to its value | texts of the same type that are not | texts of another type */
const EQUALITY: [string, string[], string[], string[]][] = [
  ['node:os', ["'macos'", '"macos"'], ["'linux'", "'macOS'", "' macos'", "''"], ['1', 'true']],
  ['ip:country', ["'DE'"], ["'de'"], ['false']],
  ['custom:a_b:C9', ["'x'"], ["'X'"], ['0']],
  ['huntress:firewallStatus', ["'Pending Isolation'"], ["'Pending'"], ['true']],
  ['falcon:ztaScore', ['82', '82.0'], ['0', '-82', '82.5', '999999999999999'], ["'82'", 'true']],
  ['sentinelOne:activeThreats', ['0', '-0'], ['1'], ["''", "'0'", 'false']],
  ['custom:diskEncryption', ['true'], ['false'], ["'true'", '1']],
  ['kandji:agentInstalled', ['false'], ['true'], ["'false'", '0']],
  ['fleetPolicy:Disk encryption (macOS) is on', ['true'], ['false'], ["'on'"]],
  // Older documentation says number, newer true or false: 0 is false, 1 is true.
  ['sentinelOne:infected', ['false', '0'], ['true', '1', '2'], ["'false'"]],
  // Versions are equal when neither is above the other.
  ['node:tsVersion', ["'1.86.2'", "'1.86.02'"], ["'1.86'", "'v1.86.2'"], ['1.86', 'true']],
  ['node:osVersion', ["'14.4.1'", "'014.4.1'"], ["'14.4'"], ['14']],
  ['sentinelOne:agentVersion', ["'23.4.2.9'", "'23.04.2.9'"], ["'23.4.2'"], ['23']],
]
for (const [attribute, equal, other, wrong] of EQUALITY) {
  for (const value of equal) {
    add('pass', `${attribute} == ${value}`, `${attribute} IN [${value}]`, `${attribute} in [ ${other[0]} ,${value}, ]`)
    add(
      'fail',
      `${attribute} != ${value}`,
      `${attribute} NOT IN [${value}]`,
      `${attribute} Not  In [${other[0]}, ${value}]`,
    )
    // What is found is found, whatever stands beside it.
    add('pass', `${attribute} IN [${wrong[0]}, ${value}]`)
    add('fail', `${attribute} NOT IN [${value}, ${wrong[0]}]`)
  }
  for (const value of other) {
    add('fail', `${attribute} == ${value}`, `${attribute} IN [${value}]`, `${attribute} IN [${value},${value},]`)
    add('pass', `${attribute} != ${value}`, `${attribute} NOT IN [${value}]`, `${attribute}\tnot\tin\t[${value}]`)
    add('type_mismatch', `${attribute} IN [${value}, ${wrong[0]}]`, `${attribute} NOT IN [${value}, ${wrong[0]}]`)
  }
  for (const value of wrong) {
    add('type_mismatch', `${attribute} == ${value}`, `${attribute} != ${value}`)
    add('type_mismatch', `${attribute} IN [${value}]`, `${attribute} NOT IN [${value}]`)
  }
  add('pass', `${attribute} IS SET`, `${attribute} is  set`, `${attribute} NOT IN []`)
  add('fail', `${attribute} NOT SET`, `${attribute} not set`, `${attribute} IN []`)
}

/** attribute | a value below | the value | a value above */
const ORDER: [string, string, string, string][] = [
  ['falcon:ztaScore', '70', '82', '82.5'],
  ['custom:myScore', '-1', '80.0', '81'],
  ['sentinelOne:activeThreats', '-0.5', '0', '1'],
  ['sentinelOne:infected', '-1', '0', '1'],
  ['node:tsVersion', "'1.9'", "'1.86.2'", "'1.100'"],
  ['node:tsVersion', "'1.86'", "'1.086.2'", "'v1.0'"],
  ['node:osVersion', "'14.4'", "'14.4.1'", "'14.10'"],
  ['sentinelOne:agentVersion', "'23.4.2'", "'23.4.2.9'", "'23.4.2.10'"],
]
for (const [attribute, below, same, above] of ORDER) {
  add('pass', `${attribute} > ${below}`, `${attribute} >= ${below}`, `${attribute} >= ${same}`)
  add('pass', `${attribute} < ${above}`, `${attribute} <= ${above}`, `${attribute} <= ${same}`)
  add('fail', `${attribute} > ${same}`, `${attribute} > ${above}`, `${attribute} >= ${above}`)
  add('fail', `${attribute} < ${same}`, `${attribute} < ${below}`, `${attribute} <= ${below}`)
}
for (const operator of ['<', '<=', '>', '>=']) {
  // No order is documented for texts, truths, or a mixture.
  add('type_mismatch', `node:os ${operator} 'linux'`, `custom:a_b:C9 ${operator} '1.0'`, `node:os ${operator} 1`)
  add('type_mismatch', `custom:diskEncryption ${operator} false`, `custom:diskEncryption ${operator} 0`)
  add('type_mismatch', `falcon:ztaScore ${operator} '70'`, `falcon:ztaScore ${operator} true`)
  add('type_mismatch', `node:tsVersion ${operator} 1.4`, `sentinelOne:infected ${operator} true`)
  add('missing', `custom:absent ${operator} 1`, `custom:absent ${operator} '1'`, `node:absent ${operator} '1.40'`)
}

// Bare: as if "== true" stood behind it.
add(
  'pass',
  'kandji:mdmEnabled',
  ' custom:diskEncryption ',
  '\nnode:tsAutoUpdate\t',
  'fleetPolicy:Disk encryption (macOS) is on',
)
add('fail', 'kandji:agentInstalled', 'node:tsStateEncrypted', 'fleetPolicy:gatekeeper', 'sentinelOne:infected')
add('missing', 'custom:absent', 'jamfPro:supervised', 'fleetPolicy:Disk', 'fleetPolicy:in use')
add('type_mismatch', 'node:os', 'falcon:ztaScore')

// Nothing is there: no operator is met but NOT SET; keys are case-sensitive.
for (const absent of ['custom:absent', 'Node:os', 'node:OS', 'sentinelone:infected', 'fleetPolicy:disk encryption']) {
  add('missing', `${absent} == 'x'`, `${absent} != 'x'`, `${absent} == true`, `${absent} != true`, `${absent} != 0`)
  add('missing', `${absent} IN ['x', 1, true]`, `${absent} NOT IN ['x']`, `${absent} NOT IN []`, `${absent} IN []`)
  add('fail', `${absent} IS SET`)
  add('pass', `${absent} NOT SET`)
}

// Not in the language: never met, whatever the device is like.
add(
  'unparsable',
  '',
  ' ',
  'node',
  'node:',
  ':os',
  'node os',
  'node.os',
  "'node:os'",
  'node:os-version',
  '$node:os',
  'nöde:os',
)
add(
  'unparsable',
  'node:os ==',
  'node:os == ',
  "node:os = 'macos'",
  "node:os === 'macos'",
  "node:os =! 'windows'",
  "node:os <> 'x'",
)
add(
  'unparsable',
  "== 'macos'",
  "'macos' == node:os",
  "node:os is 'macos'",
  "node:os equals 'macos'",
  "node:os ~ 'mac'",
  'node:os IS',
)
add(
  'unparsable',
  'node:os == macos',
  "node:os == 'macos",
  "node:os == macos'",
  'node:os == \'macos"',
  'node:os == `macos`',
  "node:os == 'mac''os'",
)
add(
  'unparsable',
  "node:os == 'macos' 'linux'",
  "node:os == 'macos',",
  "node:os == 'macos';",
  "node:os == 'macos' // yes",
  "node:os == 'mac\\os'",
)
add(
  'unparsable',
  "node:os == 'macos' && node:os == 'macos'",
  "node:os == 'macos' AND node:tsAutoUpdate",
  "node:os == 'macos' OR true",
)
add(
  'unparsable',
  "(node:os == 'macos')",
  '!node:tsAutoUpdate',
  'NOT node:tsAutoUpdate',
  "not (node:os == 'linux')",
  'node:os NOT',
  'node:os SET',
)
add(
  'unparsable',
  "node:os IN 'macos'",
  "node:os IN ('macos')",
  "node:os IN ['macos'",
  "node:os IN 'macos']",
  "node:os IN ['macos' 'linux']",
  'node:os IN',
)
add(
  'unparsable',
  'node:os IN [,]',
  "node:os IN [,'macos']",
  "node:os IN ['macos',,]",
  'node:os IN [macos]',
  "node:os IN [['macos']]",
  "node:os IN {'macos'}",
)
add(
  'unparsable',
  "node:os NOTIN ['x']",
  "node:os NOT-IN ['x']",
  "node:os INN ['macos']",
  "node:os IN ['macos'] x",
  "node:os !IN ['x']",
  "node:os == ['macos']",
)
add(
  'unparsable',
  'node:os ISSET',
  'node:os IS NOT SET',
  'node:os IS SET true',
  "node:os NOT SET 'x'",
  'node:os IS SETTING',
  'node:os IS UNSET',
  'node:os EXISTS',
)
add(
  'unparsable',
  'kandji:mdmEnabled == True',
  'kandji:mdmEnabled == TRUE',
  'kandji:mdmEnabled == yes',
  'kandji:mdmEnabled == truely',
  'kandji:mdmEnabled == null',
)
add(
  'unparsable',
  'falcon:ztaScore >= 070',
  'falcon:ztaScore >= +70',
  'falcon:ztaScore >= 7e1',
  'falcon:ztaScore >= .5',
  'falcon:ztaScore >= 70.',
  'falcon:ztaScore >= 0x10',
)
add(
  'unparsable',
  'falcon:ztaScore >= 70%',
  'falcon:ztaScore >= 7_0',
  'falcon:ztaScore >= 1,5',
  'falcon:ztaScore >= --1',
  'falcon:ztaScore => 70',
  'falcon:ztaScore ≥ 70',
)
add(
  'unparsable',
  'falcon:ztaScore >= Infinity',
  'falcon:ztaScore != NaN',
  'falcon:ztaScore < 9007199254740993',
  'falcon:ztaScore >= 0.1000000000000001',
)
add(
  'unparsable',
  "node:os=='macos'",
  "node:os =='macos'",
  "node:os== 'macos'",
  "node:os IN['macos']",
  'falcon:ztaScore>=70',
  "node:os\u00a0== 'macos'",
  "node:os == 'mac\nos'",
)
add(
  'unparsable',
  'fleetPolicy:',
  'fleetPolicy: ',
  'fleetPolicy:gatekeeper = false',
  'fleetPolicy:gatekeeper == no',
  'fleetPolicy:gatekeeper == false == false',
  "fleetPolicy:x['y']",
)
add(
  'unparsable',
  'fleetPolicy:gatekeeper==false',
  "fleetPolicy:it's on",
  'fleetPolicy:a\nb == true',
  'fleetPolicy:gatekeeper != true x',
)

const OUTCOME: Record<Why, Outcome> = {
  pass: 'match',
  fail: 'no_match',
  missing: 'no_match',
  type_mismatch: 'no_match',
  unparsable: 'not_evaluable',
  unreadable: 'not_evaluable',
}

describe('the table of conditions', () => {
  test('has several hundred rows', () => {
    expect(cases.length).toBeGreaterThan(600)
  })
  test.each(cases)('$condition → $why', ({ condition, why }) => {
    const parsed = parseCondition(condition)
    expect(evaluateCondition(parsed, laptop)).toMatchObject({ outcome: OUTCOME[why], why, reason: null })
    // The same question, asked of attributes that could not be fetched.
    const blind = evaluateCondition(parsed, unreachable)
    expect(blind.outcome).toBe('not_evaluable')
    expect(blind).toMatchObject(
      why === 'unparsable' ? { why, reason: null } : { why: 'unreadable', reason: 'auth_error' },
    )
  })
})

describe('what a result tells', () => {
  const evaluate = (text: string, values: Record<string, Literal> = LAPTOP): ConditionResult =>
    evaluateCondition(parseCondition(text), (key) =>
      key in values ? { state: 'value', value: values[key]! } : { state: 'missing' },
    )

  test('the value that the device has', () => {
    expect(evaluate('falcon:ztaScore >= 90')).toEqual({ outcome: 'no_match', why: 'fail', value: 82, reason: null })
    expect(evaluate('custom:tier NOT SET').value).toBeNull()
    expect(evaluate('custom:diskEncryption == 1').value).toBe(true)
  })

  test('infected as a number: 0 and 1 are false and true, other numbers are neither', () => {
    const infected = (value: Literal, condition: string) => evaluate(condition, { 'sentinelOne:infected': value }).why
    expect(infected(0, 'sentinelOne:infected == false')).toBe('pass')
    expect(infected(1, 'sentinelOne:infected == false')).toBe('fail')
    expect(infected(1, 'sentinelOne:infected != true')).toBe('fail')
    expect(infected(3, 'sentinelOne:infected != true')).toBe('type_mismatch')
    expect(infected(3, 'sentinelOne:infected == 0')).toBe('fail')
    expect(infected(true, 'sentinelOne:infected < 1')).toBe('fail')
    expect(infected(false, "sentinelOne:infected IN ['x', 0]")).toBe('pass')
  })

  test('a number that is none is compared with nothing', () => {
    for (const condition of ['falcon:ztaScore >= 70', 'falcon:ztaScore != 0', 'falcon:ztaScore NOT IN [1]']) {
      expect(evaluate(condition, { 'falcon:ztaScore': Number.POSITIVE_INFINITY }).outcome).toBe('no_match')
      expect(evaluate(condition, { 'falcon:ztaScore': Number.NaN }).outcome).toBe('no_match')
    }
  })

  test.each([
    ["sentinelOne:agentVersion >= '23'", true],
    ["sentinelOne:agentVersion == '23'", false],
    ["node:tsVersion >= '1.40'", false],
  ])('%s: Tailscale may refuse it: %s', (text, mayBeRejected) => {
    expect(parseCondition(text)).toMatchObject({ text, mayBeRejected })
  })

  test.each([
    ['falcon:ztaScore>=70', 'expected a space behind the attribute at character 16'],
    ["node:os =='macos'", 'expected a space behind == at character 11'],
    ["node:os is 'macos'", 'expected one of == != < <= > >= IN, NOT IN, IS SET, NOT SET at character 9'],
    ["node:os IN ['a' 'b']", "expected ',' or ']' at character 17"],
    ["node:os == 'a' x", 'expected the end of the condition at character 15'],
    ['', 'expected an attribute such as node:os at the start'],
  ])('%s is refused with what was expected', (text, problem) => {
    expect(parseCondition(text)).toEqual({ text, problem })
  })
})

describe('three outcomes together', () => {
  const outcomes: Outcome[] = ['match', 'no_match', 'not_evaluable']
  const M = 'match'
  const N = 'no_match'
  const U = 'not_evaluable'
  test.each([
    [M, M, M, M],
    [M, N, N, M],
    [M, U, U, M],
    [N, M, N, M],
    [N, N, N, N],
    [N, U, N, U],
    [U, M, U, M],
    [U, N, N, U],
    [U, U, U, U],
  ] as Outcome[][])('%s with %s: all of them %s, any of them %s', (a, b, all, any) => {
    expect(allOf([a!, b!])).toBe(all)
    expect(anyOf([a!, b!])).toBe(any)
  })

  test('a single one is itself, and nothing at all is never met', () => {
    for (const outcome of outcomes) expect([allOf([outcome]), anyOf([outcome])]).toEqual([outcome, outcome])
    expect([allOf([]), anyOf([])]).toEqual(['not_evaluable', 'not_evaluable'])
  })

  const judge = (conditions: string[], source = laptop) =>
    conditions.map((text) => evaluateCondition(parseCondition(text), source))
  test.each([
    { name: 'all met', conditions: ['falcon:ztaScore >= 70', 'kandji:mdmEnabled'], enforced: M, evidence: M },
    { name: 'one failed', conditions: ['falcon:ztaScore >= 90', 'custom:absent == 1'], enforced: N, evidence: N },
    {
      name: 'only a missing value stands in the way',
      conditions: ['falcon:ztaScore >= 70', 'custom:absent == 1'],
      enforced: N,
      evidence: U,
    },
    { name: 'only a mistyped value', conditions: ["falcon:ztaScore >= '70'"], enforced: N, evidence: U },
    {
      name: 'one that nobody can read',
      conditions: ['falcon:ztaScore >= 70', 'node:os like mac'],
      enforced: U,
      evidence: U,
    },
    {
      name: 'one that nobody can read beside a failure',
      conditions: ['falcon:ztaScore >= 90', 'node:os like mac'],
      enforced: N,
      evidence: N,
    },
    { name: 'asked whether it is set, and it is not', conditions: ['custom:absent IS SET'], enforced: N, evidence: N },
    { name: 'no condition', conditions: [], enforced: U, evidence: U },
  ])('$name', ({ conditions, enforced, evidence }) => {
    expect(combine(judge(conditions), 'enforced')).toBe(enforced)
    expect(combine(judge(conditions), 'evidence')).toBe(evidence)
  })

  test('the reason of an open question: our own text first, then the failed look, then the absent value', () => {
    expect(unknownReasonOf(judge(['custom:absent == 1']))).toBe('no_data')
    expect(unknownReasonOf([...judge(['custom:absent == 1']), ...judge(['node:os IS SET'], unreachable)])).toBe(
      'auth_error',
    )
    expect(unknownReasonOf([...judge(['node:os like x']), ...judge(['node:os IS SET'], unreachable)])).toBe(
      'not_configured',
    )
    expect(unknownReasonOf([])).toBe('not_configured')
  })
})

/** The whole language in one expression, as a second opinion on what is in it. */
const LANGUAGE = (() => {
  const scalar = String.raw`(?:'[^'\\\0-\x1f]*'|"[^"\\\0-\x1f]*"|true|false|-?(?:0|[1-9]\d*)(?:\.\d+)?)`
  const s = '[ \\t\\r\\n]'
  const list = `\\[${s}*(?:${scalar}${s}*(?:,${s}*${scalar}${s}*)*(?:,${s}*)?)?\\]`
  const fold = (word: string) => [...word].map((letter) => `[${letter}${letter.toLowerCase()}]`).join('')
  const comparison = `(?:(?:==|!=|<=?|>=?)${s}+${scalar}|(?:${fold('NOT')}${s}+)?${fold('IN')}${s}+${list}|(?:${fold('IS')}|${fold('NOT')})${s}+${fold('SET')})`
  return new RegExp(`^${s}*[A-Za-z0-9_]+:[A-Za-z0-9_:]+(?:${s}+${comparison})?${s}*$`)
})()

test('a condition damaged in one place is read only where it is still in the language', () => {
  const whole = cases
    .filter(({ condition, why }) => why === 'pass' && !condition.startsWith('fleetPolicy'))
    .map((each) => each.condition)
  const letters = fc.constantFrom(
    '',
    ' ',
    "'",
    '"',
    '[',
    ']',
    ',',
    '=',
    '!',
    '<',
    '>',
    '\\',
    '0',
    '9',
    '.',
    '-',
    'e',
    't',
    'N',
    ':',
    '(',
    '\n',
    'ü',
  )
  fc.assert(
    fc.property(fc.constantFrom(...whole), fc.nat(), fc.nat({ max: 2 }), letters, (condition, place, removed, put) => {
      const at = place % (condition.length + 1)
      const damaged = condition.slice(0, at) + put + condition.slice(at + removed)
      const parsed = parseCondition(damaged)
      const result = evaluateCondition(parsed, laptop)
      if (!LANGUAGE.test(damaged)) expect(result).toMatchObject({ outcome: 'not_evaluable', why: 'unparsable' })
      else if (!/\d{8}/.test(damaged)) expect(isProblem(parsed)).toBe(false)
    }),
    { numRuns: 5000 },
  )
})

test('what was read, written plainly, reads the same', () => {
  const plainly = ({ attribute, operator, values }: Condition) => {
    const texts = values.map((value) =>
      typeof value === 'string' ? (value.includes("'") ? `"${value}"` : `'${value}'`) : String(value),
    )
    if (operator === 'IS SET' || operator === 'NOT SET') return `${attribute} ${operator}`
    return operator.endsWith('IN')
      ? `${attribute} ${operator} [${texts.join(', ')}]`
      : `${attribute} ${operator} ${texts[0]}`
  }
  let read = 0
  for (const { condition } of cases) {
    const parsed = parseCondition(condition)
    if (isProblem(parsed)) continue
    read += 1
    expect(parseCondition(plainly(parsed))).toEqual({ ...parsed, text: plainly(parsed) })
  }
  expect(read).toBeGreaterThan(500)
})

test('no text makes the reader throw', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.nat({ max: 0x10ffff }).map((code) => String.fromCodePoint(code)), maxLength: 60 }),
      (text) => {
        expect(evaluateCondition(parseCondition(text), laptop).outcome).not.toBe('match')
      },
    ),
    { numRuns: 500 },
  )
})

test.each([
  ['spaces', `node:os${' '.repeat(100_000)}x`],
  ['spaces at the end', `node:os == 'x' ${' '.repeat(100_000)}`],
  ['spaces inside', `a${' '.repeat(100_000)}b`],
  ['a list', `node:os IN [${"'x',".repeat(25_000)}]`],
  ['an open list', `node:os IN [${"'x',".repeat(25_000)}`],
  ['digits', `node:os == ${'1'.repeat(100_000)}`],
  ['a name', `node:${'a'.repeat(100_000)} == 1 1`],
  ['colons', `${'a:'.repeat(50_000)}- == 1`],
  ['a Fleet policy of operators', `fleetPolicy:${'x IN '.repeat(20_000)}`],
  ['a Fleet policy of words', `fleetPolicy:${'NOT '.repeat(25_000)}SET x`],
  ['a Fleet policy of spaces', `fleetPolicy:x${' '.repeat(100_000)}y`],
])('100 kB of %s end', (_, text) => {
  expect(evaluateCondition(parseCondition(text), laptop).outcome).not.toBe('match')
})
