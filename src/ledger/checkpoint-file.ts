/** The operator's file of checkpoints: one signed note after another, appended to and never changed. */
import { closeSync, existsSync, fchmodSync, fstatSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs'
import { readCheckpoint, type Tree } from './checkpoint.ts'

export interface Noted {
  readonly size: number
  readonly root: string
  readonly note: string
}

export interface CheckpointSource {
  checkpoint(size: number | 'latest'): Promise<Noted | null>
  checkpoints(from: number): AsyncIterable<Noted>
}

/** The file says something that the ledger does not: one of them was replaced. */
export class CheckpointsDisagree extends Error {
  override readonly name = 'CheckpointsDisagree'
}

/** A note of ours is a quarter of this. */
const TAIL = 4096

/**
 * Brings the file up to the newest checkpoint: one that a process ended before it could write is written now. A file
 * that begins takes the newest alone. Throws CheckpointsDisagree, and then leaves the file as it is: both are proof.
 */
export async function appendCheckpoints(file: string, ledger: CheckpointSource): Promise<void> {
  const newest = await ledger.checkpoint('latest')
  if (newest === null) return
  const isNew = !existsSync(file)
  const handle = openSync(file, 'a+', 0o644)
  try {
    // Whatever the umask of the service: it is there to be read by others.
    if (isNew) fchmodSync(handle, 0o644)
    const tail = tailOf(handle)
    const last = lastIn(tail)
    if (last !== null) await requireAgreement(file, last, ledger)
    let text = tail === '' || tail.endsWith('\n') ? '' : '\n'
    if (last === null) text += newest.note
    else for await (const { note } of ledger.checkpoints(last.size + 1)) text += note
    if (text === '') return
    writeSync(handle, text)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

async function requireAgreement(file: string, last: Tree, ledger: CheckpointSource): Promise<void> {
  const own = await ledger.checkpoint(last.size)
  if (own?.root === last.root) return
  const what = own === null ? 'the ledger does not know' : 'is not the one in the ledger'
  throw new CheckpointsDisagree(
    `ledger: the last checkpoint in ${file} (size ${last.size}) ${what}: the database or the file was replaced; keep both, find out which, and name a new file in ledger.checkpoints to go on`,
  )
}

function tailOf(handle: number): string {
  const { size } = fstatSync(handle)
  const bytes = Buffer.alloc(Math.min(size, TAIL))
  readSync(handle, bytes, 0, bytes.length, size - bytes.length)
  return bytes.toString('utf8')
}

/** The last whole note; one that was cut off behind it does not count. */
function lastIn(tail: string): Tree | null {
  const notes = tail.match(/[^\n]+\n\d+\n[^\n]+\n\n(?:\u2014 [^\n]+\n)+/g) ?? []
  const last = notes.at(-1)
  return last === undefined ? null : readCheckpoint(last)
}
