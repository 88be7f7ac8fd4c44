/** One section a check: the question, the rule, the population, and each subject that fails or could not be evaluated. */

import type { Facts, Status } from '../../domain/finding.ts'
import type { ReportFinding, ReportResult } from '../../domain/report.ts'
import {
  counted,
  factName,
  factText,
  kindWord,
  MARK_WORD,
  momentText,
  number,
  REASON_WORD,
} from '../../domain/words.ts'
import { bar, h2, h3, notice, paragraph, SHARE_ORDER, sharesText, span } from './blocks.ts'
import { type Book, chapter } from './book.ts'
import { asOf } from './cover.ts'
import { criterionHead, groupsOf } from './criteria.ts'
import { markLine } from './marks.ts'
import { ruleText } from './rule.ts'
import { type Cell, Table } from './table.ts'
import { COLOUR, PAGE, STYLE, type Style, WIDTH } from './tokens.ts'
import { cutMiddle, type Span } from './wrap.ts'

/** Subjects that one check lists (the rest is counted, and where it stands is said). */
const LISTED = 200
/** Subjects read between two breaths: a fleet has twenty thousand to a check. */
const READ_AT_ONCE = 500
const WRITTEN_AT_ONCE = 20
const NAME_MAX = 120
const FACT_MAX = 160
const SENTENCE_MAX = 320
const BRIEF_MAX = 200
/** Facts that one subject lists. */
const FACTS_MAX = 24

export async function checks(book: Book): Promise<void> {
  await chapter(book, 'checks', async (bookmark) => {
    paragraph(
      book.sheet,
      `Every check${book.focus === null ? ' in the order of its reference' : ' under the first criterion that it tests'}. Those that fail or could not be evaluated list their subjects, failures first, at most ${LISTED} each.`,
    )
    for (const { criterion, places } of groupsOf(book)) {
      if (criterion !== null && book.focus?.on === 'framework') {
        criterionHead(book, criterion, places, book.focus.framework)
      }
      for (const index of places) {
        await book.breathe()
        await book.sheet.groupAsync('Sect', () => section(book, book.report.results[index]!, index, bookmark))
      }
    }
  })
}

async function section(book: Book, result: ReportResult, index: number, parent: PDFKit.PDFOutline): Promise<void> {
  const { sheet } = book
  const { check } = result
  const open = await gathered(book, result)
  // With the head of its list and a first subject, where it has one.
  h2(sheet, `${check.ref}  ${check.title}`, open.length > 0 ? 250 : 120)
  book.pages.get(index)?.set(String(sheet.page))
  sheet.bookmark(
    `${check.ref} ${check.title}${result.system === null ? '' : ` (${cutMiddle(result.system, 40)})`}`,
    parent,
  )
  headLine(book, result)
  ruleText(book, result)
  population(book, result)
  if (open.length > 0) await subjects(book, open)
  unlisted(
    book,
    result,
    open.length,
    `exhibit check ${check.ref} --only fail,unknown${asOf(book.report)}, or the CSV of this run.`,
  )
  if (result.status === 'fail' || result.status === 'unknown') {
    h3(sheet, 'How to mend it', 24)
    paragraph(sheet, check.remediation, STYLE.cell)
  }
  sheet.space(6)
}

/** Status, system, severity, version on one line. */
export function headLine({ sheet }: Book, { check, status, system, version }: ReportResult): void {
  const rest = [
    system === null ? 'our own collection' : cutMiddle(system, 40),
    `severity ${check.severity}`,
    `${check.id}, version ${version}`,
    ...(check.informational ? ['for information'] : []),
    ...(check.operator ? ['the operator’s own check'] : []),
  ].join(' · ')
  const y = sheet.y
  sheet.leaf('P', () => {
    const used = markLine(sheet, status, MARK_WORD[status], PAGE.left, y)
    sheet.text(rest, PAGE.left + used + 10, y, STYLE.note)
  })
  sheet.advance(STYLE.cell.leading + 5)
}

export function population({ sheet }: Book, result: ReportResult): void {
  const { counts, message } = result
  const total = SHARE_ORDER.reduce((sum, key) => sum + counts[key], 0)
  if (message !== null) {
    const reason = result.unknownReason === null ? '' : `${REASON_WORD[result.unknownReason]}. `
    const calm = result.status === 'not_applicable' || result.status === 'pass'
    notice(
      sheet,
      `${reason}${message}`,
      calm ? COLOUR.strong : COLOUR.unknown,
      calm ? COLOUR.sunken : COLOUR.unknownSoft,
    )
    if (total === 0) return
  }
  sheet.need(34)
  const top = sheet.y
  // A bar of one subject would say no more than its status does.
  if (total > 1) {
    sheet.leaf('Figure', () => bar(sheet, counts, PAGE.left, top, WIDTH, 7), { alt: `A bar: ${sharesText(counts)}.` })
    sheet.advance(10)
  }
  const { pass, fail, unknown, not_applicable } = counts
  const accepted = counts.waived === 0 ? '' : `; ${number(counts.waived)} of the failures accepted`
  paragraph(sheet, [
    span(counted(total, 'subject'), STYLE.cellStrong),
    span(
      ` = ${number(pass)} pass + ${number(fail)} fail + ${number(unknown)} not evaluated + ${number(not_applicable)} not applicable${accepted}`,
      STYLE.figures,
    ),
  ])
}

