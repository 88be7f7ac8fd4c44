/** Pages as received: each body once by digest, compressed against the day's first answer at the same place. */
import type Database from 'better-sqlite3'
import type { Page } from '../domain/connector.ts'
import { AppError } from '../domain/error.ts'
import type { Instant } from '../domain/time.ts'
import { DAY, plus } from '../domain/time.ts'
import { sha256 } from '../lib/digest.ts'
import { damaged } from './failure.ts'
import { digestBytes, unzip, zip } from './pack.ts'

/** Below this a frame of zstd saves a few hundred bytes, once, for more time than all else that is done with the page. */
const SMALLEST_ZIPPED = 1_000

const PLAIN = 0
const ZIPPED = 1

export interface PageRow {
  readonly id: number
  readonly sha256: Buffer
  readonly coding: number
  readonly base: number | null
  readonly body: Buffer
}

/** A body packed without leaning on another. */
export interface PackedAlone {
  readonly coding: number
  readonly body: Uint8Array
}

interface Plan {
  readonly page: Page
  readonly digest: Buffer
  readonly coding: number
  readonly base: number | null
  readonly body: Uint8Array
  /** It is the day's first at its place, so the later ones lean on it. */
  readonly leads: boolean
}

const FIND = 'select id, sealed from page where sha256 = ?'
const READ = 'select id, sha256, coding, base, body from page where sha256 = ?'
const READ_BY_ID = 'select id, sha256, coding, base, body from page where id = ?'
const TOUCH = 'update page set kept_at = ? where id = ? and sealed = 0'
const INSERT = 'insert or ignore into page (sha256, kept_at, coding, base, body) values (?, ?, ?, ?, ?)'
const ADD_PLACE = 'insert or ignore into place (source, name, seen) values (?, ?, ?)'
const BASE = 'select base from place where source = ? and name = ? and base_day = ? and base is not null'
const LEAD = 'update place set base = ?, base_day = ? where source = ? and name = ?'
const SWEEP = `delete from page where sealed = 0 and kept_at < ?
  and not exists (select 1 from page later where later.base = page.id)`

export function pageStore(db: Database.Database) {
  const find = db.prepare<[Buffer], { id: number; sealed: number }>(FIND)
  const read = db.prepare<[Buffer], PageRow>(READ)
  const readById = db.prepare<[number], PageRow>(READ_BY_ID)
  const touch = db.prepare<[Instant, number]>(TOUCH)
  const insert = db.prepare<[Buffer, Instant, number, number | null, Uint8Array]>(INSERT)
  const addPlace = db.prepare<[string, string, string]>(ADD_PLACE)
  const base = db.prepare<[string, string, string], { base: number }>(BASE)
  const lead = db.prepare<[number | bigint, string, string, string]>(LEAD)
  const sweepPages = db.prepare<[Instant]>(SWEEP)

  /** Opens a stored body, and the one that it leans on first. */
  async function open(row: PageRow): Promise<Buffer> {
    const name = row.sha256.toString('hex')
    let body: Buffer
    try {
      const base = row.base === null ? undefined : await open(readById.get(row.base)!)
      body = row.coding === PLAIN ? row.body : await unzip(row.body, base)
    } catch (cause) {
      throw damaged(`the page ${name} cannot be opened`, cause)
    }
    if (sha256(body) !== name) throw damaged(`the page ${name} does not give its digest`)
    return body
  }

  async function plan(page: Page): Promise<Plan> {
    const digest = digestBytes(page.sha256)
    if (sha256(page.body) !== page.sha256) {
      throw new AppError(
        'internal',
        `store: the page "${page.place}" of ${page.source} does not have the digest it names`,
      )
    }
    if (page.body.length < SMALLEST_ZIPPED) {
      return { page, digest, coding: PLAIN, base: null, body: page.body, leads: false }
    }
    const leader = base.get(page.source, page.place, day(page))?.base ?? null
    const against = leader === null ? undefined : await open(readById.get(leader)!)
    const shared = { page, digest, leads: leader === null }
    if (against !== undefined) {
      const body = await zipped(page, against)
      if (body !== null) return { ...shared, coding: ZIPPED, base: leader, body }
    }
    return { ...shared, base: null, ...(await packedAlone(page)) }
  }

  function write(plan: Plan): void {
    const { page, digest, coding, base, body, leads } = plan
    const added = insert.run(digest, page.fetchedAt, coding, base, body)
    if (added.changes === 0 || !leads) return
    addPlace.run(page.source, page.place, day(page).slice(0, 7))
    lead.run(added.lastInsertRowid, day(page), page.source, page.place)
  }

  /** Pages not there yet are written; of those there but unsealed, the age starts again. */
  const keepAll = db.transaction((plans: readonly Plan[], known: readonly { id: number; at: Instant }[]) => {
    for (const { id, at } of known) touch.run(at, id)
    for (const plan of plans) write(plan)
  })

  return {
    async keep(pages: readonly Page[]): Promise<void> {
      const known: { id: number; at: Instant }[] = []
      const missing = new Map<string, Page>()
      for (const page of pages) {
        if (page.secret) continue
        const row = find.get(digestBytes(page.sha256))
        if (row === undefined) missing.set(page.sha256, page)
        else if (row.sealed === 0) known.push({ id: row.id, at: page.fetchedAt })
      }
      if (missing.size === 0 && known.length === 0) return
      const plans: Plan[] = []
      for (const page of missing.values()) plans.push(await plan(page))
      keepAll.immediate(plans, known)
    },
    async page(hex: string): Promise<Buffer | null> {
      const row = /^[0-9a-f]{64}$/.test(hex) ? read.get(digestBytes(hex)) : undefined
      return row === undefined ? null : open(row)
    },
    open,
    /** The body packed anew, for a page whose base goes. */
    alone: async (row: PageRow): Promise<PackedAlone> =>
      packedAlone({ sha256: row.sha256.toString('hex'), body: await open(row) }),
    sweep: (now: Instant): number => sweepPages.run(plus(now, -DAY)).changes,
  }
}

export type PageStore = ReturnType<typeof pageStore>

/** The UTC day of the answer. */
function day(page: Page): string {
  return page.fetchedAt.slice(0, 10)
}

/**
 * The compressed body, or null where that is no shorter or does not open again: a base may begin like a trained
 * dictionary (RFC 8878 section 5), which zstd would not take as mere content.
 */
async function zipped(page: Pick<Page, 'sha256' | 'body'>, base?: Uint8Array): Promise<Uint8Array | null> {
  try {
    const body = await zip(page.body, base)
    if (body.length >= page.body.length) return null
    if (base === undefined) return body
    return sha256(await unzip(body, base)) === page.sha256 ? body : null
  } catch {
    return null
  }
}

async function packedAlone(page: Pick<Page, 'sha256' | 'body'>): Promise<PackedAlone> {
  const body = await zipped(page)
  return body === null ? { coding: PLAIN, body: page.body } : { coding: ZIPPED, body }
}
