/**
 * When a walk over the pages of a listing is complete (design section 2): no cursor repeated, as many rows as the
 * vendor says there are. Each listing has its own way of naming the next page; these rules are the same for all.
 */
import { AppError } from './error.ts'

/** The listing changed or its cursor ran out under the walk: starting over may give a whole one. */
export class WalkBroken extends AppError {}

export class Walk {
  /** Rows seen so far. */
  rows = 0
  /** Pages seen so far. */
  pages = 0
  private readonly listing: string
  private readonly cursors = new Set<string>()

  /** `listing` names it in errors: "sentinelone: GET /web/api/v2.1/agents". */
  constructor(listing: string) {
    this.listing = listing
  }

  arrived(rows: number): void {
    this.pages += 1
    this.rows += rows
  }

  /** Takes the cursor of the next page; one that was already followed would lead in a circle. */
  follow(cursor: string): string {
    if (this.cursors.has(cursor)) {
      throw new AppError(
        'pagination_loop',
        `${this.listing} named the same next page twice, after ${this.rows} rows; nothing of this reading is used.`,
      )
    }
    this.cursors.add(cursor)
    return cursor
  }

  /** At the end: compares with the vendor's own total; null where it gives none. */
  reconcile(total: number | null): void {
    if (total === null || total === this.rows) return
    throw new WalkBroken(
      'count_mismatch',
      `${this.listing} gave ${this.rows} rows in ${this.pages} pages and says that there are ${total}; the list changed while it was read, or the walk lost rows. It is read again at the next pull.`,
    )
  }
}

/** Runs a walk, and once more from its start where it broke. Never resumes: rows before the break may have moved. */
export async function startingOver<T>(walk: () => Promise<T>): Promise<T> {
  try {
    return await walk()
  } catch (error) {
    if (!(error instanceof WalkBroken)) throw error
    return await walk()
  }
}
