/** The section of `exhibit.yaml` for one SentinelOne console. */
import { z } from 'zod'

export const section = z.strictObject({
  id: z.string(),
  kind: z.literal('sentinelone'),
  baseUrl: z
    .string()
    .transform((text, issues) => {
      const origin = consoleOrigin(text)
      if (origin === null) issues.addIssue(`"${text}" is no console address; write https://<tenant>.sentinelone.net`)
      return origin ?? z.NEVER
    })
    .describe('Address of the console: https://<tenant>.sentinelone.net'),
  credential: z.strictObject({ apiToken: z.string().min(1).describe('Token of a service user with the role Viewer') }),
  freshness: z.string().optional(),
  syncWindow: z.string().default('24h').describe('An agent silent for longer counts as absent'),
  requestsPerSecond: z.number().positive().max(25).default(20),
  allowWrite: z.boolean().optional(),
})
export type Config = z.infer<typeof section>

/** People paste the host with or without scheme, path and slash, or the tenant's name alone; what counts is the origin. */
function consoleOrigin(text: string): string | null {
  const pasted = text.trim()
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(pasted) ? pasted : `https://${pasted}`
  if (!URL.canParse(address)) return null
  const url = new URL(address)
  if (!['https:', 'http:'].includes(url.protocol) || url.username !== '' || url.password !== '') return null
  if (/^[a-z0-9-]+$/.test(url.hostname) && url.hostname !== 'localhost') url.hostname += '.sentinelone.net'
  return url.origin
}
