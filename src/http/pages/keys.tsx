/** Keys with which machines read: who has one, for how long, and when it was last used. */
import type { Context } from 'hono'
import { Hono } from 'hono'
import { type ApiKey, ROLES, type Role } from '../../domain/api-key.ts'
import { AppError } from '../../domain/error.ts'
import { DAY, type Instant, plus } from '../../domain/time.ts'
import { visitorOf } from '../access.ts'
import { Card, Empty, PageHead, Row, Said, Table } from '../components/blocks.tsx'
import { Dialog } from '../components/dialog.tsx'
import { Field } from '../components/fields.tsx'
import { type Frame, Layout } from '../components/layout.tsx'
import { part } from '../components/links.tsx'
import { StatusMark } from '../components/status.tsx'
import { Ago, bearable, Moment, Name } from '../components/text.tsx'
import type { KeyActs } from '../keys.ts'

const ROLE_SAYS: Readonly<Record<Role, string>> = {
  viewer: 'reads everything',
  auditor: 'also makes reports, exports and packets',
  compliance: 'also starts readings, seals and draws samples, sends webhooks again',
  admin: 'everything',
}
/** A key that nobody renews ends: the longest is that of the command. */
const LASTS = [7, 30, 90, 180, 366] as const
const USUAL = 90
const LONGEST_NAME = 100

export interface KeyPageParts {
  readonly keys: KeyActs
  now(): Instant
  frame(): Promise<Frame>
  missing(c: Context, title: string): Response | Promise<Response>
}

export function keyPages({ keys, now, frame, missing }: KeyPageParts): Hono {
  const app = new Hono()
  app.get('/', async (c) => {
    const said = c.req.query('said') === 'revoked' ? 'The key is revoked, and refused from the next request on.' : null
    return c.html(<KeysPage frame={await frame()} keys={await keys.keys()} made={null} said={said} />)
  })
  // The answer is the page itself: the key stands nowhere from which another request could fetch it.
  app.post('/', async (c) => {
    const { name, role, days } = wishIn(await c.req.parseBody())
    const createdAt = now()
    const expiresAt = plus(createdAt, days * DAY)
    const made = await keys.create({ name, role, createdAt, createdBy: visitorOf(c).name, expiresAt })
    return c.html(<KeysPage frame={await frame()} keys={await keys.keys()} made={made} said={null} />, 201)
  })
  app.post('/:id/revoke', async (c) => {
    if (!(await keys.revokeKey(c.req.param('id'), now()))) return missing(c, 'There is no such key in use')
    return c.redirect('/keys?said=revoked', 303)
  })
  return app
}

function wishIn({ name, role, days }: Readonly<Record<string, unknown>>): { name: string; role: Role; days: number } {
  const said = typeof name === 'string' ? name.trim() : ''
  if (said === '' || said.length > LONGEST_NAME) {
    throw new AppError('usage', `Say in up to ${LONGEST_NAME} characters who uses the key.`)
  }
  const wanted = ROLES.find((each) => each === role)
  if (wanted === undefined) throw new AppError('usage', 'There is no such role; choose one of the list.')
  const lasts = LASTS.find((each) => String(each) === days)
  if (lasts === undefined) throw new AppError('usage', 'A key ends after the time that the list names.')
  return { name: said, role: wanted, days: lasts }
}

interface Made {
  readonly key: ApiKey
  readonly text: string
}

function KeysPage({
  frame,
  keys,
  made,
  said,
}: {
  frame: Frame
  keys: readonly ApiKey[]
  made: Made | null
  said: string | null
}) {
  return (
    <Layout frame={frame} title="API keys" section="keys">
      <PageHead
        title="API keys"
        lead="Machines send one with each request. It opens the API for its role, and no page."
      />
      <Said text={said} />
      <div class="stack">
        {made === null ? null : <NewKey made={made} />}
        <Card title="Keys" id="keys">
          {keys.length === 0 ? (
            <Empty title="There is no API key yet">Make the first one below: say who uses it and what it may do.</Empty>
          ) : (
            <Keys keys={keys} now={frame.now} />
          )}
        </Card>
        <MakeKey />
      </div>
    </Layout>
  )
}

