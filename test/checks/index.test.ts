/** What holds for every check, whoever wrote it. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import * as controls from '../../checks/controls.ts'
import { checks } from '../../checks/index.ts'
import type { Check, Parameter } from '../../src/domain/check.ts'
import { evaluate } from '../../src/domain/evaluate.ts'
import { byText } from '../../src/domain/json.ts'
import { durationMs } from '../../src/domain/time.ts'
import { account, agent, device, integrity, key, person, setting, total, wholeSnapshotOf } from '../helpers/build.ts'
import { checkDefinitions } from '../helpers/specs.ts'

const folder = join(import.meta.dirname, '../../checks')
/** Files beside the checks that are no check. */
const OTHERS = ['index.ts', 'controls.ts']

test('every file in checks is in the list, and every id is its file’s name', () => {
  const files = readdirSync(folder).filter((name) => name.endsWith('.ts') && !OTHERS.includes(name))
  expect(checks.map(({ id }) => `${id}.ts`).sort(byText)).toEqual(files.sort(byText))
})

test('the list is sorted by ref, and no id or ref stands twice', () => {
  const refs = checks.map(({ ref }) => ref)
  expect(refs).toEqual([...refs].sort(byText))
  expect(new Set(refs).size).toBe(checks.length)
  expect(new Set(checks.map(({ id }) => id)).size).toBe(checks.length)
})

/** Rows of priority 2 that come with this release too, and those that only inform. */
const FURTHER =
  'ID-08 ID-12 ID-13 ID-15 ID-18 DEV-04 DEV-06 DEV-10 DEV-13 DEV-14 DEV-15 DEV-16 POS-03 POS-06 S1-09 KJ-04 KEY-05 KEY-08 ACL-05 ACL-06 ACL-07 SSH-03 NET-02 LOG-03 LOG-05 LOG-06 COL-07'.split(
    ' ',
  )

test('every row of priority 1 is a check, and so is every row that informs', () => {
  const definitions = checkDefinitions()
  if (definitions === null) return
  const rows = [...definitions.matchAll(/^\| ((?:ID|DEV|POS|S1|KJ|CS|KEY|ACL|SSH|NET|LOG|COL)-\d{2}) \| ([^|]+) \|/gm)]
  // The table of collection integrity gives its priority in the same column.
  const ofPriority = (priority: string) => rows.filter(([, , own]) => own!.trim() === priority).map(([, ref]) => ref!)
  const refs = new Set(checks.map(({ ref }) => ref))
  const missing = (wanted: readonly string[]) => wanted.filter((ref) => !refs.has(ref))
  // 1·3: of the first release, and resting on a period: on the audit log, on history, on reviews.
  const first = [...ofPriority('1'), ...ofPriority('1·3')]
  console.log(`${first.length - missing(first).length} of ${first.length} priority-1 rows`)
  expect(first.length).toBeGreaterThan(60)
  expect(missing(first)).toEqual([])
  expect(missing(ofPriority('i'))).toEqual([])
  expect(missing(FURTHER)).toEqual([])
  const known = new Set(rows.map(([, ref]) => ref))
  expect([...refs].filter((ref) => !known.has(ref))).toEqual([])
})

test('a row that informs never fails', () => {
  const definitions = checkDefinitions() ?? ''
  const informs = [...definitions.matchAll(/^\| ([A-Z0-9]+-\d{2}) \| i \|/gm)].map(([, ref]) => ref)
  const marked = checks.filter(({ informational }) => informational).map(({ ref }) => ref)
  if (informs.length > 0) expect(marked).toEqual([...informs].sort((a, b) => byText(a!, b!)))
})

const known = new Set(
  Object.values(controls).flatMap((topic) => topic.map(({ framework, id }) => `${framework} ${id}`)),
)

