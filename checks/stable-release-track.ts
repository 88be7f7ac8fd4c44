import { approvedBy } from '../src/domain/approval.ts'
import { defineCheck } from '../src/domain/check.ts'
import { judgeAttribute } from '../src/domain/device-checks.ts'
import { subjectOf } from '../src/domain/finding.ts'
import { sentences } from '../src/domain/sentence.ts'
import { current } from './controls.ts'

export const stableReleaseTrack = defineCheck({
  id: 'stable-release-track',
  ref: 'DEV-10',
  version: 1,
  title: 'Clients follow the stable release track',
  question: 'Does every device in scope run a stable release of the Tailscale client?',
  why: 'Unstable builds are made for trying out; they get no bulletins and change without notice.',
  remediation:
    'On the device run "tailscale update --track=stable". A device that is meant to try builds out is written under approved for this check in exhibit.yaml, with its reason.',
  severity: 'low',
  controls: current,
  needs: [{ kind: 'device' }, { kind: 'attributes' }],
  parameters: {
    approved: {
      type: 'approved',
      default: [],
      says: 'Devices by id or name that may follow another track, each with a reason.',
    },
  },
  run: (snapshot, { approved }) =>
    judgeAttribute(snapshot, 'node:tsReleaseTrack', (device, track) => {
      if (typeof track !== 'string') return null
      if (track === 'stable') return { status: 'pass', facts: { track } }
      const entry = approvedBy(approved, subjectOf(device))
      return entry === null
        ? { status: 'fail', facts: { track } }
        : { status: 'pass', facts: { track, because: entry.because } }
    }),
  say: sentences({
    pass: ({ subject, facts }) =>
      `${subject.label} follows the ${facts['track']} track${facts['because'] === undefined ? '' : `, as approved: ${facts['because']}`}.`,
    fail: ({ subject, facts }) => `${subject.label} follows the ${facts['track']} track; return it to stable.`,
  }),
})
