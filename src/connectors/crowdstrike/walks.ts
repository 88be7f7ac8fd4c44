/**
 * The walks over Falcon's listings. Page tokens live two minutes and an expired one cannot be resumed, so the pages of a
 * walk are handed on only when it has ended; one that breaks is walked once more from its start.
 */
import { type Answer, type Page, pageOf, type Tools } from '../../domain/connector.ts'
import { AppError } from '../../domain/error.ts'
import { fields } from '../../domain/reading.ts'
import { startingOver, Walk, WalkBroken } from '../../domain/walk.ts'
import { ENTITIES_SIZE, falconPage, HOST_DETAILS, HOST_IDS, HOSTS, type Listing, pathOf } from './api.ts'
import type { Falcon } from './client.ts'

export interface Reader {
  readonly falcon: Falcon
  readonly source: string
  readonly tools: Tools
}

export interface Walked {
  readonly pages: readonly Page[]
  /** The credential may not see this listing; the one page is the refusal. */
  readonly refused: boolean
}

/** A whole listing; throws WalkBroken when it gave another number of rows than it announced. */
export function listed(reader: Reader, listing: Listing): Promise<Walked> {
  return startingOver(async () => {
    const { pages, refused, walk, total } = await walkOnce(reader, listing)
    if (!refused) walk.reconcile(total)
    return { pages, refused }
  })
}

/** All visible hosts: the combined list or, where that names no next page although more are due, ids and then records. */
export function hosts(reader: Reader): Promise<Walked> {
  return startingOver(async () => {
    const { pages, refused, walk, total } = await walkOnce(reader, HOSTS)
    if (refused) return { pages, refused }
    if (total !== null && walk.rows < total) return { pages: await idsThenRecords(reader), refused: false }
    walk.reconcile(total)
    return { pages, refused }
  })
}

/** Goes on until as many rows came as the first page announced, a page is empty, or no next page is named. */
async function walkOnce(reader: Reader, listing: Listing) {
  const walk = new Walk(`crowdstrike: GET ${listing.path}`)
  const pages: Page[] = []
  let token: string | null = null
  let total: number | null = null
  for (;;) {
    const path = pathOf(listing, token)
    const place = `${listing.place} page ${walk.pages + 1}`
    const answer = await reader.falcon.call({ method: 'GET', path, place, accept: token === null ? [403] : [400, 404] })
    refuseExpired(answer, listing, token)
    pages.push(pageOf(reader, { place, request: `GET ${path}` }, answer))
    if (answer.status === 403) return { pages, refused: true, walk, total }
    const page = falconPage(answer.body, `crowdstrike: GET ${listing.path}`)
    if (walk.pages === 0) total = page.total
    walk.arrived(page.resources.length)
    reader.tools.progress(walk.rows, total, listing.place)
    const next = page.tokens[listing.token.take]
    if (next === null || page.resources.length === 0 || (total !== null && walk.rows >= total)) {
      return { pages, refused: false, walk, total }
    }
    token = walk.follow(next)
  }
}

/** The scroll has no bound (the other id list ends at 10,000); then the records of those ids, 5000 at a time. */
async function idsThenRecords(reader: Reader): Promise<Page[]> {
  const { pages, ids } = await scrolledIds(reader)
  for (let start = 0; start < ids.length; start += ENTITIES_SIZE) {
    const asked = ids.slice(start, start + ENTITIES_SIZE)
    const { path } = HOST_DETAILS
    const place = `${HOST_DETAILS.place} page ${start / ENTITIES_SIZE + 1}`
    const answer = await reader.falcon.call({ method: 'POST', path, place, body: JSON.stringify({ ids: asked }) })
    pages.push(pageOf(reader, { place, request: `POST ${path}` }, answer))
    // Ids that are gone meanwhile are left out of a 200.
    const walk = new Walk(`crowdstrike: POST ${path}`)
    walk.arrived(falconPage(answer.body, `crowdstrike: POST ${path}`).resources.length)
    walk.reconcile(asked.length)
    reader.tools.progress(start + asked.length, ids.length, HOST_DETAILS.place)
  }
  return pages
}

/** The scroll's token stays the same from page to page, so a circle shows in its ids. */
async function scrolledIds(reader: Reader): Promise<{ pages: Page[]; ids: string[] }> {
  const listing = HOST_IDS
  const walk = new Walk(`crowdstrike: GET ${listing.path}`)
  const pages: Page[] = []
  const ids = new Set<string>()
  let token: string | null = null
  let total: number | null = null
  for (;;) {
    const path = pathOf(listing, token)
    const place = `${listing.place} page ${walk.pages + 1}`
    const answer = await reader.falcon.call({ method: 'GET', path, place, accept: token === null ? [] : [400, 404] })
    refuseExpired(answer, listing, token)
    pages.push(pageOf(reader, { place, request: `GET ${path}` }, answer))
    const page = falconPage(answer.body, `crowdstrike: GET ${listing.path}`)
    if (walk.pages === 0) total = page.total
    const before = ids.size
    for (const id of page.resources) ids.add(fields({ id }, 'crowdstrike: a host id').id('id'))
    walk.arrived(ids.size - before)
    if (page.resources.length > 0 && ids.size === before) {
      throw new AppError('pagination_loop', `crowdstrike: GET ${listing.path} gave the same ids again.`)
    }
    const next = page.tokens[listing.token.take]
    if (next === null || page.resources.length === 0 || (total !== null && ids.size >= total)) break
    token = next
  }
  walk.reconcile(total)
  return { pages, ids: [...ids] }
}

/** "Search context expired, 'after' key no longer valid": 404 on the pages after the first (elastic/integrations#14670). */
function refuseExpired(answer: Answer, listing: Listing, token: string | null): void {
  if (token === null || answer.status < 400) return
  throw new WalkBroken(
    'vendor_error',
    `crowdstrike: GET ${listing.path} answered ${answer.status} to a page token that it gave itself; tokens live two minutes. The walk was started over once.`,
  )
}
