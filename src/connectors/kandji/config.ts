/** The section of `exhibit.yaml` for one Kandji (Iru) tenant. */
import { z } from 'zod'
import { isConsoleHost } from './api.ts'

export const section = z.strictObject({
  id: z.string(),
  kind: z.enum(['kandji', 'iru']),
  baseUrl: z
    .string()
    .transform((text, issues) => {
      const url = apiUrl(text)
      if (url === null) {
        issues.addIssue(`"${text}" is no API address; write https://<subdomain>.api.kandji.io`)
        return z.NEVER
      }
      if (isConsoleHost(url.hostname)) {
        issues.addIssue(
          `${url.hostname} is the web console, not the API; Access > API tokens shows "Your organization's API URL", for example https://${url.hostname.replace('.', '.api.')}`,
        )
        return z.NEVER
      }
      return url.origin
    })
    .describe("The organization's API URL: https://<subdomain>.api.kandji.io, .api.eu.kandji.io, .api.iru.com …"),
  credential: z.strictObject({ apiToken: z.string().min(1) }),
  freshness: z.string().optional(),
  syncWindow: z.string().optional(),
  requestsPerSecond: z
    .number()
    .positive()
    .max(50)
    .default(10)
    .describe('10,000 an hour are shared by all tools of a tenant'),
  allowWrite: z.boolean().optional(),
})
export type Config = z.infer<typeof section>

/** The console shows the address without its scheme. */
function apiUrl(text: string): URL | null {
  const pasted = text.trim()
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(pasted) ? pasted : `https://${pasted}`
  if (!URL.canParse(address)) return null
  const url = new URL(address)
  return ['https:', 'http:'].includes(url.protocol) && url.username === '' && url.password === '' ? url : null
}
