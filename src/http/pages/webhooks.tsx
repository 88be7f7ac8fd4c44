/** Who is told of changes, what was sent, and what they answered. */
import type { Context } from 'hono'
import { Hono } from 'hono'
import { EVENT_TYPES, type EventType, eventSays } from '../../domain/event.ts'
import type { Status } from '../../domain/finding.ts'
import type { Attempt, Delivery, DeliveryFilter, DeliveryState, Endpoint, EndpointState } from '../../domain/outbox.ts'
import { instant } from '../../domain/time.ts'
import { counted, MARK_WORD, type Mark, number } from '../../domain/words.ts'
import { Card, Empty, Facts, PageHead, Row, Said, Table } from '../components/blocks.tsx'
import { type Asked, address, FilterBar } from '../components/filters.tsx'
import { type Frame, Layout } from '../components/layout.tsx'
import { part } from '../components/links.tsx'
import { StatusMark } from '../components/status.tsx'
import { Ago, Moment, Name, Sentence } from '../components/text.tsx'
import type { HttpParts } from '../parts.ts'

export type NamedEndpoint = Pick<Endpoint, 'id' | 'url' | 'events'>

const STATE_WORD: Readonly<Record<DeliveryState, string>> = {
  delivered: 'Delivered',
  waiting: 'Waiting',
  dead: 'Not delivered',
}
const STATE_MARK: Readonly<Record<DeliveryState, Mark>> = { delivered: 'pass', waiting: 'unknown', dead: 'fail' }

const SHOWN = 50

/** With what its event is about. */
type ShownDelivery = Delivery & { readonly about: string }

interface WebhookPageParts {
  readonly webhooks: HttpParts['webhooks']
  now(): string
  frame(): Promise<Frame>
  missing(c: Context, title: string): Response | Promise<Response>
}

export function webhookPages({ webhooks, now, frame, missing }: WebhookPageParts): Hono {
  const { endpoints, outbox } = webhooks
  const ids = endpoints.map(({ id }) => id)
  const app = new Hono()
  const back = (c: Context, said: string, path = '/webhooks') => c.redirect(`${path}?said=${said}`, 303)

  app.get('/', async (c) => {
    const asked = { ...c.req.query() }
    const filter = filterOf(asked, ids)
    // One more than are shown tells whether there is more.
    const found = await outbox.deliveries(filter, SHOWN + 1, afterOf(asked['after']))
    const deliveries = found.slice(0, SHOWN)
    const bodies = await Promise.all(deliveries.map(({ event }) => outbox.event(event)))
    const page = {
      endpoints,
      states: await outbox.endpoints(ids),
      deliveries: deliveries.map((delivery, index) => ({ ...delivery, about: aboutOf(bodies[index]?.body ?? '{}') })),
      more: found.length > SHOWN,
      asked,
      said: SAID[asked['said'] ?? ''] ?? null,
    }
    return c.html(<WebhooksPage frame={await frame()} {...page} />)
  })
  app.get('/deliveries/:event/:endpoint', async (c) => {
    const { event, endpoint } = c.req.param()
    const [delivery] = await outbox.deliveries({ event, endpoint }, 1, null)
    const said = SAID[c.req.query('said') ?? ''] ?? null
    const body = await outbox.event(event)
    if (delivery === undefined || body === null) return missing(c, 'There is no such delivery')
    const attempts = await outbox.attempts(event, endpoint)
    return c.html(
      <DeliveryPage frame={await frame()} delivery={delivery} body={body.body} attempts={attempts} said={said} />,
    )
  })
  app.post('/deliveries/:event/:endpoint/replay', async (c) => {
    const { event, endpoint } = c.req.param()
    if ((await outbox.replay({ event, endpoint }, now())) === 0) return missing(c, 'There is no such delivery')
    webhooks.nudge()
    return back(c, 'replayed', `/webhooks/deliveries/${part(event)}/${part(endpoint)}`)
  })
  app.post('/:endpoint/:act', async (c) => {
    const { endpoint, act } = c.req.param()
    if (!ids.includes(endpoint)) return missing(c, 'There is no such endpoint')
    if (act === 'test') await webhooks.test(endpoint)
    else if (act === 'enable') await outbox.enable(endpoint)
    else if (act === 'replay') await outbox.replay({ endpoint, state: 'dead' }, now())
    else return missing(c, 'There is no such page')
    webhooks.nudge()
    return back(c, act)
  })
  return app
}

