/**
 * The listings of a pull: what was asked for in one question, in the pages of one walk, or once for each of many things.
 * The digest of a pull is made of theirs (digests.ts), so that one of them can be shown without the others and nothing of
 * it left out.
 */
import type { RequestNote } from './connector.ts'
import type { PageInput, SealedPull } from './store.ts'

/** "agents page 3" is of "agents"; an attributes call of one device is of those of all. */
export function listingOf(place: string): string {
  return place.startsWith('GET /') ? pathWithoutName(place) : place.replace(/ page \d+$/, '')
}

/** The last but one part of a path names one of many, or the tailnet, which is the same in all. By hand: it is asked 20,000 times a pull. */
function pathWithoutName(place: string): string {
  const question = place.indexOf('?')
  const end = question === -1 ? place.length : question
  const last = place.lastIndexOf('/', end)
  const before = place.lastIndexOf('/', last - 1)
  return before === -1 ? place.slice(0, end) : `${place.slice(0, before)}/*${place.slice(last, end)}`
}

/** So many in a row, from that position in the whole list on. */
export type Stretch = readonly [from: number, count: number]

/** What a pull notes of one listing. */
export interface Listing {
  readonly listing: string
  readonly requests: readonly RequestNote[]
  readonly pages: readonly PageInput[]
  /** Where they stand in the lists of the whole pull, whose order is part of what was sealed. */
  readonly at: { readonly requests: readonly Stretch[]; readonly pages: readonly Stretch[] }
}

interface Gathered extends Listing {
  readonly requests: RequestNote[]
  readonly pages: PageInput[]
  readonly at: { readonly requests: [number, number][]; readonly pages: [number, number][] }
}

/** In the order in which the pull names them: those of calls, then those of which there are pages alone. */
export function listingsOf({ requests, pages }: Pick<SealedPull, 'requests' | 'pages'>): readonly Listing[] {
  const found = new Map<string, Gathered>()
  gather(requests, found, ({ requests: notes, at }) => [notes, at.requests])
  gather(pages, found, ({ pages: notes, at }) => [notes, at.pages])
  return [...found.values()]
}

function gather<Note extends { readonly place: string }>(
  notes: readonly Note[],
  found: Map<string, Gathered>,
  listOf: (own: Gathered) => [notes: Note[], stretches: [number, number][]],
): void {
  let before: Gathered | null = null
  for (let at = 0; at < notes.length; at++) {
    const note = notes[at]!
    const own = ownOf(listingOf(note.place), found)
    const [list, stretches] = listOf(own)
    list.push(note)
    if (own === before) stretches.at(-1)![1]++
    else stretches.push([at, 1])
    before = own
  }
}

function ownOf(listing: string, found: Map<string, Gathered>): Gathered {
  const known = found.get(listing)
  if (known !== undefined) return known
  const own: Gathered = { listing, requests: [], pages: [], at: { requests: [], pages: [] } }
  found.set(listing, own)
  return own
}
