/** What the forms of pages ask to have made. Throws AppError `usage`, in words, for what no form of ours sends. */
import { FRAMEWORKS } from '../domain/control-view.ts'
import { isSeed } from '../domain/draw.ts'
import { AppError } from '../domain/error.ts'
import type { NamedFocus } from '../domain/focus.ts'
import { beginningOf, momentOf } from '../domain/moment.ts'
import { EVENT_SAMPLES, SAMPLE_KINDS } from '../domain/sample.ts'
import type { PeriodChoice } from './audit.ts'
import { NEWEST } from './components/spans.tsx'
import type { DrawAsked, ExportAsked, FrameAsked, HttpParts, ReportAsked, SpanAsked } from './parts.ts'

export type Form = Readonly<Record<string, unknown>>

/** Rows of one draw. */
export const MOST_ROWS = 100_000

export function reportIn(form: Form, periods: readonly PeriodChoice[]): ReportAsked {
  const about = aboutIn(form['about'])
  const format = form['format'] === 'csv' ? 'csv' : 'pdf'
  if (format === 'csv' && (about === null || about.on === 'framework')) {
    throw new AppError('usage', 'The table goes with the report about one control or check: choose what it is about.')
  }
  return { kind: 'report', about, format, ...spanIn(form, periods) }
}

export function resultsIn(
  { format, ...form }: Form,
  periods: readonly PeriodChoice[],
  outputs: HttpParts['outputs'],
): ExportAsked {
  const output = outputs.find(({ id }) => id === format)
  if (output === undefined) throw new AppError('usage', 'There is no such format; the page of exports lists them.')
  const span = spanIn(form, periods)
  if ('from' in span && output.period === undefined) {
    throw new AppError(
      'usage',
      `${output.title} tells the state at one moment: choose the newest run, or another format.`,
    )
  }
  return { kind: 'export', format: output.id, ...span }
}

export function frameIn(form: Form, periods: readonly PeriodChoice[]): FrameAsked {
  const of = SAMPLE_KINDS.find((kind) => kind === form['kind'])
  if (of === undefined)
    throw new AppError('usage', 'There is no such kind; the page of samples lists what can be drawn.')
  const span = spanIn(form, periods)
  if ('from' in span) return { kind: 'frame', of, span }
  if (EVENT_SAMPLES.some((kind) => kind === of)) {
    throw new AppError('usage', 'That happens in a period: choose one, or give its first and last day.')
  }
  return { kind: 'frame', of, span: null }
}

export function drawIn({ seed, size }: Form, frame: string): DrawAsked {
  const rows = typeof size === 'string' && /^\d{1,6}$/.test(size) ? Number(size) : 0
  if (rows < 1 || rows > MOST_ROWS) throw new AppError('usage', `Say how many rows, from 1 to ${MOST_ROWS}.`)
  if (typeof seed !== 'string' || !isSeed(seed)) {
    throw new AppError(
      'usage',
      'A seed is one line of 1 to 500 characters: any number or words that the auditor chose.',
    )
  }
  return { kind: 'sample', frame, seed, size: rows }
}

/** "control:AC-07" */
function aboutIn(text: unknown): NamedFocus | null {
  if (text === undefined || text === '') return null
  const [, on, name = ''] = /^(check|control|framework):(.{1,200})$/s.exec(String(text)) ?? []
  if (on === 'check' || on === 'control') return { on, name }
  const framework = FRAMEWORKS.find((one) => on === 'framework' && one === name)
  if (framework === undefined) throw new AppError('usage', 'There is nothing of that name to report about.')
  return { on: 'framework', name: framework }
}

/** Days count more than what is chosen above them. */
function spanIn(form: Form, periods: readonly PeriodChoice[]): SpanAsked {
  const days = [form['from'], form['to']].map((day) => (typeof day === 'string' ? day.trim() : ''))
  if (days.some((day) => day !== '')) return daysOf(days[0]!, days[1]!)
  const { period = NEWEST } = form
  if (period === NEWEST) return { asOf: 'latest' }
  const chosen = periods.find(({ id }) => id === period)
  if (chosen === undefined)
    throw new AppError('usage', 'There is no such audit period; choose one that the page lists.')
  return { from: chosen.from, to: chosen.to }
}

function daysOf(first: string, last: string): SpanAsked {
  const [from, to] = [beginningOf(first), momentOf(last)]
  if (from === null || to === null) {
    throw new AppError('usage', 'Give both days of the period, such as 2026-07-01 and 2026-12-31, or neither.')
  }
  if (to < from) throw new AppError('usage', 'The period ends before it begins: give its first day first.')
  return { from, to }
}
