import { type OpenAPIHono, z } from '@hono/zod-openapi'
import type { ReportFinding, ReportResult } from '../../domain/report.ts'
import { findingJson, resultJson } from '../../domain/result-document.ts'
import type { HttpParts } from '../parts.ts'
import { problem } from '../problems.ts'
import type { Views } from '../view.ts'
import { badCursor, cursorOf } from './cursor.ts'
import { freshened, tagOf } from './etag.ts'
import { headOf, LINK, listSchema, nextLink, reportOf, sendList } from './list.ts'
import { route, sendJson, TAGGED, UNCHANGED } from './route.ts'
import { AS_OF, Finding, Framework, HEAD, Next, PAGED, RESULT, Status, Text } from './shapes.ts'

const Result = z.object({ ...RESULT, title: Text }).openapi('CheckResult')
const Check = z
  .object({
    ...HEAD,
    title: Text,
    question: Text,
    why: Text,
    remediation: Text,
    controls: z.array(z.object({ framework: Framework, id: Text, indirect: z.literal(true).optional() })),
    results: z
      .array(z.object({ ...RESULT, title: Text, findings: z.array(Finding) }))
      .openapi({ description: 'One a tailnet; `findings` are those of this page, by subject.' }),
    next: Next,
  })
  .openapi('Check')

/** The number of the result, one a tailnet, and the subject behind which it goes on. */
const places = cursorOf('check', z.tuple([z.int().min(0), z.string(), z.string(), z.string()]))
type Place = [result: number, source: string, kind: string, key: string]

/** As the result document has it, with what a reader of the check would look up. */
function titledJson(result: ReportResult) {
  return { ...resultJson(result), title: result.check.title }
}

export function checks(app: OpenAPIHono, parts: HttpParts, views: Views): void {
  const { version } = parts
  route(
    app,
    {
      method: 'get',
      path: '/checks',
      id: 'listChecks',
      summary: 'Checks, with what each answers for each tailnet',
      tag: 'results',
      query: { ...PAGED, ...AS_OF, status: Status.optional() },
      answers: {
        200: {
          description: 'By ref, then system.',
          schema: listSchema('checks', Result),
          headers: { ...TAGGED, ...LINK },
        },
        304: UNCHANGED,
      },
      problems: ['bad-cursor'],
    },
    async (c, { query }) => {
      const report = await reportOf(query, parts, views)
      const { status } = query
      return sendList(
        c,
        query,
        { version, report },
        {
          plural: 'checks',
          rows: status === undefined ? report.results : report.results.filter((result) => result.status === status),
          place: ({ check, system }) => [check.ref, system ?? ''],
          json: titledJson,
        },
      )
    },
  )

  route(
    app,
    {
      method: 'get',
      path: '/checks/{id}',
      id: 'getCheck',
      summary: 'One check: its question, why it is asked, how to remedy it, and its subjects',
      tag: 'results',
      params: { id: Text.openapi({ description: 'Id or ref: "offboarded-access-removed" or "ID-02".' }) },
      query: { ...PAGED, ...AS_OF, status: Status.optional().openapi({ description: 'Of the subjects.' }) },
      answers: {
        200: {
          description: 'Subjects by system, source, kind and key.',
          schema: Check,
          headers: { ...TAGGED, ...LINK },
        },
        304: UNCHANGED,
      },
      problems: ['bad-cursor', 'no-such-check'],
    },
    async (c, { query, params: { id } }) => {
      const view = query.asOf === undefined ? await views.current() : null
      const report = view?.report ?? (await reportOf(query, parts, views))
      // Those of the newest run are made already; of a past one they are made as they are read.
      const findingsOf = (result: ReportResult): Iterable<ReportFinding> =>
        view?.findingsOf(result) ?? result.findings()
      const results = report.results.filter(({ check }) => check.id === id || check.ref === id)
      const first = results[0]
      if (first === undefined) return problem(c, 'no-such-check', `There is no enabled check "${id}".`)
      const { limit, cursor, ...filters } = query
      const marked = { id: first.check.id, ...filters }
      const after = cursor === undefined ? null : places.read(cursor, marked)
      if (cursor !== undefined && after === null) return badCursor(c)
      const unchanged = freshened(c, tagOf(c, { version, report }))
      if (unchanged !== null) return unchanged
      const { shown, last } = pageOf(results.map(findingsOf), filters.status, limit, after)
      const next = last === null ? null : places.write(last, marked)
      if (next !== null) c.header('link', nextLink(c, next))
      const { title, question, why, remediation, controls } = first.check
      return sendJson(c, {
        ...headOf(report),
        title,
        question,
        why,
        remediation,
        controls,
        results: results.map((result, at) => ({
          ...titledJson(result),
          findings: (shown.get(at) ?? []).map(findingJson),
        })),
        next,
      })
    },
  )
}

/** A page of all results' findings, one result after another. */
function pageOf(
  lists: readonly Iterable<ReportFinding>[],
  status: string | undefined,
  limit: number,
  after: Place | null,
): { shown: ReadonlyMap<number, readonly ReportFinding[]>; last: Place | null } {
  const shown = new Map<number, ReportFinding[]>()
  let last: Place | null = null
  let count = 0
  for (let at = after?.[0] ?? 0; at < lists.length; at++) {
    for (const finding of lists[at]!) {
      if (status !== undefined && finding.status !== status) continue
      const { source, kind, key } = finding.subject
      if (after !== null && at === after[0] && !isBehind([source, kind, key], after.slice(1) as string[])) continue
      if (count === limit) return { shown, last }
      const list = shown.get(at)
      if (list === undefined) shown.set(at, [finding])
      else list.push(finding)
      last = [at, source, kind, key]
      count++
    }
  }
  return { shown, last: null }
}

function isBehind(a: readonly string[], b: readonly string[]): boolean {
  for (const [at, part] of a.entries()) if (part !== b[at]) return part > b[at]!
  return false
}
