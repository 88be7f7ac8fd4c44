/** The JSON API for the pages' data. Errors are RFC 9457 problems. */
import { type Context, Hono } from 'hono'
import { stream } from 'hono/streaming'
import { controlView, controlViewJson } from '../domain/control-view.ts'
import { AppError } from '../domain/error.ts'
import type { Report, ReportResult } from '../domain/report.ts'
import { findingJson, resultJson, sourceJson } from '../domain/result-document.ts'
import { instant } from '../domain/time.ts'
import { deviceDetail, deviceRows } from './devices.ts'
import type { HttpParts } from './parts.ts'
import { accountRows, personRows } from './people.ts'
import type { Views } from './view.ts'

export function problem(
  c: Context,
  status: 400 | 401 | 403 | 404 | 409 | 500 | 503,
  title: string,
  detail?: string,
): Response {
  c.header('content-type', 'application/problem+json')
  return c.body(
    JSON.stringify({ type: 'about:blank', title, status, ...(detail === undefined ? {} : { detail }) }),
    status,
  )
}

/** `?asOf=` as an instant; newest run without it. */
export function asOfOf(c: Context): string {
  const text = c.req.query('asOf')
  if (text === undefined || text === '') return 'latest'
  const at = instant(text)
  if (at === null) throw new AppError('usage', `asOf "${text}" is no RFC 3339 instant`)
  return at
}

/** As the result document has it, with what a reader of the check would look up. */
function titledJson(result: ReportResult) {
  return { ...resultJson(result), title: result.check.title }
}

function runJson(report: Report) {
  return {
    run: report.run?.id ?? null,
    snapshotAt: report.snapshotAt,
    evaluatedAt: report.evaluatedAt,
    demo: report.demo,
  }
}

/** What a page searches in is said already by the other fields. */
function withoutSearch<Row extends { search: string }>({ search: _, ...row }: Row): Omit<Row, 'search'> {
  return row
}

export function api(parts: HttpParts, { current }: Views): Hono {
  const app = new Hono()
  app.get('/results', async (c) => {
    const report = await parts.report(asOfOf(c))
    const json = parts.outputs.find((output) => output.id === 'json')!
    c.header('content-type', 'application/json')
    return stream(c, async (out) => {
      for (const chunk of json.render(report)) await out.write(chunk)
    })
  })
  app.get('/sources', async (c) => {
    const report = await parts.report(asOfOf(c))
    return c.json({ ...runJson(report), sources: report.sources.map(sourceJson) })
  })
  app.get('/checks', async (c) => {
    const report = await parts.report(asOfOf(c))
    return c.json({ ...runJson(report), checks: report.results.map(titledJson) })
  })
  app.get('/checks/:id', async (c) => {
    const report = await parts.report(asOfOf(c))
    const id = c.req.param('id')
    const results = report.results.filter(({ check }) => check.id === id || check.ref === id)
    const first = results[0]
    if (first === undefined) return problem(c, 404, 'No such check', `There is no enabled check "${id}".`)
    const { title, question, why, remediation, controls } = first.check
    return c.json({
      ...runJson(report),
      title,
      question,
      why,
      remediation,
      controls,
      results: results.map((result) => ({ ...titledJson(result), findings: [...result.findings()].map(findingJson) })),
    })
  })
  app.get('/controls', async (c) => {
    const report = await parts.report(asOfOf(c))
    return c.json({ ...runJson(report), ...controlViewJson(controlView(report)) })
  })
  app.get('/people', async (c) => {
    const view = await current()
    return c.json({ ...runJson(view.report), people: view.derive(personRows).map(withoutSearch) })
  })
  app.get('/accounts', async (c) => {
    const view = await current()
    return c.json({ ...runJson(view.report), accounts: view.derive(accountRows).map(withoutSearch) })
  })
  app.get('/devices', async (c) => {
    const view = await current()
    return c.json({ ...runJson(view.report), devices: view.derive(deviceRows).map(withoutSearch) })
  })
  app.get('/devices/:source/:key', async (c) => {
    const view = await current()
    const { source, key } = c.req.param()
    const detail = deviceDetail(view, source, key)
    if (detail === null)
      return problem(c, 404, 'No such device', `The newest reading of ${source} has no device "${key}".`)
    const { finding } = detail
    return c.json({
      ...runJson(view.report),
      ...detail,
      finding: finding === null ? null : { ...findingJson(finding), dueAt: finding.dueAt },
    })
  })
  app.get('/activity', (c) => c.json(parts.activity()))
  app.post('/pulls', async (c) => {
    const body: unknown = await c.req.json().catch(() => ({}))
    const asked = (body as { sources?: unknown }).sources
    if (
      asked !== undefined &&
      !(Array.isArray(asked) && asked.every((id) => parts.sources.some((source) => source.id === id)))
    ) {
      return problem(
        c,
        400,
        'Bad request',
        `sources must list configured sources: ${parts.sources.map((source) => source.id).join(', ')}`,
      )
    }
    parts.pull((asked as string[] | undefined) ?? null)
    return c.json(parts.activity(), 202)
  })
  app.notFound((c) => problem(c, 404, 'Not found'))
  return app
}
