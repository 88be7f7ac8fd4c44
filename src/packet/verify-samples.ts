/**
 * Drawn samples, drawn once more: the frame that the packet holds is the sealed one, its leaf lies before the draw's, and
 * frame and seed alone give the rows.
 */
import { drawOrder } from '../domain/draw.ts'
import type { JsonValue } from '../domain/json.ts'
import { framePath, type PacketSummary, samplePath } from '../domain/packet.ts'
import type { SampleFile } from '../domain/sample.ts'
import { canonicalJson } from '../lib/canonical-json.ts'
import { sha256 } from '../lib/digest.ts'
import { broken, NOT_AS_SEALED } from './broken.ts'
import type { PacketFiles } from './verify-files.ts'
import type { PackedLedger } from './verify-ledger.ts'

export interface SampleParts {
  readonly files: PacketFiles
  readonly summary: PacketSummary
  readonly ledger: PackedLedger
}

export async function requireSamples({ files, summary, ledger }: SampleParts): Promise<void> {
  const packed = new Set(summary.runs.map(({ run }) => run))
  const paths = files.paths.filter((path) => path.startsWith('samples/'))
  const frames = new Set<string>()
  for (const path of paths.filter((each) => each.endsWith('.json'))) {
    const sample = (await files.json(path)) as unknown as SampleFile
    const { frame, draw, rows } = sample
    if (path !== samplePath(draw.id)) broken(path, 'it is of another draw', NOT_AS_SEALED, samplePath(draw.id))
    requireSealed(path, sample, ledger)
    const order = drawOrder(rows, draw.seed, sha256)
    if (text(order) !== text(rows)) broken(path, 'its rows are not in the order of SHA-256(seed ‖ key)', NOT_AS_SEALED)
    if (!isList(keysIn(rows), draw.keys)) broken(path, 'its rows are not those of the draw', NOT_AS_SEALED)
    await requireFrame(files, sample)
    frames.add(framePath(frame.id))
    const absent = rows.find(({ run }) => !packed.has(run))
    if (absent !== undefined)
      broken(path, `the run ${absent.run}, which shows ${absent.key}, is not packed`, NOT_AS_SEALED)
  }
  const alone = paths.find((path) => !path.endsWith('.json') && !frames.has(path))
  if (alone !== undefined) broken(alone, 'no sample in the packet was drawn from it', NOT_AS_SEALED)
}

function requireSealed(path: string, { frame, draw }: SampleFile, { leaves }: PackedLedger): void {
  const drawn = leaves.findIndex((leaf) => leaf.text === text(draw))
  if (drawn === -1 || draw.frameLeaf >= drawn || leaves[draw.frameLeaf]?.text !== text(frame)) {
    broken(path, 'the ledger does not have its draw behind its frame', NOT_AS_SEALED)
  }
}

/** The digest is that of the file's bytes: what `sha256sum` says of it is what was sealed before the seed was known. */
async function requireFrame(files: PacketFiles, { frame, draw }: SampleFile): Promise<void> {
  const path = framePath(frame.id)
  const bytes = await files.bytes(path)
  const digest = sha256(bytes)
  if (digest !== frame.digest) broken(path, 'it is not the frame that was sealed', NOT_AS_SEALED, frame.digest, digest)
  const keys = bytes.toString().split('\n').slice(0, -1)
  if (keys.length !== frame.rows) {
    broken(path, 'it has another number of keys than were sealed', NOT_AS_SEALED, frame.rows, keys.length)
  }
  const order = drawOrder(
    keys.map((key) => ({ key })),
    draw.seed,
    sha256,
  )
  if (!isList(keysIn(order.slice(0, draw.size)), draw.keys)) {
    broken(samplePath(draw.id), 'its keys are not the first of the frame by SHA-256(seed ‖ key)', NOT_AS_SEALED)
  }
}

function keysIn(rows: readonly { readonly key: string }[]): string[] {
  return rows.map(({ key }) => key)
}

function isList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((each, at) => each === b[at])
}

function text(value: unknown): string {
  return canonicalJson(value as JsonValue)
}
