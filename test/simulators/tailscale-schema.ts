/** Tailscale's published OpenAPI document as a judge of rows (vendors' own schema, version 3.1: JSON Schema 2020-12). */
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { TailscaleWorld } from '../../src/simulators/simulator.ts'
import { spec } from '../helpers/specs.ts'

/** Where the live service is known to say more than its schema (vendors/tailscale.md sections 0 and 15). */
export const DEVIATIONS = [
  'ConfigurationAuditLog /target/type must be equal to one of the allowed values', // OAUTH_ACCESS_TOKEN
  'Device /created must match format "date-time"', // external devices carry created: ""
  'PostureIntegration /provider must be equal to one of the allowed values', // fleet, huntress
  'Webhook /providerType must be equal to one of the allowed values', // "" stands for the generic form
]

const DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/

/** Every complaint once, "Device /created must …"; null where the document is not at hand. */
export function complaints(world: TailscaleWorld): string[] | null {
  const document = spec('tailscale-openapi.json')
  if (document === null) return null
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  ajv.addFormat('date-time', DATE_TIME)
  for (const format of ['int64', 'float', 'uri', 'password']) ajv.addFormat(format, true)
  ajv.addSchema(document as object, 'tailscale')
  const found = new Set<string>()
  const judge = (component: string, rows: readonly unknown[]): void => {
    const validate = ajv.compile({ $ref: `tailscale#/components/schemas/${component}` })
    for (const row of rows) {
      validate(row)
      for (const { instancePath, message } of validate.errors ?? [])
        found.add(`${component} ${instancePath} ${message}`)
    }
  }
  judge('Device', world.devices)
  judge('User', world.users)
  judge('DevicePostureAttributes', Object.values(world.attributes))
  judge('PostureIntegration', world.integrations)
  judge('TailnetSettings', [world.settings])
  judge('Key', world.keys)
  judge('Webhook', world.webhooks)
  judge('Contact', Object.values(world.contacts))
  judge('UserInvite', world.userInvites)
  judge('ConfigurationAuditLog', world.auditLog)
  for (const logs of Object.values(world.logStreams)) {
    if (logs === null) continue
    judge('LogstreamEndpointConfiguration', [logs.stream])
    judge('LogstreamEndpointPublishingStatus', [logs.status])
  }
  return [...found].sort()
}
