/** Signed reviews as a run seals them and as ID-20 judges them, over a real ledger. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { accessReviewedInTime } from '../checks/access-reviewed-in-time.ts'
import type { JsonObject } from '../src/domain/json.ts'
import type { ReviewSigned } from '../src/domain/review.ts'
import { DAY, fromMillis, type Instant, MINUTE } from '../src/domain/time.ts'
import { reviewRecords } from '../src/reviews.ts'
import { type TestInstallation, testInstallation, verdicts } from './helpers/installation.ts'

let house: TestInstallation
beforeAll(async () => {
  house = await testInstallation({ checks: [accessReviewedInTime], yaml: '' })
})
afterAll(() => house.close())

const decided = (decision: 'keep' | 'remove' | 'change role', account: string, newRole: string | null = null) => {
  return { account, login: `${account}@example.com`, decision, newRole, reason: null, reviewer: 'eve@example.com' }
}

async function leaf(id: string, at: Instant, over: Partial<Omit<ReviewSigned, 'act'>> & { act?: string } = {}) {
  const body = {
    type: 'review',
    act: 'signed',
    id,
    system: 'tailnet',
    run: 'run-1',
    frozenAt: at,
    accounts: 4,
    digest: 'd1',
    at,
    by: 'eve@example.com',
    decisions: [
      decided('keep', 'u1'),
      decided('remove', 'u2'),
      decided('change role', 'u3', 'member'),
      decided('remove', '__proto__'),
      decided('change role', 'constructor', 'auditor'),
    ],
    ...over,
  }
  await house.store.append([{ kind: 'review', body: body as unknown as JsonObject }], at)
}

const now = (): Instant => fromMillis(Math.round(house.clock.wall()))

test('the newest signed review of each system becomes a record; what is only frozen does not', async () => {
  const first = now()
  await leaf('R-2', first, { act: 'frozen' })
  expect(await reviewRecords(house.store)).toEqual([])
  await leaf('R-1', first, { by: 'old@example.com' })
  await leaf('R-2', first)
  await leaf('L-1', first, { system: 'lab', decisions: [] })
  await leaf('R-0', fromMillis(Date.parse(first) - DAY))
  expect(await reviewRecords(house.store)).toEqual([
    expect.objectContaining({ key: 'L-1', system: 'lab', removals: [], changes: {} }),
    {
      kind: 'review',
      source: '',
      key: 'R-2',
      unread: [],
      system: 'tailnet',
      frozenAt: first,
      signedAt: first,
      by: 'eve@example.com',
      accounts: 4,
      removals: ['u2', '__proto__'],
      changes: Object.fromEntries([
        ['u3', 'member'],
        ['constructor', 'auditor'],
      ]),
    },
  ])
})

test('a run seals them with what else it finds of our own house, and judges by them for as long as they hold', async () => {
  await house.sync()
  const sealed = (await house.store.runAt('latest'))!.snapshot.of('review')
  expect(sealed).toEqual(await reviewRecords(house.store))
  expect(verdicts(await house.report())['ID-20']).toBe('pass')
  house.clock.pass(91 * DAY)
  await house.sync()
  expect(verdicts(await house.report())['ID-20']).toBe('fail')
  house.clock.pass(MINUTE)
  await leaf('R-3', now(), { decisions: [] })
  await house.sync()
  const report = await house.report()
  expect(verdicts(report)['ID-20']).toBe('pass')
})
