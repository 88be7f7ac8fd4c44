import { defineCheck } from '../src/domain/check.ts'
import { judgeAuthKeys, tagsUnread } from '../src/domain/credential.ts'
import { type Finding, finding, unknown } from '../src/domain/finding.ts'
import type { Key } from '../src/domain/record.ts'
import { sentences } from '../src/domain/sentence.ts'
import { keysExpire } from './controls.ts'

export const reusableKeysLeaveNoTrace = defineCheck({
  id: 'reusable-keys-leave-no-trace',
  ref: 'KEY-05',
  version: 1,
  title: 'Reusable keys make ephemeral, tagged devices',
  question: 'Does every auth key that can be used again make devices that carry a tag and go when they disconnect?',
  why: 'What is thrown away every night must not stay in the network: an ephemeral device leaves by itself, and a tag keeps it from being some person’s machine.',
  remediation:
    'In the Tailscale admin console open Settings > Keys, revoke the key and generate one with Ephemeral and Tags; or let an OAuth client make keys of that kind.',
  severity: 'low',
  controls: keysExpire,
  needs: [{ kind: 'key', fields: ['auth'] }],
  run: (snapshot) => judgeAuthKeys(snapshot, judge),
  say: sentences({
    pass: ({ subject, facts }) => `The reusable key ${subject.label} makes ephemeral devices with ${facts['tags']}.`,
    fail: ({ subject, facts }) =>
      `The reusable key ${subject.label} makes devices that ${facts['ephemeral'] === true ? 'carry no tag' : facts['tags'] === null ? 'stay and carry no tag' : 'stay'}; replace it.`,
  }),
})

function judge(key: Key): Finding {
  const { reusable, ephemeral, tags } = key
  if (reusable === null) return unknown('no_data', key, { facts: { missing: 'reusable' } })
  if (!reusable) return finding('not_applicable', key, { notice: 'It lets in a single device.' })
  const facts = { reusable, ephemeral, tags: tags.join(', ') || null }
  if (tagsUnread(key)) return unknown('no_data', key, { facts: { ...facts, missing: 'tags' } })
  if (tags.length > 0 && ephemeral === null)
    return unknown('no_data', key, { facts: { ...facts, missing: 'ephemeral' } })
  return finding(tags.length > 0 && ephemeral === true ? 'pass' : 'fail', key, { facts })
}
