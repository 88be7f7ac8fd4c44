/** Results grouped by the controls that they serve: told, never concluded. */
import type { Check, Framework } from '../../domain/check.ts'
import type { Status } from '../../domain/finding.ts'
import type { Report } from '../../domain/report.ts'
import { h2, paragraph, span } from './blocks.ts'
import { type Book, chapter } from './book.ts'
import { cell, Table } from './table.ts'
import { STYLE, WIDTH } from './tokens.ts'
import { FRAMEWORK_WORD, FRAMEWORKS } from './words.ts'

interface Mapped {
  readonly direct: Map<Check, Status | 'disabled'>
  readonly indirect: Check[]
}

const WORST: readonly Status[] = ['fail', 'unknown', 'pass', 'not_applicable']

/** Of a check over several tailnets the worst result counts. */
function statuses(report: Report): Map<Check, Status | 'disabled'> {
  const found = new Map<Check, Status | 'disabled'>()
  for (const { check, status } of report.results) {
    const before = found.get(check)
    if (before === undefined || before === 'disabled' || WORST.indexOf(status) < WORST.indexOf(before)) {
      found.set(check, status)
    }
  }
  for (const { check } of report.disabled) found.set(check, 'disabled')
  return found
}

/** Control → checks, in the order of the controls' own numbers. */
function mapping(framework: Framework, found: ReadonlyMap<Check, Status | 'disabled'>): [string, Mapped][] {
  const controls = new Map<string, Mapped>()
  for (const [check, status] of found) {
    for (const control of check.controls) {
      if (control.framework !== framework) continue
      const own: Mapped = controls.get(control.id) ?? { direct: new Map(), indirect: [] }
      controls.set(control.id, own)
      if (control.indirect === true) own.indirect.push(check)
      else own.direct.set(check, status)
    }
  }
  return [...controls].sort(([a], [b]) => byNumber(a, b))
}

/** "CC6.2" before "CC6.10", without asking a locale. */
function byNumber(a: string, b: string): number {
  const parts = (text: string): string[] => text.match(/\d+|\D+/g) ?? []
  const [left, right] = [parts(a), parts(b)]
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const [x, y] = [left[index]!, right[index]!]
    if (x === y) continue
    const numeric = /^\d/.test(x) && /^\d/.test(y)
    return numeric ? Number(x) - Number(y) : x < y ? -1 : 1
  }
  return left.length - right.length
}

export async function controls(book: Book): Promise<void> {
  const { sheet, report } = book
  const found = statuses(report)
  await chapter(book, 'controls', () => {
    paragraph(
      sheet,
      'Our mapping, not the auditor’s conclusion. A check is evidence for a part of a control; other parts of each control are not tested here, and no control is passed or failed by this table.',
    )
    for (const framework of FRAMEWORKS as Framework[]) {
      const mapped = mapping(framework, found)
      if (mapped.length === 0) continue
      h2(sheet, FRAMEWORK_WORD[framework]!, 80)
      sheet.group('Table', () => {
        const table = new Table(sheet, [
          { title: 'Control', width: 104 },
          { title: 'Mapped checks', width: 128 },
          { title: 'Which', width: WIDTH - 232 },
        ])
        for (const [id, own] of mapped) {
          table.row([
            { header: true, text: [[span(id, STYLE.cellStrong)]] },
            cell(passing(own)),
            { text: which(own).map((line) => [span(`${line.word}: `, STYLE.note), span(line.refs, STYLE.cell)]) },
          ])
        }
      })
    }
    const unmapped = [...found.keys()].filter((check) => check.controls.length === 0)
    if (unmapped.length > 0) {
      h2(sheet, 'No mapping', 40)
      paragraph(sheet, unmapped.map((check) => check.ref).join(', '), STYLE.cell)
    }
  })
}

function passing({ direct }: Mapped): string {
  if (direct.size === 0) return 'none tests it directly'
  const pass = [...direct.values()].filter((status) => status === 'pass').length
  return `${pass} of ${direct.size} mapped ${direct.size === 1 ? 'check passes' : 'checks pass'}`
}

const WHICH = [
  ['fail', 'Fails'],
  ['unknown', 'Not evaluated'],
  ['pass', 'Passes'],
  ['not_applicable', 'Not applicable'],
  ['disabled', 'Disabled'],
] as const

function which({ direct, indirect }: Mapped): { word: string; refs: string }[] {
  const lines = WHICH.map(([status, word]) => ({
    word,
    refs: [...direct].flatMap(([check, own]) => (own === status ? [check.ref] : [])).join(', '),
  }))
  return [...lines, { word: 'Supports without testing', refs: indirect.map((check) => check.ref).join(', ') }].filter(
    ({ refs }) => refs !== '',
  )
}
