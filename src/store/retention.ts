/**
 * The retention rule (design sections 3 and 8): what lies before the cut is deleted but for what the state at the cut
 * rests on, and of raw pages, where they are kept daily, what no kept pull names. The ledger, the rows of runs and their
 * settings stay for ever: they say what was there.
 *
 * First a tombstone is written into the ledger: the cut, what falls under it, how much, and one digest over the digests
 * of all of it. Then the rows go, a slice a transaction; whoever is interrupted goes on next time, as the tombstone alone
 * decides what falls. The caller holds the writer's place, so that no run names a page that is about to go.
 */
import { createHash } from 'node:crypto'
import type Database from 'better-sqlite3'
import type { JsonObject } from '../domain/json.ts'
import type { Settings } from '../domain/settings.ts'
import type { Retained, RetentionRule } from '../domain/store.ts'
import { DAY, type Instant, millis, plus } from '../domain/time.ts'
import type { JudgedStore } from './judged.ts'
import type { Cut, KeptStore } from './kept.ts'
import type { LedgerStore } from './ledger.ts'
import { turn, unzipJsonSync } from './pack.ts'
import type { PackedAlone, PageStore } from './pages.ts'
import { type Doomed, doomedRows } from './retention-rows.ts'

/** Rows a transaction. */
const SLICE = 1_000
/** Rows a call: the first cut through a large database takes several runs. */
const MOST = 50_000
/** So long every page is kept (design section 8). */
const PAGES_WHOLE_DAYS = 7
/** Two, so that who was away for a while catches up. */
const FURTHER_A_LOOK_DAYS = 2

const NEWEST = 'select max(sequence) from run'
const FIRST_SINCE = 'select min(sequence) from run where snapshot_at >= ?'
const SETTINGS_SINCE = `select s.body from settings s
  where s.digest in (select distinct settings from run where sequence >= ?)`
const FLOOR_TABLE = `create temp table if not exists floor (
  source text primary key,
  gone integer not null,
  state integer,
  newest integer,
  month text,
  released integer not null
) without rowid`
const CLEAR_FLOOR = 'delete from temp.floor'
/**
 * state: the pull that the records at the cut rest on; newest: the newest attempt by then; month: of the first pull that
 * stays; released: up to here the pages were let go before.
 */
const FILL_FLOOR = `insert into temp.floor (source, gone, state, newest, month, released)
  select source, source not in (select value from json_each(@present)), coalesce(accepted, newest), newest,
    (select substr(min(ended_at), 1, 7) from pull p
      where p.source = s.source and (p.run >= @history or p.run = coalesce(s.accepted, s.newest) or p.run = s.newest)),
    ifnull((select max(run) from pull p where p.source = s.source and p.outcome = 'complete' and p.run < @released), 0)
  from (
    select source,
      (select max(run) from pull p where p.source = c.source and p.outcome = 'complete' and p.run <= @history) as accepted,
      (select max(run) from pull p where p.source = c.source and p.run <= @history) as newest
    from (select source from pull union select source from place) c
  ) s`
const ENTRY = "select value from entry where area = 'retention' and key = ?"
const SET_ENTRY = "insert or replace into entry (area, key, value) values ('retention', ?, ?)"
const PAST_PULLS = `select s.value as source, (select max(run) from pull
    where source = s.value and outcome = 'complete' and run <= @run) as run
  from json_each(@sources) s`
const ADD_PACKED = 'insert or ignore into packed (source, run) values (?, ?)'

export interface RetentionParts {
  readonly kept: KeptStore
  readonly pages: PageStore
  readonly ledger: LedgerStore
  readonly judged: JudgedStore
}

