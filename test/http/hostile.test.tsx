/** Promise P28: names that others chose reach every page as text, and never as anything else. */
import { expect, test } from 'vitest'
import { checks } from '../../checks/index.ts'
import { evaluate } from '../../src/domain/evaluate.ts'
import type { AnyRecord } from '../../src/domain/record.ts'
import type { Report, ReportResult } from '../../src/domain/report.ts'
import { createApp } from '../../src/http/app.tsx'
import type { HttpParts } from '../../src/http/parts.ts'
import { sha256 } from '../../src/lib/digest.ts'
import { account, agent, attributes, device, key, NOW, person, settings, wholeSnapshotOf } from '../helpers/build.ts'
import { HOSTILE } from './hostile-names.ts'

/** Logins and addresses are keys: as long as a mail address may be. */
function loginOf(index: number): string {
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
          ...finding,
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
const report = reportOf()
const parts: HttpParts = {
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
  facts: { put: nothing, get: async () => ({}), take: nothing },
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
const app = createApp(parts)

/** Names of elements and attributes of a page, as an HTML parser that knows quotes reads them. */
function anatomy(html: string): { elements: Set<string>; attributes: Set<string> } {
  const elements = new Set<string>()
  const found = new Set<string>()
  for (const [, name, rest] of html.matchAll(/<([a-zA-Z][^\s/>]*)((?:[^"'>]|"[^"]*"|'[^']*')*)>/g)) {
    elements.add(name!.toLowerCase())
    for (const [, attribute] of rest!.matchAll(/([^\s"'=/]+)(?:="[^"]*")?/g)) found.add(attribute!.toLowerCase())
  }
  return { elements, attributes: found }
}

const ELEMENTS =
  'a b bdi body br button caption circle code dd details div dl dt footer form h1 h2 h3 head header html input label li link main meta nav ol option p path pre rect script search section select span strong summary svg symbol table tbody td textarea th thead time title tr ul use'.split(
    ' ',
  )
const ATTRIBUTES =
  'action aria-current aria-hidden aria-label aria-labelledby aria-live autocomplete charset class content cx cy d data-copy data-instant datetime dir fill for hidden height href id lang maxlength method name placeholder preserveaspectratio r readonly rel role rows rowspan rx scope selected src tabindex title type value viewbox width x y'.split(
    ' ',
  )

const paths = [
  '/',
  '/fixes',
  '/checks',
  '/people',
  '/people?view=accounts',
  '/devices',
  '/sources',
  '/sources/tailnet',
  '/exports',
]
const ones = HOSTILE.flatMap((_, index) => [
  `/devices/tailnet/n${index}`,
  `/people/roster/${encodeURIComponent(loginOf(index).toWellFormed())}`,
])
const ofChecks = checks.map(({ id }) => `/checks/${id}`)

test.each([...paths, ...ofChecks])('%s holds fifty hostile names as text', async (path) => {
  const answer = await app.request(path, { headers: { host: 'localhost', cookie: 'exhibit=x' } })
  const html = await answer.text()
  expect(answer.status).toBe(200)
  const { elements, attributes: found } = anatomy(html)
  expect([...elements].filter((each) => !ELEMENTS.includes(each))).toEqual([])
  expect([...found].filter((each) => !ATTRIBUTES.includes(each))).toEqual([])
  expect(html).not.toMatch(/href="(?:javascript|data|vbscript):/i)
  expect(Buffer.byteLength(html)).toBeLessThan(1_500_000)
})

test('each hostile name has pages of its own, whole and harmless', async () => {
  for (const path of ones) {
    const answer = await app.request(path, { headers: { host: 'localhost', cookie: 'exhibit=x' } })
    const html = await answer.text()
    // Half a surrogate pair cannot be asked for.
    if (path.includes('%EF%BF%BD')) continue
    expect([path, answer.status]).toEqual([path, 200])
    const { elements, attributes: found } = anatomy(html)
    expect([...elements].filter((each) => !ELEMENTS.includes(each))).toEqual([])
    expect([...found].filter((each) => !ATTRIBUTES.includes(each))).toEqual([])
  }
})

test('what a visitor asks for comes back as text', async () => {
  for (const name of HOSTILE.slice(0, 20)) {
    for (const path of ['/checks', '/devices', '/people', '/fixes', '/checks/ID-02']) {
      const answer = await app.request(
        `${path}?text=${encodeURIComponent(name.slice(0, 300))}&system=${encodeURIComponent(name.slice(0, 300))}`,
        {
          headers: { host: 'localhost', cookie: 'exhibit=x' },
        },
      )
      const { elements } = anatomy(await answer.text())
      expect([...elements].filter((each) => !ELEMENTS.includes(each))).toEqual([])
    }
  }
})
