/** The configuration audit log: which stretch is asked for, and what becomes of its events. */
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { tailscale } from '../../src/connectors/tailscale/index.ts'
import type { Page } from '../../src/domain/connector.ts'
import { AppError } from '../../src/domain/error.ts'
import type { AnyRecord, AuditEvent, AuditWindow } from '../../src/domain/record.ts'
import { canonicalJson } from '../../src/lib/canonical-json.ts'
import { sha256 } from '../../src/lib/digest.ts'
import type { Fault } from '../../src/simulators/faults.ts'
import { serveSimulator } from '../../src/simulators/server.ts'
import { tailscaleSimulator } from '../../src/simulators/tailscale/index.ts'
import { loadWorld } from '../../src/simulators/world.ts'
import { auditEvent, emptyTailnet, tailscaleWorld } from '../helpers/tailscale-world.ts'
import { collectPages, testTools } from '../helpers/tools.ts'

const NOW = '2026-11-20T09:00:00.000Z'
const PLACE = 'GET /api/v2/tailnet/-/logging/configuration'
const FROM = '2026-11-20T08:00:00.000Z'

const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close()
})

interface Options {
  auditedTo?: string | null
  faults?: Fault[]
  token?: boolean
  grants?: readonly string[]
}

async function pull(world = tailscaleWorld(), { auditedTo = null, faults = [], token = false, grants }: Options = {}) {
  const simulator = tailscaleSimulator({ world, now: () => new Date(NOW), ...(grants === undefined ? {} : { grants }) })
  const server = await serveSimulator(simulator, { faults })
  const tools = testTools({ base: server.url, source: 'tailnet' })
  opened.push(server, tools)
  const credential = simulator.credentials[token ? 1 : 0]
  const config = tailscale.config.parse({ id: 'tailnet', kind: 'tailscale', credential, baseUrl: server.url.href })
  const pages = await collectPages(tailscale, config, tools, { source: 'tailnet', auditedTo })
  const page = pages.find(({ place }) => place === PLACE)!
  return { page, tools, readings: pages.map((one) => tailscale.read(one, { timeZone: 'UTC' })) }
}

/** The page as one wants it. */
function answered(body: unknown, over: Partial<Page> = {}): Page {
  return {
    source: 'tailnet',
    sha256: '',
    request: `${PLACE}?start=${FROM}&end=${NOW}`,
    place: PLACE,
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: new TextEncoder().encode(JSON.stringify(body)),
    secret: false,
    fetchedAt: NOW,
    ...over,
  }
}

const isEvent = (record: AnyRecord): record is AuditEvent => record.kind === 'audit'

function read(body: unknown): { events: AuditEvent[]; log: AuditWindow } {
  const { records, blind } = tailscale.read(answered(body), { timeZone: 'UTC' })
  expect(blind).toEqual([])
  const log = records.find((record) => record.kind === 'auditlog') as AuditWindow
  expect(records).toHaveLength(records.filter(isEvent).length + 1)
  return { events: records.filter(isEvent), log }
}

const logOf = (...logs: unknown[]): object => ({ version: '1.1', tailnetId: 'example.com', logs })

