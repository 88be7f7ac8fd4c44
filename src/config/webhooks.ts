/** The section `webhooks`: who is told what. Secrets stay in memory, and are read again at every attempt. */
import { isIP } from 'node:net'
import { AppError } from '../domain/error.ts'
import { EVENT_TYPES } from '../domain/event.ts'
import type { Endpoint } from '../domain/outbox.ts'
import { addressRules, type Verdict } from '../lib/addresses.ts'
import { isLocalName } from '../lib/loopback.ts'
import { didYouMean } from '../lib/nearest.ts'
import { SecretProblem, webhookSecret } from '../lib/webhook-secret.ts'
import { type Environment, filledIn, namesFile } from './outside.ts'
import type { Given } from './schema.ts'
import type { Path, Written } from './written.ts'

/** What `events` may name: an event, all of a family, or all. */
const NAMES: readonly string[] = ['*', ...new Set(EVENT_TYPES.map((type) => `${type.split('.')[0]}.*`)), ...EVENT_TYPES]

export function readWebhooks(given: Given, file: Written, env: Environment): Endpoint[] {
  return given.webhooks.map(({ id, url, events, secret }, index) => {
    const path = ['webhooks', index]
    const target = new URL(url)
    complainOfUrl(target, given.network.allow, [...path, 'url'], file)
    complainOfEvents(events, [...path, 'events'], file)
    const secrets = listOf(secret)
    file.problems.push(...problemsOf(secrets, path, file))
    return { id, url: target, events, secrets: currentOf(id, secrets, path, file, env) }
  })
}

/** What is certain already; names are judged by what they resolve to, when the connection is made. */
function complainOfUrl(url: URL, allow: readonly string[], path: Path, file: Written): void {
  const place = path.join('.')
  if (url.username !== '' || url.password !== '') {
    file.complain(
      path,
      `${place} holds a user name or a password, which are not sent; who calls is told by the signature`,
    )
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const verdict = verdictOn(host, addressRules(allow))
  if (verdict !== null && !verdict.allowed) {
    file.complain(path, `${place} names ${host}: ${verdict.why}; ${verdict.remedy}`)
  } else if (url.protocol === 'http:' && (verdict === null ? allow.length === 0 : verdict.by !== 'listed')) {
    file.complain(path, `${place} is plain http: use https, or name the range of ${host} in network.allow`)
  }
}

/** Null for a name that may be anywhere. Where one of the two loopbacks is listed, a name for them is good. */
function verdictOn(host: string, judge: (address: string) => Verdict): Verdict | null {
  if (isIP(host) !== 0) return judge(host)
  if (!isLocalName(host)) return null
  const [v4, v6] = [judge('127.0.0.1'), judge('::1')]
  return v4.allowed ? v4 : v6.allowed ? v6 : v4
}

function complainOfEvents(events: readonly string[], path: Path, file: Written): void {
  for (const [index, name] of events.entries()) {
    if (NAMES.includes(name)) continue
    const place = [...path, index]
    file.complain(place, `${place.join('.')} "${name}" is no event; ${didYouMean(name, NAMES)}`)
  }
}

function listOf(secret: string | readonly string[]): readonly string[] {
  return typeof secret === 'string' ? [secret] : secret
}

function problemsOf(secrets: readonly string[], path: Path, file: Written): string[] {
  const where = file.at([...path, 'secret'])
  const place = [...path, 'secret'].join('.')
  const found: string[] = []
  let verifiable = false
  for (const text of secrets) {
    try {
      // Every receiver knows v1; only some know the signature that stands beside it.
      if (webhookSecret(text).kind === 'hmac') verifiable = true
    } catch (error) {
      if (!(error instanceof SecretProblem)) throw error
      found.push(`${where}: ${place} ${error.message}; "exhibit webhook secret" makes a good one`)
    }
  }
  if (found.length === 0 && !verifiable) found.push(`${where}: ${place} has no whsec_… beside the whsk_…`)
  return found
}

/** A secret that rotates in its file works without a restart. Throws AppError `file_unreadable` where it is none any more. */
function currentOf(
  id: string,
  secrets: readonly string[],
  path: Path,
  file: Written,
  env: Environment,
): () => readonly string[] {
  const index = path.at(-1) as number
  const written = (file.value as { webhooks: readonly { secret: string | readonly string[] }[] }).webhooks[index]!
    .secret
  if (!namesFile(written)) return () => secrets
  return () => {
    const problems: string[] = []
    const filled = filledIn(written, [...path, 'secret'], file, env, problems) as string | readonly string[]
    const now = listOf(filled).map((text) => text.trim())
    if (problems.length === 0) problems.push(...problemsOf(now, path, file))
    if (problems.length > 0) throw new AppError('file_unreadable', `${id}: ${problems.join('; ')}`)
    return now
  }
}
