/**
 * Samples that an auditor can draw again (design section 4): the frame goes into the evidence ledger first, then somebody
 * names a seed, or an outside time stamp over the frame becomes one. Every draw stands in the ledger too, so that drawing
 * until the rows please is seen.
 */
import { drawOrder, isSeed } from '../domain/draw.ts'
import { AppError } from '../domain/error.ts'
import type { JsonObject } from '../domain/json.ts'
import type { Checkpoint } from '../domain/ledger.ts'
import type { DrawLeaf, FrameLeaf, FrameRow, FrameSpan, SampleFile, SampleKind, WholeSample } from '../domain/sample.ts'
import { bare, type Sealed, sealedDraws, sealedFrames } from '../domain/sealed-samples.ts'
import type { Store } from '../domain/store.ts'
import type { Instant } from '../domain/time.ts'
import { canonicalJson } from '../lib/canonical-json.ts'
import { sha256 } from '../lib/digest.ts'
import { type FrameParts, frameDigest, frameRows, keysOf } from './frame.ts'
import { isOf, settled, spanText } from './spans.ts'

export interface SampleCore {
  readonly store: FrameParts['store'] &
    Pick<Store, 'lock' | 'append' | 'leavesOf' | 'runs' | 'stamps' | 'keepPagesOf' | 'past'>
  readonly config: { readonly ledger: { readonly timestamps: unknown } }
  now(): Instant
  publish(checkpoint: Checkpoint): Promise<void>
}

/** What a frame is asked for; without a span the state at the newest run. */
export interface FrameAsked {
  readonly kind: SampleKind
  readonly span: FrameSpan | null
}

export interface DrawAsked {
  /** Null: of whatever kind the frame is that is named. */
  readonly kind: SampleKind | null
  readonly span: FrameSpan | null
  /** Id of the frame; null: the newest of the kind and span. */
  readonly frame: string | null
  /** `timestamp`: the first outside stamp over the frame makes it. */
  readonly seed: string
  readonly size: number
  readonly by: string
}

export interface SealedFrame {
  readonly frame: Sealed<FrameLeaf>
  readonly rows: readonly FrameRow[]
  /** False: the very same one was sealed before. */
  readonly fresh: boolean
}

export type Drawing =
  | { readonly sample: SampleFile; readonly leaf: number; readonly fresh: boolean }
  /** No outside stamp covers the frame yet. */
  | { readonly waitsFor: Sealed<FrameLeaf> }

export interface Samples {
  seal(asked: FrameAsked & { readonly by: string }): Promise<SealedFrame>
  /** A frame that was sealed, built again. */
  frame(id: string): Promise<SealedFrame>
  draw(asked: DrawAsked): Promise<Drawing>
  /** By its name in the ledger; throws AppError `usage` where there is none. */
  drawn(id: string): Promise<WholeSample>
  /** What a file says was drawn, held against the ledger and the store; throws AppError `usage` where it is not so. */
  confirmed(file: SampleFile): Promise<WholeSample>
}

/** What was made under the writer's place, and the checkpoint that covers it; null where nothing was written. */
interface Appended<T> {
  readonly value: T
  readonly checkpoint: Checkpoint | null
}

