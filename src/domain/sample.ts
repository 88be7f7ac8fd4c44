/**
 * Samples that an auditor can draw again: the frame is sealed in the ledger before the seed exists, and the rows go by
 * SHA-256(seed ‖ key), so that `sha256sum` and `sort` give the same ones (design section 4).
 */
import type { Kind } from './record.ts'
import type { Instant } from './time.ts'

/** What is there at a moment, */
export const RECORD_SAMPLES = ['person', 'account', 'device', 'agent', 'key'] as const satisfies readonly Kind[]
/** and what happens in a period and is drawn by its moment. */
export const EVENT_SAMPLES = ['joiner', 'leaver', 'role-change', 'policy-change'] as const
export const SAMPLE_KINDS = [...RECORD_SAMPLES, ...EVENT_SAMPLES] as const
export type SampleKind = (typeof SAMPLE_KINDS)[number]

/** State at one moment, or everything that there was at any time between two. */
export type FrameSpan = { readonly asOf: Instant } | { readonly from: Instant; readonly to: Instant }

/** One line of a frame: what can be drawn. */
export interface FrameRow {
  /** Unique in the frame, without line breaks: "tailnet/account/uA1"; of an event "tailnet/account/uA1@2026-11-01T…". */
  readonly key: string
  readonly label: string
  /** The run whose evidence shows the subject: that of the moment, the last that still had it, the first after the event. */
  readonly run: string
  readonly at: Instant
}

/** Leaf of kind `frame`. */
export interface FrameLeaf {
  readonly type: 'frame'
  readonly id: string
  readonly kind: SampleKind
  readonly span: FrameSpan
  readonly rows: number
  /** SHA-256 over the keys in byte order, a line feed after each: `sort` and `sha256sum` give it. */
  readonly digest: string
  readonly at: Instant
  readonly by: string
}

/** Leaf of kind `draw`: it names the frame's leaf, which lies before it. */
export interface DrawLeaf {
  readonly type: 'draw'
  readonly id: string
  readonly frame: string
  /** Index of the frame's leaf. */
  readonly frameLeaf: number
  readonly seed: string
  /** `auditor`: somebody gave it. `timestamp`: SHA-256, hex, of the first outside stamp's reply over a checkpoint with the frame. */
  readonly seedFrom: 'auditor' | 'timestamp'
  readonly size: number
  /** The keys drawn, in order. */
  readonly keys: readonly string[]
  readonly at: Instant
  readonly by: string
}

export interface DrawnRow extends FrameRow {
  /** SHA-256(seed ‖ key), hex. */
  readonly order: string
  /** Where the vendor's own console shows it; absent where nobody knows. */
  readonly screen?: string
}

/** A sample with all that could have been drawn: what a packet packs, so that the draw is made again from it alone. */
export interface WholeSample {
  readonly sample: SampleFile
  /** Of the frame, in byte order: one a line, they have its digest. */
  readonly keys: readonly string[]
}

/** `sample -o`: what `packet --sample` reads. */
export interface SampleFile {
  readonly schema: 'exhibit.sample/1'
  readonly frame: FrameLeaf
  readonly draw: DrawLeaf
  readonly rows: readonly DrawnRow[]
}
