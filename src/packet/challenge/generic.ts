/**
 * Changes for a verdict of which no table says what decided it: every value of the rows that it was read from, one after the
 * other, those first whose name stands among the facts.
 */
import { isObject } from '../../domain/reading.ts'
import type { Path } from './answer.ts'
import type { Copy } from './copy.ts'
import { FAR_AHEAD, LONG_AGO, type Recipe, type Target } from './recipe.ts'

const DEPTH = 4
const VERSION = /^v?\d+(?:\.\d+)+/
const DATE = /^\d{4}-\d{2}-\d{2}$/
const MOMENT = /^\d{4}-\d{2}-\d{2}T/

/** Other values for one that was sent, the most telling first; undefined: it was not sent at all. */
export function otherwise(value: unknown): readonly unknown[] {
  if (typeof value === 'boolean') return [!value, undefined]
  if (typeof value === 'number') return [0, 1, 1_000_000_000, undefined].filter((other) => other !== value)
  if (Array.isArray(value)) return [[], ['exhibit-challenge'], undefined]
  if (typeof value !== 'string') return [undefined]
  if (MOMENT.test(value)) return [LONG_AGO, FAR_AHEAD, undefined]
  if (DATE.test(value)) return ['2000-01-01', '2999-01-01', '']
  if (VERSION.test(value)) return ['0.0.1', undefined]
  if (value === 'true' || value === 'false') return [value === 'true' ? 'false' : 'true', '']
  return ['exhibit-challenge', '', undefined]
}

/** Each as a recipe that does the same to another subject's rows of the same kind. */
export async function candidates(copy: Copy, { finding }: Target): Promise<Recipe[]> {
  const names = new Set(Object.keys(finding.facts).map(plain))
  const found: { recipe: Recipe; rank: number }[] = []
  for (const ref of finding.records) {
    const record = copy.ground.record(ref)
    const row = record === null ? null : await copy.row(ref)
    if (record === null || row === null) continue
    for (const path of leavesOf(row.value)) {
      const value = row.get(path)
      if (isName(path, value, record.key)) continue
      const rank = path.some((name) => names.has(plain(String(name)))) ? 0 : 1
      for (const to of otherwise(value)) {
        found.push({ rank, recipe: (draft, target) => changeIn(draft, target, record.kind, path, to) })
      }
    }
  }
  return found.sort((a, b) => a.rank - b.rank).map(({ recipe }) => recipe)
}

async function changeIn(
  copy: Copy,
  { finding }: Target,
  kind: string,
  path: Path,
  to: unknown,
): Promise<readonly string[]> {
  const done: string[] = []
  for (const ref of finding.records) {
    if (copy.ground.record(ref)?.kind !== kind) continue
    const row = await copy.row(ref)
    const said = row === null || row.get(path) === undefined ? null : row.set(path, to)
    if (said !== null) done.push(said)
  }
  return done
}

/** What tells the row from others is no part of the question. */
function isName(path: Path, value: unknown, key: string): boolean {
  return value === key || (path.length === 1 && ['kind', 'source', 'key', 'unread'].includes(String(path[0])))
}

function* leavesOf(value: unknown, path: Path = []): Generator<Path> {
  if (isObject(value) && path.length < DEPTH) {
    for (const [name, inner] of Object.entries(value)) yield* leavesOf(inner, [...path, name])
  } else if (path.length > 0) yield path
}

/** "last_seen" and "lastSeen" are one name. */
function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
}
