import { describe, expect, test } from 'vitest'
import { checks } from '../../checks/index.ts'
import { ownCredentialsSound as check } from '../../checks/own-credentials-sound.ts'
import { evaluate } from '../../src/domain/evaluate.ts'
import type { Settings } from '../../src/domain/settings.ts'
import type { SourceState } from '../../src/domain/snapshot.ts'
import { DAY } from '../../src/domain/time.ts'
import {
  ago,
  answersTo,
  blind,
  credential,
  FAILED,
  findingsOf,
  type Row,
  settings,
  snapshotOf,
  wholeSnapshotOf,
} from '../helpers/build.ts'
import { covers } from './covers.ts'

const tailnet = { only: ['tailnet'] }
const token = (over: Parameters<typeof credential>[0]) =>
  credential({ key: 'key', what: 'API access token', endless: false, expiresAt: ago(-30 * DAY), ...over })
const edr = (over: Parameters<typeof credential>[0]) =>
  token({ source: 'edr', what: 'API token', scopes: null, writes: null, ...over })

test.each<Row>([
  { name: 'lasts, reads, writes nothing', records: [credential()], want: ['pass'], options: tailnet },
  { name: 'an API access token that ends in a month', records: [token({})], want: ['pass'], options: tailnet },
  { name: 'ends in two days', records: [token({ expiresAt: ago(-2 * DAY) })], want: ['fail'], options: tailnet },
  { name: 'has ended', records: [token({ expiresAt: ago(DAY) })], want: ['fail'], options: tailnet },
  {
    name: 'ends in a week, where ten days are asked for',
    records: [token({ expiresAt: ago(-7 * DAY) })],
    want: ['fail'],
    params: { failBefore: '10d' },
    options: tailnet,
  },
  { name: 'can write', records: [credential({ scopes: ['all'], writes: ['all'] })], want: ['fail'], options: tailnet },
  {
    name: 'may not see its own end',
    records: [token({ found: false, expiresAt: null })],
    want: ['not_visible'],
    options: tailnet,
  },
  {
    name: 'its scopes were not said',
    records: [token({ scopes: null, writes: null })],
    want: ['not_visible'],
    options: tailnet,
  },
  { name: 'SentinelOne tells the end of its token', records: [edr({})], want: ['pass'], options: { only: ['edr'] } },
  {
    name: 'SentinelOne does not',
    records: [edr({ found: false, expiresAt: null })],
    want: ['not_visible'],
    options: { only: ['edr'] },
  },
  {
    name: 'vendors that tell nothing of a credential',
    records: [],
    want: ['pass', 'pass'],
    options: { only: ['falcon', 'mdm'] },
  },
  { name: 'a file needs none', records: [], want: ['not_applicable'], options: { only: ['roster'] } },
  {
    name: 'a source that could not be read',
    records: [],
    want: ['source_error'],
    options: { only: ['edr'], sources: [{ id: 'edr', ...FAILED }] },
  },
])('$name: $want', (row) => {
  expect(answersTo(check, row)).toEqual(row.want)
})

test('a credential that ends within two weeks is a notice', () => {
  const [finding] = findingsOf(check, snapshotOf([token({ expiresAt: ago(-10 * DAY) })], tailnet))
  expect(finding).toMatchObject({ status: 'pass', notice: `It ends at ${ago(-10 * DAY)}.` })
})

test('allowWrite of the source accepts that it can write', () => {
  const sources = settings().sources.map((source) => ({ ...source, allowWrite: source.id === 'tailnet' }))
  const wide = credential({ scopes: ['all'], writes: ['all'] })
  const [finding] = findingsOf(check, snapshotOf([wide], { ...tailnet, settings: { sources } }))
  expect(finding).toMatchObject({ status: 'pass', facts: { writes: 'all', allowWrite: true } })
})

describe('what an enabled check needs', () => {
  const sources = [{ id: 'tailnet', blind: [blind('invite'), blind('key', ['federated'])] }]
  const asked = (ids: readonly string[], over: Partial<Settings> = {}) => {
    const snapshot = wholeSnapshotOf([credential()], { ...tailnet, sources, settings: over })
    const chosen = checks.filter(({ ref }) => ids.includes(ref))
    return [...evaluate(snapshot, [check, ...chosen])].find((result) => result.check === check.id)!.findings[0]!
  }
  test('fails and names scope and checks', () => {
    expect(asked(['ID-15', 'ID-04', 'DEV-03'])).toMatchObject({
      status: 'fail',
      facts: {
        lacks: 'invite:read key:read',
        because: 'lacks invite:read (needed by ID-15); it lacks key:read (needed by ID-04)',
      },
    })
  })
  test('what no check asks for, or only a disabled one, is no lack', () => {
    expect(asked(['DEV-03', 'KEY-02']).status).toBe('pass')
    const off = { 'invites-are-recent': { enabled: false, because: 'none are used', params: {} } }
    expect(asked(['ID-15'], { checks: off }).status).toBe('pass')
  })
})

const unread = (over: Partial<SourceState>) => ({ only: ['edr'], sources: [{ id: 'edr', ...over }] })
const code = (error: 'auth_failed' | 'population_fell') => ({ error: { code: error, message: 'GET /agents' } })

covers(check, [
  { name: 'refused', records: [], options: unread({ status: 'failed', ...code('auth_failed') }), want: ['auth_error'] },
  {
    name: 'held',
    records: [],
    options: unread({ status: 'held', ...code('population_fell') }),
    want: ['partial_population'],
  },
  { name: 'long ago', records: [], options: unread({ status: 'stale' }), want: ['stale'] },
  { name: 'never read', records: [], options: unread({ status: 'never', collectedAt: null }), want: ['no_data'] },
  {
    name: 'scopes that are words of the language and write nothing that we know of',
    records: [credential({ scopes: ['__proto__'], writes: ['__proto__'] })],
    options: tailnet,
    hostile: true,
    want: ['fail'],
  },
])
