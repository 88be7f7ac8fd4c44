import { defineCheck } from '../src/domain/check.ts'
import { creatorOf, familyOf, hiddenKeys, outlivesSuspension, sayHidden, validity } from '../src/domain/credential.ts'
import { type Facts, type Finding, finding, unknown } from '../src/domain/finding.ts'
import { departed, ownerOf } from '../src/domain/match.ts'
import { carryDepartures, offboardingLimits, stillHasAccess } from '../src/domain/offboarding.ts'
import type { Account, Key, Person } from '../src/domain/record.ts'
import { unmatched, unreadable } from '../src/domain/roster.ts'
import { notEvaluated } from '../src/domain/sentence.ts'
import type { Snapshot } from '../src/domain/snapshot.ts'
import { offboarded } from './controls.ts'

const ID = 'leavers-hold-no-credentials'

export const leaversHoldNoCredentials = defineCheck({
  id: ID,
  ref: 'ID-04',
  version: 1,
  title: 'No credential made by somebody who left still works',
  question: 'Has every key, token and trust credential that a leaver made stopped working?',
  why: 'Suspending a person stops their auth keys and API access tokens, but an OAuth client or a federated identity that they made goes on minting tokens; whoever knows its secret still has access.',
  remediation:
    'In the Tailscale admin console revoke auth keys and API access tokens under Settings > Keys, OAuth clients and federated identities under Settings > Trust credentials. First make a replacement under an account of somebody who stays, for whatever still uses the credential.',
  severity: 'critical',
  controls: offboarded,
  needs: [{ kind: 'person' }, { kind: 'account' }, { kind: 'key' }],
  limits: offboardingLimits,
  carry: carryDepartures(ID),
  run(snapshot) {
    const keys = snapshot.of('key').map((key) => judge(snapshot, key))
    return keys.concat(hiddenKeys(snapshot))
  },
  say(finding) {
    const { subject, facts } = finding
    const what = `The ${facts['family'] ?? 'credential'} ${subject.label}`
    switch (finding.status) {
      case 'pass':
        if (facts['works'] === false) return `${what} no longer works.`
        return finding.notice === null
          ? `${what} was made by ${facts['creator']}, who is employed.`
          : `${what} was made by ${facts['creator']}, who has left and is suspended, which stops it; revoke it before anybody restores the account.`
      case 'not_applicable':
        if (facts['dueAt'] !== undefined) {
          return `${what} was made by ${facts['creator']}, who left on ${facts['leftAt']}; revoke it before ${facts['dueAt']}.`
        }
        return `${what} was made by no person (${facts['because']}).`
      case 'fail':
        return facts['accountStatus'] === 'deleted'
          ? `${what} still works though the account that made it (${facts['creator']}) no longer exists; revoke it.`
          : `${what} still works though ${facts['creator']}, who made it, has left (account ${facts['accountStatus']}); revoke it, due by ${facts['dueAt']}.`
      case 'unknown':
        return (
          sayHidden(finding) ??
          (facts['missing'] === 'end_date'
            ? `${what} was made by ${facts['creator']}, who has left on a day that the roster does not name; write the end date there and revoke it before ${facts['dueAt']}.`
            : notEvaluated(finding))
        )
    }
  },
})

function judge(snapshot: Snapshot, key: Key): Finding {
  const facts: Facts = {
    family: familyOf(key),
    keyType: key.keyType,
    created: key.createdAt,
    expires: key.expiresAt,
  }
  const { works, missing } = validity(key, snapshot.at)
  if (works === false) return finding('pass', key, { facts: { ...facts, works, revoked: key.revokedAt } })
  if (works === null) return unknown('no_data', key, { facts: { ...facts, missing } })
  if (unreadable(key, 'userId')) return unknown('no_data', key, { facts: { ...facts, missing: 'userId' } })
  if (key.userId === null) return finding('not_applicable', key, { facts: { ...facts, because: 'a trust credential' } })

  const account = creatorOf(snapshot, key.userId)
  if (account === null) {
    return finding('fail', key, { facts: { ...facts, creator: key.userId, accountStatus: 'deleted' } })
  }
  return judgeCreator(snapshot, key, account, { ...facts, creator: account.login, accountStatus: account.status })
}

function judgeCreator(snapshot: Snapshot, key: Key, account: Account, facts: Facts): Finding {
  const owner = ownerOf(snapshot, account)
  if (owner.exempt !== null) {
    return finding('not_applicable', key, {
      with: [account],
      facts: { ...facts, because: `a ${owner.exempt} account` },
    })
  }
  if (owner.person === null) return unmatched(key, owner, facts)
  const read = { with: [account, owner.person], facts }
  if (!departed(owner.person, snapshot.at)) return finding('pass', key, read)
  return afterDeparture(snapshot, key, account, owner.person, facts)
}

function afterDeparture(snapshot: Snapshot, key: Key, account: Account, person: Person, facts: Facts): Finding {
  const read = { with: [account, person], facts }
  if (account.status === null) return unknown('no_data', key, { ...read, facts: { ...facts, missing: 'status' } })
  if (account.status === 'suspended' && !outlivesSuspension(key)) {
    if (key.keyType === 'auth' || key.keyType === 'api') {
      return finding('pass', key, {
        ...read,
        notice: 'stopped by the suspension only; restoring the account revives it',
      })
    }
    // Whether a kind of key that we do not know stops with its creator, nobody can say.
    return unknown('no_data', key, { ...read, facts: { ...facts, missing: 'keyType' } })
  }
  return stillHasAccess(snapshot, ID, key, person, { facts, with: [account] })
}
