import { defineCheck } from '../src/domain/check.ts'
import { judgeOwnDevices, type Own, said, unsaid } from '../src/domain/device-checks.ts'
import { durationText } from '../src/domain/duration.ts'
import type { Finding } from '../src/domain/finding.ts'
import type { Carried, Device } from '../src/domain/record.ts'
import { sentences } from '../src/domain/sentence.ts'
import type { Snapshot } from '../src/domain/snapshot.ts'
import { tailnetOf } from '../src/domain/tailnet.ts'
import { between, HOUR, type Instant, pastInstant, plus } from '../src/domain/time.ts'
import { approvals } from './controls.ts'

const ID = 'devices-authorized'

export const devicesAuthorized = defineCheck({
  id: ID,
  ref: 'DEV-01',
  version: 1,
  title: 'Every device is authorized or turned away',
  question: 'Is no device waiting for authorization longer than allowed?',
  why: 'The gate is holding, since a device that is not authorized reaches nothing; but a queue that nobody looks at is soon emptied without looking.',
  remediation:
    'In the Tailscale admin console open Machines, filter by "Needs approval", and in the menu at the end of the row choose Approve or Remove.',
  severity: 'low',
  controls: approvals,
  needs: [{ kind: 'device' }],
  parameters: {
    maxWait: {
      type: 'duration',
      default: '24h',
      min: '1h',
      max: '90d',
      says: 'How long a device may wait for authorization.',
    },
  },
  carry,
  run: (snapshot, { maxWait }) => judgeOwnDevices(snapshot, (own) => judge(snapshot, own, maxWait)),
  say: sentences({
    pass: ({ subject }) => `${subject.label} is authorized.`,
    fail: ({ subject, facts }) =>
      `${subject.label} has not been authorized since ${facts['since']}, longer than ${facts['maxWait']}; approve or remove it.`,
  }),
})

function judge(snapshot: Snapshot, own: Own, maxWait: number): Finding {
  const { device } = own
  if (device.authorized === null) return unsaid(own, 'authorized')
  if (device.authorized) return said(own, 'pass', AUTHORIZED)
  const since = waitingSince(snapshot, device)
  if (since === null) return unsaid(own, 'created', { authorized: false })
  const facts = { authorized: false, since, maxWait: durationText(maxWait) }
  if (between(since, snapshot.at) > maxWait) return said(own, 'fail', facts)
  return said(own, 'not_applicable', facts, `It waits for authorization; decide by ${plus(since, maxWait)}.`)
}

const AUTHORIZED = { authorized: true }

/**
 * From its creation on, unless an earlier run has seen the device authorized: then from our first sight of the loss.
 * Every device that was waiting when we last looked is remembered, so one that is older than that look and not
 * remembered was authorized then.
 */
function waitingSince(snapshot: Snapshot, device: Device): Instant | null {
  const known = instantOf(snapshot.one('carried', device.source, `${ID}/${device.key}`), 'since')
  if (known !== null) return known
  const created = pastInstant(device.createdAt, snapshot.at)
  const lookedAt = instantOf(snapshot.one('carried', device.source, LOOK), 'lookedAt')
  return lookedAt !== null && created !== null && created < lookedAt ? snapshot.at : created
}

const LOOK = `${ID}/last-look`
/** A look is noted anew twice a day rather than at each run, so that quiet runs carry the same records. */
const NOTED_EVERY = 12 * HOUR

function instantOf(memory: Carried | null, name: string): Instant | null {
  const value = memory?.body[name]
  return typeof value === 'string' ? value : null
}

function carry(snapshot: Snapshot): readonly Carried[] {
  const source = tailnetOf(snapshot)
  const before = snapshot.one('carried', source, LOOK)
  const lookedAt = instantOf(before, 'lookedAt')
  const remember = (key: string, body: Carried['body']): Carried => ({
    kind: 'carried',
    source,
    key,
    unread: [],
    check: ID,
    body,
  })
  const waiting = snapshot.of('device').flatMap((device) => {
    if (device.authorized !== false || device.isExternal === true) return []
    const since = waitingSince(snapshot, device)
    return since === null ? [] : [remember(`${ID}/${device.key}`, { since })]
  })
  const recent = before !== null && lookedAt !== null && between(lookedAt, snapshot.at) < NOTED_EVERY
  return [recent ? before : remember(LOOK, { lookedAt: snapshot.at }), ...waiting]
}
