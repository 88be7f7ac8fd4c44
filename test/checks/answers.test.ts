/**
 * What each check can answer: the list in answers.ts, to which every table test is held, against the checks themselves.
 * Their text, and some thousand worlds in which one value is odd, may give no answer that the list leaves out.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { checks } from '../../checks/index.ts'
import type { Check } from '../../src/domain/check.ts'
import { engineAnswer, evaluate } from '../../src/domain/evaluate.ts'
import type { Kind } from '../../src/domain/record.ts'
import type { SourceState } from '../../src/domain/snapshot.ts'
import { narrow } from '../../src/domain/snapshot.ts'
import { answerOf } from '../helpers/answers-seen.ts'
import { ago, settings, wholeSnapshotOf } from '../helpers/build.ts'
import { needsOn } from '../helpers/needs.ts'
import { oddWorlds } from '../helpers/odd-worlds.ts'
import { HEALTHY, HEALTHY_SETTINGS } from '../helpers/small-tailnet.ts'
import { answersOf } from './answers.ts'

const sourceOf = ({ id }: Check): string => readFileSync(join(import.meta.dirname, `../../checks/${id}.ts`), 'utf8')

test('each check is on the list, and ends a table test of its own with covers()', () => {
  const tables = readdirSync(import.meta.dirname)
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => readFileSync(join(import.meta.dirname, name), 'utf8'))
  const held = (check: Check): boolean =>
    tables.some((text) => {
      const name = new RegExp(`import \\{ (\\w+)(?: as (\\w+))? \\} from '../../checks/${check.id}\\.ts'`).exec(text)
      return name !== null && new RegExp(`^covers\\(${name[2] ?? name[1]}\\b`, 'm').test(text)
    })
  expect(checks.filter((check) => answersOf(check.ref).size === 0 || !held(check)).map(({ ref }) => ref)).toEqual([])
})

/** A score that is absent is never a failure (checks.md, CS-01). */
const NEVER_FAILS = ['CS-01']

test('each check can pass and fail, and one that informs never fails', () => {
  for (const { ref, informational } of checks) {
    const can = answersOf(ref)
    if (informational) expect([ref, can.has('fail')]).toEqual([ref, false])
    else expect([ref, can.has('pass'), can.has('fail')]).toEqual([ref, true, !NEVER_FAILS.includes(ref)])
  }
})

