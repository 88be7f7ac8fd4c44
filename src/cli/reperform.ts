import { AppError } from '../domain/error.ts'
import { outcomeOf, type Rederived, sayDifference } from '../domain/reperform.ts'
import type { RunSummary } from '../domain/store.ts'
import { counted } from '../domain/words.ts'
import type { ExitCode } from './index.ts'
import { parseBeginning, parseMoment } from './moment.ts'
import type { CliParts } from './parts.ts'
import { moment, progressLine, styler } from './terminal.ts'

interface Options {
  config: string
  asOf?: string
  from?: string
  to?: string
  format: 'table' | 'json'
}

/** Differences listed below a run before the rest is only counted; the JSON has all. */
const LISTED = 50

export async function runReperform(options: Options, parts: CliParts): Promise<ExitCode> {
  const range = rangeOf(options)
  const { out, err } = parts.terminal
  const installation = await parts.open(options.config)
  const line = progressLine(err)
  const seen = { equal: 0, different: 0, incomplete: 0 }
  try {
    const runs = await installation.runsIn(range)
    if (options.format === 'json') out.write('{"schema":"exhibit.reperform/1","runs":[')
    for (const [index, run] of runs.entries()) {
      line.show(`run ${run.sequence}: ${index + 1} of ${runs.length}`)
      const made = await installation.reperform(run)
      line.clear()
      seen[outcomeOf(made)]++
      if (options.format === 'json') {
        out.write(`${index === 0 ? '' : ','}\n${JSON.stringify({ outcome: outcomeOf(made), ...made })}`)
      } else printRun(made, installation.software, parts)
    }
    if (options.format === 'json') out.write(']}\n')
    else printSum(runs, seen, parts)
    return seen.different > 0 ? 1 : seen.incomplete > 0 || runs.length === 0 ? 2 : 0
  } finally {
    line.clear()
    await installation.close()
  }
}

function rangeOf({ asOf, from, to }: Options) {
  if (asOf !== undefined && (from !== undefined || to !== undefined)) {
    throw new AppError(
      'usage',
      '--as-of names one run, --from and --to all runs of a period: give the one or the other',
    )
  }
  if (from === undefined && to === undefined)
    return { asOf: asOf === undefined ? 'latest' : parseMoment(asOf) } as const
  return { from: from === undefined ? null : parseBeginning(from), to: to === undefined ? null : parseMoment(to) }
}

const OUTCOME = {
  equal: ['green', '✔', 'equal'],
  different: ['red', '✘', 'DIFFERENT'],
  incomplete: ['yellow', '?', 'equal as far as it could be made again'],
} as const

function printRun(made: Rederived, software: string, parts: CliParts): void {
  const { out } = parts.terminal
  const style = styler(out)
  const { run } = made
  const [colour, mark, word] = OUTCOME[outcomeOf(made)]
  const from =
    made.sources.length === 0
      ? 'not made again'
      : made.sources.every((source) => source.from === 'bytes')
        ? 'from bytes'
        : 'not wholly from bytes'
  out.write(
    `${style(colour, mark)} ${moment(run.snapshotAt)} · run ${run.sequence} ${run.id} · ${from} · ${style(colour, word)}\n`,
  )
  for (const text of lacking(made, software)) out.write(`    ${text}\n`)
  if (made.differences.length === 0) return
  if (run.software !== software) out.write(`    sealed by release ${run.software}, made again by ${software}\n`)
  for (const difference of made.differences.slice(0, LISTED)) out.write(`    ${sayDifference(difference)}\n`)
  const more = made.differences.length - LISTED
  if (more > 0) out.write(`    and ${counted(more, 'difference', 'differences')} more; --format json lists all\n`)
}

const NOT_RERUN = {
  own: 'your own check: its file is not the one that was sealed',
  former: 'this release no longer has its code',
  newer: 'a newer release sealed it',
  rests: 'it asks what all checks need, and one of them is not here',
} as const

/** What kept a run from being made again as a whole. */
function lacking({ sources, notRerun, incomplete, run }: Rederived, software: string): string[] {
  return [
    ...sources
      .filter(({ from }) => from !== 'bytes')
      .map(({ source, from, gone }) => {
        const answers = gone.length === 0 ? '' : `: ${counted(gone.length, 'answer is', 'answers are')} no longer kept`
        return from === 'records' ? `${source}: from records${answers}` : `${source}: cannot be made again${answers}`
      }),
    ...notRerun.map(({ ref, id, version, because }) => {
      const release =
        because === 'former' || because === 'newer' ? `; release ${run.software} has it, this is ${software}` : ''
      return `${ref} ${id}, version ${version}, was not asked again: ${NOT_RERUN[because]}${release}`
    }),
    ...incomplete,
  ]
}

function printSum(
  runs: readonly RunSummary[],
  { equal, different, incomplete }: Record<'equal' | 'different' | 'incomplete', number>,
  parts: CliParts,
): void {
  const { out } = parts.terminal
  if (runs.length === 0) out.write('No run was sealed then; "exhibit check" shows the newest one.\n')
  else if (runs.length > 1) {
    out.write(
      `\n${counted(runs.length, 'run', 'runs')}: ${equal} equal, ${different} different, ${incomplete} not wholly made again\n`,
    )
  }
}