describe('which stretch a pull reads', () => {
  const asked = (page: Page): (string | null)[] => {
    const query = new URLSearchParams(page.request.split('?')[1])
    return [query.get('start'), query.get('end')]
  }

  test('the first one goes back as far as the vendor keeps events, to the moment of the request', async () => {
    const { page, tools, readings } = await pull()
    const [start, end] = asked(page)
    expect(Date.parse(end!) - Date.parse(start!)).toBe(90 * 86_400_000)
    expect(end! >= NOW && end! <= tools.now()).toBe(true)
    const log = readings.flatMap(({ records }) => records).find(({ kind }) => kind === 'auditlog')
    expect(log).toEqual({ kind: 'auditlog', source: 'tailnet', key: 'configuration', unread: [], from: start, to: end })
  })

  test.each([
    [
      'the next one begins an hour before where the last one ended',
      '2026-11-20T08:45:00.000Z',
      '2026-11-20T07:45:00.000Z',
    ],
    ['after a long silence as much as there is', '2026-05-01T00:00:00.000Z', '2026-08-22T09:00:00.'],
    ['where the clock was set back, an hour before now', '2026-11-20T12:00:00.000Z', '2026-11-20T08:00:00.'],
    ['a silence of 90 days is too long by the overlap', '2026-08-22T09:30:00.000Z', '2026-08-22T09:00:00.'],
  ])('%s', async (_, auditedTo, start) => {
    expect(asked((await pull(tailscaleWorld(), { auditedTo })).page)[0]).toContain(start)
  })

  test('a clock of ours that is ahead does not skip what the vendor has yet to log', () => {
    const toOf = (date: string): string => {
      const page = answered(logOf(), { headers: { 'content-type': 'application/json', date } })
      const [log] = tailscale.read(page, { timeZone: 'UTC' }).records
      return (log as AuditWindow).to
    }
    expect(toOf('Fri, 20 Nov 2026 06:30:00 GMT')).toBe('2026-11-20T06:30:01.000Z')
    for (const date of ['Fri, 20 Nov 2026 09:00:00 GMT', 'Fri, 20 Nov 2026 11:00:00 GMT', 'today', '']) {
      expect(toOf(date)).toBe(NOW)
    }
  })

  test('every answer stands at one place, whatever it was asked for, and the log of calls says what was asked', async () => {
    const { page, tools } = await pull(tailscaleWorld(), { auditedTo: '2026-11-20T08:45:00.000Z' })
    const note = tools.notes.find(({ place }) => place === PLACE)!
    expect([page.place, note.status]).toEqual([PLACE, 200])
    expect(note.request).toBe(page.request)
  })

  test('our own token is in the log that is read with it, by the id of our client', async () => {
    const mintsOf = async (token: boolean) => {
      const { readings } = await pull(tailscaleWorld(), { token })
      const events = readings.flatMap(({ records }) => records).filter(isEvent)
      return events.filter(({ targetType }) => targetType === 'OAUTH_ACCESS_TOKEN')
    }
    expect(await mintsOf(false)).toMatchObject([
      { action: 'CREATE', actorType: 'OAUTH_CLIENT', actorId: 'kSIMOAUTH1CNTRL', actor: 'OAuth client', at: NOW },
    ])
    expect(await mintsOf(true)).toEqual([])
  })
})

