import { defineCheck } from '../src/domain/check.ts'
import { finding } from '../src/domain/finding.ts'
import { accountOfDevice, foldLogin } from '../src/domain/match.ts'
import type { Device } from '../src/domain/record.ts'
import type { Snapshot } from '../src/domain/snapshot.ts'
import { deviceIdentity } from './controls.ts'

export const devicesPerPerson = defineCheck({
  id: 'devices-per-person',
  ref: 'ID-19',
  version: 1,
  title: 'Accounts that own unusually many devices',
  question: 'Does any account own more devices than a person usually has?',
  why: 'Ten devices of one person are seldom ten devices: servers without tags, shared logins or forgotten machines hide behind them. Shown, never judged.',
  remediation:
    'Look through the devices of the account under Machines in the Tailscale admin console: tag the servers, remove what is no longer used.',
  severity: 'low',
  controls: deviceIdentity,
  informational: true,
  needs: [{ kind: 'account' }, { kind: 'device' }],
  parameters: {
    usual: {
      type: 'number',
      default: 10,
      unit: 'devices',
      min: 1,
      max: 10000,
      says: 'How many devices one account may own without being shown.',
    },
  },
  run(snapshot, { usual }) {
    const owned = snapshot.derive(devicesByLogin)
    return snapshot.of('account').map((account) => {
      const devices = owned.get(foldLogin(account.login)) ?? 0
      const notice = devices > usual ? `It owns ${devices} devices, more than ${usual}.` : null
      return finding('not_applicable', account, { facts: { devices, usual }, notice })
    })
  },
  say: ({ subject, facts }) =>
    `${subject.label} owns ${facts['devices']} devices${Number(facts['devices']) > Number(facts['usual']) ? `, more than the usual ${facts['usual']}` : ''}.`,
})

function devicesByLogin(snapshot: Snapshot): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  const login = (device: Device) => accountOfDevice(snapshot, device)?.login
  for (const device of snapshot.of('device')) {
    if (device.isExternal === true) continue
    const owner = login(device)
    if (owner !== undefined) counts.set(foldLogin(owner), (counts.get(foldLogin(owner)) ?? 0) + 1)
  }
  return counts
}
