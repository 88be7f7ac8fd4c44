/**
 * The walks over Kandji's lists. Each may page by offset over live data, where a device that enrols meanwhile makes
 * one row come twice and another not at all: then the walk starts over, so pages are handed on only when it has ended.
 */
import { type Page, pageOf, type Tools } from '../../domain/connector.ts'
import { fields } from '../../domain/reading.ts'
import { startingOver, Walk, WalkBroken } from '../../domain/walk.ts'
import { COUNT, countIn, DEVICES, deviceRows, FILEVAULT, PAGE_SIZE, PLACES, PRISM, prismPage } from './api.ts'
import type { Kandji } from './client.ts'

export interface Reader {
  readonly kandji: Kandji
  readonly source: string
  readonly tools: Tools
}

export interface Walked {
  readonly pages: readonly Page[]
  /** Status of the refusal, which is then the one page. */
  readonly refused: 403 | 404 | null
}

/** A permission that is not ticked is a 403, in some tenants a 404. */
const REFUSALS = [403, 404]

/**
 * The inventory, compared with the vendor's own count. That is asked for before the walk: a device that leaves meanwhile
 * takes its row and makes another one be skipped, which only the earlier count shows.
 */
export function prismDevices(reader: Reader): Promise<Walked> {
  return startingOver(async () => {
    const counted = await countBefore(reader)
    const { walked, total } = await category(reader, PRISM, PLACES.prism, counted.total)
    if (walked.refused !== null) return walked
    // One total is enough for the records: the count's page counts where the envelope names none.
    return { pages: total === null ? [...counted.pages, ...walked.pages] : walked.pages, refused: null }
  })
}

/**
 * FileVault of each Mac. Nothing counts this category beforehand: a device that is skipped has no record of it, and is
 * then unknown, never encrypted.
 */
export function fileVaults(reader: Reader): Promise<Walked> {
  return startingOver(async () => (await category(reader, FILEVAULT, PLACES.filevault, null)).walked)
}

/** One walk over a Prism category, and the total that its envelope names. @param counted what it is compared with else */
async function category(
  reader: Reader,
  path: string,
  place: string,
  counted: number | null,
): Promise<{ walked: Walked; total: number | null }> {
  const walk = new Walk(`kandji: GET ${path}`)
  let total: number | null = null
  const walked = await pagesOf(
    reader,
    walk,
    place,
    (offset, cursor) => {
      const query = new URLSearchParams({ limit: String(PAGE_SIZE), sort_by: 'serial_number' })
      if (cursor === null) query.set('offset', String(offset))
      else query.set('cursor', cursor)
      return `${path}?${query}`
    },
    (body) => {
      const page = prismPage(body, `kandji: GET ${path}`)
      if (walk.pages === 0) total = page.total
      return page
    },
  )
  if (walked.refused === null) walk.reconcile(total ?? counted)
  return { walked, total }
}

/** The device list, which alone says what is missing or removed. */
export function listedDevices(reader: Reader): Promise<Walked> {
  return startingOver(() =>
    pagesOf(
      reader,
      new Walk(`kandji: GET ${DEVICES}`),
      PLACES.devices,
      // `ordering` here, `sort_by` for Prism: an unknown parameter is ignored without a word.
      (offset) =>
        `${DEVICES}?${new URLSearchParams({ limit: String(PAGE_SIZE), offset: String(offset), ordering: 'serial_number' })}`,
      (body) => ({ rows: deviceRows(body, `kandji: GET ${DEVICES}`), cursor: null }),
    ),
  )
}

/**
 * By cursor where the vendor gives one; else goes on until a page is empty and advances by what arrived, because servers
 * may cap the size that we ask for and a short page need not be the last.
 */
async function pagesOf(
  reader: Reader,
  walk: Walk,
  name: string,
  pathAt: (offset: number, cursor: string | null) => string,
  rowsOf: (body: Uint8Array) => { rows: readonly unknown[]; cursor: string | null },
): Promise<Walked> {
  const pages: Page[] = []
  const seen = new Set<string>()
  let cursor: string | null = null
  for (;;) {
    const path = pathAt(walk.rows, cursor)
    const place = `${name} page ${walk.pages + 1}`
    const answer = await reader.kandji.get(path, place, walk.pages === 0 ? REFUSALS : [])
    pages.push(pageOf(reader, { place, request: `GET ${path}` }, answer))
    if (answer.status === 403 || answer.status === 404) return { pages, refused: answer.status }
    const page = rowsOf(answer.body)
    for (const row of page.rows) refuseRepeated(row, seen, name)
    walk.arrived(page.rows.length)
    reader.tools.progress(walk.rows, null, name)
    const byCursor: boolean = cursor !== null
    cursor = page.cursor === null ? null : walk.follow(page.cursor)
    if (page.rows.length === 0 || (byCursor && cursor === null)) return { pages, refused: null }
  }
}

function refuseRepeated(row: unknown, seen: Set<string>, name: string): void {
  const id = fields(row, `kandji: a row of ${name}`).id('device_id')
  if (seen.has(id)) {
    throw new WalkBroken(
      'duplicate_ids',
      `kandji: the list ${name} gave the device ${id} twice, so rows moved while it was read. The walk was started over once; the next pull tries again.`,
    )
  }
  seen.add(id)
}

/** No page where the token may not see the count: nothing rests on it then. */
async function countBefore(reader: Reader): Promise<{ total: number | null; pages: Page[] }> {
  const path = `${COUNT}?category=device_information`
  const answer = await reader.kandji.get(path, PLACES.count, REFUSALS)
  if (answer.status !== 200) return { total: null, pages: [] }
  const page = pageOf(reader, { place: PLACES.count, request: `GET ${path}` }, answer)
  return { total: countIn(answer.body, `kandji: GET ${COUNT}`), pages: [page] }
}
