/** Status marks: shape, word and colour, so that none of the three is needed alone. */
import type { Child } from 'hono/jsx'
import type { UnknownReason } from '../../domain/finding.ts'
import type { Severity } from '../../domain/settings.ts'
import type { SourceStatus } from '../../domain/snapshot.ts'
import { MARK_WORD, type Mark, REASON_WORD, SOURCE_WORD } from '../../domain/words.ts'

/** Drawn once a page; marks refer to them, which keeps a table of a hundred rows small. */
export function MarkShapes() {
  return (
    <svg class="shapes" width="0" height="0" aria-hidden="true">
      <symbol id="mark-pass" viewBox="0 0 16 16">
        <circle cx="8" cy="8" r="7" />
        <path class="ink" d="M4.7 8.3 7 10.6 11.4 5.8" />
      </symbol>
      <symbol id="mark-fail" viewBox="0 0 16 16">
        <path d="M5.1 1h5.8L15 5.1v5.8L10.9 15H5.1L1 10.9V5.1z" />
        <path class="ink" d="m5.6 5.6 4.8 4.8m0-4.8-4.8 4.8" />
      </symbol>
      <symbol id="mark-unknown" viewBox="0 0 16 16">
        <circle class="ring" cx="8" cy="8" r="6.2" />
        <path d="M8 3.6a4.4 4.4 0 0 1 0 8.8z" />
      </symbol>
      <symbol id="mark-not_applicable" viewBox="0 0 16 16">
        <circle class="ring" cx="8" cy="8" r="6.2" />
        <path class="ring" d="M5 8h6" />
      </symbol>
      <symbol id="mark-waived" viewBox="0 0 16 16">
        <path d="M8 1 14 3v5c0 3.6-2.5 6-6 7-3.5-1-6-3.4-6-7V3z" />
        <path class="ink" d="M5.6 8h4.8" />
      </symbol>
    </svg>
  )
}

export function StatusMark({ mark, word, quiet = false }: { mark: Mark; word?: string; quiet?: boolean }) {
  return (
    <span class={`mark mark-${mark}`}>
      <svg class="mark-shape" width="16" height="16" aria-hidden="true">
        <use href={`#mark-${mark}`} />
      </svg>
      <span class={quiet ? 'sr' : 'mark-word'}>{word ?? MARK_WORD[mark]}</span>
    </span>
  )
}

/** The mark of an unknown with its reason beside it. */
export function Verdict({ mark, word, reason }: { mark: Mark; word?: string; reason: UnknownReason | null }) {
  return (
    <>
      <StatusMark mark={mark} {...(word === undefined ? {} : { word })} />
      {reason === null ? null : <span class="reason">{REASON_WORD[reason]}</span>}
    </>
  )
}

const MARK_OF_SOURCE: Readonly<Record<SourceStatus, Mark>> = {
  complete: 'pass',
  failed: 'fail',
  held: 'unknown',
  paused: 'fail',
  stale: 'unknown',
  never: 'not_applicable',
}

export function SourceMark({ status }: { status: SourceStatus }) {
  return <StatusMark mark={MARK_OF_SOURCE[status]} word={SOURCE_WORD[status]} />
}

const RANK: Readonly<Record<Severity, number>> = { low: 1, medium: 2, high: 3, critical: 4 }

/** Severity as filled steps and a word. */
export function SeverityMark({ severity }: { severity: Severity }) {
  return (
    <span class={`severity severity-${severity}`}>
      <svg width="18" height="12" viewBox="0 0 18 12" aria-hidden="true">
        {[1, 2, 3, 4].map((step) => (
          <rect
            class={step <= RANK[severity] ? 'step on' : 'step'}
            x={(step - 1) * 5}
            y={12 - step * 3}
            width="3"
            height={step * 3}
          />
        ))}
      </svg>
      {severity}
    </span>
  )
}

export function Tag({
  children,
  tone = 'plain',
}: {
  children?: Child
  tone?: 'plain' | 'fail' | 'unknown' | 'accent'
}) {
  return <span class={`tag tag-${tone}`}>{children}</span>
}
