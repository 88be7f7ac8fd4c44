/** A check that never returns costs its own verdict and a bounded time; the run goes on. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { checks } from '../../checks/index.ts'
import { type Check, parametersOf } from '../../src/domain/check.ts'
import { evaluate } from '../../src/domain/evaluate.ts'
import { loadOwnChecks } from '../../src/own-checks.ts'
import { device, settings, wholeSnapshotOf } from '../helpers/build.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'own-checks-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const LONGEST_MS = 200
const forEver = '() => { for (;;) {} }'

function write(ref: string, over: Readonly<Record<string, string>>): void {
  const members = {
    needs: "[{ kind: 'device' }]",
    run: "(snapshot) => snapshot.of('device').map((device) => kit.finding('pass', device))",
    say: "() => 'It is well.'",
    ...over,
  }
  const head = `id: 'check-${ref.toLowerCase()}', ref: '${ref}', version: 1, title: 'T', question: 'Q?', why: 'W.', remediation: 'R.', severity: 'low', controls: [],`
  const body = Object.entries(members).map(([name, text]) => `  ${name}: ${text},`)
  const text = `export default (kit) => kit.defineCheck({\n${head}\n${body.join('\n')}\n})\n`
  writeFileSync(join(folder, `${ref}.js`), text, { mode: 0o644 })
}

const loaded = async (): Promise<readonly Check[]> => (await loadOwnChecks(folder, checks, LONGEST_MS)).checks
const whole = wholeSnapshotOf([device(), device({ key: 'nD2' })])

test.each([
  { name: 'a loop in run', over: { run: forEver } },
  { name: 'a loop that catches everything', over: { run: '() => { for (;;) try { for (;;) {} } catch {} }' } },
  { name: 'a pattern that backtracks', over: { run: "() => /^(a+)+$/.test('a'.repeat(60) + 'b') ? [] : []" } },
  { name: 'a loop in its needs', over: { needs: forEver } },
  { name: 'a loop in its limits', over: { limits: forEver } },
  {
    name: 'a loop in facts that are made later',
    over: {
      run: `(snapshot) => snapshot.of('device').map((device) => kit.finding('pass', device, { detail: ${forEver} }))`,
    },
  },
])('$name ends as unknown, in words, and the next check is asked', async ({ over }) => {
  write('OWN-01', over)
  write('OWN-02', {})
  const results = [...evaluate(whole, await loaded())]
  expect(results.map(({ ref, status, unknownReason }) => [ref, status, unknownReason])).toEqual([
    ['OWN-01', 'unknown', 'no_data'],
    ['OWN-02', 'pass', null],
  ])
  expect(results[0]).toMatchObject({ findings: [], counts: { pass: 0 } })
  expect(results[0]!.message).toBe(
    'Your own check OWN-01 stopped: it was still at work after 0.2 s and was ended, and is not asked again until the next start. Correct its file in checksFolder.',
  )
})

test('what is shown of a check whose sentences never end costs the time once', async () => {
  write('OWN-01', { say: `() => { globalThis.said = (globalThis.said ?? 0) + 1; for (;;) {} }` })
  const [check] = await loaded()
  const findings = check!.run(whole, parametersOf(check!, settings()).values)
  expect(findings.map((one) => check!.say(one))).toEqual(
    Array(2).fill(expect.stringMatching(/: holds; OWN-01 has no sentence for it\.$/)),
  )
  const counted = globalThis as { said?: number }
  expect(counted.said).toBe(1)
  delete counted.said
})

test('what a check remembers stays as it was when it cannot say what to remember', async () => {
  write('OWN-01', { carry: forEver })
  const [check] = await loaded()
  expect(check!.carry!(whole)).toEqual([])
})

test('a file that never finishes making its check is refused by name', async () => {
  writeFileSync(join(folder, 'a.js'), `export default ${forEver}`, { mode: 0o644 })
  await expect(loaded()).rejects.toThrow(/a\.js failed when it was asked for its check: Error: it was still at work/)
})
