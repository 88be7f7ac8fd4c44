/**
 * Packets that are whole in themselves and untrue: everything signed, hashed and proved anew. Only what was kept outside
 * shows them: the fingerprint of the key, or a checkpoint of before.
 */
import type { JsonObject } from '../../src/domain/json.ts'
import { PACKET } from '../../src/domain/packet.ts'
import { type KeyLeaf, keyLeaf } from '../../src/ledger/hand-over.ts'
import { makeKey, type SigningKey } from '../../src/ledger/keys.ts'
import { canonicalJson } from '../../src/lib/canonical-json.ts'
import { sha256 } from '../../src/lib/digest.ts'
import { type Files, forged, leavesIn, signed, summaryOf } from './packet-files.ts'
import type { Place } from './packet-mutations.ts'
import { placeOf } from './random.ts'

export interface Forgery {
  readonly what: string
  /** What shows it. Whoever holds the ledger's key can rewrite all of it, but not a checkpoint that has left. */
  readonly shownBy: readonly ('fingerprint' | 'checkpoint')[]
  /** Whether it shows by itself too. */
  readonly wholeInItself: boolean
  make(files: Files, place: Place): Files
}

const bodyOf = (line: string): JsonObject => JSON.parse(line) as JsonObject
/** Runs that nobody packed: nothing in the packet speaks of them but the ledger. */
function silent(files: Files): number[] {
  const packed = new Set(summaryOf(files).runs.map(({ leaf }) => leaf))
  return leavesIn(files).flatMap((line, at) => (bodyOf(line)['type'] === 'run' && !packed.has(at) ? [at] : []))
}
/** The history with another answer in one of its runs. */
function rewritten(files: Files, { position, random }: Place): string[] {
  const lines = leavesIn(files)
  const runs = silent(files)
  const at = runs[placeOf(position, runs.length, random)]!
  return lines.with(at, canonicalJson({ ...bodyOf(lines[at]!), results: sha256(`${random.below(1e9)}`) }))
}
/** The first key leaf as if that key had always been the ledger's. */
function under(key: SigningKey, lines: readonly string[]): string[] {
  const at = lines.findIndex((line) => bodyOf(line)['type'] === 'key')
  const { origin, at: moment } = bodyOf(lines[at]!) as unknown as KeyLeaf
  return lines.with(at, canonicalJson(keyLeaf({ origin, at: moment, key, reason: 'first', previous: null, by: null })))
}
function grafted(files: Files, key: SigningKey, reason: 'lost' | 'rotation', by: SigningKey | null): string[] {
  const lines = leavesIn(files)
  const before = lines.map(bodyOf).findLast(({ type }) => type === 'key') as unknown as KeyLeaf
  const { origin, at, fingerprint: previous } = before
  return [...lines, canonicalJson(keyLeaf({ origin, at, key, reason, previous, by }))]
}

export const FORGERIES: readonly Forgery[] = [
  {
    what: 'the history rewritten, all of it under another key',
    shownBy: ['fingerprint', 'checkpoint'],
    wholeInItself: true,
    make(files, place) {
      const key = makeKey()
      return forged(files, under(key, rewritten(files, place)), key)
    },
  },
  {
    what: 'the true history, all of it under another key',
    shownBy: ['fingerprint', 'checkpoint'],
    wholeInItself: true,
    make(files) {
      const key = makeKey()
      return forged(files, under(key, leavesIn(files)), key)
    },
  },
  {
    what: 'signed again with another key',
    shownBy: ['fingerprint', 'checkpoint'],
    wholeInItself: false,
    make: (files) => signed(files, makeKey()),
  },
  {
    what: 'the key swapped',
    shownBy: ['fingerprint', 'checkpoint'],
    wholeInItself: false,
    make: (files) => new Map([...files, [PACKET.publicKey, signed(files, makeKey()).get(PACKET.publicKey)!]]),
  },
  {
    what: 'the same size under another root, by who holds the key',
    shownBy: ['checkpoint'],
    wholeInItself: true,
    make: (files, place) => forged(files, rewritten(files, place), place.key),
  },
  {
    what: 'a fork: two histories of one beginning, by who holds the key',
    shownBy: ['checkpoint'],
    wholeInItself: true,
    make(files, place) {
      const lines = leavesIn(files)
      const at = silent(files).at(-1)!
      const other = canonicalJson({ ...bodyOf(lines[at]!), results: sha256(`${place.random.below(1e9)}`) })
      return forged(files, lines.with(at, other), place.key)
    },
  },
  {
    what: 'a key grafted on, told as a loss',
    shownBy: ['fingerprint', 'checkpoint'],
    wholeInItself: true,
    make(files) {
      const key = makeKey()
      return forged(files, grafted(files, key, 'lost', null), key)
    },
  },
  {
    what: 'a key grafted on, handed over to by a key of the forger',
    shownBy: ['fingerprint', 'checkpoint'],
    wholeInItself: false,
    make(files) {
      const key = makeKey()
      return forged(files, grafted(files, key, 'rotation', makeKey()), key)
    },
  },
  {
    what: 'rolled back to an earlier state',
    shownBy: ['checkpoint'],
    wholeInItself: true,
    make: (_, { earlier }) => earlier,
  },
]
