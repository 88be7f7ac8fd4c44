import { AppError } from '../domain/error.ts'
import type { Delivery, DeliveryFilter, DeliveryState, Endpoint, EndpointState, Outbox } from '../domain/outbox.ts'
import { counted } from '../domain/words.ts'
import type { ExitCode } from './index.ts'
import { parseBeginning, parseMoment } from './moment.ts'
import { table, wrap } from './table.ts'
import { moment, styler, type Terminal, widthOf } from './terminal.ts'

export interface Webhooks {
  readonly endpoints: readonly Pick<Endpoint, 'id' | 'url' | 'events'>[]
  readonly outbox: Pick<Outbox, 'endpoints' | 'deliveries' | 'attempts' | 'replay' | 'enable'>
  now(): string
  /** Makes a test event for one endpoint; gives its id. */
  test(endpoint: string): Promise<string>
  /** Sends what is due, for at most this long. */
  send(ms: number): Promise<void>
}

export interface WebhookParts {
  readonly terminal: Terminal
  /** A secret of the form `whsec_…`, or the pair `whsk_…` and `whpk_…`. */
  webhookSecret(kind: 'hmac' | 'ed25519'): { secret: string; publicKey: string | null }
  open(config: string): Promise<{ webhooks: Webhooks; close(): Promise<void> }>
}

interface Options {
  config: string
  format: 'table' | 'json'
}

export interface FilterOptions {
  endpoint?: string
  state?: DeliveryState
  event?: string
  since?: string
  until?: string
}

/** How long a command sends before it leaves the rest to `serve` or the next `sync`. */
const SENDING_MS = 30_000

export function runWebhookSecret({ ed25519 }: { ed25519?: boolean }, parts: WebhookParts): ExitCode {
  const { secret, publicKey } = parts.webhookSecret(ed25519 === true ? 'ed25519' : 'hmac')
  parts.terminal.out.write(`${secret}\n`)
  parts.terminal.err.write(
    publicKey === null
      ? 'Keep it where exhibit.yaml reads it from (an environment variable or a file) and give the same to the receiver. It is shown once.\n'
      : `Keep it where exhibit.yaml reads it from; the receiver verifies with ${publicKey}\n`,
  )
  return 0
}

export function runWebhookList({ config, format }: Options, parts: WebhookParts): Promise<ExitCode> {
  return withWebhooks(config, parts, async (webhooks) => {
    const { out, err } = parts.terminal
    const states = await webhooks.outbox.endpoints(webhooks.endpoints.map(({ id }) => id))
    if (format === 'json') {
      const endpoints = webhooks.endpoints.map(({ id, url, events }, index) => {
        const { id: _, ...state } = states[index]!
        return { id, url: url.href, events, ...state }
      })
      out.write(`${JSON.stringify({ schema: 'exhibit.webhooks/1', endpoints }, null, 2)}\n`)
    } else if (states.length === 0) {
      err.write(
        'no endpoint is configured; name one under "webhooks" in exhibit.yaml, "exhibit webhook secret" makes its secret\n',
      )
    } else printEndpoints(webhooks, states, parts.terminal)
    return states.some(({ disabledAt, failingSince }) => disabledAt !== null || failingSince !== null) ? 1 : 0
  })
}

function printEndpoints({ endpoints }: Webhooks, states: readonly EndpointState[], { out }: Terminal): void {
  const style = styler(out)
  const rows = endpoints.map(({ id, url, events }, index) => {
    const { disabledAt, failingSince, deliveredAt, counts } = states[index]!
    const standing =
      disabledAt !== null
        ? style('red', 'disabled')
        : failingSince !== null
          ? style('yellow', 'failing')
          : style('green', 'in use')
    const numbers = [counts.waiting, counts.delivered, counts.dead].map((count) => count.toLocaleString('en'))
    return [id, standing, url.host, events.join(' '), ...numbers, moment(deliveredAt)]
  })
  const columns = [
    ...[
      { title: 'endpoint' },
      { title: 'state' },
      { title: 'host', flexible: true },
      { title: 'events', flexible: true },
    ],
    ...(['waiting', 'delivered', 'dead'] as const).map((title) => ({ title, align: 'right' as const })),
    { title: 'last delivered' },
  ]
  out.write(`${table(columns, rows, widthOf(out), (text) => style('dim', text))}\n`)
  for (const { id, because, disabledAt, failingSince } of states) {
    if (disabledAt !== null) {
      const why = `${id} is disabled since ${moment(disabledAt)}: ${because}. When it is mended, "exhibit webhook enable ${id}", then "exhibit webhook replay --endpoint ${id} --state dead".`
      out.write(`\n${style('red', '✘')} ${wrap(why, widthOf(out) - 2, '  ')}\n`)
    } else if (failingSince !== null) {
      const why = `${id} has taken nothing since ${moment(failingSince)}; "exhibit webhook deliveries --endpoint ${id}" shows what it answers.`
      out.write(`\n${style('yellow', '?')} ${wrap(why, widthOf(out) - 2, '  ')}\n`)
    }
  }
}

/** Sends one event now; 0 when it was taken. */
export function runWebhookTest(
  endpoint: string,
  { config }: { config: string },
  parts: WebhookParts,
): Promise<ExitCode> {
  return withWebhooks(config, parts, async (webhooks) => {
    known(webhooks, endpoint)
    const { out } = parts.terminal
    const event = await webhooks.test(endpoint)
    await webhooks.send(SENDING_MS)
    const attempt = (await webhooks.outbox.attempts(event, endpoint)).at(-1)
    if (attempt === undefined) {
      out.write(
        `${endpoint}: ${event} waits; nothing was sent, as the endpoint is disabled or somebody else is sending\n`,
      )
      return 2
    }
    const { status, ms, error, answer } = attempt
    const said = answer === null || answer === '' ? '' : `: ${answer}`
    out.write(`${endpoint}: ${error ?? `taken with ${status} after ${ms} ms`}${said}\n`)
    return error === null ? 0 : 1
  })
}

