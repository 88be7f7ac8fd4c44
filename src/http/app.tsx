/**
 * The web application: security first, then sign-in, pages and API. `app.onError` alone turns codes into statuses.
 */
import { type Context, Hono } from 'hono'
import { compress } from 'hono/compress'
import { secureHeaders } from 'hono/secure-headers'
import { AppError } from '../domain/error.ts'
import { api, problem } from './api.ts'
import { assets } from './assets.ts'
import { enter, leave, linkIsGood, ownHostOnly, sameOriginOnly, signedIn } from './auth.ts'
import { EnterPage, ErrorPage, SignedOutPage } from './pages/entry.tsx'
import { pages } from './pages/index.tsx'
import type { HttpParts } from './parts.ts'
import { views } from './view.ts'

const forMachines = (c: Context): boolean => c.req.path.startsWith('/api/')

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
  app.use(ownHostOnly(parts), sameOriginOnly())
  // A list of a hundred rows is 130 kB of text and 12 kB on the wire. Event streams are left alone by it.
  app.use(compress())
  app.use(async (c, next) => {
    await next()
    if (c.res.headers.get('cache-control') === null) c.header('cache-control', 'no-store')
  })

  app.get('/healthz', (c) => c.text('ok'))
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

  app.use(async (c, next) => {
    if (await signedIn(c, parts)) return next()
    return forMachines(c)
      ? problem(c, 401, 'Not signed in', 'Open a sign-in link first: "exhibit link" prints one.')
      : c.html(<SignedOutPage parts={parts} used={false} />, 401)
  })
  const shown = views(parts)
  app.route('/api/v1', api(parts, shown))
  app.route('/', pages(parts, shown))

  app.notFound((c) =>
    forMachines(c)
      ? problem(c, 404, 'Not found')
      : c.html(
          <ErrorPage
            parts={parts}
            title="There is no such page"
            detail="The address may be old; start again from the overview."
          />,
          404,
        ),
  )
  app.onError((error, c) => {
    const status =
      error instanceof AppError && error.code === 'usage'
        ? 400
        : error instanceof AppError && error.code === 'storage'
          ? 503
          : 500
    const detail = status === 500 ? `Internal error ${parts.trouble(error)}; the log has it in full.` : error.message
    const title = status === 400 ? 'That cannot be done' : status === 503 ? 'The database refused' : 'Internal error'
    return forMachines(c)
      ? problem(c, status, title, detail)
      : c.html(<ErrorPage parts={parts} title={title} detail={detail} />, status)
  })
  return app
}