/** The script leaves a page alone that is marked so: a newer reading must not take the key away before it was copied. */
function NewKey({ made: { key, text } }: { made: Made }) {
  return (
    <Card title="The new key" id="new-key" note="shown this once">
      <div class="form" data-keep="">
        <p>
          <Name text={key.name} /> sends it as <code>Authorization: Bearer …</code>. Only its digest is kept here: who
          loses it makes another.
        </p>
        <Field
          id="key-text"
          label={
            <>
              Key <span class="nowrap">{key.id}</span>
            </>
          }
        >
          <textarea id="key-text" readonly rows={2}>
            {text}
          </textarea>
        </Field>
        <div>
          <button class="button" type="button" data-copy="key-text" hidden>
            Copy
          </button>
        </div>
      </div>
    </Card>
  )
}

function Keys({ keys, now }: { keys: readonly ApiKey[]; now: Instant }) {
  return (
    <Table
      caption="API keys"
      columns={[
        { word: 'Key' },
        { word: 'Role' },
        { word: 'State' },
        { word: 'Last used' },
        { word: 'Made' },
        { word: 'Action', silent: true },
      ]}
    >
      {keys.map((key) => (
        <Row>
          <th scope="row">
            <Name text={key.name} />
            <span class="sub">
              <code>{key.id}</code>
            </span>
          </th>
          <td>
            {key.role}
            <span class="sub">{ROLE_SAYS[key.role]}</span>
          </td>
          <td>
            <Standing api={key} now={now} />
          </td>
          <td>
            <Ago at={key.lastUsedAt} now={now} />
          </td>
          <td>
            <Moment at={key.createdAt} />
            <span class="sub">
              by <Name text={key.createdBy} />
            </span>
          </td>
          <td>{isInUse(key, now) ? <Revoke id={key.id} name={key.name} /> : null}</td>
        </Row>
      ))}
    </Table>
  )
}

function isInUse({ revokedAt, expiresAt }: ApiKey, now: Instant): boolean {
  return revokedAt === null && expiresAt > now
}

function Standing({ api: { revokedAt, expiresAt }, now }: { api: ApiKey; now: Instant }) {
  const [mark, word, at] =
    revokedAt !== null
      ? (['not_applicable', 'Revoked', revokedAt] as const)
      : expiresAt <= now
        ? (['not_applicable', 'Ended', expiresAt] as const)
        : (['pass', 'Good until', expiresAt] as const)
  return (
    <>
      <StatusMark mark={mark} word={word} />
      <span class="sub">
        <Moment at={at} />
      </span>
    </>
  )
}

function Revoke({ id, name }: { id: string; name: string }) {
  return (
    <Dialog id={`revoke-${id}`} opener="Revoke" plain title={`Revoke the key of ${bearable(name, 60)}?`}>
      <p>From the next request on whoever uses it is refused. It cannot be brought back.</p>
      <form method="post" action={`/keys/${part(id)}/revoke`} class="dialog-actions">
        <button class="button" type="button" {...{ commandfor: `revoke-${id}`, command: 'close' }}>
          Keep it
        </button>
        <button class="button primary" type="submit">
          Revoke
        </button>
      </form>
    </Dialog>
  )
}

function MakeKey() {
  return (
    <Card title="Make a key" id="make">
      <form class="filters" method="post" action="/keys">
        <Field id="key-name" label="Who uses it">
          <input id="key-name" type="text" name="name" maxlength={LONGEST_NAME} required autocomplete="off" />
        </Field>
        <Field id="key-role" label="What it may do">
          <select id="key-role" name="role">
            {ROLES.map((role) => (
              <option value={role}>{`${role}: ${ROLE_SAYS[role]}`}</option>
            ))}
          </select>
        </Field>
        <Field id="key-days" label="Ends after">
          <select id="key-days" name="days">
            {LASTS.map((days) => (
              <option value={days} selected={days === USUAL}>
                {days} days
              </option>
            ))}
          </select>
        </Field>
        <div class="filter-actions">
          <button class="button primary" type="submit">
            Make the key
          </button>
        </div>
      </form>
    </Card>
  )
}