const SAID: Readonly<Record<string, string>> = {
  test: 'A test event is on its way; it stands first in the list below.',
  enable: 'The endpoint is in use again. What it missed is sent again when you ask for it.',
  replay: 'What was not delivered is sent again.',
  replayed: 'The event is sent again; reload to see the answer.',
}

function filterOf(asked: Asked, ids: readonly string[]): DeliveryFilter {
  const { endpoint, state } = asked
  return {
    ...(endpoint !== undefined && ids.includes(endpoint) ? { endpoint } : {}),
    ...(state !== undefined && state in STATE_WORD ? { state: state as DeliveryState } : {}),
  }
}

interface Told {
  readonly data?: {
    readonly ref?: string
    readonly subject?: { readonly key: string } | null
    readonly count?: number
    readonly from?: { readonly status: Status } | string | null
    readonly to?: { readonly status: Status } | string | null
    readonly source?: string
    readonly waiver?: string
  }
}

/** What an event is about, in a few words; empty where its name says it all. */
export function aboutOf(body: string): string {
  const { ref, subject, count, from, to, source, waiver } = (JSON.parse(body) as Told).data ?? {}
  if (ref === undefined) return source ?? waiver ?? ''
  if (count !== undefined) return `${ref}: ${subject?.key ?? counted(count, 'subject')}`
  const word = (verdict: typeof from): string =>
    typeof verdict === 'object' && verdict !== null ? MARK_WORD[verdict.status] : 'none'
  return `${ref}: ${word(from)} → ${word(to)}`
}

/** "12 grc", as the link of the page before has it. */
function afterOf(text: string | undefined): Pick<Delivery, 'sequence' | 'endpoint'> | null {
  const [, sequence, endpoint] = /^(\d{1,15}) (.+)$/.exec(text ?? '') ?? []
  return sequence === undefined || endpoint === undefined ? null : { sequence: Number(sequence), endpoint }
}

export function WebhooksPage({
  frame,
  endpoints,
  states,
  deliveries,
  more,
  asked,
  said,
}: {
  frame: Frame
  endpoints: readonly NamedEndpoint[]
  states: readonly EndpointState[]
  deliveries: readonly ShownDelivery[]
  more: boolean
  asked: Asked
  said: string | null
}) {
  return (
    <Layout frame={frame} title="Webhooks" section="webhooks">
      <PageHead
        title="Webhooks"
        lead="Who is told of each change, signed, at least once. What cannot be delivered stays here until you send it again."
      />
      <Said text={said} />
      {endpoints.length === 0 ? (
        <Empty title="Nobody is told yet">
          Name an endpoint under <code>webhooks</code> in <code>exhibit.yaml</code>; <code>exhibit webhook secret</code>{' '}
          makes its secret.
        </Empty>
      ) : (
        <div class="stack">
          <Endpoints endpoints={endpoints} states={states} now={frame.now} />
          <Deliveries endpoints={endpoints} deliveries={deliveries} more={more} asked={asked} now={frame.now} />
          <Catalogue />
        </div>
      )}
    </Layout>
  )
}

