/** An installation with a past: what mutations are tried on. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Check } from '../../src/domain/check.ts'
import type { RunSummary, Store } from '../../src/domain/store.ts'
import { HOUR } from '../../src/domain/time.ts'
import { ledgerActs } from '../../src/ledger/ledger.ts'
import { exhibit } from '../helpers/cli.ts'
import { EVERYTHING, GOVERNED, provenChecks, type TestInstallation, testInstallation } from '../helpers/installation.ts'
import { type Files, filesOf } from './packet-files.ts'

/** A waiver, attestations and controls, so that every table has a row; and a limit that changes in mid-way. */
const yaml = (floor: number): string => `${GOVERNED.replace('floor: 70', `floor: ${floor}`)}
waivers:
  - { id: W-1, check: ID-02, subject: nobody, owner: eve@example.com, approver: alice@example.com, reason: moved, created: 2026-11-01, expires: 2026-12-01 }
  - { id: W-2, check: ID-03, subject: "*", owner: eve@example.com, approver: alice@example.com, reason: small team, created: 2026-11-01, expires: 2026-12-01 }
attestations:
  - { id: A-1, check: LOG-05, system: tailnet, answer: pass, by: eve@example.com, on: 2026-11-01, until: 2026-12-01 }
controls:
  - { id: AC-1, text: Leavers lose access, owner: it@example.com, criteria: { soc2: [CC6.3] }, checks: [ID-02] }
`

/** Given before the run in the middle, which every packet of a subject holds. */
export const NONCE = 'forty-two blue herons'

export interface Subject {
  readonly installation: TestInstallation
  /** The packet of everything, the third run packed whole beside the last. */
  readonly packet: Files
  /** The same without the last run. */
  readonly earlier: Files
  /** Checkpoints as they left the machine, by size. */
  readonly checkpoints: readonly string[]
  /** Fingerprint of the key that it began with. */
  readonly first: string
  pack(name: string, ...options: string[]): Promise<Files>
}

/**
 * @param rotate in mid-way the key is handed over to another
 * @param sealed after each run
 */
export async function subject({
  runs = 6,
  rotate = false,
  checks = provenChecks,
  sealed,
}: {
  runs?: number
  rotate?: boolean
  checks?: readonly Check[]
  sealed?: (store: Store) => Promise<void>
} = {}): Promise<Subject> {
  const installation = await testInstallation({ checks, yaml: yaml(70), onDisk: true })
  const checkpoints: string[] = []
  const moments: string[] = []
  const run = async (sync: () => Promise<{ readonly run: RunSummary }>): Promise<void> => {
    const { run: made } = await sync()
    moments.push(made.snapshotAt)
    checkpoints.push((await installation.store.checkpoint('latest'))!.note)
    await sealed?.(installation.store)
    installation.clock.pass(HOUR)
  }
  // One of those that are packed whole was asked for by an auditor.
  for (let n = 0; n < runs / 2; n++) await run(() => installation.sync(n === runs / 2 - 1 ? { nonce: NONCE } : {}))
  const first = installation.keys.current().fingerprint
  if (rotate) {
    const { store, keys } = installation
    const parts = { store, now: () => moments.at(-1)!, publish: async () => {} }
    await ledgerActs(parts, keys, AbortSignal.timeout(5_000)).rotate()
  }
  const changed = installation.reconfigured({ yaml: yaml(75) })
  for (let n = 0; n < runs / 2; n++) await run(() => changed.sync(EVERYTHING, () => {}))

  const pack = async (name: string, ...options: string[]): Promise<Files> => {
    const file = join(installation.folder, `${name}.zip`)
    const { code, err } = await exhibit(installation, 'packet', '--from', '2026-11-20', ...options, '-o', file)
    if (code !== 0) throw new Error(`the packet was not written: ${err}`)
    return filesOf(readFileSync(file))
  }
  const packet = await pack('whole', '--to', moments.at(-1)!, '--at', moments[runs / 2 - 1]!)
  const earlier = await pack('earlier', '--to', moments.at(-2)!, '--at', moments[runs / 2 - 1]!)
  return { installation, packet, earlier, checkpoints, first, pack }
}
