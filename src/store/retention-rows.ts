/** The rows that a cut reaches, kind by kind: how they are found in a fixed order, and how they go. */
import type Database from 'better-sqlite3'
import type { JudgedStore } from './judged.ts'
import { ANSWER_HOLDS, type Cut, NEXT, REPEAT_HOLDS } from './kept.ts'
import type { PackedAlone, PageRow } from './pages.ts'

type Key = readonly (string | number)[]

export interface Row {
  readonly key: Key
  /** Goes into the digest of the tombstone; null where the row has none. */
  readonly digest: Uint8Array | string | null
  /** What the row named: a page's digest, a subject, a verdict. */
  readonly named: unknown
}

export interface Doomed {
  /** As the tombstone counts it; null for what only named the others and has no digest. */
  readonly name: string | null
  /** Sorts before every key. */
  readonly start: Key
  next(cut: Cut, after: Key, limit: number): Row[]
  remove(slice: readonly Row[]): void
}

export interface DoomedPage {
  readonly id: number
  /** Nobody who is kept names it. */
  readonly free: boolean
}

/** Each gives its key first, in the order of the rows, then digest and what is named. The key to go on after comes as @a and @b. */
const PULLS = `select p.source, p.run, p.digest, null from temp.floor f join pull p on p.source = f.source
  where f.source >= @a and (f.source > @a or p.run > @b) and p.run < @history
    and (f.gone or (p.run is not f.state and p.run is not f.newest))
  order by f.source, p.run limit @limit`
const ANSWERS = `select a.place, a.run, a.sha256, a.sha256
  from place l join temp.floor f on f.source = l.source join answer a on a.place = l.id
  where l.id >= @a and (l.id > @a or a.run > @b) and a.run < @history
    and (f.gone or l.seen < f.month or ${NEXT} <= f.state)
  order by l.id, a.run limit @limit`
const PLACES = `select l.id, 0, null, null from place l join temp.floor f on f.source = l.source
  where l.id > @a and (f.gone or l.seen < f.month) and not exists (select 1 from answer a where a.place = l.id)
  order by l.id limit @limit`
/** The run after which the state of the version ${v} was another; null while it is the one in force. */
const END = (v: string): string => `(select min(run) from (
    select min(n.run) as run from version n where n.thing = ${v}.thing and n.run > ${v}.run
    union all select t.frame where t.frame > ${v}.run))`
/** Versions whose states had ended by the cut; a frame stays for those that are told against it. */
const VERSIONS = `select t.id, v.run, v.body, null
  from thing t join population p on p.id = t.population join version v on v.thing = t.id
  where t.id >= @a and (t.id > @a or v.run > @b) and v.run <= @history
    and (t.gone <= @history or exists (select 1 from temp.floor f where f.source = p.source and f.gone)
      or (${END('v')} <= @history and not exists (
        select 1 from version d where d.thing = v.thing and d.frame = v.run and ifnull(${END('d')}, @history + 1) > @history)))
  order by t.id, v.run limit @limit`
const THINGS = `select t.id, 0, t.body, null from thing t join population p on p.id = t.population
  where t.id > @a and (t.gone <= @history or exists (select 1 from temp.floor f where f.source = p.source and f.gone))
  order by t.id limit @limit`
const VOLATILES = `select v.source, v.run, v.digest, null from temp.floor f join volatile v on v.source = f.source
  where f.source >= @a and (f.source > @a or v.run > @b) and v.run <= @history
    and (f.gone or exists (select 1 from volatile n where n.source = v.source and n.run > v.run and n.run <= @history))
  order by f.source, v.run limit @limit`
const RESULTS = `select s.id, v.run, v.digest, v.verdict from series s join result v on v.series = s.id
  where s.id >= @a and (s.id > @a or v.run > @b) and v.run <= @history
    and (v.verdict is null
      or exists (select 1 from result n where n.series = v.series and n.run > v.run and n.run <= @history))
  order by s.id, v.run limit @limit`
const FINDINGS = `select f.until_run, f.id, f.stable, f.subject from finding f
  where f.until_run >= @a and (f.until_run > @a or f.id > @b) and f.until_run <= @history
  order by f.until_run, f.id limit @limit`
