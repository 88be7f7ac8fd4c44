import { defineCheck } from '../src/domain/check.ts'
import { creatorOf, familyOf, hiddenKeys, isMinted, sayHidden, validity } from '../src/domain/credential.ts'
import { type Facts, type Finding, finding, unknown } from '../src/domain/finding.ts'
import { ownerOf } from '../src/domain/match.ts'
import type { Account, Key } from '../src/domain/record.ts'
import { unmatched, unreadable } from '../src/domain/roster.ts'
import { sentences } from '../src/domain/sentence.ts'
import type { Snapshot } from '../src/domain/snapshot.ts'
import { keysExpire } from './controls.ts'

const FAMILIES = ['api', 'client', 'federated']

export const credentialsOwnedAndNarrow = defineCheck({
  id: 'credentials-owned-and-narrow',
  ref: 'KEY-06',
  version: 1,
  title: 'API credentials have a known owner and a narrow scope',
  question:
    'Does somebody answer for every API access token, OAuth client and federated identity, and may none of them change everything?',
  why: 'A credential that nobody answers for is never taken back; one with the scope "all" is an administrator without a second factor.',
  remediation:
    'In the Tailscale admin console, Settings > Trust credentials, make a credential with the scopes that its user needs, then revoke the wide one (API access tokens: Settings > Keys). Where a trust credential made it, name who answers for it under owners for this check in exhibit.yaml.',
  severity: 'high',
  controls: keysExpire,
  needs: [{ kind: 'person' }, { kind: 'account' }, { kind: 'key' }],
  parameters: {
    owners: {
      type: 'map',
      default: {},
      says: 'Ids of credentials whose maker is not named, each with the e-mail of who answers for it.',
    },
  },
  run: (snapshot, { owners }) => [
    ...snapshot.of('key').flatMap((key) => judge(snapshot, key, owners)),
    ...hiddenKeys(snapshot, FAMILIES),
  ],
  say: sentences({
    pass: ({ subject, facts }) =>
      facts['works'] === false
        ? `The ${facts['family']} ${subject.label} no longer works.`
        : `${facts['owner']} answers for the ${facts['family']} ${subject.label}, which may do no more than ${facts['scopes']}.`,
    fail: ({ subject, facts }) =>
      facts['wide'] === true
        ? `The ${facts['family']} ${subject.label} may change everything (scope all); replace it with one that has only the scopes it needs.`
        : `Nobody answers for the ${facts['family']} ${subject.label} (${facts['because']}); name an owner in exhibit.yaml or revoke it.`,
    open: sayHidden,
  }),
})

function judge(snapshot: Snapshot, key: Key, owners: Readonly<Record<string, string>>): Finding[] {
  if (key.keyType === null) return [unknown('no_data', key, { facts: { missing: 'keyType' } })]
  if (key.keyType === 'auth') return []
  return [judgeCredential(snapshot, key, owners)]
}

function judgeCredential(snapshot: Snapshot, key: Key, owners: Readonly<Record<string, string>>): Finding {
  const scopes = key.scopes.join(' ') || null
  const facts: Facts = { family: familyOf(key) ?? 'credential', keyType: key.keyType, scopes, created: key.createdAt }
  const { works, missing } = validity(key, snapshot.at)
  if (works === false) return finding('pass', key, { facts: { ...facts, works } })
  if (works === null) return unknown('no_data', key, { facts: { ...facts, missing } })
  if (isMinted(key)) {
    return finding('not_applicable', key, { facts, notice: 'A trust credential minted it, for an hour at most.' })
  }
  if (key.scopes.includes('all')) return finding('fail', key, { facts: { ...facts, wide: true } })
  const owner = ownerAnswer(snapshot, key, owners, facts)
  if (owner.status !== 'pass') return owner
  return scopes === null ? unknown('no_data', key, { facts: { ...facts, missing: 'scopes' } }) : owner
}

function ownerAnswer(snapshot: Snapshot, key: Key, owners: Readonly<Record<string, string>>, facts: Facts): Finding {
  const named = Object.hasOwn(owners, key.key) ? owners[key.key]! : null
  if (named !== null) return finding('pass', key, { facts: { ...facts, owner: named } })
  if (unreadable(key, 'userId')) return unknown('no_data', key, { facts: { ...facts, missing: 'userId' } })
  if (key.userId === null) return finding('fail', key, { facts: { ...facts, because: 'a trust credential made it' } })
  const account = creatorOf(snapshot, key.userId)
  if (account === null) {
    return finding('fail', key, {
      facts: { ...facts, because: `the account ${key.userId} that made it no longer exists` },
    })
  }
  return personAnswer(snapshot, key, account, facts)
}

/** Whether the person is still employed is the question of ID-04. */
function personAnswer(snapshot: Snapshot, key: Key, account: Account, facts: Facts): Finding {
  const owner = ownerOf(snapshot, account)
  const all = { ...facts, owner: account.login }
  if (owner.exempt === null && owner.person === null) return unmatched(key, owner, all)
  return finding('pass', key, { with: [account, owner.person], facts: all })
}
