import { defineCheck } from '../src/domain/check.ts'
import { finding } from '../src/domain/finding.ts'
import { accountByLogin, accountOfDevice } from '../src/domain/match.ts'
import type { Account } from '../src/domain/record.ts'
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
    const owned = snapshot.derive(devicesByAccount)
    return snapshot.of('account').map((account) => {
      const owner = accountByLogin(snapshot, account.login)
      const devices = (owner === null ? undefined : owned.get(owner)) ?? 0
      const notice = devices > usual ? `It owns ${devices} devices, more than ${usual}.` : null
      return finding('not_applicable', account, { facts: { devices, usual }, notice })
    })
  },
  say: ({ subject, facts }) =>
    `${subject.label} owns ${facts['devices']} devices${Number(facts['devices']) > Number(facts['usual']) ? `, more than the usual ${facts['usual']}` : ''}.`,
})

/** Of several accounts with one login the one counts that devices are joined to. */
function devicesByAccount(snapshot: Snapshot): ReadonlyMap<Account, number> {
  const counts = new Map<Account, number>()
  for (const device of snapshot.of('device')) {
    const owner = device.isExternal === true ? null : accountOfDevice(snapshot, device)
    if (owner !== null) counts.set(owner, (counts.get(owner) ?? 0) + 1)
  }
  return counts
}
