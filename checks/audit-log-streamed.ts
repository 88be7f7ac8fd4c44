import { defineCheck } from '../src/domain/check.ts'
import { type Finding, finding, type Subject, unknown } from '../src/domain/finding.ts'
import { knownToHold } from '../src/domain/own-credential.ts'
import { sentences } from '../src/domain/sentence.ts'
import type { Snapshot } from '../src/domain/snapshot.ts'
import { tailnetOf } from '../src/domain/tailnet.ts'
import { auditLog } from './controls.ts'

const SCOPE = 'log_streaming:read'

export const auditLogStreamed = defineCheck({
  id: 'audit-log-streamed',
  ref: 'LOG-01',
  version: 1,
  title: 'The configuration audit log is streamed out',
  question: 'Is the configuration audit log of the tailnet streamed to a system of our own?',
  why: 'Tailscale keeps the audit log for 90 days, under the same administrators whose changes it records. A stream keeps it for as long as an auditor asks, out of their reach.',
  remediation:
    'In the Tailscale admin console open Logs > Configuration logs > Start streaming and name a SIEM or a bucket.',
  severity: 'medium',
  controls: auditLog,
  needs: [{ kind: 'logstream' }],
  run: (snapshot) => [judge(snapshot)],
  say: sentences({
    pass: () => 'The configuration audit log is streamed out.',
    fail: () => 'The configuration audit log is not streamed anywhere; start streaming under Logs.',
    remedies: {
      not_visible: `use an OAuth client with the scope ${SCOPE}, for the answer "not found" also means "not allowed to see"`,
    },
  }),
})

/** The vendor's 404 means "none", "not supported" or "not readable"; only a known scope tells them apart. */
function judge(snapshot: Snapshot): Finding {
  const source = tailnetOf(snapshot)
  const record = snapshot.one('logstream', source, 'configuration')
  const nothing: Subject = { kind: 'logstream', source, key: 'configuration', label: 'configuration' }
  if (record === null) return unknown('no_data', nothing, { facts: { missing: 'logging/configuration/stream' } })
  const facts = { configured: record.configured, destinationType: record.destinationType }
  if (record.configured) return finding('pass', record, { facts })
  return knownToHold(snapshot, source, SCOPE)
    ? finding('fail', record, { facts })
    : unknown('not_visible', record, { facts: { ...facts, missing: 'whether a stream is configured' } })
}
