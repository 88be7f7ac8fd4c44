/**
 * COL-05's part of the ledger: do the keys follow one another, does each checkpoint carry the signature of the key in
 * force and the root of the leaves that are stored? Every subtree is made again from the two below it once a day.
 */
import type Database from 'better-sqlite3'
import type { Checkpoint, Ledger, LedgerKey } from '../domain/ledger.ts'
import type { LedgerStore } from './ledger.ts'
import { turn } from './pack.ts'

type Attempt = (name: string, holds: () => boolean) => Promise<void>

const KEYS = "select idx, body from leaf where kind = 'key' order by idx"
const OF_SHARE = `select size, origin, root, note from checkpoint
  where ((size * 2654435761) & 4294967295) >= ? and ((size * 2654435761) & 4294967295) < ? order by size`
const NODES_OF_SHARE = `select level, idx, hash from node
  where (((idx + level * 40503) * 2654435761) & 4294967295) >= ?
    and (((idx + level * 40503) * 2654435761) & 4294967295) < ? order by level, idx`
const NODES = 'select count(*) from node'
// Since the first key leaf every run ends with its checkpoint, and every change of what judges has its leaf.
const UNCOVERED = `select r.sequence from run r
  where r.leaf > @first and not exists (select 1 from checkpoint c where c.size = r.leaf + 1) order by r.sequence limit 10`
const CHANGES = `select count(*) from run r left join run before on before.sequence = r.sequence - 1
  where r.leaf > @first and (r.settings is not before.settings or r.check_set_digest is not before.check_set_digest
    or r.software is not before.software or r.build is not before.build)`
const CONFIGURATIONS = "select count(*) from leaf where kind = 'configuration'"

interface KeyInForce {
  readonly from: number
  readonly body: string
  readonly key: LedgerKey | null
}

export function ledgerVerifier(db: Database.Database, ledger: Ledger, rows: LedgerStore) {
  const keyLeaves = db.prepare<[], { idx: number; body: string }>(KEYS)
  const ofShare = db.prepare<[number, number], Checkpoint>(OF_SHARE)
  const nodesOfShare = db.prepare<[number, number], { level: number; idx: number; hash: Buffer }>(NODES_OF_SHARE)
  const nodeCount = db.prepare<[], number>(NODES).pluck()
  const uncovered = db.prepare<[{ first: number }], number>(UNCOVERED).pluck()
  const changes = db.prepare<[{ first: number }], number>(CHANGES).pluck()
  const configurations = db.prepare<[], number>(CONFIGURATIONS).pluck()

  async function keysInForce(attempt: Attempt): Promise<KeyInForce[]> {
    const keys: KeyInForce[] = []
    for (const { idx, body } of keyLeaves.all()) {
      const before = keys.at(-1)?.body ?? null
      let key: LedgerKey | null = null
      await attempt(`key in leaf ${idx}`, () => {
        key = ledger.readKey(body, before)
        return true
      })
      keys.push({ from: idx, body, key })
    }
    return keys
  }

  return async (spans: readonly (readonly [number, number])[], attempt: Attempt): Promise<void> => {
    const keys = await keysInForce(attempt)
    const size = rows.size()
    const [first] = keys
    const newest = rows.checkpoint('latest')
    if (size === 0 && newest === null) return

    const holds = ({ size, origin, root, note }: Checkpoint): boolean => {
      const key = keys.findLast(({ from }) => from < size)?.key ?? null
      if (key === null) return false
      const said = ledger.openCheckpoint(note, key)
      const equal = said.origin === origin && said.origin === key.origin && said.size === size && said.root === root
      return equal && ledger.rootAt(size, rows.read) === root
    }
    const check = (checkpoint: Checkpoint) => attempt(`checkpoint ${checkpoint.size}`, () => holds(checkpoint))

    await attempt('the key at hand', () => ledger.holds(keys.at(-1)!.body))
    await attempt('the newest checkpoint', () => newest?.size === size && holds(newest))
    await attempt('the row of subtrees', () => nodeCount.get() === subtreesOf(size))
    const after = { first: first?.from ?? -1 }
    for (const sequence of uncovered.all(after)) await attempt(`checkpoint of run ${sequence}`, () => false)
    await attempt('the row of configurations', () => configurations.get() === changes.get(after))
    for (const [from, to] of spans) {
      for (const [at, checkpoint] of ofShare.all(from, to).entries()) {
        await check(checkpoint)
        if (at % 100 === 99) await turn()
      }
      for (const { level, idx, hash } of nodesOfShare.all(from, to)) {
        await attempt(`subtree ${idx} of level ${level}`, () => {
          const made = ledger.nodeHash(rows.read(level - 1, idx * 2), rows.read(level - 1, idx * 2 + 1))
          return made === hash.toString('hex')
        })
      }
      await turn()
    }
  }
}

/** How many perfect subtrees a tree has above its leaves. */
function subtreesOf(size: number): number {
  let count = 0
  for (let width = 2; width <= size; width *= 2) count += Math.floor(size / width)
  return count
}
