import { defineCheck } from '../src/domain/check.ts'
import { judgeOwnDevices, said, unsaid } from '../src/domain/device-checks.ts'
import { unreadable } from '../src/domain/roster.ts'
import { sentences } from '../src/domain/sentence.ts'
import { keysExpire } from './controls.ts'

export const deviceKeysExpire = defineCheck({
  id: 'device-keys-expire',
  ref: 'DEV-03',
  version: 1,
  title: 'The keys of people’s devices expire',
  question: 'Must every device that a person owns sign in again from time to time?',
  why: 'A device whose key never expires stays in the network for ever, also after it was lost or sold. Tagged devices have no expiry by design and are judged by DEV-04.',
  remediation:
    'In the Tailscale admin console open Machines, the menu at the end of the row, Enable key expiry. Where the device is a server, give it a tag instead.',
  severity: 'medium',
  controls: keysExpire,
  needs: [{ kind: 'device' }],
  run: (snapshot) =>
    judgeOwnDevices(snapshot, (own) => {
      const { keyExpiryDisabled, tags } = own.device
      if (unreadable(own.device, 'tags')) return unsaid(own, 'tags')
      if (tags.length > 0)
        return said(own, 'not_applicable', {}, 'It is tagged, and tagged devices have no key expiry by design.')
      if (keyExpiryDisabled === null) return unsaid(own, 'keyExpiryDisabled')
      return keyExpiryDisabled ? said(own, 'fail', OFF) : said(own, 'pass', ON)
    }),
  say: sentences({
    pass: ({ subject }) => `The key of ${subject.label} expires.`,
    fail: ({ subject }) => `The key of ${subject.label} never expires; enable key expiry under Machines.`,
  }),
})

const ON = { keyExpiryDisabled: false }
const OFF = { keyExpiryDisabled: true }
