/** `inputs/days.ndjson`: each line is what the leaf of that run sealed, and no day of the period is missing. */
import { digestsOver } from '../domain/digests.ts'
import { PACKET, type PackedDay, type PacketSummary } from '../domain/packet.ts'
import { canonicalJson } from '../lib/canonical-json.ts'
import { sha256 } from '../lib/digest.ts'
import { broken, NOT_AS_SEALED } from './broken.ts'
import { lastOfDays } from './days.ts'
import type { PacketFiles } from './verify-files.ts'
import { type PackedLedger, runsOf } from './verify-ledger.ts'

const { resultsDigest } = digestsOver({ canonical: canonicalJson, sha256 })
const WHERE = PACKET.days

export async function requireDays(
  files: PacketFiles,
  summary: PacketSummary,
  ledger: PackedLedger,
): Promise<PackedDay[]> {
  const runs = runsUpTo(summary, ledger)
  const wanted = lastOfDays(
    runs.map(({ index, run: { id, sequence, snapshotAt } }) => ({ leaf: index, id, sequence, snapshotAt })),
    summary.period,
  )
  const text = await files.text(WHERE)
  const days = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as PackedDay)
  if (days.length !== wanted.length) {
    broken(WHERE, 'it has another number of days than the ledger', NOT_AS_SEALED, wanted.length, days.length)
  }
  for (const [at, { id, sequence, snapshotAt }] of wanted.entries()) {
    const day = days[at]!
    if (day.run !== id || day.sequence !== sequence || day.snapshotAt !== snapshotAt) {
      broken(WHERE, `line ${at + 1} is not of the last run of ${snapshotAt.slice(0, 10)}`, NOT_AS_SEALED, id, day.run)
    }
    const sealed = runs.find(({ run }) => run.sequence === sequence)!.run.results
    const made = resultsDigest(day.results)
    if (made !== sealed) {
      broken(WHERE, `what the checks came to on ${snapshotAt.slice(0, 10)} is another`, NOT_AS_SEALED, sealed, made)
    }
  }
  return days
}

/** Those that the packet tells of: a ledger may go on behind the last of them. */
function runsUpTo({ last }: PacketSummary, ledger: PackedLedger): ReturnType<typeof runsOf> {
  const all = runsOf(ledger)
  return all.slice(0, all.findIndex(({ run }) => run.id === last) + 1)
}
