/** The ledger in its database: what is written, how it is proved, and which changes are found by whom. */
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, test } from 'vitest'
import type { Checkpoint } from '../../src/domain/ledger.ts'
import type { Store } from '../../src/domain/store.ts'
import { DAY, plus } from '../../src/domain/time.ts'
import { checkpointText, openCheckpoint, signCheckpoint } from '../../src/ledger/checkpoint.ts'
import { readKeyLeaf } from '../../src/ledger/hand-over.ts'
import { makeKey } from '../../src/ledger/keys.ts'
import { leafHash } from '../../src/ledger/leaf.ts'
import { ledgerActs } from '../../src/ledger/ledger.ts'
import { completedBy, rootAt, treeOf, verifyConsistency, verifyInclusion } from '../../src/ledger/merkle.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { device, NOW } from '../helpers/build.ts'
import { keysIn, testLedger } from '../helpers/ledger.ts'
import { eachInItsFolder } from '../store/folder.ts'
import { moment, pull, sealer } from '../store/sealing.ts'

const folder = eachInItsFolder()
const { withStore, tamper, count } = folder
const RUNS = 12

/** Twelve runs, a change of the settings before the fifth, an acceptance in the ninth. */
async function sealTwelve(store: Store): Promise<Checkpoint[]> {
  const { seal } = sealer(store)
  const checkpoints: Checkpoint[] = []
  for (let n = 0; n < RUNS; n++) {
    const aliases: Record<string, string> = n < 4 ? {} : { 'alice@github': 'alice@example.com' }
    const settings = { people: { aliases, serviceAccounts: [] } }
    const acceptances = n === 8 ? [{ source: 'tailnet', because: 'moved', by: 'eve', at: moment(n) }] : []
    const sealed = await seal([pull('tailnet', [device({ hostname: `h${n}` })])], { settings, acceptances })
    checkpoints.push(sealed.checkpoint)
  }
  return checkpoints
}

let sealedOnce: { db: Buffer; key: Buffer; checkpoints: Checkpoint[] } | undefined

/** The same in the folder of this test: sealed once, then copied. */
async function twelveSealed(): Promise<Checkpoint[]> {
  const key = join(dirname(folder.path), 'ledger-key.pem')
  if (sealedOnce === undefined) {
    const checkpoints = await withStore(sealTwelve)
    sealedOnce = { db: readFileSync(folder.path), key: readFileSync(key), checkpoints }
  } else {
    writeFileSync(folder.path, sealedOnce.db)
    writeFileSync(key, sealedOnce.key, { mode: 0o600 })
  }
  return sealedOnce.checkpoints
}

async function failures(store: Store): Promise<string[]> {
  return (await store.verify(null, plus(NOW, DAY))).flatMap(({ key, failed }) =>
    failed.map((name) => `${key}: ${name}`),
  )
}

async function vkeyOfStore(store: Store): Promise<string> {
  const leaves = await store.leavesOf('key')
  return readKeyLeaf(leaves.at(-1)!.body, leaves.at(-2)?.body ?? null).vkey
}

