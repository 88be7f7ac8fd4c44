/** Kandji, since 2025 Iru Endpoint Management: the inventory of one tenant, which devices are missing or removed, and FileVault. */
import { z } from 'zod'
import type { Answer, Connector, Probe, ProbedAccess, Tools } from '../../domain/connector.ts'
import { AppError } from '../../domain/error.ts'
import { clockSkewMs } from '../../domain/reading.ts'
import {
  DEVICES,
  DEVICES_PERMISSION,
  FILEVAULT,
  FILEVAULT_PERMISSION,
  isApiHost,
  PRISM,
  PRISM_PERMISSION,
} from './api.ts'
import { Kandji } from './client.ts'
import { type Config, section } from './config.ts'
import { read } from './normalize.ts'
import { fileVaults, listedDevices, prismDevices } from './walks.ts'

export const kandji: Connector<Config> = {
  id: 'kandji',
  title: 'Kandji (Iru)',
  provides: ['agent', 'enrolment', 'encryption', 'total'],
  rolling: [],
  access: [
    {
      scope: PRISM_PERMISSION,
      title: 'Prism: enrolment, agent, check-in and owner of each device',
      reveals: [{ kind: 'agent' }],
    },
    { scope: DEVICES_PERMISSION, title: 'Which devices are missing or removed', reveals: [{ kind: 'enrolment' }] },
    { scope: FILEVAULT_PERMISSION, title: 'Prism: FileVault of each Mac', reveals: [{ kind: 'encryption' }] },
  ],
  setUp: [
    'Kandji (Iru) console > Access > API tokens > Add token.',
    `Under permissions tick ${PRISM_PERMISSION} (GET ${PRISM}); to see missing and removed devices also ${DEVICES_PERMISSION} (GET ${DEVICES}), and to judge disk encryption ${FILEVAULT_PERMISSION} (GET ${FILEVAULT}).`,
    'Copy the token, which is shown once, into credential.apiToken.',
    'Set baseUrl to "Your organization\'s API URL" of the same page, for example https://acme.api.kandji.io.',
  ],
  config: { parse: (input) => section.parse(input), jsonSchema: () => z.toJSONSchema(section, { io: 'input' }) },
  baseUrl: (config) => new URL(config.baseUrl),
  isVendorHost: (url) => url.protocol === 'https:' && isApiHost(url.hostname),
  async *pages(config, tools, context) {
    const reader = { kandji: new Kandji(config, tools), source: context.source, tools }
    const prism = await prismDevices(reader)
    yield* prism.pages
    const devices = await listedDevices(reader)
    yield* devices.pages
    if (prism.refused !== null && devices.refused !== null) throw nothingVisible(prism.refused, devices.refused)
    // Last, since it says nothing of a device that neither list names.
    yield* (await fileVaults(reader)).pages
  },
  read,
  probe,
}

/** Both lists answering 404 means that there is no such tenant here; a 403 is a permission that is not ticked. */
function nothingVisible(prism: number, devices: number): AppError {
  const said = `kandji: GET ${PRISM} answered ${prism} and GET ${DEVICES} answered ${devices}`
  return prism === 404 && devices === 404
    ? new AppError('not_found', `${said}; check subdomain and region in baseUrl.`)
    : new AppError('forbidden', `${said}; tick the permission ${PRISM_PERMISSION} for this token.`)
}

async function probe(config: Config, tools: Tools): Promise<Probe> {
  const client = new Kandji(config, tools)
  const refusals = [403, 404]
  const prism = await client.get(`${PRISM}?limit=1`, 'probe device information', refusals)
  const devices = await client.get(`${DEVICES}?limit=1`, 'probe devices', refusals)
  const filevault = await client.get(`${FILEVAULT}?limit=1`, 'probe filevault', refusals)
  if (prism.status === 404 && devices.status === 404) throw nothingVisible(404, 404)
  return {
    access: [
      probed(PRISM_PERMISSION, PRISM, prism),
      probed(DEVICES_PERMISSION, DEVICES, devices),
      probed(FILEVAULT_PERMISSION, FILEVAULT, filevault),
    ],
    expiresAt: null,
    credential: 'expiry not published by the vendor',
    clockSkewMs: clockSkewMs(prism.headers, tools.now()),
  }
}

function probed(scope: string, path: string, { status }: Answer): ProbedAccess {
  return { scope, state: status === 200 ? 'present' : 'missing', detail: `GET ${path} answered ${status}` }
}
