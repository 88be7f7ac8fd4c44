/** What a packet tells of a period beside the state at its end, and what `verify` holds it against. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checks } from '../../checks/index.ts'
import type { JsonValue } from '../../src/domain/json.ts'
import type { Listing } from '../../src/domain/listing.ts'
import {
  COLUMNS,
  framePath,
  PACKET,
  type PackedDay,
  type PackedPeriod,
  type PackedPull,
} from '../../src/domain/packet.ts'
import type { PeriodResult } from '../../src/domain/period.ts'
import { csvTable } from '../../src/lib/csv.ts'
import { NO_ROOM } from '../../src/packet/around.ts'
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
      const { shown, source } = jsonIn<PackedPull>(packet, `inputs/pulls/${row['run']}-${row['source']}.json`)
      const users = shown.flatMap(({ pages }) => pages).find(({ request }) => request.includes('/users'))!
      const body = JSON.parse(text(`raw/${source}/${users.sha256}`)) as { users: Record<string, string>[] }
      return body.users.find(({ loginName }) => loginName === RAISED)!['role']!
    }
    expect([role('collectedAt'), role('before')]).toEqual(['it-admin', 'admin'])
  })

  test('of a pull what tells of other things goes by its digest alone', () => {
    const { shows, listings, shown } = jsonIn<PackedPull>(packet, pullIn(packet))
    expect(shows).toEqual(['account'])
    expect(shown.map(({ listing }) => listing)).toContain('GET /api/v2/tailnet/*/users')
    const left = listings.map(([listing]) => listing).filter((one) => !shown.some(({ listing }) => listing === one))
    expect(left).toContain('GET /api/v2/tailnet/*/devices')
    expect(left).toContain('GET /api/v2/device/*/attributes')
  })

  test('leads to the log’s own answer and to every bound’s: the files that show it', () => {
    const [raised] = rows('events/role-change.csv')
    const log = JSON.parse(text(raised!['vendorRaw']!)) as { logs: Record<string, unknown>[] }
    const told = log.logs.filter(({ eventTime }) => new Date(String(eventTime)).toISOString() === raised!['vendorTime'])
    expect(told).toMatchObject([{ target: { property: 'USER_ROLE' }, old: 'it-admin', new: 'admin' }])
    const late = rows(PACKET.leavers).find(({ person }) => person === LATE)!
    expect(text(late['rosterRaw']!)).toMatch(new RegExp(`^${LATE},.*,left,.*,2026-11-11`, 'm'))
    const statusIn = (path: string): string => {
      const { users } = JSON.parse(text(path)) as { users: Record<string, string>[] }
      return users.find(({ loginName }) => loginName === LATE)!['status']!
    }
    expect([statusIn(late['withAccessRaw']!), statusIn(late['withoutRaw']!)]).toEqual(['active', 'suspended'])
    for (const column of ['rosterPull', 'withAccessPull', 'withoutPull', 'vendorPull']) {
      expect(packet.has(late[column]!), column).toBe(true)
    }
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

const pullIn = (files: Files): string =>
  [...files.keys()].find((one) => one.startsWith('inputs/pulls/') && one.endsWith('-tailnet.json'))!
const pullChanged = (change: (pull: PackedPull) => PackedPull) => (files: Files) =>
  withJson(files, pullIn(files), (value) => change(value as unknown as PackedPull) as unknown as JsonValue)
const listingChanged = (end: string, change: (listing: Listing) => Listing) =>
  pullChanged((pull) => ({
    ...pull,
    shown: pull.shown.map((listing) => (listing.listing.endsWith(end) ? change(listing) : listing)),
  }))

/** Of a check, at the end of a day. */
function gapAtDaysEnd(files: Files): Record<string, string> {
  const ends = files
    .get(PACKET.days)!
    .toString('utf8')
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as PackedDay).snapshotAt)
    // What comes after the last run is a gap of every source too.
    .slice(0, -1)
  const gaps = rows(PACKET.coverage).filter(({ what, state }) => what === 'check' && state === 'gap')
  return gaps.find(({ from, to }) => ends.some((at) => from! <= at && at < to!))!
}

