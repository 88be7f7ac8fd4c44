/**
 * The Merkle tree of RFC 6962 section 2.1 and RFC 9162 section 2.1, which hash alike. Hashes are 64 lower-case hex
 * digits. Every perfect subtree is kept once it is complete, so that an append, a root and a proof read O(log n) of
 * them. Sizes are integers up to 2^53: no bit operators, which would cut them to 32 bits.
 */
import { sha256 } from '../lib/digest.ts'

/** The hash of the perfect subtree over the leaves [index · 2^level, (index + 1) · 2^level); level 0 is the leaves. */
export type NodeReader = (level: number, index: number) => string

export interface TreeNode {
  readonly level: number
  readonly index: number
  readonly hash: string
}

const NODE = new Uint8Array([0x01])

/** SHA-256 of nothing: the root of the empty tree. */
export const EMPTY_ROOT = sha256('')

/** SHA-256(0x01 ‖ left ‖ right). */
export function nodeHash(left: string, right: string): string {
  return sha256(Buffer.concat([NODE, Buffer.from(left, 'hex'), Buffer.from(right, 'hex')]))
}

/** The perfect subtrees that a leaf completes, lowest first; the leaf itself is not among them. */
export function completedBy(index: number, leaf: string, read: NodeReader): TreeNode[] {
  const nodes: TreeNode[] = []
  let hash = leaf
  for (let level = 0, at = index; at % 2 === 1; level++) {
    hash = nodeHash(read(level, at - 1), hash)
    at = (at - 1) / 2
    nodes.push({ level: level + 1, index: at, hash })
  }
  return nodes
}

export function rootAt(size: number, read: NodeReader): string {
  requireCount(size, 'size')
  return size === 0 ? EMPTY_ROOT : subtree(0, size, read)
}

/** RFC 6962 section 2.1.1, from leaf to root. */
export function inclusionProof(index: number, size: number, read: NodeReader): string[] {
  requireCount(size, 'size')
  requireCount(index, 'index')
  if (index >= size) throw new RangeError(`leaf ${index} is not in a tree of ${size}`)
  return path(index, 0, size, read)
}

/** RFC 6962 section 2.1.2. */
export function consistencyProof(from: number, to: number, read: NodeReader): string[] {
  requireCount(from, 'from')
  requireCount(to, 'to')
  if (from === 0 || from > to) throw new RangeError(`there is no consistency proof from ${from} to ${to} leaves`)
  return subproof(from, 0, to, true, read)
}

export interface Inclusion {
  readonly index: number
  readonly size: number
  readonly leaf: string
  readonly root: string
  readonly proof: readonly string[]
}

/** RFC 9162 section 2.1.3.2. */
export function verifyInclusion({ index, size, leaf, root, proof }: Inclusion): boolean {
  if (!isCount(index) || !isCount(size) || index >= size || ![leaf, root, ...proof].every(isHash)) return false
  let at = index
  let last = size - 1
  let hash = leaf
  for (const beside of proof) {
    if (last === 0) return false
    if (at % 2 === 1 || at === last) {
      hash = nodeHash(beside, hash)
      while (at % 2 === 0 && at !== 0) [at, last] = [half(at), half(last)]
    } else hash = nodeHash(hash, beside)
    at = half(at)
    last = half(last)
  }
  return last === 0 && hash === root
}

export interface Consistency {
  readonly from: number
  readonly to: number
  readonly oldRoot: string
  readonly newRoot: string
  readonly proof: readonly string[]
}

/** RFC 9162 section 2.1.4.2. From an empty tree nothing is proved, so that is no proof either. */
export function verifyConsistency({ from, to, oldRoot, newRoot, proof }: Consistency): boolean {
  if (!isCount(from) || !isCount(to) || from === 0 || from > to) return false
  if (![oldRoot, newRoot, ...proof].every(isHash)) return false
  if (from === to) return proof.length === 0 && oldRoot === newRoot
  const [first, ...rest] = isPowerOfTwo(from) ? [oldRoot, ...proof] : proof
  // Only a power of two has its root among the new tree's subtrees; for the others the proof must bring one.
  if (first === undefined || proof.length === 0) return false
  let at = from - 1
  let last = to - 1
  while (at % 2 === 1) [at, last] = [half(at), half(last)]
  let oldHash = first
  let newHash = first
  for (const beside of rest) {
    if (last === 0) return false
    if (at % 2 === 1 || at === last) {
      oldHash = nodeHash(beside, oldHash)
      newHash = nodeHash(beside, newHash)
      while (at % 2 === 0 && at !== 0) [at, last] = [half(at), half(last)]
    } else newHash = nodeHash(newHash, beside)
    at = half(at)
    last = half(last)
  }
  return last === 0 && oldHash === oldRoot && newHash === newRoot
}

/** The tree over leaf hashes that lie in memory: for who holds them all, as a packet's verifier does. */
export function treeOf(leaves: readonly string[]): NodeReader {
  const levels: string[][] = [[...leaves]]
  for (let below = levels[0]!; below.length > 1; ) {
    const above: string[] = []
    for (let at = 0; at + 1 < below.length; at += 2) above.push(nodeHash(below[at]!, below[at + 1]!))
    levels.push(above)
    below = above
  }
  return (level, index) => {
    const hash = levels[level]?.[index]
    if (hash === undefined) throw new RangeError(`the tree has no subtree ${index} of level ${level}`)
    return hash
  }
}

/** The hash over the leaves [from, to); `from` is always a multiple of the largest power of two within. */
function subtree(from: number, to: number, read: NodeReader): string {
  const size = to - from
  if (isPowerOfTwo(size)) return read(Math.log2(size), from / size)
  const middle = from + splitOf(size)
  return nodeHash(subtree(from, middle, read), subtree(middle, to, read))
}

function path(index: number, from: number, to: number, read: NodeReader): string[] {
  if (to - from === 1) return []
  const middle = from + splitOf(to - from)
  return index < middle
    ? [...path(index, from, middle, read), subtree(middle, to, read)]
    : [...path(index, middle, to, read), subtree(from, middle, read)]
}

/** @param whole the old tree ends here, so its root is the verifier's own and is left out */
function subproof(old: number, from: number, to: number, whole: boolean, read: NodeReader): string[] {
  const size = to - from
  if (old === size) return whole ? [] : [subtree(from, to, read)]
  const k = splitOf(size)
  return old <= k
    ? [...subproof(old, from, from + k, whole, read), subtree(from + k, to, read)]
    : [...subproof(old - k, from + k, to, false, read), subtree(from, from + k, read)]
}

/** The largest power of two below n. */
function splitOf(n: number): number {
  let k = 1
  while (k * 2 < n) k *= 2
  return k
}

function isPowerOfTwo(n: number): boolean {
  return n === splitOf(n) * 2 || n === 1
}

function half(n: number): number {
  return Math.floor(n / 2)
}

function isCount(n: number): boolean {
  return Number.isSafeInteger(n) && n >= 0
}

function requireCount(n: number, name: string): void {
  if (!isCount(n)) throw new RangeError(`${name} ${n} is no count of leaves`)
}

const HASH = /^[0-9a-f]{64}$/
function isHash(text: string): boolean {
  return HASH.test(text)
}
