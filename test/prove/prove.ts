/**
 * `npm run prove`: the promises that take long to prove, each printed with what was tried; `npm run prove -- quick` tries
 * a few of each, `npm run prove -- faults` that one alone. Exit code 1 when one does not hold. Writes nothing.
 */
import { livedQuarter } from '../period/quarter.ts'
import { handOutsOf } from '../period/quarter-hand-outs.ts'
import { proveGuard } from './guard.ts'
import { proveKills } from './kills.ts'
import { proveMutations } from './mutations.ts'
import { proveReperform } from './reperform.ts'
import { proveSuites } from './suites.ts'
import { proveWebhooks } from './webhooks.ts'

interface Proof {
  readonly lines: readonly string[]
  readonly holds: boolean
  /** What does not hold, in words. */
  readonly found: readonly string[]
}

type Progress = (done: number, total: number) => void

const PROOFS: Readonly<Record<string, (quick: boolean, progress: Progress) => Promise<Proof>>> = {
  async mutations(quick, progress) {
    const few = { positions: ['random'], seeds: 1, controls: 4 } as const
    const { missed, ...proof } = await proveMutations({ ...(quick ? few : {}), progress })
    return { ...proof, found: missed }
  },
  async reperform(quick, progress) {
    const { line, ...proof } = await proveReperform({ ...(quick ? { sealed: 40, asked: 40 } : {}), progress })
    return { lines: [line], ...proof }
  },
  async kills(quick, progress) {
    const { line, ...proof } = await proveKills(quick ? { run: 10, rotate: 5, backup: 5 } : undefined, 1, progress)
    return { lines: [line], ...proof }
  },
  guard: (quick, progress) => proveGuard({ ...(quick ? { every: 9 } : {}), progress }),
  faults: (quick) => proveSuites(['test/faults.test.ts', 'test/faults-anywhere.test.ts'], 'P1: ', quick),
  pages: (quick) => proveSuites(['test/browser/pages.test.ts'], 'axe: ', quick),
  webhooks: proveWebhooks,
  async quarter(quick, progress) {
    const size = quick ? { accounts: 200, devices: 500, things: 66 } : { accounts: 2_000, devices: 5_000, things: 300 }
    const { house, proof, close } = await livedQuarter({ ...size, seed: 1 }, progress, { inMemory: false })
    try {
      const { lines, found } = await handOutsOf(house)
      const all = [...proof.found, ...found]
      return { lines: [proof.line, ...lines], holds: all.length === 0, found: all }
    } finally {
      await close()
    }
  },
}

/** One line that is written over; where nobody looks at a terminal, one each tenth. */
function progressOf(name: string): Progress {
  let told = -1
  return (done, total) => {
    const share = Math.floor((done / total) * (process.stderr.isTTY ? 1000 : 10))
    if (share === told) return
    told = share
    const text = `${name}: ${done} of ${total}`
    process.stderr.write(process.stderr.isTTY ? `\r\u001b[K${text}` : `${text}\n`)
  }
}

/** A proof that cannot be carried through proves nothing; the others are tried all the same. */
function brokenOff(error: Error): Proof {
  return { lines: ['broke off'], holds: false, found: (error.stack ?? error.message).split('\n') }
}

async function proved(name: string, quick: boolean): Promise<boolean> {
  const began = performance.now()
  const { lines, holds, found } = await PROOFS[name]!(quick, progressOf(name)).catch(brokenOff)
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K')
  const seconds = ((performance.now() - began) / 1000).toFixed(0)
  process.stdout.write(`${holds ? '✔' : '✘'} ${name}: ${lines.join('\n  ')} (${seconds} s)\n`)
  for (const words of found) process.stdout.write(`    ${words}\n`)
  return holds
}

const asked = process.argv.slice(2)
const quick = asked.includes('quick')
const names = asked.filter((name) => name !== 'quick')
const unknown = names.find((name) => PROOFS[name] === undefined)
if (unknown === undefined) {
  for (const name of names.length === 0 ? Object.keys(PROOFS) : names) {
    if (!(await proved(name, quick))) process.exitCode = 1
  }
} else {
  process.stderr.write(`there is no proof "${unknown}"; there are ${Object.keys(PROOFS).join(', ')}, and quick\n`)
  process.exitCode = 64
}