describe('an event', () => {
  test('keeps what the vendor wrote: who, what, when, before and after', () => {
    const role = auditEvent({
      target: { id: 'uDAVE', name: 'dave@example.com', type: 'USER', property: 'USER_ROLE' },
      action: 'UPDATE',
      old: ['Member'],
      new: ['Member', 'IT admin'],
      somethingNew: 1,
    })
    const { events, log } = read(logOf(role))
    expect(events).toEqual([
      {
        kind: 'audit',
        source: 'tailnet',
        key: expect.stringMatching(/^[0-9a-f]{32}$/),
        at: '2026-11-10T15:25:26.583Z',
        group: '0378d8f57300d172ef7ae3826e097ef0',
        origin: 'ADMIN_CONSOLE',
        actorId: 'uALICE1CNTRL',
        actorType: 'USER',
        actor: 'alice@example.com',
        targetId: 'uDAVE',
        target: 'dave@example.com',
        targetType: 'USER',
        property: 'USER_ROLE',
        action: 'UPDATE',
        before: '["Member"]',
        after: '["Member","IT admin"]',
        failure: null,
        unread: [],
      },
    ])
    expect([log.from, log.to]).toEqual([FROM, NOW])
  })

  test('a directory has no id and no login: its name is kept', () => {
    const by = { id: '', type: 'SCIM', loginName: '', displayName: 'User & group provisioning' }
    expect(read(logOf(auditEvent({ actor: by }))).events).toMatchObject([
      { actorId: null, actorType: 'SCIM', actor: 'User & group provisioning', unread: [] },
    ])
  })

  test('what failed says why', () => {
    const error = 'only the owner can transfer the ownership'
    expect(read(logOf(auditEvent({ error }))).events[0]!.failure).toBe(error)
  })

  test.each([
    ['a time that is none', { eventTime: 'soon' }, { at: null, unread: ['eventTime'] }],
    ['no time', { eventTime: undefined }, { at: null, unread: [] }],
    ['a group that is a number', { eventGroupID: 7 }, { group: null, unread: ['eventGroupID'] }],
    ['no actor', { actor: undefined }, { actorId: null, actor: null, actorType: null, unread: [] }],
    ['an actor that is a text', { actor: 'alice' }, { actorId: null, actor: null, unread: ['actor'] }],
    ['an id of the target that is a number', { target: { id: 12 } }, { targetId: null, unread: ['target.id'] }],
    ['no target', { target: null }, { targetId: null, target: null, targetType: null, property: null, unread: [] }],
    ['an action of another type', { action: {} }, { action: null, unread: ['action'] }],
    ['words that we do not know', { action: 'TELEPORT', origin: 'MARS' }, { action: 'TELEPORT', origin: 'MARS' }],
  ])('%s costs that field and never the event', (_, over, want) => {
    expect(read(logOf(auditEvent(over), auditEvent({ eventGroupID: 'other' }))).events).toMatchObject([
      want,
      { group: 'other' },
    ])
  })

  test.each([
    ['nothing', undefined, null],
    ['null', null, null],
    ['a switch', false, 'false'],
    ['a number', 90, '90'],
    ['a text', 'a', '"a"'],
    ['an object, in canonical order', { b: 1, a: [true, null] }, '{"a":[true,null],"b":1}'],
    ['a text of 500 characters', 'x'.repeat(500), `"${'x'.repeat(500)}"`],
    ['a longer text', 'x'.repeat(501), `{"sha256":"${sha256('x'.repeat(501))}"}`],
    ['a longer text inside', { acl: 'ü'.repeat(501) }, `{"acl":{"sha256":"${sha256('ü'.repeat(501))}"}}`],
  ])('before and after may be %s', (_, value, want) => {
    expect(read(logOf(auditEvent({ old: value, new: value }))).events[0]).toMatchObject({ before: want, after: want })
  })

  test('a directory’s whole group is told by its digest', () => {
    const members = Array.from({ length: 400 }, (_, at) => `person-${at}@example.com`)
    const [event] = read(logOf(auditEvent({ new: { members } }))).events
    expect(event!.after).toBe(`{"sha256":"${sha256(JSON.stringify({ members }))}"}`)
  })

  test('what looks like a credential goes no further than the page', () => {
    const secret = 'tskey-token-kABC123CNTRL-0123456789abcdef'
    const { events } = read(
      logOf(
        auditEvent({
          target: { id: secret, name: `token ${secret}`, type: 'OAUTH_ACCESS_TOKEN' },
          old: [secret],
          new: { [secret]: `Bearer ${secret}` },
          error: `${secret} is over`,
        }),
      ),
    )
    expect(JSON.stringify(events)).not.toContain('0123456789abcdef')
    expect(events[0]).toMatchObject({ targetId: '[hidden]', targetType: 'OAUTH_ACCESS_TOKEN' })
  })

  test('a name like those that every object has is one like others', () => {
    const sent = JSON.parse('{"__proto__":{"admin":true},"constructor":1}') as object
    expect(read(logOf(auditEvent({ new: sent }))).events[0]!.after).toBe('{"__proto__":{"admin":true},"constructor":1}')
  })
})

describe('which events are one', () => {
  test('one told twice is one; of two that nothing tells apart but what they say, both stay', () => {
    const one = auditEvent({ new: 'a' })
    const other = auditEvent({ new: 'b' })
    const { events } = read(logOf(one, one, other))
    expect(events.map(({ after }) => after)).toEqual(['"a"', '"b"'])
    expect(events[1]!.key).toBe(`${events[0]!.key}-2`)
    // The same event has the same key, whatever came before it.
    expect(read(logOf(other, one)).events).toEqual(events)
  })

  test.each([
    ['group', { eventGroupID: 'g2' }],
    ['time, to the nanosecond', { eventTime: '2026-11-10T15:25:26.583893001Z' }],
    ['action', { action: 'APPROVE' }],
    ['target', { target: { id: 'uX', name: 'Bob@Example.com', type: 'USER' } }],
    ['property', { target: { id: 'uBOB1CNTRL', name: 'Bob@Example.com', type: 'USER', property: 'USER_ROLE' } }],
  ])('another %s is another event', (_, over) => {
    const keys = read(logOf(auditEvent(), auditEvent(over))).events.map(({ key }) => key)
    expect(new Set(keys).size).toBe(2)
    expect(keys.every((key) => /^[0-9a-f]{32}$/.test(key))).toBe(true)
  })

  test('an event has the same key in two readings that overlap', async () => {
    const eventTime = '2026-11-20T08:10:00Z'
    const world = tailscaleWorld({ auditLog: [...tailscaleWorld().auditLog, auditEvent({ eventTime })] })
    const eventsOf = async (options: Options) => {
      const { readings } = await pull(world, { ...options, token: true })
      return readings.flatMap(({ records }) => records).filter(isEvent)
    }
    const first = await eventsOf({})
    const next = await eventsOf({ auditedTo: '2026-11-20T09:00:00.000Z' })
    expect(first).toHaveLength(world.auditLog.length)
    expect(next).toEqual(first.filter(({ at }) => at === '2026-11-20T08:10:00.000Z'))
  })
})

