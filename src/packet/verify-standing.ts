/**
 * Results that nobody can make again whole: those of checks that are not at hand, and lines that list failures and unknowns
 * only, since the release that wrote the packet judges otherwise (report.ts).
 */
import type { Check } from '../domain/check.ts'
import { digestsOver } from '../domain/digests.ts'
import type { Facts, Finding } from '../domain/finding.ts'
import type { JsonObject } from '../domain/json.ts'
import { movesEachRun } from '../domain/moving-facts.ts'
import { PACKET } from '../domain/packet.ts'
import type { ResultInputs } from '../domain/reperform.ts'
import type { ReportFinding, ReportResult } from '../domain/report.ts'
import type { CheckResult } from '../domain/result.ts'
import type { Settings } from '../domain/settings.ts'
import { type Instant, plus } from '../domain/time.ts'
import { canonicalJson } from '../lib/canonical-json.ts'
import { sha256 } from '../lib/digest.ts'
import { atOnce } from '../lib/steps.ts'
import { broken, NOT_AS_SEALED } from './broken.ts'
import { findingsOf, nameOf } from './verify-lines.ts'

const { findingsDigest } = digestsOver({ canonical: canonicalJson, sha256 })
const WHERE = PACKET.resultsJson
/** What a result says of which only failures and unknowns are listed (report.ts). */
const PARTLY = ['text of this check', 'release'].map(
  (what) => `Judged by an earlier ${what}; only what failed or was unknown is listed until the next run.`,
)

export function partly(doc: JsonObject): boolean {
  return PARTLY.includes(doc['message'] as string)
}

/** Failures and unknowns in the order of the file, which is the database's; what the file does not list comes last. */
export function openAsListed({ findings }: CheckResult, doc: JsonObject): Finding[] {
  const open = new Map(
    findings
      .filter(({ status }) => status === 'fail' || status === 'unknown')
      .map((finding) => [nameOf(finding.subject), finding]),
  )
  const listed = new Set(findingsOf(doc).map(({ subject }) => nameOf(subject)))
  return [...[...listed].flatMap((name) => open.get(name) ?? []), ...[...open].flatMap(unlisted)]
  function unlisted([name, finding]: [string, Finding]): Finding[] {
    return listed.has(name) ? [] : [finding]
  }
}

/**
 * A line of failures and unknowns only is the builder's release speaking of an earlier one: its own sentences, and facts
 * that move each run as they were first seen (domain/moving-facts.ts). All else is as it was sealed.
 */
export function asPartly(result: ReportResult, doc: JsonObject): ReportResult {
  const said = findingsOf(doc)
  return {
    ...result,
    message: doc['message'] as string,
    *findings() {
      let at = 0
      for (const finding of result.findings()) {
        const own = said[at++]
        if (own === undefined) yield finding
        else yield { ...finding, message: own.message, facts: asFirstSeen(finding.facts, own.facts) }
      }
    },
  }
}

function asFirstSeen(facts: Facts, said: Facts): Facts {
  const moved = Object.keys(facts).filter((name) => movesEachRun(name) && Object.hasOwn(said, name))
  return moved.length === 0
    ? facts
    : { ...facts, ...Object.fromEntries(moved.map((name) => [name, said[name] ?? null])) }
}

/**
 * Gives the findings under a clock of the check's own, which the digest covers; the file shows a clock for every failure,
 * and whose it is there is found by trying.
 */
export function requireSealedFindings(
  result: ResultInputs,
  doc: JsonObject,
  early: ReadonlySet<ReportFinding>,
): ReadonlySet<ReportFinding> {
  const said = findingsOf(doc)
  const overdue = new Set(said.filter(({ sla }) => sla === 'not_determinable' || sla === 'breached'))
  for (const own of [early, overdue]) {
    const findings = said.map((finding) => {
      const { sla, ...rest } = finding
      return own.has(finding) ? { ...rest, sla } : rest
    }) as unknown as Finding[]
    if (atOnce(findingsDigest({ ...result, findings })) === result.digest) return own
  }
  return broken(WHERE, `the findings of ${result.ref} ${result.check} are not those that were sealed`, NOT_AS_SEALED)
}

/** Over its time before the severity's clock has run out, or by a clock that cannot tell: that is the check's own clock. */
export function isEarly(
  { sla, status, firstSeen }: ReportFinding,
  { severity }: Check,
  { slaMs }: Settings,
  at: Instant,
): boolean {
  if (sla === 'not_determinable') return true
  return status === 'fail' && sla === 'breached' && firstSeen !== null && plus(firstSeen, slaMs[severity]) >= at
}

/** Of a line that lists failures and unknowns only, without the check: as many as were sealed. */
export function requireSealedCounts({ ref, check, counts }: ResultInputs, doc: JsonObject): void {
  const said = findingsOf(doc)
  const found = { fail: 0, unknown: 0 }
  const seen = new Set<string>()
  for (const { status, subject } of said) {
    if (status !== 'fail' && status !== 'unknown') {
      broken(WHERE, `${ref} ${check} lists ${nameOf(subject)}, which neither failed nor was unknown`, NOT_AS_SEALED)
    }
    found[status]++
    seen.add(nameOf(subject))
  }
  if (seen.size !== said.length || found.fail !== counts.fail || found.unknown !== counts.unknown) {
    broken(
      WHERE,
      `${ref} ${check} does not list each failure and unknown that was sealed`,
      NOT_AS_SEALED,
      [counts.fail, counts.unknown],
      [found.fail, found.unknown],
    )
  }
}
