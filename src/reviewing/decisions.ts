/** What a filled sheet decides, read strictly: an account left out, or changed on the way, must not pass for one decided. */
import { inByteOrder } from '../domain/draw.ts'
import { foldLogin } from '../domain/match.ts'
import type { Decision, ReviewSigned } from '../domain/review.ts'
import { isKnownRole, ROLES } from '../domain/roles.ts'
import { unguarded } from '../lib/csv.ts'
import type { FrozenRow } from './rows.ts'
import { FROZEN_COLUMNS, Problems, quoted, refused, type SheetRow } from './sheet.ts'

type Decided = ReviewSigned['decisions'][number]

const DECISIONS: readonly Decision[] = ['keep', 'remove', 'change role']

/** The one review that all rows name. */
export function reviewIn(sheet: readonly SheetRow[]): string {
  const id = sheet[0]!.cell('review').trim()
  const problems = new Problems()
  for (const row of sheet) {
    const other = row.cell('review').trim()
    if (other !== id) problems.at(row.line, `belongs to the review ${quoted(other)}, the first row to ${quoted(id)}`)
  }
  problems.refuse()
  return id
}

/** By account in byte order, every frozen account once. Throws AppError `usage` that names each line at fault. */
export function decisionsIn(sheet: readonly SheetRow[], frozen: readonly FrozenRow[]): readonly Decided[] {
  const problems = new Problems()
  const accounts = new Map(frozen.map((row) => [row.account, row]))
  const lines = new Map<string, number>()
  const decided: Decided[] = []
  for (const row of sheet) {
    const account = unguarded(row.cell('account')).trim()
    const known = accounts.get(account)
    const earlier = lines.get(account)
    if (known === undefined) problems.at(row.line, `names the account ${quoted(account)}, which is not in the review`)
    else if (earlier !== undefined) problems.at(row.line, `names ${known.login} again, which line ${earlier} has`)
    else {
      lines.set(account, row.line)
      complainOfChanges(row, known, problems)
      decided.push(decisionIn(row, known, problems))
    }
  }
  const missing = frozen.filter(({ account }) => !lines.has(account))
  if (missing.length > 0) {
    const some = missing.slice(0, 5).map(({ login }) => login)
    problems.say(
      `${missing.length} of ${frozen.length} accounts have no row: ${some.join(', ')}${missing.length > some.length ? ', …' : ''}`,
    )
  }
  problems.refuse()
  return decided.sort((a, b) => inByteOrder(a.account, b.account))
}

function complainOfChanges(row: SheetRow, frozen: FrozenRow, problems: Problems): void {
  for (const column of FROZEN_COLUMNS) {
    const cell = row.cell(column)
    const was = frozen[column] ?? ''
    if (same(cell, was) || same(unguarded(cell), was)) continue
    problems.at(
      row.line,
      `changes ${column} of ${frozen.login}: frozen was ${was === '' ? 'nothing' : quoted(was)}, here is ${quoted(cell)}`,
    )
  }
}

/** As far as a spreadsheet keeps it: line ends become its own, space at the ends goes, half a character is replaced. */
function same(cell: string, frozen: string): boolean {
  return settled(cell) === settled(frozen)
}

function settled(text: string): string {
  return text.toWellFormed().replaceAll(/\r\n?/g, '\n').trim()
}

function decisionIn(row: SheetRow, frozen: FrozenRow, problems: Problems): Decided {
  const { account, login } = frozen
  const decision = wordOf(row, login, problems)
  const newRole = roleOf(row, frozen, decision, problems)
  const reason = unguarded(row.cell('reason').trim()) || null
  if (decision !== 'keep' && reason === null) problems.at(row.line, `gives no reason for ${decision} of ${login}`)
  return { account, login, decision, newRole, reason, reviewer: reviewerOf(row, frozen, problems) }
}

function wordOf(row: SheetRow, login: string, problems: Problems): Decision {
  const written = row.cell('decision')
  const word = written
    .trim()
    .toLowerCase()
    .replaceAll(/[\s_-]+/g, ' ')
  const decision = DECISIONS.find((one) => one === word)
  if (decision === undefined) {
    const what = word === '' ? `decides nothing about ${login}` : `has ${quoted(written)} as decision about ${login}`
    problems.at(row.line, `${what}; write ${DECISIONS.join(', ')}`)
  }
  return decision ?? 'keep'
}

function roleOf(row: SheetRow, { login, role }: FrozenRow, decision: Decision, problems: Problems): string | null {
  const written = unguarded(row.cell('new role').trim())
  const wanted = written.toLowerCase().replaceAll(/[\s_]+/g, '-')
  if (decision !== 'change role') {
    if (wanted !== '') problems.at(row.line, `names a new role for ${login} and says ${decision}; write change role`)
    return null
  }
  if (wanted === '') problems.at(row.line, `names no new role for ${login}`)
  else if (!isKnownRole(wanted)) {
    problems.at(row.line, `has ${quoted(written)} as new role of ${login}; known are ${ROLES.join(', ')}`)
  } else if (wanted === role) problems.at(row.line, `gives ${login} the role ${wanted}, which it has; write keep`)
  return wanted
}

function reviewerOf(row: SheetRow, { login, names }: FrozenRow, problems: Problems): string {
  const reviewer = unguarded(row.cell('reviewer').trim())
  if (reviewer === '') problems.at(row.line, `names no reviewer of ${login}`)
  else if (!/^[^\s@]+@[^\s@]+$/.test(reviewer)) {
    problems.at(row.line, `has ${quoted(reviewer)} as reviewer of ${login}; write an e-mail address`)
  } else if (names.has(foldLogin(reviewer))) {
    problems.at(row.line, `has ${reviewer} decide about their own account ${login}; somebody else has to`)
  }
  return foldLogin(reviewer)
}

/** A sheet of another population than the sealed one. */
export function otherPopulation(id: string): Error {
  return refused(
    `what is stored now does not give the accounts that were frozen as ${id}; "exhibit reperform" tells whether the history was changed`,
  )
}
