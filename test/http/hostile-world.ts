/** A house whose every name somebody chose to do harm (promise P28). */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checks } from '../../checks/index.ts'
import { evaluate } from '../../src/domain/evaluate.ts'
import { amended } from '../../src/domain/finding.ts'
import type { AnyRecord } from '../../src/domain/record.ts'
import type { Report, ReportResult } from '../../src/domain/report.ts'
import type { HttpParts } from '../../src/http/parts.ts'
import { sha256 } from '../../src/lib/digest.ts'
import { account, agent, attributes, device, key, NOW, person, settings, wholeSnapshotOf } from '../helpers/build.ts'
import { hostileEvidence, hostileKeys, hostileLeaves, hostileReviews } from './hostile-audit.ts'
import { HOSTILE } from './hostile-names.ts'

/** Logins and addresses are keys: as long as a mail address may be. */
export function loginOf(index: number): string {
  return `${HOSTILE[index]!.slice(0, 200)}${index}@example.com`.toLowerCase()
}

/** Fifty people, accounts, devices, EDR records and keys, each with one hostile name in every field that has one. */
function records(): AnyRecord[] {
  return HOSTILE.flatMap((name, index) => {
    const serial = `SERIAL${index}`
    const login = loginOf(index)
    return [
      person({
        email: login,
        name,
        department: name,
        title: name,
        manager: name,
        endDate: '2026-11-01',
        aliases: [name],
      }),
      account({ key: `u${index}`, login, displayName: name, role: name, status: name }),
      device({
        key: `n${index}`,
        name,
        hostname: name,
        user: login,
        serials: [serial, name],
        clientVersion: name,
        distro: name,
      }),
      attributes({ key: `n${index}`, values: { [`custom:${name}`]: name, 'sentinelOne:agentVersion': name } }),
      agent({
        key: `a${index}`,
        serial,
        hostname: name,
        assignedTo: name,
        values: { operationalState: name, agentVersion: name },
      }),
      key({ key: `k${index}`, description: name, userId: `u${index}`, scopes: [name] }),
    ]
  })
}

function reportOf(): Report {
  const snapshot = wholeSnapshotOf(records(), {
    settings: settings({
      deviceTrust: {
        scope: { os: ['macos'], tagged: false },
        postures: { edr: ["sentinelOne:operationalState == 'na'"] },
        require: { allOf: ['edr'], anyOf: [] },
      },
    }),
  })
  const results = [...evaluate(snapshot, checks)].map((result): ReportResult => {
    const check = checks.find(({ id }) => id === result.check)!
    return {
      ...result,
      check,
      complete: true,
      findings: () =>
        result.findings.map((finding) => ({
          ...amended(finding, {}),
          message: check.say(finding),
          waiver: null,
          firstSeen: NOW,
          sla: finding.status === 'fail' ? ('within' as const) : null,
          dueAt: finding.status === 'fail' ? NOW : null,
        })),
    }
  })
  return {
    organization: { id: 'acme', name: HOSTILE[0]! },
    demo: true,
    run: null,
    snapshotAt: NOW,
    evaluatedAt: NOW,
    software: '0',
    sources: snapshot.sources,
    disabled: [],
    results,
    snapshot,
  }
}

const nothing = (): never => {
  throw new Error('not in this test')
}
/** The parts of an application whose every name is hostile. */
export function hostileParts(): HttpParts {
  const report = reportOf()
  return {
    version: '0',
    demo: true,
    publicUrl: null,
    organization: report.organization,
    sources: [],
    checks,
    outputs: [],
    now: () => NOW,
    newToken: () => 'token',
    digest: sha256,
    report: async () => report,
    runs: async () => [],
    lastPull: async () => null,
    closedSince: async () => [],
    lists: { intervals: nothing, runsBefore: nothing, leavesOf: async (kind) => hostileLeaves(kind) },
    periods: HOSTILE.map((name, index) => ({ id: `p${index}`, title: name, from: hostileEvidence.from, to: NOW })),
    periodEvidence: async () => hostileEvidence,
    reviews: async () => hostileReviews,
    keys: { keyWithDigest: nothing, keyUsed: nothing },
    keyActs: { keys: async () => hostileKeys, revokeKey: nothing, create: nothing },
    configuration: { digest: '0'.repeat(64), retention: { days: 760, raw: 'all', hold: false, keepFrom: null } },
    webhooks: {
      endpoints: [],
      outbox: {
        endpoints: async () => [],
        enable: nothing,
        deliveries: async () => [],
        attempts: nothing,
        event: nothing,
        replay: nothing,
      },
      test: nothing,
      nudge: nothing,
    },
    jobs: join(tmpdir(), 'exhibit-hostile-jobs'),
    make: nothing,
    facts: { put: nothing, get: async () => ({}), take: nothing },
    hooks: { secrets: () => [], moved: nothing, noted: nothing },
    watch: { metrics: { contentType: 'text/plain', text: nothing }, ready: nothing },
    activity: () => ({
      running: true,
      startedAt: NOW,
      progress: [{ source: HOSTILE[0]!, done: 1, total: null, what: HOSTILE[1]! }],
      nextRunAt: null,
      trouble: HOSTILE[2]!,
    }),
    subscribe: () => () => {},
    pull: nothing,
    accept: nothing,
    trouble: (error) => {
      throw error
    },
  }
}
