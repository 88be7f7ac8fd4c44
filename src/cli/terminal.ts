/** Where commands write: data on stdout, progress and notices on stderr. */
import { styleText } from 'node:util'
import type { Status } from '../domain/finding.ts'
import type { SourceStatus } from '../domain/snapshot.ts'

export interface Stream {
  write(text: string): unknown
  isTTY?: boolean
  columns?: number
}

export interface Terminal {
  out: Stream
  err: Stream
}

type Style = Parameters<typeof styleText>[0]

/** Colour only where a person looks: `styleText` keeps to NO_COLOR and to pipes. */
export function styler(stream: Stream): (style: Style, text: string) => string {
  return (style, text) =>
    stream.isTTY === true && process.env['NO_COLOR'] === undefined
      ? styleText(style, text, { validateStream: false })
      : text
}

export function widthOf(stream: Stream): number {
  return Math.max(60, stream.isTTY === true ? (stream.columns ?? 100) : 120)
}

export const STATUS_WORD: Readonly<Record<Status, string>> = {
  pass: 'pass',
  fail: 'FAIL',
  unknown: 'not evaluated',
  not_applicable: 'not applicable',
}
/** Status is never told by colour alone. */
export const STATUS_MARK: Readonly<Record<Status, string>> = { pass: '✔', fail: '✘', unknown: '?', not_applicable: '–' }
export const STATUS_STYLE: Readonly<Record<Status, Style>> = {
  pass: 'green',
  fail: 'red',
  unknown: 'yellow',
  not_applicable: 'gray',
}

export const SOURCE_WORD: Readonly<Record<SourceStatus, string>> = {
  complete: 'complete',
  failed: 'failed',
  held: 'waiting for your confirmation',
  paused: 'paused',
  stale: 'stale',
  never: 'never read',
}
export const SOURCE_STYLE: Readonly<Record<SourceStatus, Style>> = {
  complete: 'green',
  failed: 'red',
  held: 'yellow',
  paused: 'yellow',
  stale: 'yellow',
  never: 'gray',
}

/** "2026-11-20 09:00:00 UTC" */
export function moment(at: string | null): string {
  return at === null ? '–' : `${at.slice(0, 10)} ${at.slice(11, 19)} UTC`
}

/** One line on stderr that is written over; nothing where nobody looks. */
export function progressLine(stream: Stream): { show(text: string): void; clear(): void } {
  if (stream.isTTY !== true) return { show: () => {}, clear: () => {} }
  let shown = 0
  return {
    show(text) {
      const cut = text.slice(0, (stream.columns ?? 100) - 1)
      stream.write(`\r${cut}${' '.repeat(Math.max(0, shown - cut.length))}`)
      shown = cut.length
    },
    clear() {
      if (shown > 0) stream.write(`\r${' '.repeat(shown)}\r`)
      shown = 0
    },
  }
}