export function runWebhookDeliveries(
  options: Options & FilterOptions & { limit: number },
  parts: WebhookParts,
): Promise<ExitCode> {
  return withWebhooks(options.config, parts, async ({ outbox }) => {
    const { out, err } = parts.terminal
    const found = await outbox.deliveries(filterOf(options), options.limit, null)
    const shown = await Promise.all(
      found.map(async (delivery) => ({ ...delivery, log: await outbox.attempts(delivery.event, delivery.endpoint) })),
    )
    if (options.format === 'json') {
      out.write(`${JSON.stringify({ schema: 'exhibit.deliveries/1', deliveries: shown }, null, 2)}\n`)
      return 0
    }
    if (shown.length === 0) err.write('nothing was sent that these filters name\n')
    else printDeliveries(found, parts.terminal)
    // Of one event people want to see every attempt.
    if (options.event !== undefined) {
      for (const { endpoint, log } of shown) {
        for (const { at, status, ms, error, answer } of log) {
          out.write(
            `\n${endpoint} ${moment(at)} ${status ?? 'no answer'} after ${ms} ms${error === null ? '' : ` · ${error}`}\n`,
          )
          if (answer !== null && answer !== '') out.write(`  ${wrap(answer, widthOf(out) - 2, '  ')}\n`)
        }
      }
    }
    return 0
  })
}

const WORDS: Readonly<Record<DeliveryState, string>> = { waiting: 'waiting', delivered: 'delivered', dead: 'DEAD' }

function printDeliveries(found: readonly Delivery[], { out }: Terminal): void {
  const style = styler(out)
  const rows = found.map(({ at, type, event, endpoint, state, attempts, dueAt, error }) => [
    moment(at),
    type,
    endpoint,
    style(state === 'delivered' ? 'green' : state === 'dead' ? 'red' : 'yellow', WORDS[state]),
    String(attempts),
    state === 'waiting' && dueAt !== null ? `next at ${moment(dueAt)}` : (error ?? ''),
    event,
  ])
  const columns = [
    ...['of', 'event', 'endpoint', 'state'].map((title) => ({ title })),
    { title: 'attempts', align: 'right' as const },
    { title: 'what is next or was met', flexible: true, min: 16 },
    { title: 'id' },
  ]
  out.write(`${table(columns, rows, widthOf(out), (text) => style('dim', text))}\n`)
}

/** Makes what is named wait anew and sends for a while. */
export function runWebhookReplay(options: FilterOptions & { config: string }, parts: WebhookParts): Promise<ExitCode> {
  const filter = filterOf(options)
  if (Object.keys(filter).length === 0) {
    throw new AppError(
      'usage',
      'say what to send again: --event ID, --endpoint ID, --state dead, or --since and --until for a range',
    )
  }
  return withWebhooks(options.config, parts, async (webhooks) => {
    if (filter.endpoint !== undefined) known(webhooks, filter.endpoint)
    const count = await webhooks.outbox.replay(filter, webhooks.now())
    if (count > 0) await webhooks.send(SENDING_MS)
    const ids = webhooks.endpoints.map(({ id }) => id)
    const waiting = (await webhooks.outbox.endpoints(ids)).reduce((sum, { counts }) => sum + counts.waiting, 0)
    parts.terminal.out.write(
      `${counted(count, 'delivery', 'deliveries')} made to wait anew; ${counted(waiting, 'delivery waits', 'deliveries wait')} now${waiting === 0 ? '' : ': "exhibit serve" goes on with them, and so does the next "exhibit sync"'}\n`,
    )
    return waiting === 0 ? 0 : 2
  })
}

export function runWebhookEnable(
  endpoint: string,
  { config }: { config: string },
  parts: WebhookParts,
): Promise<ExitCode> {
  return withWebhooks(config, parts, async (webhooks) => {
    known(webhooks, endpoint)
    const enabled = await webhooks.outbox.enable(endpoint)
    parts.terminal.out.write(
      enabled
        ? `${endpoint} is in use again; "exhibit webhook replay --endpoint ${endpoint} --state dead" sends what it missed\n`
        : `${endpoint} was in use already\n`,
    )
    return 0
  })
}

function filterOf({ endpoint, state, event, since, until }: FilterOptions): DeliveryFilter {
  return {
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(state === undefined ? {} : { state }),
    ...(event === undefined ? {} : { event }),
    ...(since === undefined ? {} : { since: parseBeginning(since) }),
    ...(until === undefined ? {} : { until: parseMoment(until) }),
  }
}

function known({ endpoints }: Webhooks, id: string): void {
  if (endpoints.some((endpoint) => endpoint.id === id)) return
  const named = endpoints.map((endpoint) => endpoint.id).join(', ') || 'none'
  throw new AppError('usage', `there is no endpoint "${id}"; configured: ${named}`)
}

async function withWebhooks(
  config: string,
  parts: WebhookParts,
  work: (webhooks: Webhooks) => Promise<ExitCode>,
): Promise<ExitCode> {
  const installation = await parts.open(config)
  try {
    return await work(installation.webhooks)
  } finally {
    await installation.close()
  }
}
