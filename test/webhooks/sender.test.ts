import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Webhook } from 'standardwebhooks'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Endpoint, EndpointState } from '../../src/domain/outbox.ts'
import type { Store } from '../../src/domain/store.ts'
import { DAY, MINUTE, plus, SECOND } from '../../src/domain/time.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { NOW } from '../helpers/build.ts'
import { testLedger } from '../helpers/ledger.ts'
import { type Answer, type Received, type Receiver, receiver, verifies } from './receiver.ts'
import {
  endpointAt,
  event,
  fastClock,
  jumpingClock,
  SECRET,
  type Sending,
  type SendingOptions,
  sending,
} from './sending.ts'

const OK: Answer = { status: 200, body: 'ok' }

let store: Store
const open: { close(): Promise<void> }[] = []
let answer: (received: Received) => Answer | Promise<Answer>
let there: Receiver

beforeEach(async () => {
  store = await openSqliteStore({ path: ':memory:', ledger: testLedger() })
  answer = () => OK
  there = await receiver((received) => answer(received))
})
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
  await there.close()
  await store.close()
})

async function send(ids: readonly (string | Endpoint)[], options: SendingOptions = {}): Promise<Sending> {
  const endpoints = ids.map((id) => (typeof id === 'string' ? endpointAt(there.url, id) : id))
  const made = await sending(store, endpoints, options)
  open.push(made)
  return made
}

/** The waits of the schedule cost nothing. */
const fast = () => ({ clock: jumpingClock(), limits: { lookEveryMs: 2 * DAY } })

const stateOf = async (id: string): Promise<EndpointState> => (await store.endpoints([id]))[0]!

async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await what())) await new Promise((over) => setTimeout(over, 2))
}
const settled = (id: string) => until(async () => (await stateOf(id)).counts.waiting === 0)

describe('sending', () => {
  test('an event reaches who asked for it, signed, as the npm receiver wants it, and is logged', async () => {
    // The receiver's clock is the machine's.
    await store.tell([event(1, ['grc'], new Date().toISOString())])
    const clock = { ...fastClock(1, Date.now()), now: () => new Date().toISOString() }
    await send(['grc', 'siem'], { clock })
    await settled('grc')
    const [{ headers, body, endpoint }] = there.received as [Received]
    expect([there.received.length, endpoint]).toEqual([1, 'grc'])
    expect(new Webhook(SECRET).verify(body, headers)).toMatchObject({ type: 'run.completed', data: { run: 'run-1' } })
    expect(headers).toMatchObject({
      'webhook-id': event(1, []).id,
      'content-type': 'application/json',
      'user-agent': 'exhibit/test',
    })
    expect(await store.attempts(event(1, []).id, 'grc')).toMatchObject([{ status: 200, error: null, answer: 'ok' }])
    expect((await store.event(event(1, []).id))!.body).toBe(body)
  })

  test('one that fails is sent again by the schedule: same id, same bytes, new time and signature', async () => {
    answer = ({ before }) => (before < 3 ? { status: 500, body: 'not yet' } : OK)
    await store.tell([event(1, ['grc'])])
    await send(['grc'], fast())
    await settled('grc')
    const { received } = there
    expect(received).toHaveLength(4)
    expect(new Set(received.map(({ headers, body }) => headers['webhook-id'] + body)).size).toBe(1)
    expect(new Set(received.map(({ headers }) => headers['webhook-timestamp'])).size).toBe(4)
    for (const one of received) expect(verifies(one, SECRET, Number(one.headers['webhook-timestamp']))).toBe(true)
    const attempts = await store.attempts(event(1, []).id, 'grc')
    expect(attempts.map(({ status, error, answer }) => [status, error, answer])).toEqual([
      ...Array(3).fill([500, 'answered 500', 'not yet']),
      [200, null, 'ok'],
    ])
    const ended = attempts.map(({ at, ms }) => plus(at, ms))
    for (const [n, least] of [5 * SECOND, 5 * MINUTE, 30 * MINUTE].entries()) {
      expect(attempts[n + 1]!.at >= plus(ended[n]!, least)).toBe(true)
    }
  })

  test('after ten attempts it is a dead letter, which people are told once, and which replay sends', async () => {
    answer = () => ({ status: 500 })
    await store.tell([event(1, ['grc']), event(2, ['grc'])])
    const { clock, notices, nudge } = await send(['grc'], fast())
    await settled('grc')
    expect(await store.deliveries({ state: 'dead' }, 9, null)).toMatchObject([
      { attempts: 10, error: 'answered 500', dueAt: null },
      { attempts: 10 },
    ])
    expect(notices).toEqual(['grc: an event was given up after 10 attempts, the last of which answered 500; replay it'])
    answer = () => OK
    expect(await store.replay({ state: 'dead' }, clock.now())).toBe(2)
    nudge()
    await settled('grc')
    expect((await stateOf('grc')).counts).toEqual({ waiting: 0, delivered: 2, dead: 0 })
    expect(await store.attempts(event(1, []).id, 'grc')).toHaveLength(11)
  })

  test('a nudge sends at once, without waiting for the next look', async () => {
    const { nudge, drain } = await send(['grc'], { limits: { lookEveryMs: DAY } })
    expect(await drain(5_000)).toBe(true)
    await store.tell([event(1, ['grc'])])
    nudge()
    await settled('grc')
    expect(there.received).toHaveLength(1)
  })

  test('draining tries all that is due, and only that', async () => {
    answer = ({ headers }) => (headers['webhook-id'] === event(2, []).id ? { status: 500 } : OK)
    const later = plus(NOW, 10 * DAY)
    await store.tell([event(1, ['grc']), event(2, ['grc']), event(3, ['grc'], later)])
    const { drain } = await send(['grc'])
    expect(await drain(10_000)).toBe(true)
    expect(there.received.map(({ headers }) => headers['webhook-id'])).toEqual([event(1, []).id, event(2, []).id])
    answer = () => 'hang'
    await store.replay({ event: event(1, []).id }, NOW)
    expect(await drain(50)).toBe(false)
  })
})

