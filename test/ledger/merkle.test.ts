import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { leafHash } from '../../src/ledger/leaf.ts'
import {
  completedBy,
  consistencyProof,
  EMPTY_ROOT,
  inclusionProof,
  nodeHash,
  rootAt,
  treeOf,
  verifyConsistency,
  verifyInclusion,
} from '../../src/ledger/merkle.ts'
import { sha256 } from '../../src/lib/digest.ts'
import { spec } from '../helpers/specs.ts'

const hexOf = (base64: string): string => Buffer.from(base64, 'base64').toString('hex')
const entries = (size: number): string[] => Array.from({ length: size }, (_, n) => leafHash(`entry-${n}`))

interface Reference {
  hash: {
    emptyRootHex: string
    leaf: { dataHex?: string; dataUtf8?: string; hashHex: string }[]
    node: { leftUtf8: string; rightUtf8: string; hashHex: string }[]
  }
  leavesHex: string[]
  rootsHexBySize: string[]
  inclusion: { index: number; size: number; proofHex: string[] }[]
  consistency: { size1: number; size2: number; proofHex: string[] }[]
}
const reference = spec('merkle/rfc6962-reference-tree.json') as Reference | null

describe.runIf(reference !== null)('the reference tree of RFC 6962', () => {
  const { hash, leavesHex, rootsHexBySize, inclusion, consistency } = reference!
  const leaves = leavesHex.map((hex) => sha256(Buffer.concat([Buffer.from([0]), Buffer.from(hex, 'hex')])))
  const tree = treeOf(leaves)

  test('hashes of the empty tree, leaves and nodes', () => {
    expect(EMPTY_ROOT).toBe(hash.emptyRootHex)
    for (const { dataUtf8 = '', hashHex } of hash.leaf) expect(leafHash(dataUtf8)).toBe(hashHex)
    // The published node is over two texts that are no hashes: the same bytes under the same prefix.
    for (const { leftUtf8, rightUtf8, hashHex } of hash.node) {
      const hex = (text: string): string => Buffer.from(text).toString('hex')
      expect(nodeHash(hex(leftUtf8), hex(rightUtf8))).toBe(hashHex)
    }
  })

  test('root at every size', () => {
    expect(rootsHexBySize.map((_, size) => rootAt(size, tree))).toEqual(rootsHexBySize)
  })

  test('every inclusion proof', () => {
    expect(inclusion.length).toBeGreaterThan(20)
    for (const { index, size, proofHex } of inclusion) {
      expect(inclusionProof(index, size, tree)).toEqual(proofHex)
      const root = rootsHexBySize[size]!
      expect(verifyInclusion({ index, size, leaf: leaves[index]!, root, proof: proofHex })).toBe(true)
    }
  })

  test('every consistency proof', () => {
    expect(consistency.length).toBeGreaterThan(20)
    for (const { size1, size2, proofHex } of consistency) {
      expect(consistencyProof(size1, size2, tree)).toEqual(proofHex)
      const roots = { oldRoot: rootsHexBySize[size1]!, newRoot: rootsHexBySize[size2]! }
      expect(verifyConsistency({ from: size1, to: size2, ...roots, proof: proofHex })).toBe(true)
    }
  })
})

interface Tlog {
  rootsBySize: Record<string, string>
  inclusion: { index: number; size: number; proof: string[] }[]
  consistency: { size1: number; size2: number; proof: string[] }[]
  tilesAtSize600: Record<string, { bytes: number; sha256Hex: string }>
}
const tlog = spec('merkle/tlog-600-leaves.json') as Tlog | null

describe.runIf(tlog !== null)('a tree of 600 leaves, as golang/mod sumdb/tlog makes it', () => {
  const tree = treeOf(entries(600))

  test('roots, inclusion and consistency proofs', () => {
    for (const [size, root] of Object.entries(tlog!.rootsBySize)) expect(rootAt(Number(size), tree)).toBe(hexOf(root))
    for (const { index, size, proof } of tlog!.inclusion) {
      expect(inclusionProof(index, size, tree)).toEqual(proof.map(hexOf))
    }
    for (const { size1, size2, proof } of tlog!.consistency) {
      expect(consistencyProof(size1, size2, tree)).toEqual(proof.map(hexOf))
    }
  })

  test('the kept subtrees are those of the tiles', () => {
    for (const [name, { bytes, sha256Hex }] of Object.entries(tlog!.tilesAtSize600)) {
      const [, level, tile] = name.split('/')
      const first = Number.parseInt(tile!, 10) * 256
      const hashes = Array.from({ length: bytes / 32 }, (_, at) => tree(Number(level) * 8, first + at))
      expect(sha256(Buffer.from(hashes.join(''), 'hex'))).toBe(sha256Hex)
    }
  })
})

interface InclusionProbe {
  name: string
  leafIdx: number
  treeSize: number
  root: string
  leafHash: string
  proof: string[] | null
  wantErr: boolean
}
interface ConsistencyProbe {
  name: string
  size1: number
  size2: number
  root1: string
  root2: string
  proof: string[] | null
  wantErr: boolean
}
const inclusionProbes = spec('merkle/inclusion-probes.json') as { probes: InclusionProbe[] } | null
const consistencyProbes = spec('merkle/consistency-probes.json') as { probes: ConsistencyProbe[] } | null

