import { describe, expect, test } from 'vitest'
import { edrOnEveryDevice } from '../../checks/edr-on-every-device.ts'
import { sourcesAreFresh } from '../../checks/sources-are-fresh.ts'
import { evaluate } from '../../src/domain/evaluate.ts'
import { amended } from '../../src/domain/finding.ts'
import type { Report } from '../../src/domain/report.ts'
import type { RunSummary } from '../../src/domain/store.ts'
import { HOUR, type Instant, MINUTE, plus } from '../../src/domain/time.ts'
import { viewOf, views } from '../../src/http/view.ts'
import { device, NOW, settings, wholeSnapshotOf } from '../helpers/build.ts'

const CHECKS = [sourcesAreFresh, edrOnEveryDevice]

function reportAt(at: Instant): Report {
  const snapshot = wholeSnapshotOf(
    ['nD3', 'nD1', 'nD2'].map((key) => device({ key, serials: [key] })),
    { settings: settings() },
  )
  return {
    organization: { id: 'acme', name: 'Acme' },
    demo: false,
    run: null,
    snapshotAt: NOW,
    evaluatedAt: at,
    software: '0',
    sources: snapshot.sources,
    disabled: [],
    results: [...evaluate(snapshot, CHECKS)].map((result) => {
      const check = CHECKS.find(({ id }) => id === result.check)!
      return {
        ...result,
        check,
        complete: true,
        findings: () =>
          result.findings.map((finding) => ({
            ...amended(finding, {}),
            message: check.say(finding),
            waiver: null,
            firstSeen: null,
            sla: null,
            dueAt: null,
          })),
      }
    }),
    snapshot,
  }
}

describe('the view is made once', () => {
  function world() {
    const state = { now: NOW, run: 'run-1', made: 0 }
    const { current } = views({
      now: () => state.now,
      runs: async () => [{ id: state.run } as RunSummary],
      report: async () => {
        state.made++
        return reportAt(state.now)
      },
    })
    return { state, current }
  }

  test('for as many as come, together or one after the other', async () => {
    const { state, current } = world()
    const [a, b] = await Promise.all([current(), current()])
    expect(b).toBe(a)
    expect(await current()).toBe(a)
    expect(state.made).toBe(1)
  })

  test('and again after another run', async () => {
    const { state, current } = world()
    await current()
    state.run = 'run-2'
    await current()
    expect(state.made).toBe(2)
  })

  test('and again once a source has grown too old without any run', async () => {
    const { state, current } = world()
    await current()
    state.now = plus(NOW, HOUR - 2 * MINUTE)
    await current()
    expect(state.made).toBe(1)
    state.now = plus(NOW, HOUR)
    await current()
    expect(state.made).toBe(2)
  })

  test('and again when making it failed', async () => {
    let broken = true
    const { current } = views({
      now: () => NOW,
      runs: async () => [],
      report: async () => {
        if (broken) throw new Error('locked')
        return reportAt(NOW)
      },
    })
    await expect(current()).rejects.toThrow('locked')
    broken = false
    expect((await current()).report.snapshotAt).toBe(NOW)
  })
})

test('every check’s answer for one subject is found, and none for a subject that there is not', async () => {
  const view = await viewOf(reportAt(NOW))
  const answers = (kind: string, key: string) =>
    view
      .allOf({ kind, source: 'tailnet', key })
      .map(({ result, finding }) => [result.check.ref, finding.subject.key, finding.status])
  for (const key of ['nD1', 'nD2', 'nD3']) expect(answers('device', key)).toEqual([['POS-04', key, 'fail']])
  expect(answers('device', 'nD9')).toEqual([])
  expect(answers('account', 'nD1')).toEqual([])
})
