/**
 * What the retention rule keeps, worked out from what cannot be altered unseen: the newest tombstone in the ledger, the
 * pulls (which the leaves of their runs name) and the pulls that were handed out (whose list the tombstone names). Who
 * deletes and who verifies ask here, so that a thing is either kept or deleted by rule; whatever else is missing is damage.
 */
import type Database from 'better-sqlite3'
import { canonicalJson } from '../lib/canonical-json.ts'
import { sha256 } from '../lib/digest.ts'

/** Up to where the rule has deleted. */
export interface Cut {
  /** Sequence of the newest run whose state alone is kept, for the one after it, the first that can be rebuilt; or 0. */
  readonly history: number
  /** The first UTC day of which everything is kept, null while nothing was deleted. */
  readonly day: string | null
  /** Sequence of the first run from which on every page is kept. */
  readonly pages: number
  /** Length and digest of the list of pulls that were handed out when the tombstone was written. */
  readonly packed: { readonly count: number; readonly digest: string }
}

const NEWEST = "select idx, body from leaf where kind = 'retention' order by idx desc limit 2"
const TEMPORARY = `create temp table if not exists kept (
  source text not null,
  run integer not null,
  primary key (source, run)
) without rowid`
const CLEAR = 'delete from temp.kept'
// Of days that are whole only: where a part of a day is deleted, another pull would become its first.
const FIRST_OF_DAY = `insert or ignore into temp.kept (source, run)
  select p.source, min(p.run) from pull p join run r on r.sequence = p.run
  where p.outcome = 'complete' and p.run < @pages and p.run >= @history and r.snapshot_at >= @day
  group by p.source, substr(r.snapshot_at, 1, 10)`
// The state in force when the pages begin to be kept whole.
const IN_FORCE = `insert or ignore into temp.kept (source, run)
  select source, max(run) from pull where outcome = 'complete' and run < @pages group by source`
const HANDED_OUT = 'insert or ignore into temp.kept (source, run) select source, run from packed where run < @pages'
const KEPT = 'select 1 from temp.kept where source = ? and run = ?'
const PACKED = 'select source, run from packed order by id limit ?'
const PACKED_COUNT = 'select count(*) from packed'

/** The first run after the answer `a` in which its place answered otherwise. */
export const NEXT = '(select min(n.run) from answer n where n.place = a.place and n.run > a.run)'
/** Whether the answer `a` at the place `l` keeps its page. @pages: as in the cut that `fill` was given. */
export const ANSWER_HOLDS = `(ifnull(${NEXT}, 9007199254740991) > @pages or exists (
    select 1 from temp.kept k where k.source = l.source and k.run >= a.run and k.run < ${NEXT}))`
/** Whether the log of a pull keeps the page that it holds whole. */
export const REPEAT_HOLDS = `(r.run >= @pages or exists (
    select 1 from temp.kept k where k.source = r.source and k.run = r.run))`

const UNCUT: Cut = { history: 0, day: null, pages: 0, packed: { count: 0, digest: '' } }

export function keptStore(db: Database.Database) {
  db.exec(TEMPORARY)
  const newest = db.prepare<[], { idx: number; body: string }>(NEWEST)
  const clear = db.prepare(CLEAR)
  const firstOfDay = db.prepare<[{ pages: number; history: number; day: string }]>(FIRST_OF_DAY)
  const inForce = db.prepare<[{ pages: number }]>(IN_FORCE)
  const handedOut = db.prepare<[{ pages: number }]>(HANDED_OUT)
  const kept = db.prepare<[string, number]>(KEPT)
  const packed = db.prepare<[number], { source: string; run: number }>(PACKED)
  const packedCount = db.prepare<[], number>(PACKED_COUNT).pluck()

  function cuts(): { leaf: number | null; newest: Cut; before: Cut } {
    const [last, earlier] = newest.all()
    const read = (row: { body: string } | undefined): Cut =>
      row === undefined ? UNCUT : (JSON.parse(row.body) as { cut: Cut }).cut
    return { leaf: last?.idx ?? null, newest: read(last), before: read(earlier) }
  }

  return {
    cuts,
    /** Makes the list that `ANSWER_HOLDS` and `REPEAT_HOLDS` ask. */
    fill: db.transaction(({ pages, history, day }: Cut): void => {
      clear.run()
      firstOfDay.run({ pages, history, day: day ?? '' })
      inForce.run({ pages })
      handedOut.run({ pages })
    }),
    /** After `fill`. */
    isKept: ({ pages }: Cut, source: string, run: number): boolean =>
      run >= pages || kept.get(source, run) !== undefined,
    packed(count = packedCount.get()!): Cut['packed'] {
      const rows = packed.all(count).map(({ source, run }) => [source, run])
      return { count: rows.length, digest: sha256(canonicalJson(rows)) }
    },
  }
}

export type KeptStore = ReturnType<typeof keptStore>
