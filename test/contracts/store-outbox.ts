/** What every store must do with what is told to endpoints, and with the digests of API keys. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ApiKey } from '../../src/domain/api-key.ts'
import type { Claimed, NewEvent, Settled } from '../../src/domain/outbox.ts'
import type { Store } from '../../src/domain/store.ts'
import { DAY, type Instant, MINUTE, plus, SECOND } from '../../src/domain/time.ts'
import { NOW } from '../helpers/build.ts'
import { moment, pull, sealer } from '../store/sealing.ts'

export function told(n: number, over: Partial<NewEvent> = {}): NewEvent {
  return {
    id: `evt_${n}`,
    type: 'finding.opened',
    at: plus(NOW, n * SECOND),
    data: { b: n, a: 'ключ' },
    endpoints: ['grc'],
    ...over,
  }
}

type Came = Partial<Settled['attempt']> & { next?: Settled['next']; disable?: string }

function came(of: Pick<Claimed, 'event' | 'endpoint'>, { next, disable, ...attempt }: Came = {}): Settled {
  const { event, endpoint } = of
  return {
    attempt: { event, endpoint, at: plus(NOW, MINUTE), ms: 12, status: 200, error: null, answer: 'ok', ...attempt },
    next: next ?? { state: 'delivered' },
    disable: disable ?? null,
  }
}

const failure = (dueAt: Instant, over: Came = {}): Came => ({
  status: 500,
  error: 'answered 500',
  answer: null,
  next: { state: 'waiting', dueAt },
  ...over,
})

const LATER = plus(NOW, 2 * MINUTE)
const LEASE = plus(LATER, MINUTE)

export function storeOutboxContract(name: string, make: () => Promise<Store>): void {
  describe(`the outbox of ${name}`, () => {
    let store: Store
    beforeEach(async () => {
      store = await make()
    })
    afterEach(() => store.close())
    const claim = (endpoint = 'grc', now = LATER, until = plus(now, MINUTE), limit = 10) =>
      store.claim(endpoint, now, until, limit)
    const names = (found: readonly { event: string }[]): string[] => found.map(({ event }) => event)
    const only = async (endpoint = 'grc') => (await store.endpoints([endpoint]))[0]!

    describe('what is told', () => {
      test('is written with the run and the checkpoint that it tells of, as canonical JSON, once', async () => {
        const { checkpoint } = await sealer(store).seal([pull('tailnet', [])], { events: [told(1), told(2)] })
        const [first, second] = await claim()
        const shown = { origin: checkpoint.origin, root: checkpoint.root, size: checkpoint.size }
        expect(first!.body).toBe(
          `{"data":{"a":"ключ","b":1,"checkpoint":${JSON.stringify(shown)}},"timestamp":"${plus(NOW, SECOND)}","type":"finding.opened"}`,
        )
        expect(second).toMatchObject({ event: 'evt_2', endpoint: 'grc', attempts: 0 })
        expect(await store.event('evt_1')).toEqual({
          type: 'finding.opened',
          at: plus(NOW, SECOND),
          body: first!.body,
        })
        expect(await store.event('evt_9')).toBeNull()
      })

      test('is not there where the seal was refused, nor the seal where an event is', async () => {
        const { seal, runOf } = sealer(store)
        await seal([pull('tailnet', [])])
        await expect(store.seal({ ...runOf([]), events: [told(1)], id: 'run-1' })).rejects.toThrow()
        expect(await store.event('evt_1')).toBeNull()
        const large = told(2, { data: { text: 'ж'.repeat(10_000) } })
        await expect(seal([], { events: [told(1), large] })).rejects.toMatchObject({
          code: 'internal',
          message: expect.stringMatching(/would be 20\d\d\d bytes long/),
        })
        expect([await store.event('evt_1'), (await store.runs(5)).length]).toEqual([null, 1])
      })

      test('comes with leaves too, under the checkpoint that covers them, or of nothing in the ledger at all', async () => {
        await store.tell([told(1, { type: 'webhook.test' })])
        const leaf = { kind: 'export', body: { type: 'export' } }
        const { size, root, origin } = await store.append([leaf], NOW, [told(2, { type: 'packet.ready' })])
        const shown = (await claim()).map(({ body }) => (JSON.parse(body) as { data: object }).data)
        expect(shown).toMatchObject([{ checkpoint: null }, { checkpoint: { size, root, origin } }])
        await expect(store.append([leaf], NOW, [told(2)])).rejects.toMatchObject({ code: 'storage' })
        expect((await store.checkpoint('latest'))!.size).toBe(size)
      })

      test('has an id without a dot, and is not made where nobody asked for it', async () => {
        await expect(store.tell([told(1, { id: 'evt.1' })])).rejects.toMatchObject({ code: 'internal' })
        await store.tell([told(1, { endpoints: [] })])
        expect(await store.event('evt_1')).toBeNull()
      })

      test('goes to each endpoint by itself, once however often it is named', async () => {
        await store.tell([told(1, { endpoints: ['grc', 'siem', 'grc'] })])
        expect(names(await claim('grc'))).toEqual(['evt_1'])
        expect(names(await claim('siem'))).toEqual(['evt_1'])
        expect(names(await claim('other'))).toEqual([])
      })
    })

    describe('taking', () => {
      test('gives what is due, first due first, to one sender until the lease ends', async () => {
        await store.tell([told(3), told(1), told(2), told(200)])
        expect(await store.nextDue(['grc', 'siem'])).toBe(plus(NOW, SECOND))
        expect(names(await claim('grc', LATER, LEASE, 2))).toEqual(['evt_1', 'evt_2'])
        expect(names(await claim('grc', LATER, plus(LEASE, 1)))).toEqual(['evt_3'])
        expect(await claim('grc', plus(LEASE, -1))).toEqual([])
        expect(await store.nextDue(['grc'])).toBe(LEASE)
        expect(names(await claim('grc', LEASE))).toEqual(['evt_1', 'evt_2'])
        expect(await store.nextDue(['siem'])).toBeNull()
      })

      test('and giving back makes it due at once, with no attempt counted', async () => {
        await store.tell([told(1), told(2)])
        const [first, second] = await claim()
        await store.settle([came(second!)])
        await store.release([first!, second!, { event: 'evt_9', endpoint: 'grc' }])
        expect(await claim()).toEqual([{ ...first!, attempts: 0 }])
        expect(await store.attempts('evt_1', 'grc')).toEqual([])
      })
    })

    describe('what comes of an attempt', () => {
      test('a success ends it; every attempt is kept with request, answer and time', async () => {
        await store.tell([told(1)])
        await claim()
        const dueAt = plus(LATER, 5 * MINUTE)
        await store.settle([came({ event: 'evt_1', endpoint: 'grc' }, failure(dueAt, { ms: 1234.6 }))])
        expect(await store.deliveries({}, 9, null)).toEqual([
          {
            sequence: 1,
            event: 'evt_1',
            type: 'finding.opened',
            at: plus(NOW, SECOND),
            endpoint: 'grc',
            state: 'waiting',
            attempts: 1,
            dueAt,
            error: 'answered 500',
            changedAt: plus(NOW, MINUTE + 1234.6),
          },
        ])
        expect(await only()).toMatchObject({ failingSince: plus(NOW, MINUTE + 1234.6), deliveredAt: null })
        expect(await claim('grc', plus(dueAt, -1))).toEqual([])
        expect(await claim('grc', dueAt)).toMatchObject([{ attempts: 1 }])
        await store.settle([came({ event: 'evt_1', endpoint: 'grc' }, { at: dueAt })])
        expect(await store.deliveries({}, 9, null)).toMatchObject([
          { state: 'delivered', attempts: 2, dueAt: null, error: null, changedAt: plus(dueAt, 12) },
        ])
        expect(await store.attempts('evt_1', 'grc')).toEqual([
          {
            event: 'evt_1',
            endpoint: 'grc',
            at: plus(NOW, MINUTE),
            ms: 1235,
            status: 500,
            error: 'answered 500',
            answer: null,
          },
          { event: 'evt_1', endpoint: 'grc', at: dueAt, ms: 12, status: 200, error: null, answer: 'ok' },
        ])
        expect(await only()).toEqual({
          id: 'grc',
          disabledAt: null,
          because: null,
          failingSince: null,
          deliveredAt: plus(dueAt, 12),
          counts: { waiting: 0, delivered: 1, dead: 0 },
        })
      })

      test('after another sender settled it, it is noted; a success counts, a failure does not undo one', async () => {
        await store.tell([told(1), told(2)])
        const [one, two] = await claim()
        await store.settle([came(one!), came(two!, failure(LEASE, { next: { state: 'dead' } }))])
        await store.settle([came(one!, failure(LEASE)), came(two!)])
        expect((await store.deliveries({}, 9, null)).map(({ state, attempts }) => [state, attempts])).toEqual([
          ['delivered', 2],
          ['delivered', 1],
        ])
        expect(await store.attempts('evt_1', 'grc')).toHaveLength(2)
      })

      test('an endpoint that is disabled: what waits is dead, what is told later too, until it is enabled and replayed', async () => {
        await store.tell([told(1), told(2), told(3, { endpoints: ['grc', 'siem'] })])
        const [one, two] = await claim('grc', LATER, LEASE, 2)
        await store.settle([
          came(one!, { status: 410, error: 'answered 410', next: { state: 'dead' }, disable: 'it answered 410' }),
        ])
        await store.tell([told(4)])
        expect(await claim('grc', LEASE)).toEqual([])
        expect(await only()).toMatchObject({
          disabledAt: plus(NOW, MINUTE + 12),
          because: 'it answered 410',
          counts: { waiting: 0, delivered: 0, dead: 4 },
        })
        expect((await store.deliveries({ endpoint: 'grc' }, 9, null)).map(({ error }) => error)).toEqual([
          'the endpoint was disabled: it answered 410',
          'the endpoint was disabled: it answered 410',
          'the endpoint was disabled: it answered 410',
          'answered 410',
        ])
        // One that was under way and failed does not bring it back; another endpoint knows nothing of it.
        await store.settle([came(two!, failure(LEASE))])
        expect((await only('siem')).counts).toEqual({ waiting: 1, delivered: 0, dead: 0 })
        expect(await store.replay({ endpoint: 'grc' }, LEASE)).toBe(0)
        expect([await store.enable('grc'), await store.enable('grc'), await store.enable('none')]).toEqual([
          true,
          false,
          false,
        ])
        expect(await only()).toMatchObject({ disabledAt: null, because: null, failingSince: null })
        expect(await claim('grc', LEASE)).toEqual([])
        expect(await store.replay({ endpoint: 'grc', state: 'dead' }, LEASE)).toBe(4)
        expect(await claim('grc', LEASE)).toHaveLength(4)
      })

      test('what waits for an endpoint that is gone is given up, with the reason', async () => {
        await store.tell([told(1, { endpoints: ['grc', 'old'] }), told(2, { endpoints: ['old'] })])
        expect(await store.retire(['grc'], LATER, 'it left the configuration')).toBe(2)
        expect(await store.retire(['grc'], LATER, 'it left the configuration')).toBe(0)
        expect(await store.deliveries({ endpoint: 'old', state: 'dead' }, 9, null)).toMatchObject([
          { event: 'evt_2', error: 'it left the configuration', changedAt: LATER },
          { event: 'evt_1' },
        ])
        expect(names(await claim())).toEqual(['evt_1'])
      })
    })

    describe('once more', () => {
      test('one, a range, all that failed, as if new; delivered ones too', async () => {
        await store.tell([1, 2, 3, 4].map((n) => told(n)))
        const claimed = await claim()
        const dead = failure(LEASE, { next: { state: 'dead' } })
        await store.settle(claimed.map((one, n) => came(one, n % 2 === 0 ? dead : {})))
        expect(await store.replay({ event: 'evt_2' }, LEASE)).toBe(1)
        expect(await claim('grc', LEASE)).toMatchObject([{ event: 'evt_2', attempts: 0, body: claimed[1]!.body }])
        expect(await store.replay({ endpoint: 'grc', state: 'dead' }, LEASE)).toBe(2)
        expect(names(await claim('grc', LEASE))).toEqual(['evt_1', 'evt_3'])
        expect(await store.replay({ since: plus(NOW, 4 * SECOND), until: plus(NOW, 4 * SECOND) }, LEASE)).toBe(1)
        expect(names(await claim('grc', LEASE))).toEqual(['evt_4'])
        expect(await store.replay({ endpoint: 'siem' }, LEASE)).toBe(0)
        expect((await only()).counts).toEqual({ waiting: 4, delivered: 0, dead: 0 })
      })

      test('what is under way ends first and decides nothing: it is sent again', async () => {
        await store.tell([told(1)])
        const [one] = await claim('grc', LATER, LEASE)
        const replayed = plus(LATER, 10 * SECOND)
        expect(await store.replay({}, replayed)).toBe(1)
        expect(await claim('grc', replayed)).toEqual([])
        await store.settle([came(one!, failure(LEASE, { at: LATER, next: { state: 'dead' } }))])
        expect(await claim('grc', replayed)).toMatchObject([{ event: 'evt_1', attempts: 0 }])
        expect(await store.attempts('evt_1', 'grc')).toHaveLength(1)
      })
    })

    describe('the log', () => {
      test('is read newest first, part by part, by what is asked, and stays right while rows come and go', async () => {
        await store.tell([1, 2, 3, 4, 5].map((n) => told(n, { endpoints: ['grc', 'siem'] })))
        const [one] = await claim('siem', LATER, LEASE, 1)
        await store.settle([came(one!)])
        const shown = (found: Awaited<ReturnType<Store['deliveries']>>) =>
          found.map(({ event, endpoint }) => `${event} ${endpoint}`)
        const first = await store.deliveries({}, 3, null)
        expect(shown(first)).toEqual(['evt_5 siem', 'evt_5 grc', 'evt_4 siem'])
        await store.tell([told(6)])
        expect(shown(await store.deliveries({}, 3, first.at(-1)!))).toEqual(['evt_4 grc', 'evt_3 siem', 'evt_3 grc'])
        expect(shown(await store.deliveries({ state: 'delivered' }, 9, null))).toEqual(['evt_1 siem'])
        expect(shown(await store.deliveries({ event: 'evt_2' }, 9, null))).toEqual(['evt_2 siem', 'evt_2 grc'])
        const since = plus(NOW, 3 * SECOND)
        expect(shown(await store.deliveries({ endpoint: 'grc', since, until: plus(since, SECOND) }, 9, null))).toEqual([
          'evt_4 grc',
          'evt_3 grc',
        ])
        expect(shown(await store.deliveries({ since: plus(NOW, DAY) }, 9, null))).toEqual([])
        const changedSince = plus(NOW, 30 * SECOND)
        expect(shown(await store.deliveries({ changedSince }, 9, null))).toEqual(['evt_1 siem'])
        expect(shown(await store.deliveries({ changedSince }, 9, { sequence: 2, endpoint: 'a' }))).toEqual([
          'evt_1 siem',
        ])
        expect(await store.deliveries({ event: 'evt_9' }, 9, null)).toEqual([])
        expect(shown(await store.deliveries({}, 9, { sequence: 1, endpoint: 'grc' }))).toEqual([])
      })

      test('is forgotten event by event, once all of it is settled and old', async () => {
        await store.tell([told(1, { endpoints: ['grc', 'siem'] }), told(2), told(3)])
        const [one, , three] = await claim()
        const [other] = await claim('siem')
        const late = plus(NOW, DAY)
        await store.settle([came(one!), came(three!), came(other!, { at: late })])
        expect(await store.forget(late)).toBe(1)
        expect([await store.event('evt_3'), await store.attempts('evt_3', 'grc')]).toEqual([null, []])
        expect((await only()).counts).toEqual({ waiting: 1, delivered: 1, dead: 0 })
        expect(await store.forget(plus(late, MINUTE))).toBe(1)
        expect(await store.forget(plus(late, DAY))).toBe(0)
        expect(names(await store.deliveries({}, 9, null))).toEqual(['evt_2'])
        // A number that was used is used no more: it stands for a place in the log.
        await store.tell([told(4)])
        expect((await store.deliveries({}, 1, null))[0]!.sequence).toBe(4)
        // What was under way when it was forgotten is noted nowhere.
        await store.settle([came(three!)])
        expect((await only()).counts).toEqual({ waiting: 2, delivered: 0, dead: 0 })
      })
    })
  })

  describe(`the API keys of ${name}`, () => {
    let store: Store
    beforeEach(async () => {
      store = await make()
    })
    afterEach(() => store.close())
    const key = (n: number, over: Partial<ApiKey> = {}): ApiKey => ({
      id: `key${n}`,
      name: `key of machine ${n}`,
      role: 'viewer',
      createdAt: moment(n),
      createdBy: 'eve@laptop',
      expiresAt: plus(NOW, 90 * DAY),
      lastUsedAt: null,
      revokedAt: null,
      ...over,
    })

    test('are found by their public part, listed newest first, and revoked once', async () => {
      await store.addKey(key(1), 'd1')
      await store.addKey(key(2, { role: 'admin' }), 'd2')
      expect(await store.keys()).toEqual([key(2, { role: 'admin' }), key(1)])
      expect(await store.keyWithDigest('key1')).toEqual({ key: key(1), digest: 'd1' })
      expect(await store.keyWithDigest('key9')).toBeNull()
      expect([await store.revokeKey('key1', NOW), await store.revokeKey('key1', LATER)]).toEqual([true, false])
      expect(await store.revokeKey('key9', NOW)).toBe(false)
      expect((await store.keyWithDigest('key1'))!.key.revokedAt).toBe(NOW)
      await expect(store.addKey(key(1), 'd3')).rejects.toMatchObject({ code: 'storage' })
    })

    test('say when they were last used, to the minute', async () => {
      await store.addKey(key(1), 'd1')
      const used = async (): Promise<Instant | null> => (await store.keys())[0]!.lastUsedAt
      await store.keyUsed('key1', plus(NOW, 59 * SECOND))
      expect(await used()).toBe(NOW)
      await store.keyUsed('key1', plus(NOW, 60 * SECOND))
      expect(await used()).toBe(plus(NOW, MINUTE))
      await store.keyUsed('key1', NOW)
      expect(await used()).toBe(plus(NOW, MINUTE))
      await store.keyUsed('key9', NOW)
    })
  })
}
