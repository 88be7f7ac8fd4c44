import { type OpenAPIHono, z } from '@hono/zod-openapi'
import { findingJson } from '../../domain/result-document.ts'
import { type DeviceRow, deviceDetail, deviceRows } from '../devices.ts'
import type { HttpParts } from '../parts.ts'
import { problem } from '../problems.ts'
import type { Views } from '../view.ts'
import { freshened, tagOf } from './etag.ts'
import { type Column, headOf, LISTED, sendList, tableAnswers } from './list.ts'
import { AccountRecord, AgentRecord, DeviceRecord, PersonRecord } from './records.ts'
import { route, sendJson, TAGGED, UNCHANGED } from './route.ts'
import {
  Count,
  Finding,
  Flat,
  HEAD,
  Mark,
  MomentOrNull,
  orNull,
  Text,
  TextOrNull,
  UnknownReason,
  Vendor,
} from './shapes.ts'

const Row = z
  .object({
    device: DeviceRecord,
    label: Text,
    os: Text,
    verdict: Mark.openapi({ description: 'Of device trust (POS-12).' }),
    reason: UnknownReason,
    owner: Text,
    failing: Count,
    known: z.array(Vendor).openapi({ description: 'Configured vendors that have a record of it.' }),
    missing: z.array(Vendor).openapi({ description: 'Configured vendors that could have one, and have none.' }),
  })
  .openapi('DeviceRow')

const Outcome = z.enum(['match', 'no_match', 'not_evaluable'])
const Detail = z
  .object({
    ...HEAD,
    device: DeviceRecord,
    label: Text,
    account: orNull(AccountRecord),
    person: orNull(PersonRecord),
    ownerSays: Text,
    verdict: Mark,
    reason: UnknownReason,
    finding: z.object({ ...Finding.shape, dueAt: MomentOrNull }).nullable(),
    trust: z
      .object({
        answer: z.object({
          outcome: Outcome,
          reason: UnknownReason,
          conditions: z.array(
            z.object({
              posture: Text,
              condition: TextOrNull,
              outcome: Outcome,
              why: z.enum(['pass', 'fail', 'missing', 'type_mismatch', 'unparsable', 'unreadable']),
              value: Flat,
            }),
          ),
        }),
        allOf: z.array(Text),
        anyOf: z.array(Text),
      })
      .nullable(),
    outside: TextOrNull.openapi({ description: 'Why device trust is not asked of it.' }),
    joins: z.array(
      z.object({
        vendor: Vendor,
        name: Text,
        agent: orNull(AgentRecord),
        others: z.array(AgentRecord),
        why: z.enum(['no_serial', 'placeholder_serial', 'shared_serial', 'no_record', 'removed']).nullable(),
        says: Text,
      }),
    ),
    attributes: z.array(
      z.object({
        attribute: Text,
        vendor: TextOrNull,
        vendorValue: Flat.optional().openapi({ description: 'Absent: the vendor’s answer does not speak of it.' }),
        tailnetValue: z.union([z.string(), z.number(), z.boolean()]).optional(),
        disagree: z.boolean(),
        expiresAt: MomentOrNull,
      }),
    ),
    attributesReadAt: MomentOrNull,
    attributesUnusable: UnknownReason,
  })
  .openapi('DeviceDetail')

const COLUMNS: readonly Column<DeviceRow>[] = [
  ['source', ({ device }) => device.source],
  ['key', ({ device }) => device.key],
  ['name', ({ label }) => label],
  ['hostname', ({ device }) => device.hostname],
  ['os', ({ os }) => os],
  ['owner', ({ owner }) => owner],
  ['tags', ({ device }) => device.tags.join(' ')],
  ['serials', ({ device }) => device.serials.join(' ')],
  ['clientVersion', ({ device }) => device.clientVersion],
  ['createdAt', ({ device }) => device.createdAt],
  ['lastSeen', ({ device }) => device.lastSeen],
  ['connected', ({ device }) => device.connected],
  ['authorized', ({ device }) => device.authorized],
  ['expiresAt', ({ device }) => device.expiresAt],
  ['verdict', ({ verdict }) => verdict],
  ['reason', ({ reason }) => reason],
  ['known', ({ known }) => known.join(' ')],
  ['missing', ({ missing }) => missing.join(' ')],
  ['failing', ({ failing }) => failing],
]

export function devices(app: OpenAPIHono, { version }: HttpParts, { current }: Views): void {
  route(
    app,
    {
      method: 'get',
      path: '/devices',
      id: 'listDevices',
      summary: 'Devices of the tailnets, with their trust verdict and the vendors that know them',
      tag: 'population',
      query: { ...LISTED, source: Text.optional(), verdict: Mark.optional(), os: Text.optional() },
      answers: tableAnswers(Row, 'By source and key.'),
      problems: ['bad-cursor'],
    },
    async (c, { query }) => {
      const view = await current()
      const { source, verdict, os } = query
      const rows = view.derive(deviceRows)
      const isAsked = (row: DeviceRow): boolean =>
        (source === undefined || row.device.source === source) &&
        (verdict === undefined || row.verdict === verdict) &&
        (os === undefined || row.os === os)
      return sendList(
        c,
        query,
        { version, report: view.report },
        {
          plural: 'devices',
          rows: source === undefined && verdict === undefined && os === undefined ? rows : rows.filter(isAsked),
          place: ({ device }) => [device.source, device.key],
          json: ({ search: _, ...row }) => row,
          csv: COLUMNS,
        },
      )
    },
  )

  route(
    app,
    {
      method: 'get',
      path: '/devices/{source}/{key}',
      id: 'getDevice',
      summary: 'One device: its owner, each join, each attribute and each condition of device trust',
      tag: 'population',
      params: { source: Text, key: Text },
      answers: { 200: { description: 'As last read.', schema: Detail, headers: TAGGED }, 304: UNCHANGED },
      problems: ['no-such-device'],
    },
    async (c, { params: { source, key } }) => {
      const view = await current()
      const detail = deviceDetail(view, source, key)
      if (detail === null)
        return problem(c, 'no-such-device', `The newest reading of ${source} has no device "${key}".`)
      const unchanged = freshened(c, tagOf(c, { version, report: view.report }))
      if (unchanged !== null) return unchanged
      const { finding } = detail
      return sendJson(c, {
        ...headOf(view.report),
        ...detail,
        finding: finding === null ? null : { ...findingJson(finding), dueAt: finding.dueAt },
      })
    },
  )
}