test('the README’s commands make the digests of the pulls again, and see what was changed in one', () => {
  const unpacked = mkdtempSync(join(tmpdir(), 'exhibit-pulls-'))
  try {
    for (const path of [PACKET.leaves, ...[...packet.keys()].filter((one) => one.startsWith('inputs/pulls/'))]) {
      mkdirSync(dirname(join(unpacked, path)), { recursive: true })
      writeFileSync(join(unpacked, path), packet.get(path)!)
    }
    const commands = [...text(PACKET.readme).matchAll(/^ {4}\$ (.+inputs.+jq.+)$/gm)].map(([, command]) => command!)
    const said = () =>
      commands.map((command) => execFileSync('sh', ['-e', '-c', command], { cwd: unpacked, encoding: 'utf8' }))
    expect(said()).toEqual(['', ''])
    const path = pullIn(packet)
    const not = `not as sealed: ${path}\n`
    writeFileSync(join(unpacked, path), text(path).replace('"notVendorHost":true', '"notVendorHost":false'))
    expect(said()).toEqual([not, ''])
    writeFileSync(join(unpacked, path), text(path).replace(/"durationMs":\d+/, '"durationMs":123456'))
    expect(said()).toEqual(['', not])
  } finally {
    rmSync(unpacked, { recursive: true, force: true })
  }
})

test('--pulls-up-to packs no more than that, and the table says what is left out', async () => {
  const bounded = await period.packet('--pulls-up-to', '0')
  expect([...bounded.keys()].filter((path) => path.startsWith('inputs/pulls/'))).toEqual([])
  const left = parse(bounded.get(PACKET.pulls)!, { columns: true, bom: true }) as Record<string, string>[]
  expect(left.map(({ packed, because }) => [packed, because])).toEqual(left.map(() => ['false', NO_ROOM]))
  const said = await verified(bounded, undefined, { checks })
  expect(said).toMatchObject({ verdict: 'verified', broken: null })
  expect(said.unread.join('\n')).toMatch(/second in 5 of the 5 rows of events/)
  expect(said.unread.join('\n')).toMatch(/0 of the 6 pulls around what happened are, and agree/)
})

