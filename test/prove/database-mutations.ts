/** What an administrator with the database file can do to it: constraints and triggers are no barrier. */
import type Database from 'better-sqlite3'
import { leafHash } from '../../src/ledger/leaf.ts'
import { nodeHash } from '../../src/ledger/merkle.ts'
import { unpackColumns } from '../../src/store/volatile.ts'
import { type Position, placeOf, type Random } from './random.ts'

export interface DatabasePlace {
  readonly position: Position
  readonly random: Random
}

export interface DatabaseKind {
  readonly what: string
  readonly on: 'database' | 'ledger'
  /** Gives how many rows it changed. */
  change(db: Database.Database, place: DatabasePlace): number
  /** What the bytes that it changes say; zstd has more than one form of the same, and another form is no change. */
  says?(db: Database.Database): unknown
}

/** Of every run; null where they cannot be read. */
function lastSeenTimes(db: Database.Database): unknown {
  const bodies = db.prepare<[], Buffer>('select body from volatile order by rowid').pluck().all()
  try {
    return bodies.map((body) => unpackColumns(body, 'the last-seen times'))
  } catch {
    return null
  }
}

type Set = (random: Random) => string

/** The row that stands at a place among those of a table that fit. */
function row(
  db: Database.Database,
  table: string,
  { position, random }: DatabasePlace,
  where: string,
  order: string,
): string {
  // Tables without rowid are named by their whole key.
  const keys = KEYS[table] ?? 'rowid'
  const count = db.prepare(`select count(*) from ${table} where ${where}`).pluck().get() as number
  const offset = placeOf(position, count, random)
  return `(${keys}) = (select ${keys} from ${table} where ${where} order by ${order} limit 1 offset ${offset})`
}
const KEYS: Readonly<Record<string, string>> = {
  node: 'level, idx',
  version: 'thing, run',
  result: 'series, run',
  answer: 'place, run',
  settings: 'digest',
  check_set: 'digest',
}

function update(
  on: DatabaseKind['on'],
  what: string,
  table: string,
  set: Set,
  where = 'true',
  order = KEYS[table] ?? 'rowid',
): DatabaseKind {
  return {
    what,
    on,
    change: (db, place) =>
      db.prepare(`update ${table} set ${set(place.random)} where ${row(db, table, place, where, order)}`).run().changes,
  }
}
function remove(
  on: DatabaseKind['on'],
  what: string,
  table: string,
  where = 'true',
  order = KEYS[table] ?? 'rowid',
): DatabaseKind {
  return {
    what,
    on,
    change: (db, place) =>
      db.prepare(`delete from ${table} where ${row(db, table, place, where, order)}`).run().changes,
  }
}

const flipped =
  (column: string, digits: number): Set =>
  (random) => {
    const at = 1 + random.below(digits)
    return `${column} = substr(${column}, 1, ${at - 1}) || case substr(${column}, ${at}, 1) when '0' then '1' else '0' end || substr(${column}, ${at + 1})`
  }
const bytes =
  (column: string): Set =>
  (random) => {
    const at = random.below(1_000_000)
    const place = `(1 + ${at} % length(${column}))`
    return `${column} = cast(substr(${column}, 1, ${place} - 1) || (case when substr(${column}, ${place}, 1) = x'7e' then x'7d' else x'7e' end) || substr(${column}, ${place} + 1) as blob)`
  }

