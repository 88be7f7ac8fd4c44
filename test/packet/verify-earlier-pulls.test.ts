/** A run that rests on the pull of an earlier one: what the database says of that pull is held against that run's leaf. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { everyCheck } from '../../checks/former/index.ts'
import { connectors } from '../../src/connectors/index.ts'
import { digestsOver } from '../../src/domain/digests.ts'
import { sayDifference } from '../../src/domain/reperform.ts'
import type { PastPull, PastRun, Store } from '../../src/domain/store.ts'
import { MINUTE } from '../../src/domain/time.ts'
import { canonicalJson } from '../../src/lib/canonical-json.ts'
import { sha256 } from '../../src/lib/digest.ts'
import { pastActs } from '../../src/reperform.ts'
import { exhibit } from '../helpers/cli.ts'
import { someChecks, type TestInstallation, testInstallation } from '../helpers/installation.ts'

const { pullDigest } = digestsOver({ canonical: canonicalJson, sha256 })
let house: TestInstallation
let folder: string

beforeAll(async () => {
  house = await testInstallation({ checks: someChecks })
  await house.sync()
  house.clock.pass(15 * MINUTE)
  house.vendors.servers['tailscale']!.faults.add({ kind: 'status', status: 500, endpoint: /users/ })
  await house.sync()
  folder = mkdtempSync(join(tmpdir(), 'earlier-'))
})
afterAll(async () => {
  await house.close()
  rmSync(folder, { recursive: true, force: true })
})

async function said(change: (pull: PastPull) => PastPull): Promise<string[]> {
  const [run] = await house.store.runs(1)
  const past = async (id: string): Promise<PastRun | null> => {
    const whole = await house.store.past(id)
    return whole && { ...whole, pulls: whole.pulls.map((pull) => (pull.source === 'tailnet' ? change(pull) : pull)) }
  }
  const store: Store = { ...house.store, past }
  const { reperform } = pastActs({ store, checks: house.checks, settings: house.settings }, connectors, everyCheck)
  return (await reperform(run!)).differences.map(sayDifference)
}

test('nothing differs where nobody touched it', async () => {
  expect((await house.store.past('run-2'))!.pulls.find(({ source }) => source === 'tailnet')!.run).toBe(1)
  expect(await said((pull) => pull)).toEqual([])
})

test('a pull that was changed with the digest beside it is named', async () => {
  const found = await said((pull) => {
    const { run: _, digest: __, earlier: ___, lost: ____, ...sealed } = { ...pull, notVendorHost: !pull.notVendorHost }
    return { ...pull, notVendorHost: sealed.notVendorHost, digest: pullDigest(sealed) }
  })
  expect(found).toEqual([expect.stringMatching(/^source tailnet, pull: sealed [0-9a-f]{64}, derived [0-9a-f]{64}$/)])
})

test('a packet says what of the answers of earlier pulls nothing in it shows', async () => {
  const faults = house.vendors.servers['tailscale']!.faults
  faults.clear()
  faults.add({ kind: 'status', status: 500, endpoint: /\/attributes$/, after: 2 })
  house.clock.pass(15 * MINUTE)
  await house.sync()
  const pull = (await house.store.past('run-3'))!.pulls.find(({ source }) => source === 'tailnet')!
  expect([pull.run, pull.earlier.length > 0]).toEqual([3, true])
  const file = join(folder, 'p.zip')
  const made = await exhibit(house, 'packet', '--from', '2026-11-20', '--to', '2026-11-20', '-o', file)
  expect(made.code, made.err).toBe(0)
  const { code, out } = await exhibit(house, 'verify', file)
  expect(code, out).toBe(0)
  expect(out.replace(/\s+/g, ' ')).toMatch(
    /request, status and time of \d+ answers of earlier pulls in raw\/tailnet\. Verified\./,
  )
})
