/** CrowdStrike Falcon: the host records of one tenant and their Zero Trust Assessment scores. */
import { z } from 'zod'
import type { Connector, Probe, ProbedAccess, Tools } from '../../domain/connector.ts'
import { AppError } from '../../domain/error.ts'
import { clockSkewMs } from '../../domain/reading.ts'
import { CLOUDS, HIDDEN, HOSTS, HOSTS_SCOPE, type Listing, pathOf, SCORES, SCORES_SCOPE } from './api.ts'
import { Falcon } from './client.ts'
import { type Config, section } from './config.ts'
import { read } from './normalize.ts'
import { hosts, listed } from './walks.ts'

export const crowdstrike: Connector<Config> = {
  id: 'crowdstrike',
  title: 'CrowdStrike Falcon',
  provides: ['agent', 'score', 'total'],
  rolling: [],
  access: [
    { scope: HOSTS_SCOPE, title: 'Hosts, visible and hidden', reveals: [{ kind: 'agent' }] },
    { scope: SCORES_SCOPE, title: 'Zero Trust Assessment scores', reveals: [{ kind: 'score' }] },
  ],
  setUp: [
    'Falcon console > Support and resources > API clients and keys > Create API client.',
    `Tick Read, and nothing else, for Hosts and for Zero Trust Assessment (${HOSTS_SCOPE}, ${SCORES_SCOPE}).`,
    'Copy client id and secret, shown once, into credential.clientId and credential.clientSecret.',
    'Set baseUrl to the base URL shown in the same window, for example https://api.us-2.crowdstrike.com.',
  ],
  config: { parse: (input) => section.parse(input), jsonSchema: () => z.toJSONSchema(section, { io: 'input' }) },
  baseUrl: (config) => new URL(config.baseUrl),
  isVendorHost: (url) => Object.values(CLOUDS).includes(url.origin),
  async *pages(config, tools, context) {
    const reader = { falcon: new Falcon(config, tools), source: context.source, tools }
    const scores = await listed(reader, SCORES)
    yield* scores.pages
    const visible = await hosts(reader)
    yield* visible.pages
    if (visible.refused && scores.refused) {
      throw new AppError(
        'forbidden',
        `crowdstrike: ${HOSTS.path} and ${SCORES.path} answered 403; the API client needs the scopes ${HOSTS_SCOPE} and ${SCORES_SCOPE}.`,
      )
    }
    // The same scope: asking again would only be refused again.
    if (!visible.refused) yield* (await listed(reader, HIDDEN)).pages
  },
  read,
  probe,
}

async function probe(config: Config, tools: Tools): Promise<Probe> {
  const falcon = new Falcon(config, tools)
  const ask = (listing: Listing) => {
    const one = { ...listing, query: { ...listing.query, limit: '1' } }
    return falcon.call({ method: 'GET', path: pathOf(one, null), place: `probe ${listing.place}`, accept: [403] })
  }
  const access = async (scope: string, listing: Listing): Promise<ProbedAccess> => {
    const { status } = await ask(listing)
    return { scope, state: status === 403 ? 'missing' : 'present', detail: `GET ${listing.path} answered ${status}` }
  }
  const first = await ask(HOSTS)
  return {
    access: [
      {
        scope: HOSTS_SCOPE,
        state: first.status === 403 ? 'missing' : 'present',
        detail: `GET ${HOSTS.path} answered ${first.status}`,
      },
      await access(SCORES_SCOPE, SCORES),
    ],
    expiresAt: null,
    credential: 'expiry not published by the vendor',
    clockSkewMs: clockSkewMs(first.headers, tools.now()),
  }
}
