/** Answers that rest on a sealed run are the same until another is sealed or time turns a verdict: so are their tags. */
import type { Context } from 'hono'
import type { Report } from '../../domain/report.ts'
import { sha256 } from '../../lib/digest.ts'

/** What an answer rests on beside the request; a newer version of the program may say more. */
export interface Rests {
  readonly version: string
  readonly report: Pick<Report, 'run' | 'evaluatedAt'>
}

/** Strong: of the run, the moment that it was aged to, the form and the whole query. */
export function tagOf(c: Context, { version, report: { run, evaluatedAt } }: Rests, form = 'json'): string {
  const { url } = c.req
  const path = url.slice(url.indexOf('/', url.indexOf('//') + 2))
  return quoted(`${version}\0${run?.id ?? ''}\0${evaluatedAt}\0${form}\0${path}`)
}

/** Of an answer that changes without a run: of its very bytes. */
export function quoted(text: string): string {
  return `"${sha256(text).slice(0, 32)}"`
}

/** Sets the tag; 304 where the client has it (RFC 9110 section 13.1.2: compared weakly, as a compressed answer has W/). */
export function freshened(c: Context, tag: string): Response | null {
  c.header('etag', tag)
  const asked = c.req.header('if-none-match')
  if (asked === undefined || !(asked.trim() === '*' || tagsIn(asked).includes(tag))) return null
  return c.body(null, 304)
}

function tagsIn(header: string): string[] {
  return header.split(',').map((each) => each.trim().replace(/^W\//, ''))
}
