/**
 * Turns the passing verdicts of one result: first by what the tables declare, all subjects in one copy; then, for those that
 * stayed, by searching their rows; then by taking out a row, and last an answer.
 */
import type { Check } from '../../domain/check.ts'
import type { Finding, Status } from '../../domain/finding.ts'
import type { CheckResult } from '../../domain/result.ts'
import { Copy } from './copy.ts'
import { candidates } from './generic.ts'
import type { Ground } from './ground.ts'
import { pageGone, type Recipe, rowGone, type Target } from './recipe.ts'

export interface Turn {
  readonly finding: Finding
  readonly becomes: 'fail' | 'unknown'
  /** users[3].status "suspended" → "active" */
  readonly changed: string
  /** The sentence of the verdict that it became; null where the engine answered. */
  readonly says: string | null
  /** Nothing else was changed in the same copy. */
  readonly alone: boolean
}

export interface Turning {
  readonly ground: Ground
  readonly check: Check
  readonly system: string | null
  readonly asked: readonly Check[]
  /** As it was judged. */
  readonly result: CheckResult
  readonly passing: readonly Finding[]
  /** What the tables know of the check. */
  readonly recipes: readonly Recipe[]
}

/** Subjects of a check whose rows are searched value by value; what is found is tried on all others. */
const SEARCHED = 3
/** Values of one subject's rows that are tried; fewer in a large fleet, where each takes a quarter of a second. */
const TRIED = 120
const TRIED_RECORDS = 500_000
/** Subjects that are tried one after the other, where they stand in each other's way. */
const ONE_BY_ONE = 50

export async function turnAll(turning: Turning): Promise<readonly Turn[]> {
  const turns = new Map<Finding, Turn>()
  const note = (made: readonly Turn[]): void => {
    for (const turn of made) if (turns.get(turn.finding)?.becomes !== 'fail') turns.set(turn.finding, turn)
  }
  const open = (): Finding[] => turning.passing.filter((finding) => !turns.has(finding))
  for (const recipe of turning.recipes) {
    const pending = turning.passing.filter((finding) => turns.get(finding)?.becomes !== 'fail')
    if (pending.length === 0) break
    note(await together(turning, recipe, pending))
  }
  for (let searched = 0; searched < SEARCHED && open().length > 0; searched++) {
    const recipe = await found(turning, open()[searched] ?? open()[0]!)
    if (recipe !== null) note(await together(turning, recipe, open()))
  }
  for (const recipe of [rowGone, pageGone]) {
    if (open().length > 0) note(await together(turning, recipe, open()))
  }
  return turning.passing.flatMap((finding) => turns.get(finding) ?? [])
}

/**
 * All in one copy, judged once; the first and the last of those that turned also by themselves, or else nobody knows whose
 * change it was.
 */
async function together(turning: Turning, recipe: Recipe, pending: readonly Finding[]): Promise<Turn[]> {
  const all = await tried(turning, recipe, pending)
  const [first, last] = [all[0], all.at(-1)]
  if (first === undefined || last === undefined || pending.length === 1) return all
  const alone: Turn[] = []
  for (const turn of new Set([first, last])) alone.push(...(await tried(turning, recipe, [turn.finding])))
  const asTogether = alone.every(
    ({ finding, becomes }) => (finding === first.finding ? first : last).becomes === becomes,
  )
  if (asTogether && alone.length === new Set([first, last]).size) return [...alone, ...all.slice(1, -1)]
  const singly: Turn[] = []
  for (const finding of pending.slice(0, ONE_BY_ONE)) singly.push(...(await tried(turning, recipe, [finding])))
  return singly
}

/** The change of one value that turns this subject; to a failure rather than to no answer. */
async function found(turning: Turning, finding: Finding): Promise<Recipe | null> {
  const target = targetOf(turning, finding)
  const recipes = await candidates(new Copy(turning.ground), target)
  let second: Recipe | null = null
  for (const recipe of recipes.slice(0, Math.min(TRIED, Math.ceil(TRIED_RECORDS / turning.ground.size)))) {
    const [turn] = await tried(turning, recipe, [finding])
    if (turn?.becomes === 'fail') return recipe
    if (turn !== undefined) second ??= recipe
  }
  return second
}

async function tried(turning: Turning, recipe: Recipe, pending: readonly Finding[]): Promise<Turn[]> {
  const { ground, check, system, asked } = turning
  const copy = new Copy(ground)
  const changes = new Map<Finding, string>()
  for (const finding of pending) {
    const done = await recipe(copy, targetOf(turning, finding))
    if (done.length > 0) changes.set(finding, phrase(done))
  }
  if (changes.size === 0) return []
  const judged = await copy.judge(check, system, asked)
  const answerOf = answers(turning, judged)
  return [...changes].flatMap(([finding, changed]): Turn[] => {
    const answer = answerOf(finding)
    if (answer === null || (answer.status !== 'fail' && answer.status !== 'unknown')) return []
    return [{ finding, becomes: answer.status, changed, says: answer.says(), alone: changes.size === 1 }]
  })
}

function targetOf({ check, system }: Turning, finding: Finding): Target {
  return { finding, check: check.id, system }
}

const SAID = 3

function phrase(done: readonly string[]): string {
  return done.length <= SAID
    ? done.join('; ')
    : `${done.slice(0, SAID).join('; ')}; and ${done.length - SAID} more like it`
}

interface Answer {
  readonly status: Status
  says(): string | null
}

/**
 * What the changed copy says of a subject. Of one that is gone: the new failure or unknown that was read from its record (an
 * account instead of a person without one), or what the whole result has become.
 */
function answers({ check, result }: Turning, judged: CheckResult): (finding: Finding) => Answer | null {
  const say = (finding: Finding): Answer => ({ status: finding.status, says: () => check.say(finding) })
  const whole: Answer | null =
    result.status !== judged.status && result.status === 'pass'
      ? { status: judged.status, says: () => judged.message }
      : null
  if (judged.findings.length === 0) {
    return () => (judged.status === 'unknown' ? { status: 'unknown', says: () => judged.message } : whole)
  }
  const bySubject = new Map(judged.findings.map((finding) => [placeOf(finding), finding]))
  const successors = remember(() => successorsIn(result, judged))
  return (finding) => {
    const same = bySubject.get(placeOf(finding))
    if (same !== undefined) return say(same)
    const { source, kind, key } = finding.subject
    const successor = successors().get(`${source}/${kind}/${key}`)
    return successor === undefined ? whole : say(successor)
  }
}

function successorsIn(result: CheckResult, judged: CheckResult): ReadonlyMap<string, Finding> {
  const before = new Map(result.findings.map((finding) => [placeOf(finding), finding.status]))
  const found = new Map<string, Finding>()
  for (const finding of judged.findings) {
    const { status } = finding
    if ((status !== 'fail' && status !== 'unknown') || before.get(placeOf(finding)) === status) continue
    for (const ref of finding.records) if (!found.has(ref)) found.set(ref, finding)
  }
  return found
}

function placeOf({ subject: { source, kind, key } }: Finding): string {
  return `${source}\0${kind}\0${key}`
}

function remember<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
