/** What became of the passing verdicts when what decided them was changed, in lines for people. */
import type { Challenge, ChallengedCheck } from '../domain/verification.ts'
import { counted } from '../domain/words.ts'
import { wrap } from './table.ts'
import type { styler } from './terminal.ts'

interface Manner {
  readonly style: ReturnType<typeof styler>
  readonly width: number
  /** Without what a terminal would obey. */
  readonly harmless: (text: string) => string
}

/** Names of one check that no change turned; the rest is in `--format json`. */
const NAMED = 5

export function challengeLines({ run, only, checks }: Challenge, manner: Manner): string[] {
  const changed = checks.filter(({ because }) => because === null)
  const aside = checks.filter(({ because }) => because !== null)
  const sum = (count: (check: ChallengedCheck) => number): number =>
    changed.reduce((all, check) => all + count(check), 0)
  const left = sum(({ unturned }) => unturned.length)
  const { style, width, harmless } = manner
  const passes = counted(
    sum((check) => check.passes),
    'passing verdict',
  )
  return [
    wrap(
      `Challenge of run ${run}: what decided each passing verdict was changed in a copy of what the vendors sent, then read and judged again.`,
      width,
      '',
    ),
    ...changed.flatMap((check) => checkLines(check, only === null ? 1 : check.examples.length, manner)),
    ...[...Map.groupBy(aside, ({ because }) => because!)].map(([because, list]) =>
      wrap(harmless(`Not challenged, ${because}: ${list.map(({ ref }) => ref).join(', ')}.`), width, ''),
    ),
    style(
      left === 0 ? 'green' : 'red',
      `${passes} of ${counted(changed.length, 'result')}: ${sum(({ failed }) => failed).toLocaleString('en')} turned to fail, ${sum(({ unknown }) => unknown).toLocaleString('en')} to unknown, ${left.toLocaleString('en')} did not turn.`,
    ),
  ]
}

function checkLines(
  { ref, check, system, passes, failed, unknown, unturned, examples }: ChallengedCheck,
  shown: number,
  { style, width, harmless }: Manner,
): string[] {
  const became = [
    ...(failed > 0 ? [`${failed.toLocaleString('en')} fail`] : []),
    ...(unknown > 0 ? [`${unknown.toLocaleString('en')} unknown`] : []),
    ...(unturned.length > 0 ? [`${unturned.length.toLocaleString('en')} NOT TURNED`] : []),
  ]
  const mark = unturned.length === 0 ? style('green', '✔') : style('red', '✘')
  const over = system === null ? '' : ` over ${system}`
  const more = unturned.length - NAMED
  return [
    `${mark} ${wrap(harmless(`${ref} ${check}${over}: ${passes.toLocaleString('en')} pass → ${became.join(', ')}`), width - 2, '  ')}`,
    ...examples
      .slice(0, shown)
      .map(
        ({ subject, changed, becomes }) =>
          `  ${wrap(harmless(`${subject}: ${changed}: pass → ${becomes}`), width - 2, '  ')}`,
      ),
    ...(unturned.length === 0
      ? []
      : [
          `  ${wrap(harmless(`${unturned.slice(0, NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`), width - 2, '  ')}`,
        ]),
  ]
}
