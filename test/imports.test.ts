import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { expect, test } from 'vitest'

/** Who may import whom, and why not: folder → what it may import beside itself. */
const ALLOWED: Record<string, string[]> = {
  'src/domain': [], // the middle: types and pure functions, replayable for ever
  'src/lib': [], // tools that know no word of ours
  checks: ['src/domain'], // readable by who audits; no network, no clock, no database
  'src/connectors': ['src/domain', 'src/lib'],
  'src/simulators': ['src/domain', 'src/lib'], // they meet connectors on the wire only
  'src/ledger': ['src/lib'],
  // What a period tells, over the store's contract.
  'src/period': ['src/domain', 'src/lib'],
  'src/packet': ['src/domain', 'src/ledger', 'src/lib', 'src/period'],
  'src/store': ['src/domain', 'src/lib'],
  'src/outputs': ['src/domain', 'src/lib'],
  'src/webhooks': ['src/domain', 'src/lib'],
  'src/http': ['src/domain', 'src/lib', 'src/focusing.ts'],
  // Checks and controls by the names that people give them.
  'src/focusing.ts': ['src/domain', 'src/lib'],
  'src/cli': ['src/domain', 'src/lib', 'src/focusing.ts'],
  // One door: what lies behind it is imported by nobody else.
  'src/config.ts': ['src/domain', 'src/lib', 'src/config'],
  'src/config': ['src/domain', 'src/lib'],
  // Runs the operator's files, and hands them the domain alone.
  'src/own-checks.ts': ['src/domain', 'src/lib'],
  // The run and what is told of it: one file each, building on one another in this order.
  'src/pull.ts': ['src/domain', 'src/lib', 'src/config.ts'],
  // Who is told what: used where something becomes true.
  'src/telling.ts': ['src/domain', 'src/lib', 'src/config.ts'],
  // Reviews of access in the ledger and out of it.
  'src/reviews.ts': ['src/domain'],
  'src/pipeline.ts': ['src/domain', 'src/lib', 'src/config.ts', 'src/pull.ts', 'src/reviews.ts', 'src/telling.ts'],
  'src/report.ts': ['src/domain', 'src/lib', 'src/config.ts', 'src/pipeline.ts'],
  'src/installation.ts': ['src/domain', 'src/lib', 'src/config.ts', 'src/pull.ts', 'src/pipeline.ts', 'src/report.ts'],
  // What leaves the installation: packets, and the leaf that tells of each hand-out.
  'src/hand-out.ts': [
    ...['src/domain', 'src/ledger', 'src/lib', 'src/packet'],
    ...['src/config.ts', 'src/report.ts', 'src/reviewing', 'src/reviews.ts', 'src/telling.ts'],
  ],
  // Samples: frames from the store, frames and draws in the ledger.
  'src/sampling': ['src/domain', 'src/lib', 'src/packet', 'src/period'],
  // Reviews of access: frozen out of the store, decided by people, signed in the ledger.
  'src/reviewing': ['src/domain', 'src/lib', 'src/reviews.ts'],
  // One person who left, from the runs around it.
  'src/leaver.ts': ['src/domain', 'src/packet', 'src/period'],
  // Past runs over the store, by the way that a packet's verifier takes.
  'src/reperform.ts': ['src/domain', 'src/ledger', 'src/lib', 'src/packet'],
  // Files in and out of the data folder; the database arrives as an argument.
  'src/backup.ts': ['src/domain'],
  // What the server's thread and that of the runs tell one another.
  'src/run-news.ts': ['src/domain', 'src/pipeline.ts'],
  'src/thread.ts': ['src/domain', 'src/lib', 'src/http', 'src/pipeline.ts', 'src/run-news.ts'],
  // Reports, packets, exports and samples as files, made in that thread.
  'src/making.ts': [
    ...['src/domain', 'src/http', 'src/packet', 'src/sampling', 'src/focusing.ts'],
    ...['src/hand-out.ts', 'src/installation.ts', 'src/thread.ts'],
  ],
  'src/service.ts': ['src/domain', 'src/lib', 'src/pipeline.ts', 'src/run-news.ts'],
  'src/sending.ts': ['src/domain', 'src/webhooks', 'src/installation.ts', 'src/telling.ts'],
  // Asked before anything is opened.
  'src/refusals.ts': ['src/domain', 'src/lib', 'src/config.ts'],
  'src/software.ts': [],
}
const EVERYTHING = [
  'src/main.ts',
  'src/serve.ts',
  'src/opening.ts',
  'src/worker.ts',
  'src/build.ts',
  'src/dev.ts',
  'src/starter.ts',
]
/** Folders whose neighbours do not know each other; their `index.ts` is the list. */
const NEIGHBOURS = ['src/connectors', 'src/simulators']

const root = join(import.meta.dirname, '..')
const areaOf = (file: string): string =>
  Object.keys(ALLOWED).find((area) => file === area || file.startsWith(`${area}/`)) ?? file

test('imports point inwards: neighbours do not know each other, one file introduces them', () => {
  const wrong: string[] = []
  for (const file of globSync(['src/**/*.{ts,tsx}', 'checks/**/*.ts'], { cwd: root })) {
    if (EVERYTHING.includes(file)) continue
    const area = areaOf(file)
    if (ALLOWED[area] === undefined) wrong.push(`${file} is in no area of the table`)
    for (const [, target] of readFileSync(join(root, file), 'utf8').matchAll(
      /^(?:import|export)\s[^'"]*?from '([^']+)'|^import '([^']+)'/gms,
    )) {
      if (target === undefined) continue
      if (!target.startsWith('.')) {
        if (['src/domain', 'checks'].includes(area)) wrong.push(`${file} imports the package ${target}`)
        continue
      }
      const to = relative(root, join(root, dirname(file), target))
      const toArea = areaOf(to)
      if (toArea !== area && !(ALLOWED[area] ?? []).includes(toArea)) wrong.push(`${file} imports ${to}`)
      if (area === toArea && NEIGHBOURS.includes(area) && file !== `${area}/index.ts`) {
        const own = file.slice(area.length + 1).split('/')
        const other = to.slice(area.length + 1).split('/')
        if (own.length > 1 && other.length > 1 && own[0] !== other[0]) wrong.push(`${file} imports its neighbour ${to}`)
      }
    }
  }
  expect(wrong).toEqual([])
})
