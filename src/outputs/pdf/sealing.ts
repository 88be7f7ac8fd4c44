/** How the run stands in the ledger: digests, checkpoint, key, what somebody outside has seen. */
import type { Sealing } from '../../domain/sealing.ts'
import { number } from '../../domain/words.ts'
import { isNearby } from '../../lib/addresses.ts'
import { bullets, facts, h2, paragraph } from './blocks.ts'
import { type Book, chapter } from './book.ts'
import type { Sheet } from './sheet.ts'
import { momentOrNever } from './words.ts'

/** What page 1 says of the ledger. */
export function sealingFacts(sealing: Sealing | null): [string, string][] {
  if (sealing === null) return [['Ledger', 'not anchored: this state is not sealed']]
  const { checkpoint, fingerprint } = sealing
  return [
    ['Ledger', `${checkpoint.origin}, checkpoint of ${number(checkpoint.size)} leaves`],
    ['Root', checkpoint.root],
    ['Signing key', fingerprint],
    ['Seen outside', outsideText(sealing)],
  ]
}

/** Places are counted from 1, as people count; the ledger's own index, which tools ask for, begins at 0. */
export function leafText({ leaf, checkpoint }: Sealing): string {
  return `leaf ${number(leaf + 1)} of ${number(checkpoint.size)} (index ${number(leaf)} from 0)`
}

/** Beside the name of an authority that is none. */
export const OWN_AUTHORITY =
  'it answers on this machine or its own network, so whoever runs it can stamp what they like: this supports nothing'

/** An authority outside has stamped the ledger up to this run or beyond. */
export function isAnchored({ stamp }: Sealing): boolean {
  return stamp !== null && !isNearby(stamp.authority)
}

export function outsideText({ stamp, stampBefore }: Sealing): string {
  if (stamp !== null) {
    const own = isNearby(stamp.authority) ? `; ${OWN_AUTHORITY}` : ''
    return `stamped by ${stamp.authority} at ${momentOrNever(stamp.stampedAt)}, ${number(stamp.size)} leaves${own}`
  }
  if (stampBefore === null) return 'not anchored: no outside authority has stamped the ledger'
  return `not anchored: the newest outside stamp, of ${momentOrNever(stampBefore.stampedAt)}, covers ${number(stampBefore.size)} leaves, before this run`
}

export async function sealing(book: Book): Promise<void> {
  const { sheet } = book
  await chapter(book, 'sealing', () => {
    if (book.sealing === null) {
      paragraph(sheet, 'This state is not sealed in a ledger, so nothing vouches for it.')
      return
    }
    digests(sheet, book.sealing)
    ledger(sheet, book.sealing)
  })
}

function digests(sheet: Sheet, { run, nonce = null, manifest = null }: Sealing): void {
  h2(sheet, 'What was sealed')
  paragraph(
    sheet,
    'SHA-256 over the canonical form (RFC 8785) of what the run was made of. Each is in the run’s leaf of the ledger; made again from the kept answers they must come out the same.',
  )
  facts(sheet, [
    ['Run', run.id],
    ['Leaf (RFC 6962)', run.leaf],
    ['Snapshot', run.snapshotDigest],
    ['Results', run.resultsDigest],
    ['Check set', run.checkSetDigest],
    ['Configuration', run.settingsDigest],
    ['Build of the rules', run.build],
    ['Software', `Exhibit ${run.software}`],
    ...(nonce === null ? [] : [['Nonce given beforehand', nonce] as [string, string]]),
    ...(manifest === null ? [] : [['Manifest of the packet, but for this report', manifest] as [string, string]]),
  ])
}

function ledger(sheet: Sheet, sealing: Sealing): void {
  const { checkpoint, fingerprint } = sealing
  h2(sheet, 'Where it stands')
  facts(sheet, [
    ['Ledger', checkpoint.origin],
    ['Place of the run', leafText(sealing)],
    ['Checkpoint', `${number(checkpoint.size)} leaves`],
    ['Root', checkpoint.root],
    ['Signing key (SHA-256)', fingerprint],
    ['Seen outside', outsideText(sealing)],
  ])
  bullets(sheet, [
    'The checkpoint is signed by the key above. Compare its fingerprint with one that you have from elsewhere.',
    'Keep root and size: whoever shows another ledger later must prove that it continues this one.',
    !isAnchored(sealing)
      ? 'Whoever holds both the host and the key could write the history anew. As no outside authority has stamped this state, only a checkpoint that left the machine by other ways, this page among them, would show it.'
      : 'Whoever holds both the host and the key could write the history anew, but not make it agree with what the outside authority has stamped.',
  ])
}