export const DATABASE_KINDS: readonly DatabaseKind[] = [
  // ── answers ───────────────────────────────────────────────────────────────────────────────────────────────────────
  update('database', 'a byte of a page', 'page', bytes('body')),
  update('database', 'a page blanked', 'page', () => 'body = zeroblob(length(body))'),
  update('database', 'a page under another digest', 'page', () => 'sha256 = randomblob(32)'),
  remove('database', 'a page', 'page'),
  {
    what: 'a page in place of another',
    on: 'database',
    change: (db, place) =>
      db
        .prepare(
          `update page set (body, coding, base) = (select body, coding, base from page p where p.id <> page.id order by p.id limit 1) where ${row(db, 'page', place, 'true', 'id')}`,
        )
        .run().changes,
  },
  // ── records ───────────────────────────────────────────────────────────────────────────────────────────────────────
  update(
    'database',
    'a record',
    'thing',
    (random) => `body = replace(body, 'example', 'exampl${random.below(9)}')`,
    "body like '%example%'",
  ),
  update('database', 'a record’s digest', 'thing', () => 'digest = randomblob(32)', 'digest is not null'),
  update(
    'database',
    'what a record said later',
    'version',
    (random) => `body = replace(body, ',', ',${1 + random.below(9)}')`,
    "body like '%,%'",
  ),
  remove('database', 'a version of a record', 'version', 'body is not null'),
  update('database', 'a version moved to another run', 'version', (random) => `run = run + ${50 + random.below(50)}`),
  {
    what: 'a version put in',
    on: 'database',
    change: (db, place) =>
      db
        .prepare(
          `insert into version (thing, run) select id, (select max(run) from version) + 1 from thing where ${row(db, 'thing', place, 'gone is null', 'id')}`,
        )
        .run().changes,
  },
  update('database', 'since when a record is there', 'thing', (random) => `frame = frame + ${1 + random.below(3)}`),
  update('database', 'a record told as gone', 'thing', () => 'gone = 2', 'gone is null'),
  update('database', 'last-seen times', 'volatile', flipped('digest', 64)),
  { ...update('database', 'a byte of last-seen times', 'volatile', bytes('body')), says: lastSeenTimes },
  remove('database', 'the last-seen times of a run', 'volatile'),
  // ── runs and verdicts ─────────────────────────────────────────────────────────────────────────────────────────────
  update(
    'database',
    'the time of a run',
    'run',
    (random) => `snapshot_at = '2026-11-19T0${random.below(9)}:00:00.000Z'`,
    'true',
    'sequence',
  ),
  update(
    'database',
    'the beginning of a run',
    'run',
    (random) => `started_at = '2026-11-19T0${random.below(9)}:00:00.000Z'`,
    'true',
    'sequence',
  ),
  update('database', 'the id of a run', 'run', (random) => `id = 'run-x${random.below(1e6)}'`, 'true', 'sequence'),
  update('database', 'the snapshot digest of a run', 'run', flipped('snapshot_digest', 64), 'true', 'sequence'),
  update('database', 'the results digest of a run', 'run', flipped('results_digest', 64), 'true', 'sequence'),
  update(
    'database',
    'the software of a run',
    'run',
    (random) => `software = '9.${random.below(99)}.0'`,
    'true',
    'sequence',
  ),
  update(
    'database',
    'the state of a source',
    'run',
    () => `sources = (select sources from run r where r.sources <> run.sources limit 1)`,
    'true',
    'sequence',
  ),
  remove('database', 'a run', 'run', 'true', 'sequence'),
  update(
    'database',
    'a verdict',
    'verdict',
    (random) => `body = replace(body, '"version":', '"version":${1 + random.below(8)}')`,
  ),
  update(
    'database',
    'the counts of a result',
    'result',
    (random) => `counts = json_set(counts, '$[1]', ${10_000 + random.below(1e6)})`,
    'counts is not null',
  ),
  update('database', 'the digest of a result', 'result', () => 'digest = randomblob(32)', 'digest is not null'),
  remove('database', 'a result', 'result'),
  // ── pulls ─────────────────────────────────────────────────────────────────────────────────────────────────────────
  update(
    'database',
    'the call log of a pull',
    'pull',
    () => 'log = (select log from pull p where p.log <> pull.log limit 1)',
  ),
  update('database', 'how a pull ended', 'pull', () => "outcome = 'held'"),
  remove('database', 'a pull', 'pull'),
  update('database', 'the status of an answer', 'answer', (random) => `status = ${400 + random.below(99)}`),
  update('database', 'how long calls took', 'pull', bytes('log')),
  update(
    'database',
    'what a place usually answers',
    'place',
    (random) => `headers = '{"content-type":"x${random.below(1e6)}"}'`,
    'exists (select 1 from answer a where a.place = place.id and a.headers is null)',
  ),
  update('database', 'the digest of an answer', 'answer', () => 'sha256 = randomblob(32)'),
  update('database', 'the settings that a run was judged by', 'settings', bytes('body')),
  remove('database', 'the settings of a run', 'settings'),
  update(
    'database',
    'the checks that judged',
    'check_set',
    (random) => `body = replace(body, '-01', '-${20 + random.below(70)}')`,
  ),
  update(
    'database',
    'what an open failure rests on',
    'finding',
    (random) => `label = 'x${random.below(1e6)}'`,
    'until_run is null',
  ),
  remove('database', 'an open failure', 'finding', 'until_run is null'),
  // ── ledger ────────────────────────────────────────────────────────────────────────────────────────────────────────
  update('ledger', 'a digit of a leaf’s hash', 'leaf', flipped('hash', 64), 'true', 'idx'),
  update(
    'ledger',
    'a byte of a leaf',
    'leaf',
    (random) => `body = replace(body, 'type', 'ty${random.below(9)}e')`,
    'true',
    'idx',
  ),
  update('ledger', 'a leaf in other white space', 'leaf', () => "body = body || ' '", 'true', 'idx'),
  update(
    'ledger',
    'a leaf in letters that look alike',
    'leaf',
    () => "body = replace(body, 'a', char(1072))",
    'true',
    'idx',
  ),
  update('ledger', 'the kind of a leaf', 'leaf', () => "kind = 'note'", 'true', 'idx'),
  update('ledger', 'a leaf renumbered', 'leaf', (random) => `idx = idx + ${100 + random.below(100)}`, 'true', 'idx'),
  remove('ledger', 'a leaf', 'leaf', 'true', 'idx'),
  {
    what: 'a leaf put in behind the last',
    on: 'ledger',
    change: (db, { random }) =>
      db
        .prepare(
          `insert into leaf (idx, kind, body, hash) select max(idx) + 1, 'note', '{"type":"note"}', hex(randomblob(31)) || '${10 + random.below(80)}' from leaf`,
        )
        .run().changes,
  },
  {
    what: 'two leaves in one another’s place',
    on: 'ledger',
    change(db, place) {
      const count = db.prepare('select count(*) from leaf').pluck().get() as number
      const at = placeOf(place.position, count - 1, place.random)
      const swap = db.prepare('update leaf set idx = ? where idx = ?')
      return swap.run(-1, at).changes + swap.run(at, at + 1).changes + swap.run(at + 1, -1).changes
    },
  },
  {
    what: 'a leaf rewritten with a hash to fit',
    on: 'ledger',
    change(db, place) {
      const count = db.prepare('select count(*) from leaf').pluck().get() as number
      const at = placeOf(place.position, count, place.random)
      const { body } = db.prepare('select body from leaf where idx = ?').get(at) as { body: string }
      const made = body.replace(/"at":"[^"]*"|"startedAt":"[^"]*"/, (text) => text.replace('2026', '2025'))
      return db.prepare('update leaf set body = ?, hash = ? where idx = ?').run(made, leafHash(made), at).changes
    },
  },
  {
    what: 'a leaf rewritten, and every hash above it made to fit',
    on: 'ledger',
    change(db, place) {
      const changed = DATABASE_KINDS.find(({ what }) => what === 'a leaf rewritten with a hash to fit')!.change(
        db,
        place,
      )
      const hash = (level: number, idx: number): string =>
        level === 0
          ? (db.prepare('select hash from leaf where idx = ?').pluck().get(idx) as string)
          : (
              db.prepare('select hash from node where level = ? and idx = ?').pluck().get(level, idx) as Buffer
            ).toString('hex')
      const nodes = db.prepare('select level, idx from node order by level, idx').all() as {
        level: number
        idx: number
      }[]
      for (const { level, idx } of nodes) {
        const made = nodeHash(hash(level - 1, idx * 2), hash(level - 1, idx * 2 + 1))
        db.prepare('update node set hash = ? where level = ? and idx = ?').run(Buffer.from(made, 'hex'), level, idx)
      }
      return changed
    },
  },
  update('ledger', 'a subtree', 'node', () => 'hash = randomblob(32)'),
  remove('ledger', 'a subtree', 'node'),
  update('ledger', 'the root of a checkpoint', 'checkpoint', flipped('root', 64), 'true', 'size'),
  update(
    'ledger',
    'the origin of a checkpoint',
    'checkpoint',
    (random) => `origin = 'other.invalid/x${random.below(1e6)}'`,
    'true',
    'size',
  ),
  update(
    'ledger',
    'a digit in a note',
    'checkpoint',
    () => "note = replace(note, 'exhibit', 'exhibid')",
    'true',
    'size',
  ),
  update(
    'ledger',
    'the signature of a note',
    'checkpoint',
    () => "note = substr(note, 1, length(note) - 9) || 'AAAAAAA=' || char(10)",
    'true',
    'size',
  ),
  update(
    'ledger',
    'a note without signature',
    'checkpoint',
    () => 'note = substr(note, 1, instr(note, char(10) || char(10)))',
    'true',
    'size',
  ),
  update(
    'ledger',
    'a note of another checkpoint',
    'checkpoint',
    () => 'note = (select note from checkpoint c where c.size <> checkpoint.size limit 1)',
    'true',
    'size',
  ),
  update(
    'ledger',
    'a checkpoint of a bigger size under its old root',
    'checkpoint',
    (random) => `size = size + ${1000 + random.below(1000)}`,
    'true',
    'size',
  ),
  remove('ledger', 'a checkpoint', 'checkpoint', 'true', 'size'),
  {
    what: 'the tail cut off, runs and all',
    on: 'ledger',
    change(db, { random }) {
      const last = db.prepare('select max(sequence) from run').pluck().get() as number
      const from = db
        .prepare('select leaf from run where sequence = ?')
        .pluck()
        .get(last - random.below(last - 1)) as number
      db.prepare('delete from run where leaf >= ?').run(from)
      return db.prepare('delete from leaf where idx >= ?').run(from).changes
    },
  },
]
