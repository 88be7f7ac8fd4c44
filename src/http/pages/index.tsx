/** The pages: handlers read and render. */

import { type Context, Hono } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'
import { stream, streamSSE } from 'hono/streaming'
import { screensOf } from '../../domain/deep-link.ts'
import { AppError } from '../../domain/error.ts'
import type { JsonValue } from '../../domain/json.ts'
import { elsewhere } from '../../domain/report.ts'
import { instant, MINUTE, plus } from '../../domain/time.ts'
import { canonicalJson } from '../../lib/canonical-json.ts'
import { visitorOf } from '../access.ts'
import { acts } from '../acts.ts'
import { drawIn, frameIn, reportIn, resultsIn } from '../asked.ts'
import type { Audit } from '../audit.ts'
import type { Asked } from '../components/filters.tsx'
import type { Frame } from '../components/layout.tsx'
import { sourcePath } from '../components/links.tsx'
import { progressLine } from '../components/progress.tsx'
import { inForce } from '../configuration.ts'
import { deviceDetail, deviceRows } from '../devices.ts'
import { fixList } from '../fix-list.ts'
import { gaps } from '../gaps.ts'
import type { Jobs } from '../jobs.ts'
import { leavers } from '../leavers.ts'
import type { FileAsked, HttpParts } from '../parts.ts'
import { accountRows, personDetail, personRows } from '../people.ts'
import { type Pulls, pulls } from '../pulls.ts'
import type { View, Views } from '../view.ts'
import { CheckPage } from './check.tsx'
import { ChecksPage } from './checks.tsx'
import { ControlsPage, controlsOf } from './controls.tsx'
import { DesignPage } from './design.tsx'
import { DevicePage } from './device.tsx'
import { DevicesPage } from './devices.tsx'
import { ErrorPage } from './entry.tsx'
import { ExportsPage } from './exports.tsx'
import { FixesPage } from './fixes.tsx'
import { keyPages } from './keys.tsx'
import { LeaversPage } from './leavers.tsx'
import { LogPage } from './log.tsx'
import { CLOSED_READ, dueLists, OverviewPage } from './overview.tsx'
import { PeoplePage } from './people.tsx'
import { PeriodsPage } from './periods.tsx'
import { PersonPage } from './person.tsx'
import { ReviewsPage } from './reviews.tsx'
import { SamplesPage } from './samples.tsx'
import { SettingsPage } from './settings.tsx'
import { SourcePage, SourcesPage } from './sources.tsx'
import { webhookPages } from './webhooks.tsx'