export function retention(db: Database.Database, { kept, pages, ledger, judged }: RetentionParts) {
  db.exec(FLOOR_TABLE)
  const newestRun = db.prepare<[], number | null>(NEWEST).pluck()
  const firstSince = db.prepare<[Instant], number | null>(FIRST_SINCE).pluck()
  const settingsSince = db.prepare<[number], { body: Buffer }>(SETTINGS_SINCE)
  const clearFloor = db.prepare(CLEAR_FLOOR)
  const fillFloor = db.prepare<[{ present: string; history: number; released: number }]>(FILL_FLOOR)
  const entry = db.prepare<[string], string>(ENTRY).pluck()
  const setEntry = db.prepare<[string, string]>(SET_ENTRY)
  const pastPulls = db.prepare<[{ sources: string; run: number }], { source: string; run: number | null }>(PAST_PULLS)
  const addPacked = db.prepare<[string, number]>(ADD_PACKED)
  const rows = doomedRows(db, judged)

  function read<T>(key: string): T | null {
    const text = entry.get(key)
    return text === undefined ? null : (JSON.parse(text) as T)
  }

  /**
   * The moment that this look goes by, once a day; null: not today. It is that of the look before, and no look moves it
   * by more than two days: a clock that was set wrong, even over midnight, must not cost two years of evidence.
   */
  function momentOfLook(now: Instant): Instant | null {
    const looked = read<{ at: Instant }>('looked')?.at ?? null
    if (looked !== null && looked <= now && dayOf(looked) === dayOf(now)) return null
    const reached = read<{ at: Instant }>('reached')?.at ?? looked
    const furthest = reached === null ? now : plus(reached, FURTHER_A_LOOK_DAYS * DAY)
    setEntry.run('looked', JSON.stringify({ at: now }))
    setEntry.run('reached', JSON.stringify({ at: furthest < now ? furthest : now }))
    return looked === null || looked > now ? null : reached
  }

  /** The cut that the rule wants at that moment; never before the one that was made. */
  function wanted({ days, raw, neededFrom }: RetentionRule, at: Instant, made: Cut): Cut {
    const newest = newestRun.get()!
    const oldest = plus(at, -days * DAY)
    const day = dayOf(neededFrom !== null && neededFrom < oldest ? neededFrom : oldest)
    const first = firstSince.get(day) ?? null
    // The state at the first moment of that day is the one that the run before left; that run was judged with what the
    // run before it had carried.
    const history = first === null ? newest - 1 : first - 2
    const needed = neededFrom === null ? null : (firstSince.get(dayOf(neededFrom)) ?? null)
    const whole = Math.min(firstSince.get(dayOf(plus(at, -PAGES_WHOLE_DAYS * DAY))) ?? newest, needed ?? newest)
    const further = history > Math.max(made.history, 1)
    return {
      history: further ? history : made.history,
      day: further ? day : made.day,
      pages: raw === 'daily' ? Math.max(whole, made.pages) : made.pages,
      packed: kept.packed(),
    }
  }

  /** Makes the lists that the rows are looked up with. */
  function prepare(cut: Cut, before: Cut): void {
    const present = new Set<string>()
    for (const { body } of settingsSince.all(cut.history)) {
      for (const { id } of unzipJsonSync<Settings>(body, 'the settings of a run').sources) present.add(id)
    }
    db.transaction(() => {
      kept.fill(cut)
      clearFloor.run()
      fillFloor.run({ present: JSON.stringify([...present]), history: cut.history, released: before.pages })
    })()
  }

  /** How much falls, and the digest over the digests of it, in the order of the kinds and rows. */
  async function measured(
    cut: Cut,
  ): Promise<{ counts: Readonly<Record<string, number>>; digest: string; total: number }> {
    const counts: Record<string, number> = {}
    const hash = createHash('sha256')
    let total = 0
    for (const kind of rows.kinds) {
      if (kind.name === null) continue
      let count = 0
      for await (const slice of slicesOf(kind, cut)) {
        count += slice.length
        for (const row of slice) hash.update(row.digest ?? '')
      }
      if (count > 0) counts[kind.name] = count
      total += count
    }
    return { counts, digest: hash.digest('hex'), total }
  }

  async function* slicesOf(kind: Doomed, cut: Cut) {
    for (let after = kind.start; ; ) {
      const slice = kind.next(cut, after, SLICE)
      if (slice.length > 0) yield slice
      if (slice.length < SLICE) return
      after = slice.at(-1)!.key
      await turn()
    }
  }

  /** Deletes what the newest tombstone covers. @returns rows deleted, and whether none is left */
  async function deleteCovered(cut: Cut): Promise<{ deleted: number; done: boolean }> {
    let deleted = 0
    for (const kind of rows.kinds) {
      for await (const slice of slicesOf(kind, cut)) {
        rows.remove(kind, slice)
        deleted += slice.length
        if (deleted >= MOST) return { deleted, done: false }
      }
    }
    for (;;) {
      const count = await deletePages(cut)
      if (count === 0) return { deleted, done: true }
      deleted += count
      if (deleted >= MOST) return { deleted, done: false }
      await turn()
    }
  }

  /** Of the pages whose turn it is, those that nobody names; what leaned on one of them is packed anew by itself. */
  async function deletePages(cut: Cut): Promise<number> {
    const looked = rows.doomedPages(cut, SLICE)
    const going = new Set(looked.filter(({ free }) => free).map(({ id }) => id))
    const alone = new Map<number, PackedAlone>()
    for (const id of going) {
      for (const later of rows.leaningOn(id)) {
        if (!going.has(later.id)) alone.set(later.id, await pages.alone(later))
      }
    }
    rows.removePages(looked, alone)
    return looked.length
  }

  return {
    async retain(rule: RetentionRule, now: Instant): Promise<Retained> {
      const idle = { tombstone: null, deleted: 0, done: true }
      if (rule.hold || newestRun.get() === null) return idle
      const { leaf, newest: made, before } = kept.cuts()
      if (leaf !== null && read<{ leaf: number }>('done')?.leaf !== leaf) {
        prepare(made, before)
        return { tombstone: null, ...(await goOn(made, leaf)) }
      }
      const moment = momentOfLook(now)
      if (moment === null) return idle
      const cut = wanted(rule, moment, made)
      if (cut.history === made.history && cut.pages === made.pages) return idle
      prepare(cut, made)
      const { counts, digest, total } = await measured(cut)
      if (total === 0) return idle
      const { days, raw } = rule
      const body = { type: 'retention', at: now, rule: { days, raw }, cut, deleted: counts, digest }
      const tombstone = ledger.append.immediate([{ kind: 'retention', body: body as unknown as JsonObject }], now)
      return { tombstone, ...(await goOn(cut, kept.cuts().leaf!)) }
    },
    /** Pages of a run that something handed out rests on: the rule lets them be. @returns sources whose pages are gone */
    pack: db.transaction((run: number, sources: readonly string[]): string[] => {
      const { newest: cut } = kept.cuts()
      kept.fill(cut)
      const gone: string[] = []
      for (const { source, run: pulled } of pastPulls.all({ sources: JSON.stringify(sources), run })) {
        if (pulled === null) continue
        if (pulled < cut.history || !kept.isKept(cut, source, pulled)) gone.push(source)
        else addPacked.run(source, pulled)
      }
      return gone
    }),
  }

  async function goOn(cut: Cut, leaf: number): Promise<{ deleted: number; done: boolean }> {
    const outcome = await deleteCovered(cut)
    if (outcome.done) setEntry.run('done', JSON.stringify({ leaf }))
    return outcome
  }
}

/** The first moment of the UTC day. */
function dayOf(at: Instant): Instant {
  const ms = millis(at)
  return plus(at, -(((ms % DAY) + DAY) % DAY))
}
