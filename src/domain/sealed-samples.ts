/** Frames and draws as the evidence ledger has them. */
import type { DrawLeaf, FrameLeaf } from './sample.ts'
import type { Leaf, Store } from './store.ts'

/** With its place in the ledger. */
export type Sealed<T> = T & { readonly leaf: number }

export type LeafReader = Pick<Store, 'leavesOf'>

export async function sealedFrames(store: LeafReader): Promise<readonly Sealed<FrameLeaf>[]> {
  return (await store.leavesOf('frame')).map(read<FrameLeaf>)
}

export async function sealedDraws(store: LeafReader): Promise<readonly Sealed<DrawLeaf>[]> {
  return (await store.leavesOf('draw')).map(read<DrawLeaf>)
}

function read<T>({ index, body }: Leaf): Sealed<T> {
  return { ...(JSON.parse(body) as T), leaf: index }
}

/** As it stands in the ledger. */
export function bare<T>({ leaf: _, ...body }: Sealed<T>): T {
  return body as unknown as T
}