describe('verify finds, even where the key’s holder signed it', () => {
  test('nothing in a packet as it was written', async () => {
    const said = await verified(packet, undefined, { checks })
    expect(said).toMatchObject({ verdict: 'verified', broken: null })
    expect(said.unread.join('\n')).not.toMatch(/the vendor’s second/)
    expect(said.unread.join('\n')).toMatch(/6 of the 6 pulls around what happened are, and agree/)
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
    [
      'a second that the vendor’s log does not have',
      /is of another moment/,
      instead('events/role-change.csv', ({ label }) => label === RAISED, 'vendorTime'),
    ],
    [
      'an event of the log under somebody else’s name',
      /was somebody else's doing/,
      other('events/role-change.csv', 'iris.andersson.0@fleet.example', LATE),
    ],
    [
      'an event that no log has',
      /the log that it names does not tell of it/,
      other('events/role-change.csv', /tailnet\/audit\/[0-9a-f]{4}/, 'tailnet/audit/0000'),
    ],
    [
      'a roster that said so at another reading',
      /was not read when it is said/,
      instead(PACKET.leavers, ({ person }) => person === LATE, 'rosterSaidAt'),
    ],
    [
      'a trace to another answer',
      /it leads to other files than those that show it/,
      other(PACKET.leavers, /raw\/tailnet\/[0-9a-f]{4}/, 'raw/tailnet/0000'),
    ],
    ['a change left out', /happenings|does not list the pulls/, without('events/role-change.csv', RAISED)],
    [
      'a device that came by another name',
      /do not show device/,
      other('events/new-device.csv', 'n0000009FltCNTRL', 'n0000008FltCNTRL'),
    ],
    [
      'a pull that ended otherwise',
      /its pull is not the one that was sealed/,
      pullChanged((pull) => ({ ...pull, pull: { ...pull.pull, notVendorHost: !pull.pull.notVendorHost } })),
    ],
    [
      'a pull with another call',
      /tailnet\/\*\/users is not as it was sealed/,
      listingChanged('/users', (listing) => ({
        ...listing,
        requests: listing.requests.map((note) => ({ ...note, durationMs: note.durationMs + 1 })),
      })),
    ],
    [
      'a page left out of a listing',
      /tailnet\/\*\/users is not as it was sealed/,
      listingChanged('/users', (listing) => ({ ...listing, pages: [] })),
    ],
    [
      'the listing left out that tells of the accounts',
      /it leaves out GET .*\/users, which may tell of account/,
      pullChanged((pull) => ({ ...pull, shown: pull.shown.filter(({ listing }) => !listing.endsWith('/users')) })),
    ],
    [
      'a listing shown twice, once as somebody would have it',
      /tailnet\/\*\/users is not as it was sealed/,
      pullChanged((pull) => {
        const users = pull.shown.find(({ listing }) => listing.endsWith('/users'))!
        return { ...pull, shown: [...pull.shown, { ...users, pages: [] }] }
      }),
    ],
    ['a pull told as without room', /nothing happened beside it/, other(PACKET.pulls, ',true,', `,false,"${NO_ROOM}"`)],
    [
      'an answer of a pull taken out',
      /the answer .* is missing/,
      (files) => {
        const { shown } = jsonIn<PackedPull>(files, pullIn(files))
        const [users] = shown.find(({ listing }) => listing.endsWith('/users'))!.pages
        return new Map([...files].filter(([name]) => name !== `raw/tailnet/${users!.sha256}`))
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
      'a frame with a key less',
      /samples\/F-1\.txt: it is not the frame that was sealed/,
      (files) => edited(files, framePath('F-1'), (keys) => keys.slice(keys.indexOf('\n') + 1)),
    ],
    [
      'a sample without its frame',
      /samples\/F-1\.txt/,
      (files) => new Map([...files].filter(([name]) => name !== framePath('F-1'))),
    ],
    [
      'a frame that nothing was drawn from',
      /samples\/F-9\.txt: no sample in the packet was drawn from it/,
      (files) => new Map([...files, [framePath('F-9'), files.get(framePath('F-1'))!]]),
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
    [
      'a day whose verdicts were others',
      /inputs\/days\.ndjson: what the checks came to on 2026-11-10 is another/,
      other(PACKET.days, '"fail":0', '"fail":1'),
    ],
    [
      'a day left out',
      /another number of days than the ledger/,
      (files) => edited(files, PACKET.days, (said) => said.slice(said.indexOf('\n') + 1)),
    ],
    [
      'a check that passed more often',
      /intervals\.csv/,
      other(PACKET.intervals, /^("DEV-03",[^\r]*),(\d+),(\d+),(\d+),(\d+)\r/m, '$1,7$2,$3,$4,$5\r'),
    ],
    [
      'a configuration that judged no run',
      /inputs\/settings\/.*: no run was judged by it/,
      (files) => {
        const path = [...files.keys()].find((one) => one.startsWith('inputs/settings/'))!
        return withJson(files, path, (value) => ({ ...(value as object), scheduleMs: 1 }) as JsonValue)
      },
    ],
    [
      'a gap of a source left out',
      /coverage\.csv: what it says of the sources does not follow from the runs/,
      other(PACKET.coverage, /"source","edr",[^\r]*"gap",[^\r]*\r\n/, ''),
    ],
    [
      'a gap of a check left out',
      /its share is not what the gaps leave/,
      other(PACKET.coverage, /"check",[^\r]*"gap",[^\r]*\r\n/, ''),
    ],
    [
      'a share of a check that is larger',
      /its share is not what the gaps leave/,
      other(PACKET.coverage, /("check",[^\r]*"evaluated",,)0\.\d+\r/, '$11\r'),
    ],
    [
      'a reason why a check was not evaluated',
      /has another answer at|not asked at/,
      (files) => {
        const gap = gapAtDaysEnd(files)
        return other(
          PACKET.coverage,
          `"${gap.from}","${gap.to}",${gap.seconds},"gap","${gap.cause}"`,
          `"${gap.from}","${gap.to}",${gap.seconds},"gap","stale and more"`,
        )(files)
      },
    ],
    [
      'a longest gap that is shorter',
      /its longest gap is not that of coverage\.csv/,
      counted('ID-07', ({ longestGapMs }) => ({ longestGapMs: longestGapMs - 1000 })),
    ],
    [
      'a coverage that is larger',
      /its coverage is not that of coverage\.csv/,
      counted('ID-07', () => ({ covered: 1 })),
    ],
    [
      'a population without somebody who was judged',
      /its population is smaller than that of a day/,
      counted('DEV-03', ({ population, tested, met }) => ({
        population: population - 2,
        tested: tested - 2,
        met: met - 2,
      })),
    ],
    [
      'deviations told as accepted',
      /counts other deviations as accepted/,
      counted('ID-06', ({ deviated }) => ({ waived: deviated })),
    ],
    ['counts that do not add up', /do not add up/, counted('ID-07', () => ({ population: 99 }))],
  ])('%s', async (_, says, change) => {
    const { broken } = await verified(signed(change(packet), period.installation.keys.current()), undefined, { checks })
    expect(`${broken?.where}: ${broken?.what}`).toMatch(says)
  })
})
