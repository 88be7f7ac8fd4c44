/** Periods are worked out beside the server: what pages show meanwhile, and when they are worked out anew. */
import { expect, test } from 'vitest'
import { AppError } from '../../src/domain/error.ts'
import type { PeriodEvidence } from '../../src/domain/sealing.ts'
import type { RunSummary } from '../../src/domain/store.ts'
import { audit } from '../../src/http/audit.ts'

const DECLARED = { id: 'q4', title: null, from: '2026-10-01T00:00:00.000Z', to: '2026-12-31T23:59:59.999Z' }

function auditor({ patienceMs = 0 } = {}) {
  let now = '2026-11-20T09:00:00.000Z'
  let run = { id: 'run-1', snapshotAt: now } as RunSummary
  const asked: { from: string; to: string }[] = []
  let answers: ((answer: PeriodEvidence | Error) => void)[] = []
  const audited = audit(
    {
      periods: [DECLARED],
      now: () => now,
      runs: async () => [run],
      periodEvidence(period) {
        asked.push(period)
        return new Promise((resolve, reject) => {
          answers.push((answer) => (answer instanceof Error ? reject(answer) : resolve(answer)))
        })
      },
      reviews: async () => [],
      lists: { leavesOf: async () => [] } as never,
    },
    patienceMs,
  )
  const told = (until: string): PeriodEvidence => ({ ...DECLARED, until, of: [], failures: [] })
  return {
    audited,
    asked,
    told,
    /** Ends what is under way; resolves when it is told. */
    async answer(answer: PeriodEvidence | Error) {
      const [next, ...rest] = answers
      answers = rest
      const ended = new Promise<void>((resolve) => {
        const end = audited.subscribe(() => {
          end()
          resolve()
        })
      })
      next!(answer)
      await ended
    },
    seal(id: string, at: string) {
      now = at
      run = { id, snapshotAt: at } as RunSummary
    },
  }
}

test('a page does not wait: it is told when the period is there, and others ask for it once', async () => {
  const { audited, asked, answer, told } = auditor()
  const period = audited.period('q4')!
  expect(await audited.atHand(period)).toBe('working')
  expect(await audited.atHand(period)).toBe('working')
  expect(await audited.lately(period)).toBeNull()
  expect(asked).toHaveLength(1)
  const mark = audited.mark()
  await answer(told('one'))
  expect(audited.mark()).not.toBe(mark)
  expect(await audited.atHand(period)).toMatchObject({ evidence: { until: 'one' }, behind: false })
  expect(await audited.workOut(period)).toMatchObject({ evidence: { until: 'one' } })
  expect(asked).toHaveLength(1)
})

test('after another run it shows what it has and works the newer one in', async () => {
  const { audited, asked, answer, seal, told } = auditor()
  const period = audited.period('q4')!
  await audited.atHand(period)
  await answer(told('one'))
  seal('run-2', '2026-11-20T09:15:00.000Z')
  expect(await audited.atHand(period)).toMatchObject({ evidence: { until: 'one' }, behind: true })
  expect(asked).toHaveLength(2)
  await answer(told('two'))
  expect(await audited.atHand(period)).toMatchObject({ evidence: { until: 'two' }, behind: false })
})

test('what is shown by the way is not worked out at every run', async () => {
  const { audited, asked, answer, seal, told } = auditor()
  const period = audited.period('q4')!
  await audited.lately(period)
  await answer(told('one'))
  seal('run-2', '2026-11-20T09:15:00.000Z')
  expect(await audited.lately(period)).toMatchObject({ evidence: { until: 'one' }, behind: true })
  expect(asked).toHaveLength(1)
  seal('run-3', '2026-11-20T10:15:00.000Z')
  await audited.lately(period)
  expect(asked).toHaveLength(2)
  await answer(told('three'))
})

test('a period that is over is worked out once', async () => {
  const { audited, asked, answer, seal, told } = auditor()
  const period = audited.period('q4')!
  seal('run-2', '2027-01-01T09:00:00.000Z')
  await audited.atHand(period)
  await answer(told('end'))
  seal('run-3', '2027-01-02T09:00:00.000Z')
  expect(await audited.atHand(period)).toMatchObject({ evidence: { until: 'end' }, behind: false })
  expect(asked).toHaveLength(1)
})

test('one without a run has nothing to tell; any other failure is told, and tried again', async () => {
  const { audited, asked, answer, told } = auditor()
  const period = audited.period('q4')!
  const first = audited.workOut(period)
  await expect.poll(() => asked.length).toBe(1)
  await answer(new AppError('usage', 'no run was sealed'))
  expect(await first).toMatchObject({ evidence: null })

  const broken = auditor()
  const failing = broken.audited.workOut(period)
  failing.catch(() => {})
  await expect.poll(() => broken.asked.length).toBe(1)
  await broken.answer(new AppError('storage', 'the disk is gone'))
  await expect(failing).rejects.toThrow('the disk is gone')
  const again = broken.audited.workOut(period)
  await expect.poll(() => broken.asked.length).toBe(2)
  await broken.answer(told('now'))
  expect(await again).toMatchObject({ evidence: { until: 'now' } })
})

test('the one under way is chosen; before and after any, the newest that has begun', () => {
  const { audited, seal } = auditor()
  expect(audited.period(undefined)!.id).toBe('q4')
  expect(audited.period('never')).toBeNull()
  seal('r', '2026-09-01T00:00:00.000Z')
  expect(audited.period(undefined)!.id).toBe('last-90-days')
  seal('r', '2027-02-01T00:00:00.000Z')
  expect(audited.period(undefined)!.id).toBe('q4')
  expect(audited.period('last-90-days')).toMatchObject({
    from: '2026-11-04T00:00:00.000Z',
    to: '2027-02-01T23:59:59.999Z',
  })
})
