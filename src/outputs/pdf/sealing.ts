/** How the run stands in the ledger: digests, checkpoint, key, what somebody outside has seen; and how much of a period was judged. */
import type { Coverage, Sealing } from '../../domain/sealing.ts'
import { between } from '../../domain/time.ts'
import { counted, lengthText, number } from '../../domain/words.ts'
import { bullets, facts, h2, paragraph, span } from './blocks.ts'
import { type Book, chapter } from './book.ts'
import type { Sheet } from './sheet.ts'
import { cell, figure, Table } from './table.ts'
import { STYLE } from './tokens.ts'
import { momentOrNever, secondText } from './words.ts'

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

function outsideText({ stamp, stampBefore }: Sealing): string {
  if (stamp !== null) {
    return `stamped by ${stamp.authority} at ${momentOrNever(stamp.stampedAt)}, ${number(stamp.size)} leaves`
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
    if (book.coverage !== null) coverage(sheet, book.coverage)
  })
}

function digests(sheet: Sheet, { run }: Sealing): void {
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
  ])
}

function ledger(sheet: Sheet, sealing: Sealing): void {
  const { leaf, checkpoint, fingerprint, stamp } = sealing
  h2(sheet, 'Where it stands')
  facts(sheet, [
    ['Ledger', checkpoint.origin],
    ['Place of the run', `leaf ${number(leaf)}, counted from 0`],
    ['Checkpoint', `${number(checkpoint.size)} leaves`],
    ['Root', checkpoint.root],
    ['Signing key (SHA-256)', fingerprint],
    ['Seen outside', outsideText(sealing)],
  ])
  bullets(sheet, [
    'The checkpoint is signed by the key above. Compare its fingerprint with one that you have from elsewhere.',
    'Keep root and size: whoever shows another ledger later must prove that it continues this one.',
    stamp === null
      ? 'Whoever holds both the host and the key could write the history anew. As no outside authority has stamped this state, only a checkpoint that left the machine by other ways, this page among them, stands against that.'
      : 'Whoever holds both the host and the key could write the history anew, but not make it agree with what the outside authority has stamped.',
  ])
}

/** Of a source or check these many are listed; a table of all is in the packet. */
const LISTED = 60

function coverage(sheet: Sheet, { from, to, of }: NonNullable<Book['coverage']>): void {
  h2(sheet, 'How much of the period was evaluated')
  paragraph(
    sheet,
    `From ${secondText(from)} to ${secondText(to)} UTC. Time before the first run is a gap, as is every stretch in which a source could not be read or its reading was too old. coverage.csv lists each gap.`,
  )
  const short = of.filter(({ share, what }) => what === 'source' || share < 1)
  const whole = of.length - short.length
  if (whole > 0) paragraph(sheet, `${counted(whole, 'check')} without a gap are not listed.`)
  sheet.group('Table', () => {
    const table = new Table(sheet, [
      { title: 'Source or check', width: 200 },
      { title: 'Evaluated', width: 60, align: 'right' },
      { title: 'Longest gap', width: 90 },
      { title: 'Its cause', width: 137 },
    ])
    for (const each of short.slice(0, LISTED)) {
      const gap = longest(each)
      table.row([
        {
          header: true,
          text: [[span(each.id, STYLE.cellStrong)], ...(each.system === null ? [] : [[span(each.system, STYLE.note)]])],
        },
        figure(percent(each.share)),
        cell(gap === null ? 'none' : lengthText(between(gap.from, gap.to))),
        cell(gap?.cause ?? ''),
      ])
    }
  })
  if (short.length > LISTED) {
    sheet.space(4)
    paragraph(sheet, `${number(short.length - LISTED)} more are in coverage.csv.`, STYLE.cellStrong)
  }
}

function longest({ gaps }: Coverage): Coverage['gaps'][number] | null {
  return gaps.reduce<Coverage['gaps'][number] | null>(
    (found, gap) => (found === null || between(gap.from, gap.to) > between(found.from, found.to) ? gap : found),
    null,
  )
}

/** Never rounded up to the whole. */
function percent(share: number): string {
  return `${(Math.floor(share * 1000) / 10).toFixed(1)} %`
}
