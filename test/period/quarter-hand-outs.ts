/** What is handed out of the simulated quarter, through the commands: made twice where it must be the same, and verified. */
import { mkdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fromMillis } from '../../src/domain/time.ts'
import { exhibit } from '../helpers/cli.ts'
import { ocsfFaults, oscalFaults } from '../helpers/interchange.ts'
import type { QuarterHouse } from './quarter-house.ts'
import { FROM, TO } from './quarter-script.ts'

export interface HandedOut {
  readonly lines: readonly string[]
  readonly found: readonly string[]
}

const SPAN = ['--from', fromMillis(FROM).slice(0, 10), '--to', fromMillis(TO).slice(0, 10)]

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`

export async function handOutsOf({ folder, installation }: QuarterHouse): Promise<HandedOut> {
  const into = join(folder, 'handed-out')
  mkdirSync(into)
  const lines: string[] = []
  const found: string[] = []
  const wanted = (holds: boolean, words: string): void => {
    if (!holds) found.push(words)
  }
  /** Commands print what fails in the quarter, and it does: only that they broke off counts. */
  const made = async (what: string, file: string, ...argv: string[]): Promise<Buffer> => {
    const began = performance.now()
    const { code, err } = await exhibit(installation, ...argv, ...SPAN, '-o', join(into, file))
    wanted(code <= 2, `${what}: ${err}`)
    const bytes = code <= 2 ? readFileSync(join(into, file)) : Buffer.alloc(0)
    lines.push(`${what}: ${megabytes(bytes.length)}, ${seconds(began)}`)
    return bytes
  }
  const twice = async (kind: string, faults: (text: string) => readonly string[]): Promise<void> => {
    const first = await made(`${kind} of the quarter`, `${kind}-1`, 'export', '--kind', kind)
    const second = await made(`${kind} once more`, `${kind}-2`, 'export', '--kind', kind)
    wanted(first.length > 0 && first.equals(second), `${kind}: the second export has other bytes`)
    if (first.length > 0) found.push(...faults(first.toString('utf8')).map((words) => `${kind}: ${words}`))
  }

  await twice('oscal', (text) => oscalFaults(JSON.parse(text) as object))
  await twice('ocsf', (text) => ocsfFaults(rowsOf(text)))
  await made('report of the quarter', 'report.pdf', 'report')
  await made('packet of the quarter', 'packet.zip', 'packet')
  const packet = join(into, 'packet.zip')
  const began = performance.now()
  const { code, out } = await exhibit(installation, 'verify', packet)
  lines.push(`verify: ${seconds(began)} of ${megabytes(statSync(packet).size)}, ${out.trim().split('\n').at(-1)}`)
  wanted(code === 0, `verify: ${out}`)
  return { lines, found }
}

function seconds(began: number): string {
  return `${((performance.now() - began) / 1000).toFixed(1)} s`
}

function* rowsOf(text: string): Generator<unknown> {
  for (const line of text.trimEnd().split('\n')) yield JSON.parse(line)
}
