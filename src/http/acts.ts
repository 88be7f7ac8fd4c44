/** The audit log: everything that people and machines did that stands in the evidence ledger, in words, newest first. */
import type { ApiKey } from '../domain/api-key.ts'
import { byText } from '../domain/json.ts'
import type { ReviewLeaf } from '../domain/review.ts'
import type { DrawLeaf, FrameLeaf } from '../domain/sample.ts'
import { sampleWord } from '../domain/sample-words.ts'
import type { ExportAct } from '../domain/sealing.ts'
import type { Attestation, Waiver } from '../domain/settings.ts'
import type { Leaf, Store } from '../domain/store.ts'
import type { Instant } from '../domain/time.ts'
import { counted, number } from '../domain/words.ts'

export interface Act {
  readonly at: Instant
  /** Null: the program itself, by a rule that the settings name. */
  readonly by: string | null
  readonly kind: ActKind
  readonly what: string
  /** What proves it: the digest of what was handed out, sealed or changed. */
  readonly digest: string | null
  /** Its index in the ledger; null for keys of machines, which stand beside it. */
  readonly leaf: number | null
}

type Body = { readonly at: Instant; readonly by?: string }
type Says = (body: never) => Pick<Act, 'what'> & Partial<Pick<Act, 'digest'>>

/** Kind of leaf → how it is told. Runs are told on pages of their own. */
const LEAVES = {
  export: {
    word: 'Handed out',
    says: ({ what, format, run, digest, period }: ExportAct) => ({
      what: `${HANDED[what]} as ${format}, ${period === null ? `of the run ${run}` : `of ${dayOf(period.from)} to ${dayOf(period.to)}`}`,
      digest,
    }),
  },
  frame: {
    word: 'Samples',
    says: ({ id, kind, rows, digest }: FrameLeaf) => ({
      what: `Sealed the frame ${id}: ${number(rows)} ${sampleWord(kind, rows)}`,
      digest,
    }),
  },
  draw: {
    word: 'Samples',
    says: ({ id, frame, keys, seed }: DrawLeaf) => ({
      what: `Drew the sample ${id} from ${frame}: ${counted(keys.length, 'row')}, seed ${seed}`,
    }),
  },
  review: {
    word: 'Access reviews',
    says: (leaf: ReviewLeaf) => ({
      what:
        leaf.act === 'frozen'
          ? `Froze the accounts of ${leaf.system} for the review ${leaf.id}: ${number(leaf.accounts)}`
          : `Signed the review ${leaf.id} of ${leaf.system}: ${counted(leaf.decisions.filter(({ decision }) => decision !== 'keep').length, 'change')} of ${number(leaf.accounts)}`,
      digest: leaf.digest,
    }),
  },
  acceptance: {
    word: 'Falls accepted',
    says: ({ source, because }: { source: string; because: string }) => ({
      what: `Accepted the fall of ${source}: ${because}`,
    }),
  },
  configuration: {
    word: 'Configuration',
    says: ({ changes, digest }: { changes: readonly { path: string }[]; digest: string }) => ({
      what: changes.length === 0 ? 'First configuration' : `Changed ${named(changes.map(({ path }) => path))}`,
      digest,
    }),
  },
  waiver: {
    word: 'Waivers',
    says: ({ act, entry }: EntryLeaf<Waiver>) => ({
      what: `Waiver ${entry.id} ${act}: ${entry.check}, ${entry.subject}, until ${entry.expires}, approved by ${entry.approver}`,
    }),
  },
  attestation: {
    word: 'Attestations',
    says: ({ act, entry }: EntryLeaf<Attestation>) => ({
      what: `Attestation ${entry.id} ${act}: ${entry.check} is answered ${entry.answer} by ${entry.by}, until ${entry.until}`,
    }),
  },
  key: {
    word: 'Signing keys',
    says: ({ reason, fingerprint }: { reason: string; fingerprint: string }) => ({
      what: KEY_SAYS[reason] ?? 'A key signs from here on',
      digest: fingerprint,
    }),
  },
  retention: {
    word: 'Deletions',
    says: ({ rule, deleted, digest }: RetentionLeaf) => ({
      what: `Deleted what is older than ${counted(rule.days, 'day')}, by the retention rule: ${counted(
        Object.values(deleted).reduce((sum, count) => sum + count, 0),
        'row',
      )}`,
      digest,
    }),
  },
  restore: {
    word: 'Restores',
    says: ({ size }: { size: number }) => ({
      what: `Restored a backup of ${counted(size, 'ledger entry', 'ledger entries')}`,
    }),
  },
} as const satisfies Readonly<Record<string, { readonly word: string; readonly says: Says }>>

type LeafKind = keyof typeof LEAVES
export type ActKind = LeafKind | 'api-key'
const KINDS = Object.keys(LEAVES) as readonly LeafKind[]
export const ACT_WORD: Readonly<Record<ActKind, string>> = {
  ...(Object.fromEntries(KINDS.map((kind) => [kind, LEAVES[kind].word])) as Record<LeafKind, string>),
  'api-key': 'API keys',
}

interface EntryLeaf<T> {
  readonly act: string
  readonly entry: T
}
interface RetentionLeaf {
  readonly rule: { readonly days: number }
  readonly deleted: Readonly<Record<string, number>>
  readonly digest: string
}

const HANDED: Readonly<Record<ExportAct['what'], string>> = { packet: 'Packet', report: 'Report', results: 'Results' }
const KEY_SAYS: Readonly<Record<string, string>> = {
  first: 'The first key signs the ledger',
  rotation: 'Another key signs, handed over by the one before',
  lost: 'Another key signs; the one before did not hand over',
}
/** Of many the first are named. */
const NAMED = 5

/** @param keys of machines, which do not stand in the ledger */
export async function acts(ledger: Pick<Store, 'leavesOf'>, keys: readonly ApiKey[]): Promise<readonly Act[]> {
  const leaves = await Promise.all(
    KINDS.map(async (kind) => (await ledger.leavesOf(kind)).map((leaf) => actOf(kind, leaf))),
  )
  const all = [...leaves.flat(), ...keys.flatMap(actsOfKey)]
  return all.sort((a, b) => byText(b.at, a.at) || (b.leaf ?? 0) - (a.leaf ?? 0))
}

function actOf(kind: LeafKind, { index, body }: Leaf): Act {
  const read = JSON.parse(body) as Body
  const { what, digest = null } = (LEAVES[kind].says as (body: unknown) => ReturnType<Says>)(read)
  return { at: read.at, by: read.by ?? null, kind, what, digest, leaf: index }
}

function actsOfKey({ id, name, role, createdAt, createdBy, expiresAt, revokedAt }: ApiKey): Act[] {
  const told = { kind: 'api-key', digest: null, leaf: null } as const
  const made = `Made the API key ${id} (${name}) with the role ${role}, until ${dayOf(expiresAt)}`
  const gone = `The API key ${id} (${name}) was revoked`
  return [
    { ...told, at: createdAt, by: createdBy, what: made },
    ...(revokedAt === null ? [] : [{ ...told, at: revokedAt, by: null, what: gone }]),
  ]
}

function named(paths: readonly string[]): string {
  const more = paths.length - NAMED
  return more > 0 ? `${paths.slice(0, NAMED).join(', ')} and ${number(more)} more` : paths.join(', ')
}

function dayOf(at: Instant): string {
  return at.slice(0, 10)
}
