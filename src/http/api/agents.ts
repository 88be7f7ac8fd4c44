import { type OpenAPIHono, z } from '@hono/zod-openapi'
import { configuredVendors } from '../../domain/attribute-sources.ts'
import { agentOf } from '../../domain/match.ts'
import type { Agent, Device } from '../../domain/record.ts'
import { narrow } from '../../domain/snapshot.ts'
import type { HttpParts } from '../parts.ts'
import type { View, Views } from '../view.ts'
import { type Column, LISTED, sendList, tableAnswers } from './list.ts'
import { AgentRecord, RecordRef } from './records.ts'
import { route } from './route.ts'
import { Text, Vendor } from './shapes.ts'

const Row = z
  .object({
    agent: AgentRecord,
    devices: z.array(RecordRef).openapi({ description: 'Devices of the tailnets that it is used for.' }),
  })
  .openapi('AgentRow')

interface AgentRow {
  readonly agent: Agent
  readonly devices: readonly Pick<Device, 'source' | 'key'>[]
}

const COLUMNS: readonly Column<AgentRow>[] = [
  ['source', ({ agent }) => agent.source],
  ['key', ({ agent }) => agent.key],
  ['vendor', ({ agent }) => agent.vendor],
  ['hostname', ({ agent }) => agent.hostname],
  ['serial', ({ agent }) => agent.serial],
  ['platform', ({ agent }) => agent.platform],
  ['lastSeen', ({ agent }) => agent.lastSeen],
  ['removed', ({ agent }) => agent.removed],
  ['assignedTo', ({ agent }) => agent.assignedTo],
  ['values', ({ agent }) => JSON.stringify(agent.values)],
  ['devices', ({ devices }) => devices.map(({ source, key }) => `${source}/device/${key}`).join(' ')],
]

/** By the join that the checks use. */
function agentRows({ report: { snapshot } }: View): readonly AgentRow[] {
  if (snapshot === null) return []
  const vendors = [...snapshot.derive(configuredVendors).keys()]
  const used = new Map<Agent, Pick<Device, 'source' | 'key'>[]>()
  for (const device of snapshot.of('device')) {
    const tailnet = narrow(snapshot, device.source)
    for (const vendor of vendors) {
      const { agent } = agentOf(tailnet, device, vendor)
      if (agent === null) continue
      const place = { source: device.source, key: device.key }
      const others = used.get(agent)
      if (others === undefined) used.set(agent, [place])
      else others.push(place)
    }
  }
  return snapshot.of('agent').map((agent) => ({ agent, devices: used.get(agent) ?? [] }))
}

export function agents(app: OpenAPIHono, { version }: HttpParts, { current }: Views): void {
  route(
    app,
    {
      method: 'get',
      path: '/agents',
      id: 'listAgents',
      summary: 'Host records of the EDR and MDM vendors, with the devices that each was matched to',
      tag: 'population',
      query: { ...LISTED, source: Text.optional(), vendor: Vendor.optional() },
      answers: tableAnswers(Row, 'By source and key.'),
      problems: ['bad-cursor'],
    },
    async (c, { query }) => {
      const view = await current()
      const { source, vendor } = query
      const rows = view.derive(agentRows)
      const isAsked = ({ agent }: AgentRow): boolean =>
        (source === undefined || agent.source === source) && (vendor === undefined || agent.vendor === vendor)
      return sendList(
        c,
        query,
        { version, report: view.report },
        {
          plural: 'agents',
          rows: source === undefined && vendor === undefined ? rows : rows.filter(isAsked),
          place: ({ agent }) => [agent.source, agent.key],
          json: (row) => row,
          csv: COLUMNS,
        },
      )
    },
  )
}