// The newest of those before the cut stays, and tells what all of them told.
const JUDGED = `select j.run, 0, j.body, null from judged j
  where j.run > @a and j.run < (select max(run) from judged where run <= @history)
  order by j.run limit @limit`
const STATED = `select s.id, 0, null, null from stated s where s.id > @a and s.until <= @history order by s.id limit @limit`
// Pages of answers that stay: what was answered is known, its bytes are let go.
const BODIES = `select l.id, n.run, a.sha256, a.sha256
  from place l join temp.floor f on f.source = l.source
  join answer n on n.place = l.id and n.run > max(f.released, ifnull(f.state, 0)) and n.run <= @pages
  join answer a on a.place = l.id and a.run = (select max(e.run) from answer e where e.place = l.id and e.run < n.run)
  where l.id >= @a and (l.id > @a or n.run > @b) and a.secret = 0 and not ${ANSWER_HOLDS}
  order by l.id, n.run limit @limit`
const REPEATS = `select r.source, r.run || ' ' || hex(r.sha256), r.sha256, r.sha256
  from temp.floor f join repeat r on r.source = f.source
  where f.source >= @a and (f.source > @a or r.run || ' ' || hex(r.sha256) > @b)
    and r.run >= f.released and not ${REPEAT_HOLDS}
  order by 1, 2 limit @limit`

const DOOM = 'insert or ignore into doomed (page) select id from page where sha256 = ?'
const DOOM_REPEATS = `insert or ignore into doomed (page)
  select p.id from repeat r join page p on p.sha256 = r.sha256 where r.source = ? and r.run = ?`
const REMOVE_REPEATS = 'delete from repeat where source = ? and run = ?'
const REMOVE_REPEAT = 'delete from repeat where source = ? and run = ? and sha256 = ?'
// Crossed here and below, so that it goes from the few to the many: SQLite would begin with the whole table.
const REMOVE_SUBJECT = `delete from subject where id = @id and not exists (
  select 1 from series s cross join finding f on f.series = s.id and f.subject = @id)`
const REMOVE_VERDICT =
  'delete from verdict where id = ? and not exists (select 1 from result where verdict = verdict.id)'
// Those that lean on another first: then the other has nobody left to carry.
const PAGES = `select p.id,
    not exists (
      select 1 from answer a join place l on l.id = a.place
      where substr(a.sha256, 1, 4) = substr(p.sha256, 1, 4) and a.sha256 = p.sha256 and ${ANSWER_HOLDS})
    and not exists (select 1 from repeat r where r.sha256 = p.sha256 and ${REPEAT_HOLDS}) as free
  from doomed d cross join page p on p.id = d.page order by p.base is null, p.id limit @limit`
const LEANING = 'select id, sha256, coding, base, body from page where base = ?'
const PACK_ALONE = 'update page set base = null, coding = ?, body = ? where id = ?'
const REMOVE_PAGE = 'delete from page where id = ?'
const FORGET_DOOMED = 'delete from doomed where page = ?'

