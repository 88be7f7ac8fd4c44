/** Whose key it is. The packet alone shows that nothing changed since somebody signed; who that was comes from outside. */
import { PACKET, type PacketSummary } from '../domain/packet.ts'
import type { PacketTrust, Verification } from '../domain/verification.ts'
import { openCheckpoint, readCheckpoint } from '../ledger/checkpoint.ts'
import { rootAt } from '../ledger/merkle.ts'
import { NoteError } from '../ledger/note.ts'
import { quoted } from '../lib/unzip.ts'
import { broken, NOT_AS_SEALED } from './broken.ts'
import type { PacketKey } from './verify-files.ts'
import type { PackedLedger } from './verify-ledger.ts'

export interface Trusted {
  readonly by: NonNullable<Verification['trusted']>
  readonly says: string
  /** Why what was handed in proves nothing about this packet; null where it does, or nothing was. */
  readonly unproven: string | null
}

const FORGED = 'whoever signed this packet does not hold the key that you trust; all of it may be forged'

export function trusted(trust: PacketTrust, key: PacketKey, ledger: PackedLedger, summary: PacketSummary): Trusted {
  requireOwnKey(key, ledger, summary)
  const byFingerprint = trust.fingerprint === null ? null : heldBy(trust.fingerprint, key, ledger)
  const covered = trust.checkpoints === null ? null : agreeing(trust.checkpoints, ledger, byFingerprint === null)
  const says = [byFingerprint, covered?.says].filter((words) => words != null).join('; ')
  if (byFingerprint === null && (covered === null || covered.unproven !== null)) {
    return {
      by: 'packet',
      says: `the key inside the packet was trusted (${key.fingerprint}): nothing changed since its holder signed, but who that is was not shown; compare the fingerprint, or give an earlier checkpoint${unlinked(ledger)}`,
      unproven: covered?.unproven ?? null,
    }
  }
  return {
    by: byFingerprint === null ? 'checkpoint' : 'fingerprint',
    says: says + unlinked(ledger),
    unproven: covered?.unproven ?? null,
  }
}

/** Keys that came in without the signature of the one before: whoever reads on is told where. */
function unlinked({ keys }: PackedLedger): string {
  const leaves = keys.slice(1).flatMap(({ reason, leaf }) => (reason === 'rotation' ? [] : [leaf]))
  if (leaves.length === 0) return ''
  return `. In leaf ${leaves.join(', ')} of the ledger a key came in without the signature of the one before it: that one was lost, or somebody without it went on in its place`
}

/** The key beside the manifest is the one that signs the ledger. */
function requireOwnKey(key: PacketKey, ledger: PackedLedger, summary: PacketSummary): void {
  const current = ledger.keyAt(ledger.leaves.length)
  if (current?.fingerprint !== key.fingerprint) {
    broken(
      PACKET.publicKey,
      'the key that signed the packet is not the one that signs its ledger',
      'the packet was signed again by somebody else',
      current?.fingerprint,
      key.fingerprint,
    )
  }
  if (summary.fingerprint !== key.fingerprint) {
    broken(PACKET.packet, 'it names another key', NOT_AS_SEALED, key.fingerprint, summary.fingerprint)
  }
}

function heldBy(fingerprint: string, key: PacketKey, ledger: PackedLedger): string {
  if (key.fingerprint === fingerprint) return `the packet's key is the one with the fingerprint given (${fingerprint})`
  const at = ledger.keys.findIndex((one) => one.fingerprint === fingerprint)
  if (at === -1)
    broken(PACKET.publicKey, 'it is not the key with the fingerprint given', FORGED, fingerprint, key.fingerprint)
  requireHandedOver(ledger, at, 'the key with the fingerprint given')
  return `the packet's key (${key.fingerprint}) was handed over to by the one with the fingerprint given (${fingerprint}), each change signed by the key before`
}

/** From this key on, each one was signed by the one before it. */
function requireHandedOver({ keys }: PackedLedger, at: number, whose: string): void {
  const lost = keys.slice(at + 1).find(({ reason }) => reason !== 'rotation')
  if (lost === undefined) return
  broken(
    `${PACKET.leaves}, leaf ${lost.leaf}`,
    `a key came in without the signature of the one before it, and ${whose} is older`,
    'the key before was lost, or somebody without it went on in its place: ask for the new fingerprint by another way and give it with --fingerprint',
    keys[at]!.fingerprint,
    lost.fingerprint,
  )
}

function agreeing(
  notes: readonly string[],
  ledger: PackedLedger,
  mustLink: boolean,
): { says: string | null; unproven: string | null } {
  const trees = notes.map((note) => ({ note, ...readCheckpoint(note) }))
  const size = ledger.leaves.length
  const within = trees.filter((tree) => tree.size <= size)
  for (const tree of within) {
    const where = `the checkpoint given, of ${tree.size} leaves`
    const key = ledger.keyAt(tree.size)
    if (key === null || tree.origin !== key.origin) {
      broken(where, 'it is of another ledger', FORGED, tree.origin, ledger.keys[0]?.origin)
    }
    const root = rootAt(tree.size, ledger.read)
    if (root !== tree.root) {
      broken(
        where,
        `the first ${tree.size} leaves of the packet's ledger have another root`,
        'the history in this packet is not the one that was signed when you were given the checkpoint: it was rewritten',
        tree.root,
        root,
      )
    }
    requireSigned(tree.note, where, key!.vkey)
    if (mustLink) requireHandedOver(ledger, ledger.keys.indexOf(key!), 'the key that signed the checkpoint given')
  }
  if (within.length > 0) {
    const last = within.at(-1)!
    return {
      says: `the packet's ledger goes on from the checkpoint given (${last.size} leaves, signed by ${ledger.keyAt(last.size)!.fingerprint}${linked(ledger) ? ', from which each later key was signed' : ''})`,
      unproven: null,
    }
  }
  return {
    says: null,
    unproven: `the checkpoint given covers ${trees[0]!.size} leaves and the packet's ledger ends at ${size}: the packet was made before it, or its ledger was rolled back; nothing is shown by it: give an earlier checkpoint, or ask for a packet that reaches further`,
  }
}

function linked({ keys }: PackedLedger): boolean {
  return keys.length > 1 && keys.slice(1).every(({ reason }) => reason === 'rotation')
}

function requireSigned(note: string, where: string, vkey: string): void {
  try {
    openCheckpoint(note, [vkey])
  } catch (error) {
    if (!(error instanceof NoteError)) throw error
    broken(where, quoted(error.message), 'the checkpoint given was not signed by the key of this ledger')
  }
}
