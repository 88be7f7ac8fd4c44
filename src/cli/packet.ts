import type { WholeSample } from '../domain/sample.ts'
import type { ExitCode } from './index.ts'
import { parseBeginning, parseMoment } from './moment.ts'
import type { CliParts } from './parts.ts'
import { readSample } from './sample.ts'
import { progressLine } from './terminal.ts'

interface Options {
  config: string
  from: string
  to: string
  at: readonly string[]
  sample: readonly string[]
  pullsUpTo?: number
  output: string
}

const MB = 1_000_000

/** The audit packet, and the leaf in the ledger that tells who took it. */
export async function runPacket(options: Options, parts: CliParts): Promise<ExitCode> {
  const period = { from: parseBeginning(options.from), to: parseMoment(options.to) }
  const at = options.at.map(parseMoment)
  const files = options.sample.map((file) => readSample(file, parts))
  const { err } = parts.terminal
  const installation = await parts.open(options.config)
  try {
    const samples: WholeSample[] = []
    for (const file of files) samples.push(await installation.samples.confirmed(file))
    const room = options.pullsUpTo === undefined ? {} : { pullsUpTo: options.pullsUpTo * MB }
    const packet = await installation.packet({ ...period, at, samples, ...room })
    const line = progressLine(err)
    await parts.writeFile(
      options.output,
      counted(packet.bytes, (bytes) => line.show(writing(options.output, bytes))),
    )
    line.clear()
    const digest = packet.manifestDigest()
    const by = parts.actor()
    await installation.exported({ what: 'packet', format: 'zip', by, run: packet.last.id, digest, period })
    err.write(`wrote ${options.output}: state at ${packet.last.snapshotAt}, manifest ${digest}\n`)
    err.write(`signed by the key ${packet.fingerprint}; tell it to whoever verifies, by another way than the packet\n`)
    return 0
  } finally {
    await installation.close()
  }
}

function writing(file: string, bytes: number): string {
  return `writing ${file}: ${(bytes / MB).toFixed(1)} MB …`
}

async function* counted(chunks: AsyncIterable<Uint8Array>, tell: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  let bytes = 0
  for await (const chunk of chunks) {
    bytes += chunk.length
    tell(bytes)
    yield chunk
  }
}
