import { type OpenAPIHono, z } from '@hono/zod-openapi'
import type { HttpParts } from '../parts.ts'
import { type PersonRow, personRows } from '../people.ts'
import type { Views } from '../view.ts'
import { type Column, LISTED, sendList, tableAnswers } from './list.ts'
import { PersonRecord } from './records.ts'
import { route } from './route.ts'
import { Count } from './shapes.ts'

const State = z.enum(['employed', 'left', 'access']).openapi({ description: '`access`: left, and still has access.' })
const Row = z
  .object({ person: PersonRecord, state: State, accounts: Count, devices: Count, failing: Count })
  .openapi('PersonRow', { description: 'Accounts and devices of the person, and what fails about any of them.' })

const COLUMNS: readonly Column<PersonRow>[] = [
  ['source', ({ person }) => person.source],
  ['email', ({ person }) => person.email],
  ['name', ({ person }) => person.name],
  ['state', ({ state }) => state],
  ['status', ({ person }) => person.status],
  ['startDate', ({ person }) => person.startDate],
  ['endDate', ({ person }) => person.endDate],
  ['department', ({ person }) => person.department],
  ['title', ({ person }) => person.title],
  ['manager', ({ person }) => person.manager],
  ['type', ({ person }) => person.type],
  ['mfa', ({ person }) => person.mfa],
  ['aliases', ({ person }) => person.aliases.join(' ')],
  ['accounts', ({ accounts }) => accounts],
  ['devices', ({ devices }) => devices],
  ['failing', ({ failing }) => failing],
]

export function people(app: OpenAPIHono, { version }: HttpParts, { current }: Views): void {
  route(
    app,
    {
      method: 'get',
      path: '/people',
      id: 'listPeople',
      summary: 'People of the roster, with their state',
      tag: 'population',
      query: { ...LISTED, state: State.optional() },
      answers: tableAnswers(Row, 'By source and key.'),
      problems: ['bad-cursor'],
    },
    async (c, { query }) => {
      const view = await current()
      const rows = view.derive(personRows)
      return sendList(
        c,
        query,
        { version, report: view.report },
        {
          plural: 'people',
          rows: query.state === undefined ? rows : rows.filter(({ state }) => state === query.state),
          place: ({ person }) => [person.source, person.key],
          json: ({ search: _, ...row }) => row,
          csv: COLUMNS,
        },
      )
    },
  )
}
