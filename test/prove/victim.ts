/**
 * A process that makes runs (pull, check, seal) until it is killed, and says each that it was told is sealed; on the way
 * it changes its key or copies its database, where asked to.
 */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { writeSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { backUp } from '../../src/backup.ts'
import { loadConfig } from '../../src/config.ts'
import { connectors } from '../../src/connectors/index.ts'
import { installation } from '../../src/installation.ts'
import { rotate } from '../../src/ledger/ledger.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { EVERYTHING, provenChecks } from '../helpers/installation.ts'
import { keysIn, testLedger } from '../helpers/ledger.ts'

// Everything is loaded by now: what follows is what is killed. Who is killed writes no cache at its end.
flushCompileCache()
const say = (what: string, name: string): void => void writeSync(1, `${what} ${name}\n`)
say('loaded', String(process.pid))
const [order] = (await once(createInterface({ input: process.stdin }), 'line')) as [string]
const { task, file } = JSON.parse(order) as { task: 'run' | 'rotate' | 'backup'; file: string }
const folder = dirname(file)
const config = loadConfig(file, { connectors, checks: provenChecks, env: {}, ownChecks: [] })
const keys = keysIn(config.data)
const store = await openSqliteStore({ path: join(config.data, 'exhibit.db'), ledger: testLedger(keys) })
const never = new AbortController().signal
const core = installation({
  config,
  checks: provenChecks,
  store,
  clock: { wall: () => Date.now(), monotonic: () => performance.now() },
  newId: randomUUID,
  newToken: randomUUID,
  random: Math.random,
  software: '0',
  build: '0',
  actor: 'test',
  signal: never,
  report: (error, where) => process.stderr.write(`${where}: ${error instanceof Error ? error.stack : error}\n`),
})

say('ready', task)
for (let n = 0; ; n++) {
  const copying =
    task === 'backup'
      ? backUp(store, { data: config.data, file: join(folder, `backup-${process.pid}-${n}`), progress: () => {} })
      : null
  const { run, pulls } = await core.sync(EVERYTHING, () => {})
  const bad = pulls.find(({ outcome }) => outcome !== 'complete')
  if (bad !== undefined) throw new Error(`${bad.source}: ${bad.outcome} ${bad.error?.message ?? ''}`)
  say('run', run.id)
  if (copying !== null) {
    await copying
    say('backup', `backup-${process.pid}-${n}`)
  }
  if (task === 'rotate') {
    await rotate(store, keys, core.now, never)
    say('key', keys.current().fingerprint)
  }
}
