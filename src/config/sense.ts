/** What is written rightly and cannot be meant: times that contradict each other, an address that nobody should serve at. */
import { MINUTE, ms } from '../domain/time.ts'
import { isLoopback } from '../lib/loopback.ts'
import type { Given } from './schema.ts'
import type { Written } from './written.ts'

export function complainOfSense(given: Given, file: Written): void {
  complainOfTimes(given, file)
  complainOfServer(given, file)
  complainOfPeriods(given, file)
}

function complainOfPeriods({ periods }: Given, file: Written): void {
  for (const [index, { id, from, to }] of periods.entries()) {
    if (from > to) {
      file.complain(
        ['periods', index, 'to'],
        `periods.${id}: it ends on ${to}, before it begins on ${from}; exchange the two`,
      )
    }
    if (periods.findIndex((other) => other.id === id) !== index) {
      file.complain(
        ['periods', index, 'id'],
        `periods.${index}.id: "${id}" is there twice; give each audit period an id of its own`,
      )
    }
  }
}

function complainOfTimes({ schedule, freshness, limits, sources }: Given, file: Written): void {
  const everyMs = ms(schedule.every)
  if (everyMs < MINUTE) {
    file.complain(
      ['schedule', 'every'],
      `schedule.every: ${schedule.every} is under a minute, which is more than vendors bear; Tailscale's webhooks tell of changes sooner`,
    )
  }
  const shorter = (text: string, place: string, path: (string | number)[]): void => {
    if (ms(text) >= everyMs) return
    file.complain(
      path,
      `${place}: ${text} is shorter than schedule.every: ${schedule.every}, so that every reading would be too old before the next; write at least twice the interval`,
    )
  }
  shorter(freshness, 'freshness', ['freshness'])
  for (const [index, source] of sources.entries()) {
    for (const key of ['freshness', 'attributeFreshness'] as const) {
      const own = source[key]
      if (typeof own === 'string') shorter(own, `sources.${index}.${key}`, ['sources', index, key])
    }
  }
  if (ms(limits.request) >= ms(limits.pull)) {
    file.complain(
      ['limits', 'request'],
      `limits.request: ${limits.request} leaves a reading of ${limits.pull} (limits.pull) no time for a second try`,
    )
  }
}

function complainOfServer({ server: { host, publicUrl } }: Given, file: Written): void {
  if (publicUrl === undefined) {
    if (isLoopback(host)) return
    file.complain(
      ['server', 'host'],
      `server.host: ${host} is reached by other machines; say in server.publicUrl at which https address, and let a proxy end TLS there`,
    )
    return
  }
  const url = new URL(publicUrl)
  if (url.protocol === 'https:' || isLoopback(url.hostname)) return
  file.complain(
    ['server', 'publicUrl'],
    `server.publicUrl: ${publicUrl} is plain http: sign-in would be read on its way; use https, which a proxy in front of us ends`,
  )
}
