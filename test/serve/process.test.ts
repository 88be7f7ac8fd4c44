/** `serve` as people start it: the built program, its lines, its refusals, and its end by a signal. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startVendors, type Vendors } from '../../src/simulators/index.ts'
import { healthyWorld } from '../helpers/healthy-world.ts'
import { testYaml } from '../helpers/installation.ts'
import { until } from './serving.ts'

const root = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'serve-process-'))
let vendors: Vendors

beforeAll(async () => {
  // Does nothing where dist/ is fresh.
  execFileSync(process.execPath, [join(root, 'src/build.ts')])
  const world = healthyWorld(new Date())
  vendors = await startVendors(world, { now: () => new Date() })
  writeFileSync(join(folder, 'people.csv'), world.roster)
  writeFileSync(join(folder, 'exhibit.yaml'), testYaml(folder, vendors), { mode: 0o644 })
}, 60_000)
afterAll(async () => {
  await vendors.close()
  rmSync(folder, { recursive: true, force: true })
})

interface Started {
  readonly child: ChildProcess
  readonly said: { out: string; err: string }
  readonly ended: Promise<number | null>
}

function exhibit(...argv: string[]): Started {
  const child = spawn(process.execPath, [join(root, 'dist/src/main.js'), ...argv], { cwd: folder })
  const said = { out: '', err: '' }
  child.stdout.on('data', (chunk) => (said.out += chunk))
  child.stderr.on('data', (chunk) => (said.err += chunk))
  return { child, said, ended: new Promise((resolve) => child.on('close', resolve)) }
}

test('it serves until it is asked to stop, discards what it is at, and ends well', { timeout: 60_000 }, async () => {
  const { child, said, ended } = exhibit('serve', '--port', '0')
  try {
    await until(() => said.err.includes('a run was sealed') || child.exitCode !== null)
    // Under the number that it was started with, and with an allocator that gives memory back.
    if (process.platform === 'linux') {
      expect(readFileSync(`/proc/${child.pid}/environ`, 'utf8')).toContain('MALLOC_MMAP_THRESHOLD_=')
    }
    const link = new URL(said.out.trim())
    expect(link.pathname).toMatch(/^\/enter\/[\w-]{32}$/)
    expect((await fetch(new URL('/readyz', link))).status).toBe(200)
    // A run that would take as long as the vendor wishes.
    vendors.servers['kandji']!.faults.add({ kind: 'hang' })
    const answer = await fetch(new URL('/enter', link), {
      method: 'POST',
      redirect: 'manual',
      headers: { 'sec-fetch-site': 'same-origin', 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ token: link.pathname.split('/').at(-1)! }),
    })
    const cookie = answer.headers.get('set-cookie')!.split(';')[0]!
    const headers = { cookie, 'sec-fetch-site': 'same-origin', 'content-type': 'application/json' }
    const before = vendors.servers['kandji']!.requests.length
    expect((await fetch(new URL('/api/v1/pulls', link), { method: 'POST', headers, body: '{}' })).status).toBe(202)
    await until(() => vendors.servers['kandji']!.requests.length > before)
    child.kill('SIGTERM')
    expect(await ended).toBe(0)
  } finally {
    child.kill('SIGKILL')
  }
  const lines = said.err.trimEnd().split('\n')
  // No terminal: a line of JSON each.
  const messages = lines.map((line) => (JSON.parse(line) as { message: string }).message)
  expect(messages[0]).toMatch(/exhibit\.yaml holds credentials and has the rights 644; run "chmod 600/)
  expect(messages).toContain('stopping')
  expect(said.err).not.toContain(vendors.credentials['kandji']!['apiToken'])
  const db = new Database(join(folder, 'exhibit.db'), { readonly: true })
  expect([
    db.prepare('select count(*) from run').pluck().get(),
    db.pragma('integrity_check', { simple: true }),
  ]).toEqual([1, 'ok'])
  db.close()
})

test('what it refuses to start with is one line and ends with 64', { timeout: 60_000 }, async () => {
  const open = join(folder, 'open')
  mkdirSync(open)
  chmodSync(open, 0o755)
  const yaml = testYaml(open, vendors)
  writeFileSync(join(folder, 'open.yaml'), yaml)
  writeFileSync(join(folder, 'hasty.yaml'), `${yaml}\nschedule: { every: 5s }\n`)
  const said = async (...argv: string[]): Promise<[number | null, string]> => {
    const { said, ended } = exhibit('serve', '--port', '0', ...argv)
    return [await ended, said.err]
  }
  const [folderRefused, hasty, host] = await Promise.all([
    said('--config', 'open.yaml'),
    said('--config', 'hasty.yaml'),
    said('--host', '0.0.0.0'),
  ])
  expect(folderRefused).toEqual([
    64,
    expect.stringMatching(/^data: .* has the rights 755: .*run "chmod 700 [^\n]*"\n$/m),
  ])
  expect(hasty).toEqual([64, expect.stringMatching(/^hasty\.yaml:\d+: schedule\.every: 5s is under a minute[^\n]*\n$/)])
  expect(host).toEqual([64, expect.stringMatching(/^--host 0\.0\.0\.0 is reached by other machines[^\n]*\n$/)])
})