describe('an answer', () => {
  test.each([
    ['of a tailnet in which nothing happened', { version: '1.1', tailnetId: 'example.com', logs: [] }],
    ['with null for the list', { version: '1.1', tailnetId: 'example.com', logs: null }],
    ['without the list', { version: '1.1', tailnetId: 'example.com' }],
    ['as the schema has it', { version: '1.1', tailnet: 'example.com', logs: [] }],
  ])('%s is a stretch without events', (_, body) => {
    const { events, log } = read(body)
    expect([events, log.from, log.to]).toEqual([[], FROM, NOW])
  })

  test.each([
    ['nothing of an audit log', {}],
    ['a list that is none', { version: '1.1', logs: 'none' }],
    ['an event that is none', logOf('event')],
    ['no object', []],
  ])('with %s is refused', (_, body) => {
    const refused = (): unknown => tailscale.read(answered(body), { timeZone: 'UTC' })
    expect(refused).toThrow(AppError)
    expect(refused).toThrow(expect.objectContaining({ code: 'schema_mismatch' }))
  })

  test.each([403, 404])('%i blinds the events and the stretch, and the rest of the pull stands', async (status) => {
    const fault: Fault = { kind: 'status', status, body: '{"message":"forbidden"}', endpoint: 'auditLog' }
    const { readings } = await pull(emptyTailnet(), { faults: [fault] })
    const blind = readings.flatMap((reading) => reading.blind)
    expect(blind).toEqual(
      ['audit', 'auditlog'].map((kind) => ({
        kind,
        fields: null,
        scope: 'logs:configuration:read',
        because: expect.stringMatching(new RegExp(`^GET .*/logging/configuration\\?start=.* answered ${status}$`)),
      })),
    )
    const records = readings.flatMap((reading) => reading.records)
    expect(records.filter(({ kind }) => kind === 'audit' || kind === 'auditlog')).toEqual([])
    expect(records.filter(({ kind }) => kind === 'account')).toHaveLength(1)
  })

  test('a client without the scope is blind for the log alone', async () => {
    const grants = tailscale.access.map(({ scope }) => scope).filter((scope) => scope !== 'logs:configuration:read')
    const { readings } = await pull(tailscaleWorld(), { grants: grants.filter((scope) => scope !== 'all:read') })
    expect(readings.flatMap(({ blind }) => blind).map(({ kind }) => kind)).toEqual(['audit', 'auditlog'])
  })
})

test('whatever JSON arrives is read or refused, and every row that is an object is an event', () => {
  const any = fc.jsonValue({ maxDepth: 2 })
  const fields = ['eventTime', 'eventGroupID', 'origin', 'actor', 'target', 'action', 'old', 'new', 'error', 'toString']
  const row = fc.dictionary(fc.constantFrom(...fields, '__proto__'), any)
  fc.assert(
    fc.property(fc.array(row, { maxLength: 8 }), (rows) => {
      const { events } = read(JSON.parse(JSON.stringify(logOf(...rows))))
      expect(new Set(events.map(({ key }) => key)).size).toBe(events.length)
      expect(events.length).toBe(new Set(rows.map((one) => canonicalJson(JSON.parse(JSON.stringify(one))))).size)
      for (const event of events) expect(Object.values(event)).not.toContain(undefined)
    }),
  )
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom('version', 'tailnetId', 'logs', 'x'), any), (body) => {
      try {
        tailscale.read(answered(body), { timeZone: 'UTC' })
      } catch (error) {
        expect(error).toMatchObject({ code: 'schema_mismatch' })
      }
    }),
  )
})

test('the demo organisation’s log is read whole', async () => {
  const { tailscale: world } = loadWorld(new Date(NOW))
  const { readings } = await pull(world)
  const events = readings.flatMap(({ records }) => records).filter(isEvent)
  // And our own token.
  expect(events).toHaveLength(world.auditLog.length + 1)
  expect(events.flatMap(({ unread }) => unread)).toEqual([])
  const policies = events.filter(({ property }) => property === 'ACL').sort((a, b) => (a.at! < b.at! ? -1 : 1))
  expect(policies.at(-1)!.after).toBe(`{"sha256":"${sha256(world.policy)}"}`)
  for (const [at, { after }] of policies.slice(0, -1).entries()) expect(policies[at + 1]!.before).toBe(after)
})
