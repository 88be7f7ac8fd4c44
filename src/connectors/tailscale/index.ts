/**
 * Tailscale: who may reach a tailnet and with what. Whole lists in one body each, as the API has no pages, then one call
 * a device for its posture attributes.
 */
import { z } from 'zod'
import type { Connector, Page, PullContext, Reading, Tools } from '../../domain/connector.ts'
import { AppError } from '../../domain/error.ts'
import type { Device } from '../../domain/record.ts'
import { DAY, HOUR, type Instant, plus } from '../../domain/time.ts'
import {
  auditLog,
  DEVICES,
  LISTS,
  LOG_TYPES,
  logStream,
  ownKeyPath,
  type Resource,
  type Session,
  type Stretch,
  signIn,
  TOKEN_REQUEST,
} from './api.ts'
import { inTurn, type Walk, walkAttributes } from './attributes.ts'
import { type Config, section } from './config.ts'
import { probe } from './probe.ts'
import { read as readPage } from './read.ts'
import { ACCESS, SET_UP, writing } from './scopes.ts'
import { turns } from './turns.ts'

/** Lists read side by side. */
const LISTS_IN_FLIGHT = 4
/** How far back the vendor's audit log goes (https://tailscale.com/kb/1203/audit-logging). */
const AUDIT_LOG_KEPT_MS = 90 * DAY
/** Read anew at every pull: events are usually visible within seconds, but no delay is guaranteed. */
const AUDIT_LOG_OVERLAP_MS = HOUR

export const tailscale: Connector<Config> = {
  id: 'tailscale',
  title: 'Tailscale',
  provides: [
    'account',
    'device',
    'attributes',
    'integration',
    'setting',
    'key',
    'policy',
    'logstream',
    'webhook',
    'contact',
    'invite',
    'credential',
    'audit',
    'auditlog',
  ],
  rolling: ['attributes'],
  withheld: ['invite'],
  access: ACCESS,
  setUp: SET_UP,
  config: { parse: (input) => section.parse(input), jsonSchema: () => z.toJSONSchema(section, { io: 'input' }) },
  baseUrl: (config) => new URL(config.baseUrl),
  isVendorHost: (url) => url.origin === 'https://api.tailscale.com',
  pages,
  read,
  probe,
}

async function* pages(config: Config, tools: Tools, context: PullContext): AsyncGenerator<Page> {
  const session = await signIn(config, tools)
  refuseWriting(config, session)
  if (session.tokenPage !== null) yield session.tokenPage(context)

  const turn = turns(LISTS_IN_FLIGHT)
  const ask = (resource: Resource): Promise<Page> => turn(() => pageOfResource(session, context, resource))
  const lists: (Promise<Page> | null)[] = LISTS.map(ask)
  const streams = LOG_TYPES.map((type) => pagesOfStream(type, ask))
  const own = ownKeyPath(config)
  const ownKey = own === null ? null : turn(() => pageOfOwnKey(session, context, session.inTailnet(own)))
  // Last of the lists: of what they show, most is in the log by then.
  const audit = turn(() => pageOfResource(session, context, auditLog(auditStretch(context.auditedTo, tools.now()))))
  // What failed first is the cause: after a 429 that asks for an hour, the calls beside it only run out of time.
  let first: unknown = null
  const failed = (error: unknown): void => {
    first ??= error
  }
  for (const one of [...lists, ...streams, ownKey, audit]) one?.catch(failed)

  // Not the pages: a list of 20,000 devices would stay in memory for the length of the walk.
  const taken: Pick<Page, 'status' | 'request'>[] = []
  let walk: Walk | null = null
  try {
    for (const [place, list] of lists.entries()) {
      const page = (await list)!
      lists[place] = null
      // The walk is under way while the pages of the lists are taken.
      if (LISTS[place] === DEVICES && page.status === 200) {
        walk = walkAttributes(inTurn(devicesOf(page), context), { session, tools, context, read, failed })
      }
      taken.push({ status: page.status, request: page.request })
      yield page
    }
    for (const stream of streams) {
      for (const page of await stream) {
        taken.push({ status: page.status, request: page.request })
        yield page
      }
    }
    if (ownKey !== null) yield await ownKey
    const log = await audit
    taken.push({ status: log.status, request: log.request })
    yield log
    refuseIfAllRefused(taken)
    // Page by page: `yield*` over another generator costs each of them several turns.
    for (let batch = await walk?.next(); batch != null; batch = await walk?.next()) {
      for (const page of batch) yield page
    }
  } catch (error) {
    throw first ?? error
  } finally {
    walk?.stop()
  }
}

async function pageOfResource(session: Session, context: PullContext, resource: Resource): Promise<Page> {
  return session.resourcePage(context, resource, await session.ask(resource))
}

/** What the log may say that no pull has read yet, and an hour before it. */
function auditStretch(auditedTo: Instant | null, now: Instant): Stretch {
  const kept = plus(now, -AUDIT_LOG_KEPT_MS)
  // Somebody may have set the clock back meanwhile.
  const from = auditedTo === null ? kept : plus(auditedTo < now ? auditedTo : now, -AUDIT_LOG_OVERLAP_MS)
  return { from: from < kept ? kept : from, to: now }
}

/** A token that may not see itself says nothing of its end, and that is an answer too. */
async function pageOfOwnKey(session: Session, context: PullContext, path: string): Promise<Page> {
  return session.page(context, path, await session.get(path, { accept: [403, 404] }))
}

/** The state of a stream is asked for only where one is configured. */
async function pagesOfStream(type: string, ask: (resource: Resource) => Promise<Page>): Promise<Page[]> {
  const stream = await ask(logStream(type, false))
  return stream.status === 200 ? [stream, await ask(logStream(type, true))] : [stream]
}

/** What a client may do is told by its token answer; an API access token tells nothing. */
function refuseWriting(config: Config, session: Session): void {
  const scopes = writing(session.scopes ?? [])
  if (scopes.length === 0 || config.allowWrite === true) return
  throw new AppError(
    'forbidden',
    `tailscale: ${TOKEN_REQUEST} granted ${scopes.join(', ')}: this OAuth client can write. Make one with read scopes only, or set allowWrite: true for ${config.id}.`,
  )
}

function refuseIfAllRefused(taken: readonly Pick<Page, 'status' | 'request'>[]): void {
  if (taken.some((page) => page.status === 200)) return
  if (taken.every((page) => page.status === 404)) {
    throw new AppError(
      'not_found',
      `tailscale: every resource of the tailnet answered 404, ${taken[0]!.request} first. Check tailnet ("-" is that of the credential) and baseUrl.`,
    )
  }
  const scopes = ACCESS.map(({ scope }) => scope).join(' ')
  throw new AppError(
    'forbidden',
    `tailscale: every resource of the tailnet was refused, ${taken[0]!.request} with ${taken[0]!.status}. The credential needs read scopes: ${scopes}.`,
  )
}

function devicesOf(page: Page): Device[] {
  return read(page).records.filter((record) => record.kind === 'device')
}

/** The pull itself needs the devices, and 20,000 of them are not read twice: who reads a page next finds it read. */
const known = new WeakMap<Page, Reading>()

function read(page: Page): Reading {
  const before = known.get(page)
  if (before !== undefined) {
    known.delete(page)
    return before
  }
  const reading = readPage(page)
  known.set(page, reading)
  return reading
}