describe('what is written', () => {
  test('each seal ends with a checkpoint over everything up to its own leaf', async () => {
    await withStore(async (store) => {
      const checkpoints = await sealTwelve(store)
      const leaves = await Array.fromAsync(store.leaves(0))
      const tree = treeOf(leaves.map(({ hash }) => hash))
      const vkey = await vkeyOfStore(store)
      expect(checkpoints).toHaveLength(RUNS)
      for (const { size, root, note, origin } of checkpoints) {
        expect(leaves[size - 1]!.kind).toBe('run')
        expect(root).toBe(rootAt(size, tree))
        expect(openCheckpoint(note, [vkey])).toEqual({ origin, size, root })
        expect(origin).toBe('exhibit.invalid/acme')
      }
      expect(await Array.fromAsync(store.checkpoints(0))).toEqual(checkpoints)
      expect(await store.checkpoint('latest')).toEqual(checkpoints.at(-1))
      expect(await store.checkpoint(checkpoints[3]!.size)).toEqual(checkpoints[3])
      expect(await store.checkpoint(1)).toBeNull()
      expect(await failures(store)).toEqual([])
    })
  })

  test('a change of the settings is a leaf that names what changed, and nothing else is one', async () => {
    await withStore(async (store) => {
      await sealTwelve(store)
      const [first, second, ...more] = (await store.leavesOf('configuration')).map(({ body }) => JSON.parse(body))
      expect(more).toEqual([])
      expect(first).toMatchObject({ run: 1, previous: null, by: 'eve@laptop', changes: [], turned: null })
      expect(second).toMatchObject({
        run: 5,
        previous: first.digest,
        at: moment(4),
        changes: [{ kind: 'people', path: 'people.aliases.alice@github', from: null, to: 'alice@example.com' }],
      })
    })
  })

  test('every leaf is proved to be in every later checkpoint, and every checkpoint to be in every later one', async () => {
    await withStore(async (store) => {
      const checkpoints = await sealTwelve(store)
      const leaves = await Array.fromAsync(store.leaves(0))
      for (const { size, root } of checkpoints) {
        for (const { index, hash } of leaves.slice(0, size)) {
          const proof = await store.inclusion(index, size)
          expect(verifyInclusion({ index, size, leaf: hash, root, proof })).toBe(true)
        }
        for (const later of checkpoints.filter((one) => one.size >= size)) {
          const proof = await store.consistency(size, later.size)
          const claim = { from: size, to: later.size, oldRoot: root, newRoot: later.root, proof }
          expect(verifyConsistency(claim)).toBe(true)
        }
      }
      await expect(store.inclusion(0, leaves.length + 1)).rejects.toThrow()
      await expect(store.consistency(0, 3)).rejects.toThrow()
    })
  })

  test('leaves of other kinds are appended with a checkpoint of their own', async () => {
    await withStore(async (store) => {
      await sealTwelve(store)
      const body = { type: 'export', packet: 'ab'.repeat(32) }
      const checkpoint = await store.append([{ kind: 'export', body }], NOW)
      const leaf = (await store.leavesOf('export'))[0]!
      expect(leaf.index).toBe(checkpoint.size - 1)
      expect(JSON.parse(leaf.body)).toEqual(body)
      expect(await store.checkpoint('latest')).toEqual(checkpoint)
      await expect(store.append([{ kind: 'run', body: { type: 'run' } }], NOW)).rejects.toMatchObject({
        code: 'internal',
      })
      await expect(store.append([{ kind: 'export', body: {} }], NOW)).rejects.toMatchObject({ code: 'internal' })
      expect(await failures(store)).toEqual([])
    })
  })

  test('a signature that cannot be made leaves nothing of the run', async () => {
    const ledger = testLedger(keysIn(dirname(folder.path)))
    const broken = {
      ...ledger,
      checkpoint: () => {
        throw new Error('no key')
      },
    }
    const store = await openSqliteStore({ path: folder.path, ledger: broken })
    await expect(sealer(store).seal([pull('tailnet', [device()])])).rejects.toThrow()
    expect(await store.runs(1)).toEqual([])
    expect(await Array.fromAsync(store.leaves(0))).toEqual([])
    await store.close()
  })
})

