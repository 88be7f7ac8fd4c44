import { expect, test } from 'vitest'
import { byText } from '../../src/domain/json.ts'
import { randomFrom } from '../../src/simulators/fleet/random.ts'
import { eachInItsFolder } from './folder.ts'
import { open, pull, result, sealer } from './sealing.ts'

const { withStore } = eachInItsFolder()
const RUNS = 110

test('what was open after any run is what has no end among all that was ever found by then, lately and long ago', async () => {
  await withStore(async (store) => {
    const random = randomFrom(12)
    const { seal } = sealer(store)
    for (let run = 0; run < RUNS; run++) {
      const findings = ['a', 'b', 'c', 'd', 'e']
        .filter(() => random.chance(0.6))
        .map((key) => open(random.pick(['fail', 'unknown']), key, { facts: { seen: random.pick([1, 2]) } }))
      const others = Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((key) => [key, 'pass' as const]))
      const results = ['client-current', 'firewall-on'].map((check) => result(findings, { check }, others))
      await seal([pull('tailnet', [])], { results })
    }
    for (let run = 1; run <= RUNS; run++) {
      const all = await store.findings('all', run)
      expect(await store.findings('open', run), `run ${run}`).toEqual(all.filter(({ closedAt }) => closedAt === null))
    }
    expect(await store.findings('open')).toEqual(await store.findings('open', RUNS))
    for (const run of (await store.runs(RUNS)).filter(({ sequence }) => sequence % 9 === 0)) {
      const { results } = (await store.runAt(run.snapshotAt))!
      const intervals = await store.findings('open', run.sequence)
      expect(
        results.flatMap((result) => result.open.map(({ subject, status }) => [result.check, subject, status])),
      ).toEqual(
        [...intervals]
          .sort((a, b) => byText(a.check, b.check) || byText(a.subject.key, b.subject.key))
          .map(({ check, subject, status }) => [check, subject, status]),
      )
    }
  })
})
