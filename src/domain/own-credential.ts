/** What is known of the credentials that we read with: rights and end, as the vendors themselves tell it. */
import type { Check, Need } from './check.ts'
import { GROUPS, systemsOf, TAILNET } from './evaluate.ts'
import { byText } from './json.ts'
import type { Credential } from './record.ts'
import { type Blindness, narrow, type Snapshot, type SourceState } from './snapshot.ts'

/** The record under which a connector tells what its token was granted. */
const GRANTED = 'granted'

/**
 * Whether the credential of a tailnet is known to hold a scope. Only the answer to an OAuth client says what was
 * granted; an API access token has the rights of its owner, which no answer names.
 */
export function knownToHold(snapshot: Snapshot, source: string, scope: string): boolean {
  const granted = snapshot.one('credential', source, GRANTED)?.scopes ?? null
  return (
    granted !== null && [scope, scope.replace(/:read$/, ''), 'all:read', 'all'].some((one) => granted.includes(one))
  )
}

export function credentialsOf(snapshot: Snapshot, source: string): readonly Credential[] {
  return snapshot.of('credential').filter((record) => record.source === source)
}

/** What a source's credential cannot see although a check that is asked needs it. */
export interface Lack {
  readonly scope: string
  readonly because: string
  /** Refs, in order. */
  readonly checks: readonly string[]
}

export function lacksOf(snapshot: Snapshot, source: SourceState, asked: readonly Check[]): readonly Lack[] {
  return source.blind.flatMap((blind) => {
    const checks = asked.filter((check) => needsHidden(check, snapshot, source, blind)).map(({ ref }) => ref)
    return checks.length === 0 ? [] : [{ scope: blind.scope, because: blind.because, checks: checks.sort(byText) }]
  })
}

function needsHidden(check: Check, snapshot: Snapshot, source: SourceState, blind: Blindness): boolean {
  const systems = check.over === 'tailnet' ? systemsOf(check, snapshot) : [null]
  return systems.some((system) => {
    if (source.kind === TAILNET && system !== null && system !== source.id) return false
    const view = system === null ? snapshot : narrow(snapshot, system)
    return check.needs(snapshot.settings, system, view).some((need) => isHidden(need, source, blind))
  })
}

/** A partial blindness is one for whoever named the fields, and for whoever named none and judges the gap itself. */
function isHidden(need: Need, source: SourceState, blind: Blindness): boolean {
  if (need.kind !== blind.kind) return false
  if (need.from !== undefined && !(GROUPS[need.from] ?? [need.from]).includes(source.kind)) return false
  if (blind.fields === null || need.fields === undefined) return true
  return blind.fields.some((field) => need.fields!.includes(field))
}
