/** Keys of a tailnet: which still work, and whose they are. https://tailscale.com/api#tag/keys */
import { type Finding, finding, unknown } from './finding.ts'
import { accountByLogin } from './match.ts'
import type { Account, Key } from './record.ts'
import { unreadable } from './roster.ts'
import type { Blindness, Snapshot } from './snapshot.ts'
import { tailnetOf } from './tailnet.ts'
import { type Instant, pastInstant } from './time.ts'

/** What people call a `keyType`; each family has a read scope of its own (vendors/tailscale.md section 1.4). */
const FAMILIES: { readonly [keyType: string]: { one: string; many: string } | undefined } = {
  auth: { one: 'auth key', many: 'auth keys' },
  api: { one: 'API access token', many: 'API access tokens' },
  client: { one: 'OAuth client', many: 'OAuth clients' },
  federated: { one: 'federated identity', many: 'federated identities' },
}

/** "OAuth client"; null for a family that we do not know. */
export function familyOf(key: Key): string | null {
  return key.keyType === null ? null : (FAMILIES[key.keyType]?.one ?? null)
}

/** "OAuth clients"; a family that we do not know is called as it is sent. */
export function familyName(keyType: string): string {
  return FAMILIES[keyType]?.many ?? keyType
}

/** Trust credentials stand for the tailnet, not for a person: they go on working while their creator is suspended. */
export function outlivesSuspension(key: Key): boolean {
  return key.keyType === 'client' || key.keyType === 'federated'
}

export type Validity = { works: boolean; missing: null } | { works: null; missing: string }

/** Whether a key still works. The listing names active keys only, so a key without any of these dates is active. */
export function validity(key: Key, at: Instant): Validity {
  if (key.invalid === true) return { works: false, missing: null }
  if (key.expiresAt !== null && key.expiresAt <= at) return { works: false, missing: null }
  if (key.revokedAt !== null) {
    return pastInstant(key.revokedAt, at) === null
      ? { works: null, missing: 'revoked' }
      : { works: false, missing: null }
  }
  if (unreadable(key, 'revoked', 'revokedAt')) return { works: null, missing: 'revoked' }
  if (unreadable(key, 'invalid')) return { works: null, missing: 'invalid' }
  if (unreadable(key, 'expires', 'expiresAt')) return { works: null, missing: 'expires' }
  return { works: true, missing: null }
}

/** The account that made a key, by id or, where the id is spelled as a login, by that; null where it no longer exists. */
export function creatorOf(snapshot: Snapshot, userId: string): Account | null {
  return snapshot.one('account', tailnetOf(snapshot), userId) ?? accountByLogin(snapshot, userId)
}

/**
 * The auth keys of the tailnet that still work, each judged; one that no longer works is no risk, and one whose kind or
 * validity was not said stays open. Other families are no subject.
 */
export function judgeAuthKeys(snapshot: Snapshot, judge: (key: Key) => Finding): Finding[] {
  return snapshot.of('key').flatMap((key) => {
    if (key.keyType === null) return [unknown('no_data', key, { facts: { missing: 'keyType' } })]
    if (key.keyType !== 'auth') return []
    const { works, missing } = validity(key, snapshot.at)
    if (works === null) return [unknown('no_data', key, { facts: { missing } })]
    return works ? [judge(key)] : [finding('not_applicable', key, { notice: 'It no longer works.' })]
  })
}

/** Whether the tags of the devices that an auth key makes were sent in a form that could not be read: then none is not none. */
export function tagsUnread({ unread }: Key): boolean {
  return unread.some((field) => field === 'tags' || field.endsWith('.tags'))
}

/** An access token that a trust credential minted for an hour: nobody's, and gone before anybody could rotate it. */
export function isMinted(key: Key): boolean {
  return key.keyType === 'api' && key.userId === null && !unreadable(key, 'userId')
}

/** One subject for each of these families that the credential cannot list: what is not seen is not said to be clean. */
export function hiddenKeys(snapshot: Snapshot, families: readonly string[] | null = null): Finding[] {
  const source = tailnetOf(snapshot)
  return [...hiddenFamilies(snapshot)]
    .filter(([family]) => families === null || families.includes(family))
    .map(([family, { scope, because }]) => {
      const label = familyName(family)
      return unknown(
        'not_visible',
        { kind: 'key-family', source, key: family, label },
        { facts: { missing: label, scope, because } },
      )
    })
}

/** The sentence for a hidden family; null for every other answer. */
export function sayHidden({ subject, unknownReason, facts }: Finding): string | null {
  return unknownReason === 'not_visible' && subject.kind === 'key-family'
    ? `The ${subject.label} were not evaluated: the credential cannot see them; give it the scope ${facts['scope']}.`
    : null
}

/** Names of the families, as the vendor writes them, whose keys this reading did not show; all of them where the list was refused. */
export function unseenFamilies(snapshot: Snapshot): readonly string[] {
  const blind = snapshot.sources.find((source) => source.id === snapshot.system)?.blind ?? []
  const whole = blind.some(({ kind, fields }) => kind === 'key' && fields === null)
  return (whole ? Object.keys(FAMILIES) : [...hiddenFamilies(snapshot).keys()]).sort()
}

/** Key families that the credential cannot see in this tailnet, each with what hides it. */
export function hiddenFamilies(snapshot: Snapshot): ReadonlyMap<string, Blindness> {
  const hidden = new Map<string, Blindness>()
  const blind = snapshot.sources.find((source) => source.id === snapshot.system)?.blind ?? []
  for (const entry of blind) {
    if (entry.kind === 'key') for (const family of entry.fields ?? []) hidden.set(family, entry)
  }
  return hidden
}
