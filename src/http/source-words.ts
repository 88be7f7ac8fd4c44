/** Sources in people's words: the one line of cause, and what is amiss altogether. */
import type { SourceState } from '../domain/snapshot.ts'
import type { Instant } from '../domain/time.ts'
import { counted, countedKind, kindWord, momentText } from '../domain/words.ts'

/** One line: why nothing, or not everything, may rest on this source. Null: all is well. */
export function causeOf(source: SourceState): string | null {
  switch (source.status) {
    case 'complete':
      return source.blind.length === 0 ? null : `The credential may not see ${hiddenText(source)}.`
    case 'failed':
      return source.error?.message ?? 'The newest attempt was not accepted.'
    case 'held':
      return source.error?.message ?? 'The newest reading is far smaller than the one before.'
    case 'paused':
      return `The credential was refused${source.pausedUntil === null ? '' : `; not tried again before ${momentText(source.pausedUntil)}`}. ${source.error?.message ?? ''}`.trimEnd()
    case 'stale':
      return 'Its last complete reading is older than its freshness allows.'
    case 'never':
      return 'No attempt has ended yet.'
  }
}

export function hiddenText(source: Pick<SourceState, 'blind'>): string {
  const names = source.blind.map(({ kind, fields }) =>
    fields === null ? kindWord(kind, 2) : `${kindWord(kind, 2)} (${fields.join(', ')})`,
  )
  return [...new Set(names)].join(', ')
}

/** The kinds that a source holds most of, at most `max` of them; what happened lately comes last, however much it was. */
export function recordsText(records: Readonly<Record<string, number>>, max = 20): string {
  const parts = Object.entries(records)
    .filter(([kind]) => kind !== 'total' && kind !== 'auditlog')
    .sort((a, b) => Number(a[0] === 'audit') - Number(b[0] === 'audit') || b[1] - a[1])
    .map(([kind, count]) => countedKind(count, kind))
  if (parts.length === 0) return 'none'
  const more = parts.length - max
  return more <= 0 ? parts.join(', ') : `${parts.slice(0, max).join(', ')} and ${counted(more, 'more kind')}`
}

export interface Trustworthiness {
  readonly mark: 'pass' | 'unknown' | 'fail'
  readonly answer: string
}

/** Can today's answer be trusted? */
export function trustworthiness(sources: readonly SourceState[], readAt: Instant | null): Trustworthiness {
  if (readAt === null) return { mark: 'unknown', answer: 'Nothing has been read yet.' }
  const out = sources.filter(({ status }) => status !== 'complete')
  const partly = sources.filter(({ status, blind }) => status === 'complete' && blind.length > 0)
  if (out.length === 0 && partly.length === 0) {
    return {
      mark: 'pass',
      answer: `Yes. ${sources.length === 1 ? 'The source was' : `All ${sources.length} sources were`} read completely and in time.`,
    }
  }
  if (out.length === 0) {
    return {
      mark: 'unknown',
      answer: `Mostly. Every source was read in time, but ${partly.map(({ id }) => id).join(' and ')} may not show everything.`,
    }
  }
  const names = out.map(({ id }) => id).join(', ')
  return out.length === sources.length
    ? { mark: 'fail', answer: 'No. No source can be relied on at the moment.' }
    : {
        mark: 'unknown',
        answer: `Only in part. Nothing rests on ${names} until ${out.length === 1 ? 'it is' : 'they are'} read again.`,
      }
}
