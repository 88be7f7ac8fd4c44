/** `explain leaver <person>`: one page on what somebody who left could still do, and whether anybody saw them do it. */
import { AppError } from '../domain/error.ts'
import { type LeaverExposure, type LeaverPage, leaverExit, type Observed, type Reach } from '../domain/leaver-page.ts'
import type { Clock, LeaverClock } from '../domain/period.ts'
import { returnedText } from '../domain/period-words.ts'
import { kindWord, lengthText } from '../domain/words.ts'
import type { ExitCode } from './index.ts'
import { parseMoment } from './moment.ts'
import type { CliParts } from './parts.ts'
import { wrap } from './table.ts'
import { moment, type Stream, styler, widthOf } from './terminal.ts'

interface Options {
  config: string
  asOf?: string
  format: 'table' | 'json'
}

export async function runExplainLeaver(
  person: string | undefined,
  options: Options,
  parts: CliParts,
): Promise<ExitCode> {
  if (person === undefined || person.trim() === '')
    throw new AppError('usage', 'explain leaver: name the person by e-mail, alias or name')
  const installation = await parts.open(options.config)
  try {
    const page = await installation.leaver(person, options.asOf === undefined ? 'latest' : parseMoment(options.asOf))
    if (options.format === 'json')
      parts.terminal.out.write(`${JSON.stringify({ schema: 'exhibit.leaver/1', ...page }, null, 2)}\n`)
    else writePage(parts.terminal.out, page)
    return leaverExit(page)
  } finally {
    await installation.close()
  }
}

const CLOCK_WORD: Readonly<Record<Exclude<Clock, 'no_access'>, string>> = {
  within: 'in time',
  breached: 'late',
  not_determinable: 'not determinable',
  open: 'still has access, and the time is not over',
}
const CLOCK_STYLE = {
  within: 'green',
  breached: 'red',
  not_determinable: 'yellow',
  open: 'yellow',
  no_access: 'dim',
} as const

function writePage(out: Stream, { person, name, until, systems }: LeaverPage): void {
  const style = styler(out)
  const width = Math.min(widthOf(out), 110)
  const line = (text: string): void => void out.write(`  ${wrap(text, width - 2, '  ')}\n`)
  const section = (title: string): void => void out.write(`\n${style('bold', title)}\n`)
  const fact = (what: string, value: string): void =>
    void out.write(`  ${style('dim', what.padEnd(30))} ${wrap(value, width - 33, ' '.repeat(33))}\n`)

  out.write(`${style('bold', `${name ?? person} <${person}>`)}  ${style('dim', `told up to ${moment(until)}`)}\n`)
  for (const exposure of systems) {
    const { clock } = exposure
    section(`Access to ${clock.system}`)
    line(style(CLOCK_STYLE[clock.clock], verdict(clock)))
    for (const [what, value] of factsOf(clock)) fact(what, value)
    section(`Seen in ${clock.system} after ${moment(exposure.since)}`)
    seenLines(exposure).forEach(line)
    section(`What the policy of ${clock.system} let them reach`)
    reachLines(exposure.reach).forEach(line)
  }
}

function verdict({ clock, lateMs, why, removal, accounts }: LeaverClock): string {
  const late = lateMs === null ? '' : ` by ${lengthText(lateMs)}`
  if (clock === 'no_access') return 'No access was ever seen.'
  const there = accounts.length > 0 && removal.before === null && clock !== 'open' ? '; access is still there' : ''
  return `Access ended: ${CLOCK_WORD[clock]}${late}${there}.${why === null ? '' : ` ${why}`}`
}

function factsOf(clock: LeaverClock): [string, string][] {
  const { endDate, endsAt, rosterSaidAt, dueAt, accounts, removal, witness, returned } = clock
  const end = endDate === null ? 'the roster names none' : `${endDate}, over at ${moment(endsAt!)}`
  return [
    ['End of employment', end],
    ['The roster first said so', moment(rosterSaidAt)],
    ['Access had to be gone by', dueAt === null ? 'nobody can say' : moment(dueAt)],
    ['Accounts', accounts.length === 0 ? 'none was seen' : accounts.join(', ')],
    ['Last reading with access', removal.after === null ? 'none' : moment(removal.after)],
    ['First reading without', removal.before === null ? 'none' : moment(removal.before)],
    ["The vendor's log", witness === null ? 'does not say' : `${witness.at}${byWhom(witness)}`],
    ...(returned === null ? [] : [['Back', returnedText(returned)] as [string, string]]),
  ]
}

function byWhom({ actor, actorType }: NonNullable<LeaverClock['witness']>): string {
  return actor === null ? '' : ` by ${actor}${actorType === null ? '' : ` (${actorType})`}`
}

function seenLines({ things }: LeaverExposure): string[] {
  if (things.length === 0) return ['Nothing of theirs was there.']
  return things.map((one) => `${kindWord(one.kind)} ${one.label}${standing(one)}: ${seen(one)}`)
}

function standing({ standing: said }: Observed): string {
  return said === null ? '' : ` (${said})`
}

/** Nobody who did not look may say that nothing happened. */
function seen({ seenAt, untold }: Observed): string {
  if (untold) return 'no observation; the vendor does not tell when a key is used'
  return seenAt === null ? 'no observation' : `seen at ${moment(seenAt)}`
}

function reachLines({ targets, rules, problem }: Reach): string[] {
  if (problem !== null) return [`Nobody can say: ${problem}.`]
  const of = targets.length === 0 ? 'anything' : targets.join(', ')
  if (rules.length === 0) return [`No rule let them reach ${of}.`]
  const measured =
    targets.length === 0 ? ['No sensitive targets are named (targets of POS-10): every rule counts.'] : []
  return [
    ...measured,
    ...rules.map(({ rule, line, text, lets, reaches, postures }) => {
      const how = lets === 'yes' ? 'lets them reach' : 'may let them reach'
      const under = postures.length === 0 ? '' : `, under ${postures.join(' or ')}`
      return `Line ${line}, ${rule}: ${how} ${reaches.join(', ')}${under}. ${text}`
    }),
  ]
}
