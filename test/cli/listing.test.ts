/** How `sync`, `check` and `controls` put much into few lines. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { checks } from '../../checks/index.ts'
import { exhibit } from '../helpers/cli.ts'
import { healthyWorld } from '../helpers/healthy-world.ts'
import { GOVERNED, type TestInstallation, testInstallation } from '../helpers/installation.ts'
import { TEST_START } from '../helpers/tools.ts'

const CONTROLS = `controls:
  - { id: AC-07, text: Leavers are out within a day, owner: it@acme.example, criteria: { soc2: [CC6.2, CC6.3] }, checks: [ID-02, ID-03] }
  - { id: EP-01, text: Every computer is protected, criteria: { cis: ["10.1"] }, checks: [sentinelone-agent-active] }
`
let installation: TestInstallation

beforeAll(async () => {
  const world = healthyWorld(new Date(TEST_START))
  const [infected] = world.sentinelone.agents
  infected!['infected'] = true
  // Two machines that share a serial, and so are nobody's.
  const own = world.tailscale.devices.filter((device) =>
    Array.isArray((device['postureIdentity'] as { serialNumbers?: unknown } | undefined)?.serialNumbers),
  )
  for (const device of own.slice(-2)) device['postureIdentity'] = { serialNumbers: ['0'] }
  installation = await testInstallation({ world, checks, yaml: `${GOVERNED}${CONTROLS}` })
})
afterAll(() => installation.close())

test('sync tells the kinds that people count, in words, within 100 columns', async () => {
  const { out } = await exhibit(installation, 'sync')
  expect(out).toMatch(/tailnet +complete +\d+ accounts, \d+ devices, \d+ posture readings +\d+ /)
  expect(out).toMatch(/falcon +complete +\d+ EDR\/MDM records?, \d+ scores? /)
  expect(out).toMatch(/roster +complete +\d+ people /)
  expect(out).not.toContain('…')
  const [table] = out.split('\n\n')
  for (const line of table!.split('\n')) expect(line.length).toBeLessThanOrEqual(100)
  const json = JSON.parse((await exhibit(installation, 'sync', '--format', 'json')).out)
  expect(Object.keys(json.sources[0].records)).toContain('setting')
})

test('check lists what fails with its sentence, first, and what is not evaluated on a line per reason with names', async () => {
  const { out } = await exhibit(installation, 'check')
  const section = out.split('\n\n').find((part) => part.startsWith('✘ S1-04'))!
  const [, failing, sentence, ...rest] = section.split('\n')
  expect(failing).toMatch(/^ {2}✘ \S+/)
  expect(sentence).toMatch(/^ {6}\S.*infected/)
  expect(rest.join('\n')).toMatch(
    / {2}\? \d+ subjects? not evaluated · no usable serial number: [a-z0-9-]+(, [a-z0-9-]+)*\n/,
  )
  expect(section).not.toContain('was not evaluated:')
  expect(section).not.toContain('.ts.net, ')
  expect(section).toContain('    Fix: ')
})

test('a check that is named lists every subject with its whole sentence', async () => {
  const { out } = await exhibit(installation, 'check', 'S1-04')
  const section = out.split('\n\n').find((part) => part.startsWith('✘ S1-04'))!
  expect(section).not.toMatch(/subjects? not evaluated ·/)
  expect(section).toMatch(/ {2}\? \S+\n {6}\S/)
  expect(section.indexOf('  ✘ ')).toBeLessThan(section.indexOf('  ? '))
  expect(section.indexOf('  ? ')).toBeLessThan(section.search(/ {2}[✔–] /))
})

test('--only unknown collapses too, and leaves failures out', async () => {
  const { out } = await exhibit(installation, 'check', '--only', 'unknown')
  expect(out).toMatch(/ {2}\? \d+ subjects? not evaluated · /)
  expect(out).not.toMatch(/\n {2}✘ /)
})

test('controls: our own list first, then every framework, never a control as passed', async () => {
  const { code, out } = await exhibit(installation, 'controls')
  expect(code).toBe(1)
  expect(out).toContain('our mapping, not the auditor’s conclusion')
  const own = out.indexOf('Your own controls')
  expect(own).toBeGreaterThan(0)
  const titles = ['SOC 2', 'ISO/IEC 27001:2022', 'NIST SP 800-53', 'NIST CSF', 'PCI DSS', 'HIPAA', 'CIS Controls']
  const places = titles.map((title) => out.indexOf(`\n${title}`))
  expect(places).toEqual(places.toSorted((a, b) => a - b))
  expect(places[0]).toBeGreaterThan(own)
  expect(out).toMatch(
    /AC-07 Leavers are out within a day \(it@acme\.example\)\n {4}you map it to soc2 CC6\.2, CC6\.3\n {4}\d of 2 mapped checks pass/,
  )
  expect(out).toMatch(
    /EP-01 Every computer is protected\n {4}you map it to cis 10\.1\n {4}0 of 1 mapped check passes · 1 not evaluated/,
  )
  expect(out).not.toMatch(/control (is|was)? ?(passed|met|satisfied)/i)
})

test('controls --framework: that one, and of our own those that are mapped there; as JSON too', async () => {
  const { out } = await exhibit(installation, 'controls', '--framework', 'soc2')
  expect(out).toContain('AC-07')
  expect(out).not.toContain('EP-01')
  expect(out).not.toContain('CIS Controls')
  const json = JSON.parse((await exhibit(installation, 'controls', '--framework', 'cis', '--format', 'json')).out)
  expect(json).toMatchObject({
    schema: 'exhibit.controls/1',
    demo: false,
    run: expect.any(String),
    label: 'our mapping, not the auditor’s conclusion',
  })
  expect(json.own.map(({ id }: { id: string }) => id)).toEqual(['EP-01'])
  expect(json.frameworks.map(({ framework }: { framework: string }) => framework)).toEqual(['cis'])
  const wrong = await exhibit(installation, 'controls', '--framework', 'soc3')
  expect(wrong.code).toBe(64)
  expect(wrong.err).toContain('Allowed choices are soc2')
})

test('before the first run the list of the configuration is shown, and everything is not evaluated', async () => {
  const fresh = await testInstallation({ vendors: installation.vendors, yaml: `${GOVERNED}${CONTROLS}` })
  try {
    const { code, out } = await exhibit(fresh, 'controls')
    expect(code).toBe(2)
    expect(out).toContain('Nothing has been read yet.')
    expect(out).toMatch(/AC-07 .*\n.*\n {4}0 of 2 mapped checks pass · 2 not evaluated/)
  } finally {
    await fresh.close()
  }
})
