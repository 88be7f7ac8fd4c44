import { createPrivateKey, sign } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import {
  formatProof,
  openCheckpoint,
  parseCheckpointText,
  parseProof,
  readCheckpoint,
  signCheckpoint,
} from '../../src/ledger/checkpoint.ts'
import { leafHash } from '../../src/ledger/leaf.ts'
import { inclusionProof, rootAt, treeOf, verifyInclusion } from '../../src/ledger/merkle.ts'
import { formatNote, openNote, parseNote, verifierOf, vkeyOf } from '../../src/ledger/note.ts'
import { spec } from '../helpers/specs.ts'

interface Vectors {
  vkeys: { vkey: string; valid: boolean }[]
  notes: {
    name: string
    noteBase64: string
    vkeys: string[]
    expect: 'ok' | 'reject'
    text?: string
    verified?: string[]
    unverified?: string[]
  }[]
  checkpointBodies: { text: string; valid: boolean; why?: string }[]
  endToEnd: {
    origin: string
    signerSeedHex: string
    vkeys: string[]
    size: number
    checkpoint: string
    proofIndex: number
    tlogProof: string
    verified: string[]
  }[]
}
const vectors = spec('signed-note/vectors.json') as Vectors | null
const named = ({ name, id }: { name: string; id: string }): string => `${name}+${id}`

/** A signer made from a seed: RFC 8410 section 7 in front of it makes it a private key. */
function signerOf(seed: Uint8Array, publicKey: Uint8Array) {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed])
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  return { publicKey, sign: (data: Uint8Array) => sign(null, data, key) }
}

describe.runIf(vectors !== null)('published notes', () => {
  test.each(vectors?.vkeys.map(({ vkey, valid }) => [valid ? 'taken' : 'refused', vkey] as const) ?? [])(
    'a verifier key is %s: %s',
    (verdict, vkey) => {
      if (verdict === 'taken') expect(named(verifierOf(vkey))).toBe(vkey.split('+').slice(0, 2).join('+'))
      else expect(() => verifierOf(vkey)).toThrow(/verifier key/)
    },
  )

  test.each(vectors?.notes.map((note) => [note.name, note] as const) ?? [])('%s', (_, note) => {
    const open = () => openNote(Buffer.from(note.noteBase64, 'base64'), note.vkeys.map(verifierOf))
    if (note.expect === 'reject') return expect(open).toThrow(/note|signature/)
    const { text, verified, unverified } = open()
    expect(text).toBe(note.text)
    expect(verified.map(named)).toEqual(note.verified)
    expect(unverified.map(named)).toEqual(note.unverified)
  })

  test.each(vectors?.checkpointBodies.map((body) => [body.why ?? 'well formed', body] as const) ?? [])(
    'a checkpoint: %s',
    (_, { text, valid }) => {
      if (valid) expect(parseCheckpointText(text).origin).toBe(text.split('\n')[0])
      else expect(() => parseCheckpointText(text)).toThrow(/malformed/)
    },
  )

  test.each(vectors?.endToEnd.map((log) => [log.origin, log] as const) ?? [])('the log %s, end to end', (_, log) => {
    const leaves = Array.from({ length: log.size }, (_, n) => leafHash(`entry-${n}`))
    const tree = treeOf(leaves)
    const root = rootAt(log.size, tree)
    expect(openCheckpoint(log.checkpoint, log.vkeys)).toEqual({ origin: log.origin, size: log.size, root })
    expect(openNote(log.checkpoint, log.vkeys.map(verifierOf)).verified.map(named)).toEqual(log.verified)

    const publicKey = Buffer.from(log.vkeys[0]!.split('+').slice(2).join('+'), 'base64').subarray(1)
    expect(vkeyOf(log.origin, publicKey)).toBe(log.vkeys[0])
    const signed = signCheckpoint({ origin: log.origin, size: log.size, root }, [
      signerOf(Buffer.from(log.signerSeedHex, 'hex'), publicKey),
    ])
    expect(log.checkpoint.startsWith(signed)).toBe(true)

    const proof = parseProof(log.tlogProof)
    expect(proof.index).toBe(log.proofIndex)
    expect(proof.proof).toEqual(inclusionProof(log.proofIndex, log.size, tree))
    expect(formatProof(proof)).toBe(log.tlogProof)
    expect(verifyInclusion({ ...proof, size: log.size, leaf: leaves[proof.index]!, root })).toBe(true)
    const { checkpoint } = proof
    expect(readCheckpoint(checkpoint)).toEqual({ origin: log.origin, size: log.size, root })
  })
})

const seed = Buffer.alloc(32, 7)
const publicKey = Buffer.from('ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c', 'hex')
const tree = { origin: 'exhibit/acme', size: 3, root: 'ab'.repeat(32) }

describe('a checkpoint of ours', () => {
  const note = signCheckpoint(tree, [signerOf(seed, publicKey)])
  const vkey = vkeyOf(tree.origin, publicKey)

  test('opens with its key', () => {
    expect(openCheckpoint(note, [vkey])).toEqual(tree)
  })

  test('every single bit that is changed is noticed', () => {
    const bytes = Buffer.from(note)
    for (let at = 0; at < bytes.length; at++) {
      for (const bit of [1, 2, 4, 8, 16, 32, 64, 128]) {
        const changed = Buffer.from(bytes)
        changed[at]! ^= bit
        expect(() => openCheckpoint(changed, [vkey])).toThrow()
      }
    }
  })

  test.each([
    ['another origin under the same key', note.replace('exhibit/acme\n', 'exhibit/acmf\n')],
    ['a bigger size over the old root', note.replace('\n3\n', '\n4\n')],
    ['a line more', note.replace('\n\n', '\nmore\n\n')],
    ['bytes behind the end', `${note}x`],
    ['another line end', note.replaceAll('\n', '\r\n')],
    [
      'too many signatures',
      `${note}${note.split('\n').at(-2)}\n`.repeat(1) + `${note.split('\n').at(-2)}\n`.repeat(100),
    ],
    ['nothing', ''],
  ])('%s is refused', (_, changed) => {
    expect(() => openCheckpoint(changed, [vkey])).toThrow()
  })

  test('a key of another name cannot vouch for the origin', () => {
    const foreign = vkeyOf('exhibit/other', publicKey)
    const { text } = parseNote(note)
    const { id } = verifierOf(foreign)
    const bytes = signerOf(seed, publicKey).sign(Buffer.from(text))
    const forged = formatNote({ text, signatures: [{ name: 'exhibit/other', id, bytes }] })
    expect(() => openCheckpoint(forged, [foreign])).toThrow(/own origin/)
  })

  test('an origin with white space or a plus cannot be signed', () => {
    for (const origin of ['exhibit acme', 'exhibit+acme', '']) {
      expect(() => signCheckpoint({ ...tree, origin }, [signerOf(seed, publicKey)])).toThrow(/origin/)
    }
  })

  test.each([
    '',
    'c2sp.org/tlog-proof@v2\nindex 0\n\nx',
    'c2sp.org/tlog-proof@v1\nindex 01\n\nx',
    'c2sp.org/tlog-proof@v1\nindex 0\nAAAA\n\nx',
  ])('a proof file that is none is refused: %j', (file) => {
    expect(() => parseProof(file)).toThrow(/proof is malformed/)
  })
})
