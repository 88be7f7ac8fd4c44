import { expect, test } from 'vitest'
import { byText } from '../../src/domain/json.ts'
import type { AnyRecord } from '../../src/domain/record.ts'
import { DAY, HOUR, plus } from '../../src/domain/time.ts'
import { randomFrom } from '../../src/simulators/fleet/random.ts'
import { account, NOW } from '../helpers/build.ts'
import { eachInItsFolder } from './folder.ts'
import { lived, wholly } from './living.ts'
import { pull, sealer } from './sealing.ts'

const { withStore, count } = eachInItsFolder()
const RUNS = 60
const EVERY = 8 * HOUR

const sorted = (records: readonly AnyRecord[]): AnyRecord[] => [...records].sort((a, b) => byText(a.key, b.key))

test('any state is there again however often records changed, went and came back, before and after the retention rule', async () => {
  await withStore(async (store) => {
    const random = randomFrom(11)
    const { seal } = sealer(store)
    let records: AnyRecord[] = Array.from({ length: 30 }, (_, n) => wholly(`n${n}`, random.hex(8)))
    const sealed: { at: string; records: AnyRecord[] }[] = []
    for (let run = 0; run < RUNS; run++) {
      const at = plus(NOW, run * EVERY)
      const others = [account({ key: 'u1', login: `${run % 3}@example.com` })]
      await seal([pull('tailnet', [...records, ...others])], { id: `run-${run}`, startedAt: at, snapshotAt: at })
      sealed.push({ at, records: sorted([...records, ...others]) })
      records = lived(records, random)
    }
    expect(count('select count(*) from version where frame is not null')).toBeGreaterThan(100)
    expect(count('select count(*) from version where frame is null and body is not null')).toBeGreaterThan(50)
    expect(count('select count(*) from version where body is null')).toBeGreaterThan(30)

    const rebuilt = async (at: string): Promise<AnyRecord[]> => {
      const { snapshot } = (await store.runAt(at))!
      return sorted([...snapshot.of('device'), ...snapshot.of('account')])
    }
    const end = sealed.at(-1)!.at
    const allHold = async (): Promise<void> => {
      const oldest = (await store.oldest())!.snapshotAt
      for (const { at, records } of sealed) if (at >= oldest) expect(await rebuilt(at), at).toEqual(records)
      expect((await store.verify(null, end)).flatMap(({ failed }) => failed)).toEqual([])
    }
    await allHold()

    const rule = { days: 6, raw: 'all', hold: false, neededFrom: null } as const
    await store.retain(rule, plus(end, -DAY))
    expect((await store.retain(rule, end)).done).toBe(true)
    const oldest = (await store.oldest())!
    expect(oldest.sequence).toBeGreaterThan(RUNS / 2)
    await allHold()
    // What is left from before the cut is the state in force there, and frames that later states are told against.
    const older = `v.run < ${oldest.sequence - 1}`
    const inForce = `v.run = (select max(run) from version n where n.thing = v.thing and n.run < ${oldest.sequence})`
    const toldAgainst = 'exists (select 1 from version d where d.thing = v.thing and d.frame = v.run)'
    expect(count(`select count(*) from version v where ${older}`)).toBeGreaterThan(0)
    expect(count(`select count(*) from version v where ${older} and not ${inForce} and not ${toldAgainst}`)).toBe(0)
    expect(count(`select count(*) from thing where gone < ${oldest.sequence}`)).toBe(0)
  })
})
