/** What has to come out of the script, worked out from the script alone: nothing of src/period is asked. */
import { DAY, fromMillis, HOUR, type Instant, MINUTE } from '../../src/domain/time.ts'
import { FIRST_RUN, FROM, type Script, type ScriptedChange, type ScriptedLeaver, TO, WITHIN } from './quarter-script.ts'

const SKEW = 5 * MINUTE

export interface ExpectedBounds {
  readonly after: Instant | null
  readonly before: Instant | null
}

export interface ExpectedLeaver extends ExpectedBounds {
  readonly person: string
  readonly type: string
  readonly accounts: string
  readonly endDate: string | null
  readonly rosterSaidAt: Instant
  readonly dueAt: Instant
  readonly witness: Instant | null
  readonly clock: string
  readonly lateMs: number | null
  /** When the roster, then a reading of the tailnet, had them back. */
  readonly returned: string
}

export interface Expected {
  readonly leavers: readonly ExpectedLeaver[]
  readonly transitions: readonly string[]
  readonly results: Readonly<Record<string, Readonly<Record<string, number>>>>
  readonly gaps: readonly string[]
  readonly longest: number
}

export function truthOf(script: Script): Expected {
  const reads = script.runs.filter(({ read }) => read).map(({ at }) => at)
  const runs = script.runs.map(({ at }) => at)
  const said = script.leavers.flatMap((leaver) => expectedLeaver(leaver, reads, runs) ?? [])
  const leavers = said.map(({ failed: _, ...leaver }) => leaver)
  const contractors = said.filter(({ type }) => type === 'contractor')
  return {
    leavers: leavers.sort((a, b) => (a.person < b.person ? -1 : 1)),
    transitions: visible(script.changes, reads)
      .flatMap((change) => expectedChange(change, reads))
      .sort(),
    results: { 'ID-02': counted(said), 'ID-18': counted(contractors), 'DEV-03': devicesOf(script, reads) },
    ...gapsOf(script),
  }
}

/** The last reading before, the first from then on. */
function around(at: number, reads: readonly number[]): [number | null, number | null] {
  return [reads.findLast((read) => read < at) ?? null, reads.find((read) => read >= at) ?? null]
}

const instant = (ms: number | null): Instant | null => (ms === null ? null : fromMillis(ms))

function expectedLeaver(
  leaver: ScriptedLeaver,
  allReads: readonly number[],
  runs: readonly number[],
): (ExpectedLeaver & { failed: boolean }) | null {
  const { email, type, endDate, backAt, unseen } = leaver
  const saidAt = runs.find((run) => run >= leaver.saidAt)
  if (saidAt === undefined) return null
  const ends = endDate === null ? null : Date.parse(`${endDate}T00:00:00Z`) + DAY
  const back = backAt === null ? undefined : runs.find((run) => run >= backAt)
  const reads = allReads.filter((read) => back === undefined || read < back)
  const last = reads.at(-1)!
  const gone = leaver.account === null ? null : leaver.goneAt
  let [after, before] = gone === null ? [last, null] : around(gone, reads)
  if (leaver.account === null) [after, before] = [null, null]
  if (before === null && leaver.account !== null) after = last
  // Whom the first roster has as gone for long is news only where access is still there.
  if (leaver.saidAt === 0 && ends! < FROM && (after === null || after < FROM)) return null
  const due = (ends ?? saidAt) + WITHIN
  // An event is known once a reading came after it.
  const known = leaver.logAt !== null && allReads.some((read) => read >= leaver.logAt!) ? leaver.logAt : null
  const fits = known !== null && before !== null && (after === null || known >= after - SKEW) && known <= before + SKEW
  const witness = fits ? known : null
  const verdict = verdictOf({ leaver, ends, due, after, before, witness, known })
  return {
    person: email,
    type,
    accounts: unseen ? '' : (leaver.login ?? ''),
    endDate,
    rosterSaidAt: fromMillis(saidAt),
    dueAt: fromMillis(due),
    after: instant(after),
    before: instant(before),
    witness: instant(witness),
    ...verdict,
    returned: returnOf(leaver, allReads, back),
    // The check itself saw access when no end allowed it any more.
    failed: verdict.clock === 'breached' || (after !== null && after >= due),
  }
}

function verdictOf({
  leaver,
  ends,
  due,
  after,
  before,
  witness,
  known,
}: {
  leaver: ScriptedLeaver
  ends: number | null
  due: number
  after: number | null
  before: number | null
  witness: number | null
  known: number | null
}): { clock: string; lateMs: number | null } {
  const late = (at: number) => ({ clock: 'breached', lateMs: at - due })
  const [within, open, unclear] = ['within', 'open', 'not_determinable'].map((clock) => ({ clock, lateMs: null }))
  // Nothing that could end was ever seen.
  if (leaver.account === null) return { clock: 'no_access', lateMs: null }
  if (ends === null) return before === null && TO < due ? open! : unclear!
  if (witness === null && known !== null && after !== null && known < after - SKEW) return unclear!
  if (witness !== null) return witness <= due ? within! : late(witness)
  if (after !== null && after >= due) return late(after)
  if (before !== null) return before <= due ? within! : unclear!
  return TO < due ? open! : unclear!
}

/** Both of the script's own moments, as the next run and the next reading saw them; access only if it was seen gone between. */
function returnOf({ backAt, goneAt }: ScriptedLeaver, reads: readonly number[], back: number | undefined): string {
  if (backAt === null || back === undefined) return ''
  const shut = reads.some((read) => goneAt! <= read && read < backAt)
  const again = shut ? reads.find((read) => read >= backAt) : undefined
  return `${fromMillis(back)} ${again === undefined ? '' : fromMillis(again)}`
}

