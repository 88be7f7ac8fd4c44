import type { Status, UnknownReason } from '../domain/finding.ts'
import { elsewhere, exitCodeOf, type Report, type ReportFinding, type ReportResult } from '../domain/report.ts'
import { counted, lowerFirst, REASON_WORD } from '../domain/words.ts'
import { checkNamed } from '../focusing.ts'
import type { ExitCode } from './index.ts'
import { parseMoment } from './moment.ts'
import type { CliParts } from './parts.ts'
import { parseOnly } from './select.ts'
import { cutMiddle, table, wrap } from './table.ts'
import {
  moment,
  SOURCE_STYLE,
  SOURCE_WORD,
  STATUS_MARK,
  STATUS_STYLE,
  STATUS_WORD,
  styler,
  widthOf,
} from './terminal.ts'

interface Options {
  config: string
  asOf?: string
  only?: string
  format: 'table' | 'json'
}

export async function runCheck(ids: readonly string[], options: Options, parts: CliParts): Promise<ExitCode> {
  const only = parseOnly(options.only)
  const asOf = options.asOf === undefined ? 'latest' : parseMoment(options.asOf)
  const installation = await parts.open(options.config)
  try {
    const wanted = ids.map((id) => checkNamed(id, installation.checks).id)
    const whole = await installation.report(asOf)
    const report =
      wanted.length === 0
        ? whole
        : { ...whole, results: whole.results.filter((result) => wanted.includes(result.check.id)) }
    if (options.format === 'json') {
      const json = parts.outputs.find((output) => output.id === 'json')!
      await writeAll(json.render(only === null ? report : narrowed(report, only)), parts)
    } else printCheck(report, only, wanted.length > 0, parts)
    return report.run === null ? 2 : exitCodeOf(report.results)
  } finally {
    await installation.close()
  }
}

/** The same counts, fewer findings. */
function narrowed(report: Report, only: ReadonlySet<Status>): Report {
  return {
    ...report,
    results: report.results.map((result) => ({
      ...result,
      *findings() {
        for (const finding of result.findings()) if (only.has(finding.status)) yield finding
      },
    })),
  }
}

export async function writeAll(chunks: Iterable<string>, parts: CliParts): Promise<void> {
  const { out } = parts.terminal
  let buffered = ''
  for (const chunk of chunks) {
    buffered += chunk
    if (buffered.length < 65_536) continue
    // A slow reader must not make us hold the whole document.
    if (out.write(buffered) === false) await new Promise<void>((resolve) => setImmediate(resolve))
    buffered = ''
  }
  out.write(buffered)
}

/** Subjects listed below a check before the rest is only counted. */
const LISTED = 12