describe('what an endpoint answers', () => {
  test('410 disables it at once, with one notice to people, and no other is touched', async () => {
    answer = ({ endpoint }) => (endpoint === 'gone' ? { status: 410 } : OK)
    const events = Array.from({ length: 30 }, (_, n) => event(n, ['gone', 'grc']))
    await store.tell(events)
    const { notices } = await send(['gone', 'grc'])
    await Promise.all([settled('gone'), settled('grc')])
    expect(await stateOf('gone')).toMatchObject({
      because: 'it answered 410 (Gone)',
      counts: { delivered: 0, dead: 30 },
    })
    expect((await stateOf('grc')).counts).toEqual({ waiting: 0, delivered: 30, dead: 0 })
    expect(there.received.filter(({ endpoint }) => endpoint === 'gone').length).toBeLessThanOrEqual(4)
    expect(notices).toEqual([
      'gone: nothing is sent there any more: it answered 410 (Gone); enable it when it works again',
    ])
  })

  test('five days of nothing but failures disable it', async () => {
    answer = () => 'reset'
    await store.tell([event(1, ['grc'])])
    const options = fast()
    const { notices, nudge } = await send(['grc'], options)
    await settled('grc')
    const { failingSince } = await stateOf('grc')
    expect(failingSince).toBe(NOW)
    const then = plus(NOW, 5 * DAY)
    options.clock.jump(5 * DAY)
    await store.tell([event(2, ['grc'], then), event(3, ['grc'], plus(then, DAY))])
    nudge()
    await settled('grc')
    expect(await stateOf('grc')).toMatchObject({
      because: `it has given nothing but failures since ${failingSince}`,
      counts: { dead: 3 },
    })
    expect(notices).toHaveLength(2)
    expect(await store.attempts(event(2, []).id, 'grc')).toMatchObject([
      { status: null, error: expect.stringMatching(/^got no answer: the connection was closed \(/), answer: null },
    ])
  })

  test('a redirect is a failure and is not followed', async () => {
    const trap = await receiver(() => OK)
    open.push(trap)
    const statuses = [301, 302, 303, 307, 308]
    answer = ({ endpoint }) => ({ status: Number(endpoint.slice(1)), headers: { location: trap.url.href } })
    await store.tell([
      event(
        1,
        statuses.map((status) => `s${status}`),
      ),
    ])
    const { drain } = await send(statuses.map((status) => `s${status}`))
    expect(await drain(10_000)).toBe(true)
    expect(there.received).toHaveLength(5)
    expect(trap.received).toEqual([])
    expect(await store.attempts(event(1, []).id, 's307')).toMatchObject([
      { status: 307, error: 'answered 307; a redirect is not followed' },
    ])
  })

  test('no answer in time is a failure; a body without an end is cut, and a success all the same', async () => {
    answer = ({ endpoint }) => (endpoint === 'slow' ? 'hang' : 'endless')
    await store.tell([event(1, ['slow', 'chatty'])])
    const { drain } = await send(['slow', 'chatty'], { limits: { attemptMs: 500 } })
    expect(await drain(10_000)).toBe(true)
    expect(await store.attempts(event(1, []).id, 'slow')).toMatchObject([
      { status: null, error: 'gave no answer within 0.5 s', answer: null },
    ])
    const [cut] = await store.attempts(event(1, []).id, 'chatty')
    expect([cut!.status, cut!.answer]).toEqual([200, 'x'.repeat(1_024)])
  })

  test('what it says is kept to 1,024 characters, readable, and without what is secret', async () => {
    const url = new URL('/grc/T012345678901234567890?key=canary-value-1', there.url)
    answer = ({ headers }) => ({
      status: 400,
      body: `bad\u0000\u001b[31m\u202e ${SECRET} ${SECRET.slice(6)} ${headers['webhook-signature']} T012345678901234567890 canary-value-1 Bearer abcDEF123456 ${'é'.repeat(2_000)}`,
    })
    await store.tell([event(1, ['grc'])])
    const { drain } = await send([endpointAt(there.url, 'grc', { url })])
    expect(await drain(10_000)).toBe(true)
    const said = (await store.attempts(event(1, []).id, 'grc'))[0]!.answer
    expect(said).toMatch(/^bad\[31m \[hidden\] \[hidden\] \[hidden\] \[hidden\] \[hidden\] Bearer \[hidden\] é+$/)
    expect(said).toHaveLength(1_024)
  })

  test('a secret is found where the part that is looked through ends, too', async () => {
    const secret = SECRET.slice(6)
    answer = () => ({ status: 400, body: `${`${secret} `.repeat(400)}` })
    await store.tell([event(1, ['grc'])])
    const { drain } = await send(['grc'])
    expect(await drain(10_000)).toBe(true)
    const said = (await store.attempts(event(1, []).id, 'grc'))[0]!.answer!
    expect(said.replaceAll(/\[hidden\] ?/g, '')).toMatch(/^(\[[a-z]*)?$/)
    expect(said).not.toContain(secret.slice(0, 8))
  })

  test.each<[what: string, answer: Answer, shown: string | null]>([
    ['nothing', { status: 204 }, null],
    ['only white space', { status: 200, body: ' \n\t ' }, null],
    ['compressed against our wish', { status: 200, headers: { 'content-encoding': 'gzip' }, body: 'x' }, null],
    ['several lines', { status: 200, body: 'one\r\n\ttwo\u2028three' }, 'one two three'],
    ['bytes that are no text', { status: 200, body: '\ud800' }, '�'],
  ])('%s', async (_, given, shown) => {
    answer = () => given
    await store.tell([event(1, ['grc'])])
    const { drain } = await send(['grc'])
    expect(await drain(10_000)).toBe(true)
    expect((await store.attempts(event(1, []).id, 'grc')).map((one) => one.answer)).toEqual([shown])
  })

  test('too much to do: fewer at a time, and all again once it copes', async () => {
    let most = 0
    /** Answers that are held until so many are wanted at once. */
    const held: { status: number; released: PromiseWithResolvers<Answer> }[] = []
    let wanted = 4
    let status = 503
    answer = () => {
      const released = Promise.withResolvers<Answer>()
      held.push({ status, released })
      most = Math.max(most, held.length)
      if (held.length >= wanted) for (const one of held.splice(0)) one.released.resolve({ status: one.status })
      return released.promise
    }
    const { drain } = await send(['grc'])
    const round = async (before: 'waiting' | 'delivered' = 'waiting'): Promise<number> => {
      most = 0
      await store.replay({ endpoint: 'grc', state: before }, NOW)
      expect(await drain(20_000)).toBe(true)
      return most
    }
    await store.tell([1, 2, 3, 4].map((n) => event(n, ['grc'])))
    expect(await round()).toBe(4)
    // Four times halved, it is one at a time.
    wanted = 1
    expect(await round()).toBe(1)
    status = 200
    expect(await round()).toBe(1)
    // Each success made room for one more.
    wanted = 4
    expect(await round('delivered')).toBe(4)
  })
})

describe('what is in the way', () => {
  test.each([
    ['an address that nobody allowed', 'https://169.254.169.254/latest', /^was not sent: .*169\.254\.169\.254/],
    ['plain http to an address that is not listed', 'http://93.184.215.14/', /^was not sent: .*plain http/],
    ['nobody listening', 'http://127.0.0.1:1/', /^got no answer: the connection was refused \(ECONNREFUSED\)/],
  ])('%s is a failure that says why', async (_, url, error) => {
    await store.tell([event(1, ['grc'])])
    const { drain, reports } = await send([endpointAt(there.url, 'grc', { url: new URL(url) })])
    expect(await drain(10_000)).toBe(true)
    expect(await store.attempts(event(1, []).id, 'grc')).toMatchObject([
      { status: null, error: expect.stringMatching(error) },
    ])
    expect(reports).toEqual([])
  })

  test('a secret that cannot be read or used is a failure that says so, and nothing leaves', async () => {
    let file = ''
    const unread = endpointAt(there.url, 'grc', {
      secrets: () => {
        if (file === '') throw new Error('the file /run/secrets/hook cannot be read (ENOENT)')
        return [file]
      },
    })
    await store.tell([event(1, ['grc'])])
    const { drain } = await send([unread])
    expect(await drain(10_000)).toBe(true)
    file = 'whsec_c2hvcnQ='
    await store.replay({}, NOW)
    expect(await drain(10_000)).toBe(true)
    expect(there.received).toEqual([])
    // Rotated while it runs: the next attempt has it.
    file = SECRET
    await store.replay({}, NOW)
    expect(await drain(10_000)).toBe(true)
    expect((await store.attempts(event(1, []).id, 'grc')).map(({ error }) => error)).toEqual([
      'was not sent: its secret cannot be used (the file /run/secrets/hook cannot be read (ENOENT))',
      'was not sent: its secret cannot be used (holds 5 bytes; 24 to 64 are needed)',
      null,
    ])
  })

  test('a store that cannot write for a while: it is reported, and nothing is lost', async () => {
    await store.tell([event(1, ['grc']), event(2, ['grc'])])
    let broken = 2
    const settle: Store['settle'] = async (settled) => {
      if (broken-- > 0) throw new Error('disk full')
      await store.settle(settled)
    }
    const made = await sending({ ...store, settle }, [endpointAt(there.url, 'grc')], {
      clock: jumpingClock(),
      limits: { atOnce: 1 },
    })
    open.push(made)
    await settled('grc')
    expect(made.reports).toHaveLength(2)
    expect((await stateOf('grc')).counts).toEqual({ waiting: 0, delivered: 2, dead: 0 })
    expect(there.received.length).toBe(4)
  })

  test('an endpoint that left the configuration: what waits for it is given up, and people are told', async () => {
    await store.tell([event(1, ['old', 'grc']), event(2, ['old'])])
    const { notices, drain } = await send(['grc'])
    expect(await drain(10_000)).toBe(true)
    expect((await stateOf('old')).counts).toEqual({ waiting: 0, delivered: 0, dead: 2 })
    expect(notices).toEqual(['all: 2 deliveries were given up: the endpoint is not in the configuration any more'])
    expect(there.received).toHaveLength(1)
  })
})

test('nothing secret is in the database: not the secret, no signature, no token of the address', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hooks-'))
  const path = join(folder, 'exhibit.db')
  const kept = await openSqliteStore({ path, ledger: testLedger() })
  try {
    answer = ({ headers }) => ({ status: 500, body: `${JSON.stringify(headers)} ${SECRET}` })
    await kept.tell([event(1, ['grc'])])
    const url = new URL('/grc/canary-in-the-path-of-it', there.url)
    const made = await sending(kept, [endpointAt(there.url, 'grc', { url })])
    open.push(made)
    expect(await made.drain(10_000)).toBe(true)
    expect(await kept.attempts(event(1, []).id, 'grc')).toMatchObject([{ status: 500 }])
    const signature = there.received[0]!.headers['webhook-signature']!.slice('v1,'.length)
    const bytes = ['', '-wal'].map((suffix) => readFileSync(`${path}${suffix}`).toString('latin1')).join()
    for (const canary of [SECRET.slice(6), signature, 'canary-in-the-path']) {
      expect(bytes.includes(canary), canary).toBe(false)
    }
    // The search finds what is there.
    expect(bytes.includes(event(1, []).id)).toBe(true)
  } finally {
    await kept.close()
    rmSync(folder, { recursive: true, force: true })
  }
})

describe('P16: one bad endpoint delays no other', () => {
  test('nineteen are served whole while the twentieth hangs, with no more than four under way there', async () => {
    const ids = Array.from({ length: 20 }, (_, n) => `e${n}`)
    const released = Promise.withResolvers<Answer>()
    let hanging = 0
    answer = ({ endpoint }) => {
      if (endpoint !== 'e7') return OK
      hanging++
      return released.promise
    }
    await store.tell(Array.from({ length: 20 }, (_, n) => event(n, ids)))
    const { drain } = await send(ids)
    await Promise.all(ids.filter((id) => id !== 'e7').map(settled))
    expect(hanging).toBe(4)
    expect((await stateOf('e7')).counts.waiting).toBe(20)
    released.resolve(OK)
    expect(await drain(20_000)).toBe(true)
    expect((await stateOf('e7')).counts.delivered).toBe(20)
  })
})

describe('stopping', () => {
  test('what is under way ends first, and what was taken besides is given back', async () => {
    const released = Promise.withResolvers<Answer>()
    answer = () => released.promise
    await store.tell(Array.from({ length: 9 }, (_, n) => event(n, ['grc'])))
    const { stop } = await send(['grc'])
    await until(() => there.received.length === 4)
    const stopped = stop(20_000)
    released.resolve(OK)
    await stopped
    expect((await stateOf('grc')).counts).toEqual({ waiting: 5, delivered: 4, dead: 0 })
    expect(await store.claim('grc', NOW, plus(NOW, MINUTE), 9)).toHaveLength(5)
  })

  test('what does not end in time is given up and given back, with no attempt counted', async () => {
    answer = () => 'hang'
    await store.tell([event(1, ['grc'])])
    const { stop, reports } = await send(['grc'])
    await until(() => there.received.length === 1)
    await stop(30)
    expect(await store.claim('grc', NOW, plus(NOW, MINUTE), 9)).toMatchObject([{ attempts: 0 }])
    expect(await store.attempts(event(1, []).id, 'grc')).toEqual([])
    expect(reports).toEqual([])
  })
})