function Endpoints({
  endpoints,
  states,
  now,
}: {
  endpoints: readonly NamedEndpoint[]
  states: readonly EndpointState[]
  now: string
}) {
  return (
    <Card title="Endpoints" id="endpoints">
      <Table
        caption="Endpoints"
        columns={[
          { word: 'Endpoint' },
          { word: 'State' },
          { word: 'Asked for' },
          { word: 'Waiting', numeric: true },
          { word: 'Delivered', numeric: true },
          { word: 'Not delivered', numeric: true },
          { word: 'Last delivered' },
          { word: 'Action', silent: true },
        ]}
      >
        {endpoints.map(({ id, url, events }, index) => {
          const state = states[index]!
          return (
            <Row>
              <th scope="row">
                {id}
                <span class="sub">{url.host}</span>
              </th>
              <td>
                <Standing state={state} />
              </td>
              <td>{events.join(', ')}</td>
              <td class="numeric">{number(state.counts.waiting)}</td>
              <td class="numeric">{number(state.counts.delivered)}</td>
              <td class="numeric">{number(state.counts.dead)}</td>
              <td class="nowrap">
                <Ago at={state.deliveredAt} now={now} />
              </td>
              <td>
                <Act id={id} act={state.disabledAt === null ? 'test' : 'enable'} />
                {state.counts.dead === 0 || state.disabledAt !== null ? null : <Act id={id} act="replay" />}
              </td>
            </Row>
          )
        })}
      </Table>
    </Card>
  )
}

function Standing({ state: { disabledAt, because, failingSince } }: { state: EndpointState }) {
  if (disabledAt !== null) {
    return (
      <>
        <StatusMark mark="fail" word="Disabled" />
        <span class="sub">
          since <Moment at={disabledAt} />: <Sentence text={because ?? ''} />
        </span>
      </>
    )
  }
  if (failingSince === null) return <StatusMark mark="pass" word="In use" />
  return (
    <>
      <StatusMark mark="unknown" word="Failing" />
      <span class="sub">
        since <Moment at={failingSince} />
      </span>
    </>
  )
}

const ACT_WORD = { test: 'Send a test', enable: 'Use again', replay: 'Send again what was not delivered' } as const

function Act({ id, act }: { id: string; act: keyof typeof ACT_WORD }) {
  return (
    <form method="post" action={`/webhooks/${part(id)}/${act}`}>
      <button class="button" type="submit">
        {ACT_WORD[act]}
        <span class="sr">: {id}</span>
      </button>
    </form>
  )
}

function Deliveries({
  endpoints,
  deliveries,
  more,
  asked,
  now,
}: {
  endpoints: readonly NamedEndpoint[]
  deliveries: readonly ShownDelivery[]
  more: boolean
  asked: Asked
  now: string
}) {
  const last = deliveries.at(-1)
  const { endpoint, state } = asked
  return (
    <Card title="Deliveries" id="deliveries" note="newest first">
      <FilterBar
        action="/webhooks"
        asked={asked}
        fields={[
          {
            as: 'select',
            name: 'endpoint',
            label: 'Endpoint',
            any: 'Any',
            choices: endpoints.map(({ id }) => ({ value: id, word: id })),
          },
          {
            as: 'select',
            name: 'state',
            label: 'State',
            any: 'Any',
            choices: Object.entries(STATE_WORD).map(([value, word]) => ({ value, word })),
          },
        ]}
      />
      {deliveries.length === 0 ? (
        <Empty title="Nothing was sent">
          Events are made when a result changes. A test shows at once whether an endpoint takes them.
        </Empty>
      ) : (
        <Table
          caption="Deliveries"
          columns={[
            { word: 'Event' },
            { word: 'Of' },
            { word: 'Endpoint' },
            { word: 'State' },
            { word: 'Attempts', numeric: true },
            { word: 'Next, or what was met' },
          ]}
        >
          {deliveries.map((delivery) => (
            <Row>
              <th scope="row">
                <a href={deliveryPath(delivery)}>{delivery.type}</a>
                {delivery.about === '' ? null : (
                  <span class="sub">
                    <Name text={delivery.about} max={60} />
                  </span>
                )}
              </th>
              <td class="nowrap">
                <Ago at={delivery.at} now={now} />
              </td>
              <td>{delivery.endpoint}</td>
              <td>
                <StatusMark mark={STATE_MARK[delivery.state]} word={STATE_WORD[delivery.state]} />
              </td>
              <td class="numeric">{number(delivery.attempts)}</td>
              <td class="cell-sentence">
                <Next delivery={delivery} />
              </td>
            </Row>
          ))}
        </Table>
      )}
      {more && last !== undefined ? (
        <nav class="paging" aria-label="Pages of the list">
          <a
            class="button"
            rel="next"
            href={address('/webhooks', { endpoint, state, after: `${last.sequence} ${last.endpoint}` })}
          >
            Older
          </a>
        </nav>
      ) : null}
    </Card>
  )
}

