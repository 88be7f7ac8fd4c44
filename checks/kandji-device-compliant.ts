import { answer, type Host, judgeAgents, notSaid, textOf, undecided } from '../src/domain/agent-checks.ts'
import { sayOf } from '../src/domain/agent-sentences.ts'
import { defineCheck } from '../src/domain/check.ts'
import { type Finding, unknown } from '../src/domain/finding.ts'
import { encryptionOf } from '../src/domain/match.ts'
import type { Snapshot } from '../src/domain/snapshot.ts'
import { compareVersions } from '../src/domain/version.ts'
import { mdmEnrolled } from './controls.ts'

export const kandjiDeviceCompliant = defineCheck({
  id: 'kandji-device-compliant',
  ref: 'KJ-04',
  version: 1,
  title: 'Kandji devices have a blueprint, a system that is new enough and FileVault',
  question:
    'Does every device at Kandji (Iru) have a blueprint and, if it is a Mac, run at least the floor version and encrypt its disk with FileVault?',
  why: 'Without a blueprint nothing is enforced on the device, enrolled or not; an old system gets no more security updates; a disk without FileVault is readable by whoever finds the Mac.',
  remediation:
    'In Kandji (Iru) open Devices, the device, and assign a blueprint; update its system, or enforce the version with Managed OS in its blueprint; turn FileVault on with the FileVault item of its blueprint and let its owner log out and in once.',
  severity: 'medium',
  controls: mdmEnrolled,
  vendor: 'kandji',
  // Not `encryption`: a token that does not see FileVault leaves Macs without an answer, and says nothing of other devices.
  needs: [{ kind: 'device' }, { kind: 'agent', from: 'kandji', fields: ['blueprint_name', 'os_version'] }],
  parameters: {
    macosFloor: {
      type: 'text',
      default: '',
      says: 'Lowest macOS version that is accepted, such as 15.0; empty: none is declared.',
    },
  },
  run: (snapshot, { macosFloor }) => judgeAgents(snapshot, 'kandji', (host) => judge(snapshot, host, macosFloor)),
  say: sayOf('kandji', { pass: sayPass, fail: sayFail }),
})

const FILEVAULT = 'filevault.status'

function judge(snapshot: Snapshot, host: Host, macosFloor: string): Finding {
  const { device, agent, duplicates } = host
  const os_version = textOf(host, 'os_version')
  const blueprint_name = textOf(host, 'blueprint_name')
  const seen = { agentId: agent.key, blueprint_name, os_version, macosFloor: macosFloor || null }
  // Kandji sends no name where there is no blueprint and where it says nothing: the two cannot be told apart.
  if (!isMac(host)) return blueprint_name === null ? notSaid(host, 'blueprint_name') : answer(host, 'pass', seen)

  const encryption = encryptionOf(snapshot, agent)
  const on = encryption?.on ?? null
  const facts = { ...seen, [FILEVAULT]: on }
  const version = os_version === null ? null : /^\d+(?:\.\d+)*/.exec(os_version)
  const old = macosFloor !== '' && version !== null && compareVersions(version[0], macosFloor) < 0
  if (old || on === false) return answer(host, 'fail', { ...facts, old }, null, encryption)
  if (macosFloor !== '' && version === null) return notSaid(host, 'os_version', os_version)
  if (blueprint_name === null) return notSaid(host, 'blueprint_name')
  if (on === null) {
    const scope = hiddenBehind(snapshot, agent.source)
    if (scope !== null) {
      const about = { ...facts, missing: FILEVAULT, of: 'kandji', scope }
      return unknown('not_visible', device, { facts: about, notice: duplicates, with: [agent] })
    }
    const sent = encryption?.unread.includes('status') === true
    return undecided(host, { ...facts, missing: FILEVAULT, of: 'kandji', sent }, encryption)
  }
  return answer(
    host,
    'pass',
    facts,
    macosFloor === '' ? 'No floor version is declared (macosFloor).' : null,
    encryption,
  )
}

/** The permission that a source's token lacks for FileVault; null where it was read. */
function hiddenBehind(snapshot: Snapshot, source: string): string | null {
  const state = snapshot.sources.find(({ id }) => id === source)
  return state?.blind.find(({ kind }) => kind === 'encryption')?.scope ?? null
}

/** Where Kandji does not name the family, the tailnet says what the device is. */
function isMac({ agent, device }: Host): boolean {
  return ['mac', 'macos'].includes((agent.platform ?? device.os ?? '').toLowerCase())
}

function sayFail({ subject, facts }: Finding): string {
  const wrong = [
    ...(facts['old'] === true
      ? [`runs version ${facts['os_version']}, below the floor ${facts['macosFloor']}; update it`]
      : []),
    ...(facts[FILEVAULT] === false
      ? [`does not encrypt its disk (FileVault is off, device ${facts['agentId']}); turn FileVault on`]
      : []),
  ]
  return `${subject.label} ${wrong.join('. It ')}.`
}

function sayPass({ subject, facts }: Finding): string {
  const said = `${subject.label} has the blueprint ${facts['blueprint_name']} and runs version ${facts['os_version'] ?? 'not said'}`
  return facts[FILEVAULT] === true ? `${said}, with FileVault on.` : `${said}.`
}
