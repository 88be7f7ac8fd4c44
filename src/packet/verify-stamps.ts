/**
 * Outside time stamps: that each is over the very checkpoint beside it. Whose signature it carries is for `openssl` and
 * whoever trusts the authority; the command is told.
 */
import { PACKET, type PackedStamp } from '../domain/packet.ts'
import type { VerifiedStamp } from '../domain/verification.ts'
import { readStamp, StampRefused } from '../ledger/timestamp.ts'
import { sha256 } from '../lib/digest.ts'
import { broken } from './broken.ts'
import type { PacketFiles } from './verify-files.ts'
import type { PackedLedger } from './verify-ledger.ts'

export async function verifiedStamps(files: PacketFiles, { notes }: PackedLedger): Promise<VerifiedStamp[]> {
  if (!files.has(PACKET.timestamps)) return []
  const stamps = (await files.json(PACKET.timestamps)) as unknown as PackedStamp[]
  const verified: VerifiedStamp[] = []
  for (const { size, authority, stampedAt, note, reply } of stamps) {
    const means = 'the time stamp says nothing about this ledger'
    if ((await files.text(note)) !== notes.find((one) => one.size === size)?.note) {
      broken(note, `it is not the checkpoint over ${size} leaves`, means)
    }
    const stamp = stampIn(await files.bytes(reply), reply)
    const digest = sha256(await files.bytes(note))
    if (stamp.imprint !== digest)
      broken(reply, `it is a stamp over something else than ${note}`, means, digest, stamp.imprint)
    if (stamp.at !== stampedAt) broken(reply, 'its time is not the one told', means, stampedAt, stamp.at)
    const command = `openssl ts -verify -data ${note} -in ${reply} -CAfile <the authority's certificates>`
    verified.push({ size, authority, stampedAt, command })
  }
  return verified
}

function stampIn(bytes: Buffer, where: string) {
  try {
    return readStamp(bytes)
  } catch (error) {
    if (!(error instanceof StampRefused)) throw error
    return broken(where, error.message, 'it is no time stamp')
  }
}
