/** A process that writes the packet of a sealed run, cold as the command does. */
import { createWriteStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { checks } from '../../checks/index.ts'
import { connectors } from '../../src/connectors/index.ts'
import { handOuts } from '../../src/hand-out.ts'
import { installation } from '../../src/installation.ts'
import { collectEagerly } from '../../src/lib/heap.ts'
import { csv } from '../../src/outputs/csv.ts'
import { json } from '../../src/outputs/json.ts'
import { ocsf } from '../../src/outputs/ocsf.ts'
import { oscal } from '../../src/outputs/oscal.ts'
import { renderPdf } from '../../src/outputs/pdf/index.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { memoryKeys, testLedger } from '../helpers/ledger.ts'
import { answer, peakBytes, task } from './processes.ts'
import { settings } from './settings.ts'
import { surroundings } from './surroundings.ts'

export interface Pack {
  /** With the database of a run. */
  readonly folder: string
  readonly values: Readonly<Record<string, string>>
  /** Beginning of the period; that of the last run's day by default. */
  readonly from?: string
}

export interface Packed {
  readonly seconds: number
  readonly peakBytes: number
  readonly zipBytes: number
}

async function packed({ folder, values, from }: Pack): Promise<Packed> {
  const keys = memoryKeys()
  const { signal } = new AbortController()
  const start = performance.now()
  const store = await openSqliteStore({ path: join(folder, 'exhibit.db'), ledger: testLedger(keys) })
  const core = installation({
    config: settings(folder, values),
    checks,
    store,
    ...surroundings(),
  })
  const render = {
    json: json.render,
    csv: csv.render,
    oscal: oscal.period ?? oscal.render,
    ocsf: ocsf.period ?? ocsf.render,
    pdf: (...[report, evidence]: Parameters<Parameters<typeof handOuts>[1]['render']['pdf']>) =>
      renderPdf(report, evidence.lastPull, evidence),
  }
  const acts = handOuts(core, { keys, signal, connectors, render })
  const [run] = await store.runs(1)
  const to = run!.snapshotAt
  const { bytes } = await acts.packet({ from: from ?? `${to.slice(0, 10)}T00:00:00.000Z`, to, at: [] })
  const file = join(folder, 'packet.zip')
  await pipeline(Readable.from(bytes), createWriteStream(file))
  const seconds = (performance.now() - start) / 1000
  await core.close()
  return { seconds, peakBytes: peakBytes(), zipBytes: (await stat(file)).size }
}

collectEagerly()
answer(await packed(await task<Pack>()))
