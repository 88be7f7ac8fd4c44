/**
 * `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): who did not hear the answer sends the request again, gets
 * the first answer again, and nothing is started twice. Keys and requests are kept by digest.
 */
import { z } from '@hono/zod-openapi'
import type { Context, MiddlewareHandler } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { DAY, plus } from '../../domain/time.ts'
import { visitorOf } from '../access.ts'
import type { HttpParts } from '../parts.ts'
import { problem } from '../problems.ts'

const AREA = 'answer'
export const KEPT_MS = DAY
const HEADER = 'idempotency-key'
/** A structured string by the draft (RFC 9651 section 3.3.3); most clients send it bare. Either is taken as it stands. */
const KEY = /^[!-~]{1,255}$/

/** For the document, and against keys that are none. */
export const IDEMPOTENT = {
  [HEADER]: z
    .string()
    .regex(KEY, 'is 1 to 255 visible characters of ASCII')
    .optional()
    .openapi({ description: 'Unguessed by others, such as a UUID: the same request with it is answered the same.' }),
} as const

interface Kept {
  /** Digest of the request. */
  readonly asked: string
  readonly status: ContentfulStatusCode
  readonly location: string | null
  readonly body: string
}

export function once({ facts, now, digest, trouble }: Pick<HttpParts, 'facts' | 'now' | 'digest' | 'trouble'>) {
  const turns = inTurn()

  async function keep(c: Context, name: string, asked: string): Promise<void> {
    const { status, headers } = c.res
    const body = await c.res.clone().text()
    const answer = { asked, status, location: headers.get('location'), body }
    // What was started is told, even where the answer cannot be kept.
    await facts.put(AREA, name, answer, plus(now(), KEPT_MS)).catch(trouble)
  }

  const handler: MiddlewareHandler = async (c, next) => {
    const key = c.req.header(HEADER)
    // What is none is refused with its place, as all else that is amiss.
    if (key === undefined || !KEY.test(key)) return next()
    const name = digest(`${visitorOf(c).id}\0${key}`)
    const asked = digest(`${c.req.method} ${c.req.path}\0${await c.req.text()}`)
    return turns(name, async () => {
      const kept = (await facts.get(AREA, name, now())) as Kept | null
      if (kept === null) {
        await next()
        return c.res.ok ? keep(c, name, asked) : undefined
      }
      if (kept.asked !== asked) return problem(c, 'key-in-use')
      if (kept.location !== null) c.header('location', kept.location)
      c.header('content-type', 'application/json')
      return c.body(kept.body, kept.status)
    })
  }
  return handler
}

/** Work of one name is done one after the other. */
function inTurn(): <T>(name: string, work: () => Promise<T>) => Promise<T> {
  const underWay = new Map<string, Promise<void>>()
  return async (name, work) => {
    for (let other = underWay.get(name); other !== undefined; other = underWay.get(name)) await other
    const { promise, resolve } = Promise.withResolvers<void>()
    underWay.set(name, promise)
    try {
      return await work()
    } finally {
      underWay.delete(name)
      resolve()
    }
  }
}
