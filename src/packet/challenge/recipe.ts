/** How the field that decided a verdict is changed: small makers of changes, put together in tables (declared.ts, generic.ts). */
import type { Finding } from '../../domain/finding.ts'
import type { JsonObject, JsonValue } from '../../domain/json.ts'
import type { AnyRecord, Kind, RecordOf } from '../../domain/record.ts'
import type { Settings } from '../../domain/settings.ts'
import type { SourceState } from '../../domain/snapshot.ts'
import type { Path } from './answer.ts'
import type { ChangeableRow, Copy } from './copy.ts'

export interface Target {
  readonly finding: Finding
  /** Id of the check that passed it. */
  readonly check: string
  readonly system: string | null
}

/** Changes a copy so that the verdict should turn. Gives what was done, in words; nothing where it does not apply. */
export type Recipe = (copy: Copy, target: Target) => Promise<readonly string[]>

/** A value that depends on what stands there; undefined: the member goes. */
export type To = JsonValue | undefined | ((value: unknown, target: Target, record: AnyRecord) => JsonValue | undefined)

export const LONG_AGO = '2000-01-01T00:00:00Z'
export const FAR_AHEAD = '2999-01-01T00:00:00Z'

/** Of every record of a kind that the finding names: the member at a place, where the answer has it. */
export function member(kind: Kind, path: string | Path, to: To): Recipe {
  return (copy, target) => each(copy, target, kind, (row) => put(row, target, pathOf(path), to))
}

/** The same, also where the answer left it out. */
export function setMember(kind: Kind, path: string | Path, to: To): Recipe {
  return (copy, target) => each(copy, target, kind, (row) => put(row, target, pathOf(path), to, true))
}

/** A setting of the tailnet. */
export function flag(to: To): Recipe {
  return (copy, target) => each(copy, target, 'setting', (row) => put(row, target, [row.record.key], to))
}

export function all(...recipes: readonly Recipe[]): Recipe {
  return async (copy, target) => {
    const done: string[] = []
    for (const recipe of recipes) done.push(...(await recipe(copy, target)))
    return done
  }
}

/** For checks that wait before they fail: what is changed has stood for long. */
export function forLong(recipe: Recipe): Recipe {
  return async (copy, target) => {
    const done = await recipe(copy, target)
    copy.stood()
    return [...done, 'as if it had been so for 400 days']
  }
}

/** For checks that compare a run with the one before: this one saw it as it was, and the next sees what is changed. */
export function inNextRun(recipe: Recipe): Recipe {
  return async (copy, target) => {
    const done = await recipe(copy, target)
    copy.inNextRun()
    return done.length === 0 ? [] : [...done, 'in a run after this one']
  }
}

/** For checks that remember an answer: what the finding names of it is not known any more. */
export const forgotten: Recipe = async (copy, { finding }) => {
  const carried = finding.records.filter((ref) => copy.ground.record(ref)?.kind === 'carried')
  return carried.map((ref) => copy.forget(ref)).filter((said) => said !== null)
}

/** Every record of a kind in the system that the finding is of, whichever it names. */
export function everyOf<K extends Kind>(
  kind: K,
  path: string,
  to: To,
  which: (record: RecordOf<K>, target: Target) => boolean = () => true,
): Recipe {
  return async (copy, target) => {
    const source = target.system ?? target.finding.subject.source
    const records = copy.ground.sources.get(source)?.records ?? []
    const done: string[] = []
    for (const record of records) {
      if (record.kind !== kind || !which(record as RecordOf<K>, target)) continue
      const row = await copy.row(`${source}/${kind}/${record.key}`)
      const said = row === null ? null : put(row, target, pathOf(path), to)
      if (said !== null) done.push(said)
    }
    return done
  }
}

/** The vendor's log tells of something else in every event of the subject. */
export const otherEvents: Recipe = everyOf(
  'audit',
  'target',
  (value) => ({
    ...(value as JsonObject),
    id: 'exhibit-challenge',
    name: 'exhibit-challenge',
    property: 'exhibit-challenge',
  }),
  ({ targetId, target, property }, { finding: { subject } }) =>
    subject.kind === 'policy'
      ? property === 'ACL'
      : targetId === subject.key || target?.toLowerCase() === subject.label.toLowerCase(),
)

/** The policy file, opened. */
export function inPolicy(
  change: (policy: Record<string, unknown>, target: Target) => readonly [path: Path, to: unknown][],
): Recipe {
  return (copy, target) =>
    each(copy, target, 'policy', (row) =>
      change(row.value, target)
        .map(([path, to]) => row.set(path, to))
        .filter((said) => said !== null),
    )
}

/** What stands in the configuration and not in any answer. */
export function inSettings(
  change: (settings: Settings, target: Target) => { settings: Settings; says: string } | null,
): Recipe {
  return async (copy, target) => {
    const changed = change(copy.settings, target)
    if (changed === null) return []
    copy.configure(changed.settings)
    return [`configuration: ${changed.says}`]
  }
}

/** How its source was read, which no answer tells. */
export function inState(over: Partial<SourceState>, says: string): Recipe {
  return async (copy, { finding }) => {
    const { source } = finding.subject
    if (!copy.ground.sources.has(source)) return []
    copy.state(source, over)
    return [`${source}: ${says}`]
  }
}

/** An answer of the walk is missing, of the first source that the finding was read from: nothing may rest on that reading. */
export const pageGone: Recipe = async (copy, { finding, system }) => {
  const named = finding.records.map((ref) => ref.slice(0, ref.indexOf('/')))
  const sources = [...named, finding.subject.source, ...(system === null ? [] : [system])]
  const source = sources.find((one) => copy.ground.sources.has(one))
  return source === undefined ? [] : [copy.breakOff(source)]
}

/** The row that the finding was read from first goes: the subject's own. */
export const rowGone: Recipe = async (copy, { finding }) => {
  const ref = finding.records[0]
  const row = ref === undefined ? null : await copy.row(ref)
  return row === null ? [] : [row.remove()]
}

async function each(
  copy: Copy,
  { finding }: Target,
  kind: Kind,
  change: (row: ChangeableRow) => string | null | readonly string[],
): Promise<readonly string[]> {
  const done: string[] = []
  for (const ref of finding.records) {
    if (copy.ground.record(ref)?.kind !== kind) continue
    const row = await copy.row(ref)
    if (row === null) continue
    const said = change(row)
    if (typeof said === 'string') done.push(said)
    else done.push(...(said ?? []))
  }
  return done
}

function put(row: ChangeableRow, target: Target, path: Path, to: To, evenIfAbsent = false): string | null {
  const value = row.get(path)
  if (value === undefined && !evenIfAbsent) return null
  return row.set(path, typeof to === 'function' ? to(value, target, row.record) : to)
}

function pathOf(path: string | Path): Path {
  return typeof path === 'string' ? path.split('.') : path
}
