import { defineCheck } from '../src/domain/check.ts'
import { sourceSubject, sourceUnknown } from '../src/domain/collection.ts'
import { TAILNET } from '../src/domain/evaluate.ts'
import { amended, type Facts, type Finding, finding, unknown } from '../src/domain/finding.ts'
import type { Kind } from '../src/domain/record.ts'
import { notEvaluated } from '../src/domain/sentence.ts'
import type { Snapshot, SourceState } from '../src/domain/snapshot.ts'
import { collectorHealth } from './controls.ts'

export const populationsReconcile = defineCheck({
  id: 'populations-reconcile',
  ref: 'COL-03',
  version: 1,
  title: 'What was read adds up to what the source says it holds',
  question: 'Does the number of records read from every source agree with the count that the source itself states?',
  why: 'The population is what every "n of n" rests on; counted twice from different sides it can be trusted.',
  remediation:
    'Run "exhibit sync" once more: a population that changed while it was read settles. Where the difference stays, compare what the credential may see with the whole of it (sites and groups at SentinelOne, scopes at Tailscale under Settings > Trust credentials).',
  severity: 'high',
  controls: collectorHealth,
  over: 'collection',
  needs: [],
  parameters: {
    sites: {
      type: 'list',
      default: [],
      says: 'Names of the SentinelOne sites that must be seen, over all SentinelOne sources together. A site is seen where an agent names it, so leave out those that have none.',
    },
  },
  run: (snapshot, { sites }) => snapshot.sources.map((state) => judge(snapshot, state, sites)),
  say(finding) {
    const { subject, facts } = finding
    switch (finding.status) {
      case 'pass':
        return `What was read from ${subject.label} agrees with its own counts (${countsOf(facts)}).`
      case 'fail':
        return `What was read from ${subject.label} does not agree with its own counts (${countsOf(facts)}); read it again and compare what the credential may see.`
      case 'not_applicable':
        return `${subject.label} states no count of its own.`
      case 'unknown':
        return facts['sitesNotSeen'] === undefined
          ? notEvaluated(finding)
          : `${subject.label} was not evaluated: no agent names the expected sites ${facts['sitesNotSeen']}; give its service user the scope of the account or of every site (Settings > Users > Service Users), or correct checks.populations-reconcile.params.sites.`
    }
  },
})

function countsOf(facts: Facts): string {
  return Object.entries(facts)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')
}

function judge(snapshot: Snapshot, state: SourceState, sites: readonly string[]): Finding {
  const subject = sourceSubject(state)
  const reason = sourceUnknown(state)
  if (reason !== null) {
    return unknown(reason, subject, { facts: { state: state.status, missing: 'a complete reading' } })
  }
  if (state.kind === TAILNET) return byDeviceCounts(snapshot, state)
  const counted = byTotals(snapshot, state)
  return state.kind === 'sentinelone' && sites.length > 0 && counted.status !== 'fail'
    ? bySites(snapshot, counted, sites)
    : counted
}

/**
 * Totals count what a credential sees, so one that is given fewer sites than there are agrees with itself. The agents
 * themselves say which sites were seen; a removed one says it as well.
 */
function bySites(snapshot: Snapshot, counted: Finding, expected: readonly string[]): Finding {
  const agents = snapshot.of('agent').filter(({ vendor }) => vendor === 'sentinelone')
  const seen = new Set(agents.map(({ values }) => values['siteName']))
  const notSeen = expected.filter((site) => !seen.has(site))
  if (notSeen.length === 0) return amended(counted, { facts: { ...counted.facts, sitesExpected: expected.length } })
  const facts = { ...counted.facts, sitesExpected: expected.length, sitesNotSeen: notSeen.join(', ') }
  return unknown('partial_population', counted.subject, { facts })
}

/** Totals of one kind add up: an MDM or EDR may count its hidden records apart. */
function byTotals(snapshot: Snapshot, state: SourceState): Finding {
  const subject = sourceSubject(state)
  const stated = snapshot.of('total').filter((total) => total.source === state.id)
  if (stated.length === 0) return finding('not_applicable', subject)
  const kinds = [...new Set(stated.map(({ key }) => key.split('-')[0]!))]
  const facts: Record<string, number> = {}
  let agree = true
  for (const kind of kinds) {
    const said = stated.filter(({ key }) => key.split('-')[0] === kind).reduce((sum, { value }) => sum + value, 0)
    const read = snapshot.of(kind as Kind).filter((record) => record.source === state.id).length
    facts[`${kind}Stated`] = said
    facts[`${kind}Read`] = read
    agree &&= said === read
  }
  return finding(agree ? 'pass' : 'fail', subject, { facts, with: stated })
}

/**
 * Tailscale states no total, but a device count for each account. Whether tagged devices count among those of their
 * registrant is not published, so the sum has to lie between the devices that people own and all that are not external.
 */
function byDeviceCounts(snapshot: Snapshot, state: SourceState): Finding {
  const subject = sourceSubject(state)
  const hidden = state.blind.find(({ kind, fields }) => (kind === 'account' || kind === 'device') && fields === null)
  if (hidden !== undefined)
    return unknown('not_visible', subject, { facts: { missing: hidden.kind, scope: hidden.scope } })

  const accounts = snapshot.of('account').filter(({ source, type }) => source === state.id && type !== 'shared')
  const uncounted = accounts.filter(({ deviceCount }) => deviceCount === null)
  if (uncounted.length > 0) return unknown('no_data', subject, { facts: { missing: 'deviceCount' }, with: uncounted })
  const counted = accounts.reduce((sum, { deviceCount }) => sum + (deviceCount ?? 0), 0)

  const devices = snapshot.of('device').filter(({ source }) => source === state.id)
  const atMost = devices.filter(({ isExternal }) => isExternal !== true).length
  const atLeast = devices.filter(({ isExternal, tags }) => isExternal === false && tags.length === 0).length
  const facts = { devicesOfAccounts: counted, devicesOfPeopleRead: atLeast, ownDevicesRead: atMost }
  if (accounts.length === 0 && devices.length === 0) return finding('not_applicable', subject, { facts })
  return finding(atLeast <= counted && counted <= atMost ? 'pass' : 'fail', subject, { facts })
}
