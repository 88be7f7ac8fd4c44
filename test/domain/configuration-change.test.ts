import { describe, expect, test } from 'vitest'
import { configurationChanges, entryChanges, type Judging } from '../../src/domain/configuration-change.ts'
import type { Settings } from '../../src/domain/settings.ts'
import { canonicalJson } from '../../src/lib/canonical-json.ts'
import { sha256 } from '../../src/lib/digest.ts'
import { settings } from '../helpers/build.ts'

const digester = { canonical: canonicalJson, sha256 }
const judging = (over: Partial<Settings> = {}, rest: Partial<Judging> = {}): Judging => ({
  settings: settings(over),
  checkSet: [{ ref: 'DEV-07', id: 'client-current', version: 1, severity: 'medium' }],
  software: '1.0.0',
  build: 'b1',
  ...rest,
})
const changes = (before: Judging, now: Judging): unknown[] =>
  configurationChanges(before, now, digester).map(({ kind, path, from, to }) => [kind, path, from, to])

const SOURCE = settings().sources[0]!
const check = (params: Settings['checks'][string]['params'], enabled = true, because: string | null = null) => ({
  checks: { 'idle-accounts-removed': { enabled, because, params } },
})

describe('what changed between two runs', () => {
  const base = judging()
  test.each<[string, Judging, Judging, unknown[]]>([
    ['nothing: nothing is said', base, judging(), []],
    [
      'a limit is told from what to what',
      judging(check({ maxIdle: '90d' })),
      judging(check({ maxIdle: '30d' })),
      [['threshold', 'checks.idle-accounts-removed.params.maxIdle', '90d', '30d']],
    ],
    [
      'a check of which nothing was said before is told by what is said now',
      base,
      judging(check({}, false, 'not licensed')),
      [
        ['check', 'checks.idle-accounts-removed.because', null, 'not licensed'],
        ['check', 'checks.idle-accounts-removed.enabled', true, false],
      ],
    ],
    [
      'an approved subject is an exclusion',
      judging(check({ approved: [] })),
      judging(check({ approved: [{ subject: 'u1', because: 'parcel' }] })),
      [['exclusion', 'checks.idle-accounts-removed.params.approved.u1', null, { subject: 'u1', because: 'parcel' }]],
    ],
    [
      'a source that comes is a change of scope, its freshness one of a threshold',
      base,
      judging({ sources: [{ ...SOURCE, freshnessMs: 1 }, { ...SOURCE, id: 'other' }, ...settings().sources.slice(1)] }),
      [
        ['threshold', `sources.${SOURCE.id}.freshnessMs`, SOURCE.freshnessMs, 1],
        ['scope', 'sources.other', null, { ...SOURCE, id: 'other' }],
      ].toSorted(),
    ],
    [
      'a release is software, and a check of another version is told as such',
      base,
      judging(
        {},
        {
          software: '2.0.0',
          build: 'b2',
          checkSet: [{ ref: 'DEV-07', id: 'client-current', version: 2, severity: 'medium' }],
        },
      ),
      [
        ['software', 'build', 'b1', 'b2'],
        ['check', 'checkSet.client-current.version', 1, 2],
        ['software', 'software', '1.0.0', '2.0.0'],
      ],
    ],
    [
      'a long text is told by digest, so that the ledger stays small',
      judging({ ownChecks: [{ file: 'a.js', sha256: 'x', source: 'short' }] }),
      judging({ ownChecks: [{ file: 'a.js', sha256: 'x', source: 'y'.repeat(1000) }] }),
      [['check', 'ownChecks."a.js".source', 'short', { sha256: sha256(canonicalJson('y'.repeat(1000))) }]],
    ],
    [
      'another order of the same things is a change too',
      judging({ sources: [SOURCE, { ...SOURCE, id: 'b' }] }),
      judging({ sources: [{ ...SOURCE, id: 'b' }, SOURCE] }),
      [['scope', 'sources', [SOURCE.id, 'b'], ['b', SOURCE.id]]],
    ],
  ])('%s', (_, before, now, want) => {
    const found = changes(before, now)
    expect(found).toEqual(expect.arrayContaining(want))
    expect(found).toHaveLength(want.length)
  })
})

test('a waiver that comes, changes or goes is told with its entry', () => {
  const waiver = {
    id: 'W-1',
    check: 'ID-02',
    subject: '*',
    owner: 'a',
    approver: 'b',
    reason: 'c',
    created: '2026-11-01',
    expires: '2026-12-01',
  }
  const at = (...waivers: Settings['waivers']): Settings => settings({ waivers })
  const told = (before: Settings | null, now: Settings) =>
    entryChanges(before, now, canonicalJson).map(({ kind, act, entry }) => [kind, act, entry.id])
  const longer = { ...waiver, expires: '2027-12-01' }
  expect(told(null, at(waiver))).toEqual([['waiver', 'created', 'W-1']])
  expect(told(at(waiver), at(waiver))).toEqual([])
  expect(told(at(waiver), at(longer, { ...waiver, id: 'W-0' }))).toEqual([
    ['waiver', 'created', 'W-0'],
    ['waiver', 'changed', 'W-1'],
  ])
  expect(entryChanges(at(waiver), at(), canonicalJson)).toEqual([{ kind: 'waiver', act: 'removed', entry: waiver }])
})
