/** What became of each record over a stretch of runs, cut down to what transitions and clocks ask for. */
import { isMinted } from '../domain/credential.ts'
import { type AnyRecord, type Kind, labelOf, type Person } from '../domain/record.ts'
import type { RecordVersion, Store } from '../domain/store.ts'
import { sha256 } from '../lib/digest.ts'
import { around, type Part, type Pulls } from './pulls.ts'

/** What is kept of a record: little, for a quarter of a large fleet has a million versions. */
export interface Sight {
  readonly label: string
  /** Of the source, what a credential may be blind for as a whole. */
  readonly part: Part
  readonly role: string | null
  readonly status: string | null
  /** Of an account "member" or "shared"; null for the rest. */
  readonly type: string | null
  /** Of a policy: SHA-256 of its text, hex. Of a key: why it works no more, null while it does. */
  readonly mark: string | null
  /** The roster's words, whole. */
  readonly person: Person | null
}

export interface Life {
  readonly source: string
  readonly kind: Kind
  readonly key: string
  /** What it was from the run `from` on; null: gone. By run, neighbours differ. */
  readonly sights: readonly { readonly from: number; readonly sight: Sight | null }[]
}

const KINDS: readonly Kind[] = ['account', 'device', 'key', 'person', 'policy']

/** Devices that come and go by themselves and tokens of an hour are nobody's coming and going. */
export async function livesIn(
  store: Pick<Store, 'versions'>,
  from: number,
  to: number,
  kinds: readonly Kind[] = KINDS,
): Promise<Life[]> {
  const lives: Life[] = []
  for await (const versions of byRecord(store.versions(kinds, from, to))) {
    const [{ source, kind, key }] = versions as [RecordVersion]
    const sights: { from: number; sight: Sight | null }[] = []
    for (const version of versions) {
      const sight = version.record === null ? null : sightOf(version.record)
      const last = sights.at(-1)
      if (last === undefined ? sight === null : same(last.sight, sight)) continue
      // A new name of a device or key is no event; the last one is what people know it by.
      if (last !== undefined && onlyRenamed(kind, last.sight, sight)) last.sight = sight
      else sights.push({ from: version.from, sight })
    }
    if (sights.length > 0) lives.push({ source, kind, key, sights })
  }
  return lives
}

/**
 * People who had left when the stretch begins, with what the roster said of them before: when it first named their end may
 * lie years back.
 */
export async function withEarlierWords(
  lives: readonly Life[],
  store: Pick<Store, 'versions'>,
  oldest: number,
  begin: number,
): Promise<Life[]> {
  const found: Life[] = []
  for (const life of lives) {
    const first = life.sights[0]!
    const person = first.from <= begin ? (first.sight?.person ?? null) : null
    if (oldest >= begin || person === null || (person.endDate === null && person.status !== 'left')) {
      found.push(life)
      continue
    }
    const earlier: { from: number; sight: Sight | null }[] = []
    for await (const { from, record } of store.versions(['person'], oldest, begin, life)) {
      if (from < first.from) earlier.push({ from, sight: record === null ? null : sightOf(record) })
    }
    found.push({ ...life, sights: [...earlier, ...life.sights] })
  }
  return found
}

/** Versions of one record after another's, as the store gives them. */
export async function* byRecord(versions: AsyncIterable<RecordVersion>): AsyncGenerator<readonly RecordVersion[]> {
  let own: RecordVersion[] = []
  for await (const version of versions) {
    const [first] = own
    if (
      first !== undefined &&
      (first.key !== version.key || first.kind !== version.kind || first.source !== version.source)
    ) {
      yield own
      own = []
    }
    own.push(version)
  }
  if (own.length > 0) yield own
}

function sightOf(record: AnyRecord): Sight | null {
  const plain: Sight = {
    label: labelOf(record),
    part: record.kind,
    role: null,
    status: null,
    type: null,
    mark: null,
    person: null,
  }
  switch (record.kind) {
    case 'account':
      return { ...plain, role: record.role, status: record.status, type: record.type }
    case 'device':
      return record.isEphemeral === true ? null : plain
    case 'key': {
      if (isMinted(record)) return null
      const mark = record.revokedAt !== null ? 'revoked' : record.invalid === true ? 'invalid' : null
      return { ...plain, part: `key/${record.keyType ?? ''}`, mark }
    }
    case 'policy':
      return { ...plain, mark: sha256(record.text) }
    case 'person':
      return { ...plain, person: record }
    default:
      return plain
  }
}