export function pages(parts: HttpParts, { current }: Views, made: Jobs, audited: Audit): Hono {
  const app = new Hono()
  const { newest } = pulls(parts)
  const screens = screensOf(parts.sources)
  // What a reading changed is worked out when it ends, not when somebody comes; who comes is told what goes wrong here.
  parts.subscribe(() => {
    if (parts.activity().running) return
    const look = () =>
      current()
        .then((view) => readNewest(view, newest))
        .catch(() => {})
    // What the run changed is told first: making the view of a large fleet keeps this thread busy for a second.
    setTimeout(look, TELLING_MS).unref()
  })

  /** Of everything that a page may show: of what was read and of what is made. */
  const markOf = (run: string | undefined): string => {
    const { trouble } = parts.activity()
    return parts.digest([run ?? '', trouble ?? '', made.mark(), audited.mark()].join('\n')).slice(0, 16)
  }
  const frameOf = ({ report }: View): Frame => ({
    organization: report.organization.name,
    demo: parts.demo,
    version: parts.version,
    now: parts.now(),
    activity: parts.activity(),
    readAt: report.snapshotAt,
    strangeHosts: elsewhere(report.sources),
    mark: markOf(report.run?.id),
  })
  const shown = async (): Promise<{ view: View; frame: Frame }> => {
    const view = await current()
    return { view, frame: frameOf(view) }
  }
  /** Has it made, and goes to where it is told how far it is. */
  const begun = (c: Context, asked: FileAsked, page: string): Response => {
    const started = made.start(asked, visitorOf(c).name).begun
    return c.redirect(`${page}?said=${started ? 'begun' : 'underway'}`, 303)
  }
  const missing = (c: Context, title: string) =>
    c.html(<ErrorPage parts={parts} title={title} detail="It may have gone with a newer reading." />, 404)

  app.get('/', async (c) => {
    const { view, frame } = await shown()
    const since = lastVisit(c, parts)
    // One more than are shown as counted, to know that there are more.
    const closed = since === null ? [] : await parts.closedSince(since, CLOSED_READ + 1)
    const period = audited.period(undefined)
    const declared = period?.declared === true ? { period, told: await audited.lately(period) } : null
    return c.html(<OverviewPage frame={frame} view={view} visit={{ since, closed }} audit={declared} />)
  })

  app.get('/checks', async (c) => {
    const { view, frame } = await shown()
    return c.html(<ChecksPage frame={frame} view={view} asked={askedOf(c)} />)
  })
  app.get('/checks/:id', async (c) => {
    const { view, frame } = await shown()
    const id = c.req.param('id')
    const results = view.report.results.filter(({ check }) => check.id === id || check.ref === id)
    if (results.length === 0) return missing(c, 'There is no such check')
    return c.html(<CheckPage frame={frame} view={view} results={results} asked={askedOf(c)} />)
  })

  app.get('/controls', async (c) => {
    const { view, frame } = await shown()
    return c.html(<ControlsPage frame={frame} view={view} asked={askedOf(c)} />)
  })

  app.get('/fixes', async (c) => {
    const { view, frame } = await shown()
    return c.html(<FixesPage frame={frame} view={view} asked={askedOf(c)} />)
  })

  app.get('/people', async (c) => {
    const { view, frame } = await shown()
    return c.html(<PeoplePage frame={frame} view={view} asked={askedOf(c)} />)
  })
  app.get('/people/:source/:key', async (c) => {
    const { view, frame } = await shown()
    const detail = personDetail(view, c.req.param('source'), c.req.param('key'))
    if (detail === null) return missing(c, 'There is no such person')
    return c.html(<PersonPage frame={frame} view={view} detail={detail} screens={screens} />)
  })

  app.get('/devices', async (c) => {
    const { view, frame } = await shown()
    return c.html(<DevicesPage frame={frame} view={view} asked={askedOf(c)} />)
  })
  app.get('/devices/:source/:key', async (c) => {
    const { view, frame } = await shown()
    const detail = deviceDetail(view, c.req.param('source'), c.req.param('key'))
    if (detail === null) return missing(c, 'There is no such device')
    return c.html(<DevicePage frame={frame} view={view} detail={detail} screens={screens} />)
  })

  app.get('/exports', async (c) => {
    const { view, frame } = await shown()
    const { outputs } = parts
    const [jobs, periods] = [made.all(), audited.periods()]
    return c.html(<ExportsPage {...{ frame, outputs, jobs, periods, report: view.report }} said={saidOf(c)} />)
  })
  app.post('/exports/:what', async (c) => {
    const form = await c.req.parseBody()
    const [what, periods] = [c.req.param('what'), audited.periods()]
    if (what !== 'report' && what !== 'results') return missing(c, 'There is no such export')
    const asked = what === 'report' ? reportIn(form, periods) : resultsIn(form, periods, parts.outputs)
    return begun(c, asked, '/exports')
  })
  app.get('/exports/:id', async (c) => {
    const output = parts.outputs.find(({ id }) => id === c.req.param('id'))
    if (output === undefined) return missing(c, 'There is no such export')
    const { report } = await current()
    const stamp = (report.snapshotAt ?? report.evaluatedAt).slice(0, 16).replace(/[:T]/g, '-')
    c.header('content-type', output.mediaType)
    c.header('content-disposition', `attachment; filename="exhibit-${stamp}.${output.extension}"`)
    return stream(c, async (out) => {
      for (const chunk of output.render(report)) await out.write(chunk)
    })
  })

  app.get('/periods', async (c) => {
    const { view, frame } = await shown()
    const chosen = audited.period(c.req.query('period'))
    if (chosen === null) return missing(c, 'There is no such audit period')
    const told = await audited.atHand(chosen)
    const { checks } = parts
    const controls = view.report.snapshot?.settings.controls ?? []
    const all = audited.periods()
    return c.html(<PeriodsPage {...{ frame, all, chosen, told, checks, controls }} />)
  })
  app.post('/periods/:id/:what', (c) => {
    const { id, what } = c.req.param()
    const period = audited.period(id)
    if (period === null || (what !== 'packet' && what !== 'report')) {
      throw new AppError('usage', 'There is no such audit period; the page of audit periods lists them.')
    }
    const { from, to } = period
    const asked: FileAsked =
      what === 'packet'
        ? { kind: what, from, to, at: [], samples: [] }
        : { kind: what, about: null, format: 'pdf', from, to }
    return begun(c, asked, '/exports')
  })
  app.get('/leavers', async (c) => {
    const { frame } = await shown()
    const chosen = audited.period(c.req.query('period'))
    if (chosen === null) return missing(c, 'There is no such audit period')
    const told = await audited.atHand(chosen)
    const all = audited.periods()
    return c.html(<LeaversPage frame={frame} all={all} chosen={chosen} told={told} asked={askedOf(c)} />)
  })
  app.get('/reviews', async (c) => {
    const { view, frame } = await shown()
    const reviews = await audited.reviews()
    return c.html(<ReviewsPage frame={frame} view={view} reviews={reviews} asked={askedOf(c)} />)
  })
  app.get('/samples', async (c) => {
    const { frame } = await shown()
    const jobs = made.all().filter(({ asked: { kind } }) => kind === 'frame' || kind === 'sample')
    const [frames, periods] = [await audited.samples(), audited.periods()]
    return c.html(<SamplesPage {...{ frame, frames, periods, jobs }} said={saidOf(c)} asked={askedOf(c)} />)
  })
  app.post('/samples', async (c) => begun(c, frameIn(await c.req.parseBody(), audited.periods()), '/samples'))
  app.post('/samples/:frame/draws', async (c) => {
    const { id } = (await audited.samples()).find((frame) => frame.id === c.req.param('frame')) ?? {}
    if (id === undefined) return missing(c, 'There is no such frame')
    return begun(c, drawIn(await c.req.parseBody(), id), '/samples')
  })

  app.route(
    '/webhooks',
    webhookPages({
      webhooks: parts.webhooks,
      now: parts.now,
      frame: async () => (await shown()).frame,
      missing,
    }),
  )

  app.get('/log', async (c) => {
    const { frame } = await shown()
    const all = await acts(parts.lists, await parts.keyActs.keys())
    return c.html(<LogPage frame={frame} acts={all} asked={askedOf(c)} />)
  })
  app.route(
    '/keys',
    keyPages({ keys: parts.keyActs, now: parts.now, frame: async () => (await shown()).frame, missing }),
  )
  app.get('/settings', async (c) => {
    const { view, frame } = await shown()
    const { run, snapshot } = view.report
    const sealed = await inForce(snapshot?.settings ?? null, run, parts)
    const { retention } = parts.configuration
    return c.html(<SettingsPage frame={frame} inForce={sealed} retention={retention} checks={parts.checks} />)
  })
  app.get('/settings/sealed.json', async (c) => {
    const { snapshot } = (await current()).report
    if (snapshot === null) return missing(c, 'No run was sealed yet')
    c.header('content-type', 'application/json')
    c.header('content-disposition', 'attachment; filename="exhibit-settings.json"')
    return c.body(canonicalJson(snapshot.settings as unknown as JsonValue))
  })

  if (parts.demo) {
    app.get('/design', async (c) => {
      const { frame } = await shown()
      return c.html(<DesignPage frame={frame} />)
    })
  }

  app.get('/sources', async (c) => {
    const { view, frame } = await shown()
    return c.html(<SourcesPage frame={frame} view={view} said={saidOf(c)} />)
  })
  app.get('/sources/:id', async (c) => {
    const { view, frame } = await shown()
    const source = view.report.sources.find(({ id }) => id === c.req.param('id'))
    if (source === undefined) return missing(c, 'There is no such source')
    const pull = await newest(view, source.id)
    return c.html(<SourcePage frame={frame} view={view} source={source} pull={pull} said={saidOf(c)} />)
  })
  app.post('/pulls', async (c) => {
    const { source } = await c.req.parseBody()
    if (source !== undefined && !parts.sources.some(({ id }) => id === source)) {
      throw new AppError('usage', 'There is no such source; the page of sources lists them.')
    }
    parts.pull(typeof source === 'string' ? [source] : null)
    return c.redirect(typeof source === 'string' ? `${sourcePath(source)}?said=pull` : '/sources?said=pull', 303)
  })
  app.post('/sources/:id/accept', async (c) => {
    const id = c.req.param('id')
    const { because } = await c.req.parseBody()
    if (typeof because !== 'string' || because.trim().length < 3 || because.length > 1000) {
      throw new AppError(
        'usage',
        'Say in a sentence why it is right that so much is gone; it is kept with the evidence.',
      )
    }
    await parts.accept(id, because.trim(), 'admin (signed in by link)')
    return c.redirect(`${sourcePath(id)}?said=accepted`, 303)
  })

  app.get('/events', (c) =>
    streamSSE(c, async (events) => {
      let wake = (): void => {}
      let last = ''
      const ends = [parts, made, audited].map(({ subscribe }) => subscribe(() => wake()))
      events.onAbort(() => {
        for (const end of ends) end()
        wake()
      })
      while (!events.aborted) {
        const news = new Promise<void>((resolve) => {
          wake = resolve
        })
        const data = await activityOf(parts, markOf)
        if (data !== last) {
          last = data
          await events.writeSSE({ event: 'activity', data })
        }
        await news
      }
    }),
  )
  return app
}

