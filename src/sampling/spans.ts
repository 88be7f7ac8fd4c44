/** What a frame spans: asked for in words that go on meaning something else, sealed as moments that do not. */
import { AppError } from '../domain/error.ts'
import type { FrameLeaf, FrameSpan, SampleKind } from '../domain/sample.ts'
import type { Store } from '../domain/store.ts'
import type { Instant } from '../domain/time.ts'
import { isEvent } from './period.ts'

export interface SpanParts {
  readonly store: Pick<Store, 'verdictsAt' | 'runs'>
  now(): Instant
}

/** A span that later runs do not change: what is not over yet ends with the newest run. */
export async function settled(
  kind: SampleKind,
  asked: FrameSpan | null,
  { store, now }: SpanParts,
): Promise<FrameSpan> {
  if (asked === null && isEvent(kind)) {
    throw new AppError('usage', `sample: a ${kind} happens in a period; give --from and --to`)
  }
  if (asked === null || 'asOf' in asked) {
    const at = asked === null ? now() : asked.asOf
    const view = await store.verdictsAt(at < now() ? at : 'latest')
    if (view !== null) return { asOf: view.run.snapshotAt }
    throw new AppError('usage', `sample: no run was sealed by ${at}; "exhibit sync" makes the first`)
  }
  if (asked.to <= now()) return asked
  const [newest] = await store.runs(1)
  return { from: asked.from, to: newest?.snapshotAt ?? asked.to }
}

/** Whether a frame is the one that this span gave when it was sealed. */
export async function isOf(
  { span, at }: FrameLeaf,
  asked: FrameSpan,
  store: Pick<Store, 'verdictsAt'>,
): Promise<boolean> {
  if ('asOf' in span) {
    if (!('asOf' in asked) || asked.asOf < span.asOf) return false
    const view = await store.verdictsAt(asked.asOf < at ? asked.asOf : at)
    return view?.run.snapshotAt === span.asOf
  }
  if ('asOf' in asked || span.from !== asked.from) return false
  return span.to === asked.to || (span.to < asked.to && at < asked.to)
}

export function spanText(span: FrameSpan): string {
  return 'asOf' in span ? `as of ${span.asOf}` : `from ${span.from} to ${span.to}`
}