export function doomedRows(db: Database.Database, { fold }: Pick<JudgedStore, 'fold'>) {
  const doom = db.prepare<[Buffer]>(DOOM)
  const doomRepeats = db.prepare<[string, number]>(DOOM_REPEATS)
  const removeRepeats = db.prepare<[string, number]>(REMOVE_REPEATS)
  const removeRepeat = db.prepare<[string, number, Buffer]>(REMOVE_REPEAT)
  const removeSubject = db.prepare<[{ id: number }]>(REMOVE_SUBJECT)
  const removeVerdict = db.prepare<[number]>(REMOVE_VERDICT)
  const pages = db.prepare<[{ limit: number; pages: number }], { id: number; free: number }>(PAGES)
  const leaning = db.prepare<[number], PageRow>(LEANING)
  const packAlone = db.prepare<[number, Uint8Array, number]>(PACK_ALONE)
  const removePage = db.prepare<[number]>(REMOVE_PAGE)
  const forgetDoomed = db.prepare<[number]>(FORGET_DOOMED)

  function kind(name: string | null, sql: string, start: Key, remove: (row: Row) => void): Doomed {
    return inSlices(name, sql, start, (slice) => {
      for (const row of slice) remove(row)
    })
  }

  function inSlices(name: string | null, sql: string, start: Key, remove: (slice: readonly Row[]) => void): Doomed {
    const rows = db
      .prepare<[Record<string, unknown>], [string | number, string | number, Row['digest'], unknown]>(sql)
      .raw()
    return {
      name,
      start,
      remove,
      next: ({ history, pages }, [a, b], limit) =>
        rows.all({ history, pages, a, b, limit }).map(([first, second, digest, named]) => ({
          key: [first, second],
          digest,
          named,
        })),
    }
  }

  /** Deletes by the two columns of the key. */
  function byKey(table: string, first: string, second: string): (row: Row) => void {
    const statement = db.prepare<[...Key]>(`delete from ${table} where ${first} = ? and ${second} = ?`)
    return ({ key }) => void statement.run(...key)
  }
  function byId(table: string): (row: Row) => void {
    const statement = db.prepare<[string | number]>(`delete from ${table} where id = ?`)
    return ({ key }) => void statement.run(key[0]!)
  }

  const removePull = byKey('pull', 'source', 'run')
  const removeAnswer = byKey('answer', 'place', 'run')
  const removeResult = byKey('result', 'series', 'run')
  const removeFinding = byKey('finding', 'until_run', 'id')

  /** In this order: what names goes before what is named. */
  const kinds: readonly Doomed[] = [
    kind('pulls', PULLS, ['', 0], (row) => {
      const [source, run] = row.key as [string, number]
      doomRepeats.run(source, run)
      removeRepeats.run(source, run)
      removePull(row)
    }),
    kind('answers', ANSWERS, [0, 0], (row) => {
      doom.run(row.named as Buffer)
      removeAnswer(row)
    }),
    kind(null, PLACES, [0, 0], byId('place')),
    kind('versions', VERSIONS, [0, 0], byKey('version', 'thing', 'run')),
    kind('records', THINGS, [0, 0], byId('thing')),
    kind('volatile', VOLATILES, ['', 0], byKey('volatile', 'source', 'run')),
    kind('results', RESULTS, [0, 0], (row) => {
      removeResult(row)
      if (row.named !== null) removeVerdict.run(row.named as number)
    }),
    kind('findings', FINDINGS, [0, 0], (row) => {
      removeFinding(row)
      removeSubject.run({ id: row.named as number })
    }),
    inSlices('judged', JUDGED, [0, 0], (slice) => fold(slice.map(({ key }) => key[0] as number))),
    kind(null, STATED, [0, 0], byId('stated')),
    kind('pages', BODIES, [0, 0], ({ named }) => void doom.run(named as Buffer)),
    kind('repeated', REPEATS, ['', ''], ({ key, named }) => {
      const [source, runAndDigest] = key as [string, string]
      doom.run(named as Buffer)
      removeRepeat.run(source, Number.parseInt(runAndDigest, 10), named as Buffer)
    }),
  ]

  const removeAll = db.transaction((kind: Doomed, slice: readonly Row[]) => {
    kind.remove(slice)
  })
  const removePages = db.transaction((looked: readonly DoomedPage[], alone: ReadonlyMap<number, PackedAlone>) => {
    for (const [id, { coding, body }] of alone) packAlone.run(coding, body, id)
    for (const { id, free } of looked) {
      if (free) removePage.run(id)
      forgetDoomed.run(id)
    }
  })

  /**
   * SQLite looks for rows that name a subject being deleted by reading the whole table of findings, which has no index
   * by subject alone; the statement that deletes has looked already.
   */
  function unreferenced(work: () => void): void {
    db.pragma('foreign_keys = OFF')
    try {
      work()
    } finally {
      db.pragma('foreign_keys = ON')
    }
  }

  return {
    kinds,
    remove: (kind: Doomed, slice: readonly Row[]): void => unreferenced(() => removeAll.immediate(kind, slice)),
    doomedPages: ({ pages: whole }: Cut, limit: number): DoomedPage[] =>
      pages.all({ limit, pages: whole }).map(({ id, free }) => ({ id, free: free === 1 })),
    leaningOn: (id: number): PageRow[] => leaning.all(id),
    removePages: (looked: readonly DoomedPage[], alone: ReadonlyMap<number, PackedAlone>): void =>
      removePages.immediate(looked, alone),
  }
}
