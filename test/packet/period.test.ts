/** What a packet tells of a period beside the state at its end, and what `verify` holds it against. */
import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checks } from '../../checks/index.ts'
import type { JsonValue } from '../../src/domain/json.ts'
import { COLUMNS, PACKET, type PackedPeriod, type PackedPull } from '../../src/domain/packet.ts'
import type { PeriodResult } from '../../src/domain/period.ts'
import { csvTable } from '../../src/lib/csv.ts'
import { periodRows } from '../../src/packet/story-tables.ts'
import { verified } from '../prove/mutations.ts'
import { edited, type Files, jsonIn, signed, withJson } from '../prove/packet-files.ts'
import { IN_TIME, LATE, RAISED, type SmallPeriod, smallPeriod } from './small-period.ts'

let period: SmallPeriod
let packet: Files
const text = (path: string): string => packet.get(path)!.toString('utf8')
const rows = (path: string): Record<string, string>[] => parse(text(path), { columns: true, bom: true })

beforeAll(async () => {
  period = await smallPeriod(checks)
  packet = await period.packet()
}, 90_000)
afterAll(() => period.close())

describe('what happened', () => {
  test('lies between two readings, with the second and the actor of the vendor’s log', () => {
    const [raised] = rows('events/role-change.csv')
    expect(raised).toMatchObject({
      label: RAISED,
      from: 'it-admin',
      to: 'admin',
      actor: 'iris.andersson.0@fleet.example',
    })
    expect(
      raised!['lastSeenBefore']! < raised!['vendorTime']! && raised!['vendorTime']! < raised!['firstSeenAfter']!,
    ).toBe(true)
    expect(rows('events/status-change.csv').map(({ label, to }) => [label, to])).toEqual([
      [IN_TIME, 'suspended'],
      [LATE, 'suspended'],
    ])
    expect(rows('events/leaver.csv').map(({ label }) => label)).toEqual(['vic@vendor.example'])
    expect(rows('events/new-device.csv').map(({ label }) => label)).toEqual(['win-9.tail9c3f1.ts.net'])
    expect(rows('events/joiner.csv')).toEqual([])
  })

  test('has both pulls around it in the packet, with the answers that show it and no others', () => {
    const [raised] = rows('events/role-change.csv')
    const role = (moment: 'collectedAt' | 'before'): string => {
      const row = rows(PACKET.pulls).find(({ collectedAt, run }) =>
        moment === 'collectedAt'
          ? collectedAt === raised!['lastSeenBefore']
          : runAt(raised!['firstSeenAfter']!) === run,
      )!
      const { pages, source } = jsonIn<PackedPull>(packet, `inputs/pulls/${row['run']}-${row['source']}.json`)
      const users = pages.find(({ request }) => request.includes('/users'))!
      const body = JSON.parse(text(`raw/${source}/${users.sha256}`)) as { users: Record<string, string>[] }
      return body.users.find(({ loginName }) => loginName === RAISED)!['role']!
    }
    expect([role('collectedAt'), role('before')]).toEqual(['it-admin', 'admin'])
  })

  function runAt(moment: string): string {
    const run = text(PACKET.leaves)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; id: string; snapshotAt: string })
      .find(({ type, snapshotAt }) => type === 'run' && snapshotAt === moment)
    return run!.id
  }
})

const other = (path: string, from: string | RegExp, to: string) => (files: Files) =>
  edited(files, path, (said) => {
    const made = said.replace(from, to)
    if (made === said) throw new Error(`${path} has nothing that matches ${String(from)}`)
    return made
  })
/** A moment of no run in place of the one that stands there. */
const instead = (path: string, which: (row: Record<string, string>) => boolean, column: string) => (files: Files) =>
  other(path, rows(path).find(which)![column]!, '2026-11-12T12:34:56.000Z')(files)
const without = (path: string, words: string) => (files: Files) =>
  edited(files, path, (said) =>
    said
      .split('\r\n')
      .filter((line) => !line.includes(words))
      .join('\r\n'),
  )
/** Both files of the period, one made of the other. */
const counted = (ref: string, change: (result: PeriodResult) => Partial<PeriodResult>) => (files: Files) => {
  const made = withJson(files, PACKET.periodJson, (value) => {
    const said = value as unknown as PackedPeriod
    const results = said.results.map((one) => (one.ref === ref ? { ...one, ...change(one) } : one))
    return { ...said, results } as unknown as JsonValue
  })
  const { results } = jsonIn<PackedPeriod>(made, PACKET.periodJson)
  return new Map([
    ...made,
    [PACKET.periodCsv, Buffer.from([...csvTable(COLUMNS.period, periodRows(results))].join(''))],
  ])
}