function printCheck(report: Report, only: ReadonlySet<Status> | null, detailed: boolean, parts: CliParts): void {
  const { out } = parts.terminal
  const style = styler(out)
  const width = widthOf(out)
  const dim = (text: string): string => style('dim', text)
  if (report.demo) out.write(`${style('yellow', 'DEMO')} made-up organisation, simulated vendors\n`)
  if (report.run === null) {
    out.write('Nothing has been read yet. "exhibit sync" makes the first run.\n')
    return
  }
  out.write(`${report.organization.name} · state at ${moment(report.snapshotAt)} · run ${report.run.id}\n\n`)
  const troubled = report.sources.filter((source) => source.status !== 'complete')
  for (const source of troubled) {
    const why = source.error?.message ?? `its last complete reading is of ${moment(source.collectedAt)}`
    out.write(
      `${style(SOURCE_STYLE[source.status], `${source.id}: ${SOURCE_WORD[source.status]}`)} · ${wrap(why, width - 4, '    ')}\n`,
    )
  }
  // In a demo every host is a simulator's, and the first line has said so.
  const strange = report.demo ? [] : elsewhere(report.sources)
  for (const id of strange) out.write(`${style('yellow', `${id}: not the vendor's host`)}\n`)
  if (troubled.length + strange.length > 0) out.write('\n')

  const many = new Set(report.results.map((result) => result.system)).size > 2
  const shown = report.results.filter((result) => only === null || only.has(result.status))
  const number = (count: number): string => (count === 0 ? dim('·') : count.toLocaleString('en'))
  out.write(
    `${table(
      [
        { title: '' },
        { title: 'ref' },
        { title: 'check', flexible: true, min: 24 },
        ...(many ? [{ title: 'system' }] : []),
        { title: 'severity' },
        { title: 'fail', align: 'right' as const },
        { title: 'not evaluated', align: 'right' as const },
        { title: 'pass', align: 'right' as const },
        { title: 'n/a', align: 'right' as const },
      ],
      shown.map((result) => [
        style(STATUS_STYLE[result.status], STATUS_MARK[result.status]),
        result.check.ref,
        result.check.operator ? `${result.check.title} (your own)` : result.check.title,
        ...(many ? [result.system ?? '–'] : []),
        result.check.severity,
        result.counts.fail > 0 ? style('red', result.counts.fail.toLocaleString('en')) : number(0),
        result.message !== null && result.status === 'unknown' ? style('yellow', 'all') : number(result.counts.unknown),
        number(result.counts.pass),
        number(result.counts.not_applicable),
      ]),
      width,
      dim,
    )}\n`,
  )

  for (const result of shown) printSubjects(result, only, detailed, parts)
  for (const { check, because } of report.disabled)
    out.write(`\n${dim(`– ${check.ref} ${check.title}: disabled, because ${because}`)}\n`)
  out.write(`\n${summary(report)}\n`)
}

function printSubjects(
  result: ReportResult,
  only: ReadonlySet<Status> | null,
  detailed: boolean,
  parts: CliParts,
): void {
  const wanted = only ?? new Set<Status>(detailed ? ['fail', 'unknown', 'pass', 'not_applicable'] : ['fail', 'unknown'])
  const { out } = parts.terminal
  const style = styler(out)
  const width = widthOf(out)
  const listed: ReportFinding[] = []
  const open = new Map<UnknownReason, string[]>()
  let matching = 0
  for (const finding of result.findings()) {
    if (!wanted.has(finding.status)) continue
    if (!detailed && finding.unknownReason !== null) {
      open.set(finding.unknownReason, [...(open.get(finding.unknownReason) ?? []), finding.subject.label])
      continue
    }
    matching++
    if (detailed || listed.length < LISTED) listed.push(finding)
  }
  if (listed.length + open.size === 0 && (result.message === null || result.status === 'not_applicable')) return
  // Failures first; of equals the order of the report stays.
  listed.sort((a, b) => RANK.indexOf(a.status) - RANK.indexOf(b.status))
  const system = result.system === null ? '' : ` · ${result.system}`
  out.write(
    `\n${style(STATUS_STYLE[result.status], `${STATUS_MARK[result.status]} ${result.check.ref}`)} ${style('bold', result.check.title)}${style('dim', system)}\n`,
  )
  if (result.message !== null) out.write(`    ${wrap(result.message, width - 4, '    ')}\n`)
  for (const finding of listed) printFinding(finding, parts)
  if (matching > listed.length)
    out.write(style('dim', `  … and ${matching - listed.length} more: exhibit check ${result.check.ref}\n`))
  for (const [reason, names] of open) {
    const head = `${counted(names.length, 'subject')} not evaluated · ${lowerFirst(REASON_WORD[reason])}:`
    out.write(
      `  ${style(STATUS_STYLE.unknown, STATUS_MARK.unknown)} ${wrap(`${head} ${namesText(names)}`, width - 4, '    ')}\n`,
    )
  }
  if (result.status === 'fail')
    out.write(style('dim', `    ${wrap(`Fix: ${result.check.remediation}`, width - 4, '    ')}\n`))
}

const RANK: readonly Status[] = ['fail', 'unknown', 'pass', 'not_applicable']

function printFinding(finding: ReportFinding, parts: CliParts): void {
  const { out } = parts.terminal
  const style = styler(out)
  const width = widthOf(out)
  const label = cutMiddle(finding.subject.label, 44)
  const marks = [
    finding.waiver === null ? null : `accepted until ${finding.waiver.expires}`,
    finding.sla === 'breached' ? 'overdue' : null,
  ].filter((mark) => mark !== null)
  const tail = marks.length === 0 ? '' : style('yellow', ` (${marks.join(', ')})`)
  out.write(`  ${style(STATUS_STYLE[finding.status], STATUS_MARK[finding.status])} ${label}${tail}\n`)
  out.write(`      ${wrap(finding.message, width - 6, '      ')}\n`)
  if (finding.notice !== null) out.write(`      ${style('dim', wrap(finding.notice, width - 6, '      '))}\n`)
}

/** The tailnet's own domain, which the line above names. */
const MAGIC_DNS = /(?<=.)\.[a-z0-9-]+\.ts\.net$/

/** Names of subjects on one line before the rest is only counted. */
const NAMED = 10

function namesText(names: readonly string[]): string {
  const shown = names.slice(0, NAMED).map((name) => cutMiddle(name.replace(MAGIC_DNS, ''), 32))
  const left = names.length - shown.length
  return `${shown.join(', ')}${left === 0 ? '' : `, … and ${left.toLocaleString('en')} more`}`
}

function summary(report: Report): string {
  const count = (status: Status): number => report.results.filter((result) => result.status === status).length
  return [
    counted(report.results.length, 'check'),
    `${count('fail')} ${STATUS_WORD.fail.toLowerCase()}`,
    `${count('unknown')} ${STATUS_WORD.unknown}`,
    `${count('pass')} ${STATUS_WORD.pass}`,
    `${count('not_applicable')} ${STATUS_WORD.not_applicable}`,
    ...(report.disabled.length > 0 ? [`${report.disabled.length} disabled`] : []),
  ].join(' · ')
}