function Next({ delivery: { state, dueAt, error } }: { delivery: Delivery }) {
  return (
    <>
      {state === 'waiting' && dueAt !== null && instant(dueAt) !== null ? (
        <span class="sub">
          next at <Moment at={dueAt} />
        </span>
      ) : null}
      {error === null ? null : <Sentence text={error} />}
    </>
  )
}

function deliveryPath({ event, endpoint }: Pick<Delivery, 'event' | 'endpoint'>): string {
  return `/webhooks/deliveries/${part(event)}/${part(endpoint)}`
}

function Catalogue() {
  return (
    <Card title="What is told" id="catalogue" note={counted(EVENT_TYPES.length, 'event')}>
      <dl class="facts">
        {EVENT_TYPES.map((type) => (
          <div>
            <dt>
              <code>{type}</code>
            </dt>
            <dd>
              <Says text={eventSays(type)} />
            </dd>
          </div>
        ))}
      </dl>
    </Card>
  )
}

/** Names of fields stand between backticks. */
function Says({ text }: { text: string }) {
  return <>{text.split('`').map((each, index) => (index % 2 === 1 ? <code>{each}</code> : each))}</>
}

function DeliveryPage({
  frame,
  delivery,
  body,
  attempts,
  said,
}: {
  frame: Frame
  delivery: Delivery
  body: string
  attempts: readonly Attempt[]
  said: string | null
}) {
  const { event, endpoint, type, state, dueAt } = delivery
  return (
    <Layout frame={frame} title={type} section="webhooks" crumbs={[{ path: '/webhooks', word: 'Webhooks' }]}>
      <PageHead title={type} lead={<Says text={eventSays(type as EventType)} />}>
        <form method="post" action={`${deliveryPath(delivery)}/replay`}>
          <button class="button" type="submit">
            Send again
          </button>
        </form>
      </PageHead>
      <Said text={said} />
      <div class="stack">
        <Card title="Delivery" id="delivery">
          <Facts
            facts={[
              ['State', <StatusMark mark={STATE_MARK[state]} word={STATE_WORD[state]} />],
              ['Endpoint', endpoint],
              ['Became true', <Moment at={delivery.at} />],
              ['Id (webhook-id)', <Name text={event} />],
              ['Next attempt', dueAt === null ? 'none' : <Moment at={dueAt} />],
            ]}
          />
        </Card>
        <Card title="Attempts" id="attempts" note="oldest first">
          {attempts.length === 0 ? (
            <Empty title="Nothing was sent yet" />
          ) : (
            <Table
              caption="Attempts"
              columns={[
                { word: 'At' },
                { word: 'Answer', numeric: true },
                { word: 'Took', numeric: true },
                { word: 'What was met' },
                { word: 'What was answered' },
              ]}
            >
              {attempts.map(({ at, status, ms, error, answer }) => (
                <Row>
                  <th scope="row" class="nowrap">
                    <Moment at={at} />
                  </th>
                  <td class="numeric">{status ?? 'none'}</td>
                  <td class="numeric">{number(ms)} ms</td>
                  <td class="cell-sentence">{error === null ? 'taken' : <Sentence text={error} />}</td>
                  <td class="cell-sentence">
                    <Sentence text={answer ?? ''} />
                  </td>
                </Row>
              ))}
            </Table>
          )}
        </Card>
        <Card title="Body, as it is sent" id="body">
          <pre class="raw">{JSON.stringify(JSON.parse(body), null, 2)}</pre>
        </Card>
      </div>
    </Layout>
  )
}