describe('a change of key', () => {
  /** A process of its own that rotates the key. */
  async function rotated() {
    const keys = keysIn(dirname(folder.path))
    const store = await openSqliteStore({ path: folder.path, ledger: testLedger(keys) })
    const published: string[] = []
    const publish = async ({ note }: { note: string }) => void published.push(note)
    const acts = ledgerActs({ store, now: () => NOW, publish }, keys, AbortSignal.timeout(5_000))
    const outcome = await acts.rotate()
    const { lost } = await acts.ledger()
    await store.close()
    return { ...outcome, published, lost, current: keys.current().fingerprint }
  }

  test('is handed over: who trusts the old key reads on to the new one', async () => {
    await withStore(async (serving) => {
      const { seal } = sealer(serving)
      await seal([pull('tailnet', [device()])])
      const old = await vkeyOfStore(serving)
      const { note, key, published, lost, current } = await rotated()
      expect([published, lost]).toEqual([[note], []])
      expect(openCheckpoint(note, [old])).toEqual(openCheckpoint(note, [key.vkey]))
      expect(key).toMatchObject({ reason: 'rotation', fingerprint: current })
      // The process that went on meanwhile still holds the old key: it takes the new one up by itself.
      const next = (await seal([pull('tailnet', [device({ hostname: 'next' })])])).checkpoint
      expect(() => openCheckpoint(next.note, [old])).toThrow()
      expect(openCheckpoint(next.note, [key.vkey]).size).toBe(next.size)
      expect((await serving.leavesOf('key')).map(({ body }) => JSON.parse(body).reason)).toEqual(['first', 'rotation'])
      expect(await failures(serving)).toEqual([])
    })
  })

  test('before anything is sealed brings in the first key, then the second', async () => {
    await rotated()
    await withStore(async (store) => {
      expect((await store.leavesOf('key')).map(({ body }) => JSON.parse(body).reason)).toEqual(['first', 'rotation'])
      expect(await failures(store)).toEqual([])
    })
  })

  test('without the old one goes on, plainly marked, and once COL-05 says that it happened', async () => {
    const before = await withStore(async (store) => (await sealTwelve(store)).at(-1)!)
    rmSync(join(dirname(folder.path), 'ledger-key.pem'))
    await withStore(async (store) => {
      expect(await failures(store)).toEqual(['checkpoints: the key at hand'])
      const old = await vkeyOfStore(store)
      const { seal } = sealer(store)
      const { checkpoint } = await seal([pull('tailnet', [device()])], { id: 'after' })
      expect(() => openCheckpoint(checkpoint.note, [old])).toThrow()
      const parts = { store, now: () => NOW, publish: async () => {} }
      const { lost } = await ledgerActs(parts, keysIn(dirname(folder.path)), AbortSignal.timeout(5_000)).ledger()
      expect(lost.map(({ vkey }) => vkey)).toEqual([await vkeyOfStore(store)])
      const proof = await store.consistency(before.size, checkpoint.size)
      const claim = { from: before.size, to: checkpoint.size, oldRoot: before.root, newRoot: checkpoint.root, proof }
      expect(verifyConsistency(claim)).toBe(true)
      expect(await failures(store)).toEqual([])
    })
  })
})

const POSITIONS = ['first', 'middle', 'last'] as const
type Position = (typeof POSITIONS)[number]

/** The rows of one table at a position, by its order. */
function at(table: string, order: string, position: Position): string {
  const offset = {
    first: '0',
    middle: `(select count(*) / 2 from ${table})`,
    last: `(select count(*) - 1 from ${table})`,
  }
  return `rowid = (select rowid from ${table} order by ${order} limit 1 offset ${offset[position]})`
}
const flip = (column: string, place: number): string =>
  `${column} = substr(${column}, 1, ${place - 1}) || case substr(${column}, ${place}, 1) when '0' then '1' else '0' end || substr(${column}, ${place + 1})`
const node = (position: Position): string =>
  `(level, idx) = (select level, idx from node order by level, idx limit 1 offset ${
    { first: '0', middle: '(select count(*) / 2 from node)', last: '(select count(*) - 1 from node)' }[position]
  })`

