import { afterAll, beforeAll, expect, test } from 'vitest'
import { type House, openHouse, signIn } from './house.ts'

let house: House
let visitor: { cookie: string; host: string }
beforeAll(async () => {
  house = await openHouse()
  visitor = await signIn(house)
})
afterAll(() => house.close())

async function ask(path: string): Promise<string> {
  const answer = await house.app.request(path, { headers: visitor })
  expect(answer.status).toBe(200)
  return answer.text()
}

test('the page tells the organisation’s own controls first, then the first framework with the way to each other, in the words of the command', async () => {
  const text = await ask('/controls')
  expect(text).toContain('our mapping, not the auditor’s conclusion')
  expect(text).toContain('other parts of each control are not tested here')
  expect(text).toMatch(/<a href="\/controls" aria-current="page">Controls<\/a>/)
  const places = [
    'aria-label="Frameworks"',
    'framework=soc2',
    'framework=iso27001',
    'framework=nist-800-53',
    'framework=nist-csf',
    'framework=pci-dss',
    'framework=hipaa',
    'framework=cis',
    'Access of leavers is removed within one day',
    'SOC 2 (Trust',
  ].map((words) => text.lastIndexOf(words))
  expect(places).toEqual(places.toSorted((a, b) => a - b))
  expect(places[0]).toBeGreaterThan(0)
  expect(text).toMatch(/\d+ of 3 mapped checks pass/)
  expect(text).toContain('Owner: priya.raghunathan@northlight.example')
  expect(text).toMatch(/<a class="nowrap" href="\/checks\/offboarded-access-removed" title="[^"]+">ID-02<\/a>/)
})

test('one framework alone, by address', async () => {
  const text = await ask('/controls?framework=hipaa')
  expect(text).toContain('164.312(a)(2)(i)')
  expect(text).not.toContain('CC6.1</span>')
  expect(text).toContain('None of yours is mapped there')
  expect(await ask('/controls?framework=nothing')).toContain('CC6.1')
})

test('the API gives the same counts and sentences', async () => {
  const json = JSON.parse(await ask('/api/v1/controls'))
  expect(json.demo).toBe(true)
  expect(json.label).toBe('our mapping, not the auditor’s conclusion')
  expect(json.own.map(({ id }: { id: string }) => id)).toEqual(['NL-AC-07', 'NL-AC-09', 'NL-EP-02'])
  for (const { framework, controls } of json.frameworks) {
    const text = await ask(`/controls?framework=${framework}`)
    for (const control of controls) {
      expect(text).toContain(control.sentence)
      expect(control.mapped).toBe(
        control.pass + control.fail + control.unknown + control.not_applicable + control.disabled,
      )
    }
  }
})
