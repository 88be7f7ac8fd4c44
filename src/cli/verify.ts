import type { Verification } from '../domain/verification.ts'
import type { ExitCode } from './index.ts'
import type { CliParts } from './parts.ts'
import { wrap } from './table.ts'
import { progressLine, styler, widthOf } from './terminal.ts'
import { challengeLines } from './verify-challenge.ts'

interface Options {
  fingerprint?: string
  checkpoint?: string
  /** True where it was given without a name. */
  challenge?: string | true
  format: 'table' | 'json'
}

const EXIT: Readonly<Record<Verification['verdict'], ExitCode>> = { verified: 0, broken: 1, incomplete: 2 }

/** Verifies a packet, without configuration and without network. */
export async function runVerify(file: string, options: Options, parts: CliParts): Promise<ExitCode> {
  const { out, err } = parts.terminal
  const line = progressLine(err)
  const { fingerprint = null, checkpoint = null, challenge } = options
  const asked = challenge === undefined ? null : { only: challenge === true ? null : challenge }
  const request = { file, fingerprint, checkpoint, challenge: asked }
  const verification = await parts.verify(request, (what) => line.show(harmless(`verifying ${what} …`)))
  line.clear()
  if (options.format === 'json') out.write(`${escaped(JSON.stringify(documentOf(verification), null, 2))}\n`)
  else out.write(tableOf(verification, parts))
  // What no change could turn is a check that cannot fail.
  return verification.challenge?.checks.some(({ unturned }) => unturned.length > 0) === true
    ? 1
    : EXIT[verification.verdict]
}

/** Controls, what turns the direction of text, what has no shape: \p{C} of Unicode. */
const UNSHOWABLE = /\p{C}/gu

/** A stranger's packet may hold what a terminal would obey: no line of ours lets it through. */
function harmless(text: string): string {
  return text.replace(UNSHOWABLE, '\uFFFD')
}

/** The same in a document: still the same value for who reads it as JSON. */
function escaped(json: string): string {
  return json.replace(UNSHOWABLE, (char) => {
    if (char === '\n') return char
    const units = Array.from({ length: char.length }, (_, at) => char.charCodeAt(at).toString(16).padStart(4, '0'))
    return units.map((unit) => `\\u${unit}`).join('')
  })
}

function documentOf(verification: Verification) {
  return { schema: 'exhibit.verification/1', ...verification }
}

function tableOf(verification: Verification, { terminal: { out } }: CliParts): string {
  const style = styler(out)
  const width = widthOf(out)
  const { packet, steps, verdict, incomplete, notRerun, stamps, unread, broken } = verification
  const lines: string[] = []
  const say = (text: string, indent = ''): void => void lines.push(indent + wrap(harmless(text), width, indent))
  if (packet !== null) {
    const { organization, period, software, demo } = packet
    say(
      `${organization.name} · ${period.from.slice(0, 10)} to ${period.to.slice(0, 10)} · written by Exhibit ${software}`,
    )
    if (demo) say('DEMO: a made-up organisation and simulated vendors; evidence of nothing.')
    lines.push('')
  }
  for (const { step, holds, says } of steps) {
    const mark = holds ? style('green', '✔') : style('red', '✘')
    // A line that somebody may have to hand on is not broken.
    const words = harmless(`${step}: ${says}`)
    if (holds) lines.push(`${mark} ${wrap(words, width - 2, '  ')}`)
    else lines.push(`${mark} ${words}`)
  }
  for (const words of incomplete) lines.push(`${style('yellow', '?')} ${wrap(harmless(words), width - 2, '  ')}`)
  if (notRerun.length > 0) {
    const names = [...new Set(notRerun.map(({ ref, id, because }) => `${ref} ${id} (${BECAUSE[because]})`))]
    say(`Not rerun, their sealed results stand: ${names.join(', ')}.`)
  }
  for (const { authority, stampedAt, command } of stamps) say(`${authority} at ${stampedAt}: ${command}`, '  ')
  if (broken === null && unread.length > 0) say(`By digest and signature alone: ${unread.join(', ')}.`)
  if (verification.challenge !== null)
    lines.push('', ...challengeLines(verification.challenge, { style, width, harmless }))
  lines.push('', style(STYLE[verdict], SUMMARY[verdict]))
  return `${lines.join('\n')}\n`
}

const BECAUSE: Readonly<Record<Verification['notRerun'][number]['because'], string>> = {
  own: "the operator's own check",
  former: 'an earlier version that this release no longer has',
  newer: 'of a newer release',
  rests: 'rests on one that was not rerun',
}
const STYLE = { verified: 'green', incomplete: 'yellow', broken: 'red' } as const
const SUMMARY: Readonly<Record<Verification['verdict'], string>> = {
  verified: 'Verified.',
  incomplete: 'Nothing is broken, but not everything could be verified.',
  broken: 'NOT VERIFIED.',
}
