/** Checkpoints leave the machine: through real runs, into a real file, to a real authority on loopback. */
import { appendFileSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { ledgerAnchoredOutside } from '../../checks/ledger-anchored-outside.ts'
import { HOUR, MINUTE } from '../../src/domain/time.ts'
import { readCheckpoint } from '../../src/ledger/checkpoint.ts'
import { type Authority, startAuthority } from '../helpers/authority.ts'
import { exhibit } from '../helpers/cli.ts'
import {
  type TestInstallation,
  type TestInstallationOptions,
  testClock,
  testInstallation,
} from '../helpers/installation.ts'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

const ROSTER = (_: unknown, roster: string): string =>
  `\n  - { id: roster, kind: csv, path: ${JSON.stringify(roster)} }`

async function installed(ledger: string, over: TestInstallationOptions = {}): Promise<TestInstallation> {
  const clock = testClock(new Date().toISOString())
  const installation = await testInstallation({
    clock,
    sources: ROSTER,
    yaml: `ledger: ${ledger}`,
    checks: [ledgerAnchoredOutside],
    ...over,
  })
  open.push(installation)
  return installation
}

describe('the file of checkpoints', () => {
  const notes = (text: string): string[] => text.match(/[^\n]+\n\d+\n[^\n]+\n\n(?:\u2014 [^\n]+\n)+/g) ?? []
  const inFile = (installation: TestInstallation): string => join(installation.folder, 'outside.txt')

  test('takes every checkpoint, one note after another, and can be read by others', async () => {
    const installation = await installed('{ checkpoints: outside.txt }')
    const file = inFile(installation)
    for (let n = 0; n < 3; n++) await installation.sync()
    const text = readFileSync(file, 'utf8')
    const stored = await Array.fromAsync(installation.store.checkpoints(0))
    expect(text).toBe(stored.map(({ note }) => note).join(''))
    expect(notes(text).map((note) => readCheckpoint(note).size)).toEqual(stored.map(({ size }) => size))
    expect(statSync(file).mode & 0o777).toBe(0o644)
    expect(installation.notices).toEqual([])
  })

  test('gets what a process that died could not write any more', async () => {
    const installation = await installed('{ checkpoints: outside.txt }')
    const file = inFile(installation)
    await installation.sync()
    const first = readFileSync(file, 'utf8')
    for (let n = 0; n < 3; n++) await installation.sync()
    const whole = readFileSync(file, 'utf8')
    // The second note was cut off in the middle, the third never came.
    writeFileSync(file, first + whole.slice(first.length, first.length + 30))
    await installation.sync()
    const stored = await Array.fromAsync(installation.store.checkpoints(0))
    expect(notes(readFileSync(file, 'utf8')).map((note) => readCheckpoint(note).size)).toEqual(
      stored.map(({ size }) => size),
    )
  })

  test('is never written to by a ledger that does not know its last checkpoint, and says so each time', async () => {
    const installation = await installed('{ checkpoints: outside.txt }')
    await installation.sync()
    const file = inFile(installation)
    const foreign = readFileSync(file, 'utf8').replace(/\n\d+\n/, '\n999\n')
    appendFileSync(file, foreign)
    const before = readFileSync(file, 'utf8')
    await installation.sync()
    await installation.sync()
    expect(readFileSync(file, 'utf8')).toBe(before)
    expect(installation.notices).toHaveLength(2)
    expect(installation.notices[0]).toMatch(/size 999\) the ledger does not know: .*keep both/)
  })

  test('that cannot be written does not cost the run', async () => {
    const installation = await installed('{ checkpoints: missing/folder/outside.txt }')
    const { run } = await installation.sync()
    expect(run.sequence).toBe(1)
    expect(installation.notices[0]).toMatch(/outside\.txt could not be appended to \(.*ENOENT/)
  })

  test('nothing leaves where nothing is configured', async () => {
    const installation = await installed('{}')
    await installation.sync()
    expect(existsSync(inFile(installation))).toBe(false)
    const { results } = await installation.report()
    expect(results.map(({ status, unknownReason }) => [status, unknownReason])).toEqual([['unknown', 'not_configured']])
  })
})

describe('an outside authority', () => {
  async function anchored(every = '24h'): Promise<{ installation: TestInstallation; authority: Authority }> {
    const authority = await startAuthority()
    open.push(authority)
    const installation = await installed(
      `{ timestamps: { url: ${JSON.stringify(authority.url.href)}, every: ${every} } }`,
    )
    return { installation, authority }
  }
  const verdict = async (installation: TestInstallation): Promise<string> => {
    const { results } = await installation.report()
    return results[0]!.unknownReason ?? results[0]!.status
  }

  test('stamps the checkpoint; the answer is kept as received and openssl verifies it', async () => {
    const { installation, authority } = await anchored()
    await installation.sync()
    expect(authority.asked.map(({ contentType }) => contentType)).toEqual(['application/timestamp-query'])
    const [stamp, ...more] = await installation.store.stamps(0)
    expect(more).toEqual([])
    expect(stamp).toMatchObject({ authority: authority.url.href })
    const { note } = (await installation.store.checkpoint(stamp!.size))!
    expect(authority.verify(note, stamp!.reply)).toContain('Verification: OK')
    expect(() => authority.verify(note.replace('acme', 'acmf'), stamp!.reply)).toThrow()
  })

  test('is asked once in the time named, a run early rather than late, and COL-08 sees it from the next run on', async () => {
    const { installation, authority } = await anchored()
    await installation.sync()
    expect(await verdict(installation)).toBe('no_data')
    installation.clock.pass(15 * MINUTE)
    await installation.sync()
    expect(await verdict(installation)).toBe('pass')
    installation.clock.pass(23 * HOUR)
    await installation.sync()
    expect(authority.asked).toHaveLength(1)
    installation.clock.pass(31 * MINUTE)
    // The authority's own clock stands still: it is the real one.
    await installation.sync()
    expect(authority.asked).toHaveLength(2)
    expect(await verdict(installation)).toBe('pass')
  })

  test.each<[string, Authority['answer'], RegExp]>([
    ['answers 503', () => ({ status: 503, body: 'down' }), /answered 503/],
    [
      'answers a page',
      () => ({ contentType: 'text/html', body: '<html>' }),
      /an HTML page where timestamp-reply was expected/,
    ],
    ['answers bytes', () => ({ body: 'hello' }), /no time stamp/],
    ['answers an old stamp', null, /another request|something else/],
  ])('that %s does not cost the run; it is told, judged, and tried again', async (_, answer, says) => {
    const { installation, authority } = await anchored()
    const old = answer === null ? await oldStamp(installation, authority) : null
    authority.answer = answer ?? (() => ({ body: old! }))
    const { run } = await installation.sync()
    expect(run.sequence).toBeGreaterThan(0)
    expect(installation.notices.join()).toMatch(says)
    expect(installation.notices.join()).toMatch(/tried again at the next run/)
    installation.clock.pass(MINUTE)
    await installation.sync()
    expect(await verdict(installation)).toBe('fail')
    authority.answer = null
    installation.clock.pass(MINUTE)
    await installation.sync()
    installation.clock.pass(MINUTE)
    await installation.sync()
    expect(await verdict(installation)).toBe('pass')
    expect(installation.internal).toEqual([])
  })

  async function oldStamp(installation: TestInstallation, authority: Authority): Promise<Uint8Array> {
    const other = await installed(`{ timestamps: { url: ${JSON.stringify(authority.url.href)} } }`)
    await other.sync()
    expect(await installation.store.newestStamp()).toBeNull()
    return (await other.store.newestStamp())!.reply
  }

  test('that is not there at all is told by name', async () => {
    const { installation, authority } = await anchored()
    await authority.close()
    open.splice(open.indexOf(authority), 1)
    await installation.sync()
    expect(installation.notices[0]).toMatch(/^ledger.*; tried again at the next run$/)
  })
})

describe('the commands', () => {
  test('checkpoint prints the newest note and nothing else', async () => {
    const installation = await installed('{}')
    expect(await exhibit(installation, 'ledger', 'checkpoint')).toMatchObject({ code: 2, out: '' })
    await installation.sync()
    const said = await exhibit(installation, 'ledger', 'checkpoint')
    expect(said).toEqual({ code: 0, out: (await installation.store.checkpoint('latest'))!.note, err: '' })
  })

  test('rotate prints the note that both keys signed, and it leaves the machine as every other', async () => {
    const installation = await installed('{ checkpoints: outside.txt }')
    await installation.sync()
    const old = installation.keys.current().fingerprint
    const { code, out, err } = await exhibit(installation, 'ledger', 'rotate')
    expect(code).toBe(0)
    expect(out.match(/^\u2014 exhibit\.invalid\/acme /gm)).toHaveLength(2)
    expect(err).toContain(installation.keys.current().fingerprint)
    expect(err).toContain(`${old} signed the hand-over`)
    expect(readFileSync(join(installation.folder, 'outside.txt'), 'utf8').endsWith(out)).toBe(true)
    await installation.sync()
    expect(await exhibit(installation, 'ledger', 'checkpoint')).toMatchObject({ code: 0, err: '' })
  })

  test('a key that was lost is named beside every checkpoint printed', async () => {
    const installation = await installed('{}')
    await installation.sync()
    const old = installation.keys.current().fingerprint
    installation.keys.begin()
    installation.keys.finish()
    await installation.sync()
    const { code, err } = await exhibit(installation, 'ledger', 'checkpoint')
    expect(code).toBe(0)
    expect(err).toMatch(
      new RegExp(`the key ${installation.keys.current().fingerprint} follows ${old} without its signature`),
    )
    rmSync(join(installation.folder, 'ledger-key.pem'))
  })
})
