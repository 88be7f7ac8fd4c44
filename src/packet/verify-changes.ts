/**
 * What the ledger says of changes agrees with its runs: a leaf for every change of what judges and for no other, and the
 * waivers and attestations that came, changed and went are those that each packed run was judged with.
 */
import type { EntryChange } from '../domain/configuration-change.ts'
import type { JsonValue } from '../domain/json.ts'
import { PACKET } from '../domain/packet.ts'
import { canonicalJson } from '../lib/canonical-json.ts'
import { broken, NOT_AS_SEALED } from './broken.ts'
import type { PackedLeaf, PackedLedger, RunLeaf } from './verify-ledger.ts'
import type { VerifiedRun } from './verify-runs.ts'

export function requireChanges({ leaves }: PackedLedger, runs: readonly VerifiedRun[]): void {
  const packed = new Map(runs.map((run) => [run.packed.leaf, run]))
  const entries = { waiver: new Map<string, string>(), attestation: new Map<string, string>() }
  let before: RunLeaf | null = null
  let told: PackedLeaf['body'][] = []
  for (const [index, { body }] of leaves.entries()) {
    if (body.type === 'configuration') told.push(body)
    else if (body.type === 'waiver' || body.type === 'attestation') follow(entries, body as unknown as Act)
    else if (body.type === 'run') {
      const run = body as unknown as RunLeaf
      requireTold(told, before, run, index)
      const own = packed.get(index)
      if (own !== undefined) requireEntries(entries, own)
      before = run
      told = []
    }
  }
}

type Entries = Record<EntryChange['kind'], Map<string, string>>
interface Act extends EntryChange {
  readonly type: EntryChange['kind']
}

function follow(entries: Entries, { type, act, entry }: Act): void {
  if (act === 'removed') entries[type].delete(entry.id)
  else entries[type].set(entry.id, canonicalJson(entry as unknown as JsonValue))
}

const JUDGES = ['settings', 'checkSet', 'software', 'build'] as const

function requireTold(told: readonly PackedLeaf['body'][], before: RunLeaf | null, run: RunLeaf, index: number): void {
  const where = `${PACKET.leaves}, leaf ${index}`
  const changed = before === null || JUDGES.some((name) => before[name] !== run[name])
  if (told.length !== (changed ? 1 : 0)) {
    broken(
      where,
      `${told.length} leaves tell of a change before run ${run.sequence}`,
      NOT_AS_SEALED,
      changed ? 1 : 0,
      told.length,
    )
  }
  const [leaf] = told
  if (leaf === undefined) return
  const said = ['run', 'at', 'previous', 'digest', 'checkSet', 'software', 'build'].map((name) => leaf[name])
  const { sequence, snapshotAt, settings, checkSet, software, build } = run
  const sealed = [sequence, snapshotAt, before?.settings ?? null, settings, checkSet, software, build]
  if (canonicalJson(said as JsonValue) !== canonicalJson(sealed)) {
    broken(where, `what is told of the change before run ${sequence} is another`, NOT_AS_SEALED, sealed, said)
  }
}

function requireEntries(entries: Entries, { packed: { run }, inputs: { settings } }: VerifiedRun): void {
  for (const [kind, declared] of [
    ['waiver', settings.waivers],
    ['attestation', settings.attestations],
  ] as const) {
    const own = new Set(declared.map((entry) => canonicalJson(entry as unknown as JsonValue)))
    const inLedger = new Set(entries[kind].values())
    const other = [...own.symmetricDifference(inLedger)][0]
    if (other === undefined) continue
    broken(PACKET.leaves, `the ${kind}s that it tells are not those of run ${run}`, NOT_AS_SEALED, other)
  }
}
