/**
 * What an operator's own check is handed, so that its file need import nothing: the default export is a function that
 * takes the kit and returns `kit.defineCheck({ … })`. Everything here is pure; what is not here (network, files, the
 * clock) has no place in a check, because a verdict must come out again from the sealed records alone.
 */
import { attributeReading } from './attribute-sources.ts'
import { defineCheck } from './check.ts'
import { standings } from './coverage.ts'
import { amended, finding, unknown } from './finding.ts'
import {
  accountByLogin,
  accountOfDevice,
  accountsOf,
  agentOf,
  departed,
  ownerOf,
  scoreOf,
  seenWithin,
  silent,
  unknownFor,
  usableSerials,
} from './match.ts'
import { notEvaluated, sentences, setAside } from './sentence.ts'
import { between, DAY, durationMs, HOUR, instant, MINUTE, pastInstant, plus } from './time.ts'
import { platformOf } from './trust.ts'

export const checkKit = {
  /** Makes the check: id, ref `OWN-…`, version, question, needs, parameters, `run`, `say`. */
  defineCheck,

  /** An answer for a subject: `finding('pass', device, { facts: { … }, with: [further records] })`. */
  finding,
  /** No answer, and why: `unknown('no_data', device, { facts: { missing: 'tags' } })`. Absent is never false. */
  unknown,
  /** The same answer with another notice or other facts; spread syntax would lose what is made on demand. */
  amended,

  /** `say` from one sentence per answer; what is unknown or not judged gets the words that all checks use. */
  sentences,
  /** The shared sentence for a subject that could not be judged. */
  notEvaluated,
  /** The shared sentence for a subject that is not judged. */
  setAside,

  /** The person an account belongs to, or why it is nobody's; shared-in and service accounts are exempt. */
  ownerOf,
  accountsOf,
  accountByLogin,
  /** The account that owns a device; null for tagged devices and where no account has the login. */
  accountOfDevice,
  /** Whether a person's employment is over at a moment. */
  departed,

  /** Every device of the tailnet with the answer of those that `deviceTrust.scope` leaves out (`outside`). */
  standings,
  /** The tailnet's posture attributes of a device, or why they cannot be used. */
  attributeReading,
  /** "macos", "windows", "linux", "ios" …; null where the vendor said nothing. */
  platformOf,
  /** Whether a device was in the tailnet within so many milliseconds; null where the vendor did not say. */
  seenWithin,
  usableSerials,

  /** A vendor's record of a device, by serial number, or why there is none. */
  agentOf,
  /** The reason of `unknown` for a device without a vendor record: `unknown(unknownFor(match.why), device)`. */
  unknownFor,
  /** True when the vendor's console has not heard from an agent within the source's `syncWindow`. */
  silent,
  /** CrowdStrike's Zero Trust Assessment of an agent. */
  scoreOf,

  /** A vendor's time as RFC 3339 in UTC, or null; such instants compare as text. "Now" is `snapshot.at`. */
  instant,
  plus,
  /** Milliseconds from the first instant to the second. */
  between,
  /** Up to five minutes ahead counts as now, later is no time at all. */
  pastInstant,
  /** Milliseconds of "24h"; a parameter of type duration arrives as milliseconds already. */
  durationMs,
  MINUTE,
  HOUR,
  DAY,
} as const

export type CheckKit = typeof checkKit
