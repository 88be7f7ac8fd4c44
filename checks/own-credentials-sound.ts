import { defineCheck } from '../src/domain/check.ts'
import { sourceSubject, sourceUnknown } from '../src/domain/collection.ts'
import { durationText } from '../src/domain/duration.ts'
import { type Finding, finding, unknown } from '../src/domain/finding.ts'
import { credentialsOf, type Lack, lacksOf } from '../src/domain/own-credential.ts'
import { sentences } from '../src/domain/sentence.ts'
import { sourceSettings } from '../src/domain/settings.ts'
import type { Snapshot, SourceState } from '../src/domain/snapshot.ts'
import { between, type Instant } from '../src/domain/time.ts'
import { keysExpire } from './controls.ts'

/** Sources whose vendor tells a credential something of itself. */
const TELLING = ['tailscale', 'sentinelone']
/** Sources that are files. */
const FILES = ['csv']

export const ownCredentialsSound = defineCheck({
  id: 'own-credentials-sound',
  ref: 'KEY-07',
  version: 1,
  title: 'Our own credentials are sound',
  question: 'Does every credential that we read with last, see all that the checks need, and change nothing?',
  why: 'A credential that ends tomorrow ends the evidence tomorrow; one that sees too little leaves checks without an answer; and one that can write makes this program worth stealing from.',
  remediation:
    'Make a new credential with the rights that "exhibit init" prints and put it into the configuration; "exhibit doctor" names the scope that is missing. Where a credential must be able to write, set allowWrite: true for its source.',
  severity: 'high',
  controls: keysExpire,
  over: 'collection',
  needs: [],
  parameters: {
    noticeBefore: {
      type: 'duration',
      default: '14d',
      min: '1d',
      max: '90d',
      says: 'How long before the end of a credential a notice is given.',
    },
    failBefore: {
      type: 'duration',
      default: '3d',
      min: '1h',
      max: '90d',
      says: 'How long before the end of a credential it fails.',
    },
  },
  run: (snapshot, limits, asked = []) =>
    snapshot.sources.map((source) => judge(snapshot, source, limits, () => lacksOf(snapshot, source, asked))),
  say: sentences({
    pass: ({ subject, facts, notice }) =>
      `The credential of ${subject.label} lasts (${facts['expires']}), sees what is needed and writes: ${facts['writes']}. ${notice ?? ''}`.trim(),
    fail: ({ subject, facts }) => `The credential of ${subject.label} ${facts['because']}; make a new one.`,
    remedies: { not_visible: 'look the credential up in the vendor’s console, or use one that may read itself' },
  }),
})

interface Limits {
  readonly noticeBefore: number
  readonly failBefore: number
}

function judge(snapshot: Snapshot, source: SourceState, limits: Limits, lacksOfSource: () => readonly Lack[]): Finding {
  const subject = sourceSubject(source)
  if (FILES.includes(source.kind))
    return finding('not_applicable', subject, { notice: 'It is a file and needs no credential.' })
  const obstacle = sourceUnknown(source)
  if (obstacle !== null) return unknown(obstacle, subject, { facts: { missing: 'the credential' } })

  const records = credentialsOf(snapshot, source.id)
  const telling = TELLING.includes(source.kind)
  const expiresAt = records.find((record) => record.expiresAt !== null)?.expiresAt ?? null
  const endless = records.some((record) => record.endless)
  const writes = records.find((record) => record.writes !== null)?.writes ?? null
  const allowWrite = sourceSettings(snapshot.settings, source.id)?.allowWrite ?? false
  const lacks = lacksOfSource()
  const because = [
    ...(expiresAt === null ? [] : ends(expiresAt, snapshot.at, limits.failBefore)),
    ...(writes === null || writes.length === 0 || allowWrite ? [] : [`can write (${writes.join(' ')})`]),
    ...lacks.map(({ scope, checks }) => `lacks ${scope} (needed by ${checks.join(', ')})`),
  ]
  const publishesRights = source.kind === 'tailscale'
  const facts = {
    credential: records.find(({ key }) => key === 'key')?.what ?? records[0]?.what ?? 'credential',
    expires: expiresAt ?? (endless ? 'never' : telling ? null : 'not published by the vendor'),
    writes: writes === null ? (publishesRights ? null : 'not published by the vendor') : writes.join(' ') || 'nothing',
    allowWrite,
    lacks: lacks.map(({ scope }) => scope).join(' ') || null,
    failBefore: durationText(limits.failBefore),
  }
  const read = { with: records, facts }
  if (because.length > 0)
    return finding('fail', subject, { ...read, facts: { ...facts, because: because.join('; it ') } })
  if (facts.expires === null)
    return unknown('not_visible', subject, { ...read, facts: { ...facts, missing: 'its own end' } })
  if (facts.writes === null)
    return unknown('not_visible', subject, { ...read, facts: { ...facts, missing: 'its own scopes' } })
  const soon = expiresAt !== null && between(snapshot.at, expiresAt) <= limits.noticeBefore
  return finding('pass', subject, { ...read, notice: soon ? `It ends at ${expiresAt}.` : null })
}

function ends(expiresAt: Instant, at: Instant, failBefore: number): string[] {
  const left = between(at, expiresAt)
  if (left <= 0) return [`ended at ${expiresAt}`]
  return left <= failBefore ? [`ends at ${expiresAt}`] : []
}
