/** Secret files are read again for every pull: a rotated token works without a restart, a lost one is one failed pull. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { bearerOf, json } from '../src/simulators/answer.ts'
import { kandjiSimulator } from '../src/simulators/kandji.ts'
import { type SimulatorServer, serveSimulator } from '../src/simulators/server.ts'
import { healthyWorld } from './helpers/healthy-world.ts'
import { type TestInstallation, testInstallation } from './helpers/installation.ts'
import { TEST_START } from './helpers/tools.ts'

const folder = mkdtempSync(join(tmpdir(), 'secrets-'))
const secretFile = join(folder, 'kandji-token')
/** The one token that the vendor takes at the moment. */
let valid = ''
let server: SimulatorServer
let installation: TestInstallation

beforeAll(async () => {
  const inner = kandjiSimulator({ world: healthyWorld(new Date(TEST_START)).kandji, now: () => new Date(TEST_START) })
  const token = inner.credentials[0]!['apiToken']!
  server = await serveSimulator({
    endpoints: inner.endpoints,
    fetch(request) {
      if (bearerOf(request, 'Bearer') !== valid) return json(401, { detail: 'Invalid token.' })
      return inner.fetch(new Request(request, { headers: { authorization: `Bearer ${token}` } }))
    },
  })
})
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

beforeEach(async () => {
  valid = 'token-of-october'
  writeFileSync(secretFile, `${valid}\n`)
  installation = await testInstallation({
    yaml: '',
    sources: (_, roster) => `
  - { id: mdm, kind: kandji, baseUrl: "${server.url.origin}", credential: { apiToken: "\${file:${secretFile}}" } }
  - { id: roster, kind: csv, path: ${JSON.stringify(roster)} }`,
  })
})
afterEach(() => installation.close())

/** What a run says of the source: its status, or the code of its error; and all of the run's text. */
async function run() {
  const { sources, pulls } = await installation.sync()
  const { status, error, records } = sources.find(({ id }) => id === 'mdm')!
  expect(sources.find(({ id }) => id === 'roster')).toMatchObject({ status: 'complete' })
  expect(installation.internal).toEqual([])
  return { answer: error?.code ?? status, message: error?.message ?? '', records, pulls }
}

describe('a running installation', () => {
  test('reads with the rotated token at the next run, and its configuration is the same as before', async () => {
    const before = await run()
    valid = 'token-of-november'
    expect((await run()).answer).toBe('auth_failed')
    writeFileSync(secretFile, `${valid}\n`)
    const after = await run()
    expect([before.answer, after.answer]).toEqual(['complete', 'complete'])
    expect(after.records).toEqual(before.records)
    const digests = [before, after].map(({ pulls }) => pulls.find(({ source }) => source === 'mdm')!.configDigest)
    expect(digests[0]).toBe(digests[1])
  })

  test('is probed with the token as it is now, and told of a file that is gone', async () => {
    valid = 'token-of-november'
    await expect(installation.probe('mdm')).rejects.toMatchObject({ code: 'auth_failed' })
    writeFileSync(secretFile, valid)
    const { access } = await installation.probe('mdm')
    expect(access.map(({ scope, state }) => [scope, state])).toEqual([
      ['Prism > Device Information', 'present'],
      ['Devices > Device list', 'present'],
      ['Prism > FileVault', 'present'],
    ])
    rmSync(secretFile)
    await expect(installation.probe('mdm')).rejects.toMatchObject({
      code: 'file_unreadable',
      message: expect.stringMatching(/^mdm: exhibit\.yaml:\d+: the file .* cannot be read \(ENOENT\)/),
    })
  })

  test.each([
    {
      name: 'gone',
      spoil: () => rmSync(secretFile),
      says: /^mdm: exhibit\.yaml:\d+: the file .*kandji-token cannot be read \(ENOENT\); create it/,
    },
    {
      name: 'empty, as while it is written',
      spoil: () => writeFileSync(secretFile, '\n'),
      says: /^mdm: exhibit\.yaml:\d+: sources\.0\.credential\.apiToken /,
    },
  ])('has one failed pull while the file is $name, and goes on with the next', async ({ spoil, says }) => {
    const { records } = await run()
    const stored = await installation.store.recordsOf('mdm')
    spoil()
    const failed = await run()
    expect(failed.answer).toBe('file_unreadable')
    expect(failed.message).toMatch(says)
    expect(failed.message).not.toContain(valid)
    expect(await installation.store.recordsOf('mdm')).toEqual(stored)
    writeFileSync(secretFile, valid)
    expect(await run()).toMatchObject({ answer: 'complete', records })
  })
})