describe('tampering with the ledger', () => {
  const kinds: [string, (position: Position) => string][] = [
    ['a digit of a leaf’s hash', (p) => `update leaf set ${flip('hash', 7)} where ${at('leaf', 'idx', p)}`],
    [
      'a byte of a leaf’s body',
      (p) => `update leaf set body = replace(body, 'type', 'tyqe') where ${at('leaf', 'idx', p)}`,
    ],
    ['a leaf’s body in other white space', (p) => `update leaf set body = body || ' ' where ${at('leaf', 'idx', p)}`],
    ['a leaf’s kind', (p) => `update leaf set kind = 'note' where ${at('leaf', 'idx', p)}`],
    ['a leaf deleted', (p) => `delete from leaf where ${at('leaf', 'idx', p)}`],
    ['a leaf renumbered', (p) => `update leaf set idx = idx + 100 where ${at('leaf', 'idx', p)}`],
    ['a subtree', (p) => `update node set hash = randomblob(32) where ${node(p)}`],
    ['a subtree deleted', (p) => `delete from node where ${node(p)}`],
    ['a checkpoint’s root', (p) => `update checkpoint set ${flip('root', 9)} where ${at('checkpoint', 'size', p)}`],
    [
      'a checkpoint’s origin',
      (p) => `update checkpoint set origin = 'exhibit/other' where ${at('checkpoint', 'size', p)}`,
    ],
    [
      'a checkpoint’s note',
      (p) => `update checkpoint set note = replace(note, 'exhibit', 'exhibid') where ${at('checkpoint', 'size', p)}`,
    ],
    [
      'a note’s signature',
      (p) =>
        `update checkpoint set note = substr(note, 1, length(note) - 9) || 'AAAAAAA=' || char(10) where ${at('checkpoint', 'size', p)}`,
    ],
    [
      'a note without signature',
      (p) =>
        `update checkpoint set note = substr(note, 1, instr(note, char(10) || char(10))) where ${at('checkpoint', 'size', p)}`,
    ],
    [
      'a checkpoint moved to another size',
      (p) => `update checkpoint set size = size + 1000 where ${at('checkpoint', 'size', p)}`,
    ],
    ['a checkpoint deleted', (p) => `delete from checkpoint where ${at('checkpoint', 'size', p)}`],
    [
      'a note swapped for its neighbour’s',
      (p) =>
        `update checkpoint set note = (select note from checkpoint c where c.size <> checkpoint.size limit 1) where ${at('checkpoint', 'size', p)}`,
    ],
  ]
  const cases = kinds.flatMap(([what, sql]) => POSITIONS.map((position) => [what, position, sql(position)] as const))

  test.each(cases)('%s, %s, is found', async (_, __, sql) => {
    await twelveSealed()
    expect(tamper(sql)).toBe(1)
    expect(await withStore(failures)).not.toEqual([])
  })

  const change = (work: (db: Database.Database) => void): void => {
    const db = new Database(folder.path)
    db.pragma('foreign_keys = OFF')
    work(db)
    db.close()
  }

  test('the tail cut off, run and all, is found while a checkpoint of it is left', async () => {
    await twelveSealed()
    change((db) => {
      const last = db.prepare('select leaf from run where sequence = 12').pluck().get() as number
      for (const table of ['pull', 'result', 'volatile', 'version']) db.exec(`delete from ${table} where run = 12`)
      db.exec(`delete from run where sequence = 12; delete from leaf where idx = ${last}`)
    })
    expect(await withStore(failures)).toContain('checkpoints: the newest checkpoint')
  })

  test('two leaves swapped with their hashes are found', async () => {
    await twelveSealed()
    change((db) =>
      db.exec(
        'update leaf set idx = -1 where idx = 4; update leaf set idx = 4 where idx = 5; update leaf set idx = 5 where idx = -1',
      ),
    )
    expect(await withStore(failures)).not.toEqual([])
  })

  test('a leaf inserted with the right hash is found', async () => {
    await twelveSealed()
    change((db) => {
      const body = '{"type":"waiver"}'
      const next = db.prepare('select max(idx) + 1 from leaf').pluck().get()
      db.prepare("insert into leaf values (?, 'waiver', ?, ?)").run(next, body, leafHash(body))
    })
    expect(await withStore(failures)).not.toEqual([])
  })

  /** Changes one leaf and makes every hash above it anew, as anybody can; gives the new roots to `sign`. */
  function rehash(sign: (tree: { origin: string; size: number; root: string }, note: string) => string): void {
    change((db) => {
      db.exec('update leaf set body = replace(body, \'"by":"eve"\', \'"by":"bob"\') where kind = \'acceptance\'')
      const leaves = db.prepare('select idx, body from leaf order by idx').all() as { idx: number; body: string }[]
      const tree = treeOf(leaves.map(({ body }) => leafHash(body)))
      for (const { idx, body } of leaves) {
        db.prepare('update leaf set hash = ? where idx = ?').run(leafHash(body), idx)
        for (const { level, index, hash } of completedBy(idx, leafHash(body), tree)) {
          db.prepare('update node set hash = ? where level = ? and idx = ?').run(Buffer.from(hash, 'hex'), level, index)
        }
      }
      for (const { size, origin, note } of db.prepare('select * from checkpoint').all() as Checkpoint[]) {
        const root = rootAt(size, tree)
        db.prepare('update checkpoint set root = ?, note = ? where size = ?').run(
          root,
          sign({ origin, size, root }, note),
          size,
        )
      }
    })
  }

  test('a change hashed through to the roots is found: the notes say other roots', async () => {
    await twelveSealed()
    rehash((_, note) => note)
    expect((await withStore(failures)).filter((name) => name.startsWith('checkpoints: checkpoint'))).not.toEqual([])
  })

  test('the same with the new roots written into the old notes is found: the signatures do not hold', async () => {
    await twelveSealed()
    rehash((tree, note) => checkpointText(tree) + note.slice(note.indexOf('\n\n') + 1))
    expect((await withStore(failures)).filter((name) => name.startsWith('checkpoints: checkpoint'))).not.toEqual([])
  })

  test('the same signed by another key is found: the ledger names the key', async () => {
    await twelveSealed()
    const mallory = makeKey()
    rehash((tree) => signCheckpoint(tree, [mallory]))
    expect((await withStore(failures)).filter((name) => name.startsWith('checkpoints: checkpoint'))).not.toEqual([])
  })

  test('the same signed by the true key is found by whoever holds an earlier checkpoint, and by nobody else', async () => {
    const checkpoints = await twelveSealed()
    const key = keysIn(dirname(folder.path)).current()
    rehash((tree) => signCheckpoint(tree, [key]))
    await withStore(async (store) => {
      // The leaf agrees with its run no more; the tree itself is whole.
      expect((await failures(store)).filter((name) => name.startsWith('checkpoints'))).toEqual([])
      const held = checkpoints[9]!
      const newest = (await store.checkpoint('latest'))!
      const proof = await store.consistency(held.size, newest.size)
      const claim = { from: held.size, to: newest.size, oldRoot: held.root, newRoot: newest.root, proof }
      expect(verifyConsistency(claim)).toBe(false)
    })
  })

  test('two histories of one beginning are both consistent with it and never with each other', async () => {
    const checkpoints = await twelveSealed()
    const common = checkpoints.at(-1)!
    const other = join(dirname(folder.path), 'fork')
    mkdirSync(other)
    copyFileSync(folder.path, join(other, 'exhibit.db'))
    copyFileSync(join(dirname(folder.path), 'ledger-key.pem'), join(other, 'ledger-key.pem'))
    const goOn = async (store: Store, hostname: string) => {
      const { seal } = sealer(store)
      const { checkpoint } = await seal([pull('tailnet', [device({ hostname })])], { id: hostname })
      const proof = await store.consistency(common.size, checkpoint.size)
      const claim = { from: common.size, to: checkpoint.size, oldRoot: common.root, newRoot: checkpoint.root, proof }
      expect(verifyConsistency(claim)).toBe(true)
      return checkpoint
    }
    const one = await withStore((store) => goOn(store, 'one'))
    const fork = await openSqliteStore({ path: join(other, 'exhibit.db'), ledger: testLedger(keysIn(other)) })
    const two = await goOn(fork, 'two')
    await fork.close()
    expect(two.size).toBe(one.size)
    expect(two.root).not.toBe(one.root)
    const claim = { from: one.size, to: two.size, oldRoot: one.root, newRoot: two.root, proof: [] }
    expect(verifyConsistency(claim)).toBe(false)
  })

  test('an older copy of the database does not know the checkpoint that has left', async () => {
    const old = join(dirname(folder.path), 'old.db')
    await twelveSealed()
    copyFileSync(folder.path, old)
    const later = await withStore(async (store) => {
      const { seal } = sealer(store)
      return (await seal([pull('tailnet', [device()])], { id: 'later' })).checkpoint
    })
    copyFileSync(old, folder.path)
    await withStore(async (store) => {
      expect(await store.checkpoint(later.size)).toBeNull()
      await expect(store.consistency(later.size, later.size)).rejects.toThrow()
    })
    expect(readFileSync(old).length).toBeGreaterThan(0)
  })

  test('nothing altered, nothing found, at every hour of the day', async () => {
    await withStore(async (store) => {
      await sealTwelve(store)
      const checked = { all: 0, failed: 0 }
      for (let hour = 0; hour < 24; hour++) {
        const from = plus(NOW, (hour * DAY) / 24)
        const part = (await store.verify(from, plus(from, DAY / 24))).find(({ key }) => key === 'checkpoints')!
        checked.all += part.checked
        checked.failed += part.failed.length
      }
      expect(checked.failed).toBe(0)
      // The key, that it is at hand, the newest checkpoint and two rows each hour; each checkpoint and subtree once.
      expect(checked.all).toBe(24 * 5 + RUNS + count('select count(*) from node'))
    })
  })
})