describe.runIf(inclusionProbes !== null)('probes of transparency-dev', () => {
  test.each(inclusionProbes?.probes.map((probe) => [probe.name, probe] as const) ?? [])('inclusion %s', (_, probe) => {
    const { leafIdx: index, treeSize: size, root, leafHash: leaf, proof } = probe
    const holds = verifyInclusion({
      index,
      size,
      leaf: hexOf(leaf),
      root: hexOf(root),
      proof: (proof ?? []).map(hexOf),
    })
    expect(holds).toBe(!probe.wantErr)
  })

  test.each(consistencyProbes?.probes.map((probe) => [probe.name, probe] as const) ?? [])(
    'consistency %s',
    (_, probe) => {
      const { size1: from, size2: to, root1, root2, proof } = probe
      const roots = { oldRoot: hexOf(root1), newRoot: hexOf(root2) }
      expect(verifyConsistency({ from, to, ...roots, proof: (proof ?? []).map(hexOf) })).toBe(!probe.wantErr)
    },
  )
})

describe('any tree', () => {
  const most = 70
  const tree = treeOf(entries(most))
  const roots = Array.from({ length: most + 1 }, (_, size) => rootAt(size, tree))

  test('every leaf of every size up to 70 is proved', () => {
    for (let size = 1; size <= most; size++) {
      for (let index = 0; index < size; index++) {
        const proof = inclusionProof(index, size, tree)
        const claim = { index, size, leaf: tree(0, index), root: roots[size]!, proof }
        expect(verifyInclusion(claim)).toBe(true)
        expect(proof.length).toBeLessThanOrEqual(Math.ceil(Math.log2(size)))
      }
    }
  })

  test('every pair of sizes up to 70 is proved consistent, and with another root it is not', () => {
    for (let to = 1; to <= most; to++) {
      for (let from = 1; from <= to; from++) {
        const proof = consistencyProof(from, to, tree)
        const claim = { from, to, oldRoot: roots[from]!, newRoot: roots[to]!, proof }
        expect(verifyConsistency(claim)).toBe(true)
        expect(verifyConsistency({ ...claim, oldRoot: roots[from - 1]! })).toBe(false)
      }
    }
  })

  test('appending leaf by leaf keeps what the whole tree has', () => {
    const kept = new Map<string, string>()
    const read = (level: number, index: number): string => kept.get(`${level}/${index}`)!
    for (const [index, leaf] of entries(most).entries()) {
      kept.set(`0/${index}`, leaf)
      for (const node of completedBy(index, leaf, read)) kept.set(`${node.level}/${node.index}`, node.hash)
      expect(rootAt(index + 1, read)).toBe(roots[index + 1])
    }
  })

  test('no altered claim is taken', () => {
    const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex'))
    fc.assert(
      fc.property(fc.integer({ min: 2, max: most }), fc.nat(), hash, fc.nat(), (size, seed, other, at) => {
        const index = seed % size
        const proof = inclusionProof(index, size, tree)
        const claim = { index, size, leaf: tree(0, index), root: roots[size]!, proof }
        expect(verifyInclusion({ ...claim, leaf: other })).toBe(false)
        expect(verifyInclusion({ ...claim, root: other })).toBe(false)
        expect(verifyInclusion({ ...claim, proof: proof.with(at % proof.length, other) })).toBe(false)
        expect(verifyInclusion({ ...claim, proof: proof.slice(1) })).toBe(false)
        expect(verifyInclusion({ ...claim, proof: [...proof, other] })).toBe(false)
        expect(verifyInclusion({ ...claim, index: (index + 1) % size })).toBe(false)
        const from = 1 + (seed % (size - 1))
        const steps = consistencyProof(from, size, tree)
        const grown = { from, to: size, oldRoot: roots[from]!, newRoot: roots[size]!, proof: steps }
        expect(verifyConsistency({ ...grown, proof: steps.with(at % steps.length, other) })).toBe(false)
        expect(verifyConsistency({ ...grown, newRoot: other })).toBe(false)
        expect(verifyConsistency({ ...grown, proof: [...steps, other] })).toBe(false)
        expect(verifyConsistency({ ...grown, proof: steps.slice(0, -1) })).toBe(false)
      }),
      { numRuns: 200 },
    )
  })

  test.each([
    ['a leaf behind the end', () => inclusionProof(5, 5, tree)],
    ['a negative leaf', () => inclusionProof(-1, 5, tree)],
    ['half a leaf', () => inclusionProof(1.5, 5, tree)],
    ['a consistency from nothing', () => consistencyProof(0, 5, tree)],
    ['a consistency backwards', () => consistencyProof(6, 5, tree)],
  ])('%s cannot be proved', (_, make) => {
    expect(make).toThrow(RangeError)
  })

  test('sizes beyond 32 bits are counted whole', () => {
    const levels = [leafHash('')]
    while (levels.length <= 41) levels.push(nodeHash(levels.at(-1)!, levels.at(-1)!))
    const even = (level: number): string => levels[level]!
    const size = 2 ** 40 + 3
    const index = 2 ** 40 + 1
    const root = rootAt(size, even)
    const proof = inclusionProof(index, size, even)
    expect(proof).toHaveLength(3)
    expect(verifyInclusion({ index, size, leaf: even(0), root, proof })).toBe(true)
    expect(verifyInclusion({ index: index - 2 ** 40, size, leaf: even(0), root, proof })).toBe(false)
  })
})
