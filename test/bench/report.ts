/** The figures as Markdown. */
import { availableParallelism, cpus, totalmem } from 'node:os'
import {
  AS_A_SERVICE,
  asService,
  type Bar,
  FIRST_TIME,
  IN_FLIGHT,
  median,
  megabytes,
  type Round,
  ratioToFloor,
  type Series,
  seconds,
  stagesOf,
} from './bars.ts'

/** One part of the benchmarks. */
export interface Part {
  readonly title: string
  /** Markdown. */
  readonly text: string
  readonly bars: readonly Bar[]
}

export function document(parts: readonly Part[], at: Date): string {
  return `# Benchmarks

Written by \`npm run bench\` on ${at.toISOString().slice(0, 10)}: Node ${process.versions.node}, ${availableParallelism()} cores (${cpus()[0]?.model ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GB.

Generated fleets with SentinelOne, CrowdStrike and Kandji behind HTTP on loopback, the vendors in a process of their own. Every device costs a call for its posture attributes; \`requestsPerSecond\` is lifted. Each run is a fresh process with an empty database, the HTTP client loaded before, as the floor has it. Figures are medians of the rounds, memory is the highest of them.

- **pull** asks, reads and keeps; **normalize** is the part of it that turns pages into records, measured by reading the kept pages once more.
- **check** is everything from records to verdicts within a run, **seal** writes them. **join** and **all checks** are measured once more by themselves, in a process that only judges: ${AS_A_SERVICE} (the same records again, each time into a new snapshot), and beside it the ${FIRST_TIME}, as a command judges.
- **floor**: the same requests by \`undici.request\` alone, bodies through \`JSON.parse\`, as many in flight as a run has (${IN_FLIGHT} for attributes, one after another elsewhere, sources side by side). **delay floor**: the delay times the rounds of ${IN_FLIGHT} calls that the attributes need at least.

## Figures to reach

${barsTable(parts.flatMap(({ bars }) => bars))}

${parts.map(({ title, text }) => `## ${title}\n\n${text}\n`).join('\n')}`
}

export function barsTable(bars: readonly Bar[]): string {
  return table(
    ['what', 'wanted', 'measured', ''],
    bars.map(({ what, wanted, got, met }) => [what, wanted, got, met ? 'met' : '**not met**']),
  )
}

const HEAD = [
  'devices',
  'delay',
  'rounds',
  'requests',
  'pull',
  'normalize',
  'check',
  'seal',
  'pull to seal',
  'floor',
  'ratio',
  'delay floor',
  'join, as a service',
  'all checks, as a service',
  'join, first time',
  'all checks, first time',
  'resident',
  'floor resident',
  'database',
]

export function seriesTable(measured: readonly Series[]): string {
  return table(HEAD, measured.map(rowOf))
}

function rowOf({ devices, delayMs, rounds }: Series): string[] {
  const middle = (value: (round: Round) => number): number => median(rounds.map(value))
  const highest = (value: (round: Round) => number): number => Math.max(...rounds.map(value))
  const requests = middle(({ run }) => Object.values(run.requests).flat().length)
  return [
    devices.toLocaleString('en'),
    `${delayMs} ms`,
    `${rounds.length}`,
    `${requests.toLocaleString('en')}`,
    seconds(middle((round) => stagesOf(round).pull)),
    seconds(middle(({ run }) => run.normalize)),
    seconds(middle((round) => stagesOf(round).check)),
    seconds(middle((round) => stagesOf(round).seal)),
    seconds(middle((round) => stagesOf(round).total)),
    seconds(middle(({ floor }) => floor.ms)),
    `${middle(ratioToFloor).toFixed(2)} ×`,
    delayMs === 0 ? '' : seconds(delayMs * Math.ceil(requests / IN_FLIGHT)),
    seconds(middle(({ judged }) => asService(judged, ({ joinMs }) => joinMs))),
    seconds(middle(({ judged }) => asService(judged, ({ checkMs }) => checkMs))),
    seconds(middle(({ judged }) => judged.first.joinMs)),
    seconds(middle(({ judged }) => judged.first.checkMs)),
    megabytes(highest(({ run }) => run.peakBytes)),
    megabytes(highest(({ floor }) => floor.peakBytes)),
    megabytes(highest(({ run }) => run.databaseBytes[0]!)),
  ]
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
