/** The JSON API. Every resource is a file beside this one; errors are RFC 9457 problems. */
import { OpenAPIHono } from '@hono/zod-openapi'
import type { Audit } from '../audit.ts'
import type { Jobs } from '../jobs.ts'
import type { HttpParts } from '../parts.ts'
import { problem } from '../problems.ts'
import type { Views } from '../view.ts'
import { about } from './about.ts'
import { accounts } from './accounts.ts'
import { agents } from './agents.ts'
import { checks } from './checks.ts'
import { controls } from './controls.ts'
import { deliveries } from './deliveries.ts'
import { devices } from './devices.ts'
import { findings } from './findings.ts'
import { jobs } from './jobs.ts'
import { leavers } from './leavers.ts'
import { mistakesOf, sentence } from './mistakes.ts'
import { once } from './once.ts'
import { people } from './people.ts'
import { periods } from './periods.ts'
import { pulls } from './pulls.ts'
import { results } from './results.ts'
import { reviews } from './reviews.ts'
import { runs } from './runs.ts'
import { samples } from './samples.ts'
import { sources } from './sources.ts'
import { webhooks } from './webhooks.ts'

export function api(parts: HttpParts, views: Views, made: Jobs, audited: Audit): OpenAPIHono {
  const app = new OpenAPIHono({
    defaultHook: (result, c) => {
      if (result.success) return undefined
      const errors = result.error.issues.flatMap((issue) => mistakesOf(issue, result.target === 'json'))
      return problem(c, 'bad-request', errors.map(sentence).join('; '), errors)
    },
  })
  const again = once(parts)
  results(app, parts, views)
  findings(app, parts, views)
  checks(app, parts, views)
  controls(app, parts, views)
  runs(app, parts)
  people(app, parts, views)
  accounts(app, parts, views)
  devices(app, parts, views)
  agents(app, parts, views)
  sources(app, parts, views)
  pulls(app, parts, again)
  webhooks(app, parts, again)
  deliveries(app, parts, again)
  const newest = async () => (await views.current()).report
  jobs(app, { made, newest, once: again, outputs: parts.outputs, checks: parts.checks })
  periods(app, parts, audited)
  leavers(app, audited)
  reviews(app, audited)
  samples(app, audited)
  about(app, parts)
  return app
}
