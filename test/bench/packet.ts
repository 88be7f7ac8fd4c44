/** How long the audit packet of one date takes over a generated fleet, and how much memory: written by a process of its own. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Bar, megabytes, seconds } from './bars.ts'
import type { Measure, Measured } from './measure.ts'
import type { Pack, Packed } from './packing.ts'
import { ran, started, stopped } from './processes.ts'
import type { Fleet, Vendors } from './vendors.ts'

export const PACKET_DEVICES = 10_000
/** Design of part 4: seconds and bytes resident. */
export const PACKET_BAR = { seconds: 30, bytes: 500_000_000 } as const

export interface PacketFigures extends Packed {
  readonly devices: number
}

export async function packetFigures(devices: number = PACKET_DEVICES): Promise<PacketFigures> {
  const { answer: vendors, child } = await started<Vendors>('vendors.ts', { devices, delayMs: 0 } satisfies Fleet)
  const folder = mkdtempSync(join(tmpdir(), 'exhibit-bench-'))
  try {
    writeFileSync(join(folder, 'people.csv'), vendors.roster)
    const { values } = vendors
    await ran<Measured>('measure.ts', { folder, values, runs: 1 } satisfies Measure)
    return { devices, ...(await ran<Packed>('packing.ts', { folder, values } satisfies Pack)) }
  } finally {
    await stopped(child)
    rmSync(folder, { recursive: true, force: true })
  }
}

export function packetBars({ devices, seconds: took, peakBytes, zipBytes }: PacketFigures): {
  text: string
  bars: Bar[]
} {
  const what = `packet of one date, ${devices.toLocaleString('en')} devices`
  return {
    text: `${what}: ${seconds(took * 1_000)}, ${megabytes(peakBytes)} resident, a ZIP of ${megabytes(zipBytes)}.`,
    bars: [
      { what, wanted: `under ${PACKET_BAR.seconds} s`, got: seconds(took * 1_000), met: took < PACKET_BAR.seconds },
      {
        what: `${what}: resident memory`,
        wanted: `under ${megabytes(PACKET_BAR.bytes)}`,
        got: megabytes(peakBytes),
        met: peakBytes < PACKET_BAR.bytes,
      },
    ],
  }
}
