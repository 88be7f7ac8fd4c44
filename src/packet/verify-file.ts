/** The packet as somebody has it: a file, and what they were given by another way. */
import { readFileSync } from 'node:fs'
import { AppError } from '../domain/error.ts'
import type { PacketTrust, Verification } from '../domain/verification.ts'
import { readCheckpoint } from '../ledger/checkpoint.ts'
import { NoteError } from '../ledger/note.ts'
import { ArchiveRefused, fileBytes } from '../lib/unzip.ts'
import { Broken } from './broken.ts'
import { type VerifyParts, verifyPacket } from './verify.ts'
import { notesOf } from './verify-ledger.ts'

export interface VerifyRequest {
  readonly file: string
  /** As people write it: upper case, colons and blanks are theirs to choose. */
  readonly fingerprint: string | null
  /** A file of one or more signed notes. */
  readonly checkpoint: string | null
  /** Whether each passing verdict is to be turned; of one check or subject, or all. */
  readonly challenge?: VerifyParts['challenge']
}

/** Throws AppError `usage` for what cannot be read or is no fingerprint, no checkpoint. */
export async function verifyFile(request: VerifyRequest, parts: VerifyParts): Promise<Verification> {
  const trust = trustOf(request)
  const bytes = opened(request.file)
  try {
    return await verifyPacket(bytes, trust, { ...parts, challenge: request.challenge ?? null })
  } finally {
    bytes.close()
  }
}

function trustOf({ fingerprint, checkpoint }: VerifyRequest): PacketTrust {
  return {
    fingerprint: fingerprint === null ? null : fingerprintOf(fingerprint),
    checkpoints: checkpoint === null ? null : checkpointsIn(checkpoint),
  }
}

function fingerprintOf(text: string): string {
  const digits = text.replace(/[\s:]/g, '').toLowerCase()
  if (/^[0-9a-f]{64}$/.test(digits)) return digits
  throw new AppError(
    'usage',
    `verify: "${text}" is no fingerprint: it has 64 hexadecimal digits, as "openssl pkey -pubin -in public-key.pem -outform DER | sha256sum" prints them`,
  )
}

function checkpointsIn(file: string): string[] {
  try {
    const notes = notesOf(readFileSync(file, 'utf8'))
    for (const note of notes) readCheckpoint(note)
    if (notes.length > 0) return notes
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (typeof code === 'string') throw new AppError('usage', `verify: ${file} cannot be read (${code})`)
    if (!(error instanceof NoteError) && !(error instanceof Broken)) throw error
  }
  throw new AppError(
    'usage',
    `verify: ${file} holds no signed checkpoint: give one as "exhibit ledger checkpoint" prints it, or the file that ledger.checkpoints names`,
  )
}

function opened(file: string): ReturnType<typeof fileBytes> {
  try {
    return fileBytes(file)
  } catch (error) {
    if (error instanceof ArchiveRefused) throw new AppError('usage', `verify: ${file} is not a file`)
    throw new AppError('usage', `verify: ${file} cannot be read (${(error as NodeJS.ErrnoException).code})`, {
      cause: error,
    })
  }
}
