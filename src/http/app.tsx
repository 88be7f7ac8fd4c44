/**
 * The web application: security first, then the guard, pages and API. `app.onError` alone turns codes into statuses.
 */
import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { compress } from 'hono/compress'
import { HTTPException } from 'hono/http-exception'
import { secureHeaders } from 'hono/secure-headers'
import { AppError } from '../domain/error.ts'
import { guard, methodsOf } from './access.ts'
import { api } from './api/index.ts'
import { assets } from './assets.ts'
import { audit } from './audit.ts'
import { doorkeeper, enter, isWithKey, leave, linkIsGood, ownHostOnly, sameOriginOnly } from './auth.ts'
import { hooks } from './hooks.ts'
import { jobs } from './jobs.ts'
import { EnterPage, ErrorPage, SignedOutPage } from './pages/entry.tsx'
import { pages, preparePages } from './pages/index.tsx'
import type { HttpParts } from './parts.ts'
import { PROBLEMS, type ProblemName, problem } from './problems.ts'
import { rates } from './rates.ts'
import { views } from './view.ts'

/** They read problems, and people read pages. */
const forMachines = (c: Context): boolean =>
  c.req.path.startsWith('/api/') || ['/metrics', '/readyz'].includes(c.req.path) || isWithKey(c)

export function createApp(parts: HttpParts): Hono {
  const app = new Hono()
  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        styleSrc: ["'self'"],
        scriptSrc: ["'self'"],
        imgSrc: ["'self'"],
        connectSrc: ["'self'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
      },
      referrerPolicy: 'no-referrer',
      xFrameOptions: 'DENY',
      crossOriginOpenerPolicy: 'same-origin',
      crossOriginResourcePolicy: 'same-origin',
      // Transport security is the business of the proxy where TLS ends.
      strictTransportSecurity: false,
    }),
  )
  app.use(ownHostOnly(parts))
  // They come from the vendor's own site and bring a signature in place of a session.
  app.route('/hooks', hooks(parts))
  app.use(sameOriginOnly())
  app.use(compressed())
  app.use((c, next) => {
    // Before there is an answer: to change the headers of one that is made costs more than all else in this file.
    c.header('cache-control', 'no-store')
    return next()
  })
  const limits = rates(parts)
  app.use(
    guard({
      visitor: doorkeeper(parts),
      stranger(c, why) {
        if (!forMachines(c)) return c.html(<SignedOutPage parts={parts} used={false} />, 401)
        const tooMany = limits.refused(c)
        if (tooMany !== null) return tooMany
        c.header('www-authenticate', 'Bearer realm="Exhibit"')
        return problem(c, 'not-signed-in', why)
      },
      tooOften: limits.asked,
      refused: (c, why) => problem(c, 'forbidden', why),
    }),
  )

  app.get('/healthz', (c) => c.text('ok'))
  app.get('/readyz', async (c) => {
    const why = await parts.watch.ready()
    return why === null ? c.text('ok') : problem(c, 'not-serving', why)
  })
  app.get('/metrics', async (c) => {
    c.header('content-type', parts.watch.metrics.contentType)
    return c.body(await parts.watch.metrics.text())
  })
  app.route('/assets', assets())
  app.get('/enter/:token', async (c) => {
    const token = c.req.param('token')
    return (await linkIsGood(token, parts))
      ? c.html(<EnterPage parts={parts} token={token} />)
      : c.html(<SignedOutPage parts={parts} used />, 410)
  })
  app.post('/enter', async (c) => {
    const { token } = await c.req.parseBody()
    return typeof token === 'string' && (await enter(c, token, parts))
      ? c.redirect('/', 303)
      : c.html(<SignedOutPage parts={parts} used />, 410)
  })
  app.post('/leave', async (c) => {
    await leave(c, parts)
    return c.redirect('/', 303)
  })

  const shown = views(parts, preparePages)
  const [made, audited] = [jobs(parts), audit(parts)]
  app.route('/api/v1', api(parts, shown, made, audited))
  app.route('/', pages(parts, shown, made, audited))

  app.notFound((c) => {
    const methods = methodsOf(c.req.path)
    if (methods.length > 0) {
      c.header('allow', methods.join(', '))
      return answered(c, parts, 'method-not-allowed', `${c.req.path} takes ${methods.join(', ')}.`)
    }
    return forMachines(c)
      ? problem(c, 'not-found')
      : c.html(
          <ErrorPage
            parts={parts}
            title="There is no such page"
            detail="The address may be old; start again from the overview."
          />,
          404,
        )
  })
  app.onError((error, c) => {
    const name = nameOf(error)
    const detail =
      name === 'internal' ? `Internal error ${parts.trouble(error)}; the log has it in full.` : error.message
    return answered(c, parts, name, detail)
  })
  return app
}

/** A list of a hundred rows is 130 kB of text and 12 kB on the wire. Event streams are left alone by it. */
function compressed(): MiddlewareHandler {
  const packed = compress()
  // Nothing is to be kept on the way, so who asks for no compression needs not be told that others may.
  return (c, next) => (c.req.header('accept-encoding') === undefined ? next() : packed(c, next))
}

function answered(c: Context, parts: HttpParts, name: ProblemName, detail: string): Response | Promise<Response> {
  const { title, status } = PROBLEMS[name]
  return forMachines(c)
    ? problem(c, name, detail)
    : c.html(<ErrorPage parts={parts} title={title} detail={detail} />, status)
}

function nameOf(error: Error): ProblemName {
  if (error instanceof AppError) {
    return error.code === 'usage' ? 'impossible' : error.code === 'storage' ? 'storage' : 'internal'
  }
  // What the validators of bodies throw.
  if (error instanceof HTTPException && error.status === 415) return 'unsupported-media-type'
  return error instanceof HTTPException && error.status === 400 ? 'bad-request' : 'internal'
}