describe.each(checks.map((check) => [check.ref, check] as const))('%s', (_ref, check) => {
  test('is named and written as promised', () => {
    expect(check.id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)+$/)
    expect(check.ref).toMatch(/^(ID|DEV|POS|S1|KJ|CS|KEY|ACL|SSH|NET|LOG|COL)-\d{2}$/)
    expect(Number.isInteger(check.version) && check.version >= 1).toBe(true)
    expect(check.question).toMatch(/^[A-Z].*\?$/)
    for (const text of [check.title, check.why, check.remediation]) expect(text).toMatch(/^\S+(\s+\S+){2,}/)
    expect(check.title).not.toMatch(/[.?!]$/)
    for (const text of [check.why, check.remediation]) expect(text).toMatch(/\.$/)
  })

  test('maps to controls that the mapping knows, each once', () => {
    const ids = check.controls.map(({ framework, id }) => `${framework} ${id}`)
    expect(ids.filter((id) => !known.has(id))).toEqual([])
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('has parameters whose defaults lie in their range and that say what they are', () => {
    for (const [name, parameter] of Object.entries(check.parameters)) {
      expect([name, inRange(parameter)]).toEqual([name, true])
      expect(parameter.says).toMatch(/\.$/)
    }
  })

  test('says one whole sentence for everything that it answers', () => {
    const wrong = everyAnswer(check).filter(
      (sentence) => !/^\S.*[.]$/s.test(sentence) || /undefined|null|NaN|\[object/.test(sentence),
    )
    expect(wrong).toEqual([])
  })
})

function inRange(parameter: Parameter): boolean {
  switch (parameter.type) {
    case 'duration': {
      const value = durationMs(parameter.default)
      const least = durationMs(parameter.min ?? '0s')
      const most = parameter.max === undefined ? Number.POSITIVE_INFINITY : durationMs(parameter.max)
      return value !== null && least !== null && most !== null && least <= value && value <= most
    }
    case 'number':
      return parameter.min <= parameter.default && parameter.default <= parameter.max && parameter.unit !== ''
    case 'text':
      return typeof parameter.default === 'string'
    case 'flag':
      return typeof parameter.default === 'boolean'
    case 'approved':
    case 'list':
      return Array.isArray(parameter.default)
    case 'map':
      return typeof parameter.default === 'object'
  }
}

/** The sentences over a few worlds: all is well, somebody left, and hardly anything was said. */
function everyAnswer(check: Check): string[] {
  const well = [person(), account(), device(), agent(), setting('usersApprovalOn', true)]
  const left = [person({ status: 'left', endDate: '2026-11-01' }), ...well.slice(1)]
  const undated = [person({ status: 'left' }), ...well.slice(1)]
  const mute = [
    person({ mfa: null, department: null }),
    account({ type: null, role: null, status: null, lastSeen: null, createdAt: null, deviceCount: null }),
    device({ user: null, isExternal: null, connected: null }),
    agent({ lastSeen: null, changedAt: null }),
    setting('usersApprovalOn', null),
  ]
  const odd = [
    person(),
    account({ status: 'suspended' }),
    account({ key: 'uS', login: 'vic@vendor.io', type: 'shared' }),
    account({ key: 'uW', login: 'new@example.com', status: 'needs-approval', currentlyConnected: false }),
    account({ key: 'uX', login: 'x@example.com', role: 'superadmin' }),
    device({ isExternal: true }),
    device({ key: 'nD2', tags: ['tag:ci'] }),
    device({ key: 'nD3', user: 'gone@example.com', unread: ['lastSeen'] }),
    key(),
    key({ key: 'kO', keyType: 'client', userId: 'uGone', expiresAt: null }),
    key({ key: 'kT', userId: null }),
    setting('usersApprovalOn', false),
    integrity({ failed: ['page 1'] }),
    total({ value: 9 }),
  ]
  return [well, left, undated, mute, odd, []].flatMap((records) =>
    [...evaluate(wholeSnapshotOf(records), [check])].flatMap(({ findings }) => findings.map((one) => check.say(one))),
  )
}
