/** A process of its own that seals runs until it is killed, or holds the writer's place. */
import { writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { device } from '../helpers/build.ts'
import { keysIn, testLedger } from '../helpers/ledger.ts'
import { open, page, pull, result, sealer } from './sealing.ts'

const [task, path] = process.argv.slice(2)
const store = await openSqliteStore({ path: path!, ledger: testLedger(keysIn(dirname(path!))) })
const release = await store.lock(AbortSignal.timeout(30_000))
if (task === 'hold') {
  writeSync(1, 'held\n')
  setInterval(() => release, 60_000)
} else {
  const { seal } = sealer(store)
  for (let n = 0; ; n++) {
    const id = `${process.pid}-${n}`
    const pages = [page('devices', JSON.stringify(Array(200).fill(id))), page('users', id)]
    await store.keepPages(pages)
    const devices = Array.from({ length: 150 }, (_, at) => device({ key: `n${at}`, hostname: id }))
    const named = pages.map(({ body: _, ...rest }) => rest)
    await seal([pull('tailnet', devices, { pages: named })], { id, results: [result([open('fail', `n${n % 7}`)])] })
    writeSync(1, `${id}\n`)
  }
}