function onlyRenamed(kind: Kind, a: Sight | null, b: Sight | null): boolean {
  return (kind === 'device' || kind === 'key') && a !== null && b !== null && same({ ...a, label: b.label }, b)
}

function same(a: Sight | null, b: Sight | null): boolean {
  if (a === null || b === null) return a === b
  return (
    a.person === null &&
    a.label === b.label &&
    a.role === b.role &&
    a.status === b.status &&
    a.type === b.type &&
    a.mark === b.mark &&
    a.part === b.part
  )
}

// ── what nobody saw ────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * A credential that loses a right sees none of a kind any more, and the store tells all of them as gone. Where all of a
 * part are gone at once, the run's own pull says whether it was refused them: those runs saw nothing of the part.
 */
export async function unseenParts(
  lives: readonly Life[],
  pulls: Pulls,
  store: Pick<Store, 'lastPull'>,
): Promise<Map<string, ReadonlySet<number>>> {
  const unseen = new Map<string, ReadonlySet<number>>()
  for (const [name, turns] of emptyTurns(lives)) {
    const [source, part] = name.split('\0') as [string, Part]
    const runs = new Set<number>()
    for (const [emptyFrom, filledFrom] of turns) {
      const made = pulls.of(source).filter(({ sequence }) => emptyFrom <= sequence && sequence < filledFrom)
      const [first] = made
      if (first === undefined || !(await wasRefused(store, source, part, first.run))) continue
      for (const { sequence } of made) runs.add(sequence)
    }
    if (runs.size > 0) unseen.set(name, runs)
  }
  return unseen
}

/** "source\0part" → stretches of runs in which there was none of it, before the first too. */
function emptyTurns(lives: readonly Life[]): Map<string, [from: number, before: number][]> {
  const moves = new Map<string, Map<number, number>>()
  for (const { source, kind, sights } of lives) {
    if (kind === 'person' || kind === 'policy') continue
    let part: Part | null = null
    for (const { from, sight } of sights) {
      const next = sight?.part ?? null
      if (next === part) continue
      if (part !== null) move(`${source}\0${part}`, from, -1)
      if (next !== null) move(`${source}\0${next}`, from, 1)
      part = next
    }
  }
  const turns = new Map<string, [number, number][]>()
  for (const [name, own] of moves) {
    const found: [number, number][] = []
    let count = 0
    let emptyFrom = 0
    for (const [run, change] of [...own].sort(([a], [b]) => a - b)) {
      if (count === 0 && count + change > 0) found.push([emptyFrom, run])
      count += change
      if (count === 0) emptyFrom = run
    }
    if (count === 0) found.push([emptyFrom, Number.POSITIVE_INFINITY])
    turns.set(name, found)
  }
  return turns

  function move(name: string, run: number, by: number): void {
    const own = moves.get(name) ?? new Map<number, number>()
    own.set(run, (own.get(run) ?? 0) + by)
    moves.set(name, own)
  }
}

async function wasRefused(store: Pick<Store, 'lastPull'>, source: string, part: Part, run: string): Promise<boolean> {
  const [kind, family] = part.split('/')
  const pull = await store.lastPull(source, run)
  return (
    pull?.blind.some(
      (blind) =>
        blind.kind === kind && (blind.fields === null || (family !== undefined && blind.fields.includes(family))),
    ) === true
  )
}

/**
 * Without what those runs did not see: what was there before and after was there all the while, and what was not there
 * when somebody could look again is gone since then.
 * @param pulls without those that were refused the part
 */
export function withoutUnseen(life: Life, pulls: Pulls): Life {
  const sights: { from: number; sight: Sight | null }[] = []
  for (const [at, one] of life.sights.entries()) {
    const before = life.sights[at - 1]?.sight ?? null
    const { from, sight } = one
    if (sight !== null || before === null) {
      if (!same(sights.at(-1)?.sight ?? null, sight)) sights.push(one)
      continue
    }
    const looked = around(pulls.of(life.source, before.part), from).from
    if (looked === null) continue
    const back = life.sights[at + 1]
    if (back === undefined || back.from > looked.sequence) sights.push({ from: looked.sequence, sight: null })
  }
  return { ...life, sights }
}
