/**
 * Opaque cursors: where a list goes on, and a mark of the filters that it goes on with. They come back from outside and
 * are trusted for nothing: whatever they hold is checked as any other input, and asks for no more than a first page could.
 */
import { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { sha256 } from '../../lib/digest.ts'
import { problem } from '../problems.ts'

const LARGEST = 2_000

/** A cursor of one kind of list. */
export interface CursorOf<T> {
  write(place: T, filters: unknown): string
  /** Null where it is none of this list with these filters. */
  read(text: string, filters: unknown): T | null
}

export function cursorOf<T>(kind: string, schema: z.ZodType<T>): CursorOf<T> {
  const mark = (filters: unknown): string => sha256(`${kind}\0${JSON.stringify(filters)}`).slice(0, 12)
  const whole = z.tuple([z.string(), schema])
  return {
    write: (place, filters) => Buffer.from(JSON.stringify([mark(filters), place])).toString('base64url'),
    read(text, filters) {
      if (text.length > LARGEST) return null
      const bytes = Buffer.from(text, 'base64url')
      // What is no base64url is left out without a word.
      if (bytes.toString('base64url') !== text) return null
      const found = whole.safeParse(parsed(bytes.toString()))
      return found.success && found.data[0] === mark(filters) ? found.data[1] : null
    },
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

export function badCursor(c: Context): Response {
  return problem(c, 'bad-cursor', 'The cursor is not one of this list with these filters.')
}
