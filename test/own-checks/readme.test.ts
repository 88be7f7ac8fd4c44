/** The example in README.md is a check that works. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { checks } from '../../checks/index.ts'
import { loadOwnChecks } from '../../src/own-checks.ts'
import { device, findingsOf, snapshotOf } from '../helpers/build.ts'

const root = join(import.meta.dirname, '../..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')

test('the example of an own check loads and judges', async () => {
  const example = /```js\n(export default [\s\S]*?)```/.exec(readme)![1]!
  const folder = mkdtempSync(join(tmpdir(), 'readme-'))
  try {
    writeFileSync(join(folder, 'hosts-follow-naming.js'), example, { mode: 0o644 })
    const [check] = (await loadOwnChecks(folder, checks)).checks
    const devices = [device({ key: 'd1', name: 'nl-ws-1.acme.ts.net' }), device({ key: 'd2', name: 'gaming-rig' })]
    const findings = findingsOf(check!, snapshotOf(devices))
    expect(findings.map((one) => check!.say(one))).toEqual([
      expect.stringMatching(/follows the naming standard\.$/),
      expect.stringMatching(/does not begin with nl-\.$/),
    ])
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('every picture is there, is light and says in words what it shows', () => {
  const pictures = [...readme.matchAll(/!\[([^\]]*)\]\(([^)]+)\)/g)]
  expect(pictures).toHaveLength(3)
  for (const [, words, file] of pictures) {
    expect(words!.length).toBeGreaterThan(40)
    expect(statSync(join(root, file!)).size).toBeLessThan(200_000)
  }
})
