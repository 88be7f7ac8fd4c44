/** What people entered: failures that were accepted, answers that no system gives, checks that are switched off. */

import type { Check } from '../../domain/check.ts'
import type { Report } from '../../domain/report.ts'
import type { Attestation, Waiver } from '../../domain/settings.ts'
import type { CivilDate } from '../../domain/time.ts'
import { counted } from '../../domain/words.ts'
import { h2, paragraph, span } from './blocks.ts'
import { type Book, chapter } from './book.ts'
import { cell, Table } from './table.ts'
import { COLOUR, STYLE, WIDTH } from './tokens.ts'
import { cutMiddle, type Span } from './wrap.ts'

export async function exceptions(book: Book): Promise<void> {
  const { sheet, report } = book
  const settings = report.snapshot?.settings
  const day = (report.snapshotAt ?? report.evaluatedAt).slice(0, 10)
  await chapter(book, 'exceptions', () => {
    h2(sheet, 'Accepted risks')
    paragraph(
      sheet,
      'Failures that the organisation has chosen to bear for a time. They stay failures. Approval is claimed in the configuration file; this report does not show who gave it.',
    )
    waivers(book, concerning(book, settings?.waivers ?? []), day)
    h2(sheet, 'Attestations')
    paragraph(sheet, 'Answers given by people, where no system can give one or where it leaves the question open.')
    attestations(book, concerning(book, settings?.attestations ?? []), day)
    h2(sheet, 'Disabled checks')
    disabled(book)
  })
}

/** Entries about the checks that the report tells of; all where it is about everything. */
export function concerning<Entry extends { readonly check: string }>(
  { focus, report }: Book,
  entries: readonly Entry[],
): readonly Entry[] {
  if (focus === null) return entries
  const checks = [...report.results, ...report.disabled].map(({ check }) => check)
  return entries.filter(({ check: name }) => checks.some(({ id, ref }) => id === name || ref === name))
}

/** "ID-02 Access is removed …" for an id or a ref. */
function named(name: string, report: Report): string {
  const known: Check | undefined = [...report.results, ...report.disabled]
    .map(({ check }) => check)
    .find((check) => check.id === name || check.ref === name)
  return known === undefined ? name : `${known.ref} ${known.title}`
}

/** Paragraphs below one another. */
type Text = readonly (readonly Span[])[]

/** A table of what somebody entered: who and which, what it is about, what it says, from when until when. */
function entered<Entry>(
  { sheet }: Book,
  [about, says, when]: readonly [about: string, says: string, when: string],
  entries: readonly Entry[],
  cells: (entry: Entry) => readonly [who: Text, about: Text, says: Text, when: Text],
): void {
  if (entries.length === 0) {
    paragraph(sheet, 'None.', STYLE.strong)
    return
  }
  sheet.group('Table', () => {
    const table = new Table(sheet, [
      { title: 'Entry', width: 86 },
      { title: about, width: 150 },
      { title: says, width: WIDTH - 336 },
      { title: when, width: 100 },
    ])
    for (const entry of entries) {
      const [who, ...rest] = cells(entry)
      table.row([{ header: true, text: who }, ...rest.map((text) => ({ text }))])
    }
  })
}

export function waivers(book: Book, entries: readonly Waiver[], day: CivilDate): void {
  entered(book, ['Check and subject', 'Reason', 'From and until'], entries, (entry) => {
    const { state, quiet } = waiverState(entry, day, book.accepted.get(entry.id) ?? 0)
    return [
      [
        [span(entry.id, STYLE.cellStrong)],
        [span(`owner ${entry.owner}`, STYLE.small)],
        [span(`approver ${entry.approver}`, STYLE.small)],
      ],
      [[span(named(entry.check, book.report), STYLE.cell)], [span(cutMiddle(entry.subject, 120), STYLE.small)]],
      [[span(cutMiddle(entry.reason, 600), STYLE.cell)]],
      [
        [span(`${entry.created} to ${entry.expires}`, STYLE.cell)],
        [span(state, { ...STYLE.note, colour: quiet ? COLOUR.muted : COLOUR.waived })],
        [span('approval claimed in configuration', STYLE.small)],
      ],
    ]
  })
}

function waiverState({ created, expires }: Waiver, day: CivilDate, accepts: number): { state: string; quiet: boolean } {
  if (day < created) return { state: 'not in force yet', quiet: true }
  if (day > expires) return { state: 'expired: accepts nothing', quiet: true }
  if (accepts === 0) return { state: 'in force, nothing to accept', quiet: true }
  return { state: `in force, accepts ${counted(accepts, 'failure')}`, quiet: false }
}

function attestations(book: Book, entries: readonly Attestation[], day: CivilDate): void {
  entered(book, ['Check', 'Answer and note', 'Given and valid until'], entries, (entry) => {
    const valid = entry.on <= day && day <= entry.until
    return [
      [[span(entry.id, STYLE.cellStrong)], [span(`by ${entry.by}`, STYLE.small)]],
      [[span(named(entry.check, book.report), STYLE.cell)], [span(entry.system ?? 'all systems', STYLE.small)]],
      [
        [span(entry.answer === 'pass' ? 'Answers yes' : 'Answers no', STYLE.cellStrong)],
        ...(entry.note === null ? [] : [[span(cutMiddle(entry.note, 600), STYLE.cell)]]),
      ],
      [
        [span(`${entry.on} to ${entry.until}`, STYLE.cell)],
        [span(valid ? 'used' : 'not valid on the day: not used', STYLE.note)],
      ],
    ]
  })
}

function disabled({ sheet, report }: Book): void {
  if (report.disabled.length === 0) {
    paragraph(sheet, 'None: every check of this release was asked.', STYLE.strong)
    return
  }
  sheet.group('Table', () => {
    const table = new Table(sheet, [
      { title: 'Ref', width: 60 },
      { title: 'Check', width: 190 },
      { title: 'Because', width: WIDTH - 250 },
    ])
    for (const { check, because } of report.disabled) {
      table.row([
        cell(check.ref, STYLE.cell),
        { header: true, text: [[span(check.title, STYLE.cellStrong)]] },
        cell(cutMiddle(because, 600)),
      ])
    }
  })
}
