/** A process that verifies a packet, cold as the command does. */

import { everyCheck } from '../../checks/former/index.ts'
import { checks } from '../../checks/index.ts'
import { connectors } from '../../src/connectors/index.ts'
import type { Verification } from '../../src/domain/verification.ts'
import { collectEagerly } from '../../src/lib/heap.ts'
import { csv } from '../../src/outputs/csv.ts'
import { json } from '../../src/outputs/json.ts'
import { verifyFile } from '../../src/packet/verify-file.ts'
import { answer, peakBytes, task } from './processes.ts'

export interface Verify {
  readonly file: string
}

export interface Verified {
  readonly seconds: number
  readonly peakBytes: number
  readonly verdict: Verification['verdict']
}

async function verified({ file }: Verify): Promise<Verified> {
  const start = performance.now()
  const render = { json: json.render, csv: csv.render }
  const { verdict, broken } = await verifyFile(
    { file, fingerprint: null, checkpoint: null },
    { software: '0', connectors, checks, everyCheck, render },
  )
  if (broken !== null) process.stderr.write(`${JSON.stringify(broken)}\n`)
  return { seconds: (performance.now() - start) / 1000, peakBytes: peakBytes(), verdict }
}

collectEagerly()
answer(await verified(await task<Verify>()))
