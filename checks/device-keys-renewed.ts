import { defineCheck } from '../src/domain/check.ts'
import { cutoff } from '../src/domain/cutoff.ts'
import { judgeOwnDevices, type Own, said, unsaid } from '../src/domain/device-checks.ts'
import { durationText } from '../src/domain/duration.ts'
import type { Finding } from '../src/domain/finding.ts'
import { sentences } from '../src/domain/sentence.ts'
import type { Snapshot } from '../src/domain/snapshot.ts'
import { keysExpire } from './controls.ts'

export const deviceKeysRenewed = defineCheck({
  id: 'device-keys-renewed',
  ref: 'DEV-06',
  version: 1,
  title: 'Device keys end within the cap and are renewed in time',
  question: 'Does the key of every device end no later than the cap allows?',
  why: 'A key that ends beyond the cap was made before the cap, or past it. One that ends within days cuts somebody off, who then asks for an exception.',
  remediation:
    'Where the key ends too late: in the Tailscale admin console, Machines, the menu at the end of the row, Expire key, so that its owner signs in again. Where it ends soon: let the owner sign in (tailscale up --force-reauth).',
  severity: 'low',
  controls: keysExpire,
  needs: [{ kind: 'device' }],
  parameters: {
    notice: {
      type: 'duration',
      default: '7d',
      min: '1d',
      max: '60d',
      says: 'How long before the end a notice is given.',
    },
    cap: {
      type: 'duration',
      default: '180d',
      min: '1d',
      max: '180d',
      says: 'How far ahead a key may end; the platform allows 180 days.',
    },
  },
  run: (snapshot, { notice, cap }) => judgeOwnDevices(snapshot, (own) => judge(snapshot, own, notice, cap)),
  say: sentences({
    pass: ({ subject, facts, notice }) =>
      `The key of ${subject.label} ${facts['expired'] === true ? 'ended' : 'ends'} ${facts['expires']}${notice === null ? '' : ', which is soon: let its owner sign in again'}.`,
    fail: ({ subject, facts }) =>
      `The key of ${subject.label} ends ${facts['expires']}, more than ${facts['cap']} ahead; expire it so that its owner signs in again.`,
  }),
})

function judge(snapshot: Snapshot, own: Own, notice: number, cap: number): Finding {
  const { keyExpiryDisabled, expiresAt } = own.device
  if (keyExpiryDisabled === null) return unsaid(own, 'keyExpiryDisabled')
  // The date of a device without expiry may be left over from before.
  if (keyExpiryDisabled) return said(own, 'not_applicable', {}, 'It has no key expiry; DEV-03 and DEV-04 judge that.')
  if (expiresAt === null) return unsaid(own, 'expires')
  const facts = { expires: expiresAt, cap: durationText(cap) }
  if (expiresAt > cutoff(snapshot, -cap)) return said(own, 'fail', facts)
  if (expiresAt <= snapshot.at) return said(own, 'pass', { ...facts, expired: true })
  return said(own, 'pass', facts, expiresAt <= cutoff(snapshot, -notice) ? `Ends at ${expiresAt}.` : null)
}
