import { expect, test } from 'vitest'
import { accessRulesDeclared as check } from '../../checks/access-rules-declared.ts'
import { ROLES } from '../../src/domain/roles.ts'
import type { AccessLine } from '../../src/domain/settings.ts'
import { findingsOf, resultOf, settings, snapshotOf } from '../helpers/build.ts'
import { covers } from './covers.ts'

const [system] = settings().criticalSystems
const declaring = (access: readonly AccessLine[] | null) => ({
  settings: { criticalSystems: [{ ...system!, access }] },
})
const it = { department: ['IT'] }

test.each([
  { name: 'members for all, administrators from IT', access: system!.access, want: 'pass' },
  { name: 'nothing declared', access: null, want: 'fail' },
  { name: 'an empty list', access: [], want: 'fail' },
  { name: 'admin open to anybody', access: [{ roles: ['member', 'admin'], people: null }], want: 'fail' },
  { name: 'owner open by an empty condition', access: [{ roles: ['owner'], people: {} }], want: 'fail' },
  {
    name: 'auditor open to anybody is no privilege',
    access: [{ roles: ['auditor', 'member'], people: null }],
    want: 'pass',
  },
  { name: 'one line admits every role, even for few', access: [{ roles: [...ROLES], people: it }], want: 'fail' },
  { name: 'one line admits every role by a star', access: [{ roles: ['*'], people: it }], want: 'fail' },
  {
    name: 'every privileged role, in IT only',
    access: [{ roles: ['owner', 'admin', 'it-admin', 'network-admin'], people: it }],
    want: 'pass',
  },
] as const)('$name', ({ access, want }) => {
  expect(findingsOf(check, snapshotOf([], declaring(access))).map(({ status }) => status)).toEqual([want])
})

test('a tailnet that no critical system names is not governed', () => {
  const [finding] = findingsOf(check, snapshotOf([], { settings: { criticalSystems: [] } }))
  expect(finding).toMatchObject({ status: 'fail', subject: { kind: 'system', key: 'tailnet' }, facts: { lines: 0 } })
  expect(check.say(finding!)).toBe('Nothing says who may have which role in tailnet; write its access lines.')
})

test('what is open is named', () => {
  const access = [{ roles: ['owner', 'admin'], people: null }]
  const [finding] = findingsOf(check, snapshotOf([], declaring(access)))
  expect(finding?.facts).toEqual({
    lines: 1,
    privilegedRolesOpenToAnybody: 'owner admin',
    lineAdmittingEveryRole: null,
  })
})

test('the configuration is judged while every source is down', () => {
  const down = ['tailnet', 'roster'].map((id) => ({ id, status: 'failed' as const }))
  expect(resultOf(check, [], { sources: down }).status).toBe('pass')
})

covers(check, [
  {
    name: 'an empty list of departments admits nobody',
    records: [],
    options: declaring([{ roles: ['owner'], people: { department: [] } }]),
    hostile: true,
    want: ['pass'],
  },
])