/** Failures first, then what could not be evaluated; reads no further than it must. */
export async function gathered(
  book: Book,
  { counts, findings }: ReportResult,
  listed: number = LISTED,
): Promise<ReportFinding[]> {
  const wanted = { fail: Math.min(counts.fail, listed), unknown: 0 }
  wanted.unknown = Math.min(counts.unknown, listed - wanted.fail)
  let waived = counts.waived
  const found: Record<'fail' | 'unknown', ReportFinding[]> = { fail: [], unknown: [] }
  let read = 0
  if (wanted.fail + wanted.unknown === 0) return []
  for (const finding of findings('open')) {
    if (++read % READ_AT_ONCE === 0) await book.breathe()
    if (finding.waiver !== null) {
      waived--
      book.accepted.set(finding.waiver.id, (book.accepted.get(finding.waiver.id) ?? 0) + 1)
    }
    const { status } = finding
    if (isOpen(status) && found[status].length < wanted[status]) found[status].push(finding)
    if (waived <= 0 && found.fail.length === wanted.fail && found.unknown.length === wanted.unknown) break
  }
  return [...found.fail, ...found.unknown]
}

function isOpen(status: Status): status is 'fail' | 'unknown' {
  return status === 'fail' || status === 'unknown'
}

export async function subjects(book: Book, open: readonly ReportFinding[]): Promise<void> {
  const { sheet, focus } = book
  const brief = focus !== null && focus.on !== 'framework'
  await sheet.groupAsync('Table', async () => {
    const table = new Table(sheet, [
      { title: 'Answer', width: 80 },
      { title: 'Subject', width: 128 },
      { title: brief ? 'Why' : 'Why, and the facts that decided', width: WIDTH - 264 },
      { title: 'First seen (UTC)', width: 56 },
    ])
    for (const [index, finding] of open.entries()) {
      if (index % WRITTEN_AT_ONCE === 0) await book.breathe()
      // On a page or three the sentence says it; the facts are in the CSV beside it.
      const facts = brief ? [] : decisive(finding.facts)
      table.row([answer(finding), subject(finding), why(finding, brief), since(finding)], facts)
    }
  })
  sheet.space(4)
}

/** How many more there are, and where they stand. */
export function unlisted({ sheet }: Book, { counts }: ReportResult, shown: number, where: string): void {
  const left = counts.fail + counts.unknown - shown
  if (left === 0) return
  paragraph(
    sheet,
    `${number(left)} more ${left === 1 ? 'is' : 'are'} not listed here. The full list: ${where}`,
    STYLE.cellStrong,
  )
}

function answer({ status, unknownReason, waiver }: ReportFinding): Cell {
  const below: Span[][] = []
  if (unknownReason !== null) below.push([span(REASON_WORD[unknownReason], STYLE.note)])
  if (waiver !== null) below.push([span('Accepted risk', { ...STYLE.note, colour: COLOUR.waived })])
  return { mark: status, word: MARK_WORD[status], below }
}

function subject({ subject }: ReportFinding): Cell {
  const { kind, source, key, label } = subject
  const place = source === '' ? kindWord(kind) : `${kindWord(kind)} in ${source}`
  return {
    header: true,
    text: [
      [span(cutMiddle(label, NAME_MAX), STYLE.cellStrong)],
      [span(key === label ? place : `${place}: ${cutMiddle(key, NAME_MAX)}`, STYLE.small)],
    ],
  }
}

function why({ message, notice, waiver }: ReportFinding, brief: boolean): Cell {
  return {
    text: [
      [span(sentence(brief ? cutMiddle(message, BRIEF_MAX) : message), STYLE.cell)],
      ...(notice === null ? [] : [[span(sentence(notice), STYLE.note)]]),
      ...(waiver === null
        ? []
        : [
            [
              span(
                `Accepted until ${waiver.expires} by ${waiver.approver} (approval claimed in configuration): ${sentence(waiver.reason)}`,
                { ...STYLE.note, colour: COLOUR.waived },
              ),
            ],
          ]),
    ],
  }
}

/**
 * The facts in one paragraph; those of one posture ("edr: sentinelOne:infected == false") in one of their own, with its
 * name said once.
 */
function decisive(facts: Facts): Span[][] {
  const groups = new Map<string, string[]>()
  for (const [name, value] of Object.entries(facts).slice(0, FACTS_MAX)) {
    const [, posture = '', condition = factName(name)] = /^([^:]+): (.+)$/s.exec(name) ?? []
    const own = groups.get(posture) ?? []
    groups.set(posture, own)
    own.push(`${cutMiddle(condition, FACT_MAX)}: ${cutMiddle(factText(value, name), FACT_MAX)}`)
  }
  const more = Object.keys(facts).length - FACTS_MAX
  return [
    ...[...groups].map(([posture, own]) => [
      ...(posture === '' ? [] : [span(`${cutMiddle(posture, FACT_MAX)}  `, FACT_GROUP)]),
      span(own.join(' · '), STYLE.small),
    ]),
    ...(more > 0 ? [[span(`and ${counted(more, 'more fact')}`, STYLE.small)]] : []),
  ]
}
const FACT_GROUP: Style = { ...STYLE.small, weight: 'medium', colour: COLOUR.muted }

/** Moments within a sentence read as everywhere else. */
function sentence(text: string): string {
  return cutMiddle(text, SENTENCE_MAX).replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, momentText)
}

function since({ firstSeen, dueAt, sla }: ReportFinding): Cell {
  const late = { ...STYLE.small, colour: COLOUR.fail }
  return {
    text: [
      ...(firstSeen === null ? [] : [[span(momentText(firstSeen).replace(' UTC', ''), STYLE.cell)]]),
      ...(sla === 'breached' ? [[span('overdue', late)]] : []),
      ...(sla === 'not_determinable' ? [[span('time to fix not determinable', STYLE.small)]] : []),
      ...(dueAt === null
        ? []
        : [[span(`due ${momentText(dueAt).replace(' UTC', '')}`, sla === 'breached' ? late : STYLE.small)]]),
    ],
  }
}
