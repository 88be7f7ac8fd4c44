/**
 * Six days of a small organisation, as an auditor's packet tells them: two people leave, one of them late; somebody joins, a
 * role is raised, a device comes, a vendor is down for half a day, access is reviewed, an outside authority stamps.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Check } from '../../src/domain/check.ts'
import { HOUR } from '../../src/domain/time.ts'
import { accountActor, accountTarget, eventRow } from '../../src/simulators/fleet/audit-rows.ts'
import { type Authority, startAuthority } from '../helpers/authority.ts'
import { exhibit } from '../helpers/cli.ts'
import { healthyWorld } from '../helpers/healthy-world.ts'
import { GOVERNED, type TestInstallation, testClock, testInstallation } from '../helpers/installation.ts'
import { type Files, filesOf } from '../prove/packet-files.ts'

export const FROM = '2026-11-10'
export const TO = '2026-11-15'
const START = `${FROM}T09:00:00.000Z`
export const IN_TIME = 'bartosz.eriksen.4@fleet.example'
export const LATE = 'mehmet.eriksen.3@fleet.example'
export const RAISED = 'iris.horvath.2@fleet.example'
export const NONCE = 'auditor-7f3a'

const yaml = (floor: number): string => `${GOVERNED.replace('floor: 70', `floor: ${floor}`)}
waivers: [{ id: W-1, check: ID-03, subject: "*", owner: bob@acme.example, approver: eve@acme.example, reason: small team, created: 2026-11-01, expires: 2027-01-31 }]
attestations: [{ id: A-1, check: break-glass-tested, system: tailnet, answer: pass, by: eve@acme.example, on: 2026-11-01, until: 2027-01-31, note: "drill" }]
controls: [{ id: AC-07, text: "Access of leavers is removed within one day", owner: it@acme.example, criteria: { soc2: [CC6.2] }, checks: [ID-02] }]
ledger: { timestamps: { url: https://tsa.example/tsr, every: 24h } }
`

export interface SmallPeriod {
  readonly installation: TestInstallation
  /** The packet of the period, with two accounts that were drawn of those in it. */
  packet(...more: readonly string[]): Promise<Files>
  close(): Promise<void>
}

export async function smallPeriod(checks: readonly Check[]): Promise<SmallPeriod> {
  const folder = mkdtempSync(join(tmpdir(), 'small-period-'))
  const clock = testClock(START)
  const authority: Authority = await startAuthority(() => new Date(clock.wall()))
  const world = healthyWorld(new Date(clock.wall()))
  const frame = { clock, world, checks, freshness: '12h' }
  const installation = await testInstallation({ ...frame, stamp: authority.stamp, yaml: yaml(70) })
  const { users, devices, auditLog } = world.tailscale
  const said = async (...argv: string[]): Promise<string> => {
    const { code, out, err } = await exhibit(installation, ...argv)
    if (code > 2) throw new Error(`${argv.join(' ')}: ${err}`)
    return out
  }
  const account = (login: string) => users.find(({ loginName }) => loginName === login)!
  const owner = accountActor(users[0]!)
  const logged = (login: string, action: string, property: string | undefined, values: object): void => {
    const target = accountTarget(account(login), property)
    auditLog.push(eventRow({ at: clock.vendors() - HOUR, by: owner, target, action, ...values }))
  }
  const leaves = (login: string, day: string): void => {
    const rows = world.roster.split('\n').map((row) => {
      const cells = row.split(',')
      return cells[0] === login ? [...cells.slice(0, 2), 'left', cells[3], day, ...cells.slice(5)].join(',') : row
    })
    world.roster = rows.join('\n')
    installation.writeRoster(world.roster)
  }
  const suspended = (login: string): void => {
    logged(login, 'SUSPEND', undefined, {})
    account(login)['status'] = 'suspended'
  }
  const run = async (): Promise<void> => {
    await installation.sync()
    clock.pass(8 * HOUR)
  }
  const review = join(folder, 'review.csv')

  await run()
  await run()
  leaves(IN_TIME, '2026-11-11')
  leaves(LATE, '2026-11-11')
  await run()
  await run()
  // An attempt that was not accepted, between the last reading with access and the first without.
  const out = installation.vendors.servers['tailscale']!.faults.add({
    kind: 'status',
    status: 500,
    endpoint: /\/users/,
  })
  await run()
  out()
  suspended(IN_TIME)
  await run()
  logged(RAISED, 'UPDATE', 'USER_ROLE', { old: 'it-admin', new: 'admin' })
  account(RAISED)['role'] = 'admin'
  const device = { ...devices[0]!, nodeId: 'n0000009FltCNTRL', id: '90009', name: 'win-9.tail9c3f1.ts.net' }
  devices.push({ ...device, hostname: 'win-9', created: new Date(clock.wall()).toISOString() })
  await run()
  const down = installation.vendors.servers['sentinelone']!.faults.add({ kind: 'status', status: 503 })
  await run()
  down()
  await said('review', 'export', '--system', 'tailnet', '-o', review)
  writeFileSync(review, decided(readFileSync(review, 'utf8')))
  await said('review', 'import', review, '--by', 'Grace R.')
  await run()
  await said('export', '--kind', 'csv', '-o', join(folder, 'handed-out.csv'))
  suspended(LATE)
  users.splice(users.indexOf(account('vic@vendor.example')), 1)
  await run()
  const other = installation.reconfigured({ yaml: yaml(60) })
  await other.sync({ sources: null, respectPauses: false, accept: null }, () => {})
  clock.pass(8 * HOUR)
  await installation.sync({ nonce: NONCE })
  clock.pass(3 * 24 * HOUR)

  let sample: string | null = null
  const drawn = async (): Promise<string> => {
    if (sample !== null) return sample
    const span = ['account', '--from', FROM, '--to', TO]
    await said('sample', ...span)
    const file = join(folder, 'sample.json')
    await said('sample', ...span, '--size', '2', '--seed', 'four dice', '-o', file)
    sample = file
    return file
  }
  let count = 0
  return {
    installation,
    async packet(...more) {
      const file = join(folder, `packet-${++count}.zip`)
      await said('packet', '--from', FROM, '--to', TO, '--sample', await drawn(), ...more, '-o', file)
      return filesOf(readFileSync(file))
    },
    async close() {
      await installation.close()
      await authority.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Everybody stays but the guest. */
function decided(sheet: string): string {
  const [head, ...rows] = sheet.trimEnd().split('\r\n')
  const made = rows.map((row) => {
    const cells = row.split(',').slice(0, -4)
    const decision = row.includes('vic@vendor.example') ? ['remove', '', 'parcel is done'] : ['keep', '', '']
    return [...cells, ...decision, 'grace@acme.example'].join(',')
  })
  return `${[head, ...made].join('\r\n')}\r\n`
}
