/** What a packet tells of a period beside the state at its end, and what `verify` can hold it against. */
import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checks } from '../../checks/index.ts'
import { PACKET } from '../../src/domain/packet.ts'
import { verified } from '../prove/mutations.ts'
import { IN_TIME, LATE, type SmallPeriod, smallPeriod } from './small-period.ts'

let period: SmallPeriod
const text = (path: string): string => period.packet.get(path)!.toString('utf8')
const rows = (path: string): Record<string, string>[] => parse(text(path), { columns: true, bom: true })

beforeAll(async () => {
  period = await smallPeriod(checks)
}, 60_000)
afterAll(() => period.close())

test('verifies', async () => {
  const said = await verified(period.packet, undefined, { checks })
  expect(said.broken).toBeNull()
})

describe('who left', () => {
  test('is in time or late by the vendor’s own second, between two pulls', () => {
    const leavers = rows(PACKET.leavers)
    console.log(leavers)
    expect(leavers.find(({ person }) => person === IN_TIME)).toMatchObject({ clock: 'within' })
    expect(leavers.find(({ person }) => person === LATE)).toMatchObject({ clock: 'breached' })
  })
})
