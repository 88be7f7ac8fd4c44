/** Results grouped by the controls of the frameworks that they serve: told, never concluded. */

import type { Framework } from '../../domain/check.ts'
import { CONTROL_LABEL, type ControlRow, controlView, FRAMEWORK_TITLE } from '../../domain/control-view.ts'
import { upperFirst } from '../../domain/words.ts'
import { h2, paragraph, span } from './blocks.ts'
import { type Book, chapter } from './book.ts'
import { standingCount } from './own-controls.ts'
import { cell, Table } from './table.ts'
import { STYLE, WIDTH } from './tokens.ts'

export async function controls(book: Book): Promise<void> {
  const { sheet, report } = book
  const { frameworks, unmapped } = controlView(report, book.ownControls)
  const { focus } = book
  const shown =
    focus?.on === 'framework' ? frameworks.filter(({ framework }) => framework === focus.framework) : frameworks
  await chapter(book, 'controls', () => {
    paragraph(
      sheet,
      `${upperFirst(CONTROL_LABEL)}. A check is evidence for a part of a control; other parts of each control are not tested here, and no control is passed or failed by this table.`,
    )
    for (const { framework, controls } of shown) rows(book, framework, controls)
    if (unmapped.length > 0) {
      h2(sheet, 'No mapping', 40)
      paragraph(sheet, unmapped.map(({ check }) => check.ref).join(', '), STYLE.cell)
    }
  })
}

function rows(book: Book, framework: Framework, controls: readonly ControlRow[]): void {
  const { sheet } = book
  h2(sheet, FRAMEWORK_TITLE[framework], 80)
  sheet.group('Table', () => {
    const table = new Table(sheet, [
      { title: 'Control', width: 104 },
      { title: 'Mapped checks', width: 128 },
      { title: book.coverage === null ? 'Which' : 'Which, at the end of the period', width: WIDTH - 232 },
    ])
    for (const row of controls) {
      table.row([
        { header: true, text: [[span(row.id, STYLE.cellStrong)]] },
        cell(standingCount(book, row, framework)),
        { text: which(row).map((line) => [span(`${line.word}: `, STYLE.note), span(line.text, STYLE.cell)]) },
      ])
    }
  })
}

const WHICH = [
  ['fail', 'Fails'],
  ['unknown', 'Not evaluated'],
  ['pass', 'Passes'],
  ['not_applicable', 'Not applicable'],
  ['disabled', 'Disabled'],
] as const

function which(row: ControlRow): { word: string; text: string }[] {
  const lines = WHICH.map(([standing, word]) => ({
    word,
    text: row.direct.flatMap((one) => (one.standing === standing ? [one.check.ref] : [])).join(', '),
  }))
  return [
    ...lines,
    { word: 'Supports without testing', text: row.indirect.map(({ check }) => check.ref).join(', ') },
  ].filter(({ text }) => text !== '')
}
