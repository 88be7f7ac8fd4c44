/** Through the built program, as people start it. */
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startVendors, type Vendors } from '../../src/simulators/index.ts'
import { healthyWorld } from '../helpers/healthy-world.ts'
import { testYaml } from '../helpers/installation.ts'

const root = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'process-'))
const config = join(folder, 'exhibit.yaml')
let vendors: Vendors

beforeAll(async () => {
  // Does nothing where dist/ is fresh.
  execFileSync(process.execPath, [join(root, 'src/build.ts')])
  const now = new Date()
  const world = healthyWorld(now)
  vendors = await startVendors(world, { now: () => new Date() })
  writeFileSync(join(folder, 'people.csv'), world.roster)
  writeFileSync(config, testYaml(folder, vendors))
})
afterAll(async () => {
  await vendors.close()
  rmSync(folder, { recursive: true, force: true })
})

function exhibit(...argv: string[]): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((done) => {
    const child = spawn(process.execPath, [join(root, 'dist/src/main.js'), ...argv], {
      cwd: folder,
      env: { ...process.env, NO_COLOR: '1' },
    })
    let [out, err] = ['', '']
    child.stdout.on('data', (chunk) => (out += chunk))
    child.stderr.on('data', (chunk) => (err += chunk))
    child.on('close', (code) => done({ code, out, err }))
  })
}

test('sync, then check: the whole way', { timeout: 60_000 }, async () => {
  const before = await exhibit('check', '--format', 'json')
  expect([before.code, JSON.parse(before.out).run, before.err]).toEqual([2, null, ''])
  const sync = await exhibit('sync')
  expect([sync.code, sync.err]).toEqual([0, ''])
  const [check, file] = await Promise.all([
    exhibit('check', 'ID-01', 'S1-04', '--config', config, '--format', 'json'),
    exhibit('export', '--kind', 'csv', '-o', 'results.csv'),
  ])
  expect(check.code).toBe(0)
  expect(JSON.parse(check.out).results.map((result: { status: string }) => result.status)).toEqual(['pass', 'pass'])
  // Attestations are nobody's here, so that not everything passes.
  expect([1, 2]).toContain(file.code)
  expect(file.out).toBe('')
  expect(readFileSync(join(folder, 'results.csv'), 'utf8').split('\r\n').length).toBeGreaterThan(100)
})

test('what is wrong in the file is told by line, and ends with 64', { timeout: 60_000 }, async () => {
  const wrong = join(folder, 'wrong.yaml')
  writeFileSync(wrong, `${readFileSync(config, 'utf8')}\nfreshnes: 60m\n`)
  const [typo, missing, command] = await Promise.all([
    exhibit('check', '--config', wrong),
    exhibit('check', '--config', 'none.yaml'),
    exhibit('chekc'),
  ])
  expect([typo.code, typo.out]).toEqual([64, ''])
  expect(typo.err).toMatch(/^wrong\.yaml:\d+: unknown key "freshnes"; did you mean "?freshness"?\?\n$/)
  expect(missing).toMatchObject({ code: 64, err: expect.stringMatching(/^none\.yaml cannot be read \(ENOENT\)/) })
  expect(command).toMatchObject({ code: 64, err: expect.stringContaining("unknown command 'chekc'") })
})
