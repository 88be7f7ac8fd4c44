/**
 * The simulated quarter: scripted, lived through over the real connector, pipeline and database, told, and compared with
 * the script. Of the tailnet only its answers are made up; they come over the wire.
 */
import { checks as allChecks } from '../../checks/index.ts'
import { connectors } from '../../src/connectors/index.ts'
import type { Check } from '../../src/domain/check.ts'
import type { LeaverClock, PeriodResult, Transition } from '../../src/domain/period.ts'
import { DAY, fromMillis } from '../../src/domain/time.ts'
import type { PeriodStory } from '../../src/period/index.ts'
import { startVendors, type Vendors } from '../../src/simulators/index.ts'
import { startAuthority } from '../helpers/authority.ts'
import { healthyWorld } from '../helpers/healthy-world.ts'
import { testClock } from '../helpers/installation.ts'
import { storyOf } from './lived.ts'
import { type HouseOptions, type QuarterHouse, quarterHouse } from './quarter-house.ts'
import { FROM, type Script, type Size, scriptOf, TO, type World } from './quarter-script.ts'
import { tellTailnet } from './quarter-tailnet.ts'
import { type Expected, truthOf } from './quarter-truth.ts'

export interface QuarterProof {
  readonly line: string
  readonly holds: boolean
  readonly found: readonly string[]
}

/** Those that the truth is worked out for. */
const COUNTED = ['ID-02', 'ID-18', 'DEV-03']
export const fewChecks: readonly Check[] = allChecks.filter(({ ref }) => COUNTED.includes(ref))

type Progress = (done: number, total: number) => void

export interface LivedQuarter {
  readonly house: QuarterHouse
  readonly proof: QuarterProof
  close(): Promise<void>
}

export async function livedQuarter(
  size: Size,
  progress: Progress = () => {},
  { checks = fewChecks, ...options }: Pick<HouseOptions, 'inMemory' | 'software'> & { checks?: readonly Check[] } = {},
): Promise<LivedQuarter> {
  const script = scriptOf(size)
  const expected = truthOf(script)
  const clock = testClock(fromMillis(FROM), 0, true)
  const world = healthyWorld(new Date(FROM))
  const vendors = await startVendors(world, { now: () => new Date(clock.vendors()) })
  const authority = await startAuthority(() => new Date(clock.wall()))
  const { stamp } = authority
  const house = await quarterHouse(checks, FROM, { ...options, clock, stamp, yaml: YAML, vendor: tailnetOf(vendors) })
  const close = async (): Promise<void> => {
    await house.close()
    await authority.close()
    await vendors.close()
  }
  try {
    await liveThrough(script, { house, vendors, tailnet: world.tailscale }, progress)
    const story = await storyOf(house, { from: fromMillis(FROM), to: fromMillis(TO) })
    return { house, proof: proofOf(size, script, compare(expected, story)), close }
  } catch (error) {
    await close()
    throw error
  }
}

export async function proveQuarter(size: Size, progress?: Progress): Promise<QuarterProof> {
  const { proof, close } = await livedQuarter(size, progress)
  await close()
  return proof
}

function proofOf(
  { accounts, devices, things, seed }: Size,
  { runs }: Script,
  { compared, differences }: ReturnType<typeof compare>,
): QuarterProof {
  return {
    line: `a quarter of ${accounts} accounts and ${devices} devices, ${things} scripted things, ${runs.length} runs (seed ${seed}): ${differences.length} differences of ${compared}`,
    holds: differences.length === 0,
    found: differences.slice(0, 30),
  }
}

/** No device's posture is asked for: that is a call each, and nothing that is scripted rests on it. */
const YAML = `
network: { allow: [127.0.0.0/8] }
deviceTrust: { scope: { os: [none] } }
controls: [{ id: AC-07, text: "Access of leavers is removed within one day", owner: it@acme.example, criteria: { soc2: [CC6.2, CC6.3] }, checks: [ID-02, ID-18] }]
ledger: { timestamps: { url: https://tsa.example/tsr, every: 24h } }
`

function tailnetOf({ servers, credentials }: Vendors): NonNullable<HouseOptions['vendor']> {
  const source = {
    id: 'tailnet',
    kind: 'tailscale',
    baseUrl: servers['tailscale']!.url.origin,
    credential: credentials['tailscale'],
  }
  return { source: JSON.stringify(source), connector: connectors.find(({ id }) => id === 'tailscale')! }
}

async function liveThrough(
  script: Script,
  { house, vendors, tailnet }: { house: QuarterHouse; vendors: Vendors; tailnet: Parameters<typeof tellTailnet>[0] },
  progress: Progress,
): Promise<void> {
  // The script's own world stays as it was: the truth is worked out of it.
  const world: World = {
    people: new Map([...script.world.people].map(([email, row]) => [email, { ...row }])),
    records: new Map(script.world.records),
    log: [],
  }
  const { faults } = vendors.servers['tailscale']!
  let next = 0
  for (const [index, { at, read }] of script.runs.entries()) {
    for (; next < script.deeds.length && script.deeds[next]!.at < at; next++) script.deeds[next]!.do(world)
    tellTailnet(tailnet, world)
    const mend = read ? () => {} : faults.add({ kind: 'status', status: 503 })
    await house.runAt(at, rosterOf(world))
    mend()
    progress(index + 1, script.runs.length)
  }
  house.setClock(TO + DAY)
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

function flatOf({ removal, witness, accounts, returned, ...leaver }: LeaverClock) {
  const back = returned === null ? '' : `${returned.rosterAt ?? ''} ${returned.accessAt ?? ''}`
  return { ...leaver, ...removal, witness: witness?.at ?? null, accounts: accounts.join(' '), returned: back }
}

function lineOf({ kind, key, from, to, bounds, witness, beforeFirstRun }: Transition): string {
  const known = kind === 'policy-change' ? [null, null] : [from, to]
  return [kind, key, ...known, bounds.after, bounds.before, witness?.at ?? null, beforeFirstRun].join(' ')
}
