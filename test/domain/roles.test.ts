import { expect, test } from 'vitest'
import { isStronger, ROLES } from '../../src/domain/roles.ts'

test('each role is stronger than those after it, than one that we do not know and than none', () => {
  for (const [rank, role] of ROLES.entries()) {
    expect(ROLES.map((than) => isStronger(role, than))).toEqual(ROLES.map((_, other) => rank < other))
    expect([isStronger(role, 'super-admin'), isStronger(role, null)]).toEqual([true, true])
  }
  expect([isStronger('super-admin', 'member'), isStronger('', null), isStronger('x', 'y')]).toEqual([
    false,
    false,
    false,
  ])
})
