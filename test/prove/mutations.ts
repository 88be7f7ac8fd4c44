/**
 * Promise P13, proven: whatever is changed in database, ledger or packet is found, forgeries that are whole in themselves
 * by who holds the key's fingerprint or an earlier checkpoint, and what nobody touched verifies.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import Database from 'better-sqlite3'
import { everyCheck } from '../../checks/former/index.ts'
import { connectors } from '../../src/connectors/index.ts'
import type { Check } from '../../src/domain/check.ts'
import { DAY, type Instant, plus } from '../../src/domain/time.ts'
import type { PacketTrust, Verification } from '../../src/domain/verification.ts'
import { memoryBytes } from '../../src/lib/unzip.ts'
import { verifyPacket } from '../../src/packet/verify.ts'
import { pastActs } from '../../src/reperform.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { render } from '../helpers/cli.ts'
import { provenChecks } from '../helpers/installation.ts'
import { testLedger } from '../helpers/ledger.ts'
import { DATABASE_KINDS, type DatabaseKind } from './database-mutations.ts'
import { FORGERIES } from './forgeries.ts'
import { type Files, zipOf } from './packet-files.ts'
import { PACKET_KINDS } from './packet-mutations.ts'
import { POSITIONS, type Position, randomOf } from './random.ts'
import { type Subject, subject } from './subjects.ts'

export interface MutationProof {
  /** What was counted, a line each. */
  readonly lines: readonly string[]
  readonly holds: boolean
  /** What was not found, or found where nothing was. */
  readonly missed: readonly string[]
}

export interface MutationOptions {
  readonly positions?: readonly Position[]
  readonly seeds?: number
  /** Of packets, and as many of the database. */
  readonly controls?: number
  progress?(done: number, total: number): void
}

const NOBODY: PacketTrust = { fingerprint: null, checkpoints: null }

export async function proveMutations(options: MutationOptions = {}): Promise<MutationProof> {
  const { positions = POSITIONS, seeds = 10, controls = 100, progress = () => {} } = options
  const perKind = positions.length * seeds
  const expected = (PACKET_KINDS.length + DATABASE_KINDS.length + FORGERIES.length) * perKind + controls
  const one = await subject()
  const missed: string[] = []
  try {
    const tried = { packet: 0, database: 0, ledger: 0 }
    for (const position of positions) {
      for (let seed = 1; seed <= seeds; seed++) {
        for (const kind of PACKET_KINDS) {
          tried.packet++
          progress(tried.packet, expected)
          const why = await packetMiss(one, kind, position, seed)
          if (why !== null) missed.push(`packet: ${kind.what}, ${position}, seed ${seed}: ${why}`)
        }
      }
    }
    const databases = databaseTrials(one)
    for (const position of positions) {
      for (let seed = 1; seed <= seeds; seed++) {
        for (const kind of DATABASE_KINDS) {
          tried[kind.on]++
          progress(tried.packet + tried.database + tried.ledger, expected)
          const why = await databases.miss(kind, position, seed)
          if (why !== null) missed.push(`${kind.on}: ${kind.what}, ${position}, seed ${seed}: ${why}`)
        }
      }
    }
    const total = tried.packet + tried.database + tried.ledger
    const forged = await forgeries(one, positions, seeds, missed)
    progress(total + FORGERIES.length * perKind, expected)
    const untouched = await untouchedOnes(one, controls, databases, missed)
    databases.close()
    progress(expected, expected)
    const kinds = PACKET_KINDS.length + DATABASE_KINDS.length
    const lost = missed.length
    return {
      lines: [
        `${total} (${kinds} kinds × ${positions.length} positions × ${seeds} seeds; packet ${tried.packet}, database ${tried.database}, ledger ${tried.ledger})`,
        `forgeries: ${forged} (${FORGERIES.length} kinds, against fingerprint and earlier checkpoints)`,
        `untouched: ${untouched} verified`,
        lost === 0 ? 'all detected, none in vain' : `${lost} not as they should be`,
      ],
      holds: lost === 0,
      missed,
    }
  } finally {
    await one.installation.close()
  }
}

/** The program that verifies. */
interface Release {
  readonly software: string
  /** What it has of each check, in its own version. */
  having(check: Check): Check
  readonly checks: readonly Check[]
}

/** What `verify` says of a packet in memory. */
export function verified(
  files: Files,
  trust: PacketTrust = NOBODY,
  release: Partial<Release> = {},
): Promise<Verification> {
  const { software = '0.0.0-test', having = (check) => check, checks = provenChecks } = release
  const parts = { software, connectors, checks: checks.map(having), everyCheck: everyCheck.map(having), render }
  return verifyPacket(memoryBytes(zipOf(files)), trust, parts)
}

async function packetMiss(
  { packet, earlier, installation }: Subject,
  kind: (typeof PACKET_KINDS)[number],
  position: Position,
  seed: number,
): Promise<string | null> {
  const place = { position, random: randomOf(seed), key: installation.keys.current(), earlier }
  const changed = kind.change(packet, place)
  if (sameFiles(changed, packet)) return 'nothing was changed'
  const { verdict, broken } = await verified(changed)
  if (verdict !== 'broken' || broken === null) return `it is ${verdict}`
  return broken.what === '' || broken.means === '' ? 'it is not said what is broken' : null
}

