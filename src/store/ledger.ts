/**
 * The ledger's rows: leaves in one line, every perfect subtree once it is complete, and every checkpoint. Whoever writes
 * leaves does it through `write`, within their own transaction, and ends with the checkpoint that covers them.
 */
import type Database from 'better-sqlite3'
import type { JsonObject } from '../domain/json.ts'
import type { Checkpoint, Ledger, NodeReader, Stamp } from '../domain/ledger.ts'
import type { NewLeaf } from '../domain/store.ts'
import type { Instant } from '../domain/time.ts'
import { canonicalJson } from '../lib/canonical-json.ts'
import { damaged } from './failure.ts'

const LAST_LEAF = 'select max(idx) as idx from leaf'
const LEAF_HASH = 'select hash from leaf where idx = ?'
const NODE_HASH = 'select hash from node where level = ? and idx = ?'
const NEWEST_KEY = "select body from leaf where kind = 'key' order by idx desc limit 1"
const ADD_LEAF = 'insert into leaf (idx, kind, body, hash) values (?, ?, ?, ?)'
const ADD_NODE = 'insert into node (level, idx, hash) values (?, ?, ?)'
const ADD_CHECKPOINT = 'insert into checkpoint (size, origin, root, note) values (@size, @origin, @root, @note)'
const CHECKPOINT = 'select size, origin, root, note from checkpoint where size = ?'
const NEWEST = 'select size, origin, root, note from checkpoint order by size desc limit 1'
const FROM = 'select size, origin, root, note from checkpoint where size >= ? order by size limit ?'
const ADD_STAMP = `insert or ignore into stamp (size, authority, stamped_at, reply)
  values (@size, @authority, @stampedAt, @reply)`
const STAMP = 'select size, authority, stamped_at as stampedAt, reply from stamp'
const NEWEST_STAMP = `${STAMP} order by stamped_at desc, size desc limit 1`
const STAMPS_FROM = `${STAMP} where size >= ? order by size, authority`

export function ledgerStore(db: Database.Database, ledger: Ledger) {
  const lastLeaf = db.prepare<[], { idx: number | null }>(LAST_LEAF)
  const leafHash = db.prepare<[number], string>(LEAF_HASH).pluck()
  const nodeHash = db.prepare<[number, number], Buffer>(NODE_HASH).pluck()
  const newestKey = db.prepare<[], string>(NEWEST_KEY).pluck()
  const addLeaf = db.prepare<[number, string, string, string]>(ADD_LEAF)
  const addNode = db.prepare<[number, number, Buffer]>(ADD_NODE)
  const addCheckpoint = db.prepare<[Checkpoint]>(ADD_CHECKPOINT)
  const checkpointOf = db.prepare<[number], Checkpoint>(CHECKPOINT)
  const newest = db.prepare<[], Checkpoint>(NEWEST)
  const checkpointsFrom = db.prepare<[number, number], Checkpoint>(FROM)
  const addStamp = db.prepare<[Stamp]>(ADD_STAMP)
  const newestStamp = db.prepare<[], Stamp>(NEWEST_STAMP)
  const stampsFrom = db.prepare<[number], Stamp>(STAMPS_FROM)

  const read: NodeReader = (level, index) => {
    const hash = level === 0 ? leafHash.get(index) : nodeHash.get(level, index)?.toString('hex')
    if (hash === undefined) throw damaged(`subtree ${index} of level ${level} of the ledger is gone`)
    return hash
  }

  function size(): number {
    return (lastLeaf.get()!.idx ?? -1) + 1
  }

  function add(kind: string, body: string): void {
    const index = size()
    const hash = ledger.leafHash(body)
    addLeaf.run(index, kind, body, hash)
    for (const node of ledger.completedBy(index, hash, read)) {
      addNode.run(node.level, node.index, Buffer.from(node.hash, 'hex'))
    }
  }

  /** Within a transaction of the caller. Without leaves it brings in the key at hand, where the ledger does not know it. */
  function write(leaves: readonly NewLeaf[], at: Instant): Checkpoint {
    const before = newestKey.get() ?? null
    const introduction = ledger.introduction(before, at)
    if (introduction !== null) add('key', canonicalJson(introduction))
    for (const { kind, body } of leaves) add(kind, canonicalJson(body))
    if (leaves.length === 0 && introduction === null) return newest.get()!
    const key = newestKey.get()!
    const handedOver = key !== before && (JSON.parse(key) as JsonObject)['reason'] === 'rotation'
    const total = size()
    const checkpoint = ledger.checkpoint(total, ledger.rootAt(total, read), key, handedOver)
    addCheckpoint.run(checkpoint)
    return checkpoint
  }

  return {
    read,
    size,
    write,
    append: db.transaction(write),
    checkpoint: (which: number | 'latest'): Checkpoint | null =>
      (which === 'latest' ? newest.get() : checkpointOf.get(which)) ?? null,
    checkpointsFrom: (first: number, most: number): Checkpoint[] => checkpointsFrom.all(first, most),
    inclusion: (index: number, of: number) => within(of, () => ledger.inclusionProof(index, of, read)),
    consistency: (from: number, to: number) => within(to, () => ledger.consistencyProof(from, to, read)),
    keepStamp: (stamp: Stamp): void => void addStamp.run(stamp),
    newestStamp: (): Stamp | null => newestStamp.get() ?? null,
    stampsFrom: (first: number): Stamp[] => stampsFrom.all(first),
  }

  function within<T>(of: number, proof: () => T): T {
    if (of > size()) throw new RangeError(`the ledger has ${size()} leaves, not ${of}`)
    return proof()
  }
}

export type LedgerStore = ReturnType<typeof ledgerStore>
