import { type OpenAPIHono, z } from '@hono/zod-openapi'
import type { HttpParts } from '../parts.ts'
import { type AccountRow, accountRows } from '../people.ts'
import type { Views } from '../view.ts'
import { type Column, LISTED, sendList, tableAnswers } from './list.ts'
import { AccountRecord, PersonRecord } from './records.ts'
import { route } from './route.ts'
import { Count, orNull, Text } from './shapes.ts'

const Joined = z.enum(['joined', 'none', 'several', 'shared', 'service'])
const Row = z
  .object({
    account: AccountRecord,
    person: orNull(PersonRecord),
    joined: Joined,
    says: Text.openapi({ description: 'The join or its absence, in a sentence.' }),
    failing: Count,
    devices: Count,
  })
  .openapi('AccountRow')

const COLUMNS: readonly Column<AccountRow>[] = [
  ['source', ({ account }) => account.source],
  ['key', ({ account }) => account.key],
  ['login', ({ account }) => account.login],
  ['displayName', ({ account }) => account.displayName],
  ['type', ({ account }) => account.type],
  ['role', ({ account }) => account.role],
  ['status', ({ account }) => account.status],
  ['createdAt', ({ account }) => account.createdAt],
  ['lastSeen', ({ account }) => account.lastSeen],
  ['person', ({ person }) => person?.email ?? null],
  ['joined', ({ joined }) => joined],
  ['says', ({ says }) => says],
  ['devices', ({ devices }) => devices],
  ['failing', ({ failing }) => failing],
]

export function accounts(app: OpenAPIHono, { version }: HttpParts, { current }: Views): void {
  route(
    app,
    {
      method: 'get',
      path: '/accounts',
      id: 'listAccounts',
      summary: 'Accounts of the tailnets, with the person of each or why there is none',
      tag: 'population',
      query: { ...LISTED, joined: Joined.optional(), source: Text.optional() },
      answers: tableAnswers(Row, 'By source and key.'),
      problems: ['bad-cursor'],
    },
    async (c, { query }) => {
      const view = await current()
      const { joined, source } = query
      const rows = view.derive(accountRows)
      const isAsked = (row: AccountRow): boolean =>
        (joined === undefined || row.joined === joined) && (source === undefined || row.account.source === source)
      return sendList(
        c,
        query,
        { version, report: view.report },
        {
          plural: 'accounts',
          rows: joined === undefined && source === undefined ? rows : rows.filter(isAsked),
          place: ({ account }) => [account.source, account.key],
          json: ({ search: _, ...row }) => row,
          csv: COLUMNS,
        },
      )
    },
  )
}