function sameFiles(a: Files, b: Files): boolean {
  return a.size === b.size && [...a].every(([path, bytes]) => b.get(path)?.equals(bytes))
}

/** Copies of the subject's database, each changed in one thing and asked what of it does not hold (COL-05, then re-performance). */
export function databaseTrials({ installation }: Subject) {
  const folder = mkdtempSync(join(tmpdir(), 'mutations-'))
  const source = new Database(join(installation.folder, 'exhibit.db'), { readonly: true })
  const whole = source.serialize()
  source.close()
  const path = join(folder, 'exhibit.db')
  const now: Instant = plus(new Date(installation.clock.wall()).toISOString(), DAY)
  const { settings, checks } = installation

  /** What is found; empty where all holds. */
  async function found(): Promise<string[]> {
    const store = await openSqliteStore({ path, ledger: testLedger(installation.keys) }).catch(() => null)
    if (store === null) return ['it is no database of this program']
    try {
      const failed = (await store.verify(null, now)).flatMap(({ key, failed: names }) =>
        names.map((name) => `${key}: ${name}`),
      )
      if (failed.length > 0) return failed
      const acts = pastActs({ store, checks, settings }, connectors, everyCheck)
      const differences: string[] = []
      for (const run of await acts.runsIn({ from: null, to: null })) {
        const { differences: own } = await acts.reperform(run)
        differences.push(...own.map(({ at, subject: what }) => `${at}: ${what}`))
        if (differences.length > 0) break
      }
      return differences
    } catch (error) {
      return [(error as Error).message]
    } finally {
      await store.close()
    }
  }

  /** At another byte where the first says the same as before. */
  function changedIn(kind: DatabaseKind, position: Position, seed: number): boolean {
    const random = randomOf(seed)
    for (let tries = 0; tries < 10; tries++) {
      writeFileSync(path, whole)
      for (const suffix of ['-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true })
      const db = new Database(path)
      try {
        db.pragma('foreign_keys = OFF')
        const before = kind.says?.(db)
        if (kind.change(db, { position, random }) === 0) return false
        if (kind.says === undefined || !isDeepStrictEqual(kind.says(db), before)) return true
      } finally {
        db.close()
      }
    }
    return false
  }

  return {
    async miss(kind: DatabaseKind, position: Position, seed: number): Promise<string | null> {
      if (!changedIn(kind, position, seed)) return 'nothing was changed'
      return (await found()).length > 0 ? null : 'nothing was found'
    },
    async untouched(): Promise<string[]> {
      writeFileSync(path, whole)
      return found()
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** Each against what is said to show it, and against nothing: the limit is no better than it is told. */
async function forgeries(
  one: Subject,
  positions: readonly Position[],
  seeds: number,
  missed: string[],
): Promise<number> {
  const { packet, earlier, installation, checkpoints } = one
  const key = installation.keys.current()
  const trusts = {
    fingerprint: { ...NOBODY, fingerprint: key.fingerprint },
    checkpoint: { ...NOBODY, checkpoints: checkpoints.slice(-1) },
  }
  let tried = 0
  for (const forgery of FORGERIES) {
    for (const position of positions) {
      for (let seed = 1; seed <= seeds; seed++) {
        const made = forgery.make(packet, { position, random: randomOf(seed), key, earlier })
        for (const by of forgery.shownBy) {
          tried++
          const { verdict } = await verified(made, trusts[by])
          if (verdict === 'verified')
            missed.push(`forgery: ${forgery.what}, ${position}, seed ${seed}: not shown by ${by}`)
        }
        if (seed > 1) continue
        const { verdict } = await verified(made)
        if ((verdict === 'verified') !== forgery.wholeInItself)
          missed.push(`forgery: ${forgery.what}: by itself it is ${verdict}`)
      }
    }
  }
  return tried
}

/** Packets of all shapes, by every kind of trust; and the database as it is. */
async function untouchedOnes(
  { pack, packet, earlier, checkpoints, installation }: Subject,
  controls: number,
  databases: ReturnType<typeof databaseTrials>,
  missed: string[],
): Promise<number> {
  const { fingerprint } = installation.keys.current()
  const packets = [
    packet,
    earlier,
    await pack('alone', '--to', '2026-11-20'),
    await pack('again', '--to', '2026-11-21'),
  ]
  const trusts: PacketTrust[] = [
    NOBODY,
    { ...NOBODY, fingerprint },
    { ...NOBODY, checkpoints: checkpoints.slice(0, 1) },
    { fingerprint, checkpoints: checkpoints.slice(0, 3) },
  ]
  let verifiedOnes = 0
  for (let n = 0; n < controls; n++) {
    const { verdict, steps } = await verified(
      packets[n % packets.length]!,
      trusts[Math.floor(n / packets.length) % trusts.length],
    )
    if (verdict === 'verified') verifiedOnes++
    else missed.push(`untouched packet ${n}: ${steps.at(-1)!.says}`)
    const found = await databases.untouched()
    if (found.length === 0) verifiedOnes++
    else missed.push(`untouched database ${n}: ${found[0]}`)
  }
  return verifiedOnes
}
