/** Records that live on from run to run as random changes will have it. */
import type { AnyRecord } from '../../src/domain/record.ts'
import type { Random } from '../../src/simulators/fleet/random.ts'
import { device } from '../helpers/build.ts'

/** Some change a field, some nearly all of them, some say what they said before, some go and come back. */
export function lived(records: readonly AnyRecord[], random: Random): AnyRecord[] {
  const next = records
    .filter(() => !random.chance(0.05))
    .map((record) => {
      if (record.kind !== 'device' || random.chance(0.6)) return record
      if (random.chance(0.2)) return wholly(record.key, random.hex(8))
      return { ...record, hostname: random.pick(['a', 'b', 'c', `é ${random.hex(4)}`]), tags: [random.hex(2)] }
    })
  const there = new Set(next.map(({ key }) => key))
  for (let n = 0; n < 30; n++) {
    if (!there.has(`n${n}`) && random.chance(0.2)) next.push(wholly(`n${n}`, random.hex(8)))
  }
  return next
}

export function wholly(key: string, word: string): AnyRecord {
  return device({ key, hostname: word, addresses: Array.from({ length: 60 }, (_, n) => `${word}::${n}`) })
}
