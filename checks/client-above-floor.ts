import { defineCheck } from '../src/domain/check.ts'
import { judgeOwnDevices, said, unsaid } from '../src/domain/device-checks.ts'
import { unknown } from '../src/domain/finding.ts'
import { sentences } from '../src/domain/sentence.ts'
import { tailnetSubject } from '../src/domain/tailnet.ts'
import { compareVersions } from '../src/domain/version.ts'
import { current } from './controls.ts'

export const clientAboveFloor = defineCheck({
  id: 'client-above-floor',
  ref: 'DEV-08',
  version: 1,
  title: 'No Tailscale client is below the floor version',
  question: 'Does every device run at least the floor version of the Tailscale client?',
  why: 'Below some version a client has flaws that are published, or lacks what posture needs; nothing else makes up for that.',
  remediation:
    'On the device run "tailscale update" or update the app. Where the floor should be another one, set floor for this check in exhibit.yaml.',
  severity: 'medium',
  controls: current,
  needs: [{ kind: 'device' }],
  parameters: {
    floor: { type: 'text', default: '1.80', says: 'Lowest version that is accepted, such as 1.80 or 1.86.2.' },
  },
  run(snapshot, { floor }) {
    const least = numbersOf(floor)
    if (least === null)
      return [
        unknown('not_configured', tailnetSubject(snapshot), { facts: { floor, missing: 'a floor that is a version' } }),
      ]
    return judgeOwnDevices(snapshot, (own) => {
      const { clientVersion } = own.device
      const version = clientVersion === null ? null : numbersOf(clientVersion)
      if (version === null) return unsaid(own, 'clientVersion', { clientVersion, floor })
      return said(own, compareVersions(version, least) < 0 ? 'fail' : 'pass', { clientVersion, floor })
    })
  },
  say: sentences({
    pass: ({ subject, facts }) =>
      `${subject.label} runs client ${facts['clientVersion']}, at or above ${facts['floor']}.`,
    fail: ({ subject, facts }) =>
      `${subject.label} runs client ${facts['clientVersion']}, below the floor ${facts['floor']}; update it.`,
  }),
})

/** "v1.36.0", "1.22.2-t60b671955-gecc5d9846", "1.80": the numbers alone, three of them, so that 1.80 is 1.80.0. */
function numbersOf(version: string): string | null {
  const match = /^v?(\d+)\.(\d+)(?:\.(\d+))?(?:[-+].*)?$/.exec(version)
  return match === null ? null : `${match[1]}.${match[2]}.${match[3] ?? '0'}`
}