/** What pages ask of every view, one after another. */
export async function preparePages(view: View): Promise<void> {
  for (const what of [leavers, fixList, dueLists, gaps, deviceRows, accountRows, personRows, controlsOf]) {
    await view.prepare(what)
  }
}

async function readNewest(view: View, newest: Pulls['newest']): Promise<void> {
  for (const { id } of view.report.sources) await newest(view, id)
}

/** What the script is told: what to write while a reading is under way, and the mark of the newest state. */
async function activityOf(parts: HttpParts, markOf: (run: string | undefined) => string): Promise<string> {
  const { running, progress } = parts.activity()
  const [newest] = await parts.runs(1)
  return JSON.stringify({
    running,
    lines: progress.map(progressLine),
    read: markOf(newest?.id),
  })
}

function askedOf(c: Context): Asked {
  return Object.fromEntries(Object.entries(c.req.query()).map(([name, value]) => [name, value.slice(0, 200)]))
}

const SAID: Readonly<Record<string, string>> = {
  pull: 'A reading was asked for. This page shows its result when it has ended.',
  accepted: 'The fall was accepted; everything is judged by the newest reading.',
  begun: 'It was asked for. This page tells how far it is, and has the file when it is done.',
  underway: 'Another one is being made already: one of a kind at a time. Ask again when it is done.',
}
function saidOf(c: Context): string | null {
  return SAID[c.req.query('said') ?? ''] ?? null
}

/** What the sender needs for the events of a run and a quick receiver. */
const TELLING_MS = 250

const VISIT = 'exhibit-visit'
/** Reloading within this time is still the same visit. */
const SAME_VISIT_MS = 30 * MINUTE

/** When the visit before this one ended; null on the first. Kept in the browser, because there are no accounts yet. */
function lastVisit(c: Context, parts: Pick<HttpParts, 'now' | 'publicUrl'>): string | null {
  const now = parts.now()
  const [before = null, latest = null] = (getCookie(c, VISIT) ?? '').split('~').map(instant)
  const since = latest !== null && plus(latest, SAME_VISIT_MS) < now ? latest : before
  setCookie(c, VISIT, `${since ?? ''}~${now}`, {
    path: '/',
    httpOnly: true,
    sameSite: 'Lax',
    secure: parts.publicUrl?.protocol === 'https:',
    maxAge: 365 * 24 * 3600,
  })
  return since
}