describe('verify finds, even where the key’s holder signed it', () => {
  test('nothing in a packet as it was written', async () => {
    const said = await verified(packet, undefined, { checks })
    expect(said).toMatchObject({ verdict: 'verified', broken: null })
    expect(said.unread.join('\n')).toMatch(/5 of the 5 pulls around it are packed and agree/)
  })

  test.each<[string, RegExp, (files: Files) => Files]>([
    [
      'a late removal told as in time',
      /the clock of mehmet.* is within/,
      other(PACKET.leavers, /"breached",[\d.]+/, '"within",'),
    ],
    [
      'a removal told as later than it was',
      /is late by another time/,
      other(PACKET.leavers, /"breached",[\d.]+/, '"breached",7'),
    ],
    [
      'a removal at a moment of no run',
      /no sealed run read tailnet/,
      instead(PACKET.leavers, ({ person }) => person === LATE, 'firstPullWithout'),
    ],
    ['a leaver left out', /does not list the pulls|happenings/, without(PACKET.leavers, LATE)],
    [
      'a role that was never raised so far',
      /do not show account .* as it was after the role-change/,
      other('events/role-change.csv', '"admin"', '"owner"'),
    ],
    [
      'a role that was another before',
      /do not show account .* as it was before the role-change/,
      other('events/role-change.csv', '"it-admin"', '"member"'),
    ],
    ['a change left out', /happenings|does not list the pulls/, without('events/role-change.csv', RAISED)],
    [
      'a device that came by another name',
      /do not show device/,
      other('events/new-device.csv', 'n0000009FltCNTRL', 'n0000008FltCNTRL'),
    ],
    [
      'a pull with another call',
      /its pull is not the one that was sealed/,
      (files) => {
        const path = [...files.keys()].find((one) => one.startsWith('inputs/pulls/'))!
        return edited(files, path, (said) => said.replace('"durationMs":', '"durationMs":1'))
      },
    ],
    [
      'a pull told as without room',
      /nothing happened beside it/,
      other(PACKET.pulls, ',true,', ',false,"beyond the room for pulls; packet --at brings it whole"'),
    ],
    [
      'an answer of a pull taken out',
      /the answer .* is missing/,
      (files) => {
        const of = (path: string) =>
          jsonIn<PackedPull>(files, path).pages.find(({ request }) => request.includes('/users'))!
        const [path] = [...files.keys()].filter((one) => one.startsWith('inputs/pulls/'))
        return new Map([...files].filter(([name]) => name !== `raw/tailnet/${of(path!).sha256}`))
      },
    ],
    [
      'an account that was there for longer',
      /is not told rightly at the end|gone too early/,
      other('populations/account.csv', /(uVIC01CNTRL[^\r]*,)false,(true|false),"/, '$1true,$2,"'),
    ],
    [
      'a review told as done at another time',
      /seen by no sealed pull/,
      instead(PACKET.reviews, ({ decision }) => decision === 'remove', 'doneAt'),
    ],
    ['a decision that was another', /reviews\.csv/, other(PACKET.reviews, '"remove"', '"keep"')],
    [
      'rows of a sample in another order',
      /not in the order/,
      (files) => {
        const path = [...files.keys()].find((one) => one.startsWith('samples/'))!
        return withJson(
          files,
          path,
          (value) =>
            ({ ...(value as object), rows: [...(value as { rows: JsonValue[] }).rows].reverse() }) as JsonValue,
        )
      },
    ],
    [
      'a seed that was another',
      /behind its frame/,
      (files) => {
        const path = [...files.keys()].find((one) => one.startsWith('samples/'))!
        return edited(files, path, (said) => said.replace('"seed":"four dice"', '"seed":"five dice"'))
      },
    ],
    [
      'a failure that is not counted',
      /does not count what intervals\.csv lists/,
      counted('ID-06', ({ met, deviated }) => ({ met: met + deviated, deviated: 0, waived: 0 })),
    ],
    [
      'a late removal that is not counted',
      /counts fewer late removals/,
      counted('ID-02', ({ met }) => ({ met: met + 1, deviated: 0 })),
    ],
    ['counts that do not add up', /do not add up/, counted('ID-07', () => ({ population: 99 }))],
  ])('%s', async (_, says, change) => {
    const { broken } = await verified(signed(change(packet), period.installation.keys.current()), undefined, { checks })
    expect(`${broken?.where}: ${broken?.what}`).toMatch(says)
  })
})
