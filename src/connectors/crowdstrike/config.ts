/** The section of `exhibit.yaml` for one Falcon tenant. */
import { z } from 'zod'

export const section = z.strictObject({
  id: z.string(),
  kind: z.literal('crowdstrike'),
  baseUrl: z
    .string()
    .transform((text, issues) => {
      const origin = cloudOrigin(text)
      if (origin === null)
        issues.addIssue(`"${text}" is no API address; write for example https://api.us-2.crowdstrike.com`)
      return origin ?? z.NEVER
    })
    .describe(
      'API address of the cloud that the tenant lives in: https://api.crowdstrike.com, https://api.us-2.crowdstrike.com …',
    ),
  credential: z.strictObject({ clientId: z.string().min(1), clientSecret: z.string().min(1) }),
  memberCid: z.string().min(1).optional().describe('CID of one child, for the API client of a managing parent'),
  freshness: z.string().optional(),
  syncWindow: z.string().optional(),
  requestsPerSecond: z
    .number()
    .positive()
    .max(100)
    .default(10)
    .describe('6000 a minute are shared by all tools of a tenant'),
  allowWrite: z.boolean().optional(),
})
export type Config = z.infer<typeof section>

function cloudOrigin(text: string): string | null {
  const pasted = text.trim()
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(pasted) ? pasted : `https://${pasted}`
  if (!URL.canParse(address)) return null
  const url = new URL(address)
  return ['https:', 'http:'].includes(url.protocol) && url.username === '' && url.password === '' ? url.origin : null
}
