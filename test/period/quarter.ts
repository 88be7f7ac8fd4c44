/** The simulated quarter: scripted, lived through over the real pipeline and database, told, and compared with the script. */
import { contractorAccessEnds } from '../../checks/contractor-access-ends.ts'
import { deviceKeysExpire } from '../../checks/device-keys-expire.ts'
import { offboardedAccessRemoved } from '../../checks/offboarded-access-removed.ts'
import type { LeaverClock, PeriodResult, Transition } from '../../src/domain/period.ts'
import { DAY, fromMillis } from '../../src/domain/time.ts'
import type { PeriodStory } from '../../src/period/index.ts'
import { auditlog } from '../helpers/build.ts'
import { storyOf } from './lived.ts'
import { type QuarterHouse, quarterHouse } from './quarter-house.ts'
import { FROM, type Script, type Size, scriptOf, TO, type World } from './quarter-script.ts'
import { type Expected, truthOf } from './quarter-truth.ts'

export interface QuarterProof {
  readonly line: string
  readonly holds: boolean
  readonly found: readonly string[]
}

const CHECKS = [offboardedAccessRemoved, contractorAccessEnds, deviceKeysExpire]

export async function proveQuarter(
  size: Size,
  progress: (done: number, total: number) => void = () => {},
): Promise<QuarterProof> {
  const script = scriptOf(size)
  const expected = truthOf(script)
  const house = await quarterHouse(CHECKS, FROM, {})
  try {
    await liveThrough(script, house, progress)
    const story = await storyOf(house, { from: fromMillis(FROM), to: fromMillis(TO) })
    const { compared, differences } = compare(expected, story)
    const { accounts, devices, things } = size
    return {
      line: `a quarter of ${accounts} accounts and ${devices} devices, ${things} scripted things, ${script.runs.length} runs (seed ${size.seed}): ${differences.length} differences of ${compared}`,
      holds: differences.length === 0,
      found: differences.slice(0, 30),
    }
  } finally {
    await house.close()
  }
}

async function liveThrough(
  script: Script,
  house: QuarterHouse,
  progress: (done: number, total: number) => void,
): Promise<void> {
  // The script's own world stays as it was: the truth is worked out of it.
  const world: World = {
    people: new Map([...script.world.people].map(([email, row]) => [email, { ...row }])),
    records: new Map(script.world.records),
    log: [],
  }
  let next = 0
  let auditedTo = FROM - 90 * DAY
  for (const [index, { at, read }] of script.runs.entries()) {
    for (; next < script.deeds.length && script.deeds[next]!.at < at; next++) script.deeds[next]!.do(world)
    house.says = read ? answerOf(world, auditedTo, at) : null
    await house.runAt(at, rosterOf(world))
    if (read) auditedTo = at
    progress(index + 1, script.runs.length)
  }
  house.setClock(TO + DAY)
}

/** An hour of the log once more at every pull, as the real connector reads it. */
function answerOf({ records, log }: World, auditedTo: number, at: number) {
  const from = fromMillis(auditedTo - DAY / 24)
  const events = log.filter((event) => event.at !== null && event.at >= from)
  return [...records.values(), ...events, auditlog({ from, to: fromMillis(at) })]
}

function rosterOf({ people }: World): string {
  const rows = [...people].map(
    ([email, { status, endDate, type, aliases }]) => `${email},${email},${status},${endDate},${type},${aliases}`,
  )
  return `email,name,status,end_date,type,aliases\n${rows.join('\n')}\n`
}

function compare(expected: Expected, story: PeriodStory): { compared: number; differences: string[] } {
  const differences: string[] = []
  let compared = 0
  const same = (what: string, want: unknown, got: unknown): void => {
    compared++
    if (want !== got) differences.push(`${what}: ${String(want)} as scripted, ${String(got)} as told`)
  }
  const lists = (what: string, want: readonly string[], got: readonly string[]): void => {
    const rest = new Map<string, number>()
    for (const line of got) rest.set(line, (rest.get(line) ?? 0) + 1)
    for (const line of want) {
      const left = rest.get(line) ?? 0
      same(`${what} ${line}`, true, left > 0)
      rest.set(line, left - 1)
    }
    for (const [line, left] of rest) for (let n = 0; n < left; n++) same(`${what} ${line}`, false, true)
  }
  const leavers = new Map(story.leavers.map((leaver) => [leaver.person, leaver]))
  for (const want of expected.leavers) {
    const got = leavers.get(want.person)
    same(`leaver ${want.person}`, true, got !== undefined)
    if (got === undefined) continue
    leavers.delete(want.person)
    const flat = flatOf(got)
    for (const [field, value] of Object.entries(want))
      same(`${field} of ${want.person}`, value, flat[field as keyof typeof flat])
  }
  for (const person of leavers.keys()) same(`leaver ${person}`, false, true)
  lists('transition', expected.transitions, story.transitions.map(lineOf))
  for (const [ref, counts] of Object.entries(expected.results)) {
    const got = story.results.find((result) => result.what === 'check' && result.ref === ref)
    for (const [name, count] of Object.entries(counts))
      same(`${name} of ${ref}`, count, got?.[name as keyof PeriodResult])
    same(`longest gap of ${ref}`, expected.longest, got?.longestGapMs)
  }
  const source = story.coverage.find(({ what, id }) => what === 'source' && id === 'tailnet')!
  lists(
    'gap',
    expected.gaps,
    source.gaps.map(({ from, to, cause }) => `${from} ${to} ${cause}`),
  )
  return { compared, differences }
}

function flatOf({ removal, witness, accounts, ...leaver }: LeaverClock) {
  return { ...leaver, ...removal, witness: witness?.at ?? null, accounts: accounts.join(' ') }
}

function lineOf({ kind, key, from, to, bounds, witness, beforeFirstRun }: Transition): string {
  const known = kind === 'policy-change' ? [null, null] : [from, to]
  return [kind, key, ...known, bounds.after, bounds.before, witness?.at ?? null, beforeFirstRun].join(' ')
}