test('what stands in the text of a check is on the list', () => {
  const wrong = checks.flatMap((check) => {
    const can: ReadonlySet<string> = answersOf(check.ref)
    const written = [...sourceOf(check).matchAll(/(?:\bunknown\(\s*|\bfinding\(\s*)'(\w+)'/g)].map(([, word]) => word!)
    return written.filter((word) => !can.has(word)).map((word) => `${check.ref} ${word}`)
  })
  expect(wrong).toEqual([])
})

/** What a check may look at although it can do without it. */
const ANYBODYS: readonly Kind[] = ['policy', 'integration', 'attributes', 'setting', 'score', 'enrolment', 'encryption']

function reads(check: Check, kind: Kind | null): boolean {
  if (kind === null || ANYBODYS.includes(kind)) return true
  const snapshot = wholeSnapshotOf(HEALTHY, { settings: HEALTHY_SETTINGS })
  const needs = check.needs(snapshot.settings, 'tailnet', snapshot)
  return needs.length === 0 || needs.some((need) => need.kind === kind)
}

test('in no odd world does a check fall over, leave the list or lose its words', () => {
  const wrong = new Set<string>()
  let worlds = 0
  const readers = new Map<Kind | null, readonly Check[]>()
  for (const { name, records, kind } of oddWorlds()) {
    worlds++
    const asked = readers.get(kind) ?? checks.filter((check) => reads(check, kind))
    readers.set(kind, asked)
    const snapshot = wholeSnapshotOf(records, { settings: HEALTHY_SETTINGS })
    for (const { ref, findings } of evaluate(snapshot, asked)) {
      const check = asked.find((each) => each.ref === ref)!
      const can = answersOf(ref)
      for (const finding of findings) {
        if (!can.has(answerOf(finding))) wrong.add(`${ref} answers ${answerOf(finding)} to ${name}`)
        const said = check.say(finding)
        if (!/^\S.*\.$/s.test(said) || /undefined|NaN|\[object/.test(said))
          wrong.add(`${ref} says "${said}" to ${name}`)
      }
    }
  }
  expect([...wrong].slice(0, 20)).toEqual([])
  expect(worlds).toBeGreaterThan(1000)
})

// ── what the engine answers for a check ────────────────────────────────────────────────────────────────────────────

const error = (code: 'server_error' | 'auth_failed' | 'population_fell') => ({ code, message: 'GET / answered' })
const STATES: readonly (readonly [name: string, state: Partial<SourceState>, reason: string])[] = [
  ['failed', { status: 'failed', error: error('server_error') }, 'source_error'],
  ['refused', { status: 'failed', error: error('auth_failed') }, 'auth_error'],
  ['paused', { status: 'paused', error: error('auth_failed') }, 'auth_error'],
  ['held', { status: 'held', error: error('population_fell') }, 'partial_population'],
  ['stale', { status: 'stale', collectedAt: ago(86_400_000) }, 'stale'],
  ['never read', { status: 'never', attemptedAt: null, collectedAt: null }, 'no_data'],
]
const SOURCES = settings().sources.map(({ id }) => id)

describe.each(STATES)('while a source is %s', (_name, state, reason) => {
  test.each(SOURCES)('%s: what needs it is unknown for that reason, all else answers from its list', (id) => {
    const snapshot = wholeSnapshotOf(HEALTHY, { settings: HEALTHY_SETTINGS, sources: [{ id, ...state }] })
    const wrong: string[] = []
    for (const result of evaluate(snapshot, checks)) {
      const check = checks.find((each) => each.ref === result.ref)!
      const needed = check.over === 'tailnet' && needsOn(check, snapshot, id).length > 0
      if (needed && (result.status !== 'unknown' || result.unknownReason !== reason || result.findings.length > 0))
        wrong.push(`${check.ref} is ${result.status} ${result.unknownReason}`)
      const can = answersOf(check.ref)
      for (const finding of result.findings)
        if (!can.has(answerOf(finding))) wrong.push(`${check.ref} ${answerOf(finding)}`)
    }
    expect(wrong).toEqual([])
  })
})

test('what a credential cannot see at all is not visible to each check that needs it', () => {
  const wrong: string[] = []
  for (const check of checks.filter(({ over }) => over === 'tailnet')) {
    const whole = wholeSnapshotOf(HEALTHY, { settings: HEALTHY_SETTINGS })
    for (const id of SOURCES) {
      for (const need of needsOn(check, whole, id)) {
        const blind = [{ kind: need.kind, fields: null, scope: 'some:read', because: 'GET / answered 403' }]
        const snapshot = wholeSnapshotOf(HEALTHY, { settings: HEALTHY_SETTINGS, sources: [{ id, blind }] })
        const reason = engineAnswer(check, narrow(snapshot, 'tailnet'), 'tailnet')?.reason
        if (reason !== 'not_visible') wrong.push(`${check.ref} over ${need.kind} of ${id}: ${reason}`)
      }
    }
  }
  expect(wrong).toEqual([])
})

test('while nothing is configured that could answer, a check over a tailnet is not configured or not applicable', () => {
  const snapshot = wholeSnapshotOf([], { only: ['tailnet'], settings: HEALTHY_SETTINGS })
  for (const check of checks) {
    const needs = check.needs(snapshot.settings, 'tailnet', snapshot)
    const answer = engineAnswer(check, narrow(snapshot, 'tailnet'), 'tailnet')
    const elsewhere = needs.some(({ kind }) => kind === 'person' || kind === 'agent' || kind === 'score')
    if (check.vendor !== null) expect([check.ref, answer?.status]).toEqual([check.ref, 'not_applicable'])
    else if (elsewhere) expect([check.ref, answer?.reason]).toEqual([check.ref, 'not_configured'])
  }
})
