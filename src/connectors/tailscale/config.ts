/** The section of `exhibit.yaml` for one tailnet. */
import { z } from 'zod'

const pasted = z.string().trim().min(1)

export const section = z.strictObject({
  id: z.string(),
  kind: z.literal('tailscale'),
  tailnet: pasted.default('-').describe('Tailnet ID or legacy name; "-" is the tailnet of the credential'),
  credential: z.union([
    z.strictObject({ clientId: pasted, clientSecret: pasted }).describe('OAuth client with read scopes'),
    z.strictObject({ apiToken: pasted }).describe('API access token (tskey-api-…), with all rights of its owner'),
  ]),
  baseUrl: z
    .string()
    .default('https://api.tailscale.com')
    .transform((text, issues) => {
      const root = rootOf(text)
      if (root === null) issues.addIssue(`"${text}" is no API address; leave baseUrl out for https://api.tailscale.com`)
      return root ?? z.NEVER
    })
    .describe('Address of the API, without /api/v2'),
  requestsPerSecond: z.number().positive().default(20),
  freshness: z.string().optional(),
  attributeFreshness: z.string().default('6h').describe('Posture attributes read longer ago are not used'),
  webhookSecret: z
    .union([pasted, z.array(pasted).min(1)])
    .optional()
    .describe('Secret of the webhook that announces changes (tskey-webhook-…)'),
  allowWrite: z.boolean().optional(),
})
export type Config = z.infer<typeof section>

/** The vendor's own pages write the base with `/api/v2`; the paths below bring it along. */
function rootOf(text: string): string | null {
  if (!URL.canParse(text.trim())) return null
  const url = new URL(text.trim())
  const plain = url.username === '' && url.password === '' && url.search === '' && url.hash === ''
  if (!['https:', 'http:'].includes(url.protocol) || !plain) return null
  return url.origin + url.pathname.replace(/\/+$/, '').replace(/\/api\/v2$/, '')
}
