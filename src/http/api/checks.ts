import { type OpenAPIHono, z } from '@hono/zod-openapi'
import type { ReportFinding, ReportResult } from '../../domain/report.ts'
import { findingJson, resultJson } from '../../domain/result-document.ts'
import type { HttpParts } from '../parts.ts'
import { problem } from '../problems.ts'
import type { Views } from '../view.ts'
import { badCursor, cursorOf } from './cursor.ts'
import { freshened, tagOf } from './etag.ts'
import { compared, headOf, itemsSchema, LINK, linkNext, listSchema, reportOf, sendList } from './list.ts'
import { route, sendJson, TAGGED, UNCHANGED } from './route.ts'
import { AS_OF, Finding, Framework, HEAD, PAGED, RESULT, Status, Text } from './shapes.ts'

const Result = z.object({ ...RESULT, title: Text }).openapi('CheckResult')
const CheckSubject = z.object({ system: RESULT.system, ...Finding.shape }).openapi('CheckSubject')
const Check = itemsSchema(CheckSubject, {
  ...HEAD,
  title: Text,
  question: Text,
  why: Text,
  remediation: Text,
  controls: z.array(z.object({ framework: Framework, id: Text, indirect: z.literal(true).optional() })),
  results: z.array(Result).openapi({ description: 'One a tailnet; `items` are their subjects.' }),
}).openapi('Check')

/** System of the result, and the subject behind which it goes on. */
const places = cursorOf<readonly string[]>('check', z.tuple([z.string(), z.string(), z.string(), z.string()]))

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
          schema: listSchema(Result),
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
      const { shown, last } = subjectsOf(results, findingsOf, filters.status, limit, after)
      const nextCursor = last === null ? null : places.write(placeOf(last), marked)
      linkNext(c, nextCursor)
      const { title, question, why, remediation, controls } = first.check
      return sendJson(c, {
        ...headOf(report),
        title,
        question,
        why,
        remediation,
        controls,
        results: results.map(titledJson),
        items: shown.map(({ system, finding }) => ({ system, ...findingJson(finding) })),
        nextCursor,
      })
    },
  )
}

interface CheckedSubject {
  readonly system: string | null
  readonly finding: ReportFinding
}

function placeOf({ system, finding: { subject } }: CheckedSubject): readonly string[] {
  return [system ?? '', subject.source, subject.kind, subject.key]
}

/** A page over all results, one after another; `last` is null where nothing follows. */
function subjectsOf(
  results: readonly ReportResult[],
  findingsOf: (result: ReportResult) => Iterable<ReportFinding>,
  status: string | undefined,
  limit: number,
  after: readonly string[] | null,
): { readonly shown: readonly CheckedSubject[]; readonly last: CheckedSubject | null } {
  const shown: CheckedSubject[] = []
  for (const result of results) {
    const { system } = result
    // Those of a tailnet before it need not be made.
    if (after !== null && (system ?? '') < after[0]!) continue
    for (const finding of findingsOf(result)) {
      if (status !== undefined && finding.status !== status) continue
      const subject = { system, finding }
      if (after !== null && compared(placeOf(subject), after) <= 0) continue
      if (shown.length === limit) return { shown, last: shown.at(-1)! }
      shown.push(subject)
    }
  }
  return { shown, last: null }
}