function counted(leavers: readonly { clock: string; failed: boolean }[]): Record<string, number> {
  const due = leavers.filter(({ clock }) => clock !== 'open' && clock !== 'no_access')
  const deviated = due.filter(({ failed }) => failed).length
  const met = due.filter(({ clock, failed }) => clock === 'within' && !failed).length
  return { population: due.length, met, deviated, notDeterminable: due.length - met - deviated }
}

function devicesOf({ world, changes, endless }: Script, reads: readonly number[]): Record<string, number> {
  const seen = (from: number, to: number): boolean => reads.some((read) => from <= read && read < to)
  const ends = new Map(changes.filter(({ kind }) => kind === 'gone-device').map(({ key, at }) => [key, at]))
  const failing = new Set(endless.filter(({ from, to }) => seen(from, to)).map(({ key }) => key))
  const untagged = new Set(endless.filter(({ from }) => seen(from, Number.POSITIVE_INFINITY)).map(({ key }) => key))
  for (const record of world.records.values()) {
    if (record.kind !== 'device' || record.tags.length > 0) continue
    if (seen(FIRST_RUN, ends.get(record.key) ?? Number.POSITIVE_INFINITY)) untagged.add(record.key)
  }
  for (const { kind, key, at } of changes)
    if (kind === 'new-device' && seen(at, Number.POSITIVE_INFINITY)) untagged.add(key)
  const { size: population } = untagged
  return { population, met: population - failing.size, deviated: failing.size, notDeterminable: 0 }
}

/** What came and went again between the same two readings nobody saw; of two policies only the later one. */
function visible(changes: readonly ScriptedChange[], reads: readonly number[]): readonly ScriptedChange[] {
  const seen = changes.filter(({ at }) => at >= FIRST_RUN)
  const places = Map.groupBy(seen, ({ key, at }) => `${key} ${around(at, reads).join(' ')}`)
  const hidden = [...places.values()]
    .filter(({ length }) => length > 1)
    .flatMap((own) => (own[0]!.kind === 'policy-change' ? own.slice(1) : own))
  return changes.filter((change) => !hidden.includes(change))
}

function expectedChange(change: ScriptedChange, reads: readonly number[]): string[] {
  const { kind, key, from, to, at, logAt } = change
  const known = kind === 'policy-change' ? [null, null] : [from, to]
  if (at < FIRST_RUN) {
    if (logAt === null) return []
    return [[kind, key, ...known, null, fromMillis(FIRST_RUN), fromMillis(logAt), true].join(' ')]
  }
  const [after, before] = around(at, reads)
  if (before === null) return []
  const fits = logAt !== null && (after === null || logAt >= after - SKEW) && logAt <= before + SKEW
  const witness = fits ? fromMillis(logAt) : null
  return [[kind, key, ...known, instant(after), instant(before), witness, false].join(' ')]
}

// ── coverage ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** Nobody looked any more. */
const AFTER = 'after the last run'

type Cause = (at: number, runs: Script['runs']) => string | null

function gapsOf({ runs }: Script): { gaps: string[]; longest: number } {
  const gaps = stretchesOf(runs, causeAt)
  return {
    gaps: gaps.map(({ from, to, cause }) => `${fromMillis(from)} ${fromMillis(to)} ${cause}`),
    longest: Math.max(...stretchesOf(runs, unjudgedAt).map(({ from, to }) => to - from)),
  }
}

/** By what holds at each moment: told for every stretch between two moments at which anything can change. */
function stretchesOf(runs: Script['runs'], causeOf: Cause): { from: number; to: number; cause: string }[] {
  const cuts = new Set([FROM, TO])
  for (const { at } of runs) for (const cut of [at, at + 48 * HOUR, at + 72 * HOUR + 1]) cuts.add(cut)
  const moments = [...cuts].filter((cut) => cut >= FROM && cut <= TO).sort((a, b) => a - b)
  const found: { from: number; to: number; cause: string }[] = []
  for (const [index, from] of moments.slice(0, -1).entries()) {
    const cause = causeOf(from, runs)
    if (cause === null) continue
    const last = found.at(-1)
    if (last?.to === from && last.cause === cause) last.to = moments[index + 1]!
    else found.push({ from, to: moments[index + 1]!, cause })
  }
  return found
}

/** Why a check over the tailnet gave no verdict of its own. */
function unjudgedAt(at: number, runs: Script['runs']): string | null {
  if (at >= runs.at(-1)!.at) return AFTER
  const last = runs.findLast((run) => run.at <= at)
  if (last === undefined) return 'before the first run'
  if (!last.read) return 'source_error'
  return at - last.at > 72 * HOUR ? 'stale' : null
}

function causeAt(at: number, runs: Script['runs']): string | null {
  if (at >= runs.at(-1)!.at) return AFTER
  const last = runs.findLast((run) => run.at <= at)
  if (last === undefined) return 'before the first run'
  const next = runs.find((run) => run.at > at)!.at
  const missed = next - last.at > 48 * HOUR && at >= last.at + 48 * HOUR
  const unread = last.read ? (at - last.at > 72 * HOUR ? 'stale' : null) : 'failed: server_error'
  const words = [unread, missed ? 'no run although one was due every 24 h' : null].filter((word) => word !== null)
  return words.length === 0 ? null : words.join('; ')
}
