/** What a check says of a subject that it could not judge: the cause, then the one step that cures it. */
import type { Finding, UnknownReason } from './finding.ts'

type Remedies = { readonly [reason in UnknownReason]?: string }

const REMEDIES: Readonly<Record<UnknownReason, string>> = {
  no_data: 'open its raw page under Evidence to see what was sent',
  stale: 'pull its source again',
  source_error: 'see the cause on the Sources page and pull again',
  auth_error: 'renew the credential of its source',
  partial_population: 'confirm or correct the smaller reading on the Sources page',
  unmatched: 'add the person to the roster, or name the login under people.aliases or people.serviceAccounts',
  no_serial: 'let the device report its serial number',
  not_visible: 'give the credential the missing scope; "exhibit doctor" names it',
  not_configured: 'add what is missing to exhibit.yaml',
}

/** Where several people match, adding one more would not help. */
const ONE_PERSON = 'leave it with one of them alone, in the roster and under people.aliases'

function isAmbiguous({ unknownReason, facts }: Finding): boolean {
  return unknownReason === 'unmatched' && facts['candidates'] !== undefined
}

function cause(finding: Finding): string {
  const { unknownReason, facts } = finding
  const missing = typeof facts['missing'] === 'string' ? facts['missing'] : 'a value that is needed'
  switch (unknownReason) {
    case 'no_data':
      return `${missing} is absent or unreadable`
    case 'unmatched':
      return isAmbiguous(finding)
        ? `several people in the roster share this address or alias (${facts['candidates']})`
        : 'nobody in the roster has this address or alias'
    case 'not_visible':
      return `the credential cannot see ${missing}`
    case 'not_configured':
      return `${missing} is not configured`
    case 'stale':
      return 'its last complete reading is too old'
    case 'source_error':
      return 'its source could not be read'
    case 'auth_error':
      return 'its source refused the credential'
    case 'partial_population':
      return 'the newest reading waits for confirmation'
    case 'no_serial':
      return 'no usable serial number is known'
    case null:
      return 'no reason was given'
  }
}

/** "alice@example.com was not evaluated: lastSeen is absent or unreadable; open its raw page …." */
export function notEvaluated(finding: Finding, remedies: Remedies = {}): string {
  const reason = finding.unknownReason ?? 'no_data'
  const remedy = isAmbiguous(finding) ? ONE_PERSON : (remedies[reason] ?? REMEDIES[reason])
  return `${finding.subject.label} was not evaluated: ${cause(finding)}; ${remedy}.`
}

export interface Answers {
  readonly pass: (finding: Finding) => string
  readonly fail: (finding: Finding) => string
  /** For a subject that is not judged; by default its notice. */
  readonly aside?: (finding: Finding) => string
  /** For a subject that could not be judged, where the shared words do not fit; null: they do. */
  readonly open?: (finding: Finding) => string | null
  readonly remedies?: Remedies
}

/** `Check.say` from one sentence per answer. */
export function sentences({ pass, fail, aside, open, remedies }: Answers): (finding: Finding) => string {
  return (finding) => {
    switch (finding.status) {
      case 'pass':
        return pass(finding)
      case 'fail':
        return fail(finding)
      case 'not_applicable':
        return aside?.(finding) ?? setAside(finding)
      case 'unknown':
        return open?.(finding) ?? notEvaluated(finding, remedies)
    }
  }
}

export function setAside({ subject, notice }: Finding): string {
  return `${subject.label} is not judged. ${notice ?? ''}`.trim()
}
