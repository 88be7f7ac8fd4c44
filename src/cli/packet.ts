import type { SampleFile } from '../domain/sample.ts'
import type { ExitCode } from './index.ts'
import { parseBeginning, parseMoment } from './moment.ts'
import type { CliParts } from './parts.ts'
import { readSample } from './sample.ts'

interface Options {
  config: string
  from: string
  to: string
  at: readonly string[]
  sample: readonly string[]
  output: string
}

/** The audit packet, and the leaf in the ledger that tells who took it. */
export async function runPacket(options: Options, parts: CliParts): Promise<ExitCode> {
  const period = { from: parseBeginning(options.from), to: parseMoment(options.to) }
  const at = options.at.map(parseMoment)
  const files = options.sample.map((file) => readSample(file, parts))
  const installation = await parts.open(options.config)
  try {
    const samples: SampleFile[] = []
    for (const file of files) samples.push(await installation.samples.confirmed(file))
    const packet = await installation.packet({ ...period, at, samples })
    await parts.writeFile(options.output, packet.bytes)
    const digest = packet.manifestDigest()
    const by = parts.actor()
    await installation.exported({ what: 'packet', format: 'zip', by, run: packet.last.id, digest, period })
    const { err } = parts.terminal
    err.write(`wrote ${options.output}: state at ${packet.last.snapshotAt}, manifest ${digest}\n`)
    err.write(`signed by the key ${packet.fingerprint}; tell it to whoever verifies, by another way than the packet\n`)
    return 0
  } finally {
    await installation.close()
  }
}
