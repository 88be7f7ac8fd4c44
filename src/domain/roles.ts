/** Roles of a tailnet and the access lines that say who may have them (design section 3, `criticalSystems.access`). */
import { byText } from './json.ts'
import type { Person } from './record.ts'
import { rosterValues } from './roster.ts'
import type { AccessLine } from './settings.ts'

/** vendors/tailscale.md section 2.1. */
export const ROLES = ['owner', 'admin', 'it-admin', 'network-admin', 'billing-admin', 'auditor', 'member'] as const

/** Roles that can change the tailnet: write its policy, its settings or its accounts (section 2.2). */
export const PRIVILEGED_ROLES = ['owner', 'admin', 'it-admin', 'network-admin'] as const

export function isKnownRole(role: string): boolean {
  return (ROLES as readonly string[]).includes(role)
}

export function isPrivileged(role: string): boolean {
  return (PRIVILEGED_ROLES as readonly string[]).includes(role)
}

/** By the order of the roles; a role that we do not know, and none, is weaker than every one that we do. */
export function isStronger(role: string, than: string | null): boolean {
  const rank = (one: string | null): number => {
    const at = (ROLES as readonly (string | null)[]).indexOf(one)
    return at === -1 ? ROLES.length : at
  }
  return rank(role) < rank(than)
}

export function admitsRole(line: AccessLine, role: string): boolean {
  return line.roles.some((admitted) => admitted === '*' || admitted.toLowerCase() === role)
}

/** A line without conditions on the person matches anybody who has the role. */
export function isOpen(line: AccessLine): boolean {
  return line.people === null || Object.keys(line.people).length === 0
}

export function admitsEveryRole(line: AccessLine): boolean {
  return ROLES.every((role) => admitsRole(line, role))
}

/** `open`: it would be decided by a roster column that says nothing. */
export type LineAnswer = { answer: 'match' | 'no' } | { answer: 'open'; missing: string }

/**
 * Whether a line admits this role for this person. A column that says otherwise decides before one that is missing; a
 * service account has no roster entry, so only its login can be named.
 */
export function matchLine(line: AccessLine, role: string, who: Person | { login: string }): LineAnswer {
  if (!admitsRole(line, role)) return { answer: 'no' }
  let missing: string | null = null
  // In byte order: settings that were read back from canonical JSON must name the same column.
  for (const [column, accepted] of Object.entries(line.people ?? {}).sort(([a], [b]) => byText(a, b))) {
    const values = 'login' in who ? loginValues(who.login, column) : rosterValues(who, column)
    if (values === null) missing ??= column
    else if (!accepted.some((wanted) => values.some((value) => same(value, wanted)))) return { answer: 'no' }
  }
  return missing === null ? { answer: 'match' } : { answer: 'open', missing }
}

/** Known to be without: a service account has an address and no department. */
function loginValues(login: string, column: string): readonly string[] {
  return column.trim().toLowerCase() === 'email' ? [login] : []
}

function same(a: string, b: string): boolean {
  return a.trim().toLowerCase() === b.trim().toLowerCase()
}
