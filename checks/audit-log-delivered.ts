import { defineCheck } from '../src/domain/check.ts'
import { durationText } from '../src/domain/duration.ts'
import { type Finding, finding, unknown } from '../src/domain/finding.ts'
import type { LogStream } from '../src/domain/record.ts'
import { unreadable } from '../src/domain/roster.ts'
import { sentences } from '../src/domain/sentence.ts'
import type { Snapshot } from '../src/domain/snapshot.ts'
import { between, pastInstant } from '../src/domain/time.ts'
import { auditLog } from './controls.ts'

export const auditLogDelivered = defineCheck({
  id: 'audit-log-delivered',
  ref: 'LOG-02',
  version: 1,
  title: 'Log streams deliver',
  question: 'Has every log stream that is configured delivered without error within the time allowed?',
  why: 'A stream that fails is silent: the gap in the log is found on the day somebody needs what is missing.',
  remediation:
    'In the Tailscale admin console open Logs, read the error of the stream, and renew the credential or the address of its destination.',
  severity: 'medium',
  controls: auditLog,
  needs: [{ kind: 'logstream' }],
  parameters: {
    maxSilent: {
      type: 'duration',
      default: '24h',
      min: '1h',
      max: '30d',
      says: 'How long ago the last delivery may be.',
    },
  },
  run: (snapshot, { maxSilent }) => snapshot.of('logstream').map((stream) => judge(snapshot, stream, maxSilent)),
  say: sentences({
    pass: ({ subject, facts }) => `The stream of ${subject.label} logs delivered at ${facts['lastActivity']}.`,
    fail: ({ subject, facts }) =>
      facts['lastError'] === null
        ? `The stream of ${subject.label} logs last delivered at ${facts['lastActivity']}, longer ago than ${facts['maxSilent']}; see to its destination.`
        : `The stream of ${subject.label} logs fails: ${facts['lastError']}; see to its destination.`,
    remedies: { no_data: 'see under Logs in the Tailscale admin console whether it has ever delivered' },
  }),
})

function judge(snapshot: Snapshot, stream: LogStream, maxSilent: number): Finding {
  if (!stream.configured)
    return finding('not_applicable', stream, { notice: 'No such stream is known; LOG-01 and LOG-03 judge that.' })
  const facts = { lastError: stream.lastError, lastActivity: stream.lastActivityAt, maxSilent: durationText(maxSilent) }
  if (stream.lastError !== null) return finding('fail', stream, { facts })
  if (unreadable(stream, 'lastError')) return unknown('no_data', stream, { facts: { ...facts, missing: 'lastError' } })
  const delivered = pastInstant(stream.lastActivityAt, snapshot.at)
  if (delivered === null) return unknown('no_data', stream, { facts: { ...facts, missing: 'lastActivity' } })
  return finding(between(delivered, snapshot.at) > maxSilent ? 'fail' : 'pass', stream, { facts })
}
