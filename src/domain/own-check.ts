/**
 * An operator's own check under the engine's rules: what its file returned is looked at before it is believed, and what
 * it throws becomes that check's `unknown` and nobody else's trouble.
 */
import type { Check } from './check.ts'
import type { Finding, Status, UnknownReason } from './finding.ts'
import type { JsonValue } from './json.ts'
import type { Snapshot } from './snapshot.ts'

const ID = /^[a-z0-9][a-z0-9-]{0,62}$/
const REF = /^OWN-[A-Z0-9][A-Z0-9-]{0,15}$/
const SEVERITIES = ['low', 'medium', 'high', 'critical']
const TEXTS = ['title', 'question', 'why', 'remediation'] as const

/** What is wrong with what a file returned, in words; null when it is a check. */
export function notACheck(value: unknown): string | null {
  if (value === null || typeof value !== 'object') return 'returns no check; return kit.defineCheck({ … })'
  const check = value as Partial<Check>
  if (value instanceof Promise) return 'returns a promise; a check is made at once'
  if (typeof check.id !== 'string' || !ID.test(check.id))
    return 'needs an `id` of lower-case letters, digits and dashes that says what is true when it passes'
  if (typeof check.ref !== 'string' || !REF.test(check.ref))
    return 'needs a `ref` that starts with OWN-, such as OWN-01'
  if (!Number.isInteger(check.version) || check.version! < 1)
    return 'needs a `version` from 1 that goes up when its meaning changes'
  const missing = TEXTS.find((name) => typeof check[name] !== 'string' || check[name]!.trim() === '')
  if (missing !== undefined) return `needs a \`${missing}\``
  if (!SEVERITIES.includes(check.severity as string)) return 'needs a `severity`: low, medium, high or critical'
  if (!Array.isArray(check.controls)) return 'needs `controls`, a list that may be empty'
  if (typeof check.run !== 'function') return 'needs a function `run`'
  if (typeof check.say !== 'function') return 'needs a function `say`'
  if (typeof check.needs !== 'function' || typeof check.limits !== 'function')
    return 'is not made by kit.defineCheck({ … })'
  return null
}

/** Does a piece of work and throws where it takes too long; who loads the files has a clock, the domain has none. */
export type TimeBound = <T>(work: () => T) => T

/** The check as the engine asks it. Throws from `run`, in words, for whatever is no answer; from nowhere else. */
export function operatorsCheck(check: Check, inTime: TimeBound = (work) => work()): Check {
  return {
    ...check,
    operator: true,
    needs: (settings, system, snapshot) => orElse(() => inTime(() => check.needs(settings, system, snapshot)), []),
    limits: (settings, system) => orElse(() => inTime(() => check.limits(settings, system)), {}),
    carry:
      check.carry === null
        ? null
        : (snapshot) => {
            const known = snapshot.of('carried').filter((record) => record.check === check.id)
            const own = () => check.carry!(snapshot).filter((record) => record.check === check.id)
            return orElse(() => inTime(own), known)
          },
    run: (snapshot, parameters, asked) =>
      inTime(() => {
        // What was left empty above is a reason not to judge: half a list of needs is half a picture.
        check.needs(snapshot.settings, snapshot.system, snapshot)
        check.limits(snapshot.settings, snapshot.system)
        const findings: unknown = check.run(ownLists(snapshot), parameters, asked)
        if (!Array.isArray(findings)) throw new TypeError('`run` did not return a list of findings')
        for (const finding of findings) mustBeFinding(finding)
        return findings as Finding[]
      }),
    say(finding) {
      const said = orElse<unknown>(() => inTime(() => check.say(finding)), null)
      if (typeof said === 'string' && said.trim() !== '') return said.toWellFormed()
      return `${finding.subject.label}: ${ANSWERS[finding.status]}; ${check.ref} has no sentence for it.`
    },
  }
}

const ANSWERS: Readonly<Record<Status, string>> = {
  pass: 'holds',
  fail: 'does not hold',
  unknown: 'was not evaluated',
  not_applicable: 'is not judged',
}
const REASONS: Readonly<Record<UnknownReason, true>> = {
  no_data: true,
  stale: true,
  source_error: true,
  auth_error: true,
  partial_population: true,
  unmatched: true,
  no_serial: true,
  not_visible: true,
  not_configured: true,
}

function orElse<T>(work: () => T, otherwise: T): T {
  try {
    return work()
  } catch {
    return otherwise
  }
}

/** Lists of its own: one that sorts them in place must not turn the order in which others read. */
function ownLists(snapshot: Snapshot): Snapshot {
  return { ...snapshot, of: (kind) => [...snapshot.of(kind)] }
}

/** What is sealed must have one canonical form (RFC 8785), so values that JSON cannot hold are refused here. */
function mustBeFinding(value: unknown): void {
  const finding = value as Partial<Finding> | null
  if (
    finding === null ||
    typeof finding !== 'object' ||
    typeof finding.status !== 'string' ||
    !Object.hasOwn(ANSWERS, finding.status)
  )
    throw new TypeError('`run` returned something that kit.finding or kit.unknown did not make')
  const { subject, unknownReason, notice, records, facts } = finding
  const reasoned = finding.status === 'unknown' ? Object.hasOwn(REASONS, String(unknownReason)) : unknownReason === null
  if (!reasoned) throw new TypeError(`a finding "${finding.status}" has the reason "${String(unknownReason)}"`)
  const named = [subject?.kind, subject?.source, subject?.key, subject?.label].every(isText)
  if (!named) throw new TypeError('a finding has no subject with kind, source, key and label')
  if (notice !== null && !isText(notice)) throw new TypeError(`the notice of ${subject!.label} is no text`)
  if (!Array.isArray(records) || !records.every(isText))
    throw new TypeError(`the records of ${subject!.label} are no references`)
  for (const [name, fact] of Object.entries(facts ?? {}))
    if (!isJson(fact)) throw new TypeError(`the fact "${name}" of ${subject!.label} is no JSON value`)
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.isWellFormed()
}

function isJson(value: unknown): value is JsonValue {
  if (value === null || typeof value === 'boolean' || isText(value)) return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (Array.isArray(value)) return value.every(isJson)
  if (typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype) return false
  return Object.entries(value).every(([name, item]) => name.isWellFormed() && isJson(item))
}