export function sampleActs(core: SampleCore, signal: AbortSignal): Samples {
  const { store, now } = core

  /** In the writer's place, so that ids follow one another. */
  async function appending<T>(work: () => Promise<Appended<T>>): Promise<T> {
    const release = await store.lock(signal)
    let made: Appended<T>
    try {
      made = await work()
    } finally {
      await release()
    }
    const { value, checkpoint } = made
    if (checkpoint !== null) await core.publish(checkpoint)
    return value
  }

  async function append(body: FrameLeaf | DrawLeaf): Promise<{ leaf: number; checkpoint: Checkpoint }> {
    const checkpoint = await store.append([{ kind: body.type, body: body as unknown as JsonObject }], body.at)
    // What is appended comes last, behind a key's introduction where there is one.
    return { leaf: checkpoint.size - 1, checkpoint }
  }

  async function sealedFrame(id: string): Promise<Sealed<FrameLeaf>> {
    const frames = await sealedFrames(store)
    const found = frames.find((frame) => frame.id === id)
    if (found === undefined) throw noFrame(`there is no sealed frame "${id}"`, frames)
    return found
  }

  async function rebuilt(frame: Sealed<FrameLeaf>): Promise<readonly FrameRow[]> {
    const rows = await frameRows(frame.kind, frame.span, core)
    const digest = frameDigest(rows)
    if (digest !== frame.digest) {
      throw new AppError(
        'storage',
        `sample: what is stored now gives ${rows.length} rows with the digest ${digest}, and the frame ${frame.id} was sealed with ${frame.rows} and ${frame.digest}; nothing is drawn from another population than the sealed one. "exhibit reperform" tells whether the history was changed; otherwise seal a new frame`,
      )
    }
    return rows
  }

  async function chosen({ kind, span, frame: id }: DrawAsked): Promise<Sealed<FrameLeaf>> {
    if (id !== null) {
      const frame = await sealedFrame(id)
      if (kind !== null && frame.kind !== kind) {
        throw new AppError('usage', `sample: the frame ${id} is one of ${frame.kind}, not of ${kind}`)
      }
      return frame
    }
    const frames = await sealedFrames(store)
    for (const frame of frames.toReversed()) {
      if (frame.kind === kind && (span === null || (await isOf(frame, span, store)))) return frame
    }
    throw noFrame(`no frame of ${kind}${span === null ? '' : ` ${spanText(span)}`} was sealed before the seed`, frames)
  }

  /** Null: it has to be waited for. */
  async function seedOf(asked: string, frame: Sealed<FrameLeaf>): Promise<Pick<DrawLeaf, 'seed' | 'seedFrom'> | null> {
    if (asked !== 'timestamp') return { seed: seedText(asked), seedFrom: 'auditor' }
    const [stamp] = await store.stamps(frame.leaf + 1)
    if (stamp !== undefined) return { seed: sha256(stamp.reply), seedFrom: 'timestamp' }
    if (core.config.ledger.timestamps !== null) return null
    throw new AppError(
      'usage',
      'sample: no time stamp authority is configured (ledger.timestamps in exhibit.yaml), so none can give a seed; ask the auditor for one and give it with --seed',
    )
  }

  /** A draw with its frame, both made again from the store. */
  async function whole(draw: Sealed<DrawLeaf>): Promise<WholeSample> {
    const frame = await sealedFrame(draw.frame)
    const all = await rebuilt(frame)
    const rows = drawOrder(all, draw.seed, sha256).slice(0, draw.size)
    if (isList(draw.keys, keysOf(rows))) return { sample: fileOf(frame, draw, rows), keys: keysOf(all) }
    throw new AppError(
      'storage',
      `sample: the draw ${draw.id} does not follow from its frame and seed; the ledger was written by something else`,
    )
  }

  return {
    async seal({ kind, span: asked, by }) {
      const span = await settled(kind, asked, core)
      const rows = await frameRows(kind, span, core)
      const digest = frameDigest(rows)
      return appending<SealedFrame>(async () => {
        const frames = await sealedFrames(store)
        const same = frames.findLast((one) => isSameFrame(one, { kind, span, digest }))
        if (same !== undefined) return { value: { frame: same, rows, fresh: false }, checkpoint: null }
        const id = `F-${frames.length + 1}`
        const body: FrameLeaf = { type: 'frame', id, kind, span, rows: rows.length, digest, at: now(), by }
        const { leaf, checkpoint } = await append(body)
        return { value: { frame: { ...body, leaf }, rows, fresh: true }, checkpoint }
      })
    },

    async frame(id) {
      const frame = await sealedFrame(id)
      return { frame, rows: await rebuilt(frame), fresh: false }
    },

    async draw(asked) {
      const frame = await chosen(asked)
      const given = await seedOf(asked.seed, frame)
      if (given === null) return { waitsFor: frame }
      const rows = drawOrder(await rebuilt(frame), given.seed, sha256).slice(0, asked.size)
      const keys = keysOf(rows)
      return appending<Drawing>(async () => {
        const draws = await sealedDraws(store)
        const same = draws.find(
          (one) =>
            one.frame === frame.id && one.seed === given.seed && one.size === asked.size && isList(one.keys, keys),
        )
        for (const run of new Set(rows.map(({ run }) => run))) await store.keepPagesOf(run)
        if (same !== undefined) {
          return { value: { sample: fileOf(frame, same, rows), leaf: same.leaf, fresh: false }, checkpoint: null }
        }
        const body: DrawLeaf = {
          type: 'draw',
          id: `D-${draws.length + 1}`,
          frame: frame.id,
          frameLeaf: frame.leaf,
          ...given,
          size: asked.size,
          keys,
          at: now(),
          by: asked.by,
        }
        const { leaf, checkpoint } = await append(body)
        return { value: { sample: fileOf(frame, { ...body, leaf }, rows), leaf, fresh: true }, checkpoint }
      })
    },

    async drawn(id) {
      const draw = (await sealedDraws(store)).find((one) => one.id === id)
      if (draw === undefined) {
        throw new AppError(
          'usage',
          `sample: the ledger has no draw "${id}"; the list of samples names those that there are`,
        )
      }
      return whole(draw)
    },

    async confirmed({ draw: said }) {
      const draw = (await sealedDraws(store)).find(({ id }) => id === said.id)
      if (draw === undefined || canonicalJson(bare(draw)) !== canonicalJson(said)) {
        throw new AppError(
          'usage',
          `sample: the ledger has no draw ${said.id} as the file tells it; draw the sample here ("exhibit sample … --seed") and give the file that this writes`,
        )
      }
      return whole(draw)
    },
  }
}

function fileOf(frame: Sealed<FrameLeaf>, draw: Sealed<DrawLeaf>, rows: SampleFile['rows']): SampleFile {
  return { schema: 'exhibit.sample/1', frame: bare(frame), draw: bare(draw), rows }
}

function isSameFrame(one: FrameLeaf, other: Pick<FrameLeaf, 'kind' | 'span' | 'digest'>): boolean {
  return one.kind === other.kind && one.digest === other.digest && canonicalJson(one.span) === canonicalJson(other.span)
}

function isList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((each, at) => each === b[at])
}

function seedText(seed: string): string {
  if (isSeed(seed)) return seed
  throw new AppError(
    'usage',
    'sample: a seed is one line of 1 to 500 characters; any number or words that the auditor chose',
  )
}

function noFrame(why: string, frames: readonly FrameLeaf[]): AppError {
  const known = frames
    .slice(-5)
    .map(({ id, kind, span }) => `${id} (${kind}, ${spanText(span)})`)
    .join(', ')
  const hint = frames.length === 0 ? 'none was sealed yet' : `the newest are ${known}`
  return new AppError(
    'usage',
    `sample: ${why}; ${hint}. "exhibit sample" without --seed seals one: the population has to stand before anybody knows the seed`,
  )
}
